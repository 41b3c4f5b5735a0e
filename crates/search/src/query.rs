//! A search as data: what a URL asks for, after parsing and checking.

use crate::value::ValueTest;
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
    /// Matches on a page (`_count`); 0 when only the total is wanted.
    pub count: usize,
    /// Continue behind this place: the opaque text of a former answer's cursor.
    pub cursor: Option<String>,
    /// Whether the total is wanted (`_total`, `_summary=count`).
    pub total: Total,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
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
    /// (`_has:Observation:patient:code=…`; `_list` is this with `List` and `item`).
    Has {
        /// The type that refers.
        source: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// What holds there.
        inner: Box<Clause>,
    },
    /// The resource is of a type, and the inner clause holds for it: for what differs by type in a search over several.
    OfType {
        /// The type.
        type_id: TypeId,
        /// What holds for resources of it.
        inner: Box<Clause>,
    },
    /// The resource is in a compartment: by the parameters that its type has for it.
    InCompartment {
        /// The compartment's type, such as `Patient`.
        compartment: TypeId,
        /// The id of the resource whose compartment it is.
        id: String,
    },
    /// Nothing matches: a clause that can hold for no resource, such as a token in an empty value set.
    Never,
}

impl Clause {
    /// At least one of some clauses; `None` of none.
    pub fn any_of(mut clauses: Vec<Self>) -> Option<Self> {
        match clauses.len() {
            0 => None,
            1 => clauses.pop(),
            _ => Some(Self::Any(clauses)),
        }
    }

    /// Whether something is so for the clause or for one within it.
    pub fn has(&self, is_so: &dyn Fn(&Self) -> bool) -> bool {
        let within = match self {
            Self::All(clauses) | Self::Any(clauses) => clauses.iter().any(|clause| clause.has(is_so)),
            Self::Not(inner)
            | Self::Chain { inner, .. }
            | Self::Has { inner, .. }
            | Self::OfType { inner, .. } => inner.has(is_so),
            Self::Parameter(_) | Self::InCompartment { .. } | Self::Never => false,
        };
        within || is_so(self)
    }
}

/// A condition on one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// The parameter's code, such as `value-quantity` or `_id`.
    pub code: &'static str,
    /// What must hold for its values.
    pub test: Test,
}

/// What must hold for a parameter's values.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `:missing`: true when there must be no value, false when there must be one.
    Missing(bool),
    /// At least one value meets at least one of these.
    AnyOf(Vec<ValueTest>),
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
