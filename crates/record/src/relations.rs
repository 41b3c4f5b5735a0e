//! How the actor of a session stands to patients, as the record says it now.

use crate::links::local_key;
use crate::session::{Record, Session};
use access::{Actor, Relations};
use fhir::period::Period;
use fhir::{Document, Node};
use search::Ports;
use std::cell::OnceCell;
use store::ResourceKey;

/// Asked when a decision depends on it, and once for each decision.
pub(crate) struct SessionRelations<'a> {
    session: &'a Session,
    represented: OnceCell<Vec<String>>,
    emergencies: OnceCell<Vec<String>>,
}

impl Session {
    pub(crate) fn relations(&self) -> SessionRelations<'_> {
        SessionRelations { session: self, represented: OnceCell::new(), emergencies: OnceCell::new() }
    }
}

impl Relations for SessionRelations<'_> {
    fn represented(&self) -> &[String] {
        let (record, actor) = (&self.session.record, &self.session.actor);
        self.represented.get_or_init(|| record.represented(actor))
    }

    fn emergencies(&self) -> &[String] {
        let (record, actor) = (&self.session.record, &self.session.actor);
        self.emergencies.get_or_init(|| record.emergencies_of(&actor.id))
    }
}

impl Record {
    /// The patient who an actor is, or whose proxy: a RelatedPerson that is active, within its period. What cannot be read
    /// gives no rights.
    fn represented(&self, actor: &Actor) -> Vec<String> {
        let Some(person) = &actor.person else { return Vec::new() };
        match person.type_id().name() {
            "Patient" => vec![person.id().to_owned()],
            "RelatedPerson" => {
                let key = ResourceKey::new(person.type_id(), person.id());
                let version = self.store.read(&key).ok().flatten();
                let document = version.as_ref().and_then(|version| version.document().ok().flatten());
                document.and_then(|document| self.patient_of_proxy(document)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn patient_of_proxy(&self, related_person: &Document) -> Option<String> {
        let root = related_person.root();
        let now_ms = self.now_ms();
        let is_active = root.get("active").and_then(Node::as_bool).unwrap_or(true);
        let offset_minutes = self.ports.offset_minutes(now_ms);
        let holds = |period| Period::read(period).contains_ms(now_ms, offset_minutes);
        if !is_active || !root.get("period").is_none_or(holds) {
            return None;
        }
        let reference = root.get("patient")?.get_str("reference")?;
        let key = local_key(&reference, self.base_url()).filter(|key| key.type_id.name() == "Patient");
        key.map(|key| key.id.to_string())
    }
}
