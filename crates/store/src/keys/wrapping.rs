//! The key that wraps the practice's data keys, kept outside the data.

use super::cipher::{DataKey, Secret};
use super::kind::Sealed;
use std::error::Error;
use zeroize::Zeroizing;

/// A key that was unwrapped; overwritten when it is let go.
pub type Unwrapped = Zeroizing<Vec<u8>>;

/// Wraps the practice's data keys, of which there are few: a file's key, a key made of a passphrase, or a key that a key
/// service never gives away.
pub trait WrappingKey: Send + Sync {
    /// Encrypts a data key.
    ///
    /// # Errors
    /// When there is no such key and none can be made, in words for whoever runs the server.
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;

    /// Decrypts a data key.
    ///
    /// # Errors
    /// When the key is not at hand, or did not wrap this, in words for whoever runs the server.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Unwrapped, Box<dyn Error + Send + Sync>>;
}

/// A wrapping key that is at hand: 32 bytes for AES-256-GCM.
pub struct LocalKey(DataKey);

impl LocalKey {
    /// Length in bytes.
    pub const BYTES: usize = super::cipher::KEY_BYTES;

    /// Of its bytes.
    pub fn new(bytes: &[u8; Self::BYTES]) -> Self {
        Self(DataKey::new(0, &Secret(Zeroizing::new(*bytes))))
    }
}

impl WrappingKey for LocalKey {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        Ok(self.0.seal(&Sealed::Key, key)?)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Unwrapped, Box<dyn Error + Send + Sync>> {
        let sealed = wrapped.strip_prefix(&[0]).ok_or("this is no data key")?;
        let opened = self.0.open(&Sealed::Key, sealed);
        Ok(Zeroizing::new(opened.map_err(|_| "it was wrapped with another key")?))
    }
}
