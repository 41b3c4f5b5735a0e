//! The client's address behind a proxy: what the proxy says of it stands in place of the proxy's own.
//!
//! Only a declared proxy is believed, and of what it sends only the last entry, which it has added itself: the others are what
//! anybody may have written.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

/// Takes the address that a declared proxy tells of.
pub async fn tell_forwarded(mut request: Request, next: Next) -> Response {
    if let Some(address) = forwarded(request.headers()) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
    }
    next.run(request).await
}

/// The address in `Forwarded` (RFC 7239 §5.2), or else in the `X-Forwarded-For` that was there before it.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let element = last(headers, &header::FORWARDED);
    let standard = element.as_deref().and_then(|element| {
        let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
        let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
        named.next().and_then(|(_, node)| address(node))
    });
    let older = || last(headers, &HeaderName::from_static("x-forwarded-for")).as_deref().and_then(address);
    standard.or_else(older)
}

/// The last entry of a list that may stand in several headers.
fn last(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(|entry| entry.trim().to_owned())
}

/// An address with or without quotes, brackets and port.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let bare = || node.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    node.parse().ok().or_else(bare).or_else(|| node.parse::<SocketAddr>().ok().map(|both| both.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        forwarded(&headers).map(|address| address.to_string())
    }

    #[test]
    fn what_the_nearest_proxy_added_is_believed_and_nothing_else() {
        let is = |address: &str| Some(address.to_owned());
        assert_eq!(told(&[("x-forwarded-for", "10.9.9.9, 192.0.2.7")]), is("192.0.2.7"));
        assert_eq!(
            told(&[("x-forwarded-for", "10.9.9.9"), ("x-forwarded-for", "192.0.2.7")]),
            is("192.0.2.7")
        );
        assert_eq!(told(&[("forwarded", "for=10.9.9.9, for=192.0.2.7;proto=https")]), is("192.0.2.7"));
        assert_eq!(told(&[("forwarded", "proto=https;For=\"[2001:db8::7]:4711\"")]), is("2001:db8::7"));
        assert_eq!(told(&[("forwarded", "for=\"[2001:db8::7]\"")]), is("2001:db8::7"));
        for nothing in ["", "unknown", "for=_hidden", "192.0.2.7.9"] {
            assert_eq!(told(&[("forwarded", nothing), ("x-forwarded-for", nothing)]), None, "{nothing}");
        }
        assert_eq!(told(&[]), None);
    }
}
