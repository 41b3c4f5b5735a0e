//! `ConceptMap/$translate` (<https://hl7.org/fhir/R4/conceptmap-operation-translate.html>).

use super::code_input::{CodeInput, failure};
use super::{Parameter, parameter, parameters};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use fhir::Value;
use record::Session;
use terminology::{TranslateRequest, Translation};

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("url", "uri", "the concept map's canonical; without it every map that fits is used"),
    parameter("conceptMapVersion", "string", "the version of the concept map"),
    parameter("code", "code", "the code"),
    parameter("system", "uri", "its system"),
    parameter("version", "string", "the version of the system"),
    parameter("coding", "Coding", "the code as a Coding"),
    parameter("codeableConcept", "CodeableConcept", "the code as a CodeableConcept"),
    parameter("source", "uri", "the value set that the map must be from"),
    parameter("target", "uri", "the value set that the map must be into"),
    parameter("targetsystem", "uri", "the code system that is translated into"),
    parameter("reverse", "boolean", "from the map's target to its source"),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let input = CodeInput::read(inputs, "system", "version")?;
    let map = map_of(call, session, inputs)?;
    let mut found: Vec<Translation> = Vec::new();
    for coding in &input.codings {
        let system =
            coding.system.clone().ok_or_else(|| Failure::missing("system", "give the system of the code"))?;
        let text = |name: &str| inputs.text(name).map(str::to_owned);
        let request = TranslateRequest {
            map: map.clone(),
            system,
            code: coding.code.clone(),
            source: text("source"),
            target: text("target"),
            target_system: text("targetsystem"),
            reverse: inputs.flag("reverse")?,
        };
        let translations =
            session.record().terminology().translate(&request).map_err(|error| failure(&error))?;
        found.extend(translations);
    }
    Ok(parameters(written(&found)))
}

/// The map that a request names: the resource in the path, or by its canonical.
fn map_of(call: &Call, session: &Session, inputs: &Inputs) -> Result<Option<String>, Failure> {
    if call.place.id.is_some() {
        let document = session.read(&call.place.key()?)?.document().ok_or_else(Failure::internal)?;
        let url = document.root().get_str("url").map(std::borrow::Cow::into_owned);
        return url.map(Some).ok_or_else(|| Failure::not_found("the concept map has no url"));
    }
    Ok(inputs.text("url").map(|url| match inputs.text("conceptMapVersion") {
        Some(version) if !url.contains('|') => format!("{url}|{version}"),
        _ => url.to_owned(),
    }))
}

fn written(translations: &[Translation]) -> Vec<Value> {
    let has_match = translations.iter().any(Translation::is_match);
    let mut found = vec![fhir::object! { "name" => "result", "valueBoolean" => has_match }];
    if !has_match {
        found.push(
            fhir::object! { "name" => "message", "valueString" => "no map has a translation of this code" },
        );
    }
    for translation in translations {
        let mut concept = fhir::Object::new();
        let texts =
            [("system", &translation.system), ("code", &translation.code), ("display", &translation.display)];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            concept.set(name, text.as_str());
        }
        let mut parts =
            vec![fhir::object! { "name" => "equivalence", "valueCode" => translation.equivalence.as_str() }];
        if !translation.code.is_empty() {
            parts.push(fhir::object! { "name" => "concept", "valueCoding" => concept });
        }
        if !translation.map.is_empty() {
            parts.push(fhir::object! { "name" => "source", "valueUri" => translation.map.as_str() });
        }
        found.push(fhir::object! { "name" => "match", "part" => Value::Array(parts) });
    }
    found
}
