//! The collection of contents that nothing names, in the background of a server.

use crate::practice::Practice;
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

/// How long content may be there without a version that names it: longer than any request takes.
const GRACE: Duration = Duration::from_secs(24 * 3600);

/// How long it is from one collection to the next.
const PAUSE: Duration = Duration::from_secs(3600);

/// Collects again and again, as long as the practice is open.
pub fn keep_on(practice: &Arc<Practice>) -> Result<()> {
    // The thread that collects must not keep the data open when the server ends.
    let practice = Arc::downgrade(practice);
    std::thread::Builder::new().name("collect".to_owned()).spawn(move || {
        while let Some(practice) = practice.upgrade() {
            match practice.store.collect_blobs(GRACE) {
                Ok(collected) if collected.blobs > 0 => {
                    tracing::info!(blobs = collected.blobs, bytes = collected.bytes, "contents collected");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "contents that nothing names could not be collected"),
            }
            drop(practice);
            std::thread::sleep(PAUSE);
        }
    })?;
    Ok(())
}
