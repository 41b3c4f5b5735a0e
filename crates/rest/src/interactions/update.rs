//! Update (R4 http §3.1.0.6), and conditional update (§3.1.0.6.2).

use super::written;
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use record::Session;
use record::bundle::check_update;
use record::write::{WriteAction, WriteRequest};

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let target = written::target(call, session)?;
    let document = match &call.received {
        Some(received) => received.binary(call.place.id.as_deref()),
        None => call.body.resource()?,
    };
    check_update(document.root(), &target)?;
    let expect = written::expectation(call)?;
    let action = WriteAction::Update { target, resource: document.root(), expect };
    written::answer(call, session.write(WriteRequest { action, full_url: None })?)
}
