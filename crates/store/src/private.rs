//! How the content of a private document lies on disk: behind a hash over its name and itself, for no commit's hash
//! covers it.

use crate::error::StoreError;

const HASH_LENGTH: usize = 8;

/// The content with its hash.
pub(crate) fn seal(space: &str, key: &str, content: &[u8]) -> Vec<u8> {
    [&hash_of(space, key, content), content].concat()
}

/// The content, checked against its hash.
pub(crate) fn open(space: &str, key: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    match sealed.split_first_chunk() {
        Some((hash, content)) if *hash == hash_of(space, key, content) => Ok(content.to_vec()),
        _ => Err(StoreError::Damaged(format!("private document {key} of {space}"))),
    }
}

fn hash_of(space: &str, key: &str, content: &[u8]) -> [u8; HASH_LENGTH] {
    let mut hasher = blake3::Hasher::new();
    for name in [space, key] {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    hasher.update(content);
    let mut hash = [0; HASH_LENGTH];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..HASH_LENGTH]);
    hash
}
