//! What subscribers are sent: the status as Parameters, and the bundle with what it happened to
//! (Subscriptions R5 Backport 1.1.0: notifications, in R4).

use crate::bundle_writer::{BundleEntry, BundleWriter};
use crate::failure::Failure;
use crate::service::Service;
use fhir::{Object, Value};
use record::resource::instant;
use record::subscription::{Event, Happening, PayloadContent, Standing};
use record::{Error, Session};

const STATUS_PROFILE: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4";
const NOTIFICATION_PROFILE: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4";

/// Why something is sent (SubscriptionStatus.type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Before the first event.
    Handshake,
    /// When there is nothing to tell.
    Heartbeat,
    /// Something happened.
    EventNotification,
    /// The answer to `$status`.
    QueryStatus,
    /// The answer to `$events`.
    QueryEvent,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Heartbeat => "heartbeat",
            Self::EventNotification => "event-notification",
            Self::QueryStatus => "query-status",
            Self::QueryEvent => "query-event",
        }
    }
}

/// A notification to be made.
pub(crate) struct Notice<'a> {
    pub kind: Kind,
    pub standing: &'a Standing,
    pub content: PayloadContent,
    pub events: &'a [Event],
}

/// An event as it is told: without its resource when the session may not read it.
struct Told<'a> {
    event: &'a Event,
    is_seen: bool,
}

impl Notice<'_> {
    /// The bundle's JSON, with the rights of a session; what it names is audited.
    pub fn to_json(&self, service: &Service, session: &Session) -> Result<String, Failure> {
        let shows_names = self.content != PayloadContent::Empty;
        let tell = |event| Ok(Told { event, is_seen: shows_names && session.sees(event)? });
        let told = self.events.iter().map(tell).collect::<Result<Vec<_>, Error>>()?;
        let seen: Vec<&Event> = told.iter().filter(|one| one.is_seen).map(|one| one.event).collect();
        if !seen.is_empty() {
            session.audit_notification(&self.standing.key.id, &seen)?;
        }
        let now = instant(service.record.now_ms()).to_string();
        let mut bundle = BundleWriter::new("history", &now, None, &[]);
        bundle.push(&BundleEntry {
            full_url: &format!("urn:uuid:{}", service.record.new_id()),
            resource: &self.status(service, &told).to_json(),
            request: Some(request("GET", &format!("{}/{}/$status", service.base_url, self.standing.key))),
            response: Some(fhir::object! { "status" => "200" }),
            ..BundleEntry::default()
        });
        for event in seen {
            self.push(&mut bundle, service, session, event)?;
        }
        let text = bundle.finish();
        // Behind the type, where resources have it.
        let head = "{\"resourceType\":\"Bundle\",";
        let meta = fhir::object! { "profile" => vec![NOTIFICATION_PROFILE] }.to_json();
        Ok(text.replacen(head, &format!("{head}\"meta\":{meta},"), 1))
    }

    fn push(
        &self,
        bundle: &mut BundleWriter,
        service: &Service,
        session: &Session,
        event: &Event,
    ) -> Result<(), Failure> {
        let full_url = format!("{}/{}", service.base_url, event.key);
        let (method, url, status) = match event.happening {
            Happening::Created => ("POST", event.key.type_id.name().to_owned(), "201"),
            Happening::Updated => ("PUT", event.key.to_string(), "200"),
            Happening::Deleted => ("DELETE", event.key.to_string(), "204"),
        };
        let is_shown = self.content == PayloadContent::FullResource && event.happening != Happening::Deleted;
        let resource = match is_shown {
            true => session.read_version(&event.key, event.version)?.to_json(),
            false => String::new(),
        };
        bundle.push(&BundleEntry {
            full_url: &full_url,
            resource: &resource,
            request: Some(request(method, &url)),
            response: Some(fhir::object! { "status" => status }),
            ..BundleEntry::default()
        });
        Ok(())
    }

    fn status(&self, service: &Service, told: &[Told<'_>]) -> Value {
        let topic = self.standing.terms.topic.as_deref().filter(|_| self.content != PayloadContent::Empty);
        let code = self.standing.terms.status.code();
        let mut status =
            status(service, self.kind, &self.standing.key.id, (topic, code), self.standing.events);
        let Some(parameters) =
            status.as_object_mut().and_then(|one| one.get_mut("parameter")?.as_array_mut())
        else {
            return status;
        };
        for Told { event, is_seen } in told {
            let text = |name: &str, value: String| fhir::object! { "name" => name, "valueString" => value };
            let time = instant(event.time_ms).to_string();
            let mut parts = vec![
                text("event-number", event.number.to_string()),
                fhir::object! { "name" => "timestamp", "valueInstant" => time },
            ];
            if *is_seen {
                let reference = format!("{}/{}", service.base_url, event.key);
                let reference = fhir::object! { "reference" => reference };
                parts.push(fhir::object! { "name" => "focus", "valueReference" => reference });
            }
            parameters.push(fhir::object! { "name" => "notification-event", "part" => Value::Array(parts) });
        }
        status
    }
}

/// The status of a subscription (Backport SubscriptionStatus, as Parameters): its topic and the code of its status, and how
/// many events there were.
pub(crate) fn status(
    service: &Service,
    kind: Kind,
    id: &str,
    (topic, code): (Option<&str>, &str),
    events: u64,
) -> Value {
    let parameter = |name: &str, kind: &str, value: Value| {
        let mut parameter = Object::new();
        parameter.set("name", name);
        parameter.set(kind, value);
        Value::Object(parameter)
    };
    let reference = fhir::object! { "reference" => format!("{}/Subscription/{id}", service.base_url) };
    let mut parameters = vec![parameter("subscription", "valueReference", reference)];
    parameters.extend(topic.map(|topic| parameter("topic", "valueCanonical", topic.into())));
    parameters.push(parameter("status", "valueCode", code.into()));
    parameters.push(parameter("type", "valueCode", kind.code().into()));
    let count = events.to_string();
    parameters.push(parameter("events-since-subscription-start", "valueString", count.into()));
    fhir::object! {
        "resourceType" => "Parameters",
        "meta" => fhir::object! { "profile" => vec![STATUS_PROFILE] },
        "parameter" => Value::Array(parameters),
    }
}

fn request(method: &str, url: &str) -> Value {
    fhir::object! { "method" => method, "url" => url }
}
