//! The cookie of a page session.

use axum::http::{HeaderMap, HeaderValue, header};

/// Its name over plain HTTP, which is spoken within one machine alone.
const NAME: &str = "chiron-session";

/// Its name where the pages' URL has TLS: browsers take one of this name from this host alone, over TLS and for all paths
/// (RFC 6265bis §4.1.3.2), so that no neighbouring site can put a session of its own in its place.
const HOST_NAME: &str = "__Host-chiron-session";

/// The name and further attributes that go with the pages' URL.
fn form(base_url: &str) -> (&'static str, &'static str) {
    if base_url.starts_with("https:") { (HOST_NAME, "; Secure") } else { (NAME, "") }
}

/// The session's secret, when the request carries one.
pub(crate) fn read(headers: &HeaderMap, base_url: &str) -> Option<String> {
    let (wanted, _) = form(base_url);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == wanted && !value.is_empty()).then(|| value.to_owned())
    })
}

/// Sets the secret: unseen by scripts, never sent from another site, nor in plain text when the pages' URL has TLS, gone with
/// the browser.
pub(crate) fn set(secret: &str, base_url: &str) -> HeaderValue {
    let (name, secure) = form(base_url);
    let text = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("a secret is letters and digits")
}

/// Takes it away.
pub(crate) fn clear(base_url: &str) -> HeaderValue {
    let (name, secure) = form(base_url);
    let text = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}");
    HeaderValue::from_str(&text).expect("this is ASCII")
}

#[cfg(test)]
mod tests {
    use super::{read, set};
    use axum::http::{HeaderMap, HeaderValue, header};

    const SECURE: &str = "https://emr.example.org/fhir";
    const PLAIN: &str = "http://127.0.0.1:8080/fhir";

    #[test]
    fn with_tls_the_secret_is_never_sent_without() {
        let text = |url| set("abc", url).to_str().unwrap().to_owned();
        assert!(text(SECURE).starts_with("__Host-chiron-session=abc; Path=/;"), "{}", text(SECURE));
        assert!(text(SECURE).ends_with("; Secure") && !text(SECURE).contains("Domain"));
        assert!(!text(PLAIN).contains("Secure"));
    }

    #[test]
    fn with_tls_a_cookie_that_another_site_may_have_set_is_no_session() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("chiron-session=theirs; __Host-chiron-session=ours"),
        );
        assert_eq!(read(&headers, SECURE).as_deref(), Some("ours"));
        assert_eq!(read(&headers, PLAIN).as_deref(), Some("theirs"));
        headers.insert(header::COOKIE, HeaderValue::from_static("chiron-session=theirs"));
        assert_eq!(read(&headers, SECURE), None);
    }
}
