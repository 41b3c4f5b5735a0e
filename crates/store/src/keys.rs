//! Encryption at rest: what lies on disk is sealed under data keys, and data keys are wrapped.
//!
//! Everything that a practice writes is sealed with AES-256-GCM (NIST SP 800-38D), a new random nonce each time, under the
//! data key whose number stands before it. What is of one patient's record has a key of that record; all else has the
//! practice's. The keys of records are wrapped by the practice's key, and that one by the [`WrappingKey`], which is kept
//! outside the data. See docs/design/encryption.md.

mod cipher;
mod kind;
mod row;
mod source;
mod wrapping;

use cipher::Secret;
pub(crate) use cipher::{DataKey, PieceCipher, fill_random, sealed_with};
pub(crate) use kind::Sealed;
pub(crate) use row::KeyRow;
pub(crate) use source::{KeySource, block_of, numbers_from};
pub use wrapping::{LocalKey, Unwrapped, WrappingKey};

use crate::body::Body;
use crate::codec;
use crate::error::StoreError;
use crate::pack::Unpack;
use crate::version::{ResourceKey, Splice};
use search::rows::Home;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time that a practice's key is made at when the store is opened, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The data keys of a store.
pub(crate) struct Keys {
    wrapping: RwLock<Arc<dyn WrappingKey>>,
    source: Box<dyn KeySource>,
    /// The practice's key that is written with.
    current: RwLock<Arc<DataKey>>,
    known: RwLock<Known>,
    /// Numbers that this process may give to new keys.
    lease: Mutex<Range<i64>>,
}

/// What a version has of a document.
#[derive(Default)]
pub(crate) struct Opened {
    pub body: Option<Arc<Body>>,
    pub splice: Splice,
    pub is_shredded: bool,
}

#[derive(Default)]
struct Known {
    /// Keys by number; one that was destroyed has none.
    secrets: HashMap<i64, Option<Secret>>,
    /// Those that are the practice's.
    practice: HashSet<i64>,
    /// The newest key of each record, by its home, that is certainly stored.
    of_home: HashMap<i64, i64>,
}

impl Keys {
    /// The keys of a store, of which `rows` are the practice's.
    ///
    /// # Errors
    /// When the wrapping key is not at hand, or is not the one that the data was written with.
    pub fn new(
        wrapping: Arc<dyn WrappingKey>,
        source: Box<dyn KeySource>,
        rows: &[KeyRow],
    ) -> Result<Arc<Self>, StoreError> {
        let mut known = Known::default();
        let mut newest = None;
        for row in rows {
            let secret = row.unwrap_outside(&*wrapping)?;
            newest = newest.max(Some(row.number));
            known.secrets.insert(row.number, Some(secret));
            known.practice.insert(row.number);
        }
        let current = newest.and_then(|number| Some((number, known.secrets.get(&number)?.clone()?)));
        let (number, secret) =
            current.ok_or_else(|| StoreError::Damaged("the practice has no data key".into()))?;
        Ok(Arc::new(Self {
            wrapping: RwLock::new(wrapping),
            source,
            current: RwLock::new(Arc::new(DataKey::new(number, &secret))),
            known: RwLock::new(known),
            lease: Mutex::new(0..0),
        }))
    }

    /// The practice's key that is written with.
    pub fn practice(&self) -> Arc<DataKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that what lies in a record is written with. One that is made for it goes to `new`, to be stored by the
    /// transaction that stores what is sealed with it: only then is it [`Keys::know`]n.
    pub fn of_record(
        &self,
        home: i64,
        now_ms: i64,
        new: &mut Vec<KeyRow>,
    ) -> Result<Arc<DataKey>, StoreError> {
        if home == Home::SHARED.0 {
            return Ok(self.practice());
        }
        if let Some(row) = new.iter().find(|row| row.home == home) {
            return self.key(row.number);
        }
        let known = self.read_known().of_home.get(&home).copied();
        if let Some(number) = known {
            return self.key(number);
        }
        if let Some(row) = self.source.newest_of(home)? {
            self.take(&row)?;
            self.know(home, row.number);
            return self.key(row.number);
        }
        let (number, secret) = (self.next_number()?, Secret::random()?);
        new.push(KeyRow::wrapped_inside(number, home, now_ms, &secret, &self.practice())?);
        let key = Arc::new(DataKey::new(number, &secret));
        // Readers meet it as soon as it is written, in this process before that is acknowledged.
        self.write_known().secrets.insert(number, Some(secret));
        Ok(key)
    }

    /// Notes that the key of a record is stored.
    pub fn know(&self, home: i64, number: i64) {
        self.write_known().of_home.insert(home, number);
    }

    /// Notes that the keys that came with a batch, by home and number, are stored.
    pub fn know_all(&self, rows: &[(i64, i64)]) {
        rows.iter().for_each(|(home, number)| self.know(*home, *number));
    }

    /// Opens what was sealed, checked to be of this kind and name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not what was sealed; [`StoreError::Shredded`] when its key was destroyed.
    pub fn open_sealed(&self, of: &Sealed, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut unpack = Unpack::new(sealed);
        let number = unpack.varint_i64()?;
        self.key(number)?.open(of, unpack.rest())
    }

    /// Opens a document.
    ///
    /// # Errors
    /// As [`Keys::open_sealed`].
    pub fn open_document(&self, key: &ResourceKey, sealed: &[u8]) -> Result<(Arc<str>, Splice), StoreError> {
        let of = Sealed::Document(key);
        self.open_sealed(&of, sealed).and_then(|envelope| codec::unpack(&envelope)).map_err(|error| {
            match error {
                StoreError::Damaged(what) => StoreError::Damaged(format!("{key}: {what}")),
                other => other,
            }
        })
    }

    /// Opens a document, as a version has it; without a body when its key was destroyed.
    pub fn open_body(&self, key: &ResourceKey, sealed: &[u8]) -> Result<Opened, StoreError> {
        match self.open_document(key, sealed) {
            Ok((text, splice)) => {
                Ok(Opened { body: Some(Arc::new(Body::new(text))), splice, is_shredded: false })
            }
            Err(StoreError::Shredded) => Ok(Opened { is_shredded: true, ..Opened::default() }),
            Err(error) => Err(error),
        }
    }

    /// A new key of the practice, to be stored and then [`Keys::write_with`].
    pub fn new_practice_key(&self, now_ms: i64) -> Result<KeyRow, StoreError> {
        KeyRow::of_practice(self.next_number()?, now_ms, &*self.wrapping())
    }

    /// Writes with a key of the practice from now on. It is stored.
    pub fn write_with(&self, row: &KeyRow) -> Result<(), StoreError> {
        self.take(row)?;
        let key = self.key(row.number)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// The practice's keys, wrapped by another: to be stored, and then [`Keys::wrap_with`].
    pub fn wrapped_anew(&self, rows: &[KeyRow], by: &dyn WrappingKey) -> Result<Vec<KeyRow>, StoreError> {
        let wrapping = self.wrapping();
        let anew = |row: &KeyRow| {
            KeyRow::wrapped_outside(row.number, row.made_ms, &row.unwrap_outside(&*wrapping)?, by)
        };
        rows.iter().map(anew).collect()
    }

    /// Wraps with another key from now on. What it wrapped is stored.
    pub fn wrap_with(&self, wrapping: Arc<dyn WrappingKey>) {
        *self.wrapping.write().unwrap_or_else(PoisonError::into_inner) = wrapping;
    }

    /// Refuses what was sealed with a key that was destroyed meanwhile: tried again, it gets another.
    pub fn check_there(&self, numbers: &[i64]) -> Result<(), StoreError> {
        let known = self.read_known();
        match numbers.iter().any(|number| matches!(known.secrets.get(number), Some(None))) {
            true => Err(StoreError::Busy),
            false => Ok(()),
        }
    }

    /// Forgets the keys of a record, which are destroyed. Told to the writer before it writes anything else.
    pub fn forget(&self, home: i64, numbers: &[i64]) {
        let mut known = self.write_known();
        known.of_home.remove(&home);
        for number in numbers {
            known.secrets.insert(*number, None);
        }
    }

    /// What is wrong with the stored keys, of which `rows` are all.
    pub fn faults(&self, rows: &[KeyRow]) -> Vec<String> {
        let opens = |row: &KeyRow| match row.home {
            0 => row.unwrap_outside(&*self.wrapping()).is_ok(),
            _ if row.is_destroyed() => true,
            _ => row.unwrap_inside(|number| self.practice_key(number)).is_ok(),
        };
        let mut faults: Vec<String> = rows
            .iter()
            .filter(|row| !opens(row))
            .map(|row| format!("key {} does not open", row.number))
            .collect();
        let stored: HashSet<i64> = rows.iter().map(|row| row.number).collect();
        let known = self.read_known();
        let missing = known.of_home.values().filter(|number| !stored.contains(number));
        faults.extend(missing.map(|number| format!("key {number} is missing")));
        faults
    }

    /// The key of a number.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is none; [`StoreError::Shredded`] when it was destroyed.
    pub fn key(&self, number: i64) -> Result<Arc<DataKey>, StoreError> {
        let current = self.practice();
        if current.number() == number {
            return Ok(current);
        }
        // The lock is let go before the table is asked.
        let known = || self.read_known().secrets.get(&number).cloned();
        let mut secret = known();
        if secret.is_none() {
            for row in self.source.block(number)? {
                self.take(&row)?;
            }
            secret = known();
        }
        let secret =
            secret.ok_or_else(|| StoreError::Damaged(format!("the data key {number} is missing")))?;
        secret.map(|secret| Arc::new(DataKey::new(number, &secret))).ok_or(StoreError::Shredded)
    }

    /// The practice's key of a number: the only ones that wrap others.
    fn practice_key(&self, number: i64) -> Result<Arc<DataKey>, StoreError> {
        let is_known = || self.read_known().practice.contains(&number);
        if !is_known() {
            let rows = self.source.block(number)?;
            rows.iter().filter(|row| row.home == Home::SHARED.0).try_for_each(|row| self.take(row))?;
        }
        match is_known() {
            true => self.key(number),
            false => Err(StoreError::Damaged(format!("the practice's data key {number} is missing"))),
        }
    }

    /// Takes a stored key to those that are known.
    fn take(&self, row: &KeyRow) -> Result<(), StoreError> {
        if self.read_known().secrets.contains_key(&row.number) {
            return Ok(());
        }
        let secret = match row.home {
            0 => Some(row.unwrap_outside(&*self.wrapping())?),
            _ if row.is_destroyed() => None,
            _ => Some(row.unwrap_inside(|number| self.practice_key(number))?),
        };
        let mut known = self.write_known();
        known.secrets.insert(row.number, secret);
        if row.home == Home::SHARED.0 {
            known.practice.insert(row.number);
        }
        Ok(())
    }

    fn next_number(&self) -> Result<i64, StoreError> {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        if lease.is_empty() {
            *lease = self.source.lease()?;
        }
        lease.next().ok_or_else(|| StoreError::Damaged("an empty lease of numbers of data keys".into()))
    }

    fn wrapping(&self) -> Arc<dyn WrappingKey> {
        Arc::clone(&self.wrapping.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn read_known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_known(&self) -> std::sync::RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}
