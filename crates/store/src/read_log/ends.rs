//! Rows of the log of reads as ends of its chain, and whether they are still there.

use super::{Backwards, GREATEST_ROW, HEADER_LENGTH, MARK, ReadPlace, numbers, path_of};
use crate::chains::{Held, ReadsEnd};
use crate::commit_log::{CHAIN_LENGTH, Chain};
use crate::error::{StoreError, failed_io};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Rows looked at in one step for one that was just appended.
const STEP: usize = 1_000;

/// The end of a row that was just appended; others may have been appended since.
pub(super) fn end_of(folder: &Path, backwards: &Backwards, row: &[u8]) -> Result<ReadsEnd, StoreError> {
    let mut before = ReadPlace::END;
    loop {
        let rows = backwards.rows(before, STEP)?;
        if let Some((place, _)) = rows.iter().find(|(_, found)| found == row) {
            let offset = place.offset + 4 + row.len() as u64 + CHAIN_LENGTH as u64;
            let lost = || StoreError::Damaged("the log of reads has lost a row that was just written".into());
            let log = first_hash(folder)?.ok_or_else(lost)?;
            let hash = hash_before(folder, place.file, offset)?.ok_or_else(lost)?;
            return Ok(ReadsEnd { log, file: place.file, offset, hash });
        }
        let Some((last, _)) = rows.last() else {
            return Err(StoreError::Damaged("the log of reads has lost a row that was just written".into()));
        };
        before = *last;
    }
}

/// Whether an end is there.
pub(super) fn holds(folder: &Path, end: &ReadsEnd) -> Result<Held, StoreError> {
    if first_hash(folder)? != Some(end.log) {
        return Ok(Held::OtherLog);
    }
    let is_held = hash_before(folder, end.file, end.offset)? == Some(end.hash);
    Ok(if is_held { Held::Yes } else { Held::No })
}

/// The hash of the first row of all; `None` when there is none.
fn first_hash(folder: &Path) -> Result<Option<Chain>, StoreError> {
    let first = numbers(folder).map_err(failed_io("read the log of reads"))?.first().copied();
    let Some(number) = first else { return Ok(None) };
    let Some(mark) = bytes_at::<8>(folder, number, 0)? else { return Ok(None) };
    let Some(length) = bytes_at::<4>(folder, number, HEADER_LENGTH)? else { return Ok(None) };
    let length = u32::from_le_bytes(length);
    if &mark != MARK || length == 0 || length as usize > GREATEST_ROW {
        return Ok(None);
    }
    bytes_at(folder, number, HEADER_LENGTH + 4 + u64::from(length))
}

/// The chain's hash before a place in a file; `None` when the file does not reach so far.
fn hash_before(folder: &Path, number: u32, offset: u64) -> Result<Option<Chain>, StoreError> {
    match offset.checked_sub(CHAIN_LENGTH as u64) {
        Some(start) => bytes_at(folder, number, start),
        None => Ok(None),
    }
}

fn bytes_at<const LENGTH: usize>(
    folder: &Path,
    number: u32,
    start: u64,
) -> Result<Option<[u8; LENGTH]>, StoreError> {
    let file = match File::open(path_of(folder, number)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed_io("read the log of reads"))?,
    };
    let mut bytes = [0; LENGTH];
    match file.read_exact_at(&mut bytes, start) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(failed_io("read the log of reads")(error)),
    }
}
