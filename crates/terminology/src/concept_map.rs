//! What a ConceptMap resource says.

use fhir::Node;

/// A concept map (<https://hl7.org/fhir/R4/conceptmap.html>). Texts that are unknown are empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConceptMap {
    /// Canonical URL.
    pub url: String,
    /// Business version.
    pub version: String,
    /// Value set whose codes are mapped.
    pub source: String,
    /// Value set into which they are mapped.
    pub target: String,
    /// Mappings from one system to another.
    pub groups: Vec<MapGroup>,
}

/// Mappings from one code system to one other.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MapGroup {
    /// System mapped from.
    pub source: String,
    /// System mapped to.
    pub target: String,
    /// The mappings.
    pub elements: Vec<MapElement>,
    /// What to do with codes that are not listed.
    pub unmapped: Option<Unmapped>,
}

/// What one code is mapped to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MapElement {
    /// The code mapped from.
    pub code: String,
    /// What it is mapped to; empty when there is expressly nothing.
    pub targets: Vec<MapTarget>,
}

/// One code that another is mapped to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MapTarget {
    /// The code.
    pub code: String,
    /// Its display.
    pub display: String,
    /// How close it is, such as `equivalent` (<https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html>).
    pub equivalence: String,
    /// A remark of the author's.
    pub comment: String,
}

/// What to do with codes that are not listed: `ConceptMap.group.unmapped`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmapped {
    /// Use the same code in the target system.
    Provided,
    /// Use this code and display.
    Fixed(String, String),
    /// Ask another map, by its canonical.
    OtherMap(String),
}

impl ConceptMap {
    /// Reads a ConceptMap resource; `None` when the resource is something else.
    pub fn from_node(resource: Node<'_>) -> Option<Self> {
        if resource.get_str("resourceType")? != "ConceptMap" {
            return None;
        }
        let either = |uri: &str, canonical: &str| {
            let found = [text(resource, canonical), text(resource, uri)];
            found.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        };
        Some(Self {
            url: text(resource, "url"),
            version: text(resource, "version"),
            source: either("sourceUri", "sourceCanonical"),
            target: either("targetUri", "targetCanonical"),
            groups: resource.each_of("group").map(group).collect(),
        })
    }
}

fn text(node: Node<'_>, name: &str) -> String {
    node.get_str(name).unwrap_or_default().into_owned()
}

fn group(node: Node<'_>) -> MapGroup {
    let element = |node: Node<'_>| MapElement {
        code: text(node, "code"),
        targets: node.each_of("target").map(target).collect(),
    };
    MapGroup {
        source: text(node, "source"),
        target: text(node, "target"),
        elements: node.each_of("element").map(element).collect(),
        unmapped: node.get("unmapped").and_then(unmapped),
    }
}

fn target(node: Node<'_>) -> MapTarget {
    MapTarget {
        code: text(node, "code"),
        display: text(node, "display"),
        equivalence: text(node, "equivalence"),
        comment: text(node, "comment"),
    }
}

fn unmapped(node: Node<'_>) -> Option<Unmapped> {
    match &*node.get_str("mode")? {
        "provided" => Some(Unmapped::Provided),
        "fixed" => Some(Unmapped::Fixed(text(node, "code"), text(node, "display"))),
        "other-map" => Some(Unmapped::OtherMap(text(node, "url"))),
        _ => None,
    }
}
