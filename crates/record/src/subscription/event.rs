//! What a subscriber is told of, numbered from 1 in each subscription.

use fhir::schema::schema;
use fhir::{Document, Node, Value};
use store::ResourceKey;

/// Something that a subscriber is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number in the subscription.
    pub number: u64,
    /// When it was, in milliseconds since 1970.
    pub time_ms: i64,
    /// What happened.
    pub happening: Happening,
    /// To what.
    pub key: ResourceKey,
    /// The version that it made.
    pub version: u32,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
}

const LETTERS: [(&str, Happening); 3] =
    [("c", Happening::Created), ("u", Happening::Updated), ("d", Happening::Deleted)];

impl Event {
    fn to_value(&self) -> Value {
        let letter = LETTERS.iter().find(|(_, one)| *one == self.happening).map_or("", |(letter, _)| letter);
        fhir::object! {
            "n" => i64::try_from(self.number).unwrap_or(i64::MAX),
            "t" => self.time_ms,
            "do" => letter,
            "what" => self.key.to_string(),
            "v" => i64::from(self.version),
        }
    }

    fn read(node: Node<'_>) -> Option<Self> {
        let number = |name: &str| node.get(name)?.as_number()?.parse::<i64>().ok();
        let name = node.get_str("what")?;
        let (type_name, id) = name.split_once('/')?;
        let letter = node.get_str("do")?;
        Some(Self {
            number: number("n")?.try_into().ok()?,
            time_ms: number("t")?,
            happening: LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, one)| *one)?,
            key: ResourceKey::new(schema().resource_named(type_name)?, id),
            version: number("v")?.try_into().ok()?,
        })
    }
}

/// Events as a private document keeps them.
pub(super) fn write_events(events: &[Event]) -> Vec<u8> {
    Value::Array(events.iter().map(Event::to_value).collect()).to_json().into_bytes()
}

/// Reads what [`write_events`] wrote.
pub(super) fn read_events(content: Vec<u8>) -> Vec<Event> {
    let document = Document::parse_with(content, fhir::Limits::UNBOUNDED);
    document.map_or(Vec::new(), |document| document.root().items().filter_map(Event::read).collect())
}
