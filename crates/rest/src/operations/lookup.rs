//! `CodeSystem/$lookup` (<https://hl7.org/fhir/R4/codesystem-operation-lookup.html>).

use super::code_input::CodeInput;
use super::{Parameter, parameter, parameters};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use fhir::Value;
use record::Session;
use terminology::Concept;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("code", "code", "the code"),
    parameter("system", "uri", "its system"),
    parameter("version", "string", "the version of the system"),
    parameter("coding", "Coding", "the code as a Coding"),
    parameter("property", "code", "only these properties; may be repeated"),
    parameter("displayLanguage", "code", "the language of the display"),
];

pub(super) fn run(_: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let input = CodeInput::read(inputs, "system", "version")?;
    let (system, coding) = input.only()?;
    let terminology = session.record().terminology();
    let version = coding.version.as_deref();
    let concept = terminology.lookup(system, version, &coding.code).ok_or_else(|| {
        Failure::not_found(format!("the code '{}' of {system} is not known here", coding.code))
            .mended_by("check the system and the code, or load the code system")
    })?;
    let file = terminology.code_system(system, version);
    let header = file.as_ref().map(terminology::CodeSystemFile::header);
    let name = header.map(|header| header.title.clone()).filter(|title| !title.is_empty());
    let version = header.map(|header| header.version.clone()).filter(|version| !version.is_empty());
    let wanted: Vec<&str> = inputs.texts("property").collect();
    Ok(parameters(written(&concept, name.as_deref().unwrap_or(system), version.as_deref(), &wanted)))
}

/// The concept as the parameters of the answer. Without properties asked for all are given.
fn written(concept: &Concept, name: &str, version: Option<&str>, wanted: &[&str]) -> Vec<Value> {
    let mut found = vec![fhir::object! { "name" => "name", "valueString" => name }];
    if let Some(version) = version {
        found.push(fhir::object! { "name" => "version", "valueString" => version });
    }
    let display = if concept.display.is_empty() { &concept.code } else { &concept.display };
    found.push(fhir::object! { "name" => "display", "valueString" => display.as_str() });
    if let Some(definition) = &concept.definition {
        found.push(fhir::object! { "name" => "definition", "valueString" => definition.as_str() });
    }
    for designation in &concept.designations {
        let mut parts = Vec::new();
        if !designation.language.is_empty() {
            parts.push(fhir::object! { "name" => "language", "valueCode" => designation.language.as_str() });
        }
        parts.extend(
            designation.use_coding().map(|coding| fhir::object! { "name" => "use", "valueCoding" => coding }),
        );
        parts.push(fhir::object! { "name" => "value", "valueString" => designation.value.as_str() });
        found.push(fhir::object! { "name" => "designation", "part" => Value::Array(parts) });
    }
    let is_wanted = |code: &str| wanted.is_empty() || wanted.contains(&code) || wanted.contains(&"*");
    let mut property = |code: &str, kind: &'static str, value: Value| {
        if is_wanted(code) {
            let parts = vec![
                fhir::object! { "name" => "code", "valueCode" => code },
                fhir::object! { "name" => "value", kind => value },
            ];
            found.push(fhir::object! { "name" => "property", "part" => Value::Array(parts) });
        }
    };
    property("inactive", "valueBoolean", concept.inactive.into());
    concept.parents.iter().for_each(|code| property("parent", "valueCode", code.as_str().into()));
    concept.children.iter().for_each(|code| property("child", "valueCode", code.as_str().into()));
    for one in &concept.properties {
        let (kind, value) = one.to_value();
        property(&one.code, kind, value);
    }
    found
}

/// The code system that a request names: by the resource in the path, or by a parameter.
pub(super) fn system(
    call: &Call,
    session: &Session,
    inputs: &Inputs,
    name: &str,
) -> Result<Option<String>, Failure> {
    if call.place.id.is_none() {
        return Ok(inputs.text(name).map(str::to_owned));
    }
    let document = session.read(&call.place.key()?)?.document().ok_or_else(Failure::internal)?;
    let url = document.root().get_str("url").map(std::borrow::Cow::into_owned);
    url.map(Some)
        .ok_or_else(|| Failure::not_found("the code system has no url, so its codes cannot be named"))
}
