//! Anchors of the audit log: where its two chains ended at a moment, in a form that can be signed and kept elsewhere.
//!
//! Each anchor stands in both chains, and names the end of the other: to cut off the end of one takes cutting off the other.
//! Both cut off together is found by whoever keeps anchors elsewhere.

use super::{ANCHOR, AuditOutcome, AuditRow, Origin, Touched};
use crate::error::Error;
use crate::session::Session;
use access::Actor;
use fhir::{Document, Node, Object, Value};
use store::{Batch, Chains, CommitEnd, Held, Maintain, ReadsEnd, StoreError};

/// Where the chains ended at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The newest commit.
    pub commits: CommitEnd,
    /// The newest row of the log of reads; `None`: none is kept.
    pub reads: Option<ReadsEnd>,
}

impl Anchor {
    /// As JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.to_object()).to_json()
    }

    /// Reads what [`Anchor::to_json`] wrote; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(Document::parse(text).ok()?.root())
    }

    fn to_object(self) -> Object {
        let mut anchor = Object::new();
        anchor.set("time_ms", self.time_ms);
        anchor.set("commits", commits_object(&self.commits));
        if let Some(end) = &self.reads {
            let reads = fhir::object! {
                "log" => to_hex(&end.log),
                "file" => i64::from(end.file),
                "offset" => end.offset.cast_signed(),
                "hash" => to_hex(&end.hash),
            };
            anchor.set("reads", reads);
        }
        anchor
    }

    fn of(node: Node<'_>) -> Option<Self> {
        let reads = match node.get("reads") {
            None => None,
            Some(reads) => Some(ReadsEnd {
                log: of_hex(&reads.get_str("log")?)?,
                file: u32::try_from(number(reads, "file")?).ok()?,
                offset: u64::try_from(number(reads, "offset")?).ok()?,
                hash: of_hex(&reads.get_str("hash")?)?,
            }),
        };
        let commits = commits_of(node.get("commits")?)?;
        Some(Self { time_ms: number(node, "time_ms")?, commits, reads })
    }
}

fn commits_object(end: &CommitEnd) -> Value {
    fhir::object! { "sequence" => end.sequence.cast_signed(), "hash" => to_hex(&end.hash) }
}

fn commits_of(node: Node<'_>) -> Option<CommitEnd> {
    let sequence = u64::try_from(number(node, "sequence")?).ok()?;
    Some(CommitEnd { sequence, hash: of_hex(&node.get_str("hash")?)? })
}

fn number(node: Node<'_>, name: &str) -> Option<i64> {
    node.get(name)?.as_number()?.parse().ok()
}

fn to_hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

fn of_hex(text: &str) -> Option<[u8; 32]> {
    blake3::Hash::from_hex(text).ok().map(Into::into)
}

impl Session {
    /// Writes an anchor into both chains, and gives it as it was signed. `sign` makes a text of it that others can check.
    pub fn anchor_audit<E: From<Error>>(
        &self,
        chains: &dyn Chains,
        sign: impl FnOnce(&Anchor) -> Result<String, E>,
    ) -> Result<String, E> {
        let time_ms = self.record().now_ms();
        let commits = chains.newest_commit().map_err(Error::from)?;
        let row = anchor_row(time_ms, &self.origin, ("commits", commits_object(&commits)));
        let reads = chains.end_reads_with(&row).map_err(Error::from)?;
        let anchor = Anchor { time_ms, commits, reads };
        let signed = sign(&anchor)?;
        let mut object = anchor.to_object();
        object.set("signed", signed.as_str());
        let audit = anchor_row(time_ms, &self.origin, ("anchor", object.into()));
        let batch = Batch { time_ms, audit, ..Batch::default() };
        self.record().store.commit(batch).map_err(Error::from)?;
        Ok(signed)
    }
}

/// A row of an anchor: what it names of the other chain, or all of it.
fn anchor_row(time_ms: i64, origin: &Origin, more: (&'static str, Value)) -> Vec<u8> {
    let actor = Actor { id: "chiron".to_owned(), name: "Chiron".to_owned(), ..Actor::default() };
    let row = AuditRow {
        time_ms,
        actor: &actor,
        origin,
        done: ANCHOR,
        touched: &Touched::default(),
        query: "",
        outcome: AuditOutcome::Done,
        more: Some(more),
    };
    row.into_bytes()
}

/// What a check of anchors found.
#[derive(Clone, Debug, Default)]
pub struct AnchorsFound {
    /// Anchors checked: those in the chains, and those that were kept elsewhere.
    pub checked: u64,
    /// Ends of logs of reads that are not here: of other servers on the same database, or from before the data was copied.
    pub of_other_logs: u64,
    /// What is not held any more.
    pub faults: Vec<String>,
}

/// Commits read in one step.
const STEP: usize = 1_000;

/// Checks the anchors that stand in the chains, and others that were kept elsewhere.
pub fn check_anchors(store: &dyn Maintain, kept: &[Anchor]) -> Result<AnchorsFound, StoreError> {
    let mut found = AnchorsFound::default();
    let mut after = 0;
    loop {
        let commits = store.changes(after, STEP)?;
        let Some(last) = commits.last() else { break };
        after = last.sequence;
        for commit in commits.iter().filter(|commit| commit.changes.is_empty()) {
            let Some(row) = row_of(&commit.audit) else { continue };
            let anchor = row.root().get("anchor").and_then(Anchor::of);
            if let Some(anchor) = anchor {
                found.check(store, &anchor, &format!("the anchor in commit {}", commit.sequence))?;
            }
        }
    }
    let mut noted = Vec::new();
    store.each_read(&mut |row| {
        let end = row_of(row).and_then(|row| commits_of(row.root().get("commits")?));
        noted.extend(end);
        Ok(())
    })?;
    for end in noted {
        found.check_commit(store, &end, "the log of reads")?;
        found.checked += 1;
    }
    for anchor in kept {
        let when = crate::resource::instant(anchor.time_ms);
        found.check(store, anchor, &format!("the anchor of {when} that was kept"))?;
    }
    Ok(found)
}

/// A row that may be of an anchor.
fn row_of(bytes: &[u8]) -> Option<Document> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.contains(r#""do":"A""#).then(|| Document::parse(text).ok()).flatten()
}

impl AnchorsFound {
    fn check(&mut self, store: &dyn Maintain, anchor: &Anchor, who: &str) -> Result<(), StoreError> {
        self.checked += 1;
        self.check_commit(store, &anchor.commits, who)?;
        let Some(end) = &anchor.reads else { return Ok(()) };
        match store.holds_reads(end)? {
            Held::Yes => {}
            Held::OtherLog => self.of_other_logs += 1,
            Held::No => self.faults.push(format!(
                "{who} names a row of the log of reads (reads-{:06}.log, up to byte {}) that is not there as it was: \
                 rows were cut off or changed",
                end.file, end.offset
            )),
        }
        Ok(())
    }

    fn check_commit(&mut self, store: &dyn Maintain, end: &CommitEnd, who: &str) -> Result<(), StoreError> {
        if !store.holds_commit(end)? {
            self.faults.push(format!(
                "{who} names commit {} that is not there as it was: commits were cut off or changed",
                end.sequence
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_comes_back() {
        let commits = CommitEnd { sequence: 7, hash: [0xa0; 32] };
        let reads = Some(ReadsEnd { log: [1; 32], file: 2, offset: 4_000_000_000, hash: [0xff; 32] });
        for anchor in [Anchor { time_ms: 5, commits, reads }, Anchor { time_ms: 5, commits, reads: None }] {
            assert_eq!(Anchor::parse(&anchor.to_json()), Some(anchor));
        }
        for text in ["", "{}", r#"{"time_ms":5,"commits":{"sequence":1,"hash":"xx"}}"#] {
            assert_eq!(Anchor::parse(text), None, "{text}");
        }
    }
}
