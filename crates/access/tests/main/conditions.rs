//! When a permission holds, and who sees what bears a label.

use crate::{Known, Nowhere, actor, asker, type_id};
use access::policy::BUILT_IN;
use access::{Actor, Interaction, Policy, Relations, Tables};
use fhir::Document;
use fhir::schema::TypeId;
use search::matcher::{References, matches};
use search::query::Clause;
use std::sync::Arc;

const CODES: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

/// A record: documents by name.
struct Record(Vec<(&'static str, Arc<Document>)>);

impl Record {
    fn new(resources: &[(&'static str, &str)]) -> Self {
        let read = |(name, json): &(&'static str, &str)| (*name, Arc::new(Document::parse(*json).unwrap()));
        Self(resources.iter().map(read).collect())
    }
}

impl References for Record {
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>> {
        let name = format!("{}/{id}", type_id.name());
        self.0.iter().find(|(known, _)| *known == name).map(|(_, document)| Arc::clone(document))
    }

    fn referred_to_by(
        &self,
        source: TypeId,
        code: &'static str,
        to: (TypeId, &str),
        clause: &Clause,
    ) -> bool {
        let of_type = |name: &str| name.split('/').next() == Some(source.name());
        self.0.iter().filter(|(name, _)| of_type(name)).any(|(_, document)| {
            search::matcher::refers_to(document, code, to, &Nowhere)
                && matches(clause, document, self, &Nowhere)
        })
    }
}

fn sees(policy: &Policy, who: &Actor, relations: &dyn Relations, record: &Record, json: &str) -> bool {
    let document = Document::parse(json).unwrap();
    let type_id = type_id(&document.resource_type().unwrap());
    let grant = policy.decide(&asker(who, relations), Interaction::Read, type_id);
    let holds = |clause: &_| matches(clause, &document, record, &Nowhere);
    grant.is_ok_and(|grant| grant.narrowing().iter().all(|clause| holds(clause)))
}

fn condition(patient: &str, label: &str) -> String {
    let label = match label {
        "" => String::new(),
        code => format!(r#""meta":{{"security":[{{"system":"{CODES}","code":"{code}"}}]}},"#),
    };
    format!(r#"{{"resourceType":"Condition",{label}"subject":{{"reference":"Patient/{patient}"}}}}"#)
}

#[test]
fn patients_and_their_proxies_see_their_own_records_only() {
    let (policy, record) = (Policy::default(), Record::new(&[]));
    let known = Known { represented: vec!["p".to_owned()], ..Known::default() };
    for role in ["patient", "proxy"] {
        let who = actor(role, Some("Patient/p"));
        assert!(sees(&policy, &who, &known, &record, &condition("p", "")));
        assert!(!sees(&policy, &who, &known, &record, &condition("q", "")));
        assert!(!sees(&policy, &who, &Known::default(), &record, &condition("p", "")));
        assert!(sees(&policy, &who, &known, &record, r#"{"resourceType":"Organization"}"#));
    }
}

#[test]
fn what_bears_a_label_is_seen_by_some_roles_and_in_an_emergency() {
    let (policy, record, nothing) = (Policy::default(), Record::new(&[]), Known::default());
    let emergency = Known { emergencies: vec!["p".to_owned()], ..Known::default() };
    let rows = [
        ("clinician", "ETH", true),
        ("nurse", "ETH", false),
        ("nurse", "HIV", true),
        ("guest", "HIV", false),
        ("app", "SUD", false),
        ("clinician", "PSYTHPN", false),
        ("administrator", "PSYTHPN", true),
        ("nurse", "", true),
    ];
    for (role, label, is_seen) in rows {
        let who = actor(role, None);
        assert_eq!(sees(&policy, &who, &nothing, &record, &condition("p", label)), is_seen, "{role} {label}");
    }
    let nurse = actor("nurse", None);
    assert!(sees(&policy, &nurse, &emergency, &record, &condition("p", "ETH")));
    assert!(!sees(&policy, &nurse, &emergency, &record, &condition("q", "ETH")));
    assert!(!sees(&policy, &nurse, &emergency, &record, &condition("p", "PSYTHPN")), "not even then");
    let both = Actor { roles: vec!["nurse".to_owned(), "clinician".to_owned()], ..nurse };
    assert!(sees(&policy, &both, &nothing, &record, &condition("p", "ETH")), "roles add up");
}

#[test]
fn proxies_of_adolescents_do_not_see_what_is_the_adolescents_own() {
    let (policy, record) = (Policy::default(), Record::new(&[]));
    let known = Known { represented: vec!["p".to_owned()], ..Known::default() };
    for (role, is_seen) in [("patient", true), ("proxy", false)] {
        let who = actor(role, None);
        for label in ["ADOL", "SEX", "STD"] {
            assert_eq!(sees(&policy, &who, &known, &record, &condition("p", label)), is_seen);
        }
    }
}

#[test]
fn psychotherapy_notes_are_their_authors() {
    let (policy, record, nothing) = (Policy::default(), Record::new(&[]), Known::default());
    let note = format!(
        r#"{{"resourceType":"Composition","meta":{{"security":[{{"system":"{CODES}","code":"PSYTHPN"}}]}},
            "subject":{{"reference":"Patient/p"}},"author":[{{"reference":"Practitioner/a"}}]}}"#
    );
    assert!(sees(&policy, &actor("clinician", Some("Practitioner/a")), &nothing, &record, &note));
    assert!(!sees(&policy, &actor("clinician", Some("Practitioner/b")), &nothing, &record, &note));
    assert!(!sees(&policy, &actor("patient", Some("Patient/p")), &nothing, &record, &note));
}

#[test]
fn the_chart_of_a_celebrity_is_open_to_who_cares_for_them() {
    let vip = format!(
        r#"{{"resourceType":"Patient","id":"v","meta":{{"security":[{{"system":"{CODES}","code":"VIP"}}]}}}}"#
    );
    let team = r#"{"resourceType":"CareTeam","id":"t","subject":{"reference":"Patient/v"},
        "participant":[{"member":{"reference":"Practitioner/a"}}]}"#;
    let record = Record::new(&[("Patient/v", &vip), ("CareTeam/t", team)]);
    let (policy, nothing) = (Policy::default(), Known::default());
    let emergency = Known { emergencies: vec!["v".to_owned()], ..Known::default() };
    let (cares, other) =
        (actor("clinician", Some("Practitioner/a")), actor("clinician", Some("Practitioner/b")));
    for json in [condition("v", ""), vip.clone()] {
        assert!(sees(&policy, &cares, &nothing, &record, &json));
        assert!(!sees(&policy, &other, &nothing, &record, &json));
        assert!(sees(&policy, &other, &emergency, &record, &json));
    }
    assert!(sees(&policy, &other, &nothing, &record, r#"{"resourceType":"Organization"}"#));
}

#[test]
fn a_practice_can_let_clinicians_see_their_own_patients_only() {
    let roles = "doctor\trs\t@chart,@identity\tpatient?general-practitioner={person} or emergency\n\
                 doctor\trs\tObservation\t?category=laboratory";
    let policy = Policy::read(&Tables { roles, ..BUILT_IN }).unwrap();
    let mine =
        r#"{"resourceType":"Patient","id":"p","generalPractitioner":[{"reference":"Practitioner/a"}]}"#;
    let record = Record::new(&[("Patient/p", mine), ("Patient/q", r#"{"resourceType":"Patient","id":"q"}"#)]);
    let (who, nothing) = (actor("doctor", Some("Practitioner/a")), Known::default());
    assert!(sees(&policy, &who, &nothing, &record, &condition("p", "")));
    assert!(!sees(&policy, &who, &nothing, &record, &condition("q", "")));
    let laboratory = r#"{"resourceType":"Observation","subject":{"reference":"Patient/q"},
        "category":[{"coding":[{"code":"laboratory"}]}]}"#;
    assert!(sees(&policy, &who, &nothing, &record, laboratory), "permissions add up");
    assert!(
        !sees(&policy, &actor("doctor", None), &nothing, &record, &condition("p", "")),
        "nobody is nobody's doctor"
    );
    assert!(policy.may_break_glass(&who) && !policy.may_break_glass(&actor("biller", None)));
}

#[test]
fn hp5_a_biller_sees_codes_and_no_words() {
    let policy = Policy::default();
    let biller = actor("biller", None);
    let relations = Known::default();
    let decide = |interaction, name| policy.decide(&asker(&biller, &relations), interaction, type_id(name));
    for notes in ["Composition", "DocumentReference", "Communication", "Binary", "ClinicalImpression"] {
        assert!(decide(Interaction::Read, notes).is_err(), "{notes}");
    }
    let grant = decide(Interaction::Search, "Condition").unwrap();
    assert!(grant.hidden().iter().any(|name| name == "text"));
    assert!(grant.hidden().iter().any(|name| name == "note"));
    assert!(decide(Interaction::Update, "Condition").is_err());
    assert!(decide(Interaction::Update, "Claim").is_ok_and(|grant| grant.hidden().is_empty()));
    let mut both = biller.clone();
    both.roles.push("clinician".to_owned());
    let grant = policy.decide(&asker(&both, &relations), Interaction::Read, type_id("Condition")).unwrap();
    assert!(grant.hidden().is_empty(), "what one role shows, another does not hide");
}

#[test]
fn hp10_what_was_made_in_a_visit_bears_its_label() {
    let policy = Policy::default();
    let visit = format!(
        r#"{{"resourceType":"Encounter","meta":{{"security":[{{"system":"{CODES}","code":"SUD"}}]}},"subject":{{"reference":"Patient/p"}}}}"#
    );
    let record = Record::new(&[("Encounter/s", &visit), ("Encounter/o", r#"{"resourceType":"Encounter"}"#)]);
    let made_in = |of: &str, visit: &str| {
        format!(
            r#"{{"resourceType":"{of}","subject":{{"reference":"Patient/p"}},"encounter":{{"reference":"Encounter/{visit}"}}}}"#
        )
    };
    let (nurse, clinician, known) = (actor("nurse", None), actor("clinician", None), Known::default());
    for of in
        ["Observation", "Condition", "MedicationRequest", "ServiceRequest", "Procedure", "DiagnosticReport"]
    {
        assert!(!sees(&policy, &nurse, &known, &record, &made_in(of, "s")), "{of}");
        assert!(sees(&policy, &nurse, &known, &record, &made_in(of, "o")), "{of}");
        assert!(sees(&policy, &clinician, &known, &record, &made_in(of, "s")), "{of}");
    }
    let note = r#"{"resourceType":"DocumentReference","subject":{"reference":"Patient/p"},"context":{"encounter":[{"reference":"Encounter/s"}]}}"#;
    assert!(!sees(&policy, &nurse, &known, &record, note));
    assert!(!sees(&policy, &nurse, &known, &record, &visit));
    let emergency = Known { emergencies: vec!["p".to_owned()], ..Known::default() };
    assert!(sees(&policy, &nurse, &emergency, &record, note));
}
