//! How a subscriber is told (R4 Subscription.channel).

use super::{BACKPORT, broken};
use crate::outgoing::{Endpoint, Targets};
use crate::write_rule::Violation;
use fhir::Node;

/// How a subscriber is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Channel {
    /// Requests to the subscriber's server.
    RestHook {
        /// Where to.
        endpoint: Endpoint,
        /// Headers that go with each.
        headers: Vec<(String, String)>,
    },
    /// A websocket that the subscriber opens.
    Websocket,
    /// Server-sent events (HTML §9.2) that the subscriber asks for: our own code, by the extension backport-channel-type.
    EventStream,
}

/// The code of [`Channel::EventStream`].
const EVENT_STREAM: &str = "server-sent-events";

/// Headers that are the connection's, or the server's to set.
const NOT_THEIRS: [&str; 8] =
    ["connection", "content-length", "content-type", "expect", "host", "te", "transfer-encoding", "upgrade"];

impl Channel {
    pub(super) fn read(channel: Node<'_>, targets: &Targets) -> Result<Self, Violation> {
        let own_code = channel.get("_type").and_then(|node| {
            let url = format!("{BACKPORT}channel-type");
            let extension =
                node.each_of("extension").find(|one| one.get_str("url").as_deref() == Some(&url))?;
            extension.get("valueCoding")?.get_str("code")
        });
        let code = own_code.or_else(|| channel.get_str("type")).unwrap_or_default();
        match &*code {
            "rest-hook" => Self::rest_hook(channel, targets),
            "websocket" => Ok(Self::Websocket),
            EVENT_STREAM => Ok(Self::EventStream),
            code => Err(broken(
                "Subscription.channel.type",
                format!(
                    "the channel '{code}' is not served; take rest-hook, websocket, or {EVENT_STREAM} by the \
                         extension backport-channel-type"
                ),
            )),
        }
    }

    fn rest_hook(channel: Node<'_>, targets: &Targets) -> Result<Self, Violation> {
        let url = channel.get_str("endpoint").unwrap_or_default();
        let endpoint = targets.endpoint(&url).map_err(|how| broken("Subscription.channel.endpoint", how))?;
        let headers = channel.each_of("header").filter_map(Node::as_str).map(|line| header(&line));
        Ok(Self::RestHook { endpoint, headers: headers.collect::<Result<_, _>>()? })
    }
}

fn header(line: &str) -> Result<(String, String), Violation> {
    let read =
        line.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let read = read.filter(|(name, value)| {
        !name.is_empty()
            && name.bytes().all(is_name)
            && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    });
    match read {
        Some((name, _)) if NOT_THEIRS.contains(&name.as_str()) => Err(broken(
            "Subscription.channel.header",
            format!("the header '{name}' is set by the server; leave it out"),
        )),
        Some(read) => Ok(read),
        None => Err(broken("Subscription.channel.header", "write each as a request has it: 'Name: value'")),
    }
}
