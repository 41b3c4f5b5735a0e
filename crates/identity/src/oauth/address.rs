//! Addresses of programs: where a browser may be sent.

/// A URL with parameters behind those that it has.
pub fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let list = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{list}")
}

/// Says what is wrong with an address that a browser is to be sent to with a code: it must be whole, without a fragment (RFC
/// 6749 §3.1.2), over TLS unless it stays on the machine (RFC 8252 §7.3) or is a scheme of a program's own (§7.1).
pub fn problem(url: &str) -> Option<&'static str> {
    if url.is_empty() || !url.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
        return Some("write the whole address, without spaces");
    }
    if url.contains(['#', '\\', '"', '<', '>', ';', ',', '\'']) {
        return Some("leave out fragments and the characters \\ \" ' < > ; ,");
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        return Some("write the whole address, with https://");
    };
    let scheme = scheme.to_ascii_lowercase();
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    match (scheme.as_str(), host) {
        (_, Some(host)) if host.contains('@') => Some("leave out names and passwords"),
        ("https", Some(host)) if !host.is_empty() => None,
        ("http", Some(host)) if is_this_machine(host) => None,
        ("http", _) => Some("use https:// (plain http:// only to localhost)"),
        // A scheme of a program's own is its domain, reversed, so that no other program has it.
        (own, _)
            if own.contains('.')
                && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte)) =>
        {
            None
        }
        _ => Some("use https://, or a scheme of the app's own with a dot, such as com.example.app:/callback"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    ["localhost", "127.0.0.1", "::1"].contains(&name)
}

/// What a page's policy calls the place of an address, so that a form may lead there: the origin, or the scheme of a program.
pub fn source(url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    match rest.strip_prefix("//").filter(|_| ["http", "https"].contains(&scheme)) {
        Some(rest) => format!("{scheme}://{}", rest.split(['/', '?']).next().unwrap_or_default()),
        None => format!("{scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_taken() {
        for good in [
            "https://app.example.org/callback",
            "https://app.example.org/callback?x=1",
            "http://localhost:4567/inferno/oauth2/static/redirect",
            "http://127.0.0.1/cb",
            "http://[::1]:80/cb",
            "com.example.app:/callback",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "",
            "/callback",
            "app.example.org/cb",
            "http://app.example.org/cb",
            "http://localhost.evil.example/cb",
            "https://",
            "https://a@evil.example/",
            "https://app.example.org/#x",
            "https://app.example.org\\@evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/callback",
            "https://app.example.org/ x",
            "https://a.example; script-src *",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn parameters_go_behind_those_that_are_there() {
        assert_eq!(with_parameters("https://a/b", &[("x", "1 &")]), "https://a/b?x=1+%26");
        assert_eq!(with_parameters("https://a/b?c=d", &[("x", "1")]), "https://a/b?c=d&x=1");
        assert_eq!(source("https://a.example:8443/b?c"), "https://a.example:8443");
        assert_eq!(source("com.example.app:/callback"), "com.example.app:");
    }
}
