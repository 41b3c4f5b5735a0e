//! A code as operations are given it: by parameters, as a Coding, or as a CodeableConcept.

use crate::failure::Failure;
use crate::inputs::Inputs;
use axum::http::StatusCode;
use fhir::Node;
use terminology::{Coding, Error, Form};

/// The codes that a request names, and how.
pub(super) struct CodeInput {
    pub form: Form,
    pub codings: Vec<Coding>,
}

impl CodeInput {
    /// Reads the codes. `system` is the name of the parameter for the code's system.
    pub fn read(inputs: &Inputs, system: &str, version: &str) -> Result<Self, Failure> {
        if let Some(concept) = inputs.tree("codeableConcept") {
            let codings = concept.root().each_of("coding").map(coding).collect();
            return Ok(Self { form: Form::CodeableConcept, codings });
        }
        if let Some(given) = inputs.tree("coding") {
            return Ok(Self { form: Form::Coding, codings: vec![coding(given.root())] });
        }
        let code = inputs.text("code");
        let code = code.ok_or_else(|| Failure::missing("code", "give code, coding or codeableConcept"))?;
        let text = |name: &str| inputs.text(name).map(str::to_owned);
        let coding = Coding {
            system: text(system),
            version: text(version),
            code: code.to_owned(),
            display: text("display"),
        };
        Ok(Self { form: Form::Code, codings: vec![coding] })
    }

    /// The only code, with its system.
    pub fn only(&self) -> Result<(&str, &Coding), Failure> {
        match self.codings.as_slice() {
            [coding] => match &coding.system {
                Some(system) => Ok((system, coding)),
                None => Err(Failure::missing("system", "give the system of the code")),
            },
            _ => {
                Err(Failure::bad_request("the request names several codes or none")
                    .mended_by("give one code"))
            }
        }
    }
}

/// A Coding of a request.
pub(super) fn coding(node: Node<'_>) -> Coding {
    let text = |name: &str| node.get_str(name).map(std::borrow::Cow::into_owned);
    Coding {
        system: text("system"),
        version: text("version"),
        code: text("code").unwrap_or_default(),
        display: text("display"),
    }
}

/// What terminology refuses, as an answer.
pub(super) fn failure(error: &Error) -> Failure {
    let (status, code, details) = match error {
        Error::ValueSetNotFound(_) | Error::CodeSystemNotFound(_) | Error::ConceptMapNotFound(_) => {
            (StatusCode::NOT_FOUND, "not-found", "check the URL, or load what it names")
        }
        Error::ContentNotHere(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "not-supported", "load the code system")
        }
        Error::Cycle(_) | Error::TooDeep(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "processing", "correct the value set's definition")
        }
        Error::TooCostly { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "too-costly", "ask for pages, or narrow it")
        }
        Error::Filter(_) | Error::Request(_) => (StatusCode::BAD_REQUEST, "invalid", "correct the request"),
    };
    Failure::new(status, code, error.to_string()).mended_by(details)
}

/// Languages as a request names them, most wanted first.
pub(super) fn languages(inputs: &Inputs) -> Vec<String> {
    let listed = inputs.texts("displayLanguage").flat_map(|list| list.split(','));
    let names = listed.map(|name| name.split(';').next().unwrap_or_default().trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
