//! What all pages share: rendering, security headers, work off the network threads.

use crate::App;
use crate::cookie::SESSION;
use crate::failure::Failure;
use askama::Template;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use fhir::schema::{TypeId, schema};
use record::credential::CredentialKind;
use record::{Origin, Session};
use std::net::SocketAddr;

/// Only our own style and script, no frames, no other hosts, no inline anything.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     object-src 'none'; require-trusted-types-for 'script'; trusted-types chiron";

const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Adds the security headers, keeps patients' data out of caches, and refuses forms sent from other sites.
pub(crate) async fn harden(mut request: Request, next: Next) -> Response {
    tell_address(&mut request);
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    // A program may ask for leave by a form (OpenID Connect Core §3.1.2.1): nothing is changed by it.
    let is_asking = request.uri().path() == identity::oauth::endpoints::AUTHORIZE;
    if !is_safe && !is_asking && is_cross_site(request.headers()) {
        return (StatusCode::FORBIDDEN, "This form was sent from another site.").into_response();
    }
    let asked = (*request.method() == Method::GET).then(|| request.uri().to_string());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(asked) = asked.filter(|_| headers.get(header::LOCATION).is_some_and(|to| to == "/sign-in"))
        && let Ok(to) = HeaderValue::try_from(format!("/sign-in?to={}", encoded(&asked)))
    {
        headers.insert(header::LOCATION, to);
    }
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Lets the forms of a page lead to another place: browsers hold where a form's answer sends them against the policy too.
pub(crate) fn harden_forms(mut response: Response, source: &str) -> Response {
    let policy =
        CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {source}"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Browsers say where a request comes from; what is no browser carries no cookie worth stealing.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

/// A text as a value in an address or a form.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A template as an answer.
pub(crate) fn html(template: &impl Template) -> Result<Response, Failure> {
    Ok(Html(template.render().map_err(Failure::template)?).into_response())
}

/// Runs a page's work for the signed-in user, on a thread that may wait for the disk. Others are sent to sign in.
pub(crate) async fn with_session(
    app: App,
    headers: HeaderMap,
    work: impl FnOnce(&Session) -> Result<Response, Failure> + Send + 'static,
) -> Response {
    let answer = tokio::task::spawn_blocking(move || match used_session(&app, &headers) {
        Ok(Some(session)) => work(&session).unwrap_or_else(|failure| failure.into_page(Some(&session))),
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(failure) => failure.into_page(None),
    });
    answer.await.unwrap_or_else(|_| Failure::bug().into_page(None))
}

/// Says that the script asks, not the person: to bring a page up to date is no sign that somebody is there.
const UNATTENDED: &str = "x-unattended";

/// The session of the signed-in user, which holds on by being used.
pub(crate) fn used_session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
    let Some(session) = session(app, headers)? else { return Ok(None) };
    app.pace.ask(&session.actor().id, app.record.now_ms()).map_err(Failure::too_fast)?;
    if !headers.contains_key(UNATTENDED)
        && let Some(secret) = SESSION.read(headers, app.record.base_url())
    {
        app.record.prolong(
            CredentialKind::PageSession,
            &secret,
            app.record.now_ms() + app.idle.of(session.actor()),
        )?;
    }
    Ok(Some(session))
}

/// The session of the signed-in user; `None` when nobody is signed in.
pub(crate) fn session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
    let Some(secret) = SESSION.read(headers, app.record.base_url()) else { return Ok(None) };
    let actor = app.record.authenticate(CredentialKind::PageSession, &secret)?;
    Ok(actor.map(|actor| app.record.session(actor, origin(headers))))
}

/// How the address of the client comes to those who answer; what a client sends by this name is dropped.
const CLIENT_ADDRESS: &str = "x-chiron-client-address";

fn tell_address(request: &mut Request) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string());
    let headers = request.headers_mut();
    headers.remove(CLIENT_ADDRESS);
    if let Some(address) = peer.and_then(|address| HeaderValue::try_from(address).ok()) {
        headers.insert(CLIENT_ADDRESS, address);
    }
}

/// Where a request for a page comes from, for the audit and for those who try too often.
pub(crate) fn origin(headers: &HeaderMap) -> Origin {
    let address = headers.get(CLIENT_ADDRESS).and_then(|address| address.to_str().ok()).unwrap_or_default();
    Origin { address: address.to_owned(), way: "page" }
}

/// A type of resources by its name.
pub(crate) fn type_named(name: &str) -> Result<TypeId, Failure> {
    schema().resource_named(name).ok_or_else(Failure::bug)
}
