//! A data key as it is stored: wrapped by another.

use super::cipher::{DataKey, KEY_BYTES, Secret};
use super::kind::Sealed;
use super::wrapping::WrappingKey;
use crate::error::StoreError;
use crate::pack::Unpack;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A row of the table of data keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    /// Its number, which stands before all that is sealed with it.
    pub number: i64,
    /// The home of the record that it is for; 0 for the practice.
    pub home: i64,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    /// The key with all of the above, wrapped; empty when it was destroyed.
    pub wrapped: Vec<u8>,
}

impl KeyRow {
    /// A new key of the practice.
    pub fn of_practice(number: i64, made_ms: i64, wrapping: &dyn WrappingKey) -> Result<Self, StoreError> {
        Self::wrapped_outside(number, made_ms, &Secret::random()?, wrapping)
    }

    /// A key of the practice.
    pub fn wrapped_outside(
        number: i64,
        made_ms: i64,
        secret: &Secret,
        wrapping: &dyn WrappingKey,
    ) -> Result<Self, StoreError> {
        let row = Self { number, home: 0, made_ms, wrapped: Vec::new() };
        Ok(Self { wrapped: wrapping.wrap(&row.content(secret)).map_err(failed)?, ..row })
    }

    /// A key of a record.
    pub fn wrapped_inside(
        number: i64,
        home: i64,
        made_ms: i64,
        secret: &Secret,
        practice: &DataKey,
    ) -> Result<Self, StoreError> {
        let row = Self { number, home, made_ms, wrapped: Vec::new() };
        Ok(Self { wrapped: practice.seal(&Sealed::Key, &row.content(secret))?, ..row })
    }

    /// The key of the practice in it.
    pub fn unwrap_outside(&self, wrapping: &dyn WrappingKey) -> Result<Secret, StoreError> {
        self.secret(&wrapping.unwrap(&self.wrapped).map_err(failed)?)
    }

    /// The key of a record in it; `practice` gives the practice's keys by number.
    pub fn unwrap_inside(
        &self,
        practice: impl Fn(i64) -> Result<Arc<DataKey>, StoreError>,
    ) -> Result<Secret, StoreError> {
        let mut unpack = Unpack::new(&self.wrapped);
        let number = unpack.varint_i64()?;
        let content = Zeroizing::new(practice(number)?.open(&Sealed::Key, unpack.rest())?);
        self.secret(&content)
    }

    /// Whether the key was destroyed, and with it all that was sealed with it.
    pub fn is_destroyed(&self) -> bool {
        self.wrapped.is_empty()
    }

    /// What is wrapped: the key, and what its row must say.
    fn content(&self, secret: &Secret) -> Zeroizing<Vec<u8>> {
        let mut content = Zeroizing::new(Vec::with_capacity(24 + KEY_BYTES));
        for number in [self.number, self.home, self.made_ms] {
            content.extend_from_slice(&number.to_le_bytes());
        }
        content.extend_from_slice(&*secret.0);
        content
    }

    fn secret(&self, content: &[u8]) -> Result<Secret, StoreError> {
        let secret = content.get(24..).and_then(Secret::of);
        let secret = secret.filter(|secret| self.content(secret).as_slice() == content);
        secret.ok_or_else(|| {
            StoreError::Damaged(format!("the data key {} is not what was written", self.number))
        })
    }
}

fn failed(source: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::World { context: "open the data keys", source }
}
