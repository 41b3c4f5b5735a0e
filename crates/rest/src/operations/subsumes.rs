//! `CodeSystem/$subsumes` (<https://hl7.org/fhir/R4/codesystem-operation-subsumes.html>).

use super::code_input::coding;
use super::lookup::system;
use super::{Parameter, parameter, parameters};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use record::Session;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("codeA", "code", "the first code"),
    parameter("codeB", "code", "the second code"),
    parameter("system", "uri", "their system"),
    parameter("version", "string", "the version of the system"),
    parameter("codingA", "Coding", "the first code as a Coding"),
    parameter("codingB", "Coding", "the second code as a Coding"),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let named = |code: &str, tree: &str| -> Result<(Option<String>, String), Failure> {
        match inputs.tree(tree).map(|document| coding(document.root())) {
            Some(coding) => Ok((coding.system, coding.code)),
            None => Ok((None, inputs.required(code)?.to_owned())),
        }
    };
    let (system_a, a) = named("codeA", "codingA")?;
    let (system_b, b) = named("codeB", "codingB")?;
    let given = system(call, session, inputs, "system")?;
    let systems: Vec<&String> = [&given, &system_a, &system_b].into_iter().flatten().collect();
    let Some((system, others)) = systems.split_first() else {
        return Err(Failure::missing("system", "give the system of the codes"));
    };
    if others.iter().any(|other| other != system) {
        return Err(
            Failure::bad_request("the codes are of different systems").mended_by("give codes of one system")
        );
    }
    let subsumption = session.record().terminology().subsumes(system, inputs.text("version"), &a, &b);
    let outcome = subsumption.as_str().ok_or_else(|| {
        Failure::not_found(format!(
            "the system {system} or one of the codes '{a}' and '{b}' is not known here"
        ))
        .mended_by("check the system and the codes")
    })?;
    Ok(parameters(vec![fhir::object! { "name" => "outcome", "valueCode" => outcome }]))
}
