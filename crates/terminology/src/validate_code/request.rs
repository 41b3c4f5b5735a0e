//! What is asked when a code is to be validated.

use crate::value_set::definition::ValueSet;
use std::sync::Arc;

/// A code with its system, as in FHIR's `Coding`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Coding {
    /// Code system URL.
    pub system: Option<String>,
    /// Version of the code system.
    pub version: Option<String>,
    /// The code.
    pub code: String,
    /// The display to be checked.
    pub display: Option<String>,
}

impl Coding {
    /// A coding of a system and a code.
    pub fn new(system: &str, code: &str) -> Self {
        Self { system: Some(system.to_owned()), code: code.to_owned(), ..Self::default() }
    }
}

/// In what codes are to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The value set of a canonical, with or without `|version`.
    ValueSetUrl(String),
    /// A value set that came with the request.
    ValueSet(Arc<ValueSet>),
    /// The code system of a URL: any of its codes is right.
    CodeSystem(String),
    /// Whatever code system each coding names.
    AnyCodeSystem,
}

/// How the codes were given; it decides what issues point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// `code`, `system`, `version`, `display` as parameters.
    #[default]
    Code,
    /// A Coding.
    Coding,
    /// A CodeableConcept: right when one of its codings is in the value set.
    CodeableConcept,
}

/// A question whether codes are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateRequest {
    /// In what the codes are looked for.
    pub scope: Scope,
    /// How they were given.
    pub form: Form,
    /// The codes; several only in a CodeableConcept.
    pub codings: Vec<Coding>,
    /// Find the system of a code that has none from the value set.
    pub infer_system: bool,
    /// A wrong display is a warning and not an error.
    pub lenient_display: bool,
    /// Codes that are not to be selected are refused.
    pub refuse_not_selectable: bool,
    /// Codes out of use are refused.
    pub active_only: bool,
    /// Languages in which displays are right, most wanted first; empty for any.
    pub languages: Vec<String>,
}

impl ValidateRequest {
    /// A question about one coding.
    pub fn coding(scope: Scope, coding: Coding) -> Self {
        Self { form: Form::Coding, ..Self::code(scope, coding) }
    }

    /// A question about a code given by parameters.
    pub fn code(scope: Scope, coding: Coding) -> Self {
        Self {
            scope,
            form: Form::Code,
            codings: vec![coding],
            infer_system: false,
            lenient_display: false,
            refuse_not_selectable: false,
            active_only: false,
            languages: Vec::new(),
        }
    }

    /// A question about a CodeableConcept.
    pub fn codeable_concept(scope: Scope, codings: Vec<Coding>) -> Self {
        Self { form: Form::CodeableConcept, codings, ..Self::code(scope, Coding::default()) }
    }

    /// Where the coding of an index is, as an expression; `element` is one of its children or empty.
    pub(crate) fn place(&self, index: usize, element: &str) -> String {
        let coding = match self.form {
            Form::Code => String::new(),
            Form::Coding => "Coding".to_owned(),
            Form::CodeableConcept => format!("CodeableConcept.coding[{index}]"),
        };
        match (coding.is_empty(), element.is_empty()) {
            (true, _) => element.to_owned(),
            (false, true) => coding,
            (false, false) => format!("{coding}.{element}"),
        }
    }
}
