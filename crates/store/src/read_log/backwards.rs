//! The log of reads from its end: rows newest first.
//!
//! Rows follow each other forwards only, so each file is walked once and marks are kept of where rows begin, one in so
//! many bytes; a file that is full never changes again.

use super::{GREATEST_ROW, HEADER_LENGTH, numbers, path_of};
use crate::commit_log::CHAIN_LENGTH;
use crate::error::{StoreError, failed_io};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The place of a row in the log of reads. Later rows have greater places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadPlace {
    /// The number of the file, from 1.
    pub file: u32,
    /// Where the row begins, in bytes.
    pub offset: u64,
}

impl ReadPlace {
    /// Behind every row.
    pub const END: Self = Self { file: u32::MAX, offset: u64::MAX };
}

/// Bytes between marks.
const BLOCK_BYTES: u64 = 256 << 10;
/// Bytes of a row besides its own: its length and its hash.
const FRAME_BYTES: u64 = 4 + CHAIN_LENGTH as u64;

/// Reads the log of a directory from its end.
pub(crate) struct Backwards {
    directory: PathBuf,
    marks: Mutex<HashMap<u32, Marks>>,
}

/// Where rows of a file begin.
#[derive(Clone)]
struct Marks {
    /// Beginnings of rows, at least [`BLOCK_BYTES`] apart.
    starts: Vec<u64>,
    /// The end of the last whole row that was seen.
    end: u64,
}

impl Backwards {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, marks: Mutex::default() }
    }

    /// The rows before a place, newest first, at most `limit`.
    pub fn rows(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        let mut found = Vec::new();
        let numbers = numbers(&self.directory).map_err(failed_io("read the log of reads"))?;
        for number in numbers.into_iter().rev().filter(|number| *number <= before.file) {
            let end = if number == before.file { before.offset } else { u64::MAX };
            self.file_rows(number, end, limit, &mut found)?;
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn file_rows(
        &self,
        number: u32,
        end: u64,
        limit: usize,
        found: &mut Vec<(ReadPlace, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let marks = self.marks(number)?;
        let mut file =
            File::open(path_of(&self.directory, number)).map_err(failed_io("read the log of reads"))?;
        let blocks = marks.starts.partition_point(|start| *start < end);
        for block in (0..blocks).rev() {
            let start = marks.starts[block];
            let behind = marks.starts.get(block + 1).copied().unwrap_or(marks.end);
            let rows = read_block(&mut file, start, behind)?;
            let before = rows.into_iter().rev().filter(|(offset, _)| *offset < end);
            found.extend(before.map(|(offset, row)| (ReadPlace { file: number, offset }, row)));
            if found.len() >= limit {
                break;
            }
        }
        Ok(())
    }

    /// The marks of a file, with what was appended since they were last asked for.
    fn marks(&self, number: u32) -> Result<Marks, StoreError> {
        let known = self.lock().get(&number).cloned();
        let mut marks = known.unwrap_or(Marks { starts: Vec::new(), end: HEADER_LENGTH });
        let failed = || failed_io("read the log of reads");
        let file = File::open(path_of(&self.directory, number)).map_err(failed())?;
        let total = file.metadata().map_err(failed())?.len();
        if total > marks.end {
            marks.extend(file, total).map_err(failed())?;
            self.lock().insert(number, marks.clone());
        }
        Ok(marks)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Marks>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marks {
    fn extend(&mut self, file: File, total: u64) -> std::io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 16, file);
        reader.seek(SeekFrom::Start(self.end))?;
        while total - self.end > FRAME_BYTES {
            let mut length = [0; 4];
            reader.read_exact(&mut length)?;
            let length = u32::from_le_bytes(length);
            let whole = u64::from(length) + FRAME_BYTES;
            if length == 0 || length as usize > GREATEST_ROW || total - self.end < whole {
                break;
            }
            if self.starts.last().is_none_or(|last| self.end - last >= BLOCK_BYTES) {
                self.starts.push(self.end);
            }
            self.end += whole;
            reader.seek_relative(i64::try_from(whole - 4).unwrap_or(i64::MAX))?;
        }
        Ok(())
    }
}

/// The rows between two places, with where they begin.
fn read_block(file: &mut File, start: u64, end: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let failed = || failed_io("read the log of reads");
    let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(usize::MAX)];
    file.seek(SeekFrom::Start(start)).map_err(failed())?;
    file.read_exact(&mut bytes).map_err(failed())?;
    let (mut rows, mut rest, mut offset) = (Vec::new(), bytes.as_slice(), start);
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (Some(row), Some(next)) = (behind.get(..length), behind.get(length + CHAIN_LENGTH..)) else {
            break;
        };
        rows.push((offset, row.to_vec()));
        offset += length as u64 + FRAME_BYTES;
        rest = next;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_log::ReadLog;

    fn texts(rows: &[(ReadPlace, Vec<u8>)]) -> Vec<String> {
        rows.iter().map(|(_, row)| String::from_utf8_lossy(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn rows_come_newest_first_in_pages_of_any_size() {
        let directory = tempfile::tempdir().unwrap();
        let log = ReadLog::open(directory.path()).unwrap();
        let backwards = Backwards::new(directory.path().to_owned());
        assert!(backwards.rows(ReadPlace::END, 10).unwrap().is_empty());
        // More than one block, and rows that are appended after the first look.
        let total = 1500;
        let append = |number: usize| log.append(format!("{number:<1000}").as_bytes()).unwrap();
        (0..700).for_each(append);
        assert_eq!(texts(&backwards.rows(ReadPlace::END, 2).unwrap()), ["699", "698"]);
        (700..total).for_each(append);
        for size in [1usize, 7, 300, 5000] {
            let (mut before, mut seen) = (ReadPlace::END, Vec::new());
            while seen.len() < total {
                let rows = backwards.rows(before, size).unwrap();
                assert!(!rows.is_empty() && rows.len() <= size);
                before = rows[rows.len() - 1].0;
                seen.extend(rows);
                if size == 1 && seen.len() > 600 {
                    break;
                }
            }
            let expected: Vec<_> =
                (0..total).rev().take(seen.len()).map(|number| number.to_string()).collect();
            assert_eq!(texts(&seen), expected);
            let (place, row) = &seen[seen.len() / 2];
            let just_behind = ReadPlace { offset: place.offset + 1, ..*place };
            assert_eq!(backwards.rows(just_behind, 1).unwrap(), [(*place, row.clone())]);
        }
    }
}
