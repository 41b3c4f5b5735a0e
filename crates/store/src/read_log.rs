//! The log of reads: append-only files of chained rows, `reads-000001.log` and on.
//!
//! A file begins with a mark and the chain hash it continues from; a row is its length (four bytes, little
//! endian), its bytes, and BLAKE3 over the hash before and the bytes. A row is handed to the operating system
//! before [`ReadLog::append`] returns, and is on the disk within [`SYNC_INTERVAL_MS`]. Space is kept ahead for reads on
//! a full disk.

mod backwards;
mod ends;
mod reads;
mod reserve;

use backwards::Backwards;
pub use backwards::ReadPlace;
pub(crate) use reads::{FOLDER, Reads};

use crate::commit_log::{CHAIN_LENGTH, Chain};
use crate::error::{StoreError, failed_io};
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use reserve::{Reserve, is_full};
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a row may be known to the operating system only, in milliseconds.
pub const SYNC_INTERVAL_MS: u64 = 100;

/// A file that reached this many bytes is followed by a new one; on a full disk it grows on, and a new one is tried for
/// after so many more.
const ROTATE_BYTES: u64 = 64 << 20;
const ROTATE_RETRY_BYTES: u64 = 1 << 20;

/// Greatest length of a row in bytes.
const GREATEST_ROW: usize = 1 << 20;

const MARK: &[u8; 8] = b"CHREADS1";
const HEADER_LENGTH: u64 = 8 + CHAIN_LENGTH as u64;

/// The log, open to append.
pub struct ReadLog {
    shared: Arc<Shared>,
    /// Dropping it stops the thread that syncs.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Bytes of a torn row that were cut off when the log was opened.
    cut_bytes: u64,
}

struct Shared {
    state: Mutex<State>,
    /// Whether rows are being written. Changed with the state locked.
    is_writing: AtomicBool,
    written: Condvar,
}

/// How often a thread looks whether another's write is done before it sleeps: for about as long as one takes, which is
/// less than to sleep and be woken.
const LOOKS: u32 = 2_000;

struct State {
    directory: PathBuf,
    number: u32,
    file: Arc<File>,
    length: u64,
    reserve: Reserve,
    /// The length at which a new file is begun.
    rotate_at: u64,
    chain: Chain,
    /// Rows that wait to be written, and their number since the log was opened.
    pending: Vec<u8>,
    taken: u64,
    done: u64,
    /// Threads that sleep until a write is done.
    waiting: usize,
    is_unsynced: bool,
    /// How often the log was opened, and up to which row the last failure reached.
    opened: u32,
    failed_upto: u64,
    /// Set when a write failed: the file's end is unknown until the log is opened anew.
    broken: Option<std::io::ErrorKind>,
}

impl ReadLog {
    /// Opens the log in a directory, begun when there is none; a torn last row is cut off.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let (state, cut_bytes) = State::open(directory)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            is_writing: AtomicBool::new(false),
            written: Condvar::new(),
        });
        let (stop, stopped) = bounded::<()>(0);
        let syncing = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("read-log-sync".into())
            .spawn(move || {
                let interval = Duration::from_millis(SYNC_INTERVAL_MS / 2);
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    syncing.sync();
                }
                syncing.sync();
            })
            .map_err(failed_io("start the thread that syncs the log of reads"))?;
        Ok(Self { shared, stop: Some(stop), thread: Some(thread), cut_bytes })
    }

    /// Bytes of a torn row that were cut off when the log was opened.
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    /// Appends a row; returns when the operating system has it. Rows of many threads go in one write.
    pub fn append(&self, row: &[u8]) -> Result<(), StoreError> {
        if row.is_empty() || row.len() > GREATEST_ROW {
            return Err(StoreError::World {
                context: "append to the log of reads",
                source: "a row has 1 byte to 1 MiB".into(),
            });
        }
        let mut state = self.shared.lock();
        if state.broken.is_some() && !self.shared.is_writing() {
            state.reopen()?;
        }
        let opened = state.opened;
        let mine = state.take(row)?;
        while state.done < mine {
            if let Some(kind) = state.broken {
                return Err(failed_io("append to the log of reads")(kind.into()));
            }
            if self.shared.is_writing() {
                state = self.shared.await_write(state);
            } else {
                state = self.shared.write_pending(state);
            }
        }
        if state.failed_upto >= mine && state.opened != opened {
            return Err(failed_io("append to the log of reads")(std::io::ErrorKind::StorageFull.into()));
        }
        Ok(())
    }

    /// Waits until all rows are on the disk.
    pub fn sync(&self) {
        self.shared.sync();
    }
}

impl Drop for ReadLog {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all that waits, without the lock held meanwhile.
    fn write_pending<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let rows = std::mem::take(&mut state.pending);
        let upto = state.taken;
        let file = Arc::clone(&state.file);
        let (mut reserve, end) = (state.reserve, state.length + rows.len() as u64);
        self.is_writing.store(true, Ordering::Release);
        drop(state);
        let result = (&*file).write_all(&rows);
        if result.is_ok() {
            reserve.keep(&file, end);
        }
        let mut state = self.lock();
        self.is_writing.store(false, Ordering::Release);
        match result {
            Ok(()) => {
                state.done = upto;
                state.length = end;
                state.reserve = reserve;
                state.is_unsynced = true;
                if state.length >= state.rotate_at
                    && state.pending.is_empty()
                    && let Err(error) = state.rotate()
                {
                    state.broken = Some(error.kind());
                }
            }
            Err(error) => state.give_up(&error),
        }
        if state.waiting > 0 {
            self.written.notify_all();
        }
        state
    }

    fn is_writing(&self) -> bool {
        self.is_writing.load(Ordering::Acquire)
    }

    /// Waits until what is being written is written.
    fn await_write<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        drop(state);
        for _ in 0..LOOKS {
            if !self.is_writing() {
                break;
            }
            std::hint::spin_loop();
        }
        let mut state = self.lock();
        if self.is_writing() {
            state.waiting += 1;
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state
    }

    fn sync(&self) {
        let mut state = self.lock();
        if state.is_unsynced {
            state.is_unsynced = false;
            let file = Arc::clone(&state.file);
            drop(state);
            if file.sync_data().is_err() {
                self.lock().is_unsynced = true;
            }
        }
    }
}

impl State {
    fn open(directory: &Path) -> Result<(Self, u64), StoreError> {
        let failed = || failed_io("open the log of reads");
        std::fs::create_dir_all(directory).map_err(failed())?;
        let number = numbers(directory).map_err(failed())?.last().copied();
        let (number, file, length, chain, cut) = match number {
            None => {
                let file = begin(directory, 1, &[0; CHAIN_LENGTH]).map_err(failed())?;
                (1, file, HEADER_LENGTH, [0; CHAIN_LENGTH], 0)
            }
            Some(number) => {
                let path = path_of(directory, number);
                let end = find_end(&path)?;
                let file = OpenOptions::new().append(true).open(&path).map_err(failed())?;
                let cut = file.metadata().map_err(failed())?.len() - end.length;
                if cut > 0 {
                    file.set_len(end.length).map_err(failed())?;
                    file.sync_all().map_err(failed())?;
                }
                (number, file, end.length, end.chain, cut)
            }
        };
        let mut reserve = Reserve::default();
        reserve.keep(&file, length);
        let state = Self {
            directory: directory.to_owned(),
            number,
            file: Arc::new(file),
            length,
            reserve,
            rotate_at: ROTATE_BYTES,
            chain,
            pending: Vec::new(),
            taken: 0,
            done: 0,
            waiting: 0,
            is_unsynced: false,
            opened: 0,
            failed_upto: 0,
            broken: None,
        };
        Ok((state, cut))
    }

    /// Takes a row to the rows that wait; gives its number.
    fn take(&mut self, row: &[u8]) -> Result<u64, StoreError> {
        if let Some(kind) = self.broken {
            return Err(failed_io("append to the log of reads")(kind.into()));
        }
        let length = u32::try_from(row.len()).expect("rows are short");
        self.chain = chain(&self.chain, row);
        self.pending.extend_from_slice(&length.to_le_bytes());
        self.pending.extend_from_slice(row);
        let chain = self.chain;
        self.pending.extend_from_slice(&chain);
        self.taken += 1;
        Ok(self.taken)
    }

    /// Goes on in a new file, if there is space for it and its reserve: else in this one, whose reserve is there.
    fn rotate(&mut self) -> std::io::Result<()> {
        self.file.sync_data()?;
        let number = self.number + 1;
        let mut reserve = Reserve::default();
        let begun = begin(&self.directory, number, &self.chain).and_then(|file| {
            let filled = reserve.fill(&file, HEADER_LENGTH);
            filled.map(|()| file).or_else(|error| take_back(&self.directory, number, error))
        });
        let file = match begun {
            Err(error) if is_full(&error) => {
                self.rotate_at = self.length + ROTATE_RETRY_BYTES;
                return Ok(());
            }
            begun => begun?,
        };
        // What was kept ahead in the old file is given back; it costs space only if that fails.
        let _ = self.file.set_len(self.length);
        self.file = Arc::new(file);
        self.number = number;
        self.length = HEADER_LENGTH;
        self.reserve = reserve;
        self.rotate_at = ROTATE_BYTES;
        self.is_unsynced = false;
        Ok(())
    }

    /// Notes a failed write: what waited fails, and the end of the file is unknown.
    fn give_up(&mut self, error: &std::io::Error) {
        self.pending.clear();
        self.broken = Some(error.kind());
    }

    /// Opens the log anew after a failed write (a full disk), from what the file holds. What failed stays failed.
    fn reopen(&mut self) -> Result<(), StoreError> {
        let (mut fresh, _) = Self::open(&self.directory)?;
        fresh.taken = self.taken;
        fresh.done = self.taken;
        fresh.opened = self.opened + 1;
        fresh.waiting = self.waiting;
        fresh.failed_upto = self.taken;
        *self = fresh;
        Ok(())
    }
}

fn chain(before: &Chain, row: &[u8]) -> Chain {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(row);
    *hasher.finalize().as_bytes()
}

fn path_of(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("reads-{number:06}.log"))
}

/// The numbers of the files, in order.
fn numbers(directory: &Path) -> std::io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("reads-")?.strip_suffix(".log"));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn begin(directory: &Path, number: u32, chain: &Chain) -> std::io::Result<File> {
    let path = path_of(directory, number);
    let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
    let header = [MARK.as_slice(), chain].concat();
    let written = file.write_all(&header).and_then(|()| file.sync_all());
    written.or_else(|error| take_back(directory, number, error))?;
    File::open(directory)?.sync_all()?;
    Ok(file)
}

/// Removes a file that could not be begun, so that it is not taken for a damaged one.
fn take_back<T>(directory: &Path, number: u32, error: std::io::Error) -> std::io::Result<T> {
    std::fs::remove_file(path_of(directory, number))?;
    Err(error)
}

/// The end of the last whole row of a file.
struct End {
    length: u64,
    chain: Chain,
}

fn find_end(path: &Path) -> Result<End, StoreError> {
    let mut rows = Rows::open(path)?;
    let mut end = End { length: HEADER_LENGTH, chain: rows.chain };
    let total = rows.total;
    while let Some(row) = rows.step()? {
        // A last row whose hash differs was torn; one further up was changed, and is left for verification to tell.
        if row.is_whole || rows.offset < total {
            end = End { length: rows.offset, chain: row.stored };
        }
    }
    Ok(end)
}

/// The rows of one file.
struct Rows {
    reader: BufReader<File>,
    chain: Chain,
    offset: u64,
    total: u64,
}

struct Row {
    bytes: Vec<u8>,
    stored: Chain,
    is_whole: bool,
}

impl Rows {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = || failed_io("read the log of reads");
        let file = File::open(path).map_err(failed())?;
        let total = file.metadata().map_err(failed())?.len();
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut header = [0; 8 + CHAIN_LENGTH];
        let has_header = total >= HEADER_LENGTH;
        if has_header {
            reader.read_exact(&mut header).map_err(failed())?;
        }
        if !has_header || &header[..8] != MARK {
            return Err(StoreError::Damaged(format!("{} is no log of reads", path.display())));
        }
        let mut chain = [0; CHAIN_LENGTH];
        chain.copy_from_slice(&header[8..]);
        Ok(Self { reader, chain, offset: HEADER_LENGTH, total })
    }

    /// The next row; `None` at the end, or where the rest is too short for a row.
    fn step(&mut self) -> Result<Option<Row>, StoreError> {
        let failed = || failed_io("read the log of reads");
        let left = self.total - self.offset;
        if left < 4 {
            return Ok(None);
        }
        let mut length = [0; 4];
        self.reader.read_exact(&mut length).map_err(failed())?;
        let length = u32::from_le_bytes(length) as usize;
        let whole = 4 + length as u64 + CHAIN_LENGTH as u64;
        if length == 0 || length > GREATEST_ROW || left < whole {
            return Ok(None);
        }
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).map_err(failed())?;
        let mut stored = [0; CHAIN_LENGTH];
        self.reader.read_exact(&mut stored).map_err(failed())?;
        self.offset += whole;
        let is_whole = chain(&self.chain, &bytes) == stored;
        self.chain = stored;
        Ok(Some(Row { bytes, stored, is_whole }))
    }
}

/// Calls `each` with every row of the log in a directory, oldest first, until it fails.
fn each_row(
    directory: &Path,
    each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut done = Ok(());
    read_rows(directory, |row| {
        if done.is_ok() {
            done = each(row);
        }
    })?;
    done
}

/// Calls `each` with every row of the log in a directory, oldest first, and gives the faults found.
pub fn read_rows(directory: &Path, mut each: impl FnMut(&[u8])) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    let mut last: Option<(u32, Chain)> = None;
    for number in numbers(directory).map_err(failed_io("read the log of reads"))? {
        let mut rows = Rows::open(&path_of(directory, number))?;
        match last {
            None if number != 1 => {
                faults.push(format!("reads-{number:06}.log is the first, the ones before are missing"));
            }
            Some((before, _)) if number != before + 1 => {
                faults.push(format!("reads-{:06}.log is missing", before + 1));
            }
            Some((_, chain)) if chain != rows.chain => {
                faults.push(format!("reads-{number:06}.log does not continue the file before"));
            }
            _ => {}
        }
        loop {
            let offset = rows.offset;
            let Some(row) = rows.step()? else { break };
            if !row.is_whole {
                faults.push(format!("reads-{number:06}.log at byte {offset}: the row's hash differs"));
            }
            each(&row.bytes);
        }
        if rows.offset < rows.total {
            faults.push(format!("reads-{number:06}.log at byte {}: no whole row", rows.offset));
        }
        last = Some((number, rows.chain));
    }
    Ok(faults)
}
