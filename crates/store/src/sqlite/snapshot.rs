//! Reads of one moment: the executor's [`Snapshot`] and the plain reads, over a connection in a transaction.

use super::failure::failed;
use super::statements as sql;
use super::word_index::WordIndex;
use crate::cache::Cache;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::keys::{Keys, Opened};
use crate::located::Located;
use crate::snapshot::{Leaf, Place, Position, Snapshot, Stored, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use fhir::schema::TypeId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use search::text::WordTest;
use std::ops::Range;

/// The data as a connection's transaction sees it.
pub(super) struct SqliteSnapshot<'a> {
    pub connection: &'a Connection,
    pub dictionary: &'a Dictionary,
    pub keys: &'a Keys,
    pub is_index_current: bool,
    /// What was read lately, with the commit that this moment includes; `None` where everything is to be read from the
    /// file.
    pub cache: Option<(&'a Cache, u64)>,
    /// The index of words, where there is one.
    pub words: Option<&'a WordIndex>,
}

/// Finds a resource in the directory.
pub(super) fn locate(
    connection: &Connection,
    type_number: i64,
    id: &StoredId,
) -> Result<Option<Located>, StoreError> {
    let located = |row: &Row| {
        Ok(Located {
            key: row.get(0)?,
            home: row.get(1)?,
            recency: row.get(2)?,
            version: row.get(3)?,
            deleted: row.get(4)?,
        })
    };
    connection
        .prepare_cached(sql::DIRECTORY_FIND)
        .and_then(|mut statement| statement.query_row(params![type_number, id], located).optional())
        .map_err(failed("find a resource in the directory"))
}

/// The columns of a version but its name: version, updated, sequence, position, payload, from a column on.
pub(super) fn version_of(
    keys: &Keys,
    row: &Row,
    from: usize,
    version: u32,
    key: ResourceKey,
) -> Result<Version, StoreError> {
    let failed = || failed("read a version");
    let updated_ms = row.get(from).map_err(failed())?;
    let sequence: i64 = row.get(from + 1).map_err(failed())?;
    let position = row.get(from + 2).map_err(failed())?;
    let payload = row.get_ref(from + 3).map_err(failed())?.as_blob_or_null();
    let payload = payload.map_err(|_| StoreError::Damaged(format!("the payload of {key}")))?;
    let opened = payload.map(|envelope| keys.open_body(&key, envelope)).transpose()?;
    let Opened { body, splice, is_shredded } = opened.unwrap_or_default();
    let place = (sequence.cast_unsigned(), position);
    Ok(Version { key, version, updated_ms, body, is_shredded, splice, place })
}

impl SqliteSnapshot<'_> {
    /// The version of a resource that stands in `entry`.
    pub fn current(&self, located: &Located, key: &ResourceKey) -> Result<Version, StoreError> {
        let place = Place {
            position: Position { recency: located.recency, key: located.key },
            home: located.home,
            type_id: key.type_id,
        };
        self.at(&place).map(|stored| stored.version)
    }

    /// A past version or tombstone.
    pub fn past(&self, located: &Located, version: u32, key: &ResourceKey) -> Result<Version, StoreError> {
        let failed = || failed("read a past version");
        let mut statement = self.connection.prepare_cached(sql::PAST_READ).map_err(failed())?;
        let mut rows = statement.query(params![located.key, version]).map_err(failed())?;
        match rows.next().map_err(failed())? {
            Some(row) => version_of(self.keys, row, 0, version, key.clone()),
            None => Err(StoreError::Damaged(format!("version {version} of {key} is missing"))),
        }
    }

    /// A version by number, wherever it stands.
    pub fn version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        let type_number = self.dictionary.type_number(key.type_id);
        let Some(located) = locate(self.connection, type_number, &StoredId::new(&key.id))? else {
            return Ok(None);
        };
        match version {
            version if version == 0 || version > located.version => Ok(None),
            version if version == located.version && !located.deleted => {
                self.current(&located, key).map(Some)
            }
            version => self.past(&located, version, key).map(Some),
        }
    }

    /// The newest version of a resource, a tombstone included.
    pub fn newest(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        let (type_number, id) = (self.dictionary.type_number(key.type_id), StoredId::new(&key.id));
        if let Some(version) = self.cache.and_then(|(cache, seen)| cache.named(type_number, &id, seen)) {
            return Ok(Some(version));
        }
        match locate(self.connection, type_number, &id)? {
            None => Ok(None),
            Some(located) if located.deleted => self.past(&located, located.version, key).map(Some),
            Some(located) => self.current(&located, key).map(Some),
        }
    }

    fn at(&self, place: &Place) -> Result<Stored, StoreError> {
        let failed = || failed("read an entry");
        let Position { recency, key } = place.position;
        if let Some(version) = self.cache.and_then(|(cache, seen)| cache.document(key, seen)) {
            return Ok(Stored { position: place.position, version });
        }
        let type_number = self.dictionary.type_number(place.type_id);
        let mut statement = self.connection.prepare_cached(sql::ENTRY_READ).map_err(failed())?;
        let mut rows = statement.query(params![place.home, type_number, recency, key]).map_err(failed())?;
        let Some(row) = rows.next().map_err(failed())? else {
            return Err(StoreError::Damaged(format!(
                "the index names an entry of {} that is missing: home {}, recency {recency}, key {key}",
                place.type_id.name(),
                place.home
            )));
        };
        let id: StoredId = row.get(0).map_err(failed())?;
        let name = ResourceKey::new(place.type_id, id.text());
        let number = row.get(1).map_err(failed())?;
        let version = version_of(self.keys, row, 2, number, name)?;
        if let Some((cache, seen)) = self.cache {
            cache.keep(key, type_number, &id, &version, seen);
        }
        Ok(Stored { position: place.position, version })
    }
}

impl Snapshot for SqliteSnapshot<'_> {
    fn is_index_current(&self) -> bool {
        self.is_index_current
    }

    fn walk(&self, walks: &[Walk]) -> Result<Vec<Walked>, StoreError> {
        walks.iter().map(|walk| self.walk_leaf(walk)).collect()
    }

    fn count_up_to(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> Result<usize, StoreError> {
        self.count_leaf(leaf, recency, cap)
    }

    fn with_words(
        &self,
        type_id: TypeId,
        test: &WordTest,
        cap: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        self.words.map_or(Ok(None), |words| words.ids(self, type_id, test, cap))
    }

    fn has_tokens(&self, at: Position, tokens: &TokenGroups) -> Result<bool, StoreError> {
        self.probe_tokens(&self.token_groups(tokens), at)
    }

    fn load(&self, places: &[Place]) -> Result<Vec<Stored>, StoreError> {
        places.iter().map(|place| self.at(place)).collect()
    }

    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError> {
        let newest = self.newest(&ResourceKey::new(type_id, id))?;
        Ok(newest.filter(|version| !version.is_deleted()))
    }

    fn count(&self, type_id: TypeId) -> Result<u64, StoreError> {
        let count: Option<i64> = self
            .connection
            .prepare_cached(sql::COUNT_READ)
            .and_then(|mut statement| {
                statement.query_row([self.dictionary.type_number(type_id)], |row| row.get(0)).optional()
            })
            .map_err(failed("count the resources of a type"))?;
        Ok(count.unwrap_or(0).max(0).cast_unsigned())
    }
}
