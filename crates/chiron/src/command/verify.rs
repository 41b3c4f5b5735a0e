//! `chiron verify`: every document, index row and chain.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result};
use record::audit::anchor::{Anchor, AnchorsFound, check_anchors};
use std::path::Path;

/// Checks all that is stored, and that nothing of it was cut off since anchors were made: those in the audit log, and those
/// of a file that was kept elsewhere. Faults are named and make the command fail.
pub fn run(practice: &Practice, kept: Option<&Path>, emit: &mut Emit<'_>) -> Result<()> {
    let kept = kept.map_or(Ok(Vec::new()), |path| read_anchors(practice, path))?;
    let mut found = practice.store.verify()?;
    let anchors = check_anchors(&*practice.store, &kept)?;
    for fault in &anchors.faults {
        found.fault("anchors", fault.as_str());
    }
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
    tell_anchors(&anchors, emit);
    for fault in &found.faults {
        emit(Event::Line(format!("{}: {}", fault.place, fault.what)));
    }
    let faults: Vec<_> = found.faults.iter().map(|fault| [&fault.place, &fault.what]).collect();
    emit(Event::Answer(serde_json::json!({
        "documents": found.documents, "versions": found.versions, "index-rows": found.index_rows,
        "contents": found.blobs, "commits": found.commits, "reads": found.reads, "reads-cut-bytes": found.reads_cut_bytes,
        "shredded": found.shredded, "anchors": anchors.checked, "anchors-of-other-logs": anchors.of_other_logs,
        "faults": faults, "fault-count": found.fault_count,
    })));
    if !found.is_sound() {
        emit(Event::Failed(format!("{} faults; restore the last good backup", found.fault_count)));
    }
    Ok(())
}

fn tell_anchors(anchors: &AnchorsFound, emit: &mut Emit<'_>) {
    if anchors.checked > 0 {
        emit(Event::Line(format!("checked {} anchors of the audit log", anchors.checked)));
    }
    if anchors.of_other_logs > 0 {
        emit(Event::Line(format!(
            "{} anchors name a log of reads that is not this one: of another server on the same database, or from before the data was copied",
            anchors.of_other_logs
        )));
    }
}

/// The anchors of a file, a line each.
fn read_anchors(practice: &Practice, path: &Path) -> Result<Vec<Anchor>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        let anchor = identity::audit_anchor::read(&practice.record, line);
        anchor.with_context(|| format!("{}, line {}", path.display(), number + 1))
    };
    lines.map(read).collect()
}
