//! Reads of one moment: the executor's [`Snapshot`] and the plain reads, over a connection in a transaction.

use super::connection::{Connection, Parameter};
use super::statements as sql;
use crate::body::Body;
use crate::codec;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::history::Commits;
use crate::located::Located;
use crate::pack::Unpack;
use crate::snapshot::{Leaf, Place, Position, Snapshot, Stored, TokenGroups, Walk, Walked};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Splice, Version};
use fhir::schema::TypeId;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tokio_postgres::Row;

/// The data as a connection's transaction sees it.
pub(super) struct PostgresSnapshot<'a> {
    pub connection: &'a Connection,
    pub dictionary: Arc<Dictionary>,
    pub is_index_current: bool,
    /// Resources by number of type.
    pub counts: HashMap<i64, i64>,
    /// The last commit.
    pub sequence: i64,
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
pub(super) fn version_of(row: &Row, from: usize, key: ResourceKey) -> Result<Option<Version>, StoreError> {
    let Some(number) = row.get::<_, Option<i64>>(from) else { return Ok(None) };
    let payload: Option<&[u8]> = row.get(from + 4);
    let (body, splice) = match payload {
        Some(envelope) => {
            let (text, splice) = codec::open(envelope).map_err(|error| match error {
                StoreError::Damaged(what) => StoreError::Damaged(format!("{key}: {what}")),
                other => other,
            })?;
            (Some(Arc::new(Body::new(text))), splice)
        }
        None => (None, Splice::default()),
    };
    let position: i64 = row.get(from + 3);
    let position = u32::try_from(position)
        .map_err(|_| StoreError::Damaged(format!("{key}: {position} is no position in a commit")))?;
    let sequence: i64 = row.get(from + 2);
    Ok(Some(Version {
        key,
        version: version_number(number)?,
        updated_ms: row.get(from + 1),
        body,
        splice,
        place: (sequence.cast_unsigned(), position),
    }))
}

/// The version in a row of [`sql::VERSION`] or [`sql::VERSIONS`].
pub(super) fn found_version(
    row: &Row,
    key: &ResourceKey,
    wanted: u32,
) -> Result<Option<Version>, StoreError> {
    let Some(newest) = row.get::<_, Option<i64>>(1) else { return Ok(None) };
    let version = version_of(row, 2, key.clone())?;
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

impl PostgresSnapshot<'_> {
    pub(super) fn query(
        &self,
        context: &'static str,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        self.connection.query(context, text, parameters)
    }

    /// The newest version of a resource, a tombstone included.
    pub fn newest(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        self.versions(&[(key.clone(), 0)])?.pop().unwrap_or(Ok(None))
    }

    /// Where a resource stands.
    pub fn locate(&self, key: &ResourceKey) -> Result<Option<Located>, StoreError> {
        let number = self.dictionary.type_number(key.type_id);
        let id = id_bytes(&StoredId::new(&key.id));
        let rows = self.query("find a resource in the directory", sql::DIRECTORY_FIND, &[&number, &id])?;
        rows.first().map(|row| located(row, 0)).transpose()
    }
}

impl Snapshot for PostgresSnapshot<'_> {
    fn is_index_current(&self) -> bool {
        self.is_index_current
    }

    fn walk(&self, walk: &Walk) -> Result<Walked, StoreError> {
        self.walk_leaf(walk)
    }

    fn count_up_to(&self, leaf: &Leaf, recency: &Range<i64>, cap: usize) -> Result<usize, StoreError> {
        self.count_leaf(leaf, recency, cap)
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
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let homes: Vec<i64> = places.iter().map(|place| place.home).collect();
        let types: Vec<i64> = places.iter().map(|place| self.dictionary.type_number(place.type_id)).collect();
        let recencies: Vec<i64> = places.iter().map(|place| place.position.recency).collect();
        let keys: Vec<i64> = places.iter().map(|place| place.position.key).collect();
        let mut found: Vec<Option<Stored>> = vec![None; places.len()];
        let rows = self.query("read entries", sql::ENTRIES_AT, &[&homes, &types, &recencies, &keys])?;
        for row in rows {
            let at = ordinal(&row);
            let place = &places[at];
            let name = ResourceKey::new(place.type_id, stored_id(row.get(1))?.text());
            let version = version_of(&row, 2, name)?;
            found[at] = version.map(|version| Stored { position: place.position, version });
        }
        let missing = |place: &Place| {
            StoreError::Damaged(format!(
                "the index names an entry of {} that is missing: {place:?}",
                place.type_id.name()
            ))
        };
        places.iter().zip(found).map(|(place, found)| found.ok_or_else(|| missing(place))).collect()
    }

    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError> {
        let newest = self.newest(&ResourceKey::new(type_id, id))?;
        Ok(newest.filter(|version| !version.is_deleted()))
    }

    fn count(&self, type_id: TypeId) -> Result<u64, StoreError> {
        let count = self.counts.get(&self.dictionary.type_number(type_id));
        Ok(count.map_or(0, |count| count.cast_unsigned()))
    }
}
