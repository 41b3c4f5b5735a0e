//! The one that follows the feed and writes down what subscribers are to be told.
//!
//! Events get their numbers here, once, in commit order, together with the place in the feed: after a crash it goes on
//! where it was, and of several processes on one database one is first and the others look again.

use super::event::{Event, Happening, read_events, write_events};
use super::kept::{
    COUNT_SPACE, CURSOR, DELIVERY_SPACE, events_key, events_space, read_number, write_numbers,
};
use super::standing::{Standing, Standings};
use super::terms::subscription_type;
use crate::error::Error;
use crate::feed::{Change, Commit};
use crate::session::{Record, Session};
use access::Grant;
use fhir::schema::TypeId;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use store::{StoreError, Version};
use tokio::sync::watch;

/// Changes that are looked at in one step.
const STEP_CHANGES: usize = 1_024;
/// Commits with nothing to tell after which the place in the feed is written down nevertheless.
const PLACE_EVERY: u64 = 10_000;
/// Events of a subscription that are kept at least: what `$events` can give.
const EVENTS_KEPT: usize = 1_000;

/// The place in the feed, and the subscriptions as they stand there.
pub struct Notifier {
    cursor: u64,
    /// The place as it is kept.
    kept: Option<Vec<u8>>,
    /// The documents of events of each subscription: the first number, and how many.
    documents: HashMap<String, VecDeque<(u64, usize)>>,
    standings: watch::Sender<Standings>,
}

/// What a step found.
#[derive(Default)]
struct Findings {
    events: BTreeMap<String, Vec<Event>>,
    /// Subscriptions that are served no more.
    ended: Vec<String>,
    /// What each subscriber may read, by type.
    grants: HashMap<(String, TypeId), Option<Grant>>,
    /// Sessions with the rights of each.
    sessions: HashMap<String, Session>,
}

/// A change with the content before and after it.
struct Looked {
    before: Option<Version>,
    after: Option<Version>,
}

impl Notifier {
    /// Begins where it was, or at the end of the feed when there are no subscriptions. `standings` is told how they stand,
    /// now and after each step that changes it.
    pub fn begin(record: &Record, standings: watch::Sender<Standings>) -> Result<Self, Error> {
        let mut notifier = Self { cursor: 0, kept: None, documents: HashMap::new(), standings };
        notifier.load(record)?;
        Ok(notifier)
    }

    fn load(&mut self, record: &Record) -> Result<(), Error> {
        self.kept = record.store.read_private(CURSOR.0, CURSOR.1)?;
        // Of the store, not of the feed, which may be behind another process; the place is beyond it after a restore.
        let newest = record.store.wait_for_commit(u64::MAX, Duration::ZERO)?;
        let standings = record.standings()?;
        self.documents.clear();
        for id in standings.keys() {
            self.documents.insert(id.clone(), documents_of(record, id)?);
        }
        let first = standings.values().map(|standing| standing.since).min();
        self.cursor = match (&self.kept, first) {
            (_, None) => newest,
            (Some(kept), _) => read_number(Some(kept), "cursor").min(newest),
            (None, Some(first)) => first.min(newest),
        };
        self.standings.send_replace(Arc::new(standings));
        Ok(())
    }

    /// Looks at the next commits, and writes down what there is to tell. True when there may be more.
    pub fn step(&mut self, record: &Arc<Record>) -> Result<bool, Error> {
        if record.feed()?.newest() <= self.cursor {
            // Whatever another process did is a commit.
            return Ok(false);
        }
        if record.store.read_private(CURSOR.0, CURSOR.1)? != self.kept {
            // Another process was first.
            self.load(record)?;
        }
        let commits = record.feed()?.after(self.cursor, STEP_CHANGES)?;
        let Some(cursor) = commits.last().map(|commit| commit.sequence) else { return Ok(false) };
        let mut standings = BTreeMap::clone(&self.standings.borrow());
        let mut findings = Findings::default();
        for commit in &commits {
            for change in &commit.changes {
                if change.key.type_id == subscription_type() {
                    reload(record, &change.key.id, &mut standings, &mut findings)?;
                }
                findings.look(record, commit, change, &standings)?;
            }
        }
        let is_changed = !findings.events.is_empty() || !findings.ended.is_empty();
        let placed = read_number(self.kept.as_deref(), "cursor");
        let is_due = !standings.is_empty() && cursor >= placed + PLACE_EVERY;
        if (is_changed || is_due) && !self.keep(record, cursor, &findings, &mut standings)? {
            self.load(record)?;
            return Ok(true);
        }
        self.cursor = cursor;
        if is_changed || commits.iter().any(|commit| touches_subscriptions(commit)) {
            self.standings.send_replace(Arc::new(standings));
        }
        Ok(true)
    }

    /// Writes down what was found, and brings the standings up to it. False when another process was first.
    fn keep(
        &mut self,
        record: &Record,
        cursor: u64,
        findings: &Findings,
        standings: &mut BTreeMap<String, Arc<Standing>>,
    ) -> Result<bool, Error> {
        let place = write_numbers(&[("cursor", cursor)]);
        let mut documents = vec![(CURSOR.0.to_owned(), CURSOR.1.to_owned(), Some(place.clone()))];
        let mut counted = Vec::new();
        for (id, events) in &findings.events {
            let Some(standing) = standings.get(id) else { continue };
            let total = standing.events + events.len() as u64;
            let count = write_numbers(&[("since", standing.since), ("events", total)]);
            documents.push((COUNT_SPACE.to_owned(), id.clone(), Some(count.clone())));
            if let Some(first) = events.first() {
                let key = events_key(first.number);
                documents.push((events_space(id), key, Some(write_events(events))));
                let kept = self.documents.entry(id.clone()).or_default();
                kept.push_back((first.number, events.len()));
                documents.extend(surplus(kept).map(|first| (events_space(id), events_key(first), None)));
            }
            counted.push(standing.with_count(total, count));
        }
        for id in &findings.ended {
            let kept = self.documents.remove(id).unwrap_or_default();
            documents.extend(kept.iter().map(|(first, _)| (events_space(id), events_key(*first), None)));
            documents.extend([COUNT_SPACE, DELIVERY_SPACE].map(|space| (space.to_owned(), id.clone(), None)));
        }
        let what = format!("events of {} subscriptions are written down", findings.events.len());
        let expected = (CURSOR.0.to_owned(), CURSOR.1.to_owned(), self.kept.clone());
        match record.store.commit(record.private_batch(&what, expected, documents)) {
            Err(StoreError::ConditionConflict { .. }) => return Ok(false),
            done => done?,
        };
        self.kept = Some(place);
        standings.extend(counted.into_iter().map(|one| (one.key.id.to_string(), Arc::new(one))));
        Ok(true)
    }
}

impl Findings {
    /// Looks whom a change is to be told.
    fn look(
        &mut self,
        record: &Arc<Record>,
        commit: &Commit,
        change: &Change,
        standings: &BTreeMap<String, Arc<Standing>>,
    ) -> Result<(), Error> {
        let mut looked = None;
        for (id, standing) in standings {
            let triggers = standing.terms.triggers.iter().filter(|one| one.type_id == change.key.type_id);
            let mut triggers = triggers.peekable();
            if commit.sequence <= standing.since || triggers.peek().is_none() {
                continue;
            }
            let looked = match &looked {
                Some(looked) => looked,
                None => looked.insert(Looked::at(record, change)?),
            };
            let before = looked.before.as_ref().map(Version::document).transpose()?.flatten();
            let after = looked.after.as_ref().map(Version::document).transpose()?.flatten();
            let Some(happening) = happening(before.is_some(), after.is_some()) else { continue };
            let is_set_off = triggers
                .any(|one| one.is_set_off(before.map(|one| &**one), after.map(|one| &**one), &*record.ports));
            if !is_set_off || !self.may_see(record, id, standing, change)? {
                continue;
            }
            let events = self.events.entry(id.clone()).or_default();
            events.push(Event {
                number: standing.events + events.len() as u64 + 1,
                time_ms: commit.time_ms,
                happening,
                key: change.key.clone(),
                version: change.version,
            });
        }
        Ok(())
    }

    fn may_see(
        &mut self,
        record: &Arc<Record>,
        id: &str,
        standing: &Standing,
        change: &Change,
    ) -> Result<bool, Error> {
        let session = self.sessions.entry(id.to_owned()).or_insert_with(|| standing.session(record));
        let type_id = change.key.type_id;
        let grant =
            self.grants.entry((id.to_owned(), type_id)).or_insert_with(|| session.leave_to_read(type_id));
        match grant {
            Some(grant) => session.is_seen(grant, &change.key, change.version),
            None => Ok(false),
        }
    }
}

impl Looked {
    fn at(record: &Record, change: &Change) -> Result<Self, Error> {
        let read = |version: u32| match version {
            0 => Ok(None),
            version => record.store.read_version(&change.key, version),
        };
        Ok(Self { before: read(change.version - 1)?, after: read(change.version)? })
    }
}

fn happening(was_there: bool, is_there: bool) -> Option<Happening> {
    match (was_there, is_there) {
        (false, true) => Some(Happening::Created),
        (true, true) => Some(Happening::Updated),
        (true, false) => Some(Happening::Deleted),
        (false, false) => None,
    }
}

/// A Subscription was written: how it stands now.
fn reload(
    record: &Record,
    id: &str,
    standings: &mut BTreeMap<String, Arc<Standing>>,
    findings: &mut Findings,
) -> Result<(), Error> {
    findings.grants.retain(|(known, _), _| known != id);
    findings.sessions.remove(id);
    match record.standing(id)? {
        Some(standing) => {
            if standing.count.is_none() {
                // From which commit on its events count is written down at once.
                findings.events.entry(id.to_owned()).or_default();
            }
            findings.ended.retain(|known| known != id);
            standings.insert(id.to_owned(), Arc::new(standing));
        }
        None => {
            findings.events.remove(id);
            if standings.remove(id).is_some() {
                findings.ended.push(id.to_owned());
            }
        }
    }
    Ok(())
}

fn touches_subscriptions(commit: &Commit) -> bool {
    commit.changes.iter().any(|change| change.key.type_id == subscription_type())
}

fn documents_of(record: &Record, id: &str) -> Result<VecDeque<(u64, usize)>, Error> {
    let kept = record.store.list_private(&events_space(id))?;
    let document = |(_, content)| {
        let events = read_events(content);
        events.first().map(|first| (first.number, events.len()))
    };
    Ok(kept.into_iter().filter_map(document).collect())
}

/// Takes off the oldest documents that are not needed for the events to be kept.
fn surplus(kept: &mut VecDeque<(u64, usize)>) -> impl Iterator<Item = u64> {
    let mut events: usize = kept.iter().map(|(_, count)| count).sum();
    let mut gone = Vec::new();
    while let Some((first, count)) = kept.front().copied()
        && events - count >= EVENTS_KEPT
    {
        kept.pop_front();
        events -= count;
        gone.push(first);
    }
    gone.into_iter()
}
