//! Why a question about terminology has no answer.

/// Why an operation has no answer. The text is for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such value set.
    #[error("A definition for the value Set '{0}' could not be found")]
    ValueSetNotFound(String),
    /// No such code system, or not in the version asked for.
    #[error("A definition for CodeSystem '{0}' could not be found")]
    CodeSystemNotFound(String),
    /// The system is known, but not the codes it has.
    #[error("The code system '{0}' is known by name only; load its content")]
    ContentNotHere(String),
    /// No such concept map.
    #[error("A definition for the concept map '{0}' could not be found")]
    ConceptMapNotFound(String),
    /// A value set takes itself in.
    #[error("Cyclic reference detected when including {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// Value sets nested deeper than is followed.
    #[error("The value set '{0}' is built from value sets nested too deep; include what is needed directly")]
    TooDeep(String),
    /// More codes than are given at once.
    #[error(
        "The value set '{url}' expansion has more than {limit} codes; ask for pages with 'count' and 'offset', or narrow it with 'filter'"
    )]
    TooCostly {
        /// The value set.
        url: String,
        /// Most codes given without paging.
        limit: usize,
    },
    /// A filter that cannot be evaluated.
    #[error("{0}")]
    Filter(String),
    /// The request leaves out what is needed or contradicts itself.
    #[error("{0}")]
    Request(String),
}
