//! Delete (R4 http §3.1.0.7), and conditional delete of one resource (§3.1.0.7.1).

use super::written;
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use record::Session;
use record::write::{WriteAction, WriteRequest};

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let target = written::target(call, session)?;
    let expect = written::expectation(call)?;
    written::answer(
        call,
        session.write(WriteRequest { action: WriteAction::Delete { target, expect }, full_url: None })?,
    )
}
