//! What browsers keep of us: the secret of a page session, and for a few minutes that of a way to the identity provider.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie.
pub(crate) struct Cookie {
    /// Its name over plain HTTP, which is spoken within one machine alone.
    name: &'static str,
    /// Its name where the pages' URL has TLS: browsers take one of this name from this host alone, over TLS and for all paths
    /// (RFC 6265bis §4.1.3.2), so that no neighbouring site can put its own in its place.
    host_name: &'static str,
    /// How long the browser keeps it, as an attribute; empty: until it ends.
    life: &'static str,
}

/// The secret of a page session.
pub(crate) const SESSION: Cookie =
    Cookie { name: "chiron-session", host_name: "__Host-chiron-session", life: "" };

/// What somebody comes back from the identity provider with.
pub(crate) const OPENID: Cookie =
    Cookie { name: "chiron-openid", host_name: "__Host-chiron-openid", life: "; Max-Age=600" };

impl Cookie {
    /// The name and further attributes that go with the pages' URL.
    fn form(&self, base_url: &str) -> (&'static str, &'static str) {
        if base_url.starts_with("https:") { (self.host_name, "; Secure") } else { (self.name, "") }
    }

    /// What the browser kept, when the request carries it.
    pub(crate) fn read(&self, headers: &HeaderMap, base_url: &str) -> Option<String> {
        let (wanted, _) = self.form(base_url);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == wanted && !value.is_empty()).then(|| value.to_owned())
        })
    }

    /// Has it kept: unseen by scripts, never sent from another site, nor in plain text when the pages' URL has TLS, gone with
    /// the browser.
    pub(crate) fn set(&self, value: &str, base_url: &str) -> HeaderValue {
        let ((name, secure), life) = (self.form(base_url), self.life);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{life}{secure}");
        HeaderValue::from_str(&text).expect("what is kept is letters, digits and a few marks")
    }

    /// Takes it away.
    pub(crate) fn clear(&self, base_url: &str) -> HeaderValue {
        let (name, secure) = self.form(base_url);
        let text = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}");
        HeaderValue::from_str(&text).expect("this is ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::SESSION;
    use axum::http::{HeaderMap, HeaderValue, header};

    const SECURE: &str = "https://emr.example.org/fhir";
    const PLAIN: &str = "http://127.0.0.1:8080/fhir";

    #[test]
    fn with_tls_the_secret_is_never_sent_without() {
        let text = |url| SESSION.set("abc", url).to_str().unwrap().to_owned();
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
        assert_eq!(SESSION.read(&headers, SECURE).as_deref(), Some("ours"));
        assert_eq!(SESSION.read(&headers, PLAIN).as_deref(), Some("theirs"));
        headers.insert(header::COOKIE, HeaderValue::from_static("chiron-session=theirs"));
        assert_eq!(SESSION.read(&headers, SECURE), None);
    }
}
