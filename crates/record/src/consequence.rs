//! What must follow from what is written, by whatever way it came: that a result is looked at, that an order is kept track
//! of. It is made behind the commits, in their order, in commits of its own, so that no writer waits for it.
//!
//! Nothing is left out: a follower that stops goes on where it was, a little earlier rather than later, and what follows is
//! such that doing it twice does nothing.

use crate::error::Error;
use crate::resource::Resource;
use crate::session::{Record, Session};
use crate::write::{Target, WriteAction, WriteRequest};
use crate::{Origin, private_documents::DocumentChange};
use access::Actor;
use fhir::Document;
use fhir::schema::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Expect, ResourceKey, StoreError};

/// Where it is kept how far the feed was followed.
const PLACE: (&str, &str) = ("consequence-place", "feed");
/// Changes that are looked at in one step.
const STEP_CHANGES: usize = 512;
/// Commits after which the place is kept: so many are looked at again when the server stops without warning.
const KEEP_EVERY: u64 = 512;
/// How often one is made anew when somebody was quicker.
const ATTEMPTS: usize = 16;
/// What one look at the record finds at most.
const FOUND_MAX: &str = "100";

/// A rule of what follows. It reads, and says what is to be written; nothing when that was done already.
pub trait Consequence: Send + Sync {
    /// A short name, such as `results-are-reviewed`. With another name, or another rule, all that is written already is
    /// looked at again.
    fn name(&self) -> &'static str;

    /// Changes of which types it is about.
    fn types(&self) -> Vec<TypeId>;

    /// What follows from a resource as it is now. It is given each time that the resource changed, and perhaps again.
    ///
    /// # Errors
    /// When the record cannot be read: it is asked again.
    fn of(&self, changed: &Resource, look: &Look<'_>) -> Result<Vec<Put>, Error>;
}

/// A resource that is to be as it is here.
pub struct Put {
    /// Which.
    pub key: ResourceKey,
    /// In which state it was read.
    pub expect: Expect,
    /// What is in it.
    pub document: Document,
}

/// What a rule is told of the record. It is the server's own look, which nobody sees: what is written by it is audited, by the
/// name of the program.
pub struct Look<'a>(&'a Record);

impl Look<'_> {
    /// A resource as it is now; `None` when there is none.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn read(&self, key: &ResourceKey) -> Result<Option<Resource>, Error> {
        let found = self.0.store.read(key)?.filter(|found| !found.is_deleted());
        Ok(found.map(|found| self.0.resource(found)))
    }

    /// The newest resources that a search finds, a hundred at most.
    ///
    /// # Errors
    /// When the record cannot be searched.
    pub fn find(&self, type_id: TypeId, asked: &[(&str, &str)]) -> Result<Vec<Resource>, Error> {
        let asked: Vec<_> = asked.iter().copied().chain([("_count", FOUND_MAX)]).collect();
        let hits = self.0.stored(type_id, &asked)?;
        Ok(hits.matches.into_iter().map(|found| self.0.resource(found)).collect())
    }

    /// The key of a reference to a resource of this server; `None` for any other.
    pub fn local_key(&self, reference: &str) -> Option<ResourceKey> {
        crate::links::local_key(reference, self.0.base_url())
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }
}

/// What became of a step.
#[derive(Debug, Default)]
pub struct FollowedStep {
    /// Whether there may be more to look at.
    pub may_be_more: bool,
    /// What was refused, and why: a fault of a rule, for the owner of the server to know.
    pub refused: Vec<(ResourceKey, String)>,
}

/// Follows the commits for rules.
pub struct Follower {
    rules: Vec<(Box<dyn Consequence>, Vec<TypeId>)>,
    /// The newest commit that was looked at.
    cursor: u64,
    /// The place as it was kept last, and its commit.
    kept: (Option<Vec<u8>>, u64),
}

impl Follower {
    /// Begins where it was left; at the first commit when it is new, or for other rules.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn begin(record: &Record, rules: Vec<Box<dyn Consequence>>) -> Result<Self, Error> {
        let rules: Vec<_> = rules.into_iter().map(|rule| (rule.types(), rule)).collect();
        let rules = rules.into_iter().map(|(types, rule)| (rule, types)).collect();
        let kept = record.private_document(PLACE.0, PLACE.1)?;
        let mut follower = Self { rules, cursor: 0, kept: (kept, 0) };
        follower.cursor = follower.kept_cursor();
        follower.kept.1 = follower.cursor;
        Ok(follower)
    }

    /// Waits until there is something to look at, or patience ends.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn wait(&self, record: &Record, patience: Duration) -> Result<(), Error> {
        record.store.wait_for_commit(self.cursor, patience)?;
        Ok(())
    }

    /// Looks at the next commits.
    ///
    /// # Errors
    /// When the record cannot be read or written: the same commits are looked at again.
    pub fn step(&mut self, record: &Arc<Record>) -> Result<FollowedStep, Error> {
        let commits = record.store.changes(self.cursor, STEP_CHANGES)?;
        let Some(cursor) = commits.last().map(|commit| commit.sequence) else {
            return Ok(FollowedStep::default());
        };
        let keys: BTreeSet<ResourceKey> =
            commits.into_iter().flat_map(|commit| commit.changes).map(|(key, _)| key).collect();
        let mut step = FollowedStep { may_be_more: true, refused: Vec::new() };
        let session = record.session(program(), Origin { address: String::new(), way: "consequence" });
        for key in keys {
            for (rule, types) in &self.rules {
                if types.contains(&key.type_id)
                    && let Some(why) = follow(&session, &**rule, &key)?
                {
                    step.refused.push((key.clone(), why));
                }
            }
        }
        self.cursor = cursor;
        if cursor - self.kept.1 >= KEEP_EVERY {
            self.keep(&session)?;
        }
        Ok(step)
    }

    fn names(&self) -> String {
        self.rules.iter().map(|(rule, _)| rule.name()).collect::<Vec<_>>().join(",")
    }

    fn kept_cursor(&self) -> u64 {
        let kept = self.kept.0.as_deref().and_then(|kept| std::str::from_utf8(kept).ok());
        let place = kept.and_then(|kept| kept.split_once(' ')).filter(|(_, names)| *names == self.names());
        place.and_then(|(cursor, _)| cursor.parse().ok()).unwrap_or_default()
    }

    /// Keeps the place. Another server on the same database may have kept one, which is as good.
    fn keep(&mut self, session: &Session) -> Result<(), Error> {
        let place = format!("{} {}", self.cursor, self.names()).into_bytes();
        let change = DocumentChange {
            space: PLACE.0,
            key: PLACE.1.to_owned(),
            before: self.kept.0.clone(),
            after: Some(place.clone()),
        };
        let kept = match session.change_documents(vec![change], "consequences followed")? {
            true => Some(place),
            false => session.record().private_document(PLACE.0, PLACE.1)?,
        };
        self.kept = (kept, self.cursor);
        Ok(())
    }
}

/// The program itself, as the audit log names it.
fn program() -> Actor {
    Actor {
        id: "chiron".to_owned(),
        name: "Chiron".to_owned(),
        roles: vec!["administrator".to_owned()],
        ..Actor::default()
    }
}

/// Writes what follows from a resource by a rule; gives why it was refused, when it was. A fault that stays, such as damage, is
/// told and passed by: what comes after it must not wait for ever.
fn follow(session: &Session, rule: &dyn Consequence, key: &ResourceKey) -> Result<Option<String>, Error> {
    for _ in 0..ATTEMPTS {
        let Err(error) = write(session, rule, key) else { return Ok(None) };
        match error.innermost() {
            Error::VersionConflict { .. } => {}
            Error::Store(fault) if is_of_the_world(fault) => return Err(error),
            _ => return Ok(Some(format!("{}: {error}", rule.name()))),
        }
    }
    Err(StoreError::Busy.into())
}

fn write(session: &Session, rule: &dyn Consequence, key: &ResourceKey) -> Result<(), Error> {
    let record = session.record();
    let Some(found) = record.store.read(key)? else { return Ok(()) };
    let puts = rule.of(&record.resource(found), &Look(record))?;
    let requests: Vec<WriteRequest<'_>> = puts.iter().map(request).collect();
    if requests.is_empty() { Ok(()) } else { session.write_all(&requests).map(|_| ()) }
}

/// Faults that may be over soon.
fn is_of_the_world(fault: &StoreError) -> bool {
    matches!(
        fault,
        StoreError::Busy | StoreError::DiskFull | StoreError::Unavailable { .. } | StoreError::World { .. }
    )
}

fn request(put: &Put) -> WriteRequest<'_> {
    let target = Target::Key(put.key.clone());
    let action = WriteAction::Update { target, resource: put.document.root(), expect: put.expect };
    WriteRequest { action, full_url: None }
}
