//! What a resource writes into the index.

pub(crate) mod extract;

pub use extract::index_rows;

use crate::hash;
use fhir::schema::TypeId;

/// The version of the rules by which rows are made. Raise it whenever the same resource would make other rows than
/// before (rules, `index.tsv`, hashes, folding): stores then make all rows anew.
pub const INDEX_VERSION: u32 = 4;

/// Stands for one patient's record: the resources whose main reference leads to that patient lie together under
/// it. Made from the patient's id alone, so it needs no look-up; 0 is the shared record of resources with no
/// patient or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Home(pub i64);

impl Home {
    /// The shared record.
    pub const SHARED: Self = Self(0);

    /// The record of a patient.
    pub fn of_patient(id: &str) -> Self {
        let hash = hash::of_reference("Patient", id);
        // 0 is taken.
        Self(if hash == 0 { 1 } else { hash })
    }
}

/// The index rows of one version of one resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRows {
    /// Whose record it belongs to.
    pub home: Home,
    /// The resource's principal clinical date in milliseconds since 1970 (when it was observed, began, was
    /// ordered): the low end of it. `None` when it has none: the store takes the time of the write.
    pub recency_ms: Option<i64>,
    /// Sorted 32-bit hashes of every token, reference and URI of the resource, whichever parameter finds it, indexed or
    /// not: a scan skips resources that lack a hash without reading them.
    pub signature: Vec<u32>,
    /// Tokens, references and URIs.
    pub tokens: Vec<TokenRow>,
    /// Numbers and quantities.
    pub numbers: Vec<NumberRow>,
    /// Folded strings.
    pub texts: Vec<TextRow>,
    /// Dates other than the principal one; the principal one too, when it is a long interval.
    pub dates: Vec<DateRow>,
}

/// The parameter a row belongs to: the type and the parameter's code.
pub type ParameterKey = (TypeId, &'static str);

/// A token, reference or URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenRow {
    /// The parameter's code.
    pub parameter: &'static str,
    /// Hash of the code (without its system), or of `Type/id`, or of the URI.
    pub hash: i64,
}

/// A number or a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberRow {
    /// The parameter's code.
    pub parameter: &'static str,
    /// Hash of what the number counts: the unit; for a composite of a token and a quantity, the token, or the token and
    /// the canonical unit.
    pub unit: i64,
    /// The value: in the canonical unit where there is one, but as written beside the hash of a token alone.
    /// `f64::MIN` and `f64::MAX` stand for open ends.
    pub value: f64,
}

/// A string, folded (case, accents), cut to a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// The parameter's code.
    pub parameter: &'static str,
    /// The folded text.
    pub text: String,
}

/// A date, as the interval it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRow {
    /// The parameter's code.
    pub parameter: &'static str,
    /// First millisecond.
    pub low_ms: i64,
    /// The millisecond behind the last; `i64::MAX` for an open end.
    pub high_ms: i64,
}
