//! The index rows of one document with numbers for names, sorted and without duplicates, and packed: a document
//! is stored with its rows so that exactly these can be taken away again, whatever program wrote them.

use crate::error::StoreError;
use crate::pack::{Unpack, put_bytes, put_varint};

/// The rows of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RowSet {
    /// Parameter and hash.
    pub tokens: Vec<(i64, i64)>,
    /// Parameter, unit and value.
    pub numbers: Vec<(i64, i64, f64)>,
    /// Parameter and folded text.
    pub texts: Vec<(i64, Box<str>)>,
    /// Parameter, first millisecond, the millisecond behind the last.
    pub dates: Vec<(i64, i64, i64)>,
}

impl RowSet {
    /// Puts the rows into order and drops duplicates and numbers that are none.
    pub fn normalise(&mut self) {
        self.tokens.sort_unstable();
        self.tokens.dedup();
        self.numbers.retain(|(.., value)| value.is_finite());
        for (.., value) in &mut self.numbers {
            // Minus zero and zero are one number to SQL.
            *value += 0.0;
        }
        self.numbers.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        self.numbers.dedup();
        self.texts.sort_unstable();
        self.texts.dedup();
        self.dates.sort_unstable();
        self.dates.dedup();
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.numbers.len() + self.texts.len() + self.dates.len()
    }

    /// The rows as bytes.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + self.tokens.len() * 10);
        put_varint(&mut out, self.tokens.len() as u64);
        for (parameter, hash) in &self.tokens {
            put_varint(&mut out, parameter.cast_unsigned());
            out.extend_from_slice(&hash.to_le_bytes());
        }
        put_varint(&mut out, self.numbers.len() as u64);
        for (parameter, unit, value) in &self.numbers {
            put_varint(&mut out, parameter.cast_unsigned());
            out.extend_from_slice(&unit.to_le_bytes());
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        put_varint(&mut out, self.texts.len() as u64);
        for (parameter, text) in &self.texts {
            put_varint(&mut out, parameter.cast_unsigned());
            put_bytes(&mut out, text.as_bytes());
        }
        put_varint(&mut out, self.dates.len() as u64);
        for (parameter, low, high) in &self.dates {
            put_varint(&mut out, parameter.cast_unsigned());
            out.extend_from_slice(&low.to_le_bytes());
            out.extend_from_slice(&high.to_le_bytes());
        }
        out
    }

    /// The rows from bytes.
    pub fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut unpack = Unpack::new(bytes);
        let mut set = Self::default();
        for _ in 0..unpack.varint()? {
            set.tokens.push((unpack.varint_i64()?, unpack.i64()?));
        }
        for _ in 0..unpack.varint()? {
            let (parameter, unit) = (unpack.varint_i64()?, unpack.i64()?);
            set.numbers.push((parameter, unit, f64::from_le_bytes(unpack.array()?)));
        }
        for _ in 0..unpack.varint()? {
            set.texts.push((unpack.varint_i64()?, unpack.text()?.into()));
        }
        for _ in 0..unpack.varint()? {
            set.dates.push((unpack.varint_i64()?, unpack.i64()?, unpack.i64()?));
        }
        Ok(set)
    }

    /// What this set has and the other lacks.
    pub fn without(&self, other: &Self) -> Self {
        Self {
            tokens: lacking(&self.tokens, &other.tokens),
            numbers: lacking(&self.numbers, &other.numbers),
            texts: lacking(&self.texts, &other.texts),
            dates: lacking(&self.dates, &other.dates),
        }
    }
}

fn lacking<T: Clone + PartialEq>(rows: &[T], others: &[T]) -> Vec<T> {
    rows.iter().filter(|row| !others.contains(row)).cloned().collect()
}

/// How long a date is, in classes: a search for dates that meet an interval looks before its beginning only as
/// far as a date of the class can reach.
pub(crate) const DATE_SPANS: [(i64, i64); 3] = [(0, 86_400_000), (1, 366 * 86_400_000), (2, i64::MAX)];

/// The class of a date by its length in milliseconds.
pub(crate) fn date_span(low: i64, high: i64) -> i64 {
    let length = high.saturating_sub(low);
    DATE_SPANS.iter().find(|(_, longest)| length <= *longest).map_or(2, |(class, _)| *class)
}

/// A signature as bytes: its hashes in order.
pub(crate) fn pack_signature(signature: &[u32]) -> Vec<u8> {
    signature.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}

/// Whether a packed signature has at least one hash of each group.
pub(crate) fn signature_meets(packed: &[u8], groups: &[Vec<u32>]) -> bool {
    let (hashes, _) = packed.as_chunks::<4>();
    groups.iter().all(|group| {
        group.iter().any(|hash| hashes.binary_search_by_key(hash, |bytes| u32::from_le_bytes(*bytes)).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> RowSet {
        RowSet {
            tokens: vec![(3, -9), (1, 5), (3, -9)],
            numbers: vec![(2, 7, -0.0), (2, 7, f64::NAN), (2, 7, 0.0), (2, 7, 1.5)],
            texts: vec![(9, "mueller".into())],
            dates: vec![(4, -5, i64::MAX)],
        }
    }

    #[test]
    fn rows_come_back() {
        let mut set = sample();
        set.normalise();
        assert_eq!(set.len(), 6);
        assert_eq!(RowSet::unpack(&set.pack()).unwrap(), set);
        assert!(RowSet::unpack(&set.pack()[..7]).is_err());
    }

    #[test]
    fn what_another_set_lacks() {
        let mut old = sample();
        old.normalise();
        let mut new = old.clone();
        new.tokens[0].1 = 6;
        assert_eq!(old.without(&new).tokens, [(1, 5)]);
        assert_eq!(old.without(&new).len(), 1);
    }

    #[test]
    fn signatures_need_one_of_each_group() {
        let packed = pack_signature(&[1, 70_000, 4_000_000_000]);
        assert!(signature_meets(&packed, &[]));
        assert!(signature_meets(&packed, &[vec![5, 70_000], vec![4_000_000_000]]));
        assert!(!signature_meets(&packed, &[vec![1], vec![2, 3]]));
    }
}
