//! Current documents in the order of their table, for those who go through all of them.

use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::located::Target;
use crate::stored_id::StoredId;
use crate::version::ResourceKey;

/// A place among the entries: home, type, recency, key.
pub(crate) type EntryPlace = (i64, i64, i64, i64);

/// Before the first.
pub(crate) const START: EntryPlace = (i64::MIN, i64::MIN, i64::MIN, i64::MIN);

/// A row of the table of current documents.
pub(crate) struct Entry {
    pub target: Target,
    pub type_number: i64,
    pub id: StoredId,
    pub version: u32,
    pub updated: i64,
    pub sequence: i64,
    pub signature: Vec<u8>,
    /// Packed: see [`crate::row_set::RowSet`].
    pub rows: Vec<u8>,
    /// See [`crate::codec`], sealed.
    pub payload: Vec<u8>,
}

impl Entry {
    /// Its name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is of a type that is not known.
    pub fn key(&self, dictionary: &Dictionary) -> Result<ResourceKey, StoreError> {
        Ok(ResourceKey::new(dictionary.type_of(self.type_number)?, self.id.text()))
    }

    /// Where it stands.
    pub fn place(&self) -> EntryPlace {
        (self.target.home, self.type_number, self.target.recency, self.target.key)
    }
}
