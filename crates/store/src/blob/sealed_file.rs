//! The file of a content, encrypted: a mark, the number of the data key, a salt, and pieces of [`PIECE_BYTES`], each with
//! its tag.
//!
//! The pieces are sealed with a key that the salt leads to from the data key, and that no other file has: so the number of
//! a piece is its nonce, and any piece is read alone. The last is sealed as the last.

use crate::error::{StoreError, failed_io};
use crate::keys::{Keys, PieceCipher, fill_random};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

const MARK: &[u8; 8] = b"CHBLOB1\n";
const SALT_BYTES: usize = 32;
const HEADER_BYTES: u64 = 8 + 8 + SALT_BYTES as u64;
const PIECE_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: u64 = (PIECE_BYTES + TAG_BYTES) as u64;

/// The length of the content in a file of so many bytes; `None` when no file of a content is as long.
pub(crate) fn content_length(file_length: u64) -> Option<u64> {
    let sealed = file_length.checked_sub(HEADER_BYTES)?;
    let (whole, rest) = (sealed / SEALED_BYTES, sealed % SEALED_BYTES);
    match rest {
        0 if whole == 0 => None,
        0 => Some(whole * PIECE_BYTES as u64),
        rest => Some(whole * PIECE_BYTES as u64 + rest.checked_sub(TAG_BYTES as u64)?),
    }
}

/// A file that content is written to.
pub(crate) struct SealedWriter {
    file: File,
    cipher: PieceCipher,
    number: u64,
    /// What is not yet written: it may be the last piece.
    piece: Vec<u8>,
}

impl SealedWriter {
    /// Begins a file.
    pub fn begin(mut file: File, keys: &Keys) -> Result<Self, StoreError> {
        let key = keys.practice();
        let mut salt = [0; SALT_BYTES];
        fill_random(&mut salt)?;
        let header = [MARK.as_slice(), &key.number().to_le_bytes(), &salt].concat();
        file.write_all(&header).map_err(failed_io("begin content"))?;
        Ok(Self { file, cipher: PieceCipher::new(&key, &salt), number: 0, piece: Vec::new() })
    }

    /// Appends bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        while !bytes.is_empty() {
            if self.piece.len() == PIECE_BYTES {
                self.put(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Writes the last piece, and gives the file.
    pub fn finish(mut self) -> Result<File, StoreError> {
        self.put(true)?;
        Ok(self.file)
    }

    fn put(&mut self, is_last: bool) -> Result<(), StoreError> {
        self.cipher.seal(self.number, is_last, &mut self.piece)?;
        self.file.write_all(&self.piece).map_err(failed_io("write content"))?;
        self.piece.clear();
        self.number += 1;
        Ok(())
    }
}

/// A file that content is read from, at any place.
pub(crate) struct SealedReader {
    file: File,
    cipher: PieceCipher,
    length: u64,
    at: u64,
    /// The piece that was read last, by number.
    piece: Option<(u64, Vec<u8>)>,
}

impl SealedReader {
    /// Opens a file; `name` is the content's in errors.
    pub fn open(mut file: File, keys: &Keys, name: &str) -> Result<Self, StoreError> {
        let failed = || failed_io("open content");
        let damaged = || StoreError::Damaged(format!("the content {name} is not as it was written"));
        let length = file.metadata().map_err(failed())?.len();
        let length = content_length(length).ok_or_else(damaged)?;
        let mut header = [0; 16 + SALT_BYTES];
        file.read_exact(&mut header).map_err(failed())?;
        let (mark, rest) = header.split_at(8);
        let (number, salt) = rest.split_at(8);
        let number = <[u8; 8]>::try_from(number).map(i64::from_le_bytes).map_err(|_| damaged())?;
        if mark != MARK {
            return Err(damaged());
        }
        let key = keys.key(number)?;
        Ok(Self { file, cipher: PieceCipher::new(&key, salt), length, at: 0, piece: None })
    }

    fn piece(&mut self, number: u64) -> io::Result<&[u8]> {
        if self.piece.as_ref().is_none_or(|(known, _)| *known != number) {
            let last = self.length.saturating_sub(1) / PIECE_BYTES as u64;
            let length =
                if number == last { self.length - last * PIECE_BYTES as u64 } else { PIECE_BYTES as u64 };
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)? + TAG_BYTES];
            self.file.seek(SeekFrom::Start(HEADER_BYTES + number * SEALED_BYTES))?;
            self.file.read_exact(&mut bytes)?;
            let opened = self.cipher.open(number, number == last, &mut bytes).map(|piece| piece.len());
            let changed =
                || io::Error::new(io::ErrorKind::InvalidData, "the content is not as it was written");
            bytes.truncate(opened.ok_or_else(changed)?);
            self.piece = Some((number, bytes));
        }
        Ok(self.piece.as_ref().map_or(&[], |(_, bytes)| bytes))
    }
}

impl Read for SealedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Also that an empty content is what was written is seen only by its piece.
        if self.at > self.length || (self.at == self.length && self.length > 0) {
            return Ok(0);
        }
        let (number, from) = (self.at / PIECE_BYTES as u64, self.at % PIECE_BYTES as u64);
        let from = usize::try_from(from).map_err(io::Error::other)?;
        let rest = self.piece(number)?.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SealedReader {
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
