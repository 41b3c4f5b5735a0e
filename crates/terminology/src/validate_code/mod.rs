//! Whether a code is right: `CodeSystem/$validate-code` and `ValueSet/$validate-code`
//! (<https://hl7.org/fhir/R4/valueset-operation-validate-code.html>).

mod display;
mod outcome;
mod request;
mod run;

pub(crate) use display::speaks;
pub use outcome::{Issue, IssueSeverity, Outcome};
pub use request::{Coding, Form, Scope, ValidateRequest};
