//! One batch written into the open transaction: everything is checked first, then everything is written.

use super::failure::failed;
use super::head::Head;
use super::index;
use super::keys;
use super::private;
use super::snapshot::{SqliteSnapshot, locate};
use super::statements as sql;
use crate::batch::{Committed, Precondition, PrivateChange};
use crate::commit_log::{self, LoggedChange};
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::execute::{self, SearchLimits};
use crate::keys::Keys;
use crate::located::{Located, Target, current_version, meets};
use crate::prepare::{PreparedBatch, PreparedChange, PreparedPut};
use crate::row_set::RowSet;
use crate::stored_id::StoredId;
use crate::version::ResourceKey;
use rusqlite::{Connection, OptionalExtension, params};

impl rusqlite::ToSql for StoredId {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Uuid(bytes) => Ok(bytes.as_slice().into()),
            Self::Text(text) => text.to_sql(),
        }
    }
}

impl rusqlite::types::FromSql for StoredId {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        use rusqlite::types::ValueRef;
        match value {
            ValueRef::Blob(bytes) => {
                bytes.try_into().map(Self::Uuid).map_err(|_| rusqlite::types::FromSqlError::InvalidType)
            }
            ValueRef::Text(_) => Ok(Self::Text(value.as_str()?.into())),
            _ => Err(rusqlite::types::FromSqlError::InvalidType),
        }
    }
}

/// What the writer needs besides the batch.
pub(super) struct Apply<'a> {
    pub connection: &'a Connection,
    pub dictionary: &'a Dictionary,
    pub keys: &'a Keys,
    pub ports: &'a dyn search::Ports,
    pub head: &'a mut Head,
    /// Internal keys of what the transaction changes.
    pub changed: &'a mut Vec<i64>,
    pub is_index_current: bool,
    pub limits: &'a SearchLimits,
}

impl Apply<'_> {
    /// Checks a batch and writes it. A refusal ([`StoreError::VersionConflict`], [`StoreError::ConditionConflict`])
    /// leaves the transaction as it was; after any other error it must be rolled back.
    pub fn batch(&mut self, batch: &PreparedBatch) -> Result<Committed, StoreError> {
        self.keys.check_there(&batch.sealed_with)?;
        for (at, precondition) in batch.preconditions.iter().enumerate() {
            self.check(at, precondition)?;
        }
        let mut found = Vec::with_capacity(batch.changes.len());
        for change in &batch.changes {
            let located = locate(self.connection, change.type_number, &change.id)?;
            meets(change, located)?;
            found.push(located);
        }
        let time_ms = batch.time_ms.max(self.head.time_ms);
        let sequence = self.head.sequence + 1;
        let mut place = Place { sequence, position: 0, time_ms };
        let mut versions = Vec::with_capacity(batch.changes.len());
        let mut logged = Vec::with_capacity(batch.changes.len());
        for (change, located) in batch.changes.iter().zip(found) {
            let done = match &change.put {
                Some(put) => Some(self.put(change, put, located, place)?),
                None => self.delete(change, located, place)?,
            };
            versions.push(done.as_ref().map_or(0, |done| done.version));
            if let Some(done) = done {
                logged.push(done);
                place.position += 1;
            }
        }
        for change in &batch.private {
            self.private(change)?;
        }
        // With each batch, not each transaction: the conditions of the next batch look at the counts.
        self.head.write_counts(self.connection)?;
        for row in &batch.keys {
            keys::add(self.connection, row)?;
        }
        self.log(place, &logged, batch)?;
        if let Some(replayed) = batch.replayed {
            replayed.check(sequence, &self.head.chain)?;
        }
        Ok(Committed { sequence: sequence.cast_unsigned(), time_ms, versions })
    }

    fn check(&self, at: usize, precondition: &Precondition) -> Result<(), StoreError> {
        let (query, wanted) = match precondition {
            Precondition::NoMatch(query) => (query, None),
            Precondition::OnlyMatch(query, key) => (query, Some(key)),
            Precondition::At(key, version) => return self.check_version(key, *version),
            Precondition::Private { space, key, content } => {
                let found = private::read(self.connection, self.keys, space, key)?;
                return match found == *content {
                    true => Ok(()),
                    false => Err(StoreError::ConditionConflict { precondition: at, matches: Vec::new() }),
                };
            }
        };
        let snapshot = SqliteSnapshot {
            connection: self.connection,
            dictionary: self.dictionary,
            keys: self.keys,
            is_index_current: self.is_index_current,
            cache: None,
            words: None,
        };
        let found = execute::first_two_of_each(&snapshot, &[query], self.ports, self.limits)?;
        let matches = found.into_iter().flatten().collect::<Vec<_>>();
        let holds = match wanted {
            None => matches.is_empty(),
            Some(key) => matches == [key.clone()],
        };
        if holds { Ok(()) } else { Err(StoreError::ConditionConflict { precondition: at, matches }) }
    }

    fn check_version(&self, key: &ResourceKey, version: u32) -> Result<(), StoreError> {
        let type_number = self.dictionary.type_number(key.type_id);
        let located = locate(self.connection, type_number, &StoredId::new(&key.id))?;
        let current = current_version(located);
        if current == version {
            Ok(())
        } else {
            Err(StoreError::VersionConflict { key: key.clone(), current })
        }
    }

    fn put(
        &mut self,
        change: &PreparedChange,
        put: &PreparedPut,
        located: Option<Located>,
        place: Place,
    ) -> Result<LoggedChange, StoreError> {
        let version = located.map_or(0, |located| located.version) + 1;
        let key = match (located, change.number) {
            (Some(located), _) => located.key,
            (None, None) => self.head.next_key(self.connection)?,
            (None, Some(number)) => {
                self.head.take_key(self.connection, number)?;
                number
            }
        };
        let recency = put.recency_ms.unwrap_or(place.time_ms);
        let target = Target { home: put.home, recency, key };
        match located {
            Some(old) if !old.deleted => self.replace(change, put, old, target, version, place)?,
            _ => {
                self.add_entry(change, put, target, version, place)?;
                index::add(self.connection, &put.rows, target)?;
                self.head.count(change.type_number, 1);
            }
        }
        self.set_directory(change, located, target, version, false)?;
        for hash in &put.blobs {
            self.execute(sql::BLOB_USE_ADD, params![hash.0, key, version])?;
        }
        let hash = Some(put.hash);
        Ok(LoggedChange { type_number: change.type_number, id: change.id.clone(), key, version, hash })
    }

    fn replace(
        &self,
        change: &PreparedChange,
        put: &PreparedPut,
        old: Located,
        target: Target,
        version: u32,
        place: Place,
    ) -> Result<(), StoreError> {
        let old_rows = self.retire(change, old)?;
        if old.target() == target {
            index::remove(self.connection, &old_rows.without(&put.rows), target)?;
            index::add(self.connection, &put.rows.without(&old_rows), target)?;
            return self.set_entry(change, put, target, version, place);
        }
        index::remove(self.connection, &old_rows, old.target())?;
        self.remove_entry(change, old)?;
        self.add_entry(change, put, target, version, place)?;
        index::add(self.connection, &put.rows, target)
    }

    /// Copies the current version to the past, and gives its index rows.
    fn retire(&self, change: &PreparedChange, old: Located) -> Result<RowSet, StoreError> {
        let failed = || failed("keep a past version");
        let at = params![old.home, change.type_number, old.recency, old.key];
        let kept = self
            .connection
            .prepare_cached(sql::PAST_KEEP)
            .and_then(|mut statement| statement.execute(at))
            .map_err(failed())?;
        let packed: Option<Vec<u8>> = self
            .connection
            .prepare_cached(sql::ENTRY_ROWS)
            .and_then(|mut statement| statement.query_row(at, |row| row.get(0)).optional())
            .map_err(failed())?;
        match packed {
            Some(packed) if kept == 1 => RowSet::unpack(&packed),
            _ => Err(StoreError::Damaged(format!("the directory names {}, which has no entry", change.key))),
        }
    }

    fn add_entry(
        &self,
        change: &PreparedChange,
        put: &PreparedPut,
        target: Target,
        version: u32,
        place: Place,
    ) -> Result<(), StoreError> {
        let Target { home, recency, key } = target;
        self.execute(
            sql::ENTRY_ADD,
            params![
                home,
                change.type_number,
                recency,
                key,
                put.signature,
                change.id,
                version,
                place.time_ms,
                place.sequence,
                place.position,
                put.packed_rows,
                put.payload
            ],
        )?;
        self.execute(sql::TYPE_ROW_ADD, params![change.type_number, recency, key, home, put.signature])
    }

    fn set_entry(
        &self,
        change: &PreparedChange,
        put: &PreparedPut,
        target: Target,
        version: u32,
        place: Place,
    ) -> Result<(), StoreError> {
        let Target { home, recency, key } = target;
        self.execute(
            sql::ENTRY_SET,
            params![
                home,
                change.type_number,
                recency,
                key,
                put.signature,
                version,
                place.time_ms,
                place.sequence,
                place.position,
                put.packed_rows,
                put.payload
            ],
        )?;
        self.execute(sql::TYPE_ROW_ADD, params![change.type_number, recency, key, home, put.signature])
    }

    fn remove_entry(&self, change: &PreparedChange, old: Located) -> Result<(), StoreError> {
        self.execute(sql::ENTRY_REMOVE, params![old.home, change.type_number, old.recency, old.key])?;
        self.execute(sql::TYPE_ROW_REMOVE, params![change.type_number, old.recency, old.key])
    }

    fn set_directory(
        &self,
        change: &PreparedChange,
        located: Option<Located>,
        target: Target,
        version: u32,
        deleted: bool,
    ) -> Result<(), StoreError> {
        let Target { home, recency, key } = target;
        let (type_number, id) = (change.type_number, &change.id);
        match located {
            Some(_) => {
                self.execute(sql::DIRECTORY_SET, params![type_number, id, home, recency, version, deleted])
            }
            None => self
                .execute(sql::DIRECTORY_ADD, params![type_number, id, key, home, recency, version, deleted]),
        }
    }

    fn delete(
        &mut self,
        change: &PreparedChange,
        located: Option<Located>,
        place: Place,
    ) -> Result<Option<LoggedChange>, StoreError> {
        let Some(old) = located.filter(|located| !located.deleted) else { return Ok(None) };
        let version = old.version + 1;
        let rows = self.retire(change, old)?;
        index::remove(self.connection, &rows, old.target())?;
        self.remove_entry(change, old)?;
        self.execute(
            sql::PAST_ADD,
            params![old.key, version, place.time_ms, place.sequence, place.position],
        )?;
        // What is deleted has no place.
        let nowhere = Target { home: 0, recency: 0, key: old.key };
        self.set_directory(change, located, nowhere, version, true)?;
        self.head.count(change.type_number, -1);
        Ok(Some(LoggedChange {
            type_number: change.type_number,
            id: change.id.clone(),
            key: old.key,
            version,
            hash: None,
        }))
    }

    fn private(&self, change: &PrivateChange) -> Result<(), StoreError> {
        match &change.content {
            Some(content) => self.execute(sql::PRIVATE_SET, params![change.space, change.key, content]),
            None => self.execute(sql::PRIVATE_REMOVE, params![change.space, change.key]),
        }
    }

    fn log(
        &mut self,
        place: Place,
        logged: &[LoggedChange],
        batch: &PreparedBatch,
    ) -> Result<(), StoreError> {
        self.changed.extend(logged.iter().map(|change| change.key));
        let changes = commit_log::pack_changes(logged);
        let chain =
            commit_log::chain(&self.head.chain, place.sequence, place.time_ms, &changes, &batch.audit);
        let values = params![place.sequence, place.time_ms, chain, changes, batch.sealed_audit];
        self.execute(sql::COMMIT_ADD, values)?;
        self.head.sequence = place.sequence;
        self.head.time_ms = place.time_ms;
        self.head.chain = chain;
        Ok(())
    }

    fn execute(&self, text: &str, params: &[&dyn rusqlite::ToSql]) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(text)
            .and_then(|mut statement| statement.execute(params))
            .map(|_| ())
            .map_err(failed("write a change"))
    }
}

/// Where in commit order something is written.
#[derive(Clone, Copy)]
struct Place {
    sequence: i64,
    position: i64,
    time_ms: i64,
}
