//! How far an export is, in its folder: written after each type, and read again after a crash. It goes on with the moment that
//! it began with: what changed since is left to the next export, whether the server was there or not.

use std::fs::File;
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};

/// The file with the moment, and a line for each type.
const NAME: &str = "progress";

/// The types that are written.
pub(super) struct ExportProgress {
    folder: PathBuf,
    moment_ms: i64,
    done: Vec<(String, u64)>,
}

impl ExportProgress {
    /// Reads it from a folder; without one that is whole the export begins at a moment. Files of types that are not behind
    /// us are removed.
    pub fn open(folder: PathBuf, now_ms: i64) -> Result<Self> {
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let kept = parse(&text).filter(|(_, done)| are_there(&folder, done));
        let (moment_ms, done) = kept.unwrap_or((now_ms, Vec::new()));
        let progress = Self { folder, moment_ms, done };
        progress.clear()?;
        progress.write()?;
        Ok(progress)
    }

    /// The time of the commit that the export began with, in milliseconds since 1970.
    pub fn moment_ms(&self) -> i64 {
        self.moment_ms
    }

    /// The types that are written, in order, each with the number of its resources.
    pub fn done(&self) -> &[(String, u64)] {
        &self.done
    }

    /// Writes down that a type is written.
    pub fn note(&mut self, type_name: &str, count: u64) -> Result<()> {
        self.done.push((type_name.to_owned(), count));
        self.write()
    }

    fn write(&self) -> Result<()> {
        let lines = self.done.iter().map(|(name, count)| format!("{name} {count}\n"));
        let text = format!("{}\n{}", self.moment_ms, lines.collect::<String>());
        let new = self.folder.join("progress.new");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(new, self.folder.join(NAME))
    }

    fn clear(&self) -> Result<()> {
        let is_kept = |name: &str| {
            let of_type = name.strip_suffix(".ndjson");
            name == NAME || self.done.iter().any(|(known, _)| of_type == Some(known.as_str()))
        };
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(is_kept) {
                std::fs::remove_file(entry.path()).or_else(ignore_missing)?;
            }
        }
        Ok(())
    }
}

fn ignore_missing(error: Error) -> Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn parse(text: &str) -> Option<(i64, Vec<(String, u64)>)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let moment_ms = lines.next()?.parse().ok()?;
    let done = lines.map(|line| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    Some((moment_ms, done.collect::<Option<_>>()?))
}

fn are_there(folder: &Path, done: &[(String, u64)]) -> bool {
    done.iter().all(|(name, count)| *count == 0 || folder.join(format!("{name}.ndjson")).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_behind_the_last_type_that_was_written() {
        let folder = std::env::temp_dir().join(format!("chiron-export-progress-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str| folder.join(format!("{name}.ndjson"));
        let mut progress = ExportProgress::open(folder.clone(), 7).unwrap();
        std::fs::write(file("Patient"), "{}\n").unwrap();
        progress.note("Patient", 1).unwrap();
        progress.note("Person", 0).unwrap();
        // Half of the next one is there when the process ends.
        std::fs::write(file("Procedure"), "{").unwrap();

        let again = ExportProgress::open(folder.clone(), 9).unwrap();
        assert_eq!((again.moment_ms(), again.done().len()), (7, 2));
        assert!(file("Patient").is_file() && !file("Procedure").exists());
        std::fs::remove_file(file("Patient")).unwrap();
        let anew = ExportProgress::open(folder.clone(), 9).unwrap();
        assert_eq!((anew.moment_ms(), anew.done().len()), (9, 0), "what is written down is not there");
        std::fs::write(folder.join(NAME), "damaged").unwrap();
        assert_eq!(ExportProgress::open(folder.clone(), 11).unwrap().moment_ms(), 11);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
