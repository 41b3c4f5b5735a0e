//! What patients keep from others (HP4, HP10): Consents that deny, by every way to read, at once and until they end.

use super::practice::{Practice, key, update};
use access::{Actor, Person, Scope};
use record::policy_tables::PolicyTables;
use record::{Error, HistoryPage, HistoryScope, Origin, Session};
use store::Expect;

fn put(practice: &Practice, name: &str, rest: &str) {
    let (type_name, id) = name.split_once('/').unwrap();
    let json = format!(r#"{{"resourceType":"{type_name}","id":"{id}"{rest}}}"#);
    update(&practice.administrator(), name, &json, Expect::Any).unwrap();
}

fn practice() -> Practice {
    let practice = Practice::new();
    for patient in ["p", "q"] {
        put(&practice, &format!("Patient/{patient}"), r#","gender":"female""#);
        let of = format!(r#""subject":{{"reference":"Patient/{patient}"}}"#);
        put(
            &practice,
            &format!("Observation/o-{patient}"),
            &format!(r#","status":"final","code":{{"text":"x"}},{of}"#),
        );
        put(&practice, &format!("Condition/c-{patient}"), &format!(",{of}"));
    }
    let label = r#","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"STD"}]}"#;
    put(&practice, "Condition/std", &format!(r#"{label},"subject":{{"reference":"Patient/p"}}"#));
    for name in ["Practitioner/x", "Practitioner/y"] {
        put(&practice, name, "");
    }
    put(
        &practice,
        "PractitionerRole/r",
        r#","practitioner":{"reference":"Practitioner/x"},"location":[{"reference":"Location/north"}]"#,
    );
    practice
}

/// A directive of Patient/p.
fn consent(practice: &Practice, status: &str, provision: &str) {
    let rest = format!(
        r#","status":"{status}","scope":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}}]}},
        "category":[{{"text":"x"}}],"policyRule":{{"text":"x"}},"patient":{{"reference":"Patient/p"}},"provision":{provision}"#
    );
    put(practice, "Consent/c", &rest);
}

fn deny(rest: &str) -> String {
    format!(
        r#"{{"type":"permit","provision":[{{"type":"deny","actor":[{{"role":{{"text":"x"}},"reference":{{"reference":"Practitioner/x"}}}}]{rest}}}]}}"#
    )
}

fn session(practice: &Practice, role: &str, person: &str) -> Session {
    let is_program = person.is_empty();
    let actor = Actor {
        id: format!("{role}-{person}"),
        roles: vec![role.to_owned()],
        person: Person::parse(person),
        client: is_program.then(|| "program".to_owned()),
        scopes: is_program.then(|| vec![Scope::parse("system/*.cruds").unwrap()]),
        ..Actor::default()
    };
    practice.record.session(actor, Origin { address: "192.0.2.7".to_owned(), way: "rest" })
}

/// The names that a search finds, includes too.
fn found(session: &Session, type_name: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    let type_id = key(&format!("{type_name}/x")).type_id;
    let found = session.find(type_id, parameters).unwrap();
    let mut names: Vec<_> =
        found.matches.iter().chain(&found.included).map(|one| one.key().to_string()).collect();
    names.sort();
    names
}

#[test]
fn hp4_who_is_denied_finds_the_patient_by_no_way_and_others_do() {
    let practice = practice();
    consent(&practice, "active", &deny(""));
    for person in ["Practitioner/x", "PractitionerRole/r"] {
        let denied = session(&practice, "clinician", person);
        for name in ["Patient/p", "Observation/o-p", "Condition/c-p", "Condition/std", "Consent/c"] {
            assert!(matches!(denied.read(&key(name)), Err(Error::NotFound(_))), "{person} {name}");
            assert!(matches!(denied.read_version(&key(name), 1), Err(Error::NotFound(_))), "{person} {name}");
        }
        denied.read(&key("Patient/q")).unwrap();
        assert_eq!(found(&denied, "Patient", &[]), ["Patient/q"]);
        assert_eq!(found(&denied, "Patient", &[("_id", "p")]), [""; 0]);
        assert_eq!(
            found(&denied, "Observation", &[("subject:Patient.gender", "female")]),
            ["Observation/o-q"]
        );
        assert_eq!(found(&denied, "Patient", &[("_has:Observation:subject:status", "final")]), ["Patient/q"]);
        assert_eq!(
            found(&denied, "Patient", &[("gender", "female"), ("_revinclude", "Condition:subject")]),
            ["Condition/c-q", "Patient/q"]
        );
        assert_eq!(
            found(&denied, "Condition", &[("_include", "Condition:subject")]),
            ["Condition/c-q", "Patient/q"]
        );
        let counted =
            denied.find(key("Condition/x").type_id, &[("_summary", "count"), ("_total", "accurate")]);
        assert_eq!(counted.unwrap().total, Some(1));
        for scope in [HistoryScope::System, HistoryScope::Type(key("Condition/x").type_id)] {
            let versions =
                denied.history(&scope, &HistoryPage { count: 100, ..HistoryPage::default() }, "").unwrap();
            let of_p = versions.iter().find(|one| ["p", "o-p", "c-p", "std"].contains(&&*one.key().id));
            assert!(!versions.is_empty() && of_p.is_none(), "{of_p:?}");
        }
        let json = r#"{"resourceType":"Condition","id":"c-p","subject":{"reference":"Patient/p"}}"#;
        assert!(update(&denied, "Condition/c-p", json, Expect::Any).is_err(), "nor is it written to");
    }
    let other = session(&practice, "clinician", "Practitioner/y");
    for name in ["Patient/p", "Condition/std"] {
        other.read(&key(name)).unwrap();
        practice.administrator().read(&key(name)).unwrap();
    }
    session(&practice, "patient", "Patient/p").read(&key("Patient/p")).unwrap();
    session(&practice, "app", "").read(&key("Patient/p")).unwrap();
}

#[test]
fn hp4_a_directive_holds_for_its_part_until_it_ends_and_not_in_an_emergency() {
    let practice = practice();
    let denied = session(&practice, "clinician", "Practitioner/x");
    let sees = |name: &str| denied.read(&key(name)).is_ok();
    assert!(sees("Condition/c-p"));
    consent(
        &practice,
        "active",
        &deny(r#","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Condition"}]"#),
    );
    assert!(!sees("Condition/c-p") && !sees("Condition/std") && sees("Observation/o-p") && sees("Patient/p"));
    let label =
        r#","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"STD"}]"#;
    consent(&practice, "active", &deny(label));
    assert!(sees("Condition/c-p") && !sees("Condition/std"));
    let one = r#","data":[{"meaning":"instance","reference":{"reference":"Condition/c-p"}}]"#;
    consent(&practice, "active", &deny(one));
    assert!(!sees("Condition/c-p") && sees("Condition/std"));
    consent(&practice, "active", &deny(r#","period":{"start":"2020-01-01","end":"2020-12-31"}"#));
    assert!(sees("Condition/c-p"), "it is over");
    consent(&practice, "active", &deny(""));
    assert!(!sees("Patient/p"));
    denied.break_glass("p", "unconscious after a fall").unwrap();
    assert!(sees("Patient/p") && sees("Condition/std"), "an emergency shows it, for a reason that is told");
    let other = session(&practice, "clinician", "PractitionerRole/r");
    assert!(other.read(&key("Patient/p")).is_err());
    consent(&practice, "inactive", &deny(""));
    assert!(other.read(&key("Patient/p")).is_ok(), "at once");
}

/// A directive that names somebody else.
fn deny_to(name: &str) -> String {
    deny("").replace("Practitioner/x", name)
}

#[test]
fn hp4_a_directive_names_organizations_care_teams_and_groups() {
    let practice = practice();
    put(&practice, "Organization/whole", r#","name":"W""#);
    put(&practice, "Organization/part", r#","name":"P","partOf":{"reference":"Organization/whole"}"#);
    put(
        &practice,
        "PractitionerRole/r",
        r#","practitioner":{"reference":"Practitioner/x"},"organization":{"reference":"Organization/part"}"#,
    );
    let team = |status: &str| {
        let rest = format!(
            r#","status":"{status}","participant":[{{"member":{{"reference":"PractitionerRole/r"}}}}]"#
        );
        put(&practice, "CareTeam/t", &rest);
    };
    team("active");
    put(
        &practice,
        "Group/g",
        r#","type":"practitioner","actual":true,"member":[{"entity":{"reference":"Practitioner/x"}}]"#,
    );
    let sees = |person: &str| session(&practice, "clinician", person).read(&key("Patient/p")).is_ok();
    for name in ["Organization/part", "Organization/whole", "CareTeam/t", "Group/g", "PractitionerRole/r"] {
        consent(&practice, "active", &deny_to(name));
        for person in ["Practitioner/x", "PractitionerRole/r"] {
            assert!(!sees(person), "{person} is of {name}");
        }
        assert!(sees("Practitioner/y"), "{name} does not have them");
    }
    consent(&practice, "active", &deny_to("CareTeam/t"));
    team("inactive");
    assert!(sees("Practitioner/x"), "the team is no more");
    consent(&practice, "active", &deny_to("Organization/whole"));
    put(
        &practice,
        "PractitionerRole/r",
        r#","active":false,"practitioner":{"reference":"Practitioner/x"},"organization":{"reference":"Organization/part"}"#,
    );
    assert!(sees("Practitioner/x"), "who left it is not of it");
    consent(&practice, "active", &deny(""));
    assert!(
        !sees("PractitionerRole/r") && !sees("Practitioner/x"),
        "a role that is over is still its practitioner"
    );
}

#[test]
fn hp4_a_visit_that_was_paid_in_full_is_kept_from_health_plans() {
    let practice = practice();
    let pays = r#","name":"H","type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/organization-type","code":"pay"}]}]"#;
    put(&practice, "Organization/plan", pays);
    put(&practice, "Organization/branch", r#","name":"B","partOf":{"reference":"Organization/plan"}"#);
    put(&practice, "Organization/lab", r#","name":"L""#);
    let visit = r#","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"}"#;
    let diagnosis = r#","diagnosis":[{"condition":{"reference":"Condition/c-p"}}]"#;
    put(&practice, "Encounter/paid", &format!("{visit}{diagnosis}"));
    put(&practice, "Encounter/other", visit);
    for (name, visit) in [("Observation/paid", "paid"), ("Observation/other", "other")] {
        let rest = format!(
            r#","status":"final","code":{{"text":"x"}},"subject":{{"reference":"Patient/p"}},"encounter":{{"reference":"Encounter/{visit}"}}"#
        );
        put(&practice, name, &rest);
    }
    let keep = |meaning: &str| {
        let provision = format!(
            r#"{{"type":"permit","provision":[{{"type":"deny","purpose":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HPAYMT"}}],
            "data":[{{"meaning":"{meaning}","reference":{{"reference":"Encounter/paid"}}}}]}}]}}"#
        );
        consent(&practice, "active", &provision);
    };
    keep("dependents");
    let program = |organization: Option<&str>| {
        let actor = session(&practice, "app", "").actor().clone();
        let actor = Actor { organization: organization.map(str::to_owned), ..actor };
        practice.record.session(actor, Origin { address: "192.0.2.7".to_owned(), way: "rest" })
    };
    for plan in ["Organization/plan", "Organization/branch"] {
        let plan = program(Some(plan));
        for name in ["Encounter/paid", "Observation/paid"] {
            assert!(matches!(plan.read(&key(name)), Err(Error::NotFound(_))), "{name}");
        }
        assert_eq!(found(&plan, "Encounter", &[]), ["Encounter/other"]);
        assert_eq!(
            found(&plan, "Patient", &[("_id", "p"), ("_revinclude", "Observation:subject")]),
            ["Observation/o-p", "Observation/other", "Patient/p"]
        );
        plan.read(&key("Patient/p")).unwrap();
    }
    for other in [None, Some("Organization/lab")] {
        program(other).read(&key("Observation/paid")).unwrap();
    }
    session(&practice, "biller", "Practitioner/x").read(&key("Encounter/paid")).unwrap();
    keep("related");
    let plan = program(Some("Organization/plan"));
    assert!(plan.read(&key("Condition/c-p")).is_err() && plan.read(&key("Observation/paid")).is_ok());
    keep("instance");
    assert!(plan.read(&key("Condition/c-p")).is_ok() && plan.read(&key("Encounter/paid")).is_err());
}

#[test]
fn hp10_an_opt_out_keeps_the_record_from_programs_and_not_from_those_who_treat() {
    let practice = practice();
    let (program, clinician) =
        (session(&practice, "app", ""), session(&practice, "clinician", "Practitioner/x"));
    consent(&practice, "active", r#"{"type":"deny"}"#);
    assert_eq!(found(&program, "Patient", &[]), ["Patient/q"]);
    assert!(matches!(program.read(&key("Observation/o-p")), Err(Error::NotFound(_))));
    assert!(clinician.read(&key("Observation/o-p")).is_ok());
    // All but what the patient lets out.
    let but = r#"{"type":"deny","provision":[{"type":"permit","class":[{"code":"Observation"}]}]}"#;
    consent(&practice, "active", but);
    assert!(program.read(&key("Observation/o-p")).is_ok() && program.read(&key("Condition/c-p")).is_err());
}

#[test]
fn ad02_a_role_sees_what_is_of_its_sites() {
    let practice = practice();
    for (id, site) in [("n", "north"), ("s", "south")] {
        put(&practice, &format!("Location/{site}"), "");
        let rest = format!(
            r#","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/p"}},"location":[{{"location":{{"reference":"Location/{site}"}}}}]"#
        );
        put(&practice, &format!("Encounter/{id}"), &rest);
    }
    let mut tables = PolicyTables::built_in();
    tables.roles.push_str("site-desk\trs\tEncounter\t?location={site}\n");
    practice.administrator().change_policy(Some(&tables)).unwrap();
    for person in ["Practitioner/x", "PractitionerRole/r"] {
        assert_eq!(found(&session(&practice, "site-desk", person), "Encounter", &[]), ["Encounter/n"]);
    }
    for nowhere in ["Practitioner/y", "Patient/p"] {
        let desk = session(&practice, "site-desk", nowhere);
        assert!(matches!(desk.find(key("Encounter/x").type_id, &[]), Err(Error::Denied(_))), "{nowhere}");
    }
    put(
        &practice,
        "PractitionerRole/r",
        r#","active":false,"practitioner":{"reference":"Practitioner/x"},"location":[{"reference":"Location/north"}]"#,
    );
    let left = session(&practice, "site-desk", "Practitioner/x");
    assert!(left.read(&key("Encounter/n")).is_err(), "who works there no more sees nothing of it");
}

#[test]
fn hp10_labels_of_visits_and_patients_count_as_soon_as_they_come_and_go() {
    let practice = practice();
    let label = |code: &str| {
        format!(
            r#","meta":{{"security":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{code}"}}]}}"#
        )
    };
    let visit = |id: &str, label: &str| {
        let rest = r#","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/q"}"#;
        put(&practice, &format!("Encounter/{id}"), &format!("{label}{rest}"));
    };
    visit("v", "");
    let made = r#","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/q"},"encounter":{"reference":"Encounter/v"}"#;
    put(&practice, "Observation/made", made);
    let nurse = session(&practice, "nurse", "Practitioner/x");
    let sees = || {
        let is_read = nurse.read(&key("Observation/made")).is_ok();
        let is_found = !found(&nurse, "Observation", &[("_id", "made")]).is_empty();
        assert_eq!(is_read, is_found);
        is_read
    };
    assert!(sees());
    visit("v", &label("SUD"));
    assert!(!sees(), "a label that came later");
    visit("v", "");
    assert!(sees(), "and went");
    // Also when more of them bear labels than are named one by one.
    for number in 0..70 {
        visit(&format!("other-{number}"), &label("SUD"));
    }
    assert!(sees());
    visit("v", &label("SUD"));
    assert!(!sees());
    visit("v", &label("MH"));
    assert!(sees(), "nurses see that");
    put(&practice, "Patient/q", &label("VIP"));
    assert!(!sees(), "the patient's counts for all");
    let treats = r#","generalPractitioner":[{"reference":"Practitioner/x"}]"#;
    put(&practice, "Patient/q", &format!("{}{treats}", label("VIP")));
    assert!(sees(), "who treats a known person sees them");
}
