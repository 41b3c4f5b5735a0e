//! Where a page ended, as opaque text: the sort values and the position of its last match, with a check sum that
//! also covers the order, so that a cursor of another order or another maker is refused.

use crate::error::StoreError;
use crate::pack::{Unpack, put_bytes};
use crate::snapshot::Position;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use search::query::Query;
use search::sort::SortValue;

const CHECK_LENGTH: usize = 6;

/// A place between two matches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    /// The values of the sort keys; none in the order of the index.
    pub values: Vec<SortValue>,
    /// The position.
    pub position: Position,
}

impl Cursor {
    /// The cursor as text.
    pub fn write(&self, query: &Query) -> String {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.position.recency.to_le_bytes());
        bytes.extend_from_slice(&self.position.key.to_le_bytes());
        for value in &self.values {
            put_bytes(&mut bytes, value.as_bytes());
        }
        let check = check(&bytes, query);
        bytes.extend_from_slice(&check);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor of a text.
    pub fn read(text: &str, query: &Query) -> Result<Self, StoreError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::BadCursor)?;
        let length = bytes.len().checked_sub(CHECK_LENGTH).ok_or(StoreError::BadCursor)?;
        let (bytes, found) = bytes.split_at(length);
        if check(bytes, query) != found {
            return Err(StoreError::BadCursor);
        }
        Self::unpack(bytes).map_err(|_| StoreError::BadCursor)
    }

    fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut unpack = Unpack::new(bytes);
        let position = Position { recency: unpack.i64()?, key: unpack.i64()? };
        let mut values = Vec::new();
        while !unpack.is_empty() {
            values.push(SortValue::from_bytes(unpack.bytes()?.to_vec()));
        }
        Ok(Self { values, position })
    }
}

fn check(bytes: &[u8], query: &Query) -> [u8; CHECK_LENGTH] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    for key in &query.sort {
        hasher.update(key.code.as_bytes());
        hasher.update(&[u8::from(key.descending)]);
    }
    let mut check = [0; CHECK_LENGTH];
    check.copy_from_slice(&hasher.finalize().as_bytes()[..CHECK_LENGTH]);
    check
}
