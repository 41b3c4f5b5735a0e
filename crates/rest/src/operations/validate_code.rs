//! `ValueSet/$validate-code` and `CodeSystem/$validate-code`
//! (<https://hl7.org/fhir/R4/valueset-operation-validate-code.html>).

use super::code_input::{CodeInput, failure, languages};
use super::expand::{Given, given};
use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use record::Session;
use std::sync::Arc;
use terminology::{Scope, ValidateRequest};

const CODE: Parameter = parameter("code", "code", "the code");
const DISPLAY: Parameter = parameter("display", "string", "the display, to be checked too");
const CODING: Parameter = parameter("coding", "Coding", "the code as a Coding");
const CONCEPT: Parameter = parameter("codeableConcept", "CodeableConcept", "the code as a CodeableConcept");
const LANGUAGE: Parameter = parameter("displayLanguage", "code", "languages in which the display may be");
const LENIENT: Parameter =
    parameter("lenient-display-validation", "boolean", "a wrong display is only a warning");

pub(super) const VALUE_SET_PARAMETERS: &[Parameter] = &[
    parameter("url", "uri", "the value set's canonical, possibly with |version"),
    parameter("valueSetVersion", "string", "the version of the value set"),
    parameter("valueSet", "ValueSet", "the value set itself"),
    parameter("system", "uri", "the system of the code"),
    parameter("systemVersion", "string", "the version of the system"),
    parameter("inferSystem", "boolean", "find the system of the code from the value set"),
    parameter("activeOnly", "boolean", "codes out of use are refused"),
    CODE,
    DISPLAY,
    CODING,
    CONCEPT,
    LANGUAGE,
    LENIENT,
];

pub(super) const CODE_SYSTEM_PARAMETERS: &[Parameter] = &[
    parameter("url", "uri", "the code system"),
    parameter("version", "string", "the version of the code system"),
    CODE,
    DISPLAY,
    CODING,
    CONCEPT,
    LANGUAGE,
    LENIENT,
];

pub(super) fn in_value_set(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let scope = match given(call, session, inputs)? {
        Given::Url(canonical) => Scope::ValueSetUrl(canonical),
        Given::Resource(value_set) => Scope::ValueSet(Arc::new(value_set)),
    };
    answer(session, inputs, scope, &CodeInput::read(inputs, "system", "systemVersion")?)
}

pub(super) fn in_code_system(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let mut code = CodeInput::read(inputs, "url", "version")?;
    let url = super::lookup::system(call, session, inputs, "url")?;
    if let (Some(url), Some(coding)) = (&url, code.codings.first_mut()) {
        coding.system.get_or_insert_with(|| url.clone());
    }
    let scope = url.map_or(Scope::AnyCodeSystem, Scope::CodeSystem);
    answer(session, inputs, scope, &code)
}

fn answer(session: &Session, inputs: &Inputs, scope: Scope, code: &CodeInput) -> Result<Answer, Failure> {
    let first = code.codings.first().cloned().unwrap_or_default();
    let request = ValidateRequest {
        form: code.form,
        codings: code.codings.clone(),
        // R4 has no inferSystem: a code alone is looked for in all of the value set (valueset-operation-validate-code).
        infer_system: inputs.flag("inferSystem")?,
        lenient_display: inputs.flag("lenient-display-validation")?,
        active_only: inputs.flag("activeOnly")?,
        languages: languages(inputs),
        ..ValidateRequest::code(scope, first)
    };
    let outcome = session.record().terminology().validate_code(&request).map_err(|error| failure(&error))?;
    Ok(Answer::resource(outcome.to_parameters().to_json()))
}
