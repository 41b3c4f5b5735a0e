//! XML to the JSON tree.

use super::FHIR_NAMESPACE;
use super::narrative::{self, ATTRIBUTE_LIMIT, Space, failure};
use super::text;
use crate::document::Document;
use crate::parse_error::{Failure, ParseError, Problem};
use crate::reader::{self, Limits};
use crate::schema::{TypeId, schema};
use crate::value::{Object, Value};
use quick_xml::NsReader;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Reads a resource in XML into the JSON tree it means.
pub fn from_xml(bytes: &[u8], limits: Limits) -> Result<Document, ParseError> {
    let text = reader::utf8(bytes, limits)?;
    let mut reader = Reader {
        text,
        xml: narrative::strict_reader(text.strip_prefix('\u{feff}').unwrap_or(text)),
        skipped: if text.starts_with('\u{feff}') { 3 } else { 0 },
        depth_limit: limits.depth,
        root: String::new(),
    };
    let failed = match text::forbidden_character(text) {
        Some(at) => failure("a control character, which XML cannot hold", at),
        None => match reader.document() {
            Ok(value) => return value.try_to_document(limits.depth),
            Err(failure) => failure,
        },
    };
    let (line, column) = reader::line_column(text, failed.at);
    Err(ParseError { path: failed.path(reader.root), problem: failed.problem, line, column })
}

struct Reader<'a> {
    text: &'a str,
    xml: NsReader<&'a [u8]>,
    /// Bytes before what `xml` reads.
    skipped: usize,
    /// Of the JSON tree.
    depth_limit: usize,
    /// The type of the outermost resource, for paths.
    root: String,
}

/// A start tag of FHIR's or the narrative's, or an end tag.
enum Token<'a> {
    Start(usize, Space, BytesStart<'a>),
    End,
    EndOfInput,
}

/// What stands in an element: the attribute `value`, and all else.
struct Content {
    value: Option<String>,
    rest: Object,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Value, Failure> {
        let (at, tag) = match self.next()? {
            Token::Start(at, space, tag) => (at, self.fhir_tag(at, space, tag)?),
            Token::End | Token::EndOfInput => {
                return Err(Failure::new(Problem::UnexpectedEnd, self.text.len()));
            }
        };
        self.root = local_name(&tag);
        let value = self.resource(at, &tag, 1)?;
        match self.next()? {
            Token::EndOfInput => Ok(value),
            Token::Start(at, ..) => Err(Failure::new(Problem::TrailingData, at)),
            Token::End => Err(Failure::new(Problem::TrailingData, self.text.len())),
        }
    }

    fn next_event(&mut self) -> Result<(usize, Space, Event<'a>), Failure> {
        let shift = self.skipped;
        narrative::next(&mut self.xml).map(|(at, space, event)| (at + shift, space, event)).map_err(
            |mut failure| {
                failure.at += shift;
                failure
            },
        )
    }

    /// The next tag; comments, processing instructions and blanks are passed over, anything else is refused.
    fn next(&mut self) -> Result<Token<'a>, Failure> {
        loop {
            let (at, space, event) = self.next_event()?;
            match event {
                Event::Start(tag) | Event::Empty(tag) => return Ok(Token::Start(at, space, tag)),
                Event::End(_) => return Ok(Token::End),
                Event::Eof => return Ok(Token::EndOfInput),
                Event::Text(text) if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) => {
                }
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(failure(
                        "text stands between elements; values belong in \"value\" attributes",
                        at,
                    ));
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(declaration) => check_declaration(&declaration, at)?,
                Event::DocType(_) => {
                    return Err(failure("a document type definition is not allowed; remove it", at));
                }
            }
        }
    }

    fn fhir_tag(&self, at: usize, space: Space, tag: BytesStart<'a>) -> Result<BytesStart<'a>, Failure> {
        if space == Space::Fhir {
            return Ok(tag);
        }
        let name = local_name(&tag);
        Err(failure(format!("\"{name}\" is not in the namespace {FHIR_NAMESPACE}"), at))
    }

    /// The resource whose start tag was read.
    fn resource(&mut self, at: usize, tag: &BytesStart<'a>, depth: usize) -> Result<Value, Failure> {
        let name = local_name(tag);
        let Some(type_id) = schema().resource_named(&name) else {
            return Err(failure(format!("there is no resource type \"{name}\""), at));
        };
        let content = self.content(at, tag, type_id, depth)?;
        let mut object = Object::new();
        object.set("resourceType", type_id.name());
        object.append(content.rest);
        Ok(object.into())
    }

    /// Attributes and children of the element whose start tag was read, to behind its end tag. The object lies
    /// `depth` deep in JSON.
    fn content(
        &mut self,
        at: usize,
        tag: &BytesStart<'a>,
        type_id: TypeId,
        depth: usize,
    ) -> Result<Content, Failure> {
        // A primitive without id and extensions is no object in JSON; one with them is met again when read as JSON.
        if depth > self.depth_limit && !type_id.is_primitive() {
            return Err(Failure::new(Problem::TooDeep { limit: self.depth_limit }, at));
        }
        let mut members = Members::default();
        let value = self.attributes(at, tag, type_id, &mut members)?;
        loop {
            match self.next()? {
                Token::Start(at, space, child) => {
                    self.child(at, space, child, type_id, depth, &mut members)?;
                }
                Token::End => return Ok(Content { value, rest: members.into_object() }),
                Token::EndOfInput => return Err(Failure::new(Problem::UnexpectedEnd, self.text.len())),
            }
        }
    }

    fn attributes(
        &self,
        at: usize,
        tag: &BytesStart<'a>,
        type_id: TypeId,
        members: &mut Members,
    ) -> Result<Option<String>, Failure> {
        let mut value = None;
        if !text::stand_apart(tag.attributes_raw()) {
            return Err(failure("not well-formed XML: attributes stand together without a blank", at));
        }
        for (index, attribute) in tag.attributes().enumerate() {
            let attribute =
                attribute.map_err(|error| failure(format!("not well-formed XML: {error}"), at))?;
            if index >= ATTRIBUTE_LIMIT {
                return Err(failure(format!("an element has more than {ATTRIBUTE_LIMIT} attributes"), at));
            }
            let name = String::from_utf8_lossy(attribute.key.as_ref());
            if !text::is_name(&name) {
                return Err(failure("not well-formed XML: an attribute has a name that none can have", at));
            }
            let source = String::from_utf8_lossy(&attribute.value);
            let text = text::attribute_value(&source)
                .map_err(|words| failure(words, at).within(&name))?
                .into_owned();
            if name == "xmlns" || name.starts_with("xmlns:") || self.is_about_schemas(&attribute) {
                continue;
            }
            if name == "value" && type_id.is_primitive() {
                value = Some(text);
                continue;
            }
            match type_id.definition().member(&name) {
                Some((element, _)) if element.is_attribute => {
                    members.push(element.name, false, Some(text.into()), None);
                }
                _ => {
                    let name: String = name.chars().take(64).collect();
                    return Err(failure(format!("\"{}\" has no attribute \"{name}\"", type_id.name()), at));
                }
            }
        }
        Ok(value)
    }

    /// `xsi:schemaLocation` and the like, which say where schemas lie, not what the resource says.
    fn is_about_schemas(&self, attribute: &quick_xml::events::attributes::Attribute<'_>) -> bool {
        let (space, _) = self.xml.resolver().resolve_attribute(attribute.key);
        matches!(space, ResolveResult::Bound(namespace) if namespace.0 == b"http://www.w3.org/2001/XMLSchema-instance")
    }

    fn child(
        &mut self,
        at: usize,
        space: Space,
        tag: BytesStart<'a>,
        parent: TypeId,
        depth: usize,
        members: &mut Members,
    ) -> Result<(), Failure> {
        let name = local_name(&tag);
        let member = parent.definition().member(&name).filter(|(element, _)| !element.is_attribute);
        let Some((element, type_id)) = member else {
            return Err(failure(format!("\"{}\" has no element \"{name}\"", parent.name()), at));
        };
        let repeats = element.max != Some(1);
        let (json_name, index) = members.place(&name, parent);
        if index > 0 && !repeats {
            return Err(failure(format!("\"{name}\" stands more than once"), at));
        }
        let path = |failure: Failure| {
            if repeats { failure.within_item(index).within(json_name) } else { failure.within(json_name) }
        };
        if type_id.name() == "xhtml" {
            if space != Space::Xhtml {
                return Err(path(failure(
                    format!("\"{name}\" is not in the namespace {}", super::XHTML_NAMESPACE),
                    at,
                )));
            }
            let div = self.narrative(at, &tag).map_err(path)?;
            members.push(json_name, repeats, Some(div), None);
            return Ok(());
        }
        let tag = self.fhir_tag(at, space, tag).map_err(path)?;
        let depth = depth + if repeats { 2 } else { 1 };
        let (value, sibling) = self.element(at, &tag, type_id, depth).map_err(path)?;
        members.push(json_name, repeats, value, sibling);
        Ok(())
    }

    fn narrative(&mut self, at: usize, tag: &BytesStart<'a>) -> Result<Value, Failure> {
        let shift = self.skipped;
        let div =
            narrative::read(&mut self.xml, &self.text[shift..], at - shift, tag).map_err(|mut failure| {
                failure.at += shift;
                failure
            })?;
        Ok(Value::String(div.into_owned()))
    }

    /// The value and sibling of an element that lies `depth` deep in JSON.
    fn element(
        &mut self,
        at: usize,
        tag: &BytesStart<'a>,
        type_id: TypeId,
        depth: usize,
    ) -> Result<(Option<Value>, Option<Object>), Failure> {
        if type_id.is_resource() {
            return Ok((Some(self.holder_of_resource(at, tag, depth)?), None));
        }
        let content = self.content(at, tag, type_id, depth)?;
        if !type_id.is_primitive() {
            return Ok((Some(content.rest.into()), None));
        }
        if content.value.is_none() && content.rest.is_empty() {
            return Err(failure("the element has neither a value nor an extension; remove it", at));
        }
        let value = content.value.map(|text| primitive(type_id, text)).transpose();
        let value = value.map_err(|words| failure(words, at))?;
        Ok((value, Some(content.rest).filter(|rest| !rest.is_empty())))
    }

    /// The one resource inside `contained`, `resource` or the like.
    fn holder_of_resource(
        &mut self,
        at: usize,
        tag: &BytesStart<'a>,
        depth: usize,
    ) -> Result<Value, Failure> {
        if narrative::attributes(tag, at)?.iter().any(|name| !name.starts_with("xmlns")) {
            return Err(failure("an element that holds a resource has no attributes", at));
        }
        let Token::Start(inner_at, space, inner) = self.next()? else {
            return Err(failure("a resource belongs inside this element", at));
        };
        let inner = self.fhir_tag(inner_at, space, inner)?;
        let resource = self.resource(inner_at, &inner, depth)?;
        match self.next()? {
            Token::End => Ok(resource),
            Token::Start(at, ..) => Err(failure("only one resource belongs inside this element", at)),
            Token::EndOfInput => Err(Failure::new(Problem::UnexpectedEnd, self.text.len())),
        }
    }
}

fn local_name(tag: &BytesStart<'_>) -> String {
    let name = tag.local_name();
    // A name of ours is never so long; one that is goes into a message.
    String::from_utf8_lossy(&name.as_ref()[..name.as_ref().len().min(128)]).into_owned()
}

fn check_declaration(declaration: &BytesDecl<'_>, at: usize) -> Result<(), Failure> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name))
            if [&b"utf-8"[..], b"us-ascii", b"ascii"].iter().any(|one| name.eq_ignore_ascii_case(one)) =>
        {
            Ok(())
        }
        Some(_) => Err(failure("the encoding is not UTF-8; send UTF-8", at)),
    }
}

/// The JSON value of a primitive's text.
fn primitive(type_id: TypeId, text: String) -> Result<Value, String> {
    match type_id.name() {
        "boolean" => match text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("a boolean is \"true\" or \"false\"".to_owned()),
        },
        "decimal" | "integer" | "positiveInt" | "unsignedInt" if reader::is_number(&text) => {
            Ok(Value::Number(text))
        }
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => {
            Err(format!("the text is no {}; write digits such as 120 or 0.5", type_id.name()))
        }
        _ => Ok(Value::String(text)),
    }
}

/// The members of an object as they come in: repeated ones are gathered.
#[derive(Default)]
struct Members(Vec<Member>);

struct Member {
    name: &'static str,
    repeats: bool,
    values: Vec<Option<Value>>,
    siblings: Vec<Option<Object>>,
}

impl Members {
    /// The JSON name of a child, as the tables have it, and how many of it there are.
    fn place(&self, name: &str, parent: TypeId) -> (&'static str, usize) {
        if let Some(member) = self.0.iter().rev().find(|member| member.name == name) {
            return (member.name, member.values.len());
        }
        let known = parent.definition().member(name);
        let names = known.into_iter().flat_map(|(element, _)| parent.definition().json_names(element));
        (names.map(|(known, _)| known).find(|known| *known == name).unwrap_or_default(), 0)
    }

    fn push(&mut self, name: &'static str, repeats: bool, value: Option<Value>, sibling: Option<Object>) {
        match self.0.iter_mut().rev().find(|member| member.name == name) {
            Some(member) => {
                member.values.push(value);
                member.siblings.push(sibling);
            }
            None => self.0.push(Member { name, repeats, values: vec![value], siblings: vec![sibling] }),
        }
    }

    fn into_object(self) -> Object {
        let mut object = Object::new();
        for member in self.0 {
            if member.values.iter().any(Option::is_some) {
                object.append_new(member.name.to_owned(), joined(member.values, member.repeats));
            }
            if member.siblings.iter().any(Option::is_some) {
                let siblings = member.siblings.into_iter().map(|sibling| sibling.map(Value::from)).collect();
                object.append_new(format!("_{}", member.name), joined(siblings, member.repeats));
            }
        }
        object
    }
}

/// The occurrences of an element as JSON has them; null holds the place of what is only on the other side.
fn joined(items: Vec<Option<Value>>, repeats: bool) -> Value {
    let mut items = items.into_iter().map(Option::unwrap_or_default);
    if repeats { Value::Array(items.collect()) } else { items.next().unwrap_or_default() }
}
