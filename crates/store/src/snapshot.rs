//! What the search executor asks of a backend: batches of places in the index, and the documents there. One
//! method is one statement a backend sends.

use crate::error::StoreError;
use crate::version::{ResourceKey, Version};
use fhir::schema::TypeId;
use search::rows::ParameterKey;
use search::text::WordTest;
use std::ops::Range;

/// A place in the order of every type: ascending by recency, then key. Answers go backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position {
    /// Principal date in milliseconds since 1970.
    pub recency: i64,
    /// The internal key.
    pub key: i64,
}

/// Where a current document lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub position: Position,
    pub home: i64,
    pub type_id: TypeId,
}

/// A current document with its place.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub position: Position,
    pub version: Version,
}

/// Index rows that lie together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Leaf {
    /// Documents by id.
    Ids(TypeId, Vec<String>),
    /// One home's documents of a type, in order.
    Home(TypeId, i64),
    /// All documents of a type, in order.
    Type(TypeId),
    /// The documents of a type with their recency in `[low, high)`, in order.
    TypeWithin(TypeId, i64, i64),
    /// Those with a token, in order.
    Token(ParameterKey, i64),
    /// Those with a number in a closed range: parameter, unit, least, greatest.
    Number(ParameterKey, i64, f64, f64),
    /// Those with a text that begins so.
    Text(ParameterKey, String),
    /// Those with a date that meets `[low, high)`.
    Date(ParameterKey, i64, i64),
}

impl Leaf {
    /// Whether its rows lie in the order of answers.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Home(..) | Self::Type(_) | Self::TypeWithin(..) | Self::Token(..))
    }

    /// The type of the documents that it leads to.
    pub fn type_id(&self) -> TypeId {
        match self {
            Self::Ids(type_id, _)
            | Self::Home(type_id, _)
            | Self::Type(type_id)
            | Self::TypeWithin(type_id, ..) => *type_id,
            Self::Token(parameter, _)
            | Self::Number(parameter, ..)
            | Self::Text(parameter, _)
            | Self::Date(parameter, ..) => parameter.0,
        }
    }

    /// A range of recency, as narrow as the leaf.
    pub fn within(&self, recency: &Range<i64>) -> Range<i64> {
        match self {
            Self::TypeWithin(_, low, high) => recency.start.max(*low)..recency.end.min(*high),
            _ => recency.clone(),
        }
    }
}

/// Documents must have one token of each group.
pub(crate) type TokenGroups = Vec<Vec<(ParameterKey, i64)>>;

/// A walk along a leaf.
pub(crate) struct Walk<'a> {
    /// Where.
    pub leaf: &'a Leaf,
    /// Recency within this range.
    pub recency: Range<i64>,
    /// Only places before this one.
    pub behind: Option<Position>,
    /// Only documents whose signature, where the leaf has it, has one hash of each group.
    pub signature: &'a [Vec<u32>],
    /// Only documents with these tokens, as far as the walk looks for them: see [`Walked::is_narrowed`].
    pub tokens: &'a TokenGroups,
    /// Stop when so many places are found.
    pub limit: usize,
    /// Stop when so many rows were looked at. When it is no more than `limit`, a leaf without order is walked to its end
    /// or not at all; otherwise its most recent places are given, however many rows it has.
    pub examine: usize,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// The places, last in order first, each once.
    pub places: Vec<Place>,
    /// The last place looked at: where to go on.
    pub last: Option<Position>,
    /// Rows looked at.
    pub examined: usize,
    /// True when the leaf was walked to its end.
    pub done: bool,
    /// True when all places have the tokens that were asked for; else [`Snapshot::has_tokens`] tells of each.
    pub is_narrowed: bool,
}

/// The data at one moment.
pub(crate) trait Snapshot {
    /// True when the index rows are by this program's rules. When false, only [`Leaf::Type`] holds all documents, and
    /// neither signatures nor recency mean anything but order.
    fn is_index_current(&self) -> bool;

    /// Walks along leaves; what each walk found.
    fn walk(&self, walks: &[Walk]) -> Result<Vec<Walked>, StoreError>;

    /// Counts the rows of a leaf, within a range of recency where the leaf is in order, up to a cap.
    fn count_up_to(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> Result<usize, StoreError>;

    /// Told of the leaves that are about to be counted: for a backend that is better asked once than often.
    fn count_ahead(&self, _leaves: &[&Leaf], _recency: &Range<i64>, _cap: usize) -> Result<(), StoreError> {
        Ok(())
    }

    /// The ids of a type's documents that may have words, when they are no more than a cap; `None` when there are more, or
    /// no index of words is at hand.
    fn with_words(
        &self,
        _type_id: TypeId,
        _test: &WordTest,
        _cap: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        Ok(None)
    }

    /// Whether the document at a place has one token of each group.
    fn has_tokens(&self, at: Position, tokens: &TokenGroups) -> Result<bool, StoreError>;

    /// The documents at places that a walk found, in their order.
    fn load(&self, places: &[Place]) -> Result<Vec<Stored>, StoreError>;

    /// A current document by type and id.
    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError>;

    /// A current document by type and id, as [`Snapshot::find`], when that asks nothing of another process; `None` when
    /// it would.
    fn at_hand(&self, type_id: TypeId, id: &str) -> Result<Option<Option<Version>>, StoreError> {
        self.find(type_id, id).map(Some)
    }

    /// Current documents by name, in the order that they are asked for.
    fn find_all(&self, wanted: &[ResourceKey]) -> Result<Vec<Option<Version>>, StoreError> {
        wanted.iter().map(|key| self.find(key.type_id, &key.id)).collect()
    }

    /// How many documents of a type there are.
    fn count(&self, type_id: TypeId) -> Result<u64, StoreError>;
}
