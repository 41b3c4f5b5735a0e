//! What a transaction changes, gathered before it is sent: each table is written in one statement, however many batches
//! and changes there are. A resource that several batches of the transaction change is written as the last leaves it.

use super::columns::{Column, Statement, column, statement};
use super::snapshot::id_bytes;
use super::statements as sql;
use crate::batch::PrivateChange;
use crate::blob::BlobHash;
use crate::commit_log::{Chain, LoggedChange};
use crate::error::StoreError;
use crate::keys::KeyRow;
use crate::located::{Located, Target};
use crate::prepare::{PreparedChange, PreparedPut};
use crate::row_set::{RowSet, date_span};
use crate::stored_id::StoredId;
use std::collections::{BTreeMap, HashMap};

/// Where in commit order something is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub sequence: i64,
    pub position: i64,
    pub time_ms: i64,
}

/// A commit's row in the log.
pub(super) struct Logged<'b> {
    pub sequence: i64,
    pub time_ms: i64,
    pub chain: Chain,
    pub changes: Vec<u8>,
    pub audit: &'b [u8],
}

/// A version made in this transaction.
#[derive(Clone, Copy)]
struct Made<'b> {
    put: &'b PreparedPut,
    version: u32,
    at: At,
}

/// A version made in this transaction that another superseded, or a tombstone.
struct Past<'b> {
    version: u32,
    at: At,
    payload: Option<&'b [u8]>,
}

/// A resource that the transaction looks at.
struct Resource<'b> {
    type_number: i64,
    id: StoredId,
    /// Where the database has it, and the index rows that it has there when it is current.
    stored: Option<(Located, RowSet)>,
    /// Where it is now.
    located: Option<Located>,
    /// The current version, when this transaction made it.
    made: Option<Made<'b>>,
    /// Whether the version that the database has as current is superseded.
    keeps: bool,
    past: Vec<Past<'b>>,
    is_changed: bool,
}

impl<'b> Resource<'b> {
    /// What is current becomes past.
    fn retire(&mut self) {
        match self.made.take() {
            Some(Made { put, version, at }) => {
                self.past.push(Past { version, at, payload: Some(&put.payload) });
            }
            None => self.keeps = true,
        }
    }
}

/// What a transaction looks at and changes.
#[derive(Default)]
pub(super) struct WorkingSet<'b> {
    resources: Vec<Resource<'b>>,
    places: HashMap<(i64, StoredId), usize>,
    counts: HashMap<i64, i64>,
    logged: Vec<Logged<'b>>,
    private: BTreeMap<(&'b str, &'b str), Option<&'b [u8]>>,
    /// Contents by the internal key and version that name them.
    blob_uses: Vec<(&'b BlobHash, i64, u32)>,
    keys: Vec<&'b KeyRow>,
}

impl<'b> WorkingSet<'b> {
    /// Notes that a resource will be looked at.
    pub fn want(&mut self, type_number: i64, id: &StoredId) {
        let place = self.resources.len();
        let known = *self.places.entry((type_number, id.clone())).or_insert(place);
        if known == place {
            let id = id.clone();
            self.resources.push(Resource {
                type_number,
                id,
                stored: None,
                located: None,
                made: None,
                keeps: false,
                past: Vec::new(),
                is_changed: false,
            });
        }
    }

    /// The types and ids of what will be looked at, in the order of [`WorkingSet::found`].
    pub fn wanted(&self) -> (Vec<i64>, Vec<Vec<u8>>) {
        self.resources.iter().map(|resource| (resource.type_number, id_bytes(&resource.id))).unzip()
    }

    /// Notes where a resource is, with its packed index rows when it is current.
    pub fn found(&mut self, place: usize, located: Located, rows: Option<&[u8]>) -> Result<(), StoreError> {
        let resource = &mut self.resources[place];
        let rows = match (located.deleted, rows) {
            (true, _) => RowSet::default(),
            (false, Some(packed)) => RowSet::unpack(packed)?,
            (false, None) => {
                let id = resource.id.text();
                return Err(StoreError::Damaged(format!("the directory names {id}, which has no entry")));
            }
        };
        resource.stored = Some((located, rows));
        resource.located = Some(located);
        Ok(())
    }

    /// Where a resource is now; `None` when there never was one.
    pub fn located(&self, type_number: i64, id: &StoredId) -> Option<Located> {
        let place = self.places.get(&(type_number, id.clone()))?;
        self.resources[*place].located
    }

    /// Makes a new version of a resource; `next_key` is the internal key when it is a new one.
    pub fn put(
        &mut self,
        change: &PreparedChange,
        put: &'b PreparedPut,
        at: At,
        next_key: impl FnOnce() -> i64,
    ) -> Result<LoggedChange, StoreError> {
        let place = self.places[&(change.type_number, change.id.clone())];
        let resource = &mut self.resources[place];
        let old = resource.located;
        let version = old.map_or(0, |located| located.version) + 1;
        let key = old.map_or_else(next_key, |located| located.key);
        match old {
            Some(old) if !old.deleted => resource.retire(),
            _ => *self.counts.entry(change.type_number).or_default() += 1,
        }
        let recency = put.recency_ms.unwrap_or(at.time_ms);
        resource.located = Some(Located { key, home: put.home, recency, version, deleted: false });
        resource.made = Some(Made { put, version, at });
        resource.is_changed = true;
        self.blob_uses.extend(put.blobs.iter().map(|hash| (hash, key, version)));
        let hash = Some(put.hash);
        Ok(LoggedChange { type_number: change.type_number, id: change.id.clone(), key, version, hash })
    }

    /// Deletes a resource; `None` when there is nothing to delete.
    pub fn delete(&mut self, change: &PreparedChange, at: At) -> Option<LoggedChange> {
        let place = self.places[&(change.type_number, change.id.clone())];
        let resource = &mut self.resources[place];
        let old = resource.located.filter(|located| !located.deleted)?;
        let version = old.version + 1;
        resource.retire();
        resource.past.push(Past { version, at, payload: None });
        resource.located = Some(Located { version, deleted: true, ..old });
        resource.is_changed = true;
        *self.counts.entry(change.type_number).or_default() -= 1;
        let (type_number, id) = (change.type_number, change.id.clone());
        Some(LoggedChange { type_number, id, key: old.key, version, hash: None })
    }

    /// Takes a commit to the log, with its changes to private documents.
    pub fn log(&mut self, logged: Logged<'b>, private: &'b [PrivateChange]) {
        self.logged.push(logged);
        for PrivateChange { space, key, content } in private {
            self.private.insert((space, key), content.as_deref());
        }
    }

    /// True when there is something to write.
    pub fn is_changed(&self) -> bool {
        !self.logged.is_empty()
    }

    /// Takes the keys that came with a batch.
    pub fn keys(&mut self, rows: &'b [KeyRow]) {
        self.keys.extend(rows);
    }

    /// The statements that write all this.
    pub fn statements(&self) -> Vec<Statement<'_>> {
        let changed: Vec<&Resource> = self.resources.iter().filter(|resource| resource.is_changed).collect();
        let mut out = past(&changed);
        out.extend(entries(&changed));
        out.extend(directory(&changed));
        out.extend(index(&changed));
        let counts: Vec<(i64, i64)> =
            self.counts.iter().map(|(of, by)| (*of, *by)).filter(|(_, by)| *by != 0).collect();
        out.extend(statement(sql::COUNT_ADD, &counts, |rows| {
            vec![column(rows, |row| row.0), column(rows, |row| row.1)]
        }));
        out.extend(statement(sql::COMMIT_ADD, &self.logged.iter().collect::<Vec<_>>(), |rows| {
            vec![
                column(rows, |row| row.sequence),
                column(rows, |row| row.time_ms),
                column(rows, |row| row.chain.as_slice()),
                column(rows, |row| row.changes.as_slice()),
                column(rows, |row| row.audit),
            ]
        }));
        out.extend(statement(sql::BLOB_USE_ADD, &self.blob_uses, |rows| {
            vec![
                column(rows, |row| row.0.0.as_slice()),
                column(rows, |row| row.1),
                column(rows, |row| i64::from(row.2)),
            ]
        }));
        out.extend(private(&self.private));
        out.extend(statement(sql::KEYS_ADD, &self.keys, |rows| {
            vec![
                column(rows, |row| row.number),
                column(rows, |row| row.home),
                column(rows, |row| row.made_ms),
                column(rows, |row| row.wrapped.as_slice()),
            ]
        }));
        out
    }

    /// Notes that all this is in the database now, in the transaction that goes on.
    pub fn written(&mut self) {
        for resource in self.resources.iter_mut().filter(|resource| resource.is_changed) {
            let rows = resource.made.map(|made| made.put.rows.clone()).unwrap_or_default();
            resource.stored = resource.located.map(|located| (located, rows));
            resource.made = None;
            resource.keeps = false;
            resource.past.clear();
            resource.is_changed = false;
        }
        self.counts.clear();
        self.logged.clear();
        self.private.clear();
        self.blob_uses.clear();
        self.keys.clear();
    }
}

/// The home of a resource that is changed: it has one.
fn home(resource: &Resource) -> i64 {
    resource.located.map_or(0, |located| located.home)
}

/// A resource moves with its past, and what is superseded goes there.
fn past<'s>(changed: &[&'s Resource]) -> Vec<Statement<'s>> {
    let stored = |resource: &&'s Resource| resource.stored.as_ref().map(|(located, _)| *located);
    let moved: Vec<(Located, i64)> = changed
        .iter()
        .filter_map(|resource| Some((stored(resource)?, home(resource))))
        .filter(|(old, now)| old.home != *now)
        .collect();
    let kept: Vec<(Target, i64, i64)> = changed
        .iter()
        .filter(|resource| resource.keeps)
        .filter_map(|resource| Some((stored(resource)?.target(), resource.type_number, home(resource))))
        .collect();
    let key = |resource: &Resource| resource.located.map_or(0, |located| located.key);
    let past: Vec<(i64, i64, &Past)> = changed
        .iter()
        .flat_map(|resource| resource.past.iter().map(|past| (home(resource), key(resource), past)))
        .collect();
    let moves = statement(sql::PAST_MOVE, &moved, |rows| {
        vec![column(rows, |row| row.0.home), column(rows, |row| row.0.key), column(rows, |row| row.1)]
    });
    let keeps = statement(sql::PAST_KEEP, &kept, |rows| {
        vec![
            column(rows, |row| row.0.home),
            column(rows, |row| row.1),
            column(rows, |row| row.0.recency),
            column(rows, |row| row.0.key),
            column(rows, |row| row.2),
        ]
    });
    let adds = statement(sql::PAST_ADD, &past, |rows| {
        vec![
            column(rows, |row| row.0),
            column(rows, |row| row.1),
            column(rows, |row| i64::from(row.2.version)),
            column(rows, |row| row.2.at.time_ms),
            column(rows, |row| row.2.at.sequence),
            column(rows, |row| row.2.at.position),
            column(rows, |row| row.2.payload),
        ]
    });
    moves.into_iter().chain(keeps).chain(adds).collect()
}

/// Entries and the lists of their types.
fn entries<'s>(changed: &[&'s Resource]) -> Vec<Statement<'s>> {
    let gone: Vec<(i64, Target)> = changed
        .iter()
        .filter_map(|resource| {
            let old = stored_target(resource).filter(|old| target(resource) != Some(*old))?;
            Some((resource.type_number, old))
        })
        .collect();
    let set: Vec<(&Resource, Target, Made)> =
        changed.iter().filter_map(|resource| Some((*resource, target(resource)?, resource.made?))).collect();
    let mut out = Vec::new();
    for text in [sql::ENTRY_REMOVE, sql::TYPE_ROW_REMOVE] {
        out.extend(statement(text, &gone, |rows| {
            vec![
                column(rows, |row| row.1.home),
                column(rows, |row| row.0),
                column(rows, |row| row.1.recency),
                column(rows, |row| row.1.key),
            ]
        }));
    }
    out.extend(statement(sql::ENTRY_SET, &set, |rows| {
        vec![
            column(rows, |row| row.1.home),
            column(rows, |row| row.0.type_number),
            column(rows, |row| row.1.recency),
            column(rows, |row| row.1.key),
            column(rows, |row| i64::from(row.2.version)),
            column(rows, |row| row.2.at.time_ms),
            column(rows, |row| row.2.at.sequence),
            column(rows, |row| row.2.at.position),
            column(rows, |row| id_bytes(&row.0.id)),
            column(rows, |row| row.2.put.signature.as_slice()),
            column(rows, |row| row.2.put.packed_rows.as_slice()),
            column(rows, |row| row.2.put.payload.as_slice()),
        ]
    }));
    out.extend(statement(sql::TYPE_ROW_SET, &set, |rows| {
        vec![
            column(rows, |row| row.1.home),
            column(rows, |row| row.0.type_number),
            column(rows, |row| row.1.recency),
            column(rows, |row| row.1.key),
            column(rows, |row| row.2.put.signature.as_slice()),
        ]
    }));
    out
}

/// Where the database has a current version; `None` when it has none.
fn stored_target(resource: &Resource) -> Option<Target> {
    let (located, _) = resource.stored.as_ref()?;
    (!located.deleted).then(|| located.target())
}

/// Where the current version is now; `None` when there is none.
fn target(resource: &Resource) -> Option<Target> {
    resource.located.filter(|located| !located.deleted).map(Located::target)
}

fn directory<'s>(changed: &[&'s Resource]) -> Option<Statement<'s>> {
    let rows: Vec<(&Resource, Located)> =
        changed.iter().filter_map(|resource| Some((*resource, resource.located?))).collect();
    statement(sql::DIRECTORY_SET, &rows, |rows| {
        vec![
            column(rows, |row| row.0.type_number),
            column(rows, |row| id_bytes(&row.0.id)),
            column(rows, |row| row.1.key),
            column(rows, |row| row.1.home),
            column(rows, |row| row.1.recency),
            column(rows, |row| i64::from(row.1.version)),
            column(rows, |row| row.1.deleted),
        ]
    })
}

/// The index rows that the old version has and the new one lacks go, and the others come.
fn index<'s>(changed: &[&'s Resource]) -> Vec<Statement<'s>> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for resource in changed {
        let old = stored_target(resource).zip(resource.stored.as_ref().map(|(_, rows)| rows));
        let made = target(resource).zip(resource.made.map(|made| &made.put.rows));
        match (old, made) {
            (Some((at, old)), Some((to, made))) if at == to => {
                gone.push((at, old.without(made)));
                new.push((to, made.without(old)));
            }
            (old, made) => {
                gone.extend(old.map(|(at, rows)| (at, rows.clone())));
                new.extend(made.map(|(to, rows)| (to, rows.clone())));
            }
        }
    }
    let mut out =
        index_rows(&gone, [sql::TOKEN_REMOVE, sql::NUMBER_REMOVE, sql::TEXT_REMOVE, sql::DATE_REMOVE]);
    out.extend(index_rows(&new, [sql::TOKEN_ADD, sql::NUMBER_ADD, sql::TEXT_ADD, sql::DATE_ADD]));
    out
}

/// Statements over the rows of some sets: for tokens, numbers, texts and dates.
pub(super) fn index_rows(sets: &[(Target, RowSet)], texts: [&'static str; 4]) -> Vec<Statement<'static>> {
    let tokens: Vec<_> = sets.iter().flat_map(|(at, set)| set.tokens.iter().map(|row| (*at, *row))).collect();
    let numbers: Vec<_> =
        sets.iter().flat_map(|(at, set)| set.numbers.iter().map(|row| (*at, *row))).collect();
    let folded: Vec<_> =
        sets.iter().flat_map(|(at, set)| set.texts.iter().map(|row| (*at, row.clone()))).collect();
    let dates: Vec<_> = sets.iter().flat_map(|(at, set)| set.dates.iter().map(|row| (*at, *row))).collect();
    let [of_tokens, of_numbers, of_texts, of_dates] = texts;
    let statements = [
        statement(of_tokens, &tokens, |rows| {
            of_target(rows, [column(rows, |row| row.1.0), column(rows, |row| row.1.1)])
        }),
        statement(of_numbers, &numbers, |rows| {
            let unit = column(rows, |row| row.1.1);
            of_target(rows, [column(rows, |row| row.1.0), unit, column(rows, |row| row.1.2)])
        }),
        statement(of_texts, &folded, |rows| {
            of_target(rows, [column(rows, |row| row.1.0), column(rows, |row| row.1.1.as_bytes().to_vec())])
        }),
        statement(of_dates, &dates, |rows| {
            let span = column(rows, |row| date_span(row.1.1, row.1.2));
            let (low, high) = (column(rows, |row| row.1.1), column(rows, |row| row.1.2));
            of_target(rows, [column(rows, |row| row.1.0), span, low, high])
        }),
    ];
    statements.into_iter().flatten().collect()
}

/// The columns of index rows: where the document is, and what the row says.
fn of_target<R>(
    rows: &[(Target, R)],
    says: impl IntoIterator<Item = Column<'static>>,
) -> Vec<Column<'static>> {
    let at =
        [column(rows, |row| row.0.home), column(rows, |row| row.0.recency), column(rows, |row| row.0.key)];
    at.into_iter().chain(says).collect()
}

fn private<'s>(changes: &BTreeMap<(&'s str, &'s str), Option<&'s [u8]>>) -> Vec<Statement<'s>> {
    let gone: Vec<(&str, &str)> =
        changes.iter().filter(|(_, content)| content.is_none()).map(|(name, _)| *name).collect();
    let set: Vec<(&str, &str, &[u8])> =
        changes.iter().filter_map(|((space, key), content)| Some((*space, *key, (*content)?))).collect();
    let removes = statement(sql::PRIVATE_REMOVE, &gone, |rows| {
        vec![column(rows, |row| row.0), column(rows, |row| row.1)]
    });
    let sets = statement(sql::PRIVATE_SET, &set, |rows| {
        vec![column(rows, |row| row.0), column(rows, |row| row.1), column(rows, |row| row.2)]
    });
    removes.into_iter().chain(sets).collect()
}
