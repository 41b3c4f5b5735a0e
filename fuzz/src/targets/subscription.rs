//! Subscriptions: what is accepted can be served, and leads nowhere that it must not.

use super::Target;
use super::practice::Practice;
use fhir::Document;
use fhir::schema::schema;
use record::outgoing::Targets;
use record::subscription::Channel;
use record::write::{Target as WriteTarget, WriteAction, WriteRequest};
use record::{Expect, ResourceKey};

pub const TARGET: Target = Target {
    name: "subscription",
    help: "a Subscription, or the URL of a receiver: what is accepted is served, and sent to public addresses by TLS only",
    check,
    words: &[
        "\"status\":\"requested\"",
        "\"criteria\":\"Observation?",
        "\"criteria\":\"urn:chiron:topic:admission\"",
        "\"valueString\":\"Encounter?patient=Patient/1\"",
        "\"valueString\":\"status:not=finished\"",
        "\"endpoint\":\"https://",
        "\"endpoint\":\"http://[::1]:80/\"",
        "\"type\":\"rest-hook\"",
        "\"type\":\"websocket\"",
        "\"header\":[\"A: b\"]",
        "\\r\\n",
        "id-only",
        "full-resource",
        "\"end\":\"2099-01-01T00:00:00Z\"",
        "https://",
        "127.0.0.1",
        "[::ffff:10.0.0.1]",
        "@",
        "#",
        "?",
        "_has:Observation:patient:code=1",
    ],
    cases: 1_500,
};

fn check(bytes: &[u8]) {
    if let Ok(url) = std::str::from_utf8(bytes)
        && let Ok(endpoint) = Targets::default().endpoint(url)
    {
        assert!(
            endpoint.is_tls && endpoint.path.starts_with('/') && !endpoint.host.contains(['@', '/', '\\'])
        );
        assert!(
            endpoint.host.parse().is_ok_and(|address| Targets::default().may_reach(&endpoint, address))
                || endpoint.host.parse::<std::net::IpAddr>().is_err()
        );
    }
    let Ok(document) = Document::parse(bytes) else { return };
    let subscription = schema().resource_named("Subscription").expect("the schema has Subscription");
    if document.resource_type().as_deref() != Some("Subscription") {
        return;
    }
    let practice = Practice::new();
    let target = WriteTarget::Key(ResourceKey::new(subscription, "s"));
    let action = WriteAction::Update { target, resource: document.root(), expect: Expect::Any };
    let Ok(written) = practice.session.write(WriteRequest { action, full_url: None }) else { return };
    let stored = written.resource.and_then(|resource| resource.document()).expect("it was written");
    let standing = practice.session.record().standing("s").expect("it can be read");
    let is_off = stored.root().get_str("status").as_deref() == Some("off");
    assert_eq!(standing.is_none(), is_off, "what is accepted is served");
    if let Some(Channel::RestHook { endpoint, headers }) =
        standing.map(|standing| standing.terms.channel.clone())
    {
        assert!(endpoint.is_tls);
        assert!(headers.iter().all(|(name, value)| !format!("{name}{value}").contains(['\r', '\n'])));
    }
}
