//! Breaking the glass: access to a patient's record in an emergency, for a reason, for four hours
//! (45 CFR 170.315(d)(6), 164.312(a)(2)(ii)).

use crate::audit::{self, AuditOutcome, Touched};
use crate::error::Error;
use crate::session::{Record, Session};
use access::{Actor, Interaction};
use fhir::{Document, Node, Object, Value};
use search::parse::Handling;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Batch, PrivateChange, ResourceKey};

const SPACE: &str = "emergency";

/// How long broken glass lets through, in milliseconds.
pub const EMERGENCY_MS: i64 = 4 * 3_600_000;

/// How long what was read of emergencies is taken for what it was: another process may add to them.
const FRESH_MS: i64 = 30_000;

/// Shortest reason, in letters: more than a slip of the hand.
const REASON_LETTERS: usize = 10;

/// One time that glass was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Emergency {
    /// Its name, unique.
    pub id: String,
    /// The actor's id.
    pub actor_id: String,
    /// The actor's name.
    pub actor_name: String,
    /// The patient's id.
    pub patient: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// When it began, in milliseconds since 1970.
    pub begins_ms: i64,
    /// When it ends.
    pub ends_ms: i64,
    /// Who has looked at it since, and when; `None`: nobody yet.
    pub reviewed: Option<Review>,
}

impl Emergency {
    /// Whether it lets an actor through at a moment.
    fn lets(&self, actor_id: &str, now_ms: i64) -> bool {
        self.actor_id == actor_id && (self.begins_ms..self.ends_ms).contains(&now_ms)
    }
}

/// That somebody answers for privacy has looked at an emergency.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// Their name.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What they found.
    pub finding: String,
}

/// Emergencies as they were read lately.
#[derive(Default)]
pub(crate) struct EmergencyCache(Mutex<Option<(i64, Arc<Vec<Emergency>>)>>);

impl Record {
    /// Ids of the patients whose glass an actor broke, and for whom it still holds. What cannot be read gives no rights.
    pub(crate) fn emergencies_of(&self, actor_id: &str) -> Vec<String> {
        let now_ms = self.now_ms();
        let Ok(known) = self.known_emergencies(now_ms) else { return Vec::new() };
        known.iter().filter(|one| one.lets(actor_id, now_ms)).map(|one| one.patient.clone()).collect()
    }

    fn known_emergencies(&self, now_ms: i64) -> Result<Arc<Vec<Emergency>>, Error> {
        let mut cache = self.emergencies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read_ms, known)) = &*cache
            && now_ms < read_ms + FRESH_MS
        {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.read_emergencies()?);
        *cache = Some((now_ms, Arc::clone(&known)));
        Ok(known)
    }

    fn read_emergencies(&self) -> Result<Vec<Emergency>, Error> {
        let documents = self.store.list_private(SPACE)?;
        Ok(documents.into_iter().filter_map(|(id, content)| decode(id, &content)).collect())
    }

    fn forget_emergencies(&self) {
        *self.emergencies.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether an actor's roles may break glass.
    pub fn may_break_glass(&self, actor: &Actor) -> bool {
        self.policy().may_break_glass(actor)
    }
}

impl Session {
    /// Breaks the glass of a patient's record: for four hours the actor sees what their roles see in an emergency. The edge has
    /// made sure that it is really they who ask.
    ///
    /// # Errors
    /// The reason says nothing, there is no such patient, or the actor's roles have no emergencies.
    pub fn break_glass(&self, patient: &str, reason: &str) -> Result<Emergency, Error> {
        let reason = reason.trim();
        if reason.chars().filter(|letter| letter.is_alphanumeric()).count() < REASON_LETTERS {
            return Err(Error::request("reason", "say in a few words why this cannot wait"));
        }
        if !self.record.may_break_glass(&self.actor) {
            self.authorise_all(Interaction::Operate)?;
        }
        let key = ResourceKey::new(audit::patient(), patient);
        if self.record.store.read(&key)?.is_none_or(|version| version.is_deleted()) {
            return Err(Error::NotFound(key.to_string()));
        }
        let begins_ms = self.record.now_ms();
        let emergency = Emergency {
            id: self.record.new_id(),
            actor_id: self.actor.id.clone(),
            actor_name: self.actor.name.clone(),
            patient: patient.to_owned(),
            reason: reason.to_owned(),
            begins_ms,
            ends_ms: begins_ms + EMERGENCY_MS,
            reviewed: None,
        };
        self.keep_emergency(&emergency, "glass broken")?;
        Ok(emergency)
    }

    /// The one patient who is called this and was born on this day, also when the actor does not see them otherwise: for somebody at
    /// a bedside. Every attempt is audited.
    ///
    /// # Errors
    /// There is none, or there are several; the actor's roles have no emergencies; a name or the date is missing.
    pub fn identify_in_emergency(
        &self,
        family: &str,
        given: &str,
        birth_date: &str,
    ) -> Result<String, Error> {
        if !self.record.may_break_glass(&self.actor) {
            self.authorise_all(Interaction::Operate)?;
        }
        let date = fhir::date_time::Date::parse(birth_date)
            .map_err(|_| Error::request("birth_date", "write the whole date of birth, such as 1970-01-31"))?;
        if family.trim().is_empty() || given.trim().is_empty() {
            return Err(Error::request("family", "give both names"));
        }
        let escaped = |text: &str| text.trim().replace('\\', "\\\\").replace(',', "\\,");
        let pairs = [("family", escaped(family)), ("given", escaped(given)), ("birthdate", date.to_string())];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        let request = self.parse_search(Some(audit::patient()), None, &pairs, Handling::Strict)?;
        let hits = self.record.store.search(&request.query, &*self.record.ports)?;
        let mut touched = Touched::default();
        touched.patients.extend(hits.matches.iter().map(|found| found.key.id.to_string()));
        let (found, outcome) = match hits.matches.as_slice() {
            [one] => (Ok(one.key.id.to_string()), AuditOutcome::Done),
            [] => (Err(Error::NotFound("the patient".to_owned())), AuditOutcome::Failed),
            _ => {
                let several = "several are called this and were born on this day; ask by the record number";
                (Err(Error::request("family", several)), AuditOutcome::Failed)
            }
        };
        self.audit(Interaction::Search, &touched, "who a patient is, in an emergency", outcome)?;
        found
    }

    /// How many emergencies nobody has looked at yet; `None` for who does not see the audit log.
    pub fn emergencies_to_review(&self) -> Option<usize> {
        self.leave(Interaction::Search, audit::audit_event()).ok()?;
        let known = self.record.known_emergencies(self.record.now_ms());
        Some(known.map_or(0, |known| known.iter().filter(|one| one.reviewed.is_none()).count()))
    }

    /// All emergencies, newest first: for those who see the audit log.
    pub fn emergencies(&self) -> Result<Vec<Emergency>, Error> {
        self.authorise(Interaction::Search, audit::audit_event())?;
        let mut all = self.record.read_emergencies()?;
        all.sort_by_key(|one| std::cmp::Reverse(one.begins_ms));
        let mut touched = Touched::default();
        touched.patients.extend(all.iter().map(|one| one.patient.clone()));
        self.audit(Interaction::Read, &touched, "emergencies", AuditOutcome::Done)?;
        Ok(all)
    }

    /// Writes down what somebody who sees the audit log found of an emergency. Nobody reviews their own.
    ///
    /// # Errors
    /// It is the actor's own, or there is none of that id.
    pub fn review_emergency(&self, id: &str, finding: &str) -> Result<(), Error> {
        self.authorise(Interaction::Search, audit::audit_event())?;
        if finding.trim().is_empty() {
            return Err(Error::request("finding", "say what you found"));
        }
        let content = self.record.store.read_private(SPACE, id)?;
        let found = content.and_then(|content| decode(id.to_owned(), &content));
        let mut emergency = found.ok_or_else(|| Error::NotFound(format!("emergency {id}")))?;
        if emergency.actor_id == self.actor.id {
            return Err(Error::request("", "nobody reviews their own emergency; ask somebody else"));
        }
        emergency.reviewed = Some(Review {
            by: self.actor.name.clone(),
            at_ms: self.record.now_ms(),
            finding: finding.trim().to_owned(),
        });
        self.keep_emergency(&emergency, "emergency reviewed")
    }

    /// The emergency by which the actor sees a patient's record now.
    pub fn emergency_with(&self, patient: &str) -> Result<Option<Emergency>, Error> {
        let now_ms = self.record.now_ms();
        let known = self.record.known_emergencies(now_ms)?;
        let is_this = |one: &&Emergency| one.patient == patient && one.lets(&self.actor.id, now_ms);
        Ok(known.iter().find(is_this).cloned())
    }

    fn keep_emergency(&self, emergency: &Emergency, what: &str) -> Result<(), Error> {
        let mut touched = Touched::default();
        touched.patients.insert(emergency.patient.clone());
        let what = format!("{what} ({})", emergency.id);
        let row = self.row(Interaction::Operate, &touched, &what, AuditOutcome::Done);
        let (space, key) = (SPACE.to_owned(), emergency.id.clone());
        let private = vec![PrivateChange { space, key, content: Some(encode(emergency)) }];
        let time_ms = self.record.now_ms();
        self.record.store.commit(Batch { time_ms, private, audit: row, ..Batch::default() })?;
        self.record.forget_emergencies();
        Ok(())
    }
}

fn encode(emergency: &Emergency) -> Vec<u8> {
    let mut object = Object::new();
    object.set("actor", emergency.actor_id.as_str());
    object.set("name", emergency.actor_name.as_str());
    object.set("patient", emergency.patient.as_str());
    object.set("reason", emergency.reason.as_str());
    object.set("begins_ms", emergency.begins_ms);
    object.set("ends_ms", emergency.ends_ms);
    if let Some(review) = &emergency.reviewed {
        let review = fhir::object! {
            "by" => review.by.as_str(),
            "at_ms" => review.at_ms,
            "finding" => review.finding.as_str(),
        };
        object.set("reviewed", review);
    }
    Value::Object(object).to_json().into_bytes()
}

fn decode(id: String, content: &[u8]) -> Option<Emergency> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    let text = |node: Node<'_>, name: &str| node.get_str(name).map(std::borrow::Cow::into_owned);
    let number = |node: Node<'_>, name: &str| node.get(name)?.as_number()?.parse::<i64>().ok();
    let review = |node: Node<'_>| {
        Some(Review { by: text(node, "by")?, at_ms: number(node, "at_ms")?, finding: text(node, "finding")? })
    };
    Some(Emergency {
        id,
        actor_id: text(root, "actor")?,
        actor_name: text(root, "name")?,
        patient: text(root, "patient")?,
        reason: text(root, "reason")?,
        begins_ms: number(root, "begins_ms")?,
        ends_ms: number(root, "ends_ms")?,
        reviewed: root.get("reviewed").and_then(review),
    })
}
