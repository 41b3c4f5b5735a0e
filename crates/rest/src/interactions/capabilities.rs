//! Capabilities (R4 http §3.1.0.13): what the server can do.

use crate::answer::Answer;
use crate::call::Call;
use crate::capability_statement::{full, normative};
use crate::failure::Failure;
use crate::service::Service;
use crate::terminology_capabilities::terminology_capabilities;

type Describe = fn(&Service) -> String;

/// `mode`, and what it gives.
const MODES: [(&str, Describe); 3] =
    [("full", full), ("normative", normative), ("terminology", terminology_capabilities)];

pub(super) fn run(call: &Call) -> Result<Answer, Failure> {
    let mode = call.query.get("mode").unwrap_or("full");
    let row = MODES.iter().find(|(name, _)| *name == mode);
    let (name, make) =
        row.ok_or_else(|| Failure::parameter("mode", "write full, normative or terminology"))?;
    Ok(Answer::resource(call.service.described(name, make).as_ref().to_owned()))
}
