//! Where requests may be sent: over TLS to public addresses, and to hosts that the practice has named.
//!
//! Whoever may write a Subscription, or ask for an import, could otherwise make this server send requests into the network
//! it stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Hosts that the practice has named: there plain HTTP and addresses of its own network are allowed.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Each a host, or a host and port, in small letters.
    named: Vec<String>,
}

/// The parts of a URL that requests are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// The host, in small letters; an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path with the query, from its first slash.
    pub path: String,
}

impl Targets {
    /// Reads hosts, or hosts with ports, between commas.
    pub fn parse(text: &str) -> Self {
        let named = text.split(',').map(|one| one.trim().to_ascii_lowercase());
        Self { named: named.filter(|one| !one.is_empty()).collect() }
    }

    /// These, and the host of a URL that the practice has named elsewhere.
    pub fn and_host_of(mut self, url: &str) -> Self {
        self.named
            .extend(Endpoint::parse(url).map(|endpoint| format!("{}:{}", endpoint.host, endpoint.port)));
        self
    }

    /// Reads a URL that requests may be sent to; an error says why they may not, and how to mend it.
    pub fn endpoint(&self, url: &str) -> Result<Endpoint, String> {
        let endpoint =
            Endpoint::parse(url).ok_or("write an https URL with a host, without user name and fragment")?;
        if self.names(&endpoint) {
            return Ok(endpoint);
        }
        if !endpoint.is_tls {
            return Err(
                "use https; plain HTTP only goes to hosts that the setting outgoing-targets names".to_owned()
            );
        }
        match endpoint.host.parse() {
            Ok(address) if !is_public(address) => Err(NOT_PUBLIC.to_owned()),
            _ => Ok(endpoint),
        }
    }

    /// Whether a request for an endpoint may go to an address that its host has.
    pub fn may_reach(&self, endpoint: &Endpoint, address: IpAddr) -> bool {
        self.names(endpoint) || is_public(address)
    }

    fn names(&self, endpoint: &Endpoint) -> bool {
        let with_port = format!("{}:{}", endpoint.host, endpoint.port);
        self.named.iter().any(|named| *named == endpoint.host || *named == with_port)
    }
}

const NOT_PUBLIC: &str = "this address is not on the public network; name it in the setting outgoing-targets if \
                          requests are to go there";

impl Endpoint {
    fn parse(url: &str) -> Option<Self> {
        let is_plain = url.bytes().all(|byte| (0x21..0x7f).contains(&byte)) && !url.contains(['#', '\\']);
        let (scheme, rest) = url.split_once("://").filter(|_| is_plain)?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
            }
            None => {
                authority.split_once(':').map_or((authority, Some("")), |(host, port)| (host, Some(port)))
            }
        };
        let port = match port? {
            "" if is_tls => 443,
            "" => 80,
            port => port.parse().ok()?,
        };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        (!host.is_empty() && host.bytes().all(is_host)).then(|| Self {
            is_tls,
            host: host.to_ascii_lowercase(),
            port,
            path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        })
    }

    /// The endpoint with something behind its path.
    pub fn below(&self, name: &str) -> String {
        let (path, query) =
            self.path.split_once('?').map_or((self.path.as_str(), None), |(path, query)| (path, Some(query)));
        let path = format!("{}/{name}", path.trim_end_matches('/'));
        query.map_or(path.clone(), |query| format!("{path}?{query}"))
    }
}

/// Whether an address is of the public network (IANA special-purpose address registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            // All that is given out to the public network so far, less the addresses of documents.
            None => {
                (0x2000..0x4000).contains(&address.segments()[0])
                    && address.segments()[..2] != [0x2001, 0xdb8]
            }
        },
    }
}

/// An IPv4 address within IPv6: mapped, or translated (64:ff9b::/96), or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second))
        || (first, second, third) == (192, 0, 0)
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_what_is_none_is_refused() {
        let targets = Targets::parse("receiver.local, 127.0.0.1:9000");
        let read = |url: &str| targets.endpoint(url).map(|one| (one.is_tls, one.host, one.port, one.path));
        let https = |host: &str, port, path: &str| Ok((true, host.to_owned(), port, path.to_owned()));
        assert_eq!(read("https://Example.org/a?b=c"), https("example.org", 443, "/a?b=c"));
        assert_eq!(read("HTTPS://example.org:8443"), https("example.org", 8443, "/"));
        assert_eq!(read("https://[2600::1]:1/x"), https("2600::1", 1, "/x"));
        assert_eq!(read("http://receiver.local/x"), Ok((false, "receiver.local".into(), 80, "/x".into())));
        assert!(read("http://127.0.0.1:9000/").is_ok());
        for url in [
            "example.org",
            "ftp://example.org",
            "http://example.org/",
            "http://127.0.0.1:9001/",
            "https://anna:secret@example.org/",
            "https://example.org/#x",
            "https://example.org\\@10.0.0.1/",
            "https:///x",
            "https://exam ple.org/",
            "https://example.org:99999/",
            "https://10.1.2.3/",
            "https://[::1]/",
            "https://[::ffff:192.168.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(read(url).is_err(), "{url}");
        }
    }

    #[test]
    fn names_that_lead_inside_are_not_followed() {
        let targets = Targets::parse("inside.local");
        let endpoint = |url: &str| targets.endpoint(url).unwrap();
        let outside = endpoint("https://example.org/");
        for (address, may) in [
            ("93.184.216.34", true),
            ("2606:2800:220::1", true),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(targets.may_reach(&outside, address.parse().unwrap()), may, "{address}");
        }
        assert!(targets.may_reach(&endpoint("http://inside.local/"), "10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn names_go_behind_the_path_and_before_the_query() {
        let below = |url: &str| Targets::default().endpoint(url).unwrap().below("Patient/1");
        assert_eq!(below("https://example.org"), "/Patient/1");
        assert_eq!(below("https://example.org/a/?k=v"), "/a/Patient/1?k=v");
    }
}
