//! The CapabilityStatement (R4 capabilitystatement), made from the tables.

use crate::body::JSON_PATCH;
use crate::format::FORMATS;
use crate::interactions::{INTERACTIONS, Interaction, Level};
use crate::operations::{OPERATIONS, Operation};
use crate::service::Service;
use fhir::schema::{TypeId, schema};
use fhir::{Object, Value};
use identity::oauth::endpoints::{self, Endpoints};
use identity::oauth::registration::Registration;
use search::parameter::{Parameter, ParameterKind, parameters};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The standard's release that is spoken.
const FHIR_VERSION: &str = "4.0.1";

/// The resource types whose definition is normative (R4 versions §2.1.0.2).
const NORMATIVE: [&str; 11] = [
    "Binary",
    "Bundle",
    "CapabilityStatement",
    "CodeSystem",
    "Observation",
    "OperationDefinition",
    "OperationOutcome",
    "Parameters",
    "Patient",
    "StructureDefinition",
    "ValueSet",
];

/// The whole statement.
pub(crate) fn full(service: &Service) -> String {
    statement(service, &|_| true)
}

/// The part of it whose definitions are normative.
pub(crate) fn normative(service: &Service) -> String {
    statement(service, &|type_id| NORMATIVE.contains(&type_id.name()))
}

fn statement(service: &Service, is_listed: &dyn Fn(TypeId) -> bool) -> String {
    let resources: Vec<Value> = listed_types().filter(|type_id| is_listed(*type_id)).map(resource).collect();
    let socket = fhir::object! { "url" => WEBSOCKET, "valueUri" => service.socket_url() };
    let rest = fhir::object! {
        "extension" => vec![socket],
        "mode" => "server",
        "documentation" => "Reads, searches and writes every resource type, with its whole history.",
        "security" => security(service),
        "resource" => Value::Array(resources),
        "interaction" => codes(Level::System, &|_| true),
        "operation" => operations(&Operation::is_of_system),
        "compartment" => compartments(),
    };
    fhir::object! {
        "resourceType" => "CapabilityStatement",
        "status" => "active",
        "date" => service.since.as_str(),
        "kind" => "instance",
        "instantiates" => vec![format!("{BACKPORT}CapabilityStatement/backport-subscription-server-r4")],
        "software" => fhir::object! { "name" => "Chiron", "version" => env!("CARGO_PKG_VERSION") },
        "implementation" => fhir::object! { "description" => "Chiron", "url" => service.base_url.as_str() },
        "fhirVersion" => FHIR_VERSION,
        "format" => formats(),
        "patchFormat" => vec![JSON_PATCH, FORMATS[0].1[0], FORMATS[1].1[0]],
        "rest" => vec![rest],
    }
    .to_json()
}

/// Where programs get tokens, as far as the extension of R4 has words for it (SMART App Launch 1.0, "Declaring support").
fn security(service: &Service) -> Value {
    let endpoints = Endpoints::of(&service.record);
    let mut named =
        vec![("authorize", endpoints::AUTHORIZE), ("token", endpoints::TOKEN), ("manage", endpoints::APPS)];
    if service.settings.registration != Registration::Off {
        named.push(("register", endpoints::REGISTER));
    }
    let part =
        |(name, path): (&str, &str)| fhir::object! { "url" => name, "valueUri" => endpoints.url(path) };
    let uris = fhir::object! {
        "url" => OAUTH_URIS,
        "extension" => Value::Array(named.into_iter().map(part).collect()),
    };
    let coding = fhir::object! { "system" => SECURITY_SERVICES, "code" => "SMART-on-FHIR" };
    fhir::object! {
        "extension" => vec![uris],
        "cors" => true,
        "service" => vec![fhir::object! { "coding" => vec![coding], "text" => "OAuth 2 with SMART App Launch" }],
        "description" => "Bearer tokens (RFC 6750) in the Authorization header. /.well-known/smart-configuration behind \
                          the base says where programs get them.",
    }
}

const OAUTH_URIS: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
const SECURITY_SERVICES: &str = "http://terminology.hl7.org/CodeSystem/restful-security-service";

/// The names of formats that clients use.
fn formats() -> Value {
    let names = FORMATS.iter().flat_map(|(_, names)| [names[0], names[names.len() - 1]]);
    Value::Array(names.map(Value::from).collect())
}

/// Types that are not listed: Parameters only travels, and SubscriptionStatus is of a later release.
const UNLISTED: [&str; 2] = ["Parameters", "SubscriptionStatus"];

fn listed_types() -> impl Iterator<Item = TypeId> {
    schema().resources().filter(|type_id| !UNLISTED.contains(&type_id.name()))
}

/// The interactions of a level, each once.
fn codes(level: Level, is_listed: &dyn Fn(&Interaction) -> bool) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for row in INTERACTIONS.iter().filter(|row| row.level == level && is_listed(row)) {
        // One URL serves both kinds of Bundle.
        let more = if row.name == "transaction" { Some("batch") } else { None };
        for name in std::iter::once(row.name).chain(more) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Value::Array(names.into_iter().map(|name| fhir::object! { "code" => name }).collect())
}

fn resource(type_id: TypeId) -> Value {
    let name = type_id.name();
    let mut resource = Object::new();
    if name == "Subscription" {
        resource.set("extension", topics());
    }
    resource.set("type", name);
    resource.set("profile", format!("http://hl7.org/fhir/StructureDefinition/{name}"));
    set_filled(&mut resource, "supportedProfile", supported_profiles(type_id));
    let is_read_only = record::is_written_by_the_server(type_id);
    let is_listed = |row: &Interaction| !is_read_only || READ_ONLY.contains(&row.name);
    let has =
        |fits: &dyn Fn(&Interaction) -> bool| INTERACTIONS.iter().any(|row| is_listed(row) && fits(row));
    resource.set("interaction", codes(Level::Type, &is_listed));
    resource.set("versioning", if is_read_only { "no-version" } else { "versioned" });
    resource.set("readHistory", has(&|row| row.name == "vread"));
    resource.set("updateCreate", has(&|row| row.name == "update" && !row.is_conditional));
    resource
        .set("conditionalCreate", has(&|row| row.name == "create" && row.headers.contains(&"If-None-Exist")));
    let reads = |header: &str| has(&|row| row.name == "read" && row.headers.contains(&header));
    let conditional_read = match (reads("If-Modified-Since"), reads("If-None-Match")) {
        (true, true) => "full-support",
        (true, false) => "modified-since",
        (false, true) => "not-match",
        (false, false) => "not-supported",
    };
    resource.set("conditionalRead", conditional_read);
    resource.set("conditionalUpdate", has(&|row| row.name == "update" && row.is_conditional));
    let deletes_one = has(&|row| row.name == "delete" && row.is_conditional);
    resource.set("conditionalDelete", if deletes_one { "single" } else { "not-supported" });
    resource.set("referencePolicy", vec!["literal", "logical", "local"]);
    set_filled(&mut resource, "searchInclude", includes(type_id));
    set_filled(&mut resource, "searchRevInclude", reverse_includes(type_id));
    let searched = parameters(type_id).iter().map(|parameter| search_parameter(parameter)).collect();
    set_filled(&mut resource, "searchParam", searched);
    set_filled(&mut resource, "operation", operations(&|row| row.is_for(name)));
    resource.into()
}

/// The canonical URLs of the Subscriptions R5 Backport guide.
const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/";

/// What the canonicals of profiles begin with that are named: the standard's own (vital signs are among them) and US
/// Core's.
const NAMED_PROFILES: [&str; 2] =
    ["http://hl7.org/fhir/StructureDefinition/", "http://hl7.org/fhir/us/core/StructureDefinition/"];

/// The profiles that resources of a type may declare and are then held to, without versions: several are known of each.
fn supported_profiles(type_id: TypeId) -> Vec<Value> {
    static NAMED: LazyLock<BTreeMap<TypeId, Vec<String>>> =
        LazyLock::new(|| validation::profile::profiles_of_resources(&NAMED_PROFILES));
    let subscription = format!("{BACKPORT}StructureDefinition/backport-subscription");
    let of_guide = NAMED.get(&type_id).into_iter().flatten().cloned();
    of_guide.chain((type_id.name() == "Subscription").then_some(subscription)).map(Value::from).collect()
}

/// Says where websockets are opened.
const WEBSOCKET: &str = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket";

/// The topics that can be subscribed to.
fn topics() -> Value {
    let url = format!("{BACKPORT}StructureDefinition/capabilitystatement-subscriptiontopic-canonical");
    let topic = |topic| fhir::object! { "url" => url.as_str(), "valueCanonical" => topic };
    Value::Array(record::subscription::topic_urls().into_iter().map(topic).collect())
}

/// The interactions of types that only the server writes.
const READ_ONLY: [&str; 3] = ["read", "vread", "search-type"];

/// Sets a list, unless it is empty: FHIR has no empty arrays.
fn set_filled(object: &mut Object, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        object.set(name, Value::Array(items));
    }
}

fn search_parameter(parameter: &Parameter) -> Value {
    let mut written = Object::new();
    written.set("name", parameter.code);
    if !parameter.url.is_empty() {
        written.set("definition", parameter.url);
    }
    written.set("type", parameter.kind.code());
    written.into()
}

fn references(type_id: TypeId) -> impl Iterator<Item = &'static Parameter> {
    parameters(type_id).iter().copied().filter(|parameter| parameter.kind == ParameterKind::Reference)
}

/// Each parameter alone, and, where it is said which types it leads to, with each of them.
fn includes(type_id: TypeId) -> Vec<Value> {
    let with_targets = |parameter: &'static Parameter| {
        let name = format!("{}:{}", type_id.name(), parameter.code);
        let says_which = parameter.targets.len() > 1 && parameter.targets.len() < TARGETS_OF_ANY;
        let targets = parameter.targets.iter().filter(move |_| says_which);
        let narrowed: Vec<_> = targets.map(|target| format!("{name}:{}", target.name())).collect();
        std::iter::once(name).chain(narrowed).map(Value::from)
    };
    references(type_id).flat_map(with_targets).collect()
}

/// A parameter with more targets than this leads to resources of any type.
const TARGETS_OF_ANY: usize = 60;

/// References by which resources of other types name this type expressly.
fn reverse_includes(type_id: TypeId) -> Vec<Value> {
    let of_source = |source: TypeId| {
        let to_us = references(source).filter(move |parameter| parameter.targets.contains(&type_id));
        to_us.map(move |parameter| Value::from(format!("{}:{}", source.name(), parameter.code)))
    };
    schema().resources().flat_map(of_source).collect()
}

fn operations(is_listed: &dyn Fn(&Operation) -> bool) -> Vec<Value> {
    let rows = OPERATIONS.iter().filter(|row| is_listed(row));
    rows.map(|row| {
        fhir::object! { "name" => row.name, "definition" => row.definition, "documentation" => row.summary }
    })
    .collect()
}

fn compartments() -> Value {
    let url = |type_id: TypeId| {
        format!("http://hl7.org/fhir/CompartmentDefinition/{}", type_id.name().to_ascii_lowercase())
    };
    Value::Array(search::compartment::compartments().into_iter().map(|type_id| url(type_id).into()).collect())
}
