//! What programs ask an authorization server for over HTTP: tokens, what a token is and its end, registration, where what
//! is. What is decided is in `identity::oauth`; here are forms in and JSON out.

mod answer;
mod asked;
mod brands;
mod client_keys;
mod discovery;

pub(crate) use client_keys::ClientKeys;

use crate::cors::CorsLayer;
use crate::service::Service;
use access::Actor;
use answer::{Told, told};
use asked::Asked;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use identity::oauth::client_proof::Shown;
use identity::oauth::endpoints::{INTROSPECT, KEYS, REGISTER, REVOKE, STYLE, TOKEN};
use identity::oauth::token::Issuer;
use identity::oauth::{Client, Refusal, client_proof, inspection, registration};
use identity::{IdentityError, oauth};
use serde_json::Value;
use std::sync::Arc;

/// What is at a path.
type Row = (&'static str, fn() -> MethodRouter<Arc<Service>>);

/// All of them. Those of `/.well-known` and of the brands need no token: they say nothing of the record.
const ROWS: [Row; 12] = [
    (TOKEN, || post(token)),
    (INTROSPECT, || post(introspect)),
    (REVOKE, || post(revoke)),
    (REGISTER, || post(register)),
    (KEYS, || get(keys)),
    (STYLE, || get(discovery::style)),
    ("/fhir/.well-known/smart-configuration", || get(discovery::smart)),
    ("/.well-known/smart-configuration", || get(discovery::smart)),
    ("/.well-known/openid-configuration", || get(discovery::openid)),
    ("/.well-known/oauth-authorization-server", || get(discovery::openid)),
    (brands::PATH, || get(brands::show)),
    ("/service-base-urls", || get(brands::show)),
];

/// The routes of the table.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let routes = ROWS.iter().fold(Router::new(), |router, (path, answer)| router.route(path, answer()));
    routes.layer(CorsLayer).with_state(service)
}

/// Does the work of a request in the pool, and answers.
async fn answer(
    service: Arc<Service>,
    request: Request,
    work: fn(&Service, &Asked) -> Result<Option<Value>, IdentityError>,
) -> Response {
    let asked = match Asked::read(&service, request).await {
        Ok(asked) => asked,
        Err(refusal) => return told(Told::Refused(refusal)),
    };
    let at_work = Arc::clone(&service);
    match service.pool.run(move || work(&at_work, &asked)).await {
        Ok(Ok(answer)) => told(Told::Done(answer)),
        Ok(Err(error)) => told(Told::of(error)),
        Err(_) => told(Told::Busy),
    }
}

async fn token(State(service): State<Arc<Service>>, request: Request) -> Response {
    answer(service, request, |service, asked| {
        let kind = asked.required("grant_type")?;
        let client = client(service, asked)?;
        let issuer =
            Issuer { record: &service.record, key: service.signing_key()?, origin: asked.origin.clone() };
        match kind {
            "authorization_code" => {
                let verifier = asked.required("code_verifier")?;
                issuer.for_code(&client, (asked.required("code")?, asked.required("redirect_uri")?, verifier))
            }
            "refresh_token" => {
                issuer.for_refresh(&client, asked.required("refresh_token")?, asked.form.get("scope"))
            }
            "client_credentials" => issuer.for_service(&client, asked.required("scope")?),
            _ => {
                let known = "grant_type may be authorization_code, refresh_token or client_credentials";
                Err(Refusal::new("unsupported_grant_type", known).into())
            }
        }
        .map(Some)
    })
    .await
}

/// The program that asks, once it has shown that it is itself.
fn client(service: &Service, asked: &Asked) -> Result<Client, IdentityError> {
    let session = service.record.session(Actor::unknown(), asked.origin.clone());
    let shown = match (asked.shown(), asked.form.get("refresh_token")) {
        // A client without a secret need not say who it is again: its refresh token does (RFC 6749 §6).
        (Err(_), Some(token)) if asked.shows_nothing() => {
            Shown::Id(oauth::token::client_of(&session, token)?)
        }
        (shown, _) => shown?.clone(),
    };
    let client = client_proof::check(&session, &shown, asked.keys.as_ref());
    if client.is_err() {
        session.audit_refused_ceremony("an app did not show that it is itself")?;
    }
    client
}

async fn introspect(State(service): State<Arc<Service>>, request: Request) -> Response {
    answer(service, request, |service, asked| {
        let token = asked.required("token")?;
        let session = service.record.session(Actor::unknown(), asked.origin.clone());
        if let Some(bearer) = &asked.bearer {
            let kind = record::credential::CredentialKind::BearerToken;
            let actor = service.record.authenticate(kind, bearer)?;
            let actor =
                actor.ok_or(Refusal::new("invalid_token", "the token is unknown, expired or revoked"))?;
            let asks = service.record.session(actor, asked.origin.clone());
            asks.require_administrator()?;
            return inspection::describe(&asks, None, token).map(Some);
        }
        let client = client(service, asked)?;
        if !client.is_confidential() {
            let who =
                "a client without a secret or key may not ask; send one, or the token of an administrator";
            return Err(Refusal::new("invalid_client", who).into());
        }
        inspection::describe(&session, Some(&client), token).map(Some)
    })
    .await
}

async fn revoke(State(service): State<Arc<Service>>, request: Request) -> Response {
    answer(service, request, |service, asked| {
        let token = asked.required("token")?;
        let client = client(service, asked)?;
        let session = service.record.session(Actor::unknown(), asked.origin.clone());
        inspection::revoke(&session, &client, token).map(|()| None)
    })
    .await
}

async fn register(State(service): State<Arc<Service>>, request: Request) -> Response {
    let response = answer(service, request, |service, asked| {
        let described = asked.json.as_ref().ok_or(Refusal::new(
            "invalid_client_metadata",
            "send a JSON object with content-type application/json",
        ))?;
        let session = service.record.session(Actor::unknown(), asked.origin.clone());
        registration::register(&session, service.settings.registration, asked.bearer.as_deref(), described)
            .map(Some)
    });
    let mut response = response.await;
    if response.status() == axum::http::StatusCode::OK {
        *response.status_mut() = axum::http::StatusCode::CREATED;
    }
    response
}

async fn keys(State(service): State<Arc<Service>>) -> Response {
    let at_work = Arc::clone(&service);
    let made =
        service.pool.run(move || at_work.signing_key().map(oauth::signing_key::SigningKey::public)).await;
    match made {
        Ok(Ok(keys)) => answer::open(&keys),
        Ok(Err(error)) => told(Told::of(error)),
        Err(_) => told(Told::Busy),
    }
}
