//! One file: what readers see, what is on the disk for sure, and what may or may not be.

use crate::random::Random;
use std::collections::BTreeMap;

/// What reaches the disk whole or not at all, in bytes.
const SECTOR: usize = 512;

type Sector = [u8; SECTOR];

/// A file's content. What was written since the last sync is kept in every form that it had.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// The forms of each sector since the last sync, oldest first.
    unsynced: BTreeMap<usize, Vec<Sector>>,
    /// The lengths since the last sync, or since the file was last cut.
    lengths: Vec<usize>,
    /// How the file was each time before it was cut since the last sync: a cut is done or not done, never half.
    uncut: Vec<File>,
    /// Whether the directory has it for sure.
    pub is_linked: bool,
}

impl File {
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Reads what is there; the number of bytes that were.
    pub fn read(&self, at: usize, into: &mut [u8]) -> usize {
        let there = self.seen.get(at..).unwrap_or_default();
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        length
    }

    pub fn write(&mut self, at: usize, bytes: &[u8]) {
        let (old, end) = (self.seen.len(), at + bytes.len());
        if end > old {
            self.seen.resize(end, 0);
            self.lengths.push(end);
        }
        self.seen[at..end].copy_from_slice(bytes);
        self.note(at.min(old), end);
    }

    pub fn truncate(&mut self, length: usize) {
        let old = self.seen.len();
        if length < old {
            self.uncut.push(Self { uncut: Vec::new(), ..self.clone() });
            self.unsynced.split_off(&length.div_ceil(SECTOR));
            self.durable.truncate(length);
            self.lengths.clear();
        }
        if length != old {
            self.seen.resize(length, 0);
            self.lengths.push(length);
            self.note(length.min(old), length);
        }
    }

    /// Keeps the form in which the sectors of a range now are.
    fn note(&mut self, from: usize, end: usize) {
        for number in from / SECTOR..end.div_ceil(SECTOR) {
            self.unsynced.entry(number).or_default().push(sector(&self.seen, number));
        }
    }

    /// All that was written is on the disk.
    pub fn sync(&mut self) {
        let length = self.seen.len();
        self.durable.resize(length, 0);
        for number in std::mem::take(&mut self.unsynced).into_keys() {
            let (from, end) = (number * SECTOR, ((number + 1) * SECTOR).min(length));
            if from < end {
                self.durable[from..end].copy_from_slice(&self.seen[from..end]);
            }
        }
        self.lengths.clear();
        self.uncut.clear();
        self.is_linked = true;
    }

    /// A sync failed. Perhaps only its answer did; else half of what was to be written is forgotten, as if it were on
    /// the disk, and is read as it was written until the page is dropped from memory.
    pub fn fail_to_sync(&mut self, random: &mut Random) {
        if random.one_in(3) {
            return self.sync();
        }
        let keeps_in_memory = random.one_in(2);
        let forgotten: Vec<usize> = self.unsynced.keys().copied().filter(|_| random.one_in(2)).collect();
        for number in forgotten {
            self.unsynced.remove(&number);
            if !keeps_in_memory {
                let (from, end) = (number * SECTOR, ((number + 1) * SECTOR).min(self.seen.len()));
                let old = sector(&self.durable, number);
                if from < end {
                    self.seen[from..end].copy_from_slice(&old[..end - from]);
                }
            }
        }
    }

    /// What a crash leaves: one time in four all of it.
    pub fn after_crash(&self, random: &mut Random) -> Self {
        if random.one_in(4) {
            return Self {
                seen: self.seen.clone(),
                durable: self.seen.clone(),
                is_linked: true,
                ..Self::default()
            };
        }
        if let Some(before) = pick(&self.uncut, random.below(self.uncut.len() as u64 + 1)) {
            return before.after_crash(random);
        }
        let length = pick(&self.lengths, random.below(self.lengths.len() as u64 + 1));
        let length = length.copied().unwrap_or(self.durable.len());
        let mut left = self.durable.clone();
        left.resize(length, 0);
        // Whether a crash keeps much or little differs: each sector for itself, but not each with even chances.
        let lost_in_ten = random.below(11);
        for (number, forms) in &self.unsynced {
            let from = number * SECTOR;
            let end = (from + SECTOR).min(length);
            if from < end
                && random.below(10) >= lost_in_ten
                && let Some(form) = pick(forms, random.below(forms.len() as u64))
            {
                left[from..end].copy_from_slice(&form[..end - from]);
            }
        }
        Self { seen: left.clone(), durable: left, is_linked: true, ..Self::default() }
    }
}

fn pick<T>(of: &[T], at: u64) -> Option<&T> {
    of.get(usize::try_from(at).ok()?)
}

/// A sector as it lies in a content; zeros behind its end.
fn sector(content: &[u8], number: usize) -> Sector {
    let mut sector = [0; SECTOR];
    let there = content.get(number * SECTOR..).unwrap_or_default();
    let length = there.len().min(SECTOR);
    sector[..length].copy_from_slice(&there[..length]);
    sector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(file: &File) -> Vec<u8> {
        let mut all = vec![0; file.len()];
        file.read(0, &mut all);
        all
    }

    #[test]
    fn what_was_synced_survives_every_crash() {
        let mut file = File::default();
        file.write(0, &[1; 3 * SECTOR]);
        file.sync();
        for seed in 0..100 {
            assert_eq!(content(&file.after_crash(&mut Random::of(seed))), [1; 3 * SECTOR]);
        }
    }

    #[test]
    fn what_was_not_synced_survives_by_sectors_in_any_form() {
        let mut file = File::default();
        file.write(0, &[1; 2 * SECTOR]);
        file.sync();
        file.write(0, &[2; 2 * SECTOR]);
        file.write(0, &[3; SECTOR]);
        let mut found: Vec<(u8, u8)> = (0..500)
            .map(|seed| content(&file.after_crash(&mut Random::of(seed))))
            .map(|left| (left[0], left[SECTOR]))
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]);
    }

    #[test]
    fn a_file_that_was_cut_is_whole_or_cut() {
        let mut file = File::default();
        file.write(0, &[1; 4 * SECTOR]);
        file.sync();
        file.truncate(0);
        file.write(0, &[2; SECTOR]);
        let left = |seed| content(&file.after_crash(&mut Random::of(seed)));
        let mut found: Vec<(usize, Option<u8>)> =
            (0..200).map(left).map(|left| (left.len(), left.first().copied())).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [(0, None), (SECTOR, Some(0)), (SECTOR, Some(2)), (4 * SECTOR, Some(1))]);
    }

    #[test]
    fn a_failed_sync_may_lose_what_a_later_one_does_not_bring_back() {
        let lost = |seed| {
            let mut file = File::default();
            file.write(0, &[1; 8 * SECTOR]);
            file.fail_to_sync(&mut Random::of(seed));
            file.sync();
            content(&file.after_crash(&mut Random::of(seed))).contains(&0)
        };
        assert!((0..20).any(lost));
    }
}
