//! How much of the index a search may be planned from, and walk.

use std::time::Duration;

/// Bounds of a search. The defaults suit a server; tests make them small to come to every path.
#[derive(Clone, Copy, Debug)]
pub struct SearchLimits {
    /// A way with fewer rows than this is taken without looking for a better one.
    pub few_rows: usize,
    /// A way with fewer rows than this is walked whole, in any order.
    pub sparse_rows: usize,
    /// A way that is not in order is read whole up to this many rows when there is none in order.
    pub unordered_rows: usize,
    /// Leaves merged in one walk, when there are many rows.
    pub merged_leaves: usize,
    /// Tokens of one clause looked for at each candidate.
    pub probed_tokens: usize,
    /// Resources found on the other side of a reference before the walk is on this side.
    pub linked: usize,
    /// Documents that an index of words may name; when there are more, a walk in order meets matches soon.
    pub with_words: usize,
    /// Patients referred to whose records are looked up one by one.
    pub homes: usize,
    /// Rows of what refers to patients that are looked at before any patient is; later looks take as many again as all
    /// before.
    pub referring_rows: usize,
    /// Patients whose own records are looked at before more rows of what refers to patients are.
    pub unseen_homes: usize,
    /// Documents that a search may read and match.
    pub documents: usize,
    /// Documents that may be read for an estimated total before there is none.
    pub estimate_documents: usize,
    /// Index rows that a search may look at.
    pub rows: usize,
    /// How long a search may take.
    pub longest: Duration,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self {
            few_rows: 64,
            sparse_rows: 2_048,
            unordered_rows: 50_000,
            merged_leaves: 64,
            probed_tokens: 8,
            linked: 128,
            with_words: 8_192,
            homes: 1_024,
            referring_rows: 4_096,
            unseen_homes: 64,
            documents: 200_000,
            estimate_documents: 2_000,
            rows: 5_000_000,
            longest: Duration::from_secs(30),
        }
    }
}
