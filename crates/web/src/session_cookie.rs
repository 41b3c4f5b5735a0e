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

/// Sets the secret: unseen by scripts, never sent from another site, nor in plain text when the pages' URL has TLS, gone with
/// the browser.
pub(crate) fn set(secret: &str, base_url: &str) -> HeaderValue {
    let secure = if base_url.starts_with("https:") { "; Secure" } else { "" };
    let text = format!("{NAME}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("a secret is letters and digits")
}

/// Takes it away.
pub(crate) fn clear() -> HeaderValue {
    HeaderValue::from_static("chiron-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::set;

    #[test]
    fn with_tls_the_secret_is_never_sent_without() {
        let is_secure = |url| set("abc", url).to_str().unwrap().ends_with("; Secure");
        assert!(is_secure("https://emr.example.org/fhir") && !is_secure("http://127.0.0.1:8080/fhir"));
    }
}
