//! Encounters.

use crate::chart::concept;
use fhir::{Document, Node};

/// An encounter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The logical id.
    pub id: String,
    /// When it began.
    pub date: String,
    /// What kind.
    pub kind: String,
    /// Why; empty when not recorded.
    pub reason: String,
    /// With whom; empty when not recorded.
    pub provider: String,
    /// Where; empty when not recorded.
    pub place: String,
    /// The recorded status.
    pub status: String,
}

impl Visit {
    /// Reads an Encounter.
    pub fn read(resource: &Document) -> Self {
        let root = resource.root();
        let reason = root.each_of("reasonCode").find_map(|one| concept::text(Some(one)));
        let display = |node: Option<Node<'_>>| {
            node.and_then(|node| node.get_str("display")).unwrap_or_default().into_owned()
        };
        let person = root.each_of("participant").find_map(|one| one.get("individual"));
        let place = root.each_of("location").find_map(|one| one.get("location"));
        let class = || root.get("class").and_then(|class| class.get_str("display").or(class.get_str("code")));
        let kind = root.each_of("type").find_map(|one| concept::text(Some(one)));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            date: concept::day(root.at_path(&["period", "start"])),
            kind: kind
                .or_else(|| class().map(std::borrow::Cow::into_owned))
                .unwrap_or_else(|| "Visit".to_owned()),
            reason: reason.unwrap_or_default(),
            provider: display(person),
            place: display(place.or_else(|| root.get("serviceProvider"))),
            status: root.get_str("status").unwrap_or_default().into_owned(),
        }
    }
}
