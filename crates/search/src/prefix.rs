//! The comparisons that stand before ordered values (R4 search §3.1.1.4.2).

/// How a value of a resource relates to the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Prefix {
    /// `eq`: within what is asked for.
    #[default]
    Equal,
    /// `ne`: not within it.
    NotEqual,
    /// `gt`: at least partly above.
    Greater,
    /// `lt`: at least partly below.
    Less,
    /// `ge`: `gt` or `eq`.
    GreaterOrEqual,
    /// `le`: `lt` or `eq`.
    LessOrEqual,
    /// `sa`: wholly behind.
    StartsAfter,
    /// `eb`: wholly before.
    EndsBefore,
    /// `ap`: about.
    Approximate,
}

/// Prefixes with their codes (`http://hl7.org/fhir/search-comparator`).
const PREFIXES: [(&str, Prefix); 9] = [
    ("eq", Prefix::Equal),
    ("ne", Prefix::NotEqual),
    ("gt", Prefix::Greater),
    ("lt", Prefix::Less),
    ("ge", Prefix::GreaterOrEqual),
    ("le", Prefix::LessOrEqual),
    ("sa", Prefix::StartsAfter),
    ("eb", Prefix::EndsBefore),
    ("ap", Prefix::Approximate),
];

impl Prefix {
    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        PREFIXES.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        PREFIXES.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }

    /// The prefix of a value and what is behind it. Letters that are no prefix are an error, given back.
    pub(crate) fn split(text: &str) -> Result<(Self, &str), &str> {
        let letters = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        if letters == 0 {
            return Ok((Self::Equal, text));
        }
        Self::from_code(&text[..letters]).map(|prefix| (prefix, &text[letters..])).ok_or(&text[..letters])
    }
}

/// Values from `low` to `high`; `None` is open. Whether `high` itself belongs to it is for whoever compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval<T> {
    /// The least value.
    pub low: Option<T>,
    /// The greatest value.
    pub high: Option<T>,
}

impl<T> Interval<T> {
    /// The ends as something else.
    pub(crate) fn map<U>(self, convert: impl Fn(T) -> U) -> Interval<U> {
        Interval { low: self.low.map(&convert), high: self.high.map(convert) }
    }
}
