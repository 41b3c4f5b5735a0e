//! A data key, and what is sealed with it: its number, the nonce, the encrypted bytes and their tag.

use super::kind::Sealed;
use crate::error::StoreError;
use crate::pack::put_varint;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// Length of a key in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// The bytes of a key; overwritten when they are let go.
#[derive(Clone)]
pub(crate) struct Secret(pub(super) Zeroizing<[u8; KEY_BYTES]>);

impl Secret {
    /// A new one.
    pub fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill_random(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// From bytes of any length; `None` when they are no key.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// A key that only `salt` leads to from this one (HKDF, RFC 5869): for content in pieces that are numbered.
    pub fn derived(&self, salt: &[u8]) -> Self {
        struct Length;
        impl KeyType for Length {
            fn len(&self) -> usize {
                KEY_BYTES
            }
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let key = Salt::new(HKDF_SHA256, salt).extract(&*self.0);
        key.expand(&[b"content"], Length)
            .and_then(|key| key.fill(&mut *bytes))
            .expect("HKDF makes 32 bytes of any key");
        Self(bytes)
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*self.0).expect("a key has 32 bytes"))
    }
}

/// Fills a buffer from the system's source of randomness.
pub(crate) fn fill_random(buffer: &mut [u8]) -> Result<(), StoreError> {
    SystemRandom::new().fill(buffer).map_err(|_| StoreError::World {
        context: "encrypt",
        source: "the system gives no randomness".into(),
    })
}

/// A key ready for use.
pub(crate) struct DataKey {
    number: i64,
    cipher: LessSafeKey,
    secret: Secret,
}

impl DataKey {
    /// The key of a number.
    pub fn new(number: i64, secret: &Secret) -> Self {
        Self { number, cipher: secret.cipher(), secret: secret.clone() }
    }

    /// Its number.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// Its bytes.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Seals bytes as being of a kind and name.
    pub fn seal(&self, of: &Sealed, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce)?;
        let mut out = Vec::with_capacity(plain.len() + 40);
        put_varint(&mut out, self.number.cast_unsigned());
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.cipher.seal_in_place_separate_tag(nonce, Aad::from(of.bytes()), &mut out[start..]);
        out.extend_from_slice(tag.map_err(|_| too_long())?.as_ref());
        Ok(out)
    }

    /// Opens what stands behind the number.
    pub fn open(&self, of: &Sealed, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, bytes) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(|| of.damaged())?;
        let mut bytes = bytes.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.cipher.open_in_place(nonce, Aad::from(of.bytes()), &mut bytes);
        let length = opened.map_err(|_| of.damaged())?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// How what is sealed with a key begins.
pub(crate) fn sealed_with(number: i64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, number.cast_unsigned());
    out
}

/// Encrypts numbered pieces of one content under a key that is used for nothing else, so that the number is the nonce.
pub(crate) struct PieceCipher(LessSafeKey);

impl PieceCipher {
    /// The cipher of a content: see [`Secret::derived`].
    pub fn new(key: &DataKey, salt: &[u8]) -> Self {
        Self(key.secret().derived(salt).cipher())
    }

    /// Encrypts a piece in place, and appends its tag.
    pub fn seal(&self, number: u64, is_last: bool, piece: &mut Vec<u8>) -> Result<(), StoreError> {
        self.0
            .seal_in_place_append_tag(piece_nonce(number, is_last), Aad::empty(), piece)
            .map_err(|_| too_long())
    }

    /// Decrypts a piece in place; `None` when it is not what was sealed with this number.
    pub fn open<'a>(&self, number: u64, is_last: bool, piece: &'a mut [u8]) -> Option<&'a mut [u8]> {
        self.0.open_in_place(piece_nonce(number, is_last), Aad::empty(), piece).ok()
    }
}

/// The nonce of a piece; the last differs, so that a content that was cut off is noticed.
fn piece_nonce(number: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce[8] = u8::from(is_last);
    Nonce::assume_unique_for_key(nonce)
}

fn too_long() -> StoreError {
    StoreError::World { context: "encrypt", source: "more than 64 GiB at once".into() }
}
