//! How much of the index a plan is made from, and walks.

/// A way with fewer rows than this is taken without looking for a better one.
pub(super) const FEW_ROWS: usize = 64;

/// A way with fewer rows than this is walked whole, in any order.
pub(super) const SPARSE_ROWS: usize = 2_048;

/// A way that is not in order is read whole up to this many rows when there is none in order.
pub(super) const UNORDERED_ROWS: usize = 50_000;

/// Leaves merged in one walk, when there are many rows.
pub(super) const MERGED_LEAVES: usize = 64;

/// Tokens of one clause looked for at each candidate.
pub(super) const PROBED_TOKENS: usize = 8;

/// Resources found on the other side of a reference before the walk is on this side.
pub(super) const LINKED: usize = 500;
