//! Reports of the audit: who looked (AD05), accounting of disclosures (d11, HP3), looks out of the ordinary (HS5).

use super::practice::{Practice, key, update};
use access::{Actor, Person, Scope};
use record::audit::disclosure::Disclosure;
use record::audit::entry::Extent;
use record::audit::unusual::{Oddity, Usual};
use record::{Error, Origin, Session};
use std::sync::atomic::Ordering;
use store::Expect;

const HOUR_MS: i64 = 3_600_000;

fn put(practice: &Practice, name: &str, rest: &str) {
    let (type_name, id) = name.split_once('/').unwrap();
    let json = format!(r#"{{"resourceType":"{type_name}","id":"{id}",{rest}}}"#);
    update(&practice.administrator(), name, &json, Expect::Any).unwrap();
}

/// A session of somebody with a role, who is somebody in the record, by an app or on a page.
fn session(practice: &Practice, (id, name, role): (&str, &str, &str), person: &str, app: &str) -> Session {
    let has_app = !app.is_empty();
    let actor = Actor {
        id: id.to_owned(),
        name: name.to_owned(),
        roles: vec![role.to_owned()],
        person: Person::parse(person),
        client: has_app.then(|| app.to_owned()),
        scopes: has_app.then(|| vec![Scope::parse("user/*.rs").unwrap()]),
        ..Actor::default()
    };
    let way = if has_app { "rest" } else { "page" };
    practice.record.session(actor, Origin { address: "192.0.2.7".to_owned(), way })
}

fn practice() -> Practice {
    let practice = Practice::new();
    let name = |family: &str, given: &str| format!(r#""name":[{{"family":"{family}","given":["{given}"]}}]"#);
    put(&practice, "Patient/own", &format!(r#"{},"birthDate":"1970-01-01""#, name("Müller", "Ada")));
    put(&practice, "Patient/same", &format!(r#"{},"birthDate":"2010-01-01""#, name("MUELLER", "Tom")));
    put(&practice, "Patient/born-else", &format!(r#"{},"birthDate":"1999-01-01""#, name("Muller", "Ada")));
    let home = r#""address":[{"line":["1 Elm St."],"postalCode":"12345"}]"#;
    put(&practice, "Patient/house", &format!("{},{home}", name("Fox", "Bo")));
    let contact = r#""contact":[{"name":{"family":"Muller","given":["Ada"]}}]"#;
    put(&practice, "Patient/contact", &format!("{},{contact}", name("Hare", "Cy")));
    let known =
        r#""meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VIP"}]}"#;
    put(
        &practice,
        "Patient/known",
        &format!(
            r#"{known},{},"generalPractitioner":[{{"reference":"Practitioner/ada"}}]"#,
            name("Star", "Di")
        ),
    );
    put(&practice, "Patient/other", &name("Wolf", "Ed"));
    let staff = format!(r#"{},"birthDate":"1970-01-01",{home}"#, name("Muller", "Ada"));
    put(&practice, "Practitioner/ada", &staff);
    practice
}

/// By UTC: 2023-11-14 was a Tuesday.
fn wall(ms: i64) -> (i64, u8, u8) {
    let day = ms.div_euclid(24 * HOUR_MS);
    let weekday = u8::try_from((day + 3).rem_euclid(7)).unwrap();
    (day, weekday, u8::try_from(ms.rem_euclid(24 * HOUR_MS) / HOUR_MS).unwrap())
}

fn usual(patients_per_day: usize) -> Usual {
    Usual { hours: 7..19, patients_per_day, wall }
}

#[test]
fn hs5_a_seeded_snooping_case_is_found_and_nothing_else() {
    let practice = practice();
    // A Tuesday at 10.
    practice.time_ms.store(1_699_956_000_000, Ordering::Relaxed);
    let ada = session(&practice, ("ada", "Dr Ada Muller", "clinician"), "Practitioner/ada", "");
    for id in ["own", "same", "born-else", "house", "contact", "known", "other"] {
        ada.read(&key(&format!("Patient/{id}"))).unwrap();
    }
    ada.find(key("Patient/x").type_id, &[("name", "muller")]).unwrap();
    // A program that works by itself, and the patient, are no staff.
    session(&practice, ("robot", "Robot", "app"), "", "robot").read(&key("Patient/known")).unwrap_err();
    session(&practice, ("robot", "Robot", "app"), "", "robot").read(&key("Patient/other")).unwrap();
    session(&practice, ("own", "Ada Muller", "patient"), "Patient/own", "")
        .read(&key("Patient/own"))
        .unwrap();
    let auditor = session(&practice, ("eve", "Eve", "auditor"), "", "");
    let found = |patients_per_day| {
        let (findings, extent) = auditor.unusual_looks(&(0..i64::MAX), &usual(patients_per_day)).unwrap();
        assert_eq!(extent, Extent::Whole);
        findings
            .into_iter()
            .map(|one| {
                assert_eq!((one.who.as_str(), one.name.as_str()), ("ada", "Dr Ada Muller"));
                (one.oddity, one.patient, one.patients, one.looks)
            })
            .collect::<Vec<_>>()
    };
    let one = |oddity, patient: &str| (oddity, patient.to_owned(), 1, 1);
    let by_patient = vec![
        one(Oddity::OwnRecord, "own"),
        one(Oddity::Household, "contact"),
        one(Oddity::Household, "house"),
        one(Oddity::SameSurname, "born-else"),
        one(Oddity::KnownPerson, "known"),
    ];
    assert_eq!(found(7), by_patient, "MUELLER is spelled otherwise: names are compared as searches do");
    // The same at night, and more patients than are usual.
    practice.time_ms.store(1_700_006_400_000, Ordering::Relaxed);
    ada.read(&key("Patient/other")).unwrap();
    let mut more = by_patient.clone();
    more.extend([one(Oddity::AfterHours, "other"), (Oddity::ManyPatients, String::new(), 7, 7)]);
    assert_eq!(found(6), more);
    // The report is for those who see the audit log, and itself written down.
    assert!(matches!(ada.unusual_looks(&(0..i64::MAX), &usual(7)), Err(Error::Denied(_))));
    let events = practice.administrator().find(key("AuditEvent/x").type_id, &[("altid", "eve")]).unwrap();
    assert!(events.matches[0].body().contains("looks out of the ordinary"), "{}", events.matches[0].body());
}

#[test]
fn ad05_patients_see_who_opened_their_chart_and_nobody_elses() {
    let practice = practice();
    let ada = session(&practice, ("ada", "Dr Ada Muller", "clinician"), "Practitioner/ada", "");
    ada.read(&key("Patient/own")).unwrap();
    ada.read(&key("Patient/other")).unwrap();
    session(&practice, ("ada", "Dr Ada Muller", "clinician"), "Practitioner/ada", "growth")
        .read(&key("Patient/own"))
        .unwrap();
    let patient = session(&practice, ("own", "Ada Muller", "patient"), "Patient/own", "");
    patient.read(&key("Patient/own")).unwrap();
    let all = 0..i64::MAX;
    let (looks, extent) = patient.looks("own", &all, 100).unwrap();
    let said: Vec<_> =
        looks.iter().map(|look| (look.name.as_str(), look.app.as_str(), look.done.as_str())).collect();
    assert_eq!(
        said,
        [("Dr Ada Muller", "growth", "R"), ("Dr Ada Muller", "", "R"), ("Local administrator", "", "C")],
        "not what they did themselves"
    );
    assert_eq!(extent, Extent::Whole);
    assert!(matches!(patient.looks("own", &all, 1).unwrap().1, Extent::Since(_)));
    for (refused, whose) in [
        (&patient, "other"),
        (&session(&practice, ("own", "Ada Muller", "patient"), "Patient/own", "their-app"), "own"),
        (&ada, "own"),
    ] {
        assert!(matches!(refused.looks(whose, &all, 100), Err(Error::Denied(_))), "{whose}");
        assert!(matches!(refused.disclosures(whose, 100), Err(Error::Denied(_))), "{whose}");
    }
    // The trail names the person and the app.
    let events = practice.administrator().find(key("AuditEvent/x").type_id, &[("altid", "growth")]).unwrap();
    let body = events.matches[0].body();
    assert!(events.matches.len() == 1 && body.contains(r#""reference":"Practitioner/ada""#), "{body}");
    assert!(body.contains(r#""code":"110150""#), "{body}");
}

#[test]
fn d11_an_accounting_has_what_left_by_programs_and_by_hand() {
    let practice = practice();
    practice.time_ms.store(1_699_956_000_000, Ordering::Relaxed);
    let ada = session(&practice, ("ada", "Dr Ada Muller", "clinician"), "Practitioner/ada", "");
    ada.read(&key("Patient/own")).unwrap();
    session(&practice, ("ada", "Dr Ada Muller", "clinician"), "Practitioner/ada", "registry")
        .read(&key("Patient/own"))
        .unwrap();
    session(&practice, ("own", "Ada Muller", "patient"), "Patient/own", "their-app")
        .read(&key("Patient/own"))
        .unwrap();
    let fax =
        Disclosure::parse(" Elm Street Hospital ", "lab results, by fax", "TREAT", "2023-11-13").unwrap();
    ada.disclose("own", &fax).unwrap();
    let auditor = session(&practice, ("eve", "Eve", "auditor"), "", "");
    let (given, extent) = auditor.disclosures("own", 100).unwrap();
    assert_eq!(extent, Extent::Whole);
    assert_eq!(given.len(), 2, "{given:?}");
    let by_hand = given[0].disclosed.as_ref().unwrap();
    assert_eq!((by_hand, given[0].name.as_str()), (&fax, "Dr Ada Muller"));
    assert_eq!(by_hand.recipient, "Elm Street Hospital");
    assert_eq!(given[1].app, "registry");
    assert!(auditor.disclosures("other", 100).unwrap().0.is_empty());

    // As an AuditEvent: with purpose and recipient; nobody writes or changes it by the API.
    let administrator = practice.administrator();
    let events =
        administrator.find(key("AuditEvent/x").type_id, &[("agent-name", "Elm Street Hospital")]).unwrap();
    let body = events.matches[0].body();
    for said in ["\"TREAT\"", "lab results, by fax", "\"disclose\"", "Patient/own", "2023-11-13"] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let event = events.matches[0].key().to_string();
    assert!(update(&administrator, &event, body, Expect::Any).is_err());

    // What is written down must be whole, of a patient whom the actor sees, and of the past.
    for (recipient, what, purpose, day, field) in [
        ("", "x", "TREAT", "2023-11-13", "recipient"),
        ("x", " ", "TREAT", "2023-11-13", "what"),
        ("x", "x", "FUN", "2023-11-13", "purpose"),
        ("x", "x", "TREAT", "2023-11", "day"),
    ] {
        let refused = Disclosure::parse(recipient, what, purpose, day);
        assert!(matches!(&refused, Err(Error::Request { .. })), "{field}: {refused:?}");
    }
    let later = Disclosure::parse("x", "x", "TREAT", "2024-01-01").unwrap();
    assert!(matches!(ada.disclose("own", &later), Err(Error::Request { .. })));
    assert!(matches!(ada.disclose("nobody", &fax), Err(Error::NotFound(_))));
    for role in ["patient", "app", "biller", "guest"] {
        let who = session(&practice, ("x", "X", role), "Patient/own", "");
        assert!(matches!(who.disclose("own", &fax), Err(Error::Denied(_))), "{role}");
    }
}
