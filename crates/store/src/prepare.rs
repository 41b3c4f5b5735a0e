//! A batch made ready for the writer: all that can be done by the caller's thread is done here (compression,
//! packing, names to numbers), so that the one writer only writes.

use crate::batch::{Action, Batch, Change, Expect, Precondition, PrivateChange};
use crate::blob::{BlobHash, marks};
use crate::codec::{self, HASH_LENGTH};
use crate::commit_log::Chain;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::keys::{DataKey, KeyRow, Keys, Sealed};
use crate::private;
use crate::row_set::{RowSet, pack_signature};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Splice};
use crate::whole_commit::WholeCommit;
use fhir::schema::TypeId;
use search::rows::{Home, IndexRows};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A batch ready to be written.
pub(crate) struct PreparedBatch {
    pub time_ms: i64,
    pub preconditions: Vec<Precondition>,
    pub changes: Vec<PreparedChange>,
    pub private: Vec<PrivateChange>,
    pub audit: Vec<u8>,
    /// The audit row, as it is stored.
    pub sealed_audit: Vec<u8>,
    /// Keys of records that were made for it, to be stored with it.
    pub keys: Vec<KeyRow>,
    /// The numbers of the keys of records that it is sealed with.
    pub sealed_with: Vec<i64>,
    /// What a commit that is written again must come out as.
    pub replayed: Option<Replayed>,
}

/// The end of the commit log behind a commit that is written again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replayed {
    pub sequence: u64,
    pub chain: Chain,
}

impl Replayed {
    /// Refuses what came out otherwise. It must then be taken back.
    pub fn check(self, sequence: i64, chain: &Chain) -> Result<(), StoreError> {
        match (sequence.cast_unsigned(), chain) == (self.sequence, &self.chain) {
            true => Ok(()),
            false => Err(StoreError::Damaged(format!(
                "commit {} does not follow what is there, or is not as it was written",
                self.sequence
            ))),
        }
    }
}

impl PreparedBatch {
    /// The homes and numbers of the keys that come with it: known when it is written.
    pub fn key_names(&self) -> Vec<(i64, i64)> {
        self.keys.iter().map(|row| (row.home, row.number)).collect()
    }
}

/// A change ready to be written.
pub(crate) struct PreparedChange {
    pub key: ResourceKey,
    pub type_number: i64,
    pub id: StoredId,
    pub expect: Expect,
    /// The internal key that a new resource must get, when its commit is written again.
    pub number: Option<i64>,
    /// `None` deletes.
    pub put: Option<PreparedPut>,
}

/// A new version ready to be written.
pub(crate) struct PreparedPut {
    pub body: Arc<str>,
    pub splice: Splice,
    /// The hash of the body.
    pub hash: [u8; HASH_LENGTH],
    /// Body and splice, as they are stored.
    pub payload: Vec<u8>,
    pub home: i64,
    pub recency_ms: Option<i64>,
    pub signature: Vec<u8>,
    pub rows: RowSet,
    pub packed_rows: Vec<u8>,
    /// The contents kept outside that the body names.
    pub blobs: Vec<BlobHash>,
}

/// Makes a batch ready. All parameters must be in the dictionary: see [`missing_parameters`].
///
/// # Errors
/// When the keys that it is to be sealed with cannot be had.
///
/// # Panics
/// When the batch names a resource twice, or an id that is empty or longer than 64 bytes: a fault of the caller.
pub(crate) fn prepare(
    batch: Batch,
    dictionary: &Dictionary,
    keys: &Keys,
) -> Result<PreparedBatch, StoreError> {
    prepare_behind(batch, dictionary, keys, &HashMap::new())
}

/// As [`prepare`], behind batches that bring the keys of some homes.
fn prepare_behind(
    batch: Batch,
    dictionary: &Dictionary,
    keys: &Keys,
    brought: &HashMap<i64, i64>,
) -> Result<PreparedBatch, StoreError> {
    let mut seen = HashSet::with_capacity(batch.changes.len());
    for change in &batch.changes {
        assert!(seen.insert(&change.key), "a batch changes each resource once, and {} twice", change.key);
        assert!((1..=64).contains(&change.key.id.len()), "an id has 1 to 64 characters");
    }
    drop(seen);
    let mut seal = Seal { keys, brought, time_ms: batch.time_ms, new: Vec::new(), used: Vec::new() };
    let changes = batch.changes.into_iter().map(|change| prepare_change(change, dictionary, &mut seal));
    Ok(PreparedBatch {
        time_ms: batch.time_ms,
        preconditions: batch.preconditions,
        changes: changes.collect::<Result<_, _>>()?,
        private: batch.private.into_iter().map(|change| sealed(change, keys)).collect::<Result<_, _>>()?,
        sealed_audit: keys.practice().seal(&Sealed::Audit, &batch.audit)?,
        audit: batch.audit,
        keys: seal.new,
        sealed_with: seal.used,
        replayed: None,
    })
}

/// What the documents of a batch are sealed with.
struct Seal<'a> {
    keys: &'a Keys,
    /// Numbers of keys by home, that the batches before it bring.
    brought: &'a HashMap<i64, i64>,
    time_ms: i64,
    /// Keys of records that have none yet.
    new: Vec<KeyRow>,
    /// Numbers of keys of records.
    used: Vec<i64>,
}

impl Seal<'_> {
    /// The key that what lies in a record is sealed with.
    fn key(&mut self, home: i64) -> Result<Arc<DataKey>, StoreError> {
        let key = match self.brought.get(&home) {
            Some(number) => self.keys.key(*number)?,
            None => self.keys.of_record(home, self.time_ms, &mut self.new)?,
        };
        if home != Home::SHARED.0 && !self.used.contains(&key.number()) {
            self.used.push(key.number());
        }
        Ok(key)
    }
}

fn sealed(change: PrivateChange, keys: &Keys) -> Result<PrivateChange, StoreError> {
    let PrivateChange { space, key, content } = change;
    let content = content.map(|content| private::seal(keys, &space, &key, &content)).transpose()?;
    Ok(PrivateChange { space, key, content })
}

/// Makes ready what writes commits again, exactly as they were. `names_of` puts the parameters of a batch into the
/// dictionary, and gives it.
pub(crate) fn prepare_again(
    commits: &[WholeCommit],
    keys: &Keys,
    names_of: impl Fn(&Batch) -> Result<Arc<Dictionary>, StoreError>,
) -> Result<Vec<PreparedBatch>, StoreError> {
    let batches: Vec<Batch> = commits.iter().map(WholeCommit::batch).collect::<Result<_, _>>()?;
    let mut names = None;
    for batch in &batches {
        names = Some(names_of(batch)?);
    }
    let Some(names) = names else { return Ok(Vec::new()) };
    let mut brought = HashMap::new();
    let again = commits.iter().zip(batches).map(|(commit, batch)| {
        let prepared = prepare_one_again(commit, batch, &names, keys, &brought)?;
        brought.extend(prepared.key_names());
        Ok(prepared)
    });
    again.collect()
}

fn prepare_one_again(
    commit: &WholeCommit,
    batch: Batch,
    dictionary: &Dictionary,
    keys: &Keys,
    brought: &HashMap<i64, i64>,
) -> Result<PreparedBatch, StoreError> {
    let mut prepared = prepare_behind(batch, dictionary, keys, brought)?;
    for (again, change) in prepared.changes.iter_mut().zip(&commit.changes) {
        again.number = Some(change.number);
    }
    Ok(PreparedBatch {
        replayed: Some(Replayed { sequence: commit.sequence, chain: commit.chain }),
        ..prepared
    })
}

fn prepare_change(
    change: Change,
    dictionary: &Dictionary,
    seal: &mut Seal,
) -> Result<PreparedChange, StoreError> {
    let type_id = change.key.type_id;
    let put = match change.action {
        Action::Delete => None,
        Action::Put { body, splice, rows } => {
            let set = row_set(&rows, type_id, dictionary);
            let key = seal.key(rows.home.0)?;
            Some(PreparedPut {
                hash: codec::hash_of(&body),
                payload: key.seal(&Sealed::Document(&change.key), &codec::pack(&body, splice))?,
                home: rows.home.0,
                recency_ms: rows.recency_ms,
                signature: pack_signature(&rows.signature),
                packed_rows: set.pack(),
                rows: set,
                blobs: marks(&body).map(|(_, mark)| mark.hash).collect(),
                body,
                splice,
            })
        }
    };
    Ok(PreparedChange {
        type_number: dictionary.type_number(type_id),
        id: StoredId::new(&change.key.id),
        key: change.key,
        expect: change.expect,
        number: None,
        put,
    })
}

/// The rows with numbers for names; parameters without a number are left out.
pub(crate) fn row_set(rows: &IndexRows, type_id: TypeId, dictionary: &Dictionary) -> RowSet {
    let number = |code: &str| dictionary.parameter(type_id, code);
    let tokens = rows.tokens.iter().filter_map(|row| Some((number(row.parameter)?, row.hash)));
    let numbers = rows.numbers.iter().filter_map(|row| Some((number(row.parameter)?, row.unit, row.value)));
    let texts = rows.texts.iter().filter_map(|row| Some((number(row.parameter)?, row.text.as_str().into())));
    let dates = rows.dates.iter().filter_map(|row| Some((number(row.parameter)?, row.low_ms, row.high_ms)));
    let mut set = RowSet {
        tokens: tokens.collect(),
        numbers: numbers.collect(),
        texts: texts.collect(),
        dates: dates.collect(),
    };
    set.normalise();
    set
}

/// The parameters of a batch that have no number yet.
pub(crate) fn missing_parameters(batch: &Batch, dictionary: &Dictionary) -> Vec<(TypeId, &'static str)> {
    let mut missing = Vec::new();
    for change in &batch.changes {
        if let Action::Put { rows, .. } = &change.action {
            missing_in(rows, change.key.type_id, dictionary, &mut missing);
        }
    }
    missing
}

/// Adds the parameters of some rows that have no number yet.
pub(crate) fn missing_in(
    rows: &IndexRows,
    type_id: TypeId,
    dictionary: &Dictionary,
    missing: &mut Vec<(TypeId, &'static str)>,
) {
    let codes = rows.tokens.iter().map(|row| row.parameter);
    let codes = codes.chain(rows.numbers.iter().map(|row| row.parameter));
    let codes = codes.chain(rows.texts.iter().map(|row| row.parameter));
    for code in codes.chain(rows.dates.iter().map(|row| row.parameter)) {
        if dictionary.parameter(type_id, code).is_none() && !missing.contains(&(type_id, code)) {
            missing.push((type_id, code));
        }
    }
}
