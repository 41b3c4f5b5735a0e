//! Content in memory, for the naive model and tests.

use super::{BlobHash, BlobReader, BlobStore, BlobWriter, KeptBlob, Pins, missing};
use crate::error::StoreError;
use std::collections::HashMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Default)]
pub(crate) struct MemoryBlobs {
    contents: Arc<Mutex<HashMap<BlobHash, Arc<[u8]>>>>,
    pins: Arc<Pins>,
}

impl MemoryBlobs {
    fn contents(&self) -> MutexGuard<'_, HashMap<BlobHash, Arc<[u8]>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self, hash: BlobHash, length: usize) -> KeptBlob {
        KeptBlob::new(hash, length as u64, self.pins.pin(&mut self.pins.lock(), hash))
    }
}

impl BlobStore for MemoryBlobs {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Ok(Box::new(MemoryWriter { blobs: self.clone(), bytes: Vec::new() }))
    }

    fn keep(&self, hash: &BlobHash) -> Result<Option<KeptBlob>, StoreError> {
        let length = self.contents().get(hash).map(|bytes| bytes.len());
        Ok(length.map(|length| self.kept(*hash, length)))
    }

    fn open(&self, hash: &BlobHash) -> Result<Box<dyn BlobReader>, StoreError> {
        let bytes = self.contents().get(hash).cloned().ok_or_else(|| missing(hash))?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}

struct MemoryWriter {
    blobs: MemoryBlobs,
    bytes: Vec<u8>,
}

impl BlobWriter for MemoryWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<KeptBlob, StoreError> {
        let (hash, length) = (BlobHash::of(&self.bytes), self.bytes.len());
        self.blobs.contents().insert(hash, self.bytes.into());
        Ok(self.blobs.kept(hash, length))
    }
}
