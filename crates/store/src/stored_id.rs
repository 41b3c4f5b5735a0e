//! A logical id as it lies on disk: sixteen bytes when it is a UUID in lower case, else its text.

use crate::error::StoreError;
use crate::pack::{Unpack, put_bytes};

/// A logical id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StoredId {
    /// A UUID, which as text is in lower case with its hyphens.
    Uuid([u8; 16]),
    /// Any other.
    Text(Box<str>),
}

/// Bytes of an id at most, as FHIR has it (R4 §2.24.0.1); so its length is one byte.
const LENGTH_MAX: u8 = 64;

const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl StoredId {
    /// The stored form of an id.
    pub fn new(id: &str) -> Self {
        uuid_bytes(id.as_bytes()).map_or_else(|| Self::Text(id.into()), Self::Uuid)
    }

    /// The id as text.
    pub fn text(&self) -> Box<str> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Uuid(bytes) => uuid_text(bytes),
        }
    }

    /// Packs the id: a UUID behind a 0, a text behind its length.
    pub fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Self::Uuid(bytes) => {
                out.push(0);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => put_bytes(out, text.as_bytes()),
        }
    }

    /// Unpacks an id.
    pub fn unpack(unpack: &mut Unpack) -> Result<Self, StoreError> {
        let length = unpack.byte()?;
        if length == 0 {
            return Ok(Self::Uuid(unpack.array()?));
        }
        if length > LENGTH_MAX {
            return Err(StoreError::Damaged("an id is longer than ids are".into()));
        }
        let bytes = unpack.take(usize::from(length))?;
        let text = std::str::from_utf8(bytes).map_err(|_| StoreError::Damaged("an id is no text".into()))?;
        Ok(Self::Text(text.into()))
    }
}

fn uuid_bytes(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 || HYPHENS.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut bytes = [0; 16];
    let digits = text.iter().enumerate().filter(|(at, _)| !HYPHENS.contains(at)).map(|(_, digit)| digit);
    for (at, digit) in digits.enumerate() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        bytes[at / 2] = bytes[at / 2] << 4 | value;
    }
    Some(bytes)
}

fn uuid_text(bytes: &[u8; 16]) -> Box<str> {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back() {
        for (id, is_uuid) in [
            ("0190aaaa-bbbb-7ccc-8ddd-eeeeffff0123", true),
            ("0190AAAA-bbbb-7ccc-8ddd-eeeeffff0123", false),
            ("0190aaaabbbb-7ccc-8ddd-eeeeffff01234", false),
            ("x", false),
            ("a.b-C-9", false),
        ] {
            let stored = StoredId::new(id);
            assert_eq!(matches!(stored, StoredId::Uuid(_)), is_uuid);
            assert_eq!(&*stored.text(), id);
            let mut packed = Vec::new();
            stored.pack(&mut packed);
            assert_eq!(StoredId::unpack(&mut Unpack::new(&packed)).unwrap(), stored);
        }
    }
}
