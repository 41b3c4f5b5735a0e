//! A JSON tree that can be changed: for building resources and for patches.

use crate::document::{Document, Kind, Node};
use crate::parse_error::ParseError;
use crate::reader::Limits;
use std::fmt::Write;

/// An owned JSON value. Numbers keep the digits they were given.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, by its digits.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// An object: members in order, names unique.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// An empty object.
    pub fn new() -> Self {
        Self::default()
    }

    /// The member by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The member by name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets a member: in its place if it is there, at the end otherwise.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.get_mut(&name) {
            Some(place) => *place = value,
            None => self.0.push((name, value)),
        }
    }

    /// Sets a member at a position among the members; if it is there already, in its place.
    pub fn set_at(&mut self, position: usize, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.get_mut(&name) {
            Some(place) => *place = value,
            None => self.0.insert(position.min(self.0.len()), (name, value)),
        }
    }

    /// Removes a member and gives it.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(index).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The members in order, to change their values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds a member that is not there yet at the end.
    pub(crate) fn append_new(&mut self, name: String, value: Value) {
        debug_assert!(self.get(&name).is_none());
        self.0.push((name, value));
    }

    /// Adds members that are not there yet at the end, in order.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        let mut object = Self::new();
        for (name, value) in members {
            object.set(name, value);
        }
        object
    }
}

impl Value {
    /// The member of an object by name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// The members, when this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The members, when this is an object, to change.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The items, when this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The items, when this is an array, to change.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// A number from digits that are JSON already, such as `1.50`.
    pub fn number(digits: impl Into<String>) -> Self {
        Self::Number(digits.into())
    }

    /// Compact JSON.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, None, 0);
        text
    }

    /// JSON over lines, two spaces a level.
    pub fn to_pretty_json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, Some(2), 0);
        text
    }

    /// This tree as a document, read anew.
    ///
    /// # Panics
    /// When a [`Value::Number`] holds text that is no number or the tree is nested more than 256 deep: both are
    /// faults of the code that built the tree.
    pub fn to_document(&self) -> Document {
        Document::parse_with(self.to_json(), Limits::UNBOUNDED).expect("a tree we built is JSON")
    }

    /// This tree as a document, unless it is nested deeper than allowed.
    pub(crate) fn try_to_document(&self, depth: usize) -> Result<Document, ParseError> {
        Document::parse_with(self.to_json(), Limits { depth, ..Limits::UNBOUNDED })
    }

    fn write(&self, text: &mut String, indent: Option<usize>, level: usize) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits) => text.push_str(digits),
            Self::String(value) => write_string(text, value),
            Self::Array(items) => {
                write_list(text, indent, level, ('[', ']'), items.iter(), |text, item| {
                    item.write(text, indent, level + 1);
                });
            }
            Self::Object(object) => {
                write_list(text, indent, level, ('{', '}'), object.0.iter(), |text, (name, value)| {
                    write_string(text, name);
                    text.push_str(if indent.is_some() { ": " } else { ":" });
                    value.write(text, indent, level + 1);
                });
            }
        }
    }
}

fn write_list<T>(
    text: &mut String,
    indent: Option<usize>,
    level: usize,
    brackets: (char, char),
    items: impl ExactSizeIterator<Item = T>,
    mut write_item: impl FnMut(&mut String, T),
) {
    let filled = items.len() > 0;
    text.push(brackets.0);
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        new_line(text, indent, level + 1);
        write_item(text, item);
    }
    if filled {
        new_line(text, indent, level);
    }
    text.push(brackets.1);
}

fn new_line(text: &mut String, indent: Option<usize>, level: usize) {
    if let Some(width) = indent {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', width * level));
    }
}

/// Writes a JSON string with its quotes.
pub fn write_string(text: &mut String, value: &str) {
    text.push('"');
    let mut rest = value;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        text.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            control => write!(text, "\\u{control:04x}").expect("writing to a string"),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}

impl From<Node<'_>> for Value {
    fn from(node: Node<'_>) -> Self {
        match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Bool(node.as_bool() == Some(true)),
            Kind::Number => Self::Number(node.raw().to_owned()),
            Kind::String => Self::String(node.as_str().unwrap_or_default().into_owned()),
            Kind::Array => Self::Array(node.items().map(Value::from).collect()),
            Kind::Object => Self::Object(Object(
                node.members().map(|(name, value)| (name.into_owned(), value.into())).collect(),
            )),
        }
    }
}

impl From<&Document> for Value {
    fn from(document: &Document) -> Self {
        document.root().into()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<rust_decimal::Decimal> for Value {
    fn from(number: rust_decimal::Decimal) -> Self {
        Self::Number(number.to_string())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

/// Builds an object: `object! { "resourceType" => "Patient", "active" => true }`.
#[macro_export]
macro_rules! object {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut object = $crate::Object::new();
        $(object.set($name, $value);)*
        $crate::Value::Object(object)
    }};
}

/// Builds an array of values of several kinds: `array!["a", 1, object! {}]`.
#[macro_export]
macro_rules! array {
    ($($item:expr),* $(,)?) => { $crate::Value::Array(vec![$($crate::Value::from($item)),*]) };
}
