//! The JSON tree to XML.

use super::{FHIR_NAMESPACE, narrative, text};
use crate::document::{Document, Kind, Node};
use crate::parse_error::{Failure, ParseError, Problem};
use crate::reader;
use crate::schema::{ElementDefinition, TypeDefinition, TypeId, schema};

/// A resource as XML in one line, elements in the order of their definitions. Refuses what has no form in XML or in
/// the definitions: unknown members, values of the wrong kind, control characters, a narrative that is not XHTML.
pub fn to_xml(document: &Document) -> Result<String, ParseError> {
    write(document.root(), None)
}

/// A resource as XML over lines, two spaces a level; see [`to_xml`].
pub fn to_pretty_xml(document: &Document) -> Result<String, ParseError> {
    write(document.root(), Some(0))
}

/// The resource at a place of a document as XML; see [`to_xml`].
pub fn node_to_xml(node: Node<'_>) -> Result<String, ParseError> {
    write(node, None)
}

fn write(node: Node<'_>, indent: Option<usize>) -> Result<String, ParseError> {
    let mut writer = Writer { out: String::with_capacity(node.raw().len() * 5 / 4 + 128), indent };
    writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    match writer.resource(node, true) {
        Ok(()) => Ok(writer.out),
        Err(failure) => {
            let (line, column) = reader::line_column(node.document().text(), failure.at);
            let root = node.get_str("resourceType").unwrap_or_default().into_owned();
            Err(ParseError { path: failure.path(root), problem: failure.problem, line, column })
        }
    }
}

struct Writer {
    out: String,
    /// The level, when lines are wanted.
    indent: Option<usize>,
}

type Step = Result<(), Failure>;

fn refuse<T>(node: Node<'_>, words: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::new(Problem::Xml(words.into()), node.offset()))
}

/// A member of an object with its place in the definition.
struct Member<'a> {
    order: usize,
    name: String,
    element: &'static ElementDefinition,
    type_id: TypeId,
    value: Option<Node<'a>>,
    sibling: Option<Node<'a>>,
}

impl Writer {
    fn resource(&mut self, node: Node<'_>, is_root: bool) -> Step {
        let name = node.get_str("resourceType").unwrap_or_default();
        let Some(type_id) = schema().resource_named(&name) else {
            let name: String = name.chars().take(64).collect();
            return refuse(node, format!("there is no resource type \"{name}\""));
        };
        self.new_line();
        self.open(type_id.name());
        if is_root {
            self.attribute("xmlns", FHIR_NAMESPACE);
        }
        self.content(type_id.name(), type_id, Some(node), None)
    }

    fn new_line(&mut self) {
        if let Some(level) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", level));
        }
    }

    fn deeper(&mut self) {
        self.indent = self.indent.map(|level| level + 1);
    }

    fn back(&mut self) {
        self.indent = self.indent.map(|level| level - 1);
    }

    fn open(&mut self, tag: &str) {
        self.out.push('<');
        self.out.push_str(tag);
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        text::write_attribute(&mut self.out, value);
        self.out.push('"');
    }

    fn close(&mut self, tag: &str) {
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// The rest of an open tag: attributes from the object, a primitive's value, the children, the end tag.
    fn content(
        &mut self,
        tag: &str,
        type_id: TypeId,
        holder: Option<Node<'_>>,
        value: Option<Node<'_>>,
    ) -> Step {
        let mut members = match holder {
            Some(holder) => members(holder, type_id)?,
            None => Vec::new(),
        };
        members.sort_by_key(|member| member.order);
        let (attributes, children): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| member.element.is_attribute);
        for member in attributes {
            self.member_as_attribute(&member).map_err(|failure| failure.within(&member.name))?;
        }
        if let Some(value) = value {
            let text = scalar(type_id, value)?;
            self.attribute("value", &text);
        }
        if children.is_empty() {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        self.deeper();
        for member in &children {
            self.member(member).map_err(|failure| failure.within(&member.name))?;
        }
        self.back();
        self.new_line();
        self.close(tag);
        Ok(())
    }

    fn member_as_attribute(&mut self, member: &Member<'_>) -> Step {
        if let Some(sibling) = member.sibling {
            return refuse(sibling, "an attribute of XML has no extensions");
        }
        if let Some(value) = member.value {
            let text = scalar(member.type_id, value)?;
            self.attribute(&member.name, &text);
        }
        Ok(())
    }

    fn member(&mut self, member: &Member<'_>) -> Step {
        if member.element.max == Some(1) {
            return self.element(member, member.value, member.sibling);
        }
        let items = |list: Option<Node<'_>>| -> Result<usize, Failure> {
            match list {
                Some(list) if list.kind() != Kind::Array => refuse(list, "an array belongs here"),
                Some(list) => Ok(list.items().count()),
                None => Ok(0),
            }
        };
        let count = items(member.value)?.max(items(member.sibling)?);
        if let (0, Some(list)) = (count, member.value.or(member.sibling)) {
            return refuse(list, "an empty array has no form in XML; remove it");
        }
        let mut values = member.value.into_iter().flat_map(Node::items);
        let mut siblings = member.sibling.into_iter().flat_map(Node::items);
        for index in 0..count {
            let not_null = |node: Option<Node<'_>>| node.is_some_and(|node| node.kind() != Kind::Null);
            let (value, sibling) = (values.next(), siblings.next());
            let written = match (value.filter(|_| not_null(value)), sibling.filter(|_| not_null(sibling))) {
                (None, None) => match value.or(sibling) {
                    Some(null) => refuse(null, "null stands where there is neither a value nor an extension"),
                    None => Ok(()),
                },
                (value, sibling) => self.element(member, value, sibling),
            };
            written.map_err(|failure| failure.within_item(index))?;
        }
        Ok(())
    }

    /// One occurrence of an element.
    fn element(&mut self, member: &Member<'_>, value: Option<Node<'_>>, sibling: Option<Node<'_>>) -> Step {
        self.new_line();
        let tag = member.name.as_str();
        if member.type_id.is_resource() {
            let Some(resource) = value else { return Ok(()) };
            self.open(tag);
            self.out.push('>');
            self.deeper();
            self.resource(resource, false)?;
            self.back();
            self.new_line();
            self.close(tag);
            return Ok(());
        }
        if member.type_id.name() == "xhtml" {
            return self.narrative(value, sibling);
        }
        self.open(tag);
        if member.type_id.is_primitive() {
            return self.content(tag, member.type_id, sibling, value);
        }
        self.content(tag, member.type_id, value, None)
    }

    fn narrative(&mut self, value: Option<Node<'_>>, sibling: Option<Node<'_>>) -> Step {
        if let Some(sibling) = sibling {
            return refuse(sibling, "a narrative has no extensions");
        }
        let Some(value) = value else { return Ok(()) };
        let Some(div) = value.as_str() else { return refuse(value, "a string belongs here") };
        match narrative::to_xml(&div) {
            Ok(div) => self.out.push_str(&div),
            Err(words) => return refuse(value, words),
        }
        Ok(())
    }
}

/// The members of an object, each with its definition; refuses those the type does not have.
fn members(holder: Node<'_>, type_id: TypeId) -> Result<Vec<Member<'_>>, Failure> {
    if holder.kind() != Kind::Object {
        return refuse(holder, "an object belongs here");
    }
    let definition = type_id.definition();
    let mut members: Vec<Member<'_>> = Vec::new();
    for (name, node) in holder.members() {
        if name == "resourceType" && type_id.is_resource() {
            continue;
        }
        let (plain, is_sibling) = match name.strip_prefix('_') {
            Some(plain) => (plain, true),
            None => (&*name, false),
        };
        let found = definition.member(plain).filter(|(_, type_id)| !is_sibling || type_id.is_primitive());
        let Some((element, type_id)) = found else {
            let name: String = name.chars().take(64).collect();
            return refuse(node, format!("\"{}\" has no member \"{name}\"", definition.name));
        };
        let at = members.iter().position(|member| member.name == plain).unwrap_or_else(|| {
            let order = place_in(definition, element);
            let name = plain.to_owned();
            members.push(Member { order, name, element, type_id, value: None, sibling: None });
            members.len() - 1
        });
        let slot = if is_sibling { &mut members[at].sibling } else { &mut members[at].value };
        *slot = Some(node);
    }
    Ok(members)
}

fn place_in(definition: &'static TypeDefinition, element: &'static ElementDefinition) -> usize {
    definition.elements.iter().position(|one| std::ptr::eq(one, element)).unwrap_or(usize::MAX)
}

/// The text of a primitive, when the JSON value is of the kind its type has.
fn scalar(type_id: TypeId, node: Node<'_>) -> Result<std::borrow::Cow<'_, str>, Failure> {
    let (kind, words) = match type_id.name() {
        "boolean" => (Kind::Bool, "true or false belongs here"),
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => (Kind::Number, "a number belongs here"),
        _ => (Kind::String, "a string belongs here"),
    };
    let Some(text) = node.scalar().filter(|_| node.kind() == kind) else { return refuse(node, words) };
    match text::forbidden_character(&text) {
        Some(at) => refuse(node, format!("the text has a character that XML cannot hold, at its byte {at}")),
        None => Ok(text),
    }
}
