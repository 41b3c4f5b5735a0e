//! Who the practice is, and where its API is: for apps in which patients look for it (User-access Brands, US Core and SMART App
//! Launch 2.2; the service base URLs of 45 CFR 170.404).
//!
//! The practice says in a setting which Organization of the record it is. Of that resource only what names and finds the
//! practice is shown: it needs no token.

use crate::service::Service;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use identity::oauth::Endpoints;
use record::{Origin, ResourceKey};
use serde_json::{Value, json};
use std::sync::Arc;

/// The path of the bundle.
pub(super) const PATH: &str = "/brands.json";

/// What of the Organization is shown.
const SHOWN: [&str; 7] = ["extension", "identifier", "active", "type", "name", "alias", "address"];

const BRAND: &str = "http://hl7.org/fhir/smart-app-launch/StructureDefinition/user-access-brand";
const ENDPOINT: &str = "http://hl7.org/fhir/smart-app-launch/StructureDefinition/user-access-endpoint";

struct Practice {
    organization: Value,
    updated_ms: i64,
}

fn practice(service: &Service) -> Option<Practice> {
    let id = service.settings.organization.as_ref()?;
    let type_id = fhir::schema::schema().resource_named("Organization")?;
    // As the server itself: who asks is nobody, and is shown what the practice wants to be known.
    let session = service.record.session(
        access::Actor { id: "chiron".to_owned(), name: "Chiron".to_owned(), ..access::Actor::guest() },
        Origin { address: String::new(), way: "rest" },
    );
    let found = session.read(&ResourceKey { type_id, id: id.as_str().into() }).ok()?;
    let document = found.document()?;
    let organization: Value = serde_json::from_str(&fhir::Value::from(&document).to_json()).ok()?;
    Some(Practice { organization, updated_ms: found.updated_ms() })
}

/// The identifier by which the practice is found in the bundle.
pub(super) fn identifier(service: &Service) -> Option<Value> {
    let practice = practice(service)?;
    let first = practice.organization.get("identifier")?.as_array()?.first()?.clone();
    let own = json!({ "system": first.get("system"), "value": first.get("value")? });
    Some(match own["system"].is_null() {
        true => json!({ "value": own["value"] }),
        false => own,
    })
}

fn bundle(service: &Service, practice: &Practice) -> Value {
    let endpoints = Endpoints::of(&service.record);
    let updated = record::resource::instant(practice.updated_ms).to_string();
    let mut brand = json!({ "resourceType": "Organization", "id": practice.organization["id"] });
    brand["meta"] = json!({ "lastUpdated": updated, "profile": [BRAND] });
    for name in SHOWN {
        if let Some(value) = practice.organization.get(name) {
            brand[name] = value.clone();
        }
    }
    if let Some(Value::Array(all)) = practice.organization.get("telecom") {
        let site: Vec<&Value> = all.iter().filter(|one| one["system"] == "url").collect();
        if !site.is_empty() {
            brand["telecom"] = json!(site);
        }
    }
    brand["endpoint"] = json!([{ "reference": "Endpoint/fhir" }]);
    let name = practice.organization.get("name").cloned().unwrap_or_else(|| "FHIR API".into());
    let version = json!({
        "url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": "4.0.1",
    });
    let endpoint = json!({
        "resourceType": "Endpoint",
        "id": "fhir",
        "meta": { "lastUpdated": updated, "profile": [ENDPOINT] },
        "extension": [version],
        "status": "active",
        "connectionType": { "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest" },
        "name": name,
        "managingOrganization": { "reference": format!("Organization/{}", practice.organization["id"].as_str().unwrap_or_default()) },
        "contact": [{ "system": "url", "value": endpoints.issuer }],
        "payloadType": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "code": "none" }] }],
        "address": endpoints.fhir,
    });
    let entry = |resource: Value| {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        let url = format!("{}/{kind}/{}", endpoints.fhir, resource["id"].as_str().unwrap_or_default());
        json!({ "fullUrl": url, "resource": resource })
    };
    json!({ "resourceType": "Bundle", "type": "collection", "timestamp": updated, "entry": [entry(brand), entry(endpoint)] })
}

/// The bundle, unless the client has it already.
pub(super) async fn show(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let at_work = Arc::clone(&service);
    let made = service.pool.run(move || practice(&at_work).map(|practice| bundle(&at_work, &practice))).await;
    let Ok(Some(bundle)) = made else { return StatusCode::NOT_FOUND.into_response() };
    let text = bundle.to_string();
    let tag = format!("W/\"{}\"", bundle["timestamp"].as_str().unwrap_or_default());
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => text.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
