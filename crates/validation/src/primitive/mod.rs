//! The values of the primitive types (FHIR: Data Types, section 2.24.0.1), checked by hand-written scanners.

mod binary;
mod date_time;
mod number;
mod suspicion;
mod text;
mod uri;

use fhir::quoted::quoted;
use fhir::{Kind, Node};
use std::borrow::Cow;

/// A primitive type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Primitive {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

use Primitive as P;

/// The types by name.
const NAMES: [(&str, Primitive); 20] = [
    ("base64Binary", P::Base64Binary),
    ("boolean", P::Boolean),
    ("canonical", P::Canonical),
    ("code", P::Code),
    ("date", P::Date),
    ("dateTime", P::DateTime),
    ("decimal", P::Decimal),
    ("id", P::Id),
    ("instant", P::Instant),
    ("integer", P::Integer),
    ("markdown", P::Markdown),
    ("oid", P::Oid),
    ("positiveInt", P::PositiveInt),
    ("string", P::String),
    ("time", P::Time),
    ("unsignedInt", P::UnsignedInt),
    ("uri", P::Uri),
    ("url", P::Url),
    ("uuid", P::Uuid),
    ("xhtml", P::Xhtml),
];

impl Primitive {
    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, primitive)| *primitive)
    }

    /// How the type is written in JSON.
    pub fn json_kind(self) -> Kind {
        match self {
            P::Boolean => Kind::Bool,
            P::Decimal | P::Integer | P::PositiveInt | P::UnsignedInt => Kind::Number,
            _ => Kind::String,
        }
    }

    /// True for the types whose value may point at a contained resource by `#id`.
    pub fn may_be_local(self) -> bool {
        matches!(self, P::Uri | P::Url | P::Canonical)
    }

    /// Checks the text of a value that has the right JSON kind. Narratives are checked elsewhere.
    ///
    /// # Errors
    /// What is wrong and how to mend it, to stand behind the value.
    pub fn check(self, value: &str) -> Result<(), Cow<'static, str>> {
        match self {
            P::Boolean | P::Xhtml => Ok(()),
            P::Base64Binary => binary::base64(value),
            P::Date => date_time::date(value),
            P::DateTime => date_time::date_time(value),
            P::Instant => date_time::instant(value),
            P::Time => date_time::time(value),
            P::Decimal => number::decimal(value),
            P::Integer => number::whole(value, "integer", i64::from(i32::MIN)),
            P::UnsignedInt => number::whole(value, "unsignedInt", 0),
            P::PositiveInt => number::whole(value, "positiveInt", 1),
            P::Code => text::code(value),
            P::Id => text::id(value),
            P::Markdown | P::String => text::string(value),
            P::Canonical => uri::canonical(value),
            P::Oid => uri::oid(value),
            P::Uri => uri::uri(value),
            P::Url => uri::url(value),
            P::Uuid => uri::uuid(value),
        }
    }
}

/// A value for a message: whole when short, its beginning otherwise.
pub(crate) fn shown(node: Node<'_>) -> String {
    match node.scalar() {
        Some(text) => quoted(&text),
        None => "the value".to_owned(),
    }
}
