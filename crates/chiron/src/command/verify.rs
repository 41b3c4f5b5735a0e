//! `chiron verify`: every document, index row and chain.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::Result;

/// Checks all that is stored; faults are named and make the command fail.
pub fn run(practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
    let found = practice.store.verify()?;
    let summary = format!(
        "checked {} documents, {} versions, {} contents, {} index rows, {} commits, {} reads",
        found.documents, found.versions, found.blobs, found.index_rows, found.commits, found.reads
    );
    emit(Event::Line(summary));
    if found.shredded > 0 {
        emit(Event::Line(format!("{} versions are of records that were destroyed", found.shredded)));
    }
    if found.reads_cut_bytes > 0 {
        let bytes = found.reads_cut_bytes;
        emit(Event::Line(format!(
            "{bytes} bytes at the end of the log of reads were no whole row and were cut off: torn by a crash, or changed"
        )));
    }
    for fault in &found.faults {
        emit(Event::Line(format!("{}: {}", fault.place, fault.what)));
    }
    let faults: Vec<_> = found.faults.iter().map(|fault| [&fault.place, &fault.what]).collect();
    emit(Event::Answer(serde_json::json!({
        "documents": found.documents, "versions": found.versions, "index-rows": found.index_rows,
        "contents": found.blobs, "commits": found.commits, "reads": found.reads, "reads-cut-bytes": found.reads_cut_bytes,
        "shredded": found.shredded,
        "faults": faults, "fault-count": found.fault_count,
    })));
    if !found.is_sound() {
        emit(Event::Failed(format!("{} faults; restore the last good backup", found.fault_count)));
    }
    Ok(())
}
