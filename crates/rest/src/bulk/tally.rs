//! How far an import is, in its folder: written after each batch of lines, and read again after a crash. What was done
//! since is done again, which changes nothing, for the same resources are put at the same ids.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

/// The file with a line for each source that was begun.
const NAME: &str = "tallies";

/// What became of a source so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Its lines that are behind us.
    pub lines: u64,
    /// Resources that went in.
    pub imported: u64,
    /// OperationOutcomes that say what did not.
    pub failed: u64,
    /// Their bytes; kept by [`Tallies::note`].
    pub outcome_bytes: u64,
}

/// What became of the sources so far.
pub(super) struct Tallies {
    folder: PathBuf,
    /// Those that were begun; the last is at work. Never empty.
    begun: Vec<Tally>,
    /// Where the OperationOutcomes of the last one go.
    outcomes: File,
}

impl Tallies {
    /// Reads them from a folder. What is not whole, after a power cut, is begun anew.
    pub fn open(folder: PathBuf) -> Result<Self> {
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let lines = text.strip_suffix('\n').map(|text| text.split('\n').map(Tally::parse));
        let begun = lines.and_then(Iterator::collect::<Option<Vec<_>>>);
        let begun = begun.filter(|begun| are_there(&folder, begun)).unwrap_or_else(|| vec![Tally::default()]);
        let outcomes = open_at(&path(&folder, begun.len()), begun[begun.len() - 1].outcome_bytes)?;
        Ok(Self { folder, begun, outcomes })
    }

    /// Which source is at work, from 0.
    pub fn at(&self) -> usize {
        self.begun.len() - 1
    }

    /// Of the source at work.
    pub fn now(&self) -> Tally {
        self.begun[self.at()]
    }

    /// Of all that were begun.
    pub fn all(&self) -> impl Iterator<Item = &Tally> {
        self.begun.iter()
    }

    /// Writes down what became of the source at work, with OperationOutcomes, a line each, that are new.
    pub fn note(&mut self, tally: Tally, outcomes: &str) -> Result<()> {
        self.outcomes.write_all(outcomes.as_bytes())?;
        let outcome_bytes = self.now().outcome_bytes + outcomes.len() as u64;
        let at = self.at();
        self.begun[at] = Tally { outcome_bytes, ..tally };
        self.write()
    }

    /// Goes on to the next source.
    pub fn next(&mut self) -> Result<()> {
        self.outcomes.sync_all()?;
        self.begun.push(Tally::default());
        self.outcomes = open_at(&path(&self.folder, self.begun.len()), 0)?;
        self.write()
    }

    /// The name of the file with the OperationOutcomes of a source, from 1.
    pub fn errors_name(number: usize) -> String {
        format!("errors-{number}")
    }

    fn write(&self) -> Result<()> {
        let new = self.folder.join("tallies.new");
        std::fs::write(&new, self.begun.iter().map(Tally::line).collect::<String>())?;
        std::fs::rename(new, self.folder.join(NAME))
    }
}

impl Tally {
    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.lines, self.imported, self.failed, self.outcome_bytes)
    }

    fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<u64> = line.split(' ').map(|text| text.parse().ok()).collect::<Option<_>>()?;
        match *numbers.as_slice() {
            [lines, imported, failed, outcome_bytes] => Some(Self { lines, imported, failed, outcome_bytes }),
            _ => None,
        }
    }
}

fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{}.ndjson", Tallies::errors_name(number)))
}

/// Whether the OperationOutcomes that were written down are there.
fn are_there(folder: &Path, begun: &[Tally]) -> bool {
    begun.iter().zip(1..).all(|(tally, number)| {
        let length = std::fs::metadata(path(folder, number)).map_or(0, |data| data.len());
        length >= tally.outcome_bytes
    })
}

/// A file to be written on from a place in it; what is behind it was not written down, and is made again.
fn open_at(path: &Path, bytes: u64) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("chiron-tallies-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_noted_is_there_again_and_what_was_not_is_gone() {
        let folder = folder("noted");
        let mut tallies = Tallies::open(folder.clone()).unwrap();
        tallies.note(Tally { lines: 3, imported: 2, failed: 1, ..Tally::default() }, "one\n").unwrap();
        tallies.next().unwrap();
        let second = Tally { lines: 9, imported: 8, failed: 1, ..Tally::default() };
        tallies.note(second, "two\n").unwrap();
        // Written, and then the process was killed.
        std::fs::write(folder.join("errors-2.ndjson"), "two\nthree\n").unwrap();

        let mut tallies = Tallies::open(folder.clone()).unwrap();
        assert_eq!((tallies.at(), tallies.now().lines, tallies.all().count()), (1, 9, 2));
        tallies.note(Tally { failed: 2, ..tallies.now() }, "four\n").unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("errors-2.ndjson")).unwrap(), "two\nfour\n");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_whole_is_begun_anew() {
        let folder = folder("broken");
        for text in ["", "1 2 3", "1 2 3 x\n", "5 4 1 100\n"] {
            std::fs::write(folder.join(NAME), text).unwrap();
            let tallies = Tallies::open(folder.clone()).unwrap();
            assert_eq!((tallies.at(), tallies.now()), (0, Tally::default()), "{text}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
