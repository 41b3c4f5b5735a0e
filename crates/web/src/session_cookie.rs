//! The cookie of a page session.

use axum::http::{HeaderMap, HeaderValue, header};

const NAME: &str = "chiron-session";

/// The session's secret, when the request carries one.
pub(crate) fn read(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == NAME && !value.is_empty()).then(|| value.to_owned())
    })
}

/// Sets the secret: unseen by scripts, never sent from another site, gone with the browser.
pub(crate) fn set(secret: &str) -> HeaderValue {
    let text = format!("{NAME}={secret}; Path=/; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&text).expect("a secret is letters and digits")
}

/// Takes it away.
pub(crate) fn clear() -> HeaderValue {
    HeaderValue::from_static("chiron-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}
