//! Where data keys lie, as a backend has them.

use super::row::KeyRow;
use crate::error::StoreError;
use std::ops::Range;

/// How many numbers are leased, and how many keys are read, at a time.
const BLOCK: i64 = 256;

/// The table of data keys.
pub(crate) trait KeySource: Send + Sync {
    /// The keys of the block that a number lies in.
    fn block(&self, number: i64) -> Result<Vec<KeyRow>, StoreError>;

    /// The newest key of a record that is not destroyed.
    fn newest_of(&self, home: i64) -> Result<Option<KeyRow>, StoreError>;

    /// Numbers that no other key has or will get.
    fn lease(&self) -> Result<Range<i64>, StoreError>;
}

/// The numbers of the block that a number lies in.
pub(crate) fn block_of(number: i64) -> Range<i64> {
    let start = number.div_euclid(BLOCK).saturating_mul(BLOCK);
    start..start.saturating_add(BLOCK)
}

/// The numbers that are leased together, from one on.
pub(crate) fn numbers_from(start: i64) -> Range<i64> {
    start..start.saturating_add(BLOCK)
}
