//! Tests of the decisions.

#[path = "main/conditions.rs"]
mod conditions;
#[path = "main/scopes.rs"]
mod scopes;
#[path = "main/tables.rs"]
mod tables;

use access::relations::NoRelations;
use access::{Actor, Asker, Interaction, Policy, Relations};
use fhir::schema::{TypeId, schema};

pub(crate) const ALL: [Interaction; 7] = [
    Interaction::Create,
    Interaction::Read,
    Interaction::Update,
    Interaction::Delete,
    Interaction::Search,
    Interaction::Operate,
    Interaction::Export,
];

pub(crate) struct Nowhere;

impl search::Ports for Nowhere {
    fn base_url(&self) -> &str {
        "http://localhost/fhir"
    }
}

/// Patients who somebody is, whose glass they broke, what is kept from them, and where they work.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) represented: Vec<String>,
    pub(crate) emergencies: Vec<String>,
    pub(crate) withheld: Vec<access::Directive>,
    pub(crate) sites: Vec<String>,
}

impl Relations for Known {
    fn represented(&self) -> &[String] {
        &self.represented
    }

    fn emergencies(&self) -> &[String] {
        &self.emergencies
    }

    fn withheld(&self) -> Option<&[access::Directive]> {
        Some(&self.withheld)
    }

    fn labelled(&self) -> &access::Labelled {
        &access::Labelled::UNKNOWN
    }

    fn sites(&self) -> &[String] {
        &self.sites
    }
}

pub(crate) fn asker<'a>(actor: &'a Actor, relations: &'a dyn Relations) -> Asker<'a> {
    Asker { actor, relations, ports: &Nowhere, now_ms: 0 }
}

pub(crate) fn alone(actor: &Actor) -> Asker<'_> {
    asker(actor, &NoRelations)
}

pub(crate) fn type_id(name: &str) -> TypeId {
    schema().resource_named(name).unwrap()
}

pub(crate) fn actor(role: &str, person: Option<&str>) -> Actor {
    Actor {
        id: role.to_owned(),
        roles: vec![role.to_owned()],
        person: person.map(|reference| access::Person::parse(reference).unwrap()),
        ..Actor::default()
    }
}

#[test]
fn a_guest_reads_and_searches_every_type_but_the_audit_log_and_does_nothing_else() {
    let policy = Policy::default();
    let (guest, administrator) = (Actor::guest(), Actor::local_administrator());
    for type_id in schema().resources() {
        for interaction in ALL {
            let allowed = policy.decide(&alone(&guest), interaction, type_id).is_ok();
            let is_looking = matches!(interaction, Interaction::Read | Interaction::Search);
            assert_eq!(allowed, is_looking && type_id.name() != "AuditEvent");
            let granted = policy.decide(&alone(&administrator), interaction, type_id);
            assert!(granted.is_ok_and(|grant| grant.is_whole()));
        }
    }
    assert!(policy.decide_all(&alone(&administrator), Interaction::Operate).is_ok());
    assert!(policy.decide_all(&alone(&guest), Interaction::Operate).is_err());
    assert!(policy.decide_all(&alone(&guest), Interaction::Read).is_err(), "not the audit log");
}

#[test]
fn a_person_is_of_a_type_that_acts() {
    assert_eq!(access::Person::parse("Practitioner/a-1").unwrap().to_string(), "Practitioner/a-1");
    for bad in ["Organization/1", "Patient", "Patient/", "Patient/a/b", "Patient/ä"] {
        assert_eq!(access::Person::parse(bad), None, "{bad}");
    }
}
