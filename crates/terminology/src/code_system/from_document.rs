//! A CodeSystem resource as a code-system file.

use super::builder::CodeSystemBuilder;
use super::concept::Designation;
use super::file::CodeSystemFile;
use super::header::{Content, Header};
use fhir::Node;

/// URIs of the properties that FHIR itself gives a meaning
/// (<https://hl7.org/fhir/R4/codesystem-concept-properties.html>).
const CONCEPT_PROPERTIES: &str = "http://hl7.org/fhir/concept-properties#";

/// What to take over from a CodeSystem resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Leave definitions out.
    pub without_definitions: bool,
    /// Take only these properties; all when `None`. Those that make the hierarchy are always read.
    pub properties: Option<&'a [&'a str]>,
}

/// Reads a CodeSystem resource. Hierarchy comes from nesting and from the properties `parent`, `child` and
/// `subsumedBy`; `None` when the resource is no CodeSystem.
pub fn code_system_from(resource: Node<'_>, selection: Selection<'_>) -> Option<CodeSystemFile> {
    if resource.get_str("resourceType")? != "CodeSystem" {
        return None;
    }
    let mut builder = CodeSystemBuilder::new(header(resource));
    let mut reader = Reader { selection, roles: roles(resource), open: Vec::new() };
    reader.open.push((resource, None));
    // A stack instead of recursion: depth is the sender's.
    while let Some((node, parent)) = reader.open.pop() {
        reader.read(&mut builder, node, parent.as_deref());
    }
    Some(builder.finish())
}

fn header(resource: Node<'_>) -> Header {
    let text = |name: &str| resource.get(name).and_then(Node::scalar).unwrap_or_default().into_owned();
    let mut header = Header {
        url: text("url"),
        version: text("version"),
        name: text("name"),
        title: text("title"),
        status: text("status"),
        experimental: text("experimental"),
        content: text("content").parse().unwrap_or(Content::Complete),
        case_sensitive: text("caseSensitive") != "false",
        hierarchy_meaning: text("hierarchyMeaning"),
        value_set: text("valueSet"),
        supplements: text("supplements"),
        language: text("language"),
        licence: String::new(),
        properties: Vec::new(),
    };
    for property in resource.each_of("property") {
        let text = |name: &str| property.get_str(name).unwrap_or_default();
        header.declare(&text("code"), &text("type"), &text("uri"));
    }
    header
}

/// What a property means, whatever it is called in the system at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Parent,
    Child,
    Inactive,
    NotSelectable,
    Status,
}

const ROLES: [(&str, Role); 6] = [
    ("parent", Role::Parent),
    ("subsumedBy", Role::Parent),
    ("child", Role::Child),
    ("inactive", Role::Inactive),
    ("notSelectable", Role::NotSelectable),
    ("status", Role::Status),
];

/// Property codes of the system with their role: by the URI, or by the code where no URI says otherwise.
fn roles(resource: Node<'_>) -> Vec<(String, Role)> {
    let named = |name: &str| ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role);
    let mut roles: Vec<(String, Role)> = Vec::new();
    for property in resource.each_of("property") {
        let code = property.get_str("code").unwrap_or_default().into_owned();
        let uri = property.get_str("uri").unwrap_or_default();
        if let Some(role) = uri.strip_prefix(CONCEPT_PROPERTIES).and_then(named) {
            roles.push((code, role));
        }
    }
    for (name, role) in ROLES {
        let is_taken = roles.iter().any(|(_, other)| *other == role && name != "subsumedBy");
        let is_declared = roles.iter().any(|(code, _)| code == name);
        if !is_taken && !is_declared {
            roles.push((name.to_owned(), role));
        }
    }
    roles
}

struct Reader<'a> {
    selection: Selection<'a>,
    roles: Vec<(String, Role)>,
    open: Vec<(Node<'a>, Option<String>)>,
}

impl<'a> Reader<'a> {
    /// Reads one concept, or the resource itself, and lays up what is nested in it.
    fn read(&mut self, builder: &mut CodeSystemBuilder, node: Node<'a>, parent: Option<&str>) {
        let code = node.get_str("code").filter(|_| node.get("resourceType").is_none());
        if let Some(code) = &code {
            self.concept(builder, node, code);
            if let Some(parent) = parent {
                builder.parent(code, parent);
            }
        }
        let below = code.map(std::borrow::Cow::into_owned);
        let nested: Vec<Node<'a>> = node.each_of("concept").collect();
        self.open.extend(nested.into_iter().rev().map(|node| (node, below.clone())));
    }

    fn concept(&self, builder: &mut CodeSystemBuilder, node: Node<'_>, code: &str) {
        builder.concept_with_display(code, &node.get_str("display").unwrap_or_default());
        if !self.selection.without_definitions
            && let Some(text) = node.get_str("definition")
        {
            builder.definition(code, &text);
        }
        for designation in node.each_of("designation") {
            builder.designation(code, &designation_from(designation));
        }
        for property in node.each_of("property") {
            self.property(builder, code, property);
        }
    }

    fn property(&self, builder: &mut CodeSystemBuilder, code: &str, node: Node<'_>) {
        let Some(name) = node.get_str("code") else { return };
        let Some((kind, value)) = property_value(node) else { return };
        let role = self.roles.iter().find(|(known, _)| *known == *name).map(|(_, role)| *role);
        match role {
            Some(Role::Parent) => return builder.parent(code, &value),
            Some(Role::Child) => return builder.parent(&value, code),
            Some(Role::Inactive) if value == "true" => builder.inactive(code),
            Some(Role::NotSelectable) if value == "true" => builder.not_selectable(code),
            Some(Role::Status) if matches!(&*value, "retired" | "inactive") => builder.inactive(code),
            _ => (),
        }
        if self.selection.properties.is_none_or(|chosen| chosen.contains(&&*name)) {
            builder.header.declare(&name, kind, "");
            builder.property(code, &name, &value);
        }
    }
}

/// Reads `designation` of a concept of a CodeSystem or a ValueSet.
pub(crate) fn designation_from(node: Node<'_>) -> Designation {
    let text = |path: &[&str]| {
        node.at_path(path).and_then(Node::as_str).map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    Designation {
        language: text(&["language"]),
        use_system: text(&["use", "system"]),
        use_code: text(&["use", "code"]),
        use_display: text(&["use", "display"]),
        value: text(&["value"]),
    }
}

/// Type and text of `property.value[x]`.
fn property_value(node: Node<'_>) -> Option<(&'static str, String)> {
    const KINDS: [(&str, &str); 6] = [
        ("valueCode", "code"),
        ("valueString", "string"),
        ("valueBoolean", "boolean"),
        ("valueInteger", "integer"),
        ("valueDecimal", "decimal"),
        ("valueDateTime", "dateTime"),
    ];
    for (name, kind) in KINDS {
        if let Some(value) = node.get(name).and_then(Node::scalar) {
            return Some((kind, value.into_owned()));
        }
    }
    let coding = node.get("valueCoding")?;
    let part = |name: &str| coding.get_str(name).unwrap_or_default();
    Some(("Coding", format!("{}|{}|{}", part("system"), part("code"), part("display"))))
}
