//! What a ValueSet resource says: its rules, or the codes it lists.

use crate::code_system::concept::Designation;
use crate::code_system::from_document::designation_from;
use fhir::Node;

/// A value set as it is defined (<https://hl7.org/fhir/R4/valueset.html>). Texts that are unknown are empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ValueSet {
    /// Canonical URL.
    pub url: String,
    /// Business version.
    pub version: String,
    /// Name for machines.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Publication status, such as `active`.
    pub status: String,
    /// `true`, `false`, or empty.
    pub experimental: String,
    /// Language of the resource.
    pub language: String,
    /// False when the rules say that inactive codes do not belong.
    pub inactive: Option<bool>,
    /// Rules that take codes in.
    pub include: Vec<Clause>,
    /// Rules that take codes out.
    pub exclude: Vec<Clause>,
    /// True when the codes were listed by an expansion only; then there are no rules.
    pub is_stored_expansion: bool,
}

/// One include or exclude: the codes for which all its parts hold.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Clause {
    /// The code system.
    pub system: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Codes listed one by one.
    pub concepts: Vec<ListedConcept>,
    /// Conditions on the concepts of the system.
    pub filters: Vec<Filter>,
    /// Value sets that must all hold the code.
    pub value_sets: Vec<String>,
}

/// A code listed in a value set.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ListedConcept {
    /// The code.
    pub code: String,
    /// A display for use with this value set; empty for the system's own.
    pub display: String,
    /// Further displays.
    pub designations: Vec<Designation>,
}

/// A condition on the concepts of a system: `ValueSet.compose.include.filter`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// The property looked at.
    pub property: String,
    /// The operator, such as `is-a`.
    pub operator: String,
    /// What the property is held against.
    pub value: String,
}

impl ValueSet {
    /// Reads a ValueSet resource; `None` when the resource is something else.
    pub fn from_node(resource: Node<'_>) -> Option<Self> {
        if resource.get_str("resourceType")? != "ValueSet" {
            return None;
        }
        let text = |name: &str| resource.get(name).and_then(Node::scalar).unwrap_or_default().into_owned();
        let mut value_set = Self {
            url: text("url"),
            version: text("version"),
            name: text("name"),
            title: text("title"),
            status: text("status"),
            experimental: text("experimental"),
            language: text("language"),
            ..Self::default()
        };
        if let Some(compose) = resource.get("compose") {
            value_set.inactive = compose.get("inactive").and_then(Node::as_bool);
            value_set.include = compose.each_of("include").map(clause).collect();
            value_set.exclude = compose.each_of("exclude").map(clause).collect();
        } else if let Some(expansion) = resource.get("expansion") {
            value_set.is_stored_expansion = true;
            value_set.include = clauses_of_expansion(expansion);
        }
        Some(value_set)
    }

    /// The canonical with its version: `url|version`, or the URL alone.
    pub fn canonical(&self) -> String {
        if self.version.is_empty() { self.url.clone() } else { format!("{}|{}", self.url, self.version) }
    }
}

fn owned(node: Node<'_>, name: &str) -> Option<String> {
    node.get_str(name).map(std::borrow::Cow::into_owned)
}

fn clause(node: Node<'_>) -> Clause {
    let required = |node: Node<'_>, name: &str| owned(node, name).unwrap_or_default();
    Clause {
        system: owned(node, "system"),
        version: owned(node, "version"),
        concepts: node.each_of("concept").map(listed).collect(),
        filters: node
            .each_of("filter")
            .map(|filter| Filter {
                property: required(filter, "property"),
                operator: required(filter, "op"),
                value: required(filter, "value"),
            })
            .collect(),
        value_sets: node
            .each_of("valueSet")
            .filter_map(Node::as_str)
            .map(std::borrow::Cow::into_owned)
            .collect(),
    }
}

fn listed(node: Node<'_>) -> ListedConcept {
    ListedConcept {
        code: owned(node, "code").unwrap_or_default(),
        display: owned(node, "display").unwrap_or_default(),
        designations: node.each_of("designation").map(designation_from).collect(),
    }
}

/// An expansion's codes as clauses, neighbours of one system together.
fn clauses_of_expansion(expansion: Node<'_>) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let mut open: Vec<Node<'_>> = expansion.each_of("contains").collect();
    open.reverse();
    while let Some(node) = open.pop() {
        let nested: Vec<Node<'_>> = node.each_of("contains").collect();
        open.extend(nested.into_iter().rev());
        let is_abstract = node.get("abstract").and_then(Node::as_bool) == Some(true);
        if node.get("code").is_none() || is_abstract {
            continue;
        }
        let (system, version) = (owned(node, "system"), owned(node, "version"));
        match clauses.last_mut() {
            Some(last) if last.system == system && last.version == version => {
                last.concepts.push(listed(node));
            }
            _ => clauses.push(Clause { system, version, concepts: vec![listed(node)], ..Clause::default() }),
        }
    }
    clauses
}
