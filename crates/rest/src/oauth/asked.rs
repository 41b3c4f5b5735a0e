//! A request of a program: its form or JSON, and what it shows of itself.

use crate::authentication;
use crate::parameters::Parameters;
use crate::service::Service;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use identity::oauth::client_proof::Shown;
use identity::oauth::key_set::KeySet;
use identity::oauth::{Refusal, assertion, authorization};
use percent_encoding::percent_decode_str;
use record::Origin;
use serde_json::Value;
use std::sync::Arc;

/// Bytes of a request at most.
const BODY_BYTES: usize = 64 << 10;

/// A request, read.
pub(super) struct Asked {
    pub form: Parameters,
    /// The body, when it is JSON.
    pub json: Option<Value>,
    /// What the program shows of itself.
    shown: Result<Shown, Refusal>,
    has_authorization: bool,
    /// The keys at the address that the program registered, when it did.
    pub keys: Option<KeySet>,
    /// A bearer token, for those that may ask without being a program that is known.
    pub bearer: Option<String>,
    pub origin: Origin,
}

impl Asked {
    /// Reads a request.
    pub async fn read(service: &Arc<Service>, request: Request) -> Result<Self, Refusal> {
        let invalid = |what: &str| Refusal::new("invalid_request", what);
        let (parts, body) = request.into_parts();
        let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let received =
            tokio::time::timeout(service.settings.receive_timeout, axum::body::to_bytes(body, BODY_BYTES));
        let bytes = match received.await {
            Ok(Ok(bytes)) => bytes,
            _ => return Err(invalid("the body is too large, or did not arrive")),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| invalid("the body is not UTF-8"))?;
        let (form, json) = match media_type.to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => (Parameters::parse(text), None),
            "application/json" => {
                let json = serde_json::from_str(text).map_err(|_| invalid("the body is not JSON"))?;
                (Parameters::default(), Some(json))
            }
            _ => return Err(invalid("content-type must be application/x-www-form-urlencoded")),
        };
        if authorization::is_repeated(&form.0) {
            return Err(invalid("a parameter is there twice"));
        }
        let shown = shown(&parts.headers, &form);
        let keys = match &shown {
            Ok(Shown::Assertion(token, _)) => service.client_keys.of(service, token).await,
            _ => None,
        };
        let bearer = authorization_of(&parts.headers, "bearer");
        let has_authorization = parts.headers.contains_key(header::AUTHORIZATION);
        Ok(Self {
            form,
            json,
            shown,
            has_authorization,
            keys,
            bearer,
            origin: authentication::origin(&parts),
        })
    }

    /// What the program shows of itself.
    pub fn shown(&self) -> Result<&Shown, Refusal> {
        self.shown.as_ref().map_err(Clone::clone)
    }

    /// Whether the program says nothing of itself.
    pub fn shows_nothing(&self) -> bool {
        !self.has_authorization
            && ["client_id", "client_assertion"].iter().all(|name| self.form.get(name).is_none())
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        let value = self.form.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Refusal::new("invalid_request", format!("{name} is missing")))
    }
}

/// What an `Authorization` header of a scheme carries.
fn authorization_of(headers: &HeaderMap, scheme: &str) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    authentication::credentials(value, scheme).map(str::to_owned)
}

/// What the program shows: by one way, not by several (RFC 6749 §2.3).
fn shown(headers: &HeaderMap, form: &Parameters) -> Result<Shown, Refusal> {
    let several = || Refusal::new("invalid_request", "show who the client is by one way, not by several");
    let get = |name: &str| form.get(name).map(str::to_owned);
    let mut ways: Vec<Shown> = Vec::new();
    if let Some(basic) = authorization_of(headers, "basic") {
        let wrong =
            || Refusal::new("invalid_client", "the Authorization header is not 'Basic' with id and secret");
        ways.push(read_basic(&basic).ok_or_else(wrong)?);
    }
    if let (Some(id), Some(secret)) = (get("client_id"), get("client_secret")) {
        ways.push(Shown::Secret(id, secret));
    }
    if let Some(token) = get("client_assertion") {
        if form.get("client_assertion_type") != Some(assertion::KIND) {
            let what = format!("client_assertion_type must be {}", assertion::KIND);
            return Err(Refusal::new("invalid_request", what));
        }
        ways.push(Shown::Assertion(token, get("client_id")));
    }
    match (ways.len(), get("client_id")) {
        (0, Some(id)) => Ok(Shown::Id(id)),
        (0, None) => Err(Refusal::new("invalid_client", "client_id is missing")),
        (1, id) => match ways.remove(0) {
            Shown::Secret(known, _) if id.as_ref().is_some_and(|id| *id != known) => Err(several()),
            way => Ok(way),
        },
        _ => Err(several()),
    }
}

/// Id and secret, each encoded as in a form (RFC 6749 §2.3.1).
fn read_basic(text: &str) -> Option<Shown> {
    let decoded = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some(Shown::Secret(plain(id)?, plain(secret)?))
}
