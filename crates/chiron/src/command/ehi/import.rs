//! The import of an export into a practice that has nothing yet: the same versions, times, order, hashes and contents.

use super::commit_line::CommitLine;
use super::manifest::{Counts, Manifest};
use super::{COMMITS_FILE, READS_FILE, blob_name};
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use store::blob::take_in;
use store::maintain::Maintain;
use store::{BlobHash, KeptBlob, Store, WholeCommit};

/// Changes written together.
const STEP: usize = 1_000;

/// Imports an export. Every file is checked before anything is written, and everything that came in afterwards.
pub fn run(practice: &Practice, from: &Path, emit: &mut Emit<'_>) -> Result<()> {
    let store: &dyn Maintain = &*practice.store;
    if store.statistics()?.sequence > 0 {
        bail!("{} holds data already; import into a new practice", practice.data.display());
    }
    let manifest = Manifest::check(from)?;
    let mut counts = Counts::default();
    let mut chain = String::new();
    let file = from.join(COMMITS_FILE);
    let mut all = lines(&file)?.enumerate().peekable();
    while all.peek().is_some() {
        let (mut commits, mut kept, mut changes) = (Vec::new(), Vec::new(), 0);
        while let Some((number, line)) = all.next_if(|_| changes < STEP) {
            let place = || format!("{COMMITS_FILE}, line {}", number + 1);
            let commit: CommitLine = serde_json::from_str(&line?).with_context(place)?;
            let commit = commit.commit().with_context(place)?;
            // Held until the commit that names them is done.
            kept.extend(contents(store, from, &commit).with_context(place)?);
            changes += commit.changes.len().max(1);
            counts.versions += commit.changes.len() as u64;
            chain = BlobHash(commit.chain).to_string();
            commits.push(commit);
        }
        counts.commits += commits.len() as u64;
        store.replay(&commits).with_context(|| format!("{COMMITS_FILE}, until line {}", counts.commits))?;
        let (done, total) = (counts.commits, manifest.counts.commits);
        emit(Event::Progress { done, total, message: format!("{} versions", counts.versions) });
    }
    for line in lines(&from.join(READS_FILE))? {
        let row: String = serde_json::from_str(&line?).context(READS_FILE)?;
        store.log_read(row.as_bytes())?;
        counts.reads += 1;
    }
    let found = store.verify()?;
    counts.contents = found.blobs;
    if !found.is_sound() || counts != manifest.counts || chain != manifest.chain {
        bail!("what came in is not what went out: {counts:?} in place of {:?}", manifest.counts);
    }
    emit(Event::Line(format!(
        "imported {} commits with {} versions, {} contents and {} reads: all that was exported, hash by hash",
        counts.commits, counts.versions, counts.contents, counts.reads
    )));
    emit(Event::Answer(serde_json::to_value(counts)?));
    Ok(())
}

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(BufReader::new(file).lines())
}

/// Takes in the contents that a commit names, those that are not there yet.
fn contents(store: &dyn Store, from: &Path, commit: &WholeCommit) -> Result<Vec<KeptBlob>> {
    let mut kept = Vec::new();
    for mark in commit.marks() {
        kept.push(match store.blobs().keep(&mark.hash)? {
            Some(kept) => kept,
            None => content(store, &from.join(blob_name(&mark.hash)), &mark.hash)?,
        });
    }
    Ok(kept)
}

fn content(store: &dyn Store, path: &Path, hash: &BlobHash) -> Result<KeptBlob> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let kept = take_in(store.blobs(), &mut file)?;
    if kept.hash != *hash {
        bail!("{} is not the content that its name says", path.display());
    }
    Ok(kept)
}
