//! Content in the database, in encrypted chunks under its hash, so that every process finds it and one backup holds all.
//!
//! What comes in lies encrypted in a file of this process until it has come to its end; then it goes to the database in one
//! transaction. Content has a time of its last keeping: another process may be about to name it.

use super::readers::Readers;
use super::statements as sql;
use crate::blob::sealed_file::{SealedReader, SealedWriter};
use crate::blob::{BlobHash, BlobReader, BlobStore, BlobWriter, Collected, KeptBlob, Pins, missing};
use crate::error::{StoreError, failed_io};
use crate::keys::{Keys, Sealed};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Length of a chunk in bytes; the last of a content is shorter.
const CHUNK_BYTES: usize = 1 << 20;

/// The contents of a database.
pub(super) struct PostgresBlobs {
    readers: Arc<Readers>,
    keys: Arc<Keys>,
    pins: Arc<Pins>,
    incoming: PathBuf,
}

impl PostgresBlobs {
    /// The contents of a database; `incoming` is a folder of this process.
    pub fn open(readers: Arc<Readers>, keys: Arc<Keys>, incoming: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&incoming).map_err(failed_io("open the folder of contents that come in"))?;
        Ok(Self { readers, keys, pins: Arc::default(), incoming })
    }

    /// Removes contents that no version names and that nobody kept for so long.
    pub fn collect(&self, grace: Duration) -> Result<Collected, StoreError> {
        let context = "collect contents that nothing names";
        let grace_ms = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        let unnamed: Vec<Vec<u8>> = self.readers.written(|connection| {
            let rows = connection.query(context, sql::BLOBS_UNNAMED, &[&grace_ms])?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })?;
        let mut collected = Collected::default();
        for name in unnamed {
            let pinned = self.pins.lock();
            let hash = BlobHash(<[u8; 32]>::try_from(name.as_slice()).unwrap_or_default());
            if pinned.contains_key(&hash) {
                continue;
            }
            let removed = self.readers.written(|connection| {
                let rows = connection.query(context, sql::BLOB_REMOVE, &[&name, &grace_ms])?;
                Ok(rows.first().map(|row| row.get::<_, i64>(0)))
            })?;
            if let Some(length) = removed {
                collected.blobs += 1;
                collected.bytes += length.cast_unsigned();
            }
        }
        Ok(collected)
    }

    fn kept(&self, hash: BlobHash, length: u64) -> KeptBlob {
        KeptBlob::new(hash, length, self.pins.pin(&mut self.pins.lock(), hash))
    }
}

/// The length of content, which is kept from now on for as long as the grace is; `None` when it is not there.
fn touch(readers: &Readers, hash: &BlobHash) -> Result<Option<u64>, StoreError> {
    let name = hash.0.as_slice();
    readers.written(|connection| {
        let rows = connection.query("look for content", sql::BLOB_TOUCH, &[&name])?;
        Ok(rows.first().map(|row| row.get::<_, i64>(0).cast_unsigned()))
    })
}

impl BlobStore for PostgresBlobs {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        // A file without a name is gone with the process.
        let spool = tempfile::tempfile_in(&self.incoming).map_err(failed_io("begin content"))?;
        Ok(Box::new(Incoming {
            readers: Arc::clone(&self.readers),
            pins: Arc::clone(&self.pins),
            keys: Arc::clone(&self.keys),
            spool: SealedWriter::begin(spool, &self.keys)?,
            hasher: blake3::Hasher::new(),
            length: 0,
        }))
    }

    fn keep(&self, hash: &BlobHash) -> Result<Option<KeptBlob>, StoreError> {
        Ok(touch(&self.readers, hash)?.map(|length| self.kept(*hash, length)))
    }

    fn open(&self, hash: &BlobHash) -> Result<Box<dyn BlobReader>, StoreError> {
        let name = hash.0.to_vec();
        let length = self.readers.written(|connection| {
            let rows = connection.query("open content", sql::BLOB_LENGTH, &[&name])?;
            Ok(rows.first().map(|row| row.get::<_, i64>(0).cast_unsigned()))
        })?;
        let length = length.ok_or_else(|| missing(hash))?;
        let readers = Arc::clone(&self.readers);
        Ok(Box::new(Outgoing { readers, keys: Arc::clone(&self.keys), name, length, at: 0, chunk: None }))
    }
}

/// Content on its way in.
struct Incoming {
    readers: Arc<Readers>,
    pins: Arc<Pins>,
    keys: Arc<Keys>,
    spool: SealedWriter,
    hasher: blake3::Hasher,
    length: u64,
}

impl BlobWriter for Incoming {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.spool.write(bytes)
    }

    fn finish(self: Box<Self>) -> Result<KeptBlob, StoreError> {
        let context = "give content its name";
        let hash = BlobHash(*self.hasher.finalize().as_bytes());
        // Kept before it has its name: no collection comes between.
        let pin = self.pins.pin(&mut self.pins.lock(), hash);
        let (name, length) = (hash.0.as_slice(), self.length.cast_signed());
        let (spool, keys) = (self.spool.finish()?, &*self.keys);
        self.readers.written(|connection| {
            let mut spool = spool.try_clone().map_err(failed_io(context))?;
            spool.seek(SeekFrom::Start(0)).map_err(failed_io(context))?;
            let mut spool = SealedReader::open(spool, keys, "that comes in")?;
            connection.begin(context, "BEGIN", &[])?;
            connection.query(context, sql::BLOB_ADD, &[&name, &length])?;
            let mut chunk = vec![0; CHUNK_BYTES];
            for number in 0i64.. {
                let filled = fill(&mut spool, &mut chunk).map_err(failed_io(context))?;
                if filled == 0 {
                    break;
                }
                let sealed = keys.practice().seal(&Sealed::Chunk(name, number), &chunk[..filled])?;
                connection.query(context, sql::BLOB_CHUNK_ADD, &[&name, &number, &sealed])?;
            }
            connection.commit(context, Vec::new())
        })?;
        Ok(KeptBlob::new(hash, self.length, pin))
    }
}

/// Reads until the buffer is full or the source is at its end.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Content on its way out, a chunk at a time.
struct Outgoing {
    readers: Arc<Readers>,
    keys: Arc<Keys>,
    name: Vec<u8>,
    length: u64,
    at: u64,
    chunk: Option<(u64, Vec<u8>)>,
}

impl Outgoing {
    fn chunk(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.chunk.as_ref().is_none_or(|(of, _)| *of != number) {
            let place = number.cast_signed();
            let bytes = self.readers.written(|connection| {
                let rows = connection.query("read content", sql::BLOB_CHUNK, &[&self.name, &place])?;
                Ok(rows.first().map(|row| row.get::<_, Vec<u8>>(0)))
            });
            let open = |sealed: Vec<u8>| self.keys.open_sealed(&Sealed::Chunk(&self.name, place), &sealed);
            let bytes = bytes.and_then(|bytes| bytes.map(open).transpose());
            let kind = |error: &StoreError| match error {
                StoreError::Damaged(_) => io::ErrorKind::InvalidData,
                _ => io::ErrorKind::Other,
            };
            let bytes = bytes.map_err(|error| io::Error::new(kind(&error), error))?;
            self.chunk = Some((number, bytes.unwrap_or_default()));
        }
        Ok(self.chunk.as_ref().map_or(&[], |(_, bytes)| bytes))
    }
}

impl Read for Outgoing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length {
            return Ok(0);
        }
        let (number, from) = (self.at / CHUNK_BYTES as u64, self.at % CHUNK_BYTES as u64);
        let from = usize::try_from(from).map_err(io::Error::other)?;
        // A chunk that is missing or short ends the content early: who compares lengths or hashes finds it.
        let rest = self.chunk(number)?.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Outgoing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
