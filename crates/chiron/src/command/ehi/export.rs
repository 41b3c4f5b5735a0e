//! The export: commits with all versions, contents, the log of reads, and the current resources beside them.

use super::commit_line::CommitLine;
use super::manifest::{Counts, Manifest};
use super::{COMMITS_FILE, README, README_FILE, READS_FILE, RESOURCES_FOLDER, copy_content};
use crate::command::{self, new_folder};
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Result, bail};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use store::maintain::Maintain;
use store::{BlobHash, WholeCommit};

/// Versions read at a time.
const STEP: usize = 1_000;

/// Exports a practice to a new folder. It may be at work meanwhile: the export ends with the last commit before it began.
pub fn run(practice: &Practice, to: &Path, emit: &mut Emit<'_>) -> Result<()> {
    new_folder(to)?;
    fs::write(to.join(README_FILE), README)?;
    let store = &*practice.store;
    let last = store.statistics()?.sequence;
    let mut export =
        Export { store, to, counts: Counts::default(), chain: String::new(), contents: HashSet::new() };
    export.commits(last, emit)?;
    export.reads()?;
    // Last: it is itself written down in the log of reads.
    let resources = to.join(RESOURCES_FOLDER);
    command::export::run(practice, &resources, &mut |event| {
        if !matches!(event, Event::Answer(_)) {
            emit(event);
        }
    })?;
    let Export { counts, chain, .. } = export;
    Manifest::write(to, counts, chain)?;
    emit(Event::Line(format!(
        "exported {} commits with {} versions, {} contents and {} reads to {}",
        counts.commits,
        counts.versions,
        counts.contents,
        counts.reads,
        to.display()
    )));
    emit(Event::Answer(serde_json::to_value(counts)?));
    Ok(())
}

struct Export<'a> {
    store: &'a dyn Maintain,
    to: &'a Path,
    counts: Counts,
    chain: String,
    contents: HashSet<BlobHash>,
}

impl Export<'_> {
    fn commits(&mut self, last: u64, emit: &mut Emit<'_>) -> Result<()> {
        let mut file = BufWriter::new(File::create(self.to.join(COMMITS_FILE))?);
        let mut after = 0;
        while after < last {
            for commit in self.store.whole_commits(after, STEP)? {
                after = commit.sequence;
                if after > last {
                    break;
                }
                self.commit(&commit, &mut file)?;
            }
            emit(Event::Progress { done: after.min(last), total: last, message: format!("{after} commits") });
        }
        file.flush()?;
        Ok(())
    }

    fn commit(&mut self, commit: &WholeCommit, file: &mut impl Write) -> Result<()> {
        for mark in commit.marks() {
            if self.contents.insert(mark.hash) {
                copy_content(self.store, self.to, &mark.hash)?;
                self.counts.contents += 1;
            }
        }
        let line = CommitLine::of(commit)?;
        serde_json::to_writer(&mut *file, &line)?;
        file.write_all(b"\n")?;
        self.counts.commits += 1;
        self.counts.versions += commit.changes.len() as u64;
        self.chain = BlobHash(commit.chain).to_string();
        Ok(())
    }

    fn reads(&mut self) -> Result<()> {
        let mut file = BufWriter::new(File::create(self.to.join(READS_FILE))?);
        let (mut reads, mut failure) = (0, None);
        self.store.each_read(&mut |row| {
            if failure.is_none() {
                failure = write_read(&mut file, row).err();
                reads += 1;
            }
            Ok(())
        })?;
        self.counts.reads = reads;
        file.flush()?;
        failure.map_or(Ok(()), Err)
    }
}

fn write_read(file: &mut impl Write, row: &[u8]) -> Result<()> {
    let Ok(text) = std::str::from_utf8(row) else { bail!("a row of the log of reads is no text") };
    serde_json::to_writer(&mut *file, text)?;
    Ok(file.write_all(b"\n")?)
}
