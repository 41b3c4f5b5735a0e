//! The thread of subscriptions: it lets the notifier follow the feed, and serves each subscription by a task of its own.

use super::delivery::Delivery;
use crate::service::Service;
use record::feed::Feed;
use record::subscription::{Notifier, Standings};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long to wait before the record is asked again when it cannot be.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread. It ends with the feed, or with the service.
pub(crate) fn start(service: &Arc<Service>) {
    let weak = Arc::downgrade(service);
    let run = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work(weak)),
        Err(error) => tracing::error!(%error, "no runtime for subscriptions: nobody is notified"),
    };
    if let Err(error) = std::thread::Builder::new().name("subscriptions".to_owned()).spawn(run) {
        tracing::error!(%error, "no thread for subscriptions: nobody is notified");
    }
}

async fn work(service: Weak<Service>) {
    let Some(mut feed) = feed(&service).await else { return };
    let Some(standings) = service.upgrade().map(|service| service.subscriptions.standings.clone()) else {
        return;
    };
    tokio::spawn(serve(service.clone(), standings.subscribe()));
    let mut notifier = None;
    loop {
        feed.borrow_and_update();
        let Some(service) = service.upgrade() else { return };
        let (known, standings) = (notifier.take(), standings.clone());
        let stepped = tokio::task::spawn_blocking(move || step(&service, known, standings)).await;
        let (kept, may_be_more) = stepped.unwrap_or((None, None));
        notifier = kept;
        match may_be_more {
            Some(true) => {}
            Some(false) => {
                if feed.changed().await.is_err() {
                    return;
                }
            }
            // It begins anew, from what is written down.
            None => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// What announces commits, once the record can be asked.
async fn feed(service: &Weak<Service>) -> Option<watch::Receiver<u64>> {
    loop {
        let record = Arc::clone(&service.upgrade()?.record);
        let asked = tokio::task::spawn_blocking(move || record.feed().map(Feed::watch)).await;
        match asked {
            Ok(Ok(feed)) => return Some(feed),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// One step of the notifier; whether there may be more, or `None` when it failed.
fn step(
    service: &Arc<Service>,
    known: Option<Notifier>,
    standings: watch::Sender<Standings>,
) -> (Option<Notifier>, Option<bool>) {
    let begun = known.map_or_else(|| Notifier::begin(&service.record, standings), Ok);
    match begun.and_then(|mut notifier| {
        let may_be_more = notifier.step(&service.record)?;
        Ok((notifier, may_be_more))
    }) {
        Ok((notifier, may_be_more)) => (Some(notifier), Some(may_be_more)),
        Err(_) => {
            tracing::error!("subscriptions cannot be looked after now; they are tried again");
            (None, None)
        }
    }
}

/// A task for each subscription, for as long as it is there.
async fn serve(service: Weak<Service>, mut standings: watch::Receiver<Standings>) {
    let Some(holder) = service.upgrade().map(|service| Arc::<str>::from(&*service.settings.process)) else {
        return;
    };
    let mut tasks: HashMap<String, JoinHandle<()>> = HashMap::new();
    loop {
        let now = standings.borrow_and_update().clone();
        tasks.retain(|id, task| {
            let is_there = now.contains_key(id) && !task.is_finished();
            if !is_there {
                task.abort();
            }
            is_there
        });
        for id in now.keys().filter(|id| !tasks.contains_key(*id)).cloned().collect::<Vec<_>>() {
            let delivery = Delivery {
                service: service.clone(),
                id: id.clone(),
                holder: Arc::clone(&holder),
                standings: standings.clone(),
            };
            tasks.insert(id, tokio::spawn(delivery.run()));
        }
        if standings.changed().await.is_err() {
            return;
        }
    }
}
