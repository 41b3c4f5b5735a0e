//! `chiron anchor`, and the anchors that a server makes each hour: where the audit log ends, signed.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long it is from one anchor to the next: what is cut off sooner leaves no trace but the reader's memory.
const PAUSE: Duration = Duration::from_secs(3600);

/// Makes an anchor and prints it.
pub fn run(practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
    let signed = make(practice)?;
    emit(Event::Line(signed.clone()));
    emit(Event::Answer(serde_json::json!({ "anchor": signed })));
    Ok(())
}

/// Makes anchors again and again, as long as the practice is open.
pub fn keep_on(practice: &Arc<Practice>) -> Result<()> {
    // The thread must not keep the data open when the server ends.
    let practice = Arc::downgrade(practice);
    std::thread::Builder::new().name("anchor".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(PAUSE);
            let Some(practice) = practice.upgrade() else { break };
            if let Err(error) = make(&practice) {
                tracing::error!("no anchor of the audit log could be made: {error:#}");
            }
        }
    })?;
    Ok(())
}

/// Makes an anchor; it stands in the audit log, and in the file that is configured.
fn make(practice: &Practice) -> Result<String> {
    let sign = |anchor: &_| identity::audit_anchor::sign(&practice.record, anchor);
    let signed = practice.session().anchor_audit(&*practice.store, sign)?;
    if let Some(path) = &practice.anchor_file {
        append(path, &signed).with_context(|| path.display().to_string())?;
    }
    Ok(signed)
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}
