//! How the actor of a session stands to patients, as the record says it now.

use crate::error::Error;
use crate::links::local_key;
use crate::session::{Record, Session};
use access::{Actor, Directive, Labelled, Relations};
use fhir::period::Period;
use fhir::schema::schema;
use fhir::{Document, Node};
use search::Ports;
use std::cell::OnceCell;
use std::sync::Arc;
use store::ResourceKey;

/// Roles of a practitioner that are looked at.
const ROLES_MAX: &str = "200";

/// Asked when a decision depends on it, and once for each decision.
pub(crate) struct SessionRelations<'a> {
    session: &'a Session,
    represented: OnceCell<Vec<String>>,
    emergencies: OnceCell<Vec<String>>,
    withheld: OnceCell<Option<Vec<Directive>>>,
    labelled: OnceCell<Arc<Labelled>>,
    sites: OnceCell<Vec<String>>,
}

impl Session {
    pub(crate) fn relations(&self) -> SessionRelations<'_> {
        SessionRelations {
            session: self,
            represented: OnceCell::new(),
            emergencies: OnceCell::new(),
            withheld: OnceCell::new(),
            labelled: OnceCell::new(),
            sites: OnceCell::new(),
        }
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

    fn withheld(&self) -> Option<&[Directive]> {
        let (record, actor) = (&self.session.record, &self.session.actor);
        self.withheld.get_or_init(|| record.withheld_from(actor).ok()).as_deref()
    }

    fn labelled(&self) -> &Labelled {
        let record = &self.session.record;
        // What is not known is looked at.
        let unknown = |_| Arc::new(Labelled::UNKNOWN);
        let find = || record.labelled(record.policy().inherited_labels()).unwrap_or_else(unknown);
        self.labelled.get_or_init(find)
    }

    fn sites(&self) -> &[String] {
        let (record, actor) = (&self.session.record, &self.session.actor);
        self.sites.get_or_init(|| record.sites_of(actor).unwrap_or_default())
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

    /// What patients keep from an actor now.
    fn withheld_from(&self, actor: &Actor) -> Result<Vec<Directive>, Error> {
        let all = self.directives()?;
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let now_ms = self.now_ms();
        let offset_minutes = self.ports.offset_minutes(now_ms);
        let who = self.names_of(actor, &all)?;
        let holds = |one: &&Directive| one.holds(&who, now_ms, offset_minutes);
        Ok(all.iter().filter(holds).cloned().collect())
    }

    /// The sites of the roles that a practitioner has now.
    fn sites_of(&self, actor: &Actor) -> Result<Vec<String>, Error> {
        let roles = self.roles_of(actor)?;
        let mut sites = Vec::new();
        for role in roles {
            let locations = role.root().each_of("location").filter_map(|site| site.get_str("reference"));
            let keys = locations.filter_map(|reference| local_key(&reference, self.base_url()));
            sites.extend(keys.map(|key| key.to_string()));
        }
        Ok(sites)
    }

    /// The roles that a practitioner has now, or the one that an actor is.
    pub(crate) fn roles_of(&self, actor: &Actor) -> Result<Vec<Document>, Error> {
        let Some(person) = &actor.person else { return Ok(Vec::new()) };
        let role = schema().resource_named("PractitionerRole").expect("the release defines it");
        let (parameter, value) = match person.type_id().name() {
            "PractitionerRole" => ("_id", person.id().to_owned()),
            "Practitioner" => ("practitioner", person.to_string()),
            _ => return Ok(Vec::new()),
        };
        let hits = self.stored(role, &[(parameter, &value), ("_count", ROLES_MAX)])?;
        let roles = hits.matches.into_iter().filter_map(|found| self.resource(found).document());
        Ok(roles.filter(|role| self.is_in_force(role.root())).collect())
    }

    /// True of what is active, within its period.
    pub(crate) fn is_in_force(&self, root: Node<'_>) -> bool {
        let now_ms = self.now_ms();
        let is_active = root.get("active").and_then(Node::as_bool).unwrap_or(true);
        let offset_minutes = self.ports.offset_minutes(now_ms);
        let holds = |period| Period::read(period).contains_ms(now_ms, offset_minutes);
        is_active && root.get("period").is_none_or(holds)
    }

    fn patient_of_proxy(&self, related_person: &Document) -> Option<String> {
        let root = related_person.root();
        if !self.is_in_force(root) {
            return None;
        }
        let reference = root.get("patient")?.get_str("reference")?;
        let key = local_key(&reference, self.base_url()).filter(|key| key.type_id.name() == "Patient");
        key.map(|key| key.id.to_string())
    }
}
