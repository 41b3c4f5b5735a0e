//! Content of any length, kept outside the documents under the hash of its bytes.
//!
//! A document names such content by a *mark* that stands in the place of a string: see [`Mark`]. What a document's hash
//! covers therefore covers the content too, and equal content is kept once.

mod directory;
mod mark;
mod memory;
pub(crate) mod sealed_file;

pub(crate) use directory::DirectoryBlobs;
pub use mark::{Form, MARK_LENGTH, MARK_PREFIX, Mark, marks};
pub(crate) use memory::MemoryBlobs;

use crate::error::{StoreError, failed_io};
use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of content: the BLAKE3 hash of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Reads 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let hash = blake3::Hash::from_hex(text).ok().filter(|_| text.bytes().all(is_digit))?;
        Some(Self(*hash.as_bytes()))
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where content is kept. What is written is durable before it has a name; half of it never has one.
pub trait BlobStore: Send + Sync {
    /// Begins new content.
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Content that is there already, kept from the collection of what nothing names; `None` when it is not there.
    fn keep(&self, hash: &BlobHash) -> Result<Option<KeptBlob>, StoreError>;

    /// Reads content from its first byte.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is none of this name.
    fn open(&self, hash: &BlobHash) -> Result<Box<dyn BlobReader>, StoreError>;
}

/// Content on its way in. Dropped before its end, it was never there.
pub trait BlobWriter: Send {
    /// Appends bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Ends the content and gives it its name.
    fn finish(self: Box<Self>) -> Result<KeptBlob, StoreError>;
}

/// Takes in content as it is read, a piece at a time.
///
/// # Errors
/// As the reader and the store fail: then it was never there.
pub fn take_in(blobs: &dyn BlobStore, content: &mut dyn Read) -> Result<KeptBlob, StoreError> {
    let mut writer = blobs.writer()?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match content.read(&mut piece).map_err(failed_io("read a content"))? {
            0 => return writer.finish(),
            count => writer.write(&piece[..count])?,
        }
    }
}

/// Bytes of a content that are in memory at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Content on its way out.
pub trait BlobReader: Read + Seek + Send {}

impl<T: Read + Seek + Send> BlobReader for T {}

/// Content that is not collected as long as this lives: hold it until the commit that names the content is done.
pub struct KeptBlob {
    /// Its name.
    pub hash: BlobHash,
    /// Its length in bytes.
    pub length: u64,
    _pin: Pin,
}

impl KeptBlob {
    pub(crate) fn new(hash: BlobHash, length: u64, pin: Pin) -> Self {
        Self { hash, length, _pin: pin }
    }
}

/// That a version names content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlobUse {
    pub hash: BlobHash,
    /// The internal key of the resource.
    pub key: i64,
    pub version: u32,
}

/// What was collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many contents that nothing named.
    pub blobs: u64,
    /// Their length together, in bytes.
    pub bytes: u64,
}

/// Content that a commit may be about to name, with how many hold it.
#[derive(Default)]
pub(crate) struct Pins(Mutex<HashMap<BlobHash, usize>>);

impl Pins {
    /// While this is held, nothing is pinned anew and no pin is let go.
    pub fn lock(&self) -> MutexGuard<'_, HashMap<BlobHash, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pin(self: &Arc<Self>, pinned: &mut HashMap<BlobHash, usize>, hash: BlobHash) -> Pin {
        *pinned.entry(hash).or_default() += 1;
        Pin { pins: Arc::clone(self), hash }
    }
}

/// One holder of content.
pub(crate) struct Pin {
    pins: Arc<Pins>,
    hash: BlobHash,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pinned = self.pins.lock();
        if let Some(holders) = pinned.get_mut(&self.hash) {
            *holders -= 1;
            if *holders == 0 {
                pinned.remove(&self.hash);
            }
        }
    }
}

/// What [`BlobStore::open`] says of content that is not there.
pub(crate) fn missing(hash: &BlobHash) -> StoreError {
    StoreError::Damaged(format!("the content {hash} is missing"))
}
