//! Content as files: `ab/cdef…` by its hash, encrypted. A file is written beside, synced, and renamed to its name.

use super::sealed_file::{SealedReader, SealedWriter, content_length};
use super::{BlobHash, BlobReader, BlobStore, BlobWriter, Collected, KeptBlob, Pins, missing};
use crate::error::{StoreError, failed_io};
use crate::keys::Keys;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Where content lies that is still coming in.
const INCOMING: &str = "incoming";

/// A folder of contents, with one process at work on it.
pub(crate) struct DirectoryBlobs {
    root: PathBuf,
    keys: Arc<Keys>,
    pins: Arc<Pins>,
    /// Number of the next file that comes in.
    next: AtomicU64,
}

impl DirectoryBlobs {
    /// Opens a folder, made when it is missing. What was coming in when the last process ended is removed.
    pub fn open(root: PathBuf, keys: Arc<Keys>) -> Result<Self, StoreError> {
        let failed = || failed_io("open the folder of contents");
        let incoming = root.join(INCOMING);
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed()(error)),
            _ => fs::create_dir_all(&incoming).map_err(failed())?,
        }
        Ok(Self { root, keys, pins: Arc::default(), next: AtomicU64::new(1) })
    }

    /// The file of content below a folder.
    pub fn relative(hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        Path::new(&name[..2]).join(&name[2..])
    }

    /// Reads a content from a file, which may be a copy.
    pub fn open_file(&self, hash: &BlobHash, file: File) -> Result<Box<dyn BlobReader>, StoreError> {
        Ok(Box::new(SealedReader::open(file, &self.keys, &hash.to_string())?))
    }

    fn path(&self, hash: &BlobHash) -> PathBuf {
        self.root.join(Self::relative(hash))
    }

    /// Removes contents that were last written before a time, that nobody keeps and that `is_used` does not know.
    pub fn collect(
        &self,
        before: SystemTime,
        is_used: impl Fn(&BlobHash) -> Result<bool, StoreError>,
    ) -> Result<Collected, StoreError> {
        let failed = || failed_io("collect contents that nothing names");
        let mut collected = Collected::default();
        self.each(|hash, path| {
            let data = fs::metadata(path).map_err(failed())?;
            if data.modified().map_err(failed())? >= before || is_used(hash)? {
                return Ok(());
            }
            // Whoever is about to name the content keeps it until the commit is done, and then it is used: in this order
            // nothing is missed.
            let pinned = self.pins.lock();
            if !pinned.contains_key(hash) && !is_used(hash)? {
                fs::remove_file(path).map_err(failed())?;
                collected.blobs += 1;
                collected.bytes += content_length(data.len()).unwrap_or_default();
            }
            Ok(())
        })?;
        Ok(collected)
    }

    /// Calls `each` with the name and file of every content.
    fn each(
        &self,
        mut each: impl FnMut(&BlobHash, &Path) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = || failed_io("list contents");
        for folder in fs::read_dir(&self.root).map_err(failed())? {
            let folder = folder.map_err(failed())?.path();
            let Some(start) =
                folder.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 2)
            else {
                continue;
            };
            for entry in fs::read_dir(&folder).map_err(failed())? {
                let path = entry.map_err(failed())?.path();
                let rest = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if let Some(hash) = BlobHash::parse(&format!("{start}{rest}")) {
                    each(&hash, &path)?;
                }
            }
        }
        Ok(())
    }
}

impl BlobStore for DirectoryBlobs {
    fn writer(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(INCOMING).join(number.to_string());
        let file = File::create(&temporary).map_err(failed_io("begin content"))?;
        Ok(Box::new(FileWriter {
            root: self.root.clone(),
            pins: Arc::clone(&self.pins),
            incoming: Incoming(temporary),
            file: SealedWriter::begin(file, &self.keys)?,
            hasher: blake3::Hasher::new(),
            length: 0,
        }))
    }

    fn keep(&self, hash: &BlobHash) -> Result<Option<KeptBlob>, StoreError> {
        let mut pinned = self.pins.lock();
        match fs::metadata(self.path(hash)) {
            Ok(data) => {
                // One that is damaged is written anew.
                let Some(length) = content_length(data.len()) else { return Ok(None) };
                let pin = self.pins.pin(&mut pinned, *hash);
                Ok(Some(KeptBlob::new(*hash, length, pin)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed_io("look for content")(error)),
        }
    }

    fn open(&self, hash: &BlobHash) -> Result<Box<dyn BlobReader>, StoreError> {
        match File::open(self.path(hash)) {
            Ok(file) => self.open_file(hash, file),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(missing(hash)),
            Err(error) => Err(failed_io("open content")(error)),
        }
    }
}

/// A file without a name of its own; gone when it did not get one.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

struct FileWriter {
    root: PathBuf,
    pins: Arc<Pins>,
    incoming: Incoming,
    file: SealedWriter,
    hasher: blake3::Hasher,
    length: u64,
}

impl BlobWriter for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.file.write(bytes)
    }

    fn finish(self: Box<Self>) -> Result<KeptBlob, StoreError> {
        let failed = || failed_io("give content its name");
        let hash = BlobHash(*self.hasher.finalize().as_bytes());
        self.file.finish()?.sync_all().map_err(failed())?;
        let path = self.root.join(DirectoryBlobs::relative(&hash));
        let folder = path.parent().unwrap_or(&self.root);
        // Kept before it has its name: no collection comes between.
        let mut pinned = self.pins.lock();
        fs::create_dir_all(folder).map_err(failed())?;
        // Also when there is a file of this name: if it was damaged, it is whole again.
        fs::rename(&self.incoming.0, &path).map_err(failed())?;
        let pin = self.pins.pin(&mut pinned, hash);
        drop(pinned);
        for folder in [folder, &self.root] {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed())?;
        }
        Ok(KeptBlob::new(hash, self.length, pin))
    }
}
