//! The disk: files by name, the faults that are planned, and the crash.

use crate::fault::{Fault, Operation, Planned};
use crate::file::File;
use crate::lock::Locks;
use crate::random::Random;
use crate::shared_memory::SharedMemory;
use crate::vfs;
use rusqlite::ffi;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_int;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A disk in memory.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    files: BTreeMap<String, File>,
    /// Files that were deleted, in the form in which a crash may bring them back.
    deleted: BTreeMap<String, File>,
    /// Open files whose first sync is one of the directory too, as SQLite has it for the files that it makes beside a
    /// database.
    directory_syncs: BTreeSet<u64>,
    locks: BTreeMap<String, Locks>,
    memories: BTreeMap<String, SharedMemory>,
    planned: Vec<Planned>,
    operations: u64,
    trace: DefaultHasher,
    is_synced_by_lies: bool,
    random: Random,
}

/// Kinds of files that SQLite makes beside a database.
const BESIDE_A_DATABASE: c_int =
    ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// What an operation gives: a value, or the code that SQLite is told.
pub(crate) type Outcome<T> = Result<T, c_int>;

impl Disk {
    /// An empty disk. Its faults take what is random of them from the seed.
    pub fn new(seed: u64) -> Self {
        Self::with(BTreeMap::new(), Random::of(seed))
    }

    fn with(files: BTreeMap<String, File>, random: Random) -> Self {
        Self(Arc::new(Mutex::new(State {
            files,
            deleted: BTreeMap::new(),
            directory_syncs: BTreeSet::new(),
            locks: BTreeMap::new(),
            memories: BTreeMap::new(),
            planned: Vec::new(),
            operations: 0,
            trace: DefaultHasher::new(),
            is_synced_by_lies: false,
            random,
        })))
    }

    /// Puts the disk under SQLite at a directory, until what is returned is dropped.
    pub fn mount(&self, directory: &Path) -> Mounted {
        vfs::install();
        let directory = directory.to_owned();
        mounts().push((directory.clone(), self.clone()));
        Mounted { directory }
    }

    /// Plans faults, in place of those that were planned.
    pub fn plan(&self, planned: impl Into<Vec<Planned>>) {
        self.state().planned = planned.into();
    }

    /// From now on a sync does nothing and says that it is done, as on a machine that is set up carelessly.
    pub fn lie_about_syncs(&self) {
        self.state().is_synced_by_lies = true;
    }

    /// How many operations there were: reads, writes, truncations, syncs and deletions.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// A fingerprint of all operations so far: their kinds, files, places and lengths.
    pub fn trace(&self) -> u64 {
        self.state().trace.finish()
    }

    /// The disk as it is found when the machine starts again after a crash. This one is gone.
    pub fn after_crash(&self) -> Self {
        let mut state = self.state();
        let state = &mut *state;
        state.planned = vec![Planned { fault: Fault::Crash, from: 0, lasts: 1 }];
        let random = &mut state.random;
        let mut left = BTreeMap::new();
        for (name, file) in &state.files {
            if file.is_linked || random.one_in(2) {
                left.insert(name.clone(), file.after_crash(random));
            }
        }
        for (name, file) in &state.deleted {
            if !state.files.get(name).is_some_and(|file| file.is_linked) && random.one_in(2) {
                left.insert(name.clone(), file.clone());
            }
        }
        Self::with(left, Random::of(random.draw()))
    }

    /// The disk as it is, as another one: what a copy of the whole machine would be.
    pub fn copy(&self, seed: u64) -> Self {
        let mut files = self.state().files.clone();
        files.values_mut().for_each(File::sync);
        Self::with(files, Random::of(seed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What follows is asked by SQLite.

    pub(crate) fn is_there(&self, name: &str) -> bool {
        self.state().files.get(name).is_some_and(|file| file.len() > 0)
    }

    pub(crate) fn open(&self, name: &str, user: u64, flags: c_int) -> Outcome<()> {
        let mut state = self.state();
        if !state.files.contains_key(name) {
            if flags & ffi::SQLITE_OPEN_CREATE == 0 || state.has_crashed() {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            state.files.insert(name.to_owned(), File::default());
        }
        if flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & BESIDE_A_DATABASE != 0 {
            state.directory_syncs.insert(user);
        }
        Ok(())
    }

    pub(crate) fn delete(&self, name: &str, is_synced: bool) -> Outcome<()> {
        let mut state = self.state();
        if let Some(fault) = state.operate(Operation::Delete, name, 0, 0) {
            return Err(fault.code(Operation::Delete));
        }
        let Some(file) = state.files.remove(name) else { return Err(ffi::SQLITE_IOERR_DELETE_NOENT) };
        if !is_synced && file.is_linked {
            let left = file.after_crash(&mut state.random);
            state.deleted.insert(name.to_owned(), left);
        }
        Ok(())
    }

    pub(crate) fn length(&self, name: &str) -> usize {
        self.state().files.get(name).map_or(0, File::len)
    }

    pub(crate) fn read(&self, name: &str, at: usize, into: &mut [u8]) -> Outcome<usize> {
        let mut state = self.state();
        match state.operate(Operation::Read, name, at, into.len()) {
            Some(fault) => Err(fault.code(Operation::Read)),
            None => Ok(state.files.get(name).map_or(0, |file| file.read(at, into))),
        }
    }

    pub(crate) fn write(&self, name: &str, at: usize, bytes: &[u8]) -> Outcome<()> {
        let mut state = self.state();
        let fault = state.operate(Operation::Write, name, at, bytes.len());
        let length = match fault {
            None => bytes.len(),
            Some(Fault::Crash) => 0,
            Some(_) => usize::try_from(state.random.below(bytes.len() as u64 + 1)).unwrap_or(0),
        };
        if let Some(file) = state.files.get_mut(name).filter(|_| length > 0) {
            file.write(at, &bytes[..length]);
        }
        fault.map_or(Ok(()), |fault| Err(fault.code(Operation::Write)))
    }

    pub(crate) fn truncate(&self, name: &str, length: usize) -> Outcome<()> {
        let mut state = self.state();
        if let Some(fault) = state.operate(Operation::Truncate, name, length, 0) {
            return Err(fault.code(Operation::Truncate));
        }
        if let Some(file) = state.files.get_mut(name) {
            file.truncate(length);
        }
        Ok(())
    }

    pub(crate) fn sync(&self, name: &str, user: u64) -> Outcome<()> {
        let mut state = self.state();
        let fault = state.operate(Operation::Sync, name, 0, 0);
        if state.is_synced_by_lies && fault.is_none() {
            return Ok(());
        }
        let Some(fault) = fault else {
            if let Some(file) = state.files.get_mut(name) {
                file.sync();
            }
            if state.directory_syncs.remove(&user) {
                state.deleted.clear();
                state.files.values_mut().for_each(|file| file.is_linked = true);
            }
            return Ok(());
        };
        let State { files, random, .. } = &mut *state;
        if let Some(file) = files.get_mut(name).filter(|_| fault == Fault::Sync) {
            file.fail_to_sync(random);
        }
        Err(fault.code(Operation::Sync))
    }

    pub(crate) fn with_locks<T>(&self, name: &str, ask: impl FnOnce(&mut Locks) -> T) -> T {
        ask(self.state().locks.entry(name.to_owned()).or_default())
    }

    pub(crate) fn shared_page(
        &self,
        name: &str,
        user: u64,
        (number, bytes): (usize, usize),
        is_wanted: bool,
    ) -> Option<*const AtomicU64> {
        let mut state = self.state();
        let memory = state.memories.entry(name.to_owned()).or_default();
        memory.page(user, number, bytes, is_wanted).map(<[AtomicU64]>::as_ptr)
    }

    pub(crate) fn lock_shared(
        &self,
        name: &str,
        user: u64,
        (first, count): (c_int, c_int),
        flags: c_int,
    ) -> bool {
        let mut state = self.state();
        state.memories.entry(name.to_owned()).or_default().lock(user, first, count, flags)
    }

    pub(crate) fn leave_shared(&self, name: &str, user: u64) {
        let mut state = self.state();
        if state.memories.get_mut(name).is_some_and(|memory| memory.leave(user)) {
            state.memories.remove(name);
        }
    }
}

impl State {
    /// Counts an operation; gives what goes wrong with it.
    fn operate(&mut self, operation: Operation, name: &str, at: usize, length: usize) -> Option<Fault> {
        (operation, name, at, length).hash(&mut self.trace);
        let now = self.operations;
        self.operations += 1;
        let mut striking = self.planned.iter().filter(|planned| planned.strikes(operation, now));
        let first = striking.next().map(|planned| planned.fault)?;
        // Whoever else strikes, a crash is a crash, and lasts.
        let is_crash = |fault| matches!(fault, Fault::Crash | Fault::CrashInSync);
        if is_crash(first) || striking.any(|planned| is_crash(planned.fault)) {
            self.planned.push(Planned { fault: Fault::Crash, from: now, lasts: 1 });
            return Some(Fault::Crash);
        }
        Some(first)
    }

    fn has_crashed(&self) -> bool {
        let now = self.operations;
        self.planned.iter().any(|planned| planned.fault == Fault::Crash && planned.from <= now)
    }
}

static MOUNTS: Mutex<Vec<(PathBuf, Disk)>> = Mutex::new(Vec::new());

fn mounts() -> MutexGuard<'static, Vec<(PathBuf, Disk)>> {
    MOUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The disk under a path, and the file's name on it; `None` when none is mounted there.
pub(crate) fn mounted(path: &str) -> Option<(Disk, String)> {
    let mounts = mounts();
    mounts.iter().find_map(|(directory, disk)| {
        let name = Path::new(path).strip_prefix(directory).ok()?.to_str()?;
        Some((disk.clone(), name.to_owned()))
    })
}

/// A disk under SQLite. Dropping it takes the disk away; connections that are open keep it.
#[derive(Debug)]
pub struct Mounted {
    directory: PathBuf,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        mounts().retain(|(directory, _)| *directory != self.directory);
    }
}
