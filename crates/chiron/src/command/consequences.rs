//! What follows from what is written, in the background of a server: results to be looked at, orders to be kept track of.

use crate::practice::Practice;
use anyhow::Result;
use record::Record;
use record::consequence::Follower;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for a commit before looking whether the practice is still open.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long to wait when the record cannot be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows the commits as long as the practice is open.
pub fn keep_on(practice: &Arc<Practice>) -> Result<()> {
    // The thread must not keep the data open when the server ends.
    let practice = Arc::downgrade(practice);
    std::thread::Builder::new().name("consequences".to_owned()).spawn(move || {
        let mut follower = None;
        while let Some(practice) = practice.upgrade() {
            if let Err(error) = step(&practice.record, &mut follower) {
                tracing::error!(%error, "what follows from what was written cannot be made now");
                drop(practice);
                std::thread::sleep(PAUSE);
            }
        }
    })?;
    Ok(())
}

/// The next commits, or some patience when there are none.
fn step(record: &Arc<Record>, follower: &mut Option<Follower>) -> Result<(), record::Error> {
    let follower = match follower {
        Some(follower) => follower,
        None => follower.insert(Follower::begin(record, clinic::consequences())?),
    };
    let step = follower.step(record)?;
    for (key, why) in step.refused {
        tracing::error!(%key, why, "what should follow from a resource was refused");
    }
    if !step.may_be_more {
        follower.wait(record, PATIENCE)?;
    }
    Ok(())
}
