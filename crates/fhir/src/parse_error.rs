//! What is wrong with bytes that should have been a resource, and where.

use std::fmt;

/// A refusal to read: what is wrong, at which line and column, and under which FHIR path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub problem: Problem,
    /// 1-based line in the input.
    pub line: usize,
    /// 1-based column in the line, in characters.
    pub column: usize,
    /// Where in the resource, as a FHIR path such as `Patient.name[0].family`; empty at the root.
    pub path: String,
}

/// The kinds of refusal, each with what the sender needs to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More bytes than the limit allows.
    TooLarge {
        /// Size of the input in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Objects and arrays nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The same member name twice in one object.
    DuplicateKey(String),
    /// Input ended in the middle of a value.
    UnexpectedEnd,
    /// A character where something else was expected.
    Unexpected {
        /// The character found.
        found: char,
        /// What would have been right.
        expected: &'static str,
    },
    /// A number outside JSON's grammar, such as `01` or `1.`.
    BadNumber,
    /// An escape sequence in a string outside JSON's grammar, or half a surrogate pair.
    BadEscape,
    /// A raw control character inside a string.
    ControlCharacter,
    /// Something behind the end of the value.
    TrailingData,
    /// The XML is not well-formed or not FHIR; the text says how.
    Xml(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "the body has {bytes} bytes, more than the {limit} allowed; send it in parts")
            }
            Self::NotUtf8 => f.write_str("the bytes are not UTF-8; send UTF-8"),
            Self::TooDeep { limit } => {
                write!(f, "objects and arrays are nested more than {limit} deep; flatten the content")
            }
            Self::DuplicateKey(key) => write!(f, "the member \"{key}\" stands twice in one object; keep one"),
            Self::UnexpectedEnd => f.write_str("the input ends in the middle of a value; send it whole"),
            Self::Unexpected { found, expected } => write!(f, "found {found:?} where {expected} belongs"),
            Self::BadNumber => {
                f.write_str("not a JSON number; write digits without leading zeros, such as 0.5 or 120")
            }
            Self::BadEscape => f.write_str("not a valid escape in a JSON string; write \\\\ for a backslash"),
            Self::ControlCharacter => {
                f.write_str("a control character stands raw in a string; escape it, such as \\n")
            }
            Self::TrailingData => f.write_str("there is more behind the end of the resource; remove it"),
            Self::Xml(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ", at {}", self.path)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ParseError {}

/// A problem on its way out; each level that it passes adds its part of the path, innermost first.
pub(crate) struct Failure {
    pub problem: Problem,
    /// Byte offset in the input.
    pub at: usize,
    pub path: Vec<Segment>,
}

/// A part of a path.
pub(crate) enum Segment {
    Member(String),
    Item(usize),
}

impl Failure {
    pub(crate) fn new(problem: Problem, at: usize) -> Self {
        Self { problem, at, path: Vec::new() }
    }

    /// The failure with the place it comes through.
    pub(crate) fn within(mut self, member: &str) -> Self {
        self.path.push(Segment::Member(member.to_owned()));
        self
    }

    /// The failure with the place in an array it comes through.
    pub(crate) fn within_item(mut self, index: usize) -> Self {
        self.path.push(Segment::Item(index));
        self
    }

    /// The whole path below a root, such as `Patient.name[0].family`.
    pub(crate) fn path(&self, root: String) -> String {
        let mut path = root;
        for segment in self.path.iter().rev() {
            match segment {
                Segment::Member(name) if path.is_empty() => path.push_str(name),
                Segment::Member(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Segment::Item(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}
