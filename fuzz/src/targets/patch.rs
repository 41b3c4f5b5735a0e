//! Patches: refused, or the resource that comes out is JSON and reads the same.

use super::Target;
use super::examples::DOCUMENTS;
use fhir::{Document, Value};
use record::patch::Patch;

pub const JSON: Target = Target {
    name: "json_patch",
    help: "JSON Patch (RFC 6902) on small resources: refused, or what comes out is whole JSON",
    check: |bytes| {
        if let Ok(patch) = Patch::from_json(bytes.to_vec()) {
            apply(&patch);
        }
    },
    words: &[
        "{\"op\":\"",
        "add",
        "remove",
        "replace",
        "move",
        "copy",
        "test",
        "\",\"path\":\"",
        "\",\"from\":\"",
        "\",\"value\":",
        "/name",
        "/0",
        "/-",
        "~1",
        "~0",
        "/given",
        "[",
        "]",
        "{}",
        ",",
        "99999999999999999999",
    ],
    cases: 8_000,
};

pub const FHIRPATH: Target = Target {
    name: "fhirpath_patch",
    help: "FHIRPath Patch on small resources: refused, or what comes out is whole JSON",
    check: |bytes| {
        let Ok(document) = Document::parse(bytes) else { return };
        if let Ok(patch) = Patch::from_resource(document.root()) {
            apply(&patch);
        }
        apply(&Patch::FhirPath(document));
    },
    words: &[
        "{\"name\":\"",
        "type",
        "path",
        "value",
        "index",
        "source",
        "destination",
        "operation",
        "\"valueCode\":\"",
        "\"valueString\":\"",
        "\"valueInteger\":",
        "add",
        "insert",
        "delete",
        "replace",
        "move",
        "Patient.name[0]",
        "Patient.birthDate",
        "\"part\":[",
        "Observation.value",
        "where(true)",
        ".given",
    ],
    cases: 6_000,
};

fn apply(patch: &Patch) {
    for document in &*DOCUMENTS {
        let Ok(value) = patch.apply(document) else { continue };
        let again = Document::parse_with(value.to_json(), fhir::Limits::UNBOUNDED)
            .expect("a patched resource is JSON");
        assert_eq!(Value::from(&again), value);
    }
}
