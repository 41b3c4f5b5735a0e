//! The OpenAPI 3.1 document, made from the tables.

use crate::body::{FORM, JSON_PATCH};
use crate::format::FORMATS;
use crate::interactions::{INTERACTIONS, Interaction, Run};
use crate::operations::{OPERATIONS, Operation, Parameter};
use crate::outline::operation_paths;
use crate::presentation::PARAMETERS;
use crate::service::Service;
use fhir::schema::{TypeId, schema};
use fhir::{Object, Value};

/// The document.
pub(crate) fn openapi(service: &Service) -> String {
    let mut paths = Object::new();
    for row in INTERACTIONS.iter().filter(|row| row.name != "operation") {
        add(&mut paths, row.path, row.method, interaction(row));
    }
    for row in OPERATIONS {
        for path in operation_paths(row) {
            if !row.affects_state {
                add(&mut paths, &path, "GET", operation(row, &path, false));
            }
            add(&mut paths, &path, "POST", operation(row, &path, true));
        }
    }
    fhir::object! {
        "openapi" => "3.1.0",
        "info" => fhir::object! {
            "title" => "Chiron FHIR API",
            "version" => env!("CARGO_PKG_VERSION"),
            "description" => "FHIR 4.0.1. The CapabilityStatement at /metadata lists types and search parameters.",
        },
        "servers" => vec![fhir::object! { "url" => service.base_url.as_str() }],
        "security" => vec![fhir::object! { "bearer" => Value::Array(Vec::new()) }],
        "paths" => paths,
        "components" => components(),
    }
    .to_json()
}

fn add(paths: &mut Object, path: &str, method: &str, operation: Value) {
    if paths.get(path).is_none() {
        paths.set(path, Object::new());
    }
    if let Some(item) = paths.get_mut(path).and_then(Value::as_object_mut) {
        item.set(method.to_ascii_lowercase(), operation);
    }
}

fn interaction(row: &Interaction) -> Value {
    let mut parameters = path_parameters(row.path);
    parameters.extend(row.headers.iter().map(|name| parameter(name, "header", "string", "")));
    parameters.extend(row.parameters.iter().map(|name| parameter(name, "query", "string", "")));
    parameters.extend(PARAMETERS.iter().map(|name| parameter(name, "query", "string", "")));
    let mut operation = Object::new();
    operation.set("operationId", operation_id(row.name, row.method, row.path));
    operation.set("summary", row.summary);
    operation.set("description", needed(row));
    if let Run::Open(_) = row.run {
        operation.set("security", Value::Array(Vec::new()));
    }
    operation.set("parameters", Value::Array(parameters));
    if let Some(content) = request_content(row) {
        operation.set("requestBody", fhir::object! { "content" => content });
    }
    operation.set("responses", responses());
    operation.into()
}

/// What the actor must be allowed to do.
fn needed(row: &Interaction) -> String {
    let verb = ACCESS.iter().find(|(interaction, _)| Some(*interaction) == row.access).map(|(_, verb)| *verb);
    match (row.run, verb) {
        (Run::Open(_), _) => "Needs no token.".to_owned(),
        (_, Some(verb)) => format!("Needs a token that may {verb} resources of the type."),
        (_, None) => "Needs a token that may do what the content asks for.".to_owned(),
    }
}

const ACCESS: [(access::Interaction, &str); 5] = [
    (access::Interaction::Create, "create"),
    (access::Interaction::Read, "read"),
    (access::Interaction::Update, "change"),
    (access::Interaction::Delete, "delete"),
    (access::Interaction::Search, "search"),
];

fn request_content(row: &Interaction) -> Option<Value> {
    match (row.method, row.path.ends_with("/_search")) {
        ("GET" | "DELETE", _) => None,
        (_, true) => Some(content(&[FORM])),
        ("PATCH", _) => Some(content(&[JSON_PATCH, FORMATS[0].1[0], FORMATS[1].1[0]])),
        _ => Some(content(&[FORMATS[0].1[0], FORMATS[1].1[0]])),
    }
}

fn operation(row: &Operation, path: &str, is_post: bool) -> Value {
    let mut parameters = path_parameters(path);
    let simple = |one: &&Parameter| one.kind.starts_with(|first: char| first.is_ascii_lowercase());
    if !is_post {
        let given = row.parameters.iter().filter(simple);
        parameters.extend(given.map(|one| parameter(one.name, "query", json_type(one.kind), one.summary)));
    }
    let mut operation = Object::new();
    operation.set("operationId", operation_id(row.name, if is_post { "POST" } else { "GET" }, path));
    operation.set("summary", row.summary);
    operation.set("externalDocs", fhir::object! { "url" => row.definition });
    operation.set("parameters", Value::Array(parameters));
    if is_post {
        let content = content(&[FORMATS[0].1[0], FORMATS[1].1[0]]);
        operation.set("requestBody", fhir::object! { "content" => content });
    }
    operation.set("responses", responses());
    operation.into()
}

fn json_type(kind: &str) -> &'static str {
    match kind {
        "boolean" => "boolean",
        "integer" | "positiveInt" => "integer",
        _ => "string",
    }
}

/// A name for the operation, unique: what it is, by which method, at what path.
fn operation_id(name: &str, method: &str, path: &str) -> String {
    let mut id = format!("{name}-{}", method.to_ascii_lowercase());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        id.push('-');
        id.extend(part.chars().filter(char::is_ascii_alphanumeric));
    }
    id
}

/// What stands for a part of a path.
const PLACEHOLDERS: [(&str, &str); 5] = [
    ("type", "a type of resource"),
    ("id", "the id of a resource"),
    ("version", "the version of a resource, from 1"),
    ("file", "the name of a file"),
    ("member", "a type of resource, or * for every type"),
];

fn path_parameters(path: &str) -> Vec<Value> {
    let is_there = |name: &str| path.contains(&format!("{{{name}}}"));
    let found = PLACEHOLDERS.iter().filter(|(name, _)| is_there(name));
    found
        .map(|(name, meaning)| {
            let schema = match *name {
                "type" => fhir::object! { "$ref" => "#/components/schemas/ResourceType" },
                _ => fhir::object! { "type" => "string" },
            };
            fhir::object! {
                "name" => *name, "in" => "path", "required" => true, "description" => *meaning, "schema" => schema,
            }
        })
        .collect()
}

fn parameter(name: &str, place: &str, kind: &str, summary: &str) -> Value {
    let mut written = Object::new();
    written.set("name", name);
    written.set("in", place);
    if !summary.is_empty() {
        written.set("description", summary);
    }
    written.set("schema", fhir::object! { "type" => kind });
    written.into()
}

fn content(media_types: &[&str]) -> Value {
    let one = |name: &&str| ((*name).to_owned(), fhir::object! { "schema" => fhir::object! {} });
    Value::Object(media_types.iter().map(one).collect())
}

fn responses() -> Value {
    fhir::object! {
        "2XX" => fhir::object! { "description" => "It was done.", "content" => content(&[FORMATS[0].1[0], FORMATS[1].1[0]]) },
        "default" => fhir::object! { "$ref" => "#/components/responses/Refused" },
    }
}

fn components() -> Value {
    let types: Vec<&str> = schema().resources().map(TypeId::name).collect();
    let refused = fhir::object! {
        "description" => "It was refused or failed: an OperationOutcome says why and how to mend it.",
        "content" => content(&[FORMATS[0].1[0], FORMATS[1].1[0]]),
    };
    fhir::object! {
        "schemas" => fhir::object! { "ResourceType" => fhir::object! { "type" => "string", "enum" => types } },
        "responses" => fhir::object! { "Refused" => refused },
        "securitySchemes" => fhir::object! { "bearer" => fhir::object! { "type" => "http", "scheme" => "bearer" } },
    }
}
