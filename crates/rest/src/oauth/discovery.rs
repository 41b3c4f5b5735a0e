//! Where what is, and what works (SMART App Launch 2.2 "Conformance", OpenID Connect Discovery 1.0, RFC 8414).

use super::answer::open;
use super::brands;
use crate::service::Service;
use axum::extract::State;
use axum::response::Response;
use identity::oauth::Endpoints;
use identity::oauth::endpoints::{APPS, AUTHORIZE, INTROSPECT, KEYS, REGISTER, REVOKE, TOKEN};
use identity::oauth::key_set::ALGORITHMS;
use identity::oauth::registration::Registration;
use serde_json::{Value, json};
use std::sync::Arc;

/// What of SMART works here.
const CAPABILITIES: [&str; 18] = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
];

/// Scopes that may be asked for; those of single types and with parameters too.
const SCOPES: [&str; 14] = [
    "openid",
    "fhirUser",
    "profile",
    "launch",
    "launch/patient",
    "launch/encounter",
    "offline_access",
    "online_access",
    "patient/*.cruds",
    "patient/*.rs",
    "patient/*.read",
    "user/*.cruds",
    "user/*.read",
    "system/*.rs",
];

/// What both documents say.
fn common(service: &Service) -> Value {
    let endpoints = Endpoints::of(&service.record);
    let mut document = json!({
        "issuer": endpoints.issuer,
        "jwks_uri": endpoints.url(KEYS),
        "authorization_endpoint": endpoints.url(AUTHORIZE),
        "token_endpoint": endpoints.url(TOKEN),
        "introspection_endpoint": endpoints.url(INTROSPECT),
        "revocation_endpoint": endpoints.url(REVOKE),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "scopes_supported": SCOPES,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    if service.settings.registration != Registration::Off {
        document["registration_endpoint"] = endpoints.url(REGISTER).into();
    }
    document
}

/// `/.well-known/smart-configuration`.
pub(super) async fn smart(State(service): State<Arc<Service>>) -> Response {
    let mut document = common(&service);
    let endpoints = Endpoints::of(&service.record);
    document["management_endpoint"] = endpoints.url(APPS).into();
    document["capabilities"] = json!(CAPABILITIES);
    if service.settings.organization.is_some() {
        document["user_access_brand_bundle"] = endpoints.url(brands::PATH).into();
        let at_work = Arc::clone(&service);
        if let Ok(Some(identifier)) = service.pool.run(move || brands::identifier(&at_work)).await {
            document["user_access_brand_identifier"] = identifier;
        }
    }
    open(&document)
}

/// `/.well-known/openid-configuration`.
pub(super) async fn openid(State(service): State<Arc<Service>>) -> Response {
    let mut document = common(&service);
    document["response_modes_supported"] = json!(["query"]);
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
    document["claims_supported"] = json!(["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser", "name"]);
    document["request_parameter_supported"] = false.into();
    document["request_uri_parameter_supported"] = false.into();
    open(&document)
}

/// Colours and sizes, so that an app looks like the page that it was opened from (SMART App Launch 2.2, "Styling").
pub(super) async fn style() -> Response {
    open(&json!({
        "color_background": "#f6f7f9",
        "color_error": "#a63a00",
        "color_highlight": "#0b5cad",
        "color_modal_backdrop": "#00000080",
        "color_success": "#00664d",
        "color_text": "#1b1f24",
        "dim_border_radius": "6px",
        "dim_font_size": "14px",
        "dim_spacing_size": "16px",
        "font_family_body": "system-ui, sans-serif",
        "font_family_heading": "system-ui, sans-serif",
    }))
}
