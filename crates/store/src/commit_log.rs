//! A commit as one row: what it changed, packed, and the hash that chains it to the commits before.

use crate::codec::HASH_LENGTH;
use crate::error::StoreError;
use crate::pack::{Unpack, put_varint};
use crate::stored_id::StoredId;

/// Length of a chain hash in bytes.
pub(crate) const CHAIN_LENGTH: usize = 32;

/// A chain hash.
pub(crate) type Chain = [u8; CHAIN_LENGTH];

/// One change in a commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoggedChange {
    /// Number of the type in the dictionary.
    pub type_number: i64,
    /// The logical id.
    pub id: StoredId,
    /// The internal key.
    pub key: i64,
    /// The version made.
    pub version: u32,
    /// The hash of its text; `None` when it is a deletion.
    pub hash: Option<[u8; HASH_LENGTH]>,
}

/// Packs the changes of a commit.
pub(crate) fn pack_changes(changes: &[LoggedChange]) -> Vec<u8> {
    let mut out = Vec::with_capacity(changes.len() * 34);
    for change in changes {
        put_varint(&mut out, change.type_number.cast_unsigned());
        change.id.pack(&mut out);
        put_varint(&mut out, change.key.cast_unsigned());
        // The lowest bit tells deletions: they have no hash.
        put_varint(&mut out, u64::from(change.version) << 1 | u64::from(change.hash.is_none()));
        if let Some(hash) = &change.hash {
            out.extend_from_slice(hash);
        }
    }
    out
}

/// Unpacks the changes of a commit.
pub(crate) fn unpack_changes(bytes: &[u8]) -> Result<Vec<LoggedChange>, StoreError> {
    let mut unpack = Unpack::new(bytes);
    let mut changes = Vec::new();
    while !unpack.is_empty() {
        let type_number = unpack.varint_i64()?;
        let id = StoredId::unpack(&mut unpack)?;
        let key = unpack.varint_i64()?;
        let version = unpack.varint()?;
        let hash = if version & 1 == 1 { None } else { Some(unpack.array()?) };
        let version = u32::try_from(version >> 1)
            .map_err(|_| StoreError::Damaged("a version in the commit log is out of bounds".into()))?;
        changes.push(LoggedChange { type_number, id, key, version, hash });
    }
    Ok(changes)
}

/// The chain hash of a commit: over the one before and all that the commit is.
pub(crate) fn chain(before: &Chain, sequence: i64, time_ms: i64, changes: &[u8], audit: &[u8]) -> Chain {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&sequence.to_le_bytes());
    hasher.update(&time_ms.to_le_bytes());
    hasher.update(&(changes.len() as u64).to_le_bytes());
    hasher.update(changes);
    hasher.update(audit);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back() {
        let changes = vec![
            LoggedChange {
                type_number: 3,
                id: StoredId::new("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"),
                key: 70_000,
                version: 2,
                hash: Some([7; HASH_LENGTH]),
            },
            LoggedChange { type_number: 300, id: StoredId::new("a-b.c"), key: 1, version: 9, hash: None },
        ];
        let packed = pack_changes(&changes);
        assert_eq!(unpack_changes(&packed).unwrap(), changes);
        assert!(unpack_changes(&packed[..packed.len() - 1]).is_err());
    }

    #[test]
    fn the_chain_depends_on_everything() {
        let base = chain(&[0; 32], 1, 2, b"ab", b"c");
        assert_ne!(base, chain(&[1; 32], 1, 2, b"ab", b"c"));
        assert_ne!(base, chain(&[0; 32], 2, 2, b"ab", b"c"));
        assert_ne!(base, chain(&[0; 32], 1, 3, b"ab", b"c"));
        assert_ne!(base, chain(&[0; 32], 1, 2, b"a", b"bc"));
    }
}
