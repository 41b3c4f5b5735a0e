//! Patch (R4 http §3.1.0.7), and conditional patch.

use super::written;
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use record::Session;
use record::write::{WriteAction, WriteRequest};

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let target = written::target(call, session)?;
    let patch = call.body.patch()?;
    let expect = written::expectation(call)?;
    written::answer(
        call,
        session
            .write(WriteRequest { action: WriteAction::Patch { target, patch, expect }, full_url: None })?,
    )
}
