//! A JSON text read once into a tape of nodes over its own bytes.
//!
//! Strings, numbers and names are slices of the input: decimals keep their digits, members keep their order,
//! and a document that was not changed writes back the bytes it was read from.

use crate::parse_error::ParseError;
use crate::reader::{self, Limits};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A read-only JSON text with its tape.
#[derive(Clone)]
pub struct Document {
    pub(crate) text: Arc<str>,
    pub(crate) tape: Box<[Entry]>,
}

/// One entry of the tape. A member of an object is two entries: its name, then its value.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Byte offset of the first byte; for strings and names, behind the opening quote.
    pub start: u32,
    /// Byte offset behind the last byte; for strings and names, of the closing quote.
    pub end: u32,
    /// Index of the entry behind this one and all it holds.
    pub next: u32,
    pub kind: Kind,
    /// A string or name with escapes in it: it must be decoded.
    pub escaped: bool,
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept with its digits.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Document {
    /// Reads JSON with the limits that hold for a request. Takes the bytes to keep them as they are.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, ParseError> {
        Self::parse_with(bytes, Limits::default())
    }

    /// Reads JSON with limits of the caller's.
    pub fn parse_with(bytes: impl Into<Vec<u8>>, limits: Limits) -> Result<Self, ParseError> {
        reader::read(bytes.into(), limits)
    }

    /// Reads a text that is shared with others, with limits of the caller's.
    pub fn of_shared(text: Arc<str>, limits: Limits) -> Result<Self, ParseError> {
        reader::read_text(text, limits)
    }

    /// The text as it was read, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    /// The type of the resource, when the text is an object with a `resourceType`.
    pub fn resource_type(&self) -> Option<Cow<'_, str>> {
        self.root().get("resourceType")?.as_str()
    }

    /// A part of a document as a document of its own, with the bytes it has there.
    pub fn from_node(node: Node<'_>) -> Self {
        Self::parse_with(node.raw().as_bytes(), Limits::UNBOUNDED)
            .expect("a part of a document is a document")
    }
}

impl fmt::Debug for Document {
    /// Sizes only: a resource is a patient's and does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.text.len())
            .field("entries", &self.tape.len())
            .finish()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// A value in a [`Document`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) document: &'a Document,
    pub(crate) index: u32,
}

impl<'a> Node<'a> {
    fn entry(self) -> &'a Entry {
        &self.document.tape[self.index as usize]
    }

    fn at(self, index: u32) -> Node<'a> {
        Node { document: self.document, index }
    }

    /// What this value is.
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// Identity of the place: equal only for the same place of the same document.
    pub fn same_place(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }

    /// The index of this place in its document: stable, unique, in document order.
    pub fn position(self) -> u32 {
        self.index
    }

    /// The document this place is in.
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// The source text of this value, exactly as sent (strings with their quotes).
    pub fn raw(self) -> &'a str {
        let entry = self.entry();
        let (start, end) = (entry.start as usize, entry.end as usize);
        match entry.kind {
            Kind::String => &self.document.text[start - 1..end + 1],
            _ => &self.document.text[start..end],
        }
    }

    /// The value of a string, escapes decoded. `None` for anything but a string.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| self.decoded())
    }

    fn decoded(self) -> Cow<'a, str> {
        let entry = self.entry();
        let raw = &self.document.text[entry.start as usize..entry.end as usize];
        if entry.escaped { Cow::Owned(reader::unescape(raw)) } else { Cow::Borrowed(raw) }
    }

    /// The digits of a number exactly as sent. `None` for anything but a number.
    pub fn as_number(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The value of a boolean.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The text of a string, number or boolean: what FHIR calls the primitive's value.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::String => Some(self.decoded()),
            Kind::Number | Kind::Bool => Some(Cow::Borrowed(self.raw())),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// The member of an object by name.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        if self.kind() != Kind::Object {
            return None;
        }
        let (mut index, end) = (self.index + 1, self.entry().next);
        while index < end {
            let key = self.at(index);
            let entry = key.entry();
            let raw = &self.document.text[entry.start as usize..entry.end as usize];
            let same = if entry.escaped { key.decoded() == name } else { raw == name };
            if same {
                return Some(self.at(index + 1));
            }
            index = self.at(index + 1).entry().next;
        }
        None
    }

    /// The member of an object by name, and the member of that name behind an underscore, in one pass.
    pub(crate) fn get_with_sibling(self, name: &str) -> (Option<Node<'a>>, Option<Node<'a>>) {
        let (mut value, mut sibling) = (None, None);
        for (key, node) in self.members() {
            if key == name {
                value = value.or(Some(node));
            } else if key.len() == name.len() + 1 && key.strip_prefix('_') == Some(name) {
                sibling = sibling.or(Some(node));
            }
            if value.is_some() && sibling.is_some() {
                break;
            }
        }
        (value, sibling)
    }

    /// The member of an object as a string.
    pub fn get_str(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_str()
    }

    /// The value at a path of member names; an array on the way is entered at its first item.
    pub fn at_path(self, names: &[&str]) -> Option<Node<'a>> {
        names.iter().try_fold(self, |node, name| {
            let node = if node.kind() == Kind::Array { node.items().next()? } else { node };
            node.get(name)
        })
    }

    /// The members of an object in the order sent; empty for anything else.
    pub fn members(self) -> Members<'a> {
        let end = if self.kind() == Kind::Object { self.entry().next } else { self.index + 1 };
        Members { document: self.document, index: self.index + 1, end }
    }

    /// The items of an array in order; empty for anything else.
    pub fn items(self) -> Items<'a> {
        let end = if self.kind() == Kind::Array { self.entry().next } else { self.index + 1 };
        Items { document: self.document, index: self.index + 1, end }
    }

    /// The items of an array, or the value itself when it is not an array and not null: FHIR's "0..*" read
    /// leniently.
    pub fn each(self) -> Items<'a> {
        match self.kind() {
            Kind::Array => self.items(),
            Kind::Null => Items { document: self.document, index: 0, end: 0 },
            _ => Items { document: self.document, index: self.index, end: self.index + 1 },
        }
    }

    /// The items under a member: [`Node::each`] of it, or nothing when the member is absent.
    pub fn each_of(self, name: &str) -> Items<'a> {
        match self.get(name) {
            Some(node) => node.each(),
            None => Items { document: self.document, index: 0, end: 0 },
        }
    }

    /// Byte range of this value in the document's text; see [`Node::raw`].
    pub fn range(self) -> std::ops::Range<usize> {
        let entry = self.entry();
        let quote = usize::from(entry.kind == Kind::String);
        entry.start as usize - quote..entry.end as usize + quote
    }

    /// Byte range of a whole member in the document's text: from the quote of its name to the end of its value.
    pub fn member_range(self, name: &str) -> Option<std::ops::Range<usize>> {
        let value = self.get(name)?;
        let key = self.at(value.index - 1);
        Some(key.range().start..value.range().end)
    }

    /// Byte offset of this value in the source.
    pub(crate) fn offset(self) -> usize {
        self.entry().start as usize
    }

    /// 1-based line and column (in characters) of this value in the source.
    pub fn line_column(self) -> (usize, usize) {
        reader::line_column(&self.document.text, self.entry().start as usize)
    }
}

impl fmt::Debug for Node<'_> {
    /// Kind and place only: a resource is a patient's and does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.kind(), self.index)
    }
}

/// Iterator over the members of an object.
#[derive(Clone)]
pub struct Members<'a> {
    document: &'a Document,
    index: u32,
    end: u32,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.end {
            return None;
        }
        let key = Node { document: self.document, index: self.index };
        let value = Node { document: self.document, index: self.index + 1 };
        self.index = value.entry().next;
        Some((key.decoded(), value))
    }
}

/// Iterator over the items of an array.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    index: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.end {
            return None;
        }
        let node = Node { document: self.document, index: self.index };
        self.index = node.entry().next;
        Some(node)
    }
}
