//! Reads of one moment: the executor's [`Snapshot`] and the plain reads, over a connection in a transaction.

use super::apply::Located;
use super::cache::Cache;
use super::dictionary::Dictionary;
use super::failure::failed;
use super::statements as sql;
use crate::body::Body;
use crate::codec;
use crate::error::StoreError;
use crate::row_set::{DATE_SPANS, signature_meets};
use crate::snapshot::{Leaf, Place, Position, Snapshot, Stored, Walk, Walked};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Splice, Version};
use fhir::schema::TypeId;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use search::rows::ParameterKey;
use std::sync::Arc;

/// The data as a connection's transaction sees it.
pub(super) struct SqliteSnapshot<'a> {
    pub connection: &'a Connection,
    pub dictionary: &'a Dictionary,
    pub is_index_current: bool,
    /// What was read lately, with the commit that this moment includes; `None` where everything is to be read from the
    /// file.
    pub cache: Option<(&'a Cache, u64)>,
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
    let (body, splice) = match payload {
        Some(envelope) => {
            let (text, splice) = codec::open(envelope).map_err(|error| name_fault(&key, error))?;
            (Some(Arc::new(Body::new(text))), splice)
        }
        None => (None, Splice::default()),
    };
    Ok(Version { key, version, updated_ms, body, splice, place: (sequence.cast_unsigned(), position) })
}

fn name_fault(key: &ResourceKey, error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged(what) => StoreError::Damaged(format!("{key}: {what}")),
        other => other,
    }
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
            Some(row) => version_of(row, 0, version, key.clone()),
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
        let version = version_of(row, 2, number, name)?;
        if let Some((cache, seen)) = self.cache {
            cache.keep(key, type_number, &id, &version, seen);
        }
        Ok(Stored { position: place.position, version })
    }

    /// The number of a parameter and its type; `None` when nothing was ever written for it.
    fn parameter(&self, parameter: &ParameterKey) -> Option<i64> {
        self.dictionary.parameter(parameter.0, parameter.1)
    }

    fn walk_ordered(&self, walk: &Walk, text: &str, by: [Option<i64>; 2]) -> Result<Walked, StoreError> {
        let failed = || failed("walk the index");
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let most = walk.recency.end.saturating_sub(1).min(behind.recency);
        let bounds = [walk.recency.start, most, behind.recency, behind.key];
        let parameters = bounds.into_iter().chain(by.into_iter().flatten());
        let type_id = leaf_type(walk.leaf);
        let groups = self.token_groups(walk);
        let mut statement = self.connection.prepare_cached(text).map_err(failed())?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(failed())?;
        let mut walked = Walked::default();
        while walked.places.len() < walk.limit && walked.examined < walk.examine {
            let Some(row) = rows.next().map_err(failed())? else {
                walked.done = true;
                break;
            };
            walked.examined += 1;
            let position =
                Position { recency: row.get(0).map_err(failed())?, key: row.get(1).map_err(failed())? };
            walked.last = Some(position);
            let signature = row.get_ref(3).map_err(failed())?.as_blob().unwrap_or_default();
            let has_signature = !matches!(walk.leaf, Leaf::Token(..));
            if has_signature && !signature_meets(signature, walk.signature) {
                continue;
            }
            if self.has_tokens(&groups, position)? {
                walked.places.push(Place { position, home: row.get(2).map_err(failed())?, type_id });
            }
        }
        Ok(walked)
    }

    /// The groups of tokens with numbers for names. A token that was never written is in no document.
    fn token_groups(&self, walk: &Walk) -> Vec<Vec<(i64, i64)>> {
        let number = |(parameter, hash): &(ParameterKey, i64)| Some((self.parameter(parameter)?, *hash));
        walk.tokens.iter().map(|group| group.iter().filter_map(number).collect()).collect()
    }

    fn has_tokens(&self, groups: &[Vec<(i64, i64)>], at: Position) -> Result<bool, StoreError> {
        for group in groups {
            let mut found = false;
            for (parameter, hash) in group {
                found = self
                    .connection
                    .prepare_cached(sql::PROBE_TOKEN)
                    .and_then(|mut statement| statement.exists(params![parameter, hash, at.recency, at.key]))
                    .map_err(failed("look for a token"))?;
                if found {
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Walks all of a leaf that is not in order, or notes that it is too long.
    fn walk_unordered(&self, walk: &Walk) -> Result<Walked, StoreError> {
        let mut walked = Walked { done: true, ..Walked::default() };
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let groups = self.token_groups(walk);
        for (text, parameters) in self.ranges(walk.leaf) {
            self.collect(text, &parameters, walk, &mut walked)?;
            if !walked.done {
                return Ok(walked);
            }
        }
        walked
            .places
            .retain(|place| place.position < behind && walk.recency.contains(&place.position.recency));
        walked.places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        walked.places.dedup();
        if !groups.is_empty() {
            let mut kept = Vec::new();
            for place in walked.places {
                if self.has_tokens(&groups, place.position)? {
                    kept.push(place);
                }
            }
            walked.places = kept;
        }
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }

    fn collect(
        &self,
        text: &str,
        parameters: &[Value],
        walk: &Walk,
        walked: &mut Walked,
    ) -> Result<(), StoreError> {
        let failed = || failed("walk the index");
        let type_id = leaf_type(walk.leaf);
        let mut statement = self.connection.prepare_cached(text).map_err(failed())?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            walked.examined += 1;
            if walked.examined > walk.examine {
                walked.done = false;
                walked.places.clear();
                break;
            }
            let position =
                Position { recency: row.get(0).map_err(failed())?, key: row.get(1).map_err(failed())? };
            walked.places.push(Place { position, home: row.get(2).map_err(failed())?, type_id });
        }
        Ok(())
    }

    /// The statements that read a leaf that is not in order, with their parameters.
    fn ranges(&self, leaf: &Leaf) -> Vec<(&'static str, Vec<Value>)> {
        match leaf {
            Leaf::Number(parameter, unit, low, high) => self
                .parameter(parameter)
                .map(|number| {
                    let values = vec![number.into(), (*unit).into(), (*low).into(), (*high).into()];
                    (sql::WALK_NUMBER, values)
                })
                .into_iter()
                .collect(),
            Leaf::Text(parameter, prefix) => self
                .parameter(parameter)
                .map(|number| {
                    let end = format!("{prefix}{}", char::MAX);
                    (sql::WALK_TEXT, vec![number.into(), prefix.clone().into(), end.into()])
                })
                .into_iter()
                .collect(),
            Leaf::Date(parameter, low, high) => {
                let Some(number) = self.parameter(parameter) else { return Vec::new() };
                let range = |(span, longest): (i64, i64)| {
                    let first = low.saturating_sub(longest);
                    let values =
                        vec![number.into(), span.into(), first.into(), (*high).into(), (*low).into()];
                    (sql::WALK_DATE, values)
                };
                DATE_SPANS.into_iter().map(range).collect()
            }
            _ => Vec::new(),
        }
    }

    fn walk_ids(&self, walk: &Walk, type_id: TypeId, ids: &[String]) -> Result<Walked, StoreError> {
        let type_number = self.dictionary.type_number(type_id);
        let behind = walk.behind.unwrap_or(Position { recency: i64::MAX, key: i64::MAX });
        let mut walked = Walked { done: true, ..Walked::default() };
        for id in ids {
            walked.examined += 1;
            let Some(located) = locate(self.connection, type_number, &StoredId::new(id))? else { continue };
            let position = Position { recency: located.recency, key: located.key };
            if !located.deleted && position < behind && walk.recency.contains(&position.recency) {
                walked.places.push(Place { position, home: located.home, type_id });
            }
        }
        walked.places.sort_unstable_by_key(|place| std::cmp::Reverse(place.position));
        walked.places.dedup();
        walked.last = walked.places.last().map(|place| place.position);
        Ok(walked)
    }
}

/// The type of the documents that a leaf leads to.
fn leaf_type(leaf: &Leaf) -> TypeId {
    match leaf {
        Leaf::Ids(type_id, _)
        | Leaf::Home(type_id, _)
        | Leaf::Type(type_id)
        | Leaf::TypeWithin(type_id, ..) => *type_id,
        Leaf::Token(parameter, _)
        | Leaf::Number(parameter, ..)
        | Leaf::Text(parameter, _)
        | Leaf::Date(parameter, ..) => parameter.0,
    }
}

impl Snapshot for SqliteSnapshot<'_> {
    fn is_index_current(&self) -> bool {
        self.is_index_current
    }

    fn walk(&self, walk: &Walk) -> Result<Walked, StoreError> {
        match walk.leaf {
            Leaf::Home(type_id, home) => {
                let by = [Some(*home), Some(self.dictionary.type_number(*type_id))];
                self.walk_ordered(walk, sql::WALK_HOME, by)
            }
            Leaf::Type(type_id) => {
                let by = [Some(self.dictionary.type_number(*type_id)), None];
                self.walk_ordered(walk, sql::WALK_TYPE, by)
            }
            Leaf::TypeWithin(type_id, low, high) => {
                let by = [Some(self.dictionary.type_number(*type_id)), None];
                let recency = walk.recency.start.max(*low)..walk.recency.end.min(*high);
                self.walk_ordered(&Walk { recency, ..*walk }, sql::WALK_TYPE, by)
            }
            Leaf::Token(parameter, hash) => match self.parameter(parameter) {
                Some(number) => self.walk_ordered(walk, sql::WALK_TOKEN, [Some(number), Some(*hash)]),
                None => Ok(Walked { done: true, ..Walked::default() }),
            },
            Leaf::Ids(type_id, ids) => self.walk_ids(walk, *type_id, ids),
            Leaf::Number(..) | Leaf::Text(..) | Leaf::Date(..) => self.walk_unordered(walk),
        }
    }

    fn count_up_to(
        &self,
        leaf: &Leaf,
        recency: &std::ops::Range<i64>,
        cap: usize,
    ) -> Result<usize, StoreError> {
        if let Leaf::Ids(_, ids) = leaf {
            return Ok(ids.len().min(cap));
        }
        let walk = Walk {
            leaf,
            recency: recency.clone(),
            behind: None,
            signature: &[],
            tokens: &Vec::new(),
            limit: cap,
            examine: cap,
        };
        self.walk(&walk).map(|walked| walked.examined.min(cap))
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
