//! A note or document by itself, ready to read and to print.

use crate::App;
use crate::chart::AllergyLine;
use crate::page::{html, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::banner::Banner;
use clinic::chart::document::DocumentItem;
use clinic::chart::{document, identity};

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    document: DocumentItem,
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, id)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, Some(&patient))?;
        let (banner, allergies) = identity(session, &patient, session.record().now_ms())?;
        let document = document(session, &patient, &id)?;
        let allergies = AllergyLine::of(&allergies);
        html(&DocumentPage { shell, banner, allergies, document })
    })
    .await
}
