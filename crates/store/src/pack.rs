//! Integers, strings and bytes packed one behind the other: the content of blob columns and of the logs.

use crate::error::StoreError;

/// Appends an integer in 1 to 10 bytes, small ones in few (LEB128).
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// Appends bytes behind their length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what was packed. Every method fails, rather than panics, on bytes that were not packed here.
pub(crate) struct Unpack<'a> {
    rest: &'a [u8],
}

impl<'a> Unpack<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], StoreError> {
        if count > self.rest.len() {
            return Err(short());
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn varint(&mut self) -> Result<u64, StoreError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(short())
    }

    pub(crate) fn varint_u32(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.varint()?).map_err(|_| short())
    }

    /// A varint that stands for an integer of SQL, which has no unsigned ones.
    pub(crate) fn varint_i64(&mut self) -> Result<i64, StoreError> {
        Ok(self.varint()?.cast_signed())
    }

    pub(crate) fn i64(&mut self) -> Result<i64, StoreError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], StoreError> {
        let length = usize::try_from(self.varint()?).map_err(|_| short())?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, StoreError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| short())
    }
}

fn short() -> StoreError {
    StoreError::Damaged("packed bytes that end early or make no sense".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back() {
        let mut out = Vec::new();
        let values = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        for value in values {
            put_varint(&mut out, value);
        }
        let mut unpack = Unpack::new(&out);
        for value in values {
            assert_eq!(unpack.varint().unwrap(), value);
        }
        assert!(unpack.is_empty());
        assert!(unpack.byte().is_err());
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(Unpack::new(&[0xff; 11]).varint().is_err());
        assert!(Unpack::new(&[5, 1, 2]).bytes().is_err());
        assert!(Unpack::new(&[2, 0xff, 0xff]).text().is_err());
    }
}
