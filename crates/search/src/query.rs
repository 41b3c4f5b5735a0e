//! A search as data: what a URL asks for, after parsing and checking.

use fhir::schema::TypeId;

/// A whole search.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The types searched; empty means every type.
    pub types: Vec<TypeId>,
    /// What must hold: all of them.
    pub clauses: Vec<Clause>,
    /// The order asked for; behind it always comes [`crate::rows::IndexRows::recency_ms`] descending, then the key
    /// descending, so that every order is total. Empty: only that.
    pub sort: Vec<SortKey>,
    /// Matches on a page (`_count`).
    pub count: usize,
    /// Continue behind this place: the opaque text of a former answer's cursor.
    pub cursor: Option<String>,
    /// Whether the total is wanted (`_total`, `_summary=count`).
    pub total: Total,
}

/// One condition.
#[derive(Clone, Debug)]
pub enum Clause {
    /// All of them hold (from `_filter`, compartments and policy).
    All(Vec<Clause>),
    /// At least one holds.
    Any(Vec<Clause>),
    /// It does not hold.
    Not(Box<Clause>),
    /// A parameter of the resource has one of the values.
    Parameter(Criterion),
    /// A reference leads to a resource of one of the types for which the inner clause holds
    /// (`subject:Patient.name=…`).
    Chain {
        /// The reference parameter's code.
        parameter: &'static str,
        /// The types it may lead to.
        targets: Vec<TypeId>,
        /// What holds there.
        inner: Box<Clause>,
    },
    /// Some resource of a type refers to this one by a parameter, and the inner clause holds there
    /// (`_has:Observation:patient:code=…`).
    Has {
        /// The type that refers.
        source: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// What holds there.
        inner: Box<Clause>,
    },
    /// The resource is an entry of this List (`_list`).
    InList(String),
    /// Nothing matches: a clause that can hold for no resource, such as a token in an empty value set.
    Never,
}

/// A condition on one parameter. The content is the matcher's own.
#[derive(Clone, Debug)]
pub struct Criterion {
    /// The parameter's code, such as `value-quantity` or `_id`.
    pub code: &'static str,
}

/// One key of an order.
#[derive(Clone, Copy, Debug)]
pub struct SortKey {
    /// The parameter's code.
    pub code: &'static str,
    /// True for `-code`.
    pub descending: bool,
}

/// Whether and how exactly the number of matches is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Total {
    /// Only when it costs nothing.
    #[default]
    None,
    /// An estimate will do.
    Estimate,
    /// Exactly.
    Accurate,
}
