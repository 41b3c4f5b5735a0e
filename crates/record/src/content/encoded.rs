//! Bytes read as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read, Result};

/// Bytes encoded at a time: a multiple of three, so that only the last piece is padded.
const PIECE_BYTES: usize = 48 << 10;

/// Reads the base64 of what another reader gives.
pub(super) struct Encoded<R> {
    reader: R,
    encoded: Vec<u8>,
    given: usize,
}

impl<R: Read> Encoded<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, encoded: Vec::new(), given: 0 }
    }

    fn refill(&mut self) -> Result<()> {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        (&mut self.reader).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        self.encoded.resize(piece.len().div_ceil(3) * 4, 0);
        self.given = 0;
        STANDARD.encode_slice(&piece, &mut self.encoded).map(|_| ()).map_err(std::io::Error::other)
    }
}

impl<R: Read> Read for Encoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.given == self.encoded.len() {
            self.refill()?;
        }
        let count = (&self.encoded[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_the_base64_of_the_whole() {
        for length in [0, 1, 2, 3, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 2] {
            let bytes: Vec<u8> = (0..=250u8).map(|step| step.wrapping_mul(31)).cycle().take(length).collect();
            let mut text = String::new();
            Encoded::new(&*bytes).read_to_string(&mut text).unwrap();
            assert_eq!(text, STANDARD.encode(&bytes));
        }
    }
}
