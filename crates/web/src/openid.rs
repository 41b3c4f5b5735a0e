//! Signing in at the hospital's identity provider: the way there, for each purpose, and the way back.

use crate::App;
use crate::authorize::{OnwardPage, read};
use crate::cookie::{OPENID, SESSION};
use crate::failure::Failure;
use crate::join;
use crate::page::{html, origin, with_session};
use crate::recent_sign_in::{OTHER, page as confirm_page, with_recent_sign_in};
use crate::shell::Shell;
use crate::sign_in::{self, begin_session, safe_path, too_often};
use askama::Template;
use axum::extract::{Path, Query, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use identity::openid::{self, Provider, Purpose, Shown, Unshown};
use identity::{Joining, OwnAccount, SignedIn};
use record::credential::CredentialKind;
use serde::Deserialize;

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage {
    shell: Shell,
}

/// On to sign in.
pub(crate) async fn sign_in(State(app): State<App>, Query(asked): Query<Asked>) -> Response {
    begin(&app, Purpose::SignIn { to: safe_path(&asked.to).to_owned() }).await
}

/// On to show anew who one is.
pub(crate) async fn confirm(
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let purpose = Purpose::Confirm { to: safe_path(&asked.to).to_owned() };
    begin_if(with_session(app.clone(), headers, |_| may_begin()).await, &app, purpose).await
}

/// On to be known there from now on.
pub(crate) async fn link(State(app): State<App>, headers: HeaderMap) -> Response {
    let checked = with_recent_sign_in(app.clone(), headers, "/security", |_| may_begin()).await;
    begin_if(checked, &app, Purpose::Link).await
}

/// On to follow an invitation.
pub(crate) async fn follow_invitation(
    State(app): State<App>,
    headers: HeaderMap,
    Path(invitation): Path<String>,
) -> Response {
    let checked = join::answer(app.clone(), headers, invitation.clone(), |_, _| may_begin()).await;
    begin_if(checked, &app, Purpose::Join { invitation }).await
}

/// For whoever signed in beside a page that waits for it.
pub(crate) async fn done(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| html(&SignedInPage { shell: Shell::of(Some(session)) })).await
}

#[allow(clippy::unnecessary_wraps)] // It is the work of a page.
fn may_begin() -> Result<Response, Failure> {
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn begin_if(checked: Response, app: &App, purpose: Purpose) -> Response {
    if checked.status() == StatusCode::NO_CONTENT { begin(app, purpose).await } else { checked }
}

async fn begin(app: &App, purpose: Purpose) -> Response {
    let Some(provider) = &app.provider else { return absent().into_page(None) };
    match provider.begin(purpose, app.record.now_ms()).await {
        Ok(begun) => {
            let mut response = Redirect::to(&begun.url).into_response();
            let cookie = OPENID.set(&begun.cookie, app.record.base_url());
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(why) => failure(provider, &why).into_page(None),
    }
}

/// Receives who comes back. The provider's page is another site, from which browsers send none of our cookies: the first time the
/// browser comes once more by itself, from a page of ours.
pub(crate) async fn come_back(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(provider) = app.provider.clone() else { return absent().into_page(None) };
    let query = query.unwrap_or_default();
    let mut answer = read(query.as_bytes());
    let Some(kept) = OPENID.read(&headers, app.record.base_url()) else {
        return match answer.iter().any(|(name, _)| name == AGAIN) {
            false => come_again(&query),
            true => failure(&provider, &Unshown::NotBegun).into_page(None),
        };
    };
    answer.retain(|(name, _)| name != AGAIN);
    let (address, base_url) = (origin(&headers).address, app.record.base_url().to_owned());
    if let Some(until) = app.door.begin_unnamed(&address, app.record.now_ms()) {
        return (StatusCode::TOO_MANY_REQUESTS, too_often(&app, until)).into_response();
    }
    let mut response = match provider.finish(&kept, &answer, app.record.now_ms()).await {
        Ok((purpose, shown)) => {
            app.door.succeeded_unnamed(&address);
            arrive(app, headers, purpose, shown).await
        }
        Err(why) => failure(&provider, &why).into_page(None),
    };
    response.headers_mut().append(header::SET_COOKIE, OPENID.clear(&base_url));
    response
}

/// Says that the browser came from a page of ours.
const AGAIN: &str = "again";

fn come_again(query: &str) -> Response {
    let to = format!("{}?{query}&{AGAIN}=1", crate::OPENID_RETURN);
    let page = OnwardPage { shell: Shell::of(None), title: "Signing you in".to_owned(), to };
    html(&page).unwrap_or_else(|failure| failure.into_page(None))
}

/// Does what somebody went there for.
async fn arrive(app: App, headers: HeaderMap, purpose: Purpose, shown: Shown) -> Response {
    match purpose {
        Purpose::SignIn { to } => come_in(app, headers, shown, to).await,
        Purpose::Join { invitation } => {
            let (door, cookies, joined) = (app.clone(), headers.clone(), shown.clone());
            let work = move |_: &App, joining: &Joining| {
                joining.join_by_openid(&joined)?;
                may_begin()
            };
            let answer = join::answer(app, headers, invitation, work).await;
            match answer.status() {
                StatusCode::NO_CONTENT => come_in(door, cookies, shown, "/".to_owned()).await,
                _ => answer,
            }
        }
        Purpose::Link => {
            with_recent_sign_in(app, headers, "/security", move |session| {
                OwnAccount::new(session).link_openid(&shown)?;
                Ok(Redirect::to("/security").into_response())
            })
            .await
        }
        Purpose::Confirm { to } => show_again(app, headers, shown, to).await,
    }
}

async fn come_in(app: App, headers: HeaderMap, shown: Shown, to: String) -> Response {
    let base_url = app.record.base_url().to_owned();
    let (door, cookies) = (app.clone(), headers.clone());
    let work = tokio::task::spawn_blocking(move || -> Result<Option<HeaderValue>, Failure> {
        let signed_in = openid::sign_in(&door.record, &shown, origin(&cookies))?;
        let SignedIn::As(actor) = signed_in else { return Ok(None) };
        let old = SESSION.read(&cookies, &base_url);
        let secret = begin_session(&door, &actor, origin(&cookies), old.as_deref())?;
        Ok(Some(SESSION.set(&secret, &base_url)))
    });
    match work.await.unwrap_or_else(|_| Err(Failure::bug())) {
        Ok(Some(cookie)) => {
            let mut response = Redirect::to(safe_path(&to)).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Ok(None) => {
            let problem = format!(
                "{} knows you, and nobody here has invited you. Ask an administrator.",
                app.openid_label()
            );
            (StatusCode::UNAUTHORIZED, sign_in::page(app, headers, problem, false, to).await).into_response()
        }
        Err(failure) => failure.into_page(None),
    }
}

/// Writes down that who is signed in has shown it a moment ago.
async fn show_again(app: App, headers: HeaderMap, shown: Shown, to: String) -> Response {
    let (door, cookies) = (app.clone(), headers.clone());
    with_session(app, headers, move |session| {
        let own = OwnAccount::new(session).read()?;
        if !own.is_some_and(|account| shown.is(&account)) {
            let page = confirm_page(&door, session, OTHER.to_owned(), to)?;
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        let secret = SESSION.read(&cookies, door.record.base_url()).ok_or_else(Failure::bug)?;
        session.confirm_credential(CredentialKind::PageSession, &secret)?;
        Ok(Redirect::to(safe_path(&to)).into_response())
    })
    .await
}

fn absent() -> Failure {
    Failure::not_found("This practice has no identity provider to sign in at.")
}

/// What is said when nobody was shown; the log has why.
fn failure(provider: &Provider, why: &Unshown) -> Failure {
    tracing::warn!("sign-in at the identity provider: {why}");
    let label = provider.label();
    let (status, message) = match why {
        Unshown::NotBegun => (
            StatusCode::BAD_REQUEST,
            "This sign-in was begun in another browser, or more than ten minutes ago. Begin again."
                .to_owned(),
        ),
        Unshown::Refused(_) => (StatusCode::FORBIDDEN, format!("{label} did not let you in.")),
        Unshown::Failed(_) => (
            StatusCode::BAD_GATEWAY,
            format!(
                "{label} does not answer as it should. Sign in another way, or tell the people who run this server."
            ),
        ),
    };
    Failure::told(status, "Not signed in", message).with_way_on("Sign in", "/sign-in".to_owned())
}
