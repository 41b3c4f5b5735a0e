//! Who asks: bearer tokens (RFC 6750), or an actor that the server has established already.

use crate::failure::Failure;
use crate::service::Service;
use access::Actor;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use record::Origin;
use record::credential::CredentialKind;
use std::net::SocketAddr;

/// A request extension by which the server says who asks, such as for its local socket. It wins over a token.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Actor);

/// What a challenge says (RFC 9110 §11.6.1).
const CHALLENGE: &str = "Bearer realm=\"FHIR\"";

/// The actor of a request.
pub(crate) fn actor(service: &Service, request: &Parts) -> Result<Actor, Failure> {
    if let Some(Authenticated(actor)) = request.extensions.get() {
        return Ok(actor.clone());
    }
    let mut values = request.headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(|| challenge(CHALLENGE, "the request carries no token"))?;
    if values.next().is_some() {
        // Which of them a proxy in front has looked at is not known.
        return Err(challenge(CHALLENGE, "the request carries several Authorization headers; send one"));
    }
    let token = value.to_str().ok().and_then(|value| credentials(value, "bearer"));
    let token = token.filter(|token| !token.is_empty());
    let token =
        token.ok_or_else(|| challenge(CHALLENGE, "the Authorization header carries no bearer token"))?;
    let known = service.record.authenticate(CredentialKind::BearerToken, token)?;
    let refused = "the token is unknown, expired or revoked";
    known.ok_or_else(|| challenge("Bearer realm=\"FHIR\", error=\"invalid_token\"", refused))
}

/// What an `Authorization` header carries for a scheme (RFC 9110 §11.4).
pub(crate) fn credentials<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (given, rest) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn challenge(header: &str, what: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "login", what)
        .mended_by(
            "send the header 'Authorization: Bearer TOKEN' with a token that the administrator has issued",
        )
        .at("http.Authorization")
        .with_header(header::WWW_AUTHENTICATE, header)
}

/// Where a request comes from.
pub(crate) fn origin(request: &Parts) -> Origin {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
    Origin { address: peer.map_or_else(String::new, |peer| peer.0.ip().to_string()), way: "rest" }
}
