//! What is asked when a value set is to be expanded.

/// Most codes given when the request does not ask for pages.
const LIMIT: usize = 10_000;

/// How a value set is to be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpansionRequest {
    /// Words that a code or one of its displays must begin words with.
    pub filter: Option<String>,
    /// How many codes to pass over.
    pub offset: usize,
    /// How many codes to give at most; all without it.
    pub count: Option<usize>,
    /// Leave out codes that are out of use.
    pub active_only: bool,
    /// Give designations.
    pub include_designations: bool,
    /// Give definitions.
    pub include_definition: bool,
    /// Properties to give with each code.
    pub properties: Vec<String>,
    /// Languages of the displays, most wanted first.
    pub languages: Vec<String>,
    /// Most codes given when `count` is absent; more is an error.
    pub limit: usize,
    /// `expansion.identifier`, a URI; left out when empty.
    pub identifier: String,
    /// `expansion.timestamp`, an instant: when the question was asked.
    pub timestamp: String,
}

impl Default for ExpansionRequest {
    fn default() -> Self {
        Self {
            filter: None,
            offset: 0,
            count: None,
            active_only: false,
            include_designations: false,
            include_definition: false,
            properties: Vec::new(),
            languages: Vec::new(),
            limit: LIMIT,
            identifier: String::new(),
            timestamp: String::new(),
        }
    }
}
