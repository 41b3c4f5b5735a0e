//! Which index rows hold a superset of what a clause asks for.

use crate::query::Clause;
use crate::rows::{Home, ParameterKey};
use fhir::schema::TypeId;

/// A way to candidates. What it finds contains all that its clause matches, and perhaps more.
#[derive(Clone, Debug)]
pub enum Access {
    /// The resources of a type with these ids.
    Ids(TypeId, Vec<String>),
    /// One patient's resources of a type, most recent first; those that lack one of the signature hashes may be
    /// skipped.
    Home {
        /// Whose record.
        home: Home,
        /// The type.
        type_id: TypeId,
        /// Hashes of which a candidate has at least one; empty: no condition.
        signature: Vec<u32>,
    },
    /// All resources of a type, most recent first, within a range of the principal date.
    Type {
        /// The type.
        type_id: TypeId,
        /// Recency at least this.
        low_ms: i64,
        /// Recency below this.
        high_ms: i64,
        /// As for [`Access::Home`].
        signature: Vec<u32>,
    },
    /// Token rows, most recent first.
    Token {
        /// The parameter.
        parameter: ParameterKey,
        /// The hash.
        hash: i64,
    },
    /// Number rows in a closed range.
    Number {
        /// The parameter.
        parameter: ParameterKey,
        /// The unit hash.
        unit: i64,
        /// Least value.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// Text rows that begin with a prefix.
    Text {
        /// The parameter.
        parameter: ParameterKey,
        /// The folded prefix.
        prefix: String,
    },
    /// Date rows whose interval meets `[low_ms, high_ms)`.
    Date {
        /// The parameter.
        parameter: ParameterKey,
        /// First millisecond.
        low_ms: i64,
        /// The millisecond behind the last.
        high_ms: i64,
    },
    /// Whatever any of them finds.
    Union(Vec<Access>),
    /// What refers by a parameter to a resource that the inner clause matches: run the inner clause on the target
    /// types first; [`reference_access`] then gives the access for each target found.
    Chain {
        /// The type that refers.
        type_id: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// Where it may lead.
        targets: Vec<TypeId>,
        /// What holds there.
        inner: Clause,
    },
    /// What is referred to: run the inner clause on the source type first, and take the references that its
    /// parameter has there.
    Has {
        /// The type wanted.
        type_id: TypeId,
        /// The type that refers.
        source: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// What holds there.
        inner: Clause,
    },
}
