//! `chiron reindex`: all index rows anew, while searches stay right.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::Result;

/// Makes the rows anew, step by step; a stop in between is carried on at the next start.
pub fn run(practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
    let total: u64 = practice.store.statistics()?.resources.iter().map(|(_, count)| count).sum();
    practice.store.mark_index_stale()?;
    let (mut done, mut changed) = (0, 0);
    loop {
        let step = practice.store.reindex_some()?;
        done += step.looked_at;
        changed += step.changed;
        emit(Event::Progress { done: done.min(total), total, message: format!("{done} resources") });
        if step.done {
            break;
        }
    }
    emit(Event::Line(format!("looked at {done} resources; {changed} had other rows")));
    emit(Event::Answer(serde_json::json!({ "looked-at": done, "changed": changed })));
    Ok(())
}

/// Carries on what an earlier program or process left, in the background of a server.
pub fn carry_on(practice: std::sync::Arc<Practice>) -> Result<()> {
    if practice.store.is_index_current() {
        return Ok(());
    }
    std::thread::Builder::new().name("reindex".to_owned()).spawn(move || {
        loop {
            match practice.store.reindex_some() {
                Ok(step) if step.done => break,
                Ok(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
                Err(error) => {
                    tracing::error!(%error, "making the index anew stopped; it goes on at the next start");
                    break;
                }
            }
        }
    })?;
    Ok(())
}
