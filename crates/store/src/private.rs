//! How the content of a private document lies on disk: sealed under the practice's key, as being of its name.

use crate::error::StoreError;
use crate::keys::{Keys, Sealed};

/// The content, sealed.
pub(crate) fn seal(keys: &Keys, space: &str, key: &str, content: &[u8]) -> Result<Vec<u8>, StoreError> {
    keys.practice().seal(&Sealed::Private(space, key), content)
}

/// The content, checked to be what was sealed.
pub(crate) fn open(keys: &Keys, space: &str, key: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    keys.open_sealed(&Sealed::Private(space, key), sealed)
}
