//! Random changes to bytes, the same ones for the same seed.

/// Numbers that look random (SplitMix64), all from one seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Most bytes of a mutated input.
pub const LENGTH_MAX: usize = 4096;
/// Most bytes taken away or repeated at once.
const PART_MAX: usize = 40;

/// An input made from one of `inputs` by one to five changes. `words` are pieces that mean something to the parser.
pub fn mutated(inputs: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut bytes = pick(inputs, random).to_vec();
    for _ in 0..=random.below(5) {
        change(&mut bytes, pick(inputs, random), words, random);
    }
    bytes.truncate(LENGTH_MAX);
    bytes
}

fn pick<'a>(inputs: &'a [Vec<u8>], random: &mut Random) -> &'a [u8] {
    let input = inputs.get(random.below(inputs.len())).map_or(&[][..], Vec::as_slice);
    &input[..input.len().min(LENGTH_MAX)]
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(PART_MAX)).min(bytes.len());
    match random.below(7) {
        0 if at < bytes.len() => bytes[at] ^= random.byte(),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        3 if !words.is_empty() => {
            let word = words[random.below(words.len())];
            bytes.splice(at..at, word.bytes());
        }
        4 => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        5 => {
            let from = random.below(other.len() + 1);
            let part = &other[from..(from + 1 + random.below(PART_MAX)).min(other.len())];
            bytes.splice(at..at, part.iter().copied());
        }
        _ => bytes.insert(at, random.byte()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_inputs_and_another_seed_others() {
        let inputs = [b"abcdefgh".to_vec(), b"12345678".to_vec()];
        let some = |seed| {
            let mut random = Random::new(seed);
            (0..20).map(|_| mutated(&inputs, &["word"], &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        assert!(some(3).iter().all(|bytes| bytes.len() <= LENGTH_MAX));
    }

    #[test]
    fn nothing_to_start_from_is_met() {
        let mut random = Random::new(7);
        for _ in 0..100 {
            mutated(&[], &[], &mut random);
        }
    }
}
