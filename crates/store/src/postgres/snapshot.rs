//! Reads of one moment: the executor's [`Snapshot`] and the plain reads, over a connection in a transaction.

use super::connection::{Connection, Parameter};
use super::moment::Moment;
use super::statements as sql;
use super::words;
use crate::cache::Cache;
use crate::error::StoreError;
use crate::keys::{Keys, Opened};
use crate::located::Located;
use crate::pack::Unpack;
use crate::snapshot::{Leaf, Place, Position, Snapshot, Stored, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use fhir::schema::TypeId;
use search::text::WordTest;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use tokio_postgres::Row;

/// The data as a connection's transaction sees it.
pub(super) struct PostgresSnapshot<'a> {
    pub connection: &'a Connection,
    pub keys: &'a Keys,
    pub moment: Moment,
    /// What was read lately; `None` where everything is to be read from the tables.
    pub cache: Option<Arc<Cache>>,
    counted: RefCell<Vec<Counted>>,
}

/// Rows of a leaf, counted up to a cap.
struct Counted {
    leaf: Leaf,
    recency: Range<i64>,
    cap: usize,
    rows: usize,
}

impl Counted {
    /// Whether it tells how many there are up to another cap.
    fn tells(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> bool {
        (self.rows < self.cap || cap <= self.cap) && self.leaf == *leaf && self.recency == *recency
    }
}

/// An id as it lies in its column: with a first byte that tells its form, so that no text is taken for a UUID.
pub(super) fn id_bytes(id: &StoredId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(17);
    id.pack(&mut bytes);
    bytes
}

/// The id in a column.
pub(super) fn stored_id(bytes: &[u8]) -> Result<StoredId, StoreError> {
    StoredId::unpack(&mut Unpack::new(bytes))
}

/// A number of a version, which is small.
pub(super) fn version_number(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Damaged(format!("{number} is no number of a version")))
}

/// The version in some columns: number, updated, sequence, position, payload, from a column on. `None` when the join
/// found none.
pub(super) fn version_of(
    keys: &Keys,
    row: &Row,
    from: usize,
    key: ResourceKey,
) -> Result<Option<Version>, StoreError> {
    let Some(number) = row.get::<_, Option<i64>>(from) else { return Ok(None) };
    let payload: Option<&[u8]> = row.get(from + 4);
    let opened = payload.map(|envelope| keys.open_body(&key, envelope)).transpose()?;
    let Opened { body, splice, is_shredded } = opened.unwrap_or_default();
    let position: i64 = row.get(from + 3);
    let position = u32::try_from(position)
        .map_err(|_| StoreError::Damaged(format!("{key}: {position} is no position in a commit")))?;
    let sequence: i64 = row.get(from + 2);
    Ok(Some(Version {
        key,
        version: version_number(number)?,
        updated_ms: row.get(from + 1),
        body,
        is_shredded,
        splice,
        place: (sequence.cast_unsigned(), position),
    }))
}

/// The version in a row of [`sql::VERSION`] or [`sql::VERSIONS`].
pub(super) fn found_version(
    keys: &Keys,
    row: &Row,
    key: &ResourceKey,
    wanted: u32,
) -> Result<Option<Version>, StoreError> {
    let Some(newest) = row.get::<_, Option<i64>>(1) else { return Ok(None) };
    let version = version_of(keys, row, 2, key.clone())?;
    if version.is_none() && i64::from(wanted) <= newest {
        return Err(StoreError::Damaged(format!("version {wanted} of {key} is missing")));
    }
    Ok(version)
}

/// The columns key, home, recency, version and deleted, from a column on.
pub(super) fn located(row: &Row, from: usize) -> Result<Located, StoreError> {
    Ok(Located {
        key: row.get(from),
        home: row.get(from + 1),
        recency: row.get(from + 2),
        version: version_number(row.get(from + 3))?,
        deleted: row.get(from + 4),
    })
}

/// The place of an answer among what was asked for, from 0.
pub(super) fn ordinal(row: &Row) -> usize {
    usize::try_from(row.get::<_, i64>(0) - 1).unwrap_or(usize::MAX)
}

impl<'a> PostgresSnapshot<'a> {
    /// A moment that a connection sees.
    pub fn new(
        connection: &'a Connection,
        keys: &'a Keys,
        moment: Moment,
        cache: Option<Arc<Cache>>,
    ) -> Self {
        Self { connection, keys, moment, cache, counted: RefCell::default() }
    }

    fn cached(&self, find: impl FnOnce(&Cache, u64) -> Option<Version>) -> Option<Version> {
        find(self.cache.as_ref()?, self.moment.sequence.cast_unsigned())
    }

    fn keep(&self, key: i64, id: &StoredId, version: &Version) {
        if let Some(cache) = self.cache.as_ref().filter(|_| !version.is_deleted()) {
            let type_number = self.moment.dictionary.type_number(version.key.type_id);
            cache.keep(key, type_number, id, version, self.moment.sequence.cast_unsigned());
        }
    }

    pub(super) fn query(
        &self,
        context: &'static str,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        self.connection.query(context, text, parameters)
    }

    /// Where a resource stands.
    pub fn locate(&self, key: &ResourceKey) -> Result<Option<Located>, StoreError> {
        let number = self.moment.dictionary.type_number(key.type_id);
        let id = id_bytes(&StoredId::new(&key.id));
        let rows = self.query("find a resource in the directory", sql::DIRECTORY_FIND, &[&number, &id])?;
        rows.first().map(|row| located(row, 0)).transpose()
    }
}

impl Snapshot for PostgresSnapshot<'_> {
    fn is_index_current(&self) -> bool {
        self.moment.is_index_current
    }

    fn walk(&self, walks: &[Walk]) -> Result<Vec<Walked>, StoreError> {
        self.walk_leaves(walks)
    }

    fn count_up_to(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> Result<usize, StoreError> {
        if let Leaf::Ids(_, ids) = leaf {
            return Ok(ids.len().min(cap));
        }
        let counted = self
            .counted
            .borrow()
            .iter()
            .find(|counted| counted.tells(leaf, recency, cap))
            .map(|one| one.rows);
        match counted {
            Some(rows) => Ok(rows.min(cap)),
            None => Ok(self.count_leaves(&[leaf], recency, cap)?.pop().unwrap_or(0)),
        }
    }

    fn count_ahead(&self, leaves: &[&Leaf], recency: &Range<i64>, cap: usize) -> Result<(), StoreError> {
        let rows = self.count_leaves(leaves, recency, cap)?;
        let counted = leaves.iter().zip(rows).map(|(leaf, rows)| Counted {
            leaf: (*leaf).clone(),
            recency: recency.clone(),
            cap,
            rows,
        });
        self.counted.replace(counted.collect());
        Ok(())
    }

    fn with_words(
        &self,
        type_id: TypeId,
        test: &WordTest,
        cap: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        words::ids(self, type_id, test, cap)
    }

    fn has_tokens(&self, at: Position, tokens: &TokenGroups) -> Result<bool, StoreError> {
        for (parameters, hashes) in self.token_groups(tokens) {
            let parameters: [Parameter; 4] = [&parameters, &hashes, &at.recency, &at.key];
            let row = self.connection.query_one("look for a token", sql::TOKENS_FIND, &parameters)?;
            if !row.get::<_, bool>(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn load(&self, places: &[Place]) -> Result<Vec<Stored>, StoreError> {
        let known = |place: &Place| self.cached(|cache, seen| cache.document(place.position.key, seen));
        let mut found: Vec<Option<Version>> = places.iter().map(known).collect();
        let missing: Vec<usize> = (0..places.len()).filter(|at| found[*at].is_none()).collect();
        if !missing.is_empty() {
            let wanted = || missing.iter().map(|at| &places[*at]);
            let homes: Vec<i64> = wanted().map(|place| place.home).collect();
            let types: Vec<i64> =
                wanted().map(|place| self.moment.dictionary.type_number(place.type_id)).collect();
            let recencies: Vec<i64> = wanted().map(|place| place.position.recency).collect();
            let keys: Vec<i64> = wanted().map(|place| place.position.key).collect();
            let parameters: [Parameter; 4] = [&homes, &types, &recencies, &keys];
            for row in self.query("read entries", sql::ENTRIES_AT, &parameters)? {
                let at = missing[ordinal(&row)];
                let id = stored_id(row.get(1))?;
                found[at] = version_of(self.keys, &row, 2, ResourceKey::new(places[at].type_id, id.text()))?;
                found[at].iter().for_each(|version| self.keep(places[at].position.key, &id, version));
            }
        }
        let stored = |(place, version): (&Place, Option<Version>)| match version {
            Some(version) => Ok(Stored { position: place.position, version }),
            None => Err(StoreError::Damaged(format!(
                "the index names an entry of {} that is missing: {place:?}",
                place.type_id.name()
            ))),
        };
        places.iter().zip(found).map(stored).collect()
    }

    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError> {
        Ok(self.find_all(&[ResourceKey::new(type_id, id)])?.pop().flatten())
    }

    fn at_hand(&self, type_id: TypeId, id: &str) -> Result<Option<Option<Version>>, StoreError> {
        let (number, id) = (self.moment.dictionary.type_number(type_id), StoredId::new(id));
        Ok(self.cached(|cache, seen| cache.named(number, &id, seen)).map(Some))
    }

    fn find_all(&self, wanted: &[ResourceKey]) -> Result<Vec<Option<Version>>, StoreError> {
        let number = |key: &ResourceKey| self.moment.dictionary.type_number(key.type_id);
        let ids: Vec<StoredId> = wanted.iter().map(|key| StoredId::new(&key.id)).collect();
        let known = |(key, id): (&ResourceKey, &StoredId)| {
            self.cached(|cache, seen| cache.named(number(key), id, seen))
        };
        let mut found: Vec<Option<Version>> = wanted.iter().zip(&ids).map(known).collect();
        let missing: Vec<usize> = (0..wanted.len()).filter(|at| found[*at].is_none()).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let types: Vec<i64> = missing.iter().map(|at| number(&wanted[*at])).collect();
        let packed: Vec<Vec<u8>> = missing.iter().map(|at| id_bytes(&ids[*at])).collect();
        let newest = vec![0i64; missing.len()];
        for row in self.query("read versions", sql::VERSIONS, &[&types, &packed, &newest])? {
            let at = missing[ordinal(&row)];
            let version = found_version(self.keys, &row, &wanted[at], 0)?;
            found[at] = version.filter(|version| !version.is_deleted());
            found[at].iter().for_each(|version| self.keep(row.get(8), &ids[at], version));
        }
        Ok(found)
    }

    fn count(&self, type_id: TypeId) -> Result<u64, StoreError> {
        let count = self.moment.counts.get(&self.moment.dictionary.type_number(type_id));
        Ok(count.map_or(0, |count| count.cast_unsigned()))
    }
}
