//! The narrative's markup: kept as written, but only when it is well-formed XHTML.

use super::XHTML_NAMESPACE;
use super::text;
use crate::parse_error::{Failure, Problem};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::borrow::Cow;

/// Elements nested deeper than this inside a narrative are refused.
const DEPTH_LIMIT: usize = 256;

/// More attributes than this on one element are refused.
pub(super) const ATTRIBUTE_LIMIT: usize = 64;

/// A failure of XML with words of ours.
pub(super) fn failure(words: impl Into<String>, at: usize) -> Failure {
    Failure::new(Problem::Xml(words.into()), at)
}

/// The byte offset the reader has come to.
pub(super) fn position(xml: &NsReader<&[u8]>) -> usize {
    usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX)
}

/// A reader over a whole text, strict where quick-xml can be lenient.
pub(super) fn strict_reader(source: &str) -> NsReader<&[u8]> {
    let mut xml = NsReader::from_str(source);
    xml.config_mut().check_comments = true;
    xml.config_mut().expand_empty_elements = true;
    xml
}

/// Goes on to the next event and says where it begins; unknown prefixes are refused.
pub(super) fn next<'a>(xml: &mut NsReader<&'a [u8]>) -> Result<(usize, Space, Event<'a>), Failure> {
    let at = position(xml);
    match xml.read_resolved_event() {
        Ok((space, event)) => {
            let space = match space {
                ResolveResult::Bound(namespace) if namespace.0 == super::FHIR_NAMESPACE.as_bytes() => {
                    Space::Fhir
                }
                ResolveResult::Bound(namespace) if namespace.0 == XHTML_NAMESPACE.as_bytes() => Space::Xhtml,
                ResolveResult::Bound(_) => Space::Other,
                ResolveResult::Unbound => Space::None,
                ResolveResult::Unknown(prefix) => {
                    let prefix = String::from_utf8_lossy(&prefix).chars().take(32).collect::<String>();
                    return Err(failure(format!("the prefix \"{prefix}\" stands for no namespace"), at));
                }
            };
            Ok((at, space, event))
        }
        Err(error) => Err(failure(format!("not well-formed XML: {error}"), at)),
    }
}

/// The namespaces that matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Space {
    Fhir,
    Xhtml,
    Other,
    None,
}

/// Reads on from behind the start tag of a `div` to behind its end tag, and gives the whole as it is written, made
/// to stand alone: with its namespace, and without a prefix.
pub(super) fn read<'a>(
    xml: &mut NsReader<&'a [u8]>,
    source: &'a str,
    at: usize,
    div: &BytesStart<'_>,
) -> Result<Cow<'a, str>, Failure> {
    let text = copy(xml, source, at, div)?;
    // Without its prefixes it may mean something else, where other namespaces are declared inside.
    if matches!(text, Cow::Owned(_)) && check(&text).is_err() {
        return Err(failure(
            "the narrative's prefixes are too entangled; use XHTML as its default namespace",
            at,
        ));
    }
    Ok(text)
}

fn copy<'a>(
    xml: &mut NsReader<&'a [u8]>,
    source: &'a str,
    at: usize,
    div: &BytesStart<'_>,
) -> Result<Cow<'a, str>, Failure> {
    let mut edits = Edits { source, copied: at, text: String::new() };
    let prefix = div.name().prefix().map(|prefix| prefix.as_ref().len() + 1).unwrap_or_default();
    edits.without_prefix(at + 1, prefix);
    if !attributes(div, at)?.iter().any(|name| name == "xmlns") {
        edits.insert(at + 1 + div.name().as_ref().len(), &format!(" xmlns=\"{XHTML_NAMESPACE}\""));
    }
    let mut depth = 1;
    while depth > 0 {
        let (at, space, event) = next(xml)?;
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                depth += 1;
                if depth > DEPTH_LIMIT {
                    return Err(Failure::new(Problem::TooDeep { limit: DEPTH_LIMIT }, at));
                }
                if space != Space::Xhtml {
                    return Err(failure("the narrative has an element that is not XHTML", at));
                }
                if !text::is_name(&String::from_utf8_lossy(tag.name().as_ref())) {
                    return Err(failure("not well-formed XML: an element has a name that none can have", at));
                }
                attributes(&tag, at)?;
                edits.without_prefix(
                    at + 1,
                    tag.name().prefix().map_or(0, |prefix| prefix.as_ref().len() + 1),
                );
            }
            Event::End(tag) => {
                depth -= 1;
                // An empty element's end is not in the source.
                if position(xml) > at {
                    edits.without_prefix(
                        at + 2,
                        tag.name().prefix().map_or(0, |prefix| prefix.as_ref().len() + 1),
                    );
                }
            }
            Event::GeneralRef(reference) => {
                text::resolve(&String::from_utf8_lossy(&reference)).map_err(|words| failure(words, at))?;
            }
            Event::Text(text) if text.windows(3).any(|three| three == b"]]>") => {
                return Err(failure("\"]]>\" stands in the narrative's text; write \"]]&gt;\"", at));
            }
            Event::Text(_) | Event::CData(_) | Event::Comment(_) => {}
            Event::Eof => return Err(Failure::new(Problem::UnexpectedEnd, at)),
            Event::PI(_) | Event::Decl(_) | Event::DocType(_) => {
                return Err(failure("the narrative may hold elements, text and comments only", at));
            }
        }
    }
    Ok(edits.finish(position(xml)))
}

/// Checks a tag's attributes; gives their names.
pub(super) fn attributes(tag: &BytesStart<'_>, at: usize) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    if !text::stand_apart(tag.attributes_raw()) {
        return Err(failure("not well-formed XML: attributes stand together without a blank", at));
    }
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| failure(format!("not well-formed XML: {error}"), at))?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        if !text::is_name(&name) {
            return Err(failure("not well-formed XML: an attribute has a name that none can have", at));
        }
        if name.contains(':') && !name.starts_with("xml:") && !name.starts_with("xmlns:") {
            return Err(failure("the narrative has an attribute that is not XHTML", at));
        }
        text::attribute_value(&String::from_utf8_lossy(&attribute.value))
            .map_err(|words| failure(words, at))?;
        names.push(name);
        if names.len() > ATTRIBUTE_LIMIT {
            return Err(failure(format!("an element has more than {ATTRIBUTE_LIMIT} attributes"), at));
        }
    }
    Ok(names)
}

/// A part of the source, copied with few changes.
struct Edits<'a> {
    source: &'a str,
    copied: usize,
    text: String,
}

impl<'a> Edits<'a> {
    fn insert(&mut self, at: usize, addition: &str) {
        self.text.push_str(&self.source[self.copied..at]);
        self.text.push_str(addition);
        self.copied = at;
    }

    fn without_prefix(&mut self, at: usize, length: usize) {
        if length > 0 {
            self.insert(at, "");
            self.copied = at + length;
        }
    }

    fn finish(self, end: usize) -> Cow<'a, str> {
        let rest = &self.source[self.copied..end];
        if self.text.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(self.text + rest) }
    }
}

/// Checks a narrative that came in JSON, to be put into XML: one well-formed `div`. HTML's named characters, which
/// XML does not know, become the characters themselves.
pub(super) fn to_xml(div: &str) -> Result<Cow<'_, str>, String> {
    let div = with_characters_for_names(div);
    if let Some(at) = text::forbidden_character(&div) {
        return Err(format!("the narrative has a character that XML cannot hold, at its byte {at}"));
    }
    match check(&div) {
        Ok(()) => Ok(div),
        Err(failure) => Err(format!("the narrative cannot be put into XML: {}", failure.problem)),
    }
}

/// One well-formed `div` and nothing else.
fn check(div: &str) -> Result<(), Failure> {
    let mut xml = strict_reader(div);
    let (at, space, event) = next(&mut xml)?;
    let Event::Start(tag) = event else { return Err(failure("a narrative is one div", at)) };
    if space != Space::Xhtml || tag.local_name().as_ref() != b"div" {
        return Err(failure(format!("a narrative is a div in the namespace {XHTML_NAMESPACE}"), at));
    }
    copy(&mut xml, div, at, &tag)?;
    match next(&mut xml)? {
        (_, _, Event::Eof) => Ok(()),
        (at, ..) => Err(failure("a narrative is one div", at)),
    }
}

/// `&nbsp;` and its like as the characters they name; XML's own five stay.
fn with_characters_for_names(div: &str) -> Cow<'_, str> {
    let mut text = String::new();
    let mut rest = div;
    while let Some(at) = rest.find('&') {
        let after = &rest[at + 1..];
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= 32);
        let character = name
            .filter(|name| text::resolve(name).is_err())
            .and_then(quick_xml::escape::resolve_html5_entity)
            .filter(|character| !character.contains(['&', '<', '>']));
        match (name, character) {
            (Some(name), Some(character)) => {
                text.push_str(&rest[..at]);
                text.push_str(character);
                rest = &after[name.len() + 1..];
            }
            _ => {
                text.push_str(&rest[..=at]);
                rest = after;
            }
        }
    }
    if text.len() + rest.len() == div.len() && text.is_empty() {
        return Cow::Borrowed(div);
    }
    text.push_str(rest);
    Cow::Owned(text)
}
