//! TerminologyCapabilities (R4 terminologycapabilities), made from the table of operations.

use crate::operations::{OPERATIONS, Operation};
use crate::service::Service;
use fhir::Value;

/// What the server can do with codes.
pub(crate) fn terminology_capabilities(service: &Service) -> String {
    let expansion = fhir::object! {
        "hierarchical" => false,
        "paging" => true,
        "incomplete" => false,
        "parameter" => expansion_parameters(),
        "textFilter" => "Every word must begin a word of the code or of one of its displays.",
    };
    fhir::object! {
        "resourceType" => "TerminologyCapabilities",
        "status" => "active",
        "date" => service.since.as_str(),
        "kind" => "instance",
        "software" => fhir::object! { "name" => "Chiron", "version" => env!("CARGO_PKG_VERSION") },
        "implementation" => fhir::object! { "description" => "Chiron", "url" => service.base_url.as_str() },
        "expansion" => expansion,
        "codeSearch" => "all",
        "validateCode" => fhir::object! { "translations" => true },
        "translation" => fhir::object! { "needsMap" => false },
    }
    .to_json()
}

fn expansion_parameters() -> Value {
    let expand = OPERATIONS.iter().filter(|row: &&Operation| row.name == "expand");
    let parameter = expand.flat_map(|row| row.parameters);
    Value::Array(
        parameter.map(|one| fhir::object! { "name" => one.name, "documentation" => one.summary }).collect(),
    )
}
