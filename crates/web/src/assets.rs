//! Style and script, under names that carry a hash of their content, so that browsers may keep them for ever.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

const STYLE: &str = concat!(
    include_str!("tokens.css"),
    include_str!("shell.css"),
    include_str!("chart.css"),
    include_str!("people.css"),
    include_str!("visit_note.css"),
    include_str!("lists.css"),
    include_str!("growth.css"),
    include_str!("inbox.css"),
    include_str!("vitals.css"),
    include_str!("timeline.css"),
    include_str!("visit_summary.css")
);
const SCRIPT: &str = concat!(
    include_str!("chiron.js"),
    include_str!("passkey.js"),
    include_str!("idle.js"),
    include_str!("palette.js"),
    include_str!("visit_note.js")
);

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("chiron", STYLE, "css"));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path("chiron", SCRIPT, "js"));

fn path(name: &str, content: &str, extension: &str) -> String {
    let hash = blake3::hash(content.as_bytes()).to_hex();
    format!("/assets/{name}-{}.{extension}", &hash[..12])
}

pub(crate) fn style_path() -> &'static str {
    &STYLE_PATH
}

pub(crate) fn script_path() -> &'static str {
    &SCRIPT_PATH
}

/// An asset by its name.
pub(crate) async fn show(Path(name): Path<String>) -> Response {
    let path = format!("/assets/{name}");
    let (content, content_type) = if path == *STYLE_PATH {
        (STYLE, "text/css; charset=utf-8")
    } else if path == *SCRIPT_PATH {
        (SCRIPT, "text/javascript; charset=utf-8")
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}
