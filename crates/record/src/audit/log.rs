//! The audit log, newest first: the rows of commits and the rows of reads, merged by their times.

use std::collections::VecDeque;
use store::{CommitRecord, ReadPlace, ResourceKey, Store, StoreError};

/// Where a row stands: it names the row for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The row of a commit, by its sequence.
    Write(u64),
    /// A row of the log of reads.
    Read(ReadPlace),
}

impl Place {
    /// As an id: `w-12`, `r-1-4096`.
    pub fn to_id(self) -> String {
        match self {
            Self::Write(sequence) => format!("w-{sequence}"),
            Self::Read(place) => format!("r-{}-{}", place.file, place.offset),
        }
    }

    /// The place that an id names.
    pub fn of_id(id: &str) -> Option<Self> {
        let mut parts = id.split('-');
        let place = match (parts.next()?, parts.next()?, parts.next()) {
            ("w", sequence, None) => Self::Write(sequence.parse().ok()?),
            ("r", file, Some(offset)) => {
                Self::Read(ReadPlace { file: file.parse().ok()?, offset: offset.parse().ok()? })
            }
            _ => return None,
        };
        (parts.next().is_none() && place.to_id() == id).then_some(place)
    }
}

/// A row of the audit log.
#[derive(Debug)]
pub(super) struct LoggedRow {
    pub place: Place,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The row's bytes as text.
    pub text: String,
    /// What a commit changed, with the versions made.
    pub changes: Vec<(ResourceKey, u32)>,
}

impl LoggedRow {
    fn of_commit(record: CommitRecord) -> Self {
        let text = String::from_utf8_lossy(&record.audit).into_owned();
        let place = Place::Write(record.sequence);
        Self { place, time_ms: record.time_ms, text, changes: record.changes }
    }

    fn of_read((place, row): (ReadPlace, Vec<u8>)) -> Self {
        let text = String::from_utf8_lossy(&row).into_owned();
        Self { place: Place::Read(place), time_ms: time_of(&text), text, changes: Vec::new() }
    }
}

/// The time at the beginning of a row. What has none stands where it was found, and is shown to nobody.
fn time_of(text: &str) -> i64 {
    let digits = text.strip_prefix("{\"t\":").and_then(|rest| rest.split([',', '}']).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(i64::MAX)
}

/// The row of a place.
pub(super) fn row_at(store: &dyn Store, place: Place) -> Result<Option<LoggedRow>, StoreError> {
    let row = match place {
        Place::Write(sequence) => {
            let behind = sequence.saturating_add(1);
            store.commits_before(behind, 1)?.into_iter().next().map(LoggedRow::of_commit)
        }
        Place::Read(at) => {
            let behind = ReadPlace { offset: at.offset.saturating_add(1), ..at };
            store.reads_before(behind, 1)?.into_iter().next().map(LoggedRow::of_read)
        }
    };
    Ok(row.filter(|row| row.place == place))
}

/// How far a walk has come: what lies before it is still to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    write: u64,
    read: ReadPlace,
}

impl Progress {
    /// Nothing seen yet.
    pub const START: Self = Self { write: u64::MAX, read: ReadPlace::END };

    /// As a cursor.
    pub fn to_text(self) -> String {
        format!("{}.{}.{}", self.write, self.read.file, self.read.offset)
    }

    /// Of a cursor.
    pub fn of_text(text: &str) -> Result<Self, StoreError> {
        let read = || {
            let mut parts = text.split('.');
            let write = parts.next()?.parse().ok()?;
            let read = ReadPlace { file: parts.next()?.parse().ok()?, offset: parts.next()?.parse().ok()? };
            parts.next().is_none().then_some(Self { write, read })
        };
        read().ok_or(StoreError::BadCursor)
    }
}

/// Rows fetched at a time.
const CHUNK: usize = 500;

/// A walk through the log.
pub(super) struct Walk<'a> {
    store: &'a dyn Store,
    /// Behind the last row given.
    pub progress: Progress,
    /// How far has been fetched.
    fetched: Progress,
    writes: VecDeque<LoggedRow>,
    reads: VecDeque<LoggedRow>,
    writes_ended: bool,
    reads_ended: bool,
}

impl<'a> Walk<'a> {
    pub fn new(store: &'a dyn Store, from: Progress) -> Self {
        let (writes, reads) = (VecDeque::new(), VecDeque::new());
        Self { store, progress: from, fetched: from, writes, reads, writes_ended: false, reads_ended: false }
    }

    /// The next older row.
    pub fn next(&mut self) -> Result<Option<LoggedRow>, StoreError> {
        self.fetch()?;
        let takes_read = match (self.writes.front(), self.reads.front()) {
            (Some(write), Some(read)) => read.time_ms > write.time_ms,
            (None, read) => read.is_some(),
            (Some(_), None) => false,
        };
        let row = if takes_read { self.reads.pop_front() } else { self.writes.pop_front() };
        match row.as_ref().map(|row| row.place) {
            Some(Place::Write(sequence)) => self.progress.write = sequence,
            Some(Place::Read(place)) => self.progress.read = place,
            None => {}
        }
        Ok(row)
    }

    fn fetch(&mut self) -> Result<(), StoreError> {
        if self.writes.is_empty() && !self.writes_ended {
            let rows = self.store.commits_before(self.fetched.write, CHUNK)?;
            self.writes_ended = rows.len() < CHUNK;
            self.fetched.write = rows.last().map_or(self.fetched.write, |row| row.sequence);
            self.writes = rows.into_iter().map(LoggedRow::of_commit).collect();
        }
        if self.reads.is_empty() && !self.reads_ended {
            let rows = self.store.reads_before(self.fetched.read, CHUNK)?;
            self.reads_ended = rows.len() < CHUNK;
            self.fetched.read = rows.last().map_or(self.fetched.read, |(place, _)| *place);
            self.reads = rows.into_iter().map(LoggedRow::of_read).collect();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_id_and_an_id_one_place() {
        for id in ["w-1", "r-1-40", "w-18446744073709551615"] {
            assert_eq!(Place::of_id(id).unwrap().to_id(), id);
        }
        for id in ["", "w", "w-", "w-01", "w-1-2", "r-1", "r-1-2-3", "x-1", "w--1", "r-+1-2"] {
            assert_eq!(Place::of_id(id), None, "{id}");
        }
    }

    #[test]
    fn a_cursor_comes_back() {
        let progress = Progress { write: 7, read: ReadPlace { file: 2, offset: 40 } };
        assert_eq!(Progress::of_text(&progress.to_text()).unwrap(), progress);
        for text in ["", "7", "7.2", "7.2.x", "7.2.40.1"] {
            assert!(Progress::of_text(text).is_err(), "{text}");
        }
    }
}
