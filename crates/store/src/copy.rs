//! A practice moved from one store into another, whatever engines they run on: by the commit stream, so that order, times,
//! versions and hashes are the same.

use crate::blob::{BlobStore, KeptBlob, take_in};
use crate::error::StoreError;
use crate::maintain::Maintain;
use crate::read_log::ReadPlace;
use crate::whole_commit::WholeCommit;

/// Changes taken from the stream at a time.
const STEP: usize = 1_000;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Commits; the last one has this place.
    pub commits: u64,
    /// Contents kept outside the documents.
    pub blobs: u64,
    /// Private documents.
    pub private: u64,
    /// Rows of the log of reads.
    pub reads: u64,
}

/// Copies all that one store has at this moment into an empty one: commits with all versions, contents, private documents,
/// and the log of reads of the process that copies. Each commit makes the same hash there, or the copy ends. With
/// `until_ms`, in milliseconds since 1970, commits after that moment are left out: the practice as it was then; private
/// documents and the log of reads have no such moment, and come as they are. `progress` is told how many commits are done,
/// of how many.
///
/// # Errors
/// When the target holds anything, and as the stores fail: then the target is to be thrown away.
pub fn copy(
    from: &dyn Maintain,
    to: &dyn Maintain,
    until_ms: Option<i64>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Copied, StoreError> {
    if !is_empty(to)? {
        return Err(StoreError::World { context: "copy", source: "the target holds data already".into() });
    }
    let (end, private) = from.private_documents()?;
    let is_wanted = |commit: &WholeCommit| {
        commit.sequence <= end && until_ms.is_none_or(|until_ms| commit.time_ms <= until_ms)
    };
    let mut copied = Copied::default();
    loop {
        let mut commits = from.whole_commits(copied.commits, STEP)?;
        commits.truncate(commits.iter().take_while(|commit| is_wanted(commit)).count());
        let Some(last) = commits.last() else { break };
        let mut kept = Vec::new();
        for commit in &commits {
            let (all, new) = copy_contents(commit, from.blobs(), to.blobs())?;
            kept.extend(all);
            copied.blobs += new;
        }
        to.replay(&commits)?;
        copied.commits = last.sequence;
        progress(copied.commits, end);
    }
    copied.private = private.len() as u64;
    to.put_private(private.clone())?;
    from.each_read(&mut |row| {
        copied.reads += 1;
        to.log_read(row)
    })?;
    if last_commit(to)? != copied.commits || to.private_documents()?.1 != private {
        return Err(StoreError::Damaged("the copy does not end as what was copied".into()));
    }
    Ok(copied)
}

fn last_commit(store: &dyn Maintain) -> Result<u64, StoreError> {
    Ok(store.commits_before(u64::MAX, 1)?.first().map_or(0, |commit| commit.sequence))
}

fn is_empty(store: &dyn Maintain) -> Result<bool, StoreError> {
    let (last, private) = store.private_documents()?;
    Ok(last == 0 && private.is_empty() && store.reads_before(ReadPlace::END, 1)?.is_empty())
}

/// Copies the contents that a commit names, unless they are there; gives all of them, kept until the commit is done, and how
/// many are new.
fn copy_contents(
    commit: &WholeCommit,
    from: &dyn BlobStore,
    to: &dyn BlobStore,
) -> Result<(Vec<KeptBlob>, u64), StoreError> {
    let (mut all, mut new) = (Vec::new(), 0);
    for mark in commit.marks() {
        let kept = match to.keep(&mark.hash)? {
            Some(kept) => kept,
            None => {
                new += 1;
                take_in(to, &mut *from.open(&mark.hash)?)?
            }
        };
        if kept.hash != mark.hash {
            return Err(StoreError::Damaged(format!("the content {}", mark.hash)));
        }
        all.push(kept);
    }
    Ok((all, new))
}
