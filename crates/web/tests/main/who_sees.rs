//! Every page, for everybody, of each patient (d1, AD02): what is answered stands in `page_matrix.tsv`. A new page without a line
//! there fails, and so does one that shows what a plain reading of the policy's tables says may not be seen.
//!
//! Three patients have the same things on file: `own`, `other` and `closed` (a celebrity). Each thing says in a word what it is and
//! whose.

use crate::practice::{Answer, Practice};
use access::Actor;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::Document;
use fhir::schema::schema;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Expect, Origin};
use std::collections::BTreeMap;
use std::fmt::Write;

const EXPECTED: &str = include_str!("page_matrix.tsv");
const PATIENTS: [&str; 3] = ["own", "other", "closed"];
/// What is on file of each patient: the words for it.
const KINDS: [&str; 8] = ["name", "value", "letter", "problem", "addiction", "medication", "allergy", "task"];
/// A page that goes on for ever, and those by which a session begins or ends: who is signed in has nothing to ask of them.
const LEFT_OUT: [&str; 4] = ["/live", "/sign-in", "/sign-out", "/join"];

/// Everybody who signs in: the role, and who they are in the record.
const ASKERS: [(&str, Option<&str>); 9] = [
    ("administrator", None),
    ("clinician", Some("Practitioner/d")),
    ("nurse", Some("Practitioner/n")),
    ("front-desk", None),
    ("biller", None),
    ("manager", None),
    ("auditor", None),
    ("patient", Some("Patient/own")),
    ("proxy", Some("RelatedPerson/r")),
];

/// What somebody may see, by a plain reading of the tables.
fn may_see(asker: &str, patient: &str, kind: &str) -> bool {
    let patients: &[&str] = match asker {
        "administrator" => &PATIENTS,
        "patient" | "proxy" => &["own"],
        _ => &["own", "other"],
    };
    let kinds: &[&str] = match asker {
        "administrator" | "clinician" | "patient" | "proxy" => &KINDS,
        "nurse" => &["name", "value", "letter", "problem", "medication", "allergy", "task"],
        "biller" => &["name", "value", "problem"],
        "front-desk" => &["name", "task"],
        _ => &["name"],
    };
    patients.contains(&patient) && kinds.contains(&kind)
}

fn practice() -> Practice {
    let practice = Practice::new();
    let put = |json: &str| {
        let document = Document::parse(json).unwrap();
        let type_id = schema().resource_named(&document.resource_type().unwrap()).unwrap();
        let key = record::bundle::key(type_id, &document.root().get_str("id").unwrap()).unwrap();
        let session = practice.record.session(Actor::local_administrator(), Origin::default());
        let action =
            WriteAction::Update { target: Target::Key(key), resource: document.root(), expect: Expect::Any };
        session.write(WriteRequest { action, full_url: None }).unwrap();
    };
    for id in ["d", "n"] {
        put(&format!(r#"{{"resourceType":"Practitioner","id":"{id}"}}"#));
    }
    for patient in PATIENTS {
        of_patient(patient).iter().for_each(|json| put(json));
    }
    put(r#"{"resourceType":"RelatedPerson","id":"r","active":true,"patient":{"reference":"Patient/own"}}"#);
    practice
}

/// What is on file of a patient.
fn of_patient(patient: &str) -> Vec<String> {
    let label = |code: &str| {
        format!(
            r#""meta":{{"security":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{code}"}}]}},"#
        )
    };
    let vip = if patient == "closed" { label("VIP") } else { String::new() };
    let of = format!(r#"{{"reference":"Patient/{patient}"}}"#);
    let letter = STANDARD.encode(format!("Letter-{patient}"));
    let problem = r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}"#;
    let laboratory = r#"[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]"#;
    vec![
        format!(
            r#"{{"resourceType":"Patient","id":"{patient}",{vip}"gender":"female","name":[{{"family":"Name-{patient}"}}],"birthDate":"1970-01-02"}}"#
        ),
        format!(
            r#"{{"resourceType":"Encounter","id":"e-{patient}","status":"finished","class":{{"code":"AMB"}},"subject":{of}}}"#
        ),
        format!(
            r#"{{"resourceType":"Observation","id":"o-{patient}","status":"final","category":{laboratory},"code":{{"coding":[{{"system":"http://a","code":"a"}}],"text":"a"}},"subject":{of},"effectiveDateTime":"2020-01-01","valueString":"Value-{patient}"}}"#
        ),
        format!(
            r#"{{"resourceType":"DocumentReference","id":"d-{patient}","status":"current","subject":{of},"date":"2020-01-01T08:00:00Z","content":[{{"attachment":{{"contentType":"text/plain","data":"{letter}"}}}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"Condition","id":"c-{patient}",{problem},"subject":{of},"code":{{"text":"Problem-{patient}"}}}}"#
        ),
        format!(
            r#"{{"resourceType":"Condition","id":"x-{patient}",{}{problem},"subject":{of},"code":{{"text":"Addiction-{patient}"}}}}"#,
            label("ETH")
        ),
        format!(
            r#"{{"resourceType":"MedicationRequest","id":"m-{patient}","status":"active","intent":"order","medicationCodeableConcept":{{"text":"Medication-{patient}"}},"subject":{of},"authoredOn":"2020-01-01"}}"#
        ),
        format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"a-{patient}","clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}}]}},"patient":{of},"code":{{"text":"Allergy-{patient}"}}}}"#
        ),
        format!(
            r#"{{"resourceType":"Task","id":"t-{patient}","status":"requested","intent":"order","description":"Task-{patient}","for":{of},"focus":{{"reference":"Observation/o-{patient}"}},"authoredOn":"2020-01-01"}}"#
        ),
    ]
}

/// The address of a page about a patient.
fn address(path: &str, patient: &str) -> String {
    let names = [
        ("{patient}", patient.to_owned()),
        ("{visit}", format!("e-{patient}")),
        ("{document}", format!("d-{patient}")),
        ("{problem}", format!("c-{patient}")),
        ("{allergy}", format!("a-{patient}")),
        ("{observation}", format!("o-{patient}")),
        ("{task}", format!("t-{patient}")),
        ("{code}", "a".to_owned()),
    ];
    if path == "/inbox" {
        return format!("/inbox?queue=all&item=t-{patient}");
    }
    let filled = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    // Of the rest there is none.
    let parts = filled.split('/').map(|part| if part.starts_with('{') { "nobody" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Of whom an answer tells; fails when it tells what may not be seen.
fn told(asker: &str, asked: &str, answer: &Answer) -> String {
    let text = answer.text.to_lowercase();
    let mut of = Vec::new();
    for patient in PATIENTS {
        for kind in KINDS {
            if text.contains(&format!("{kind}-{patient}")) {
                assert!(may_see(asker, patient, kind), "{asker} sees {kind} of {patient} at {asked}");
                of.push(patient);
            }
        }
    }
    of.dedup();
    of.iter().map(|patient| format!(" {patient}")).collect()
}

/// What somebody gets of a page: the status for each patient, and of whom it tells.
fn outcome(practice: &Practice, (asker, cookie): (&str, &str), method: &str, path: &str) -> String {
    let is_of_one = path.contains("{patient}") || path.contains("{task}") || path == "/inbox";
    let patients = if is_of_one { &PATIENTS[..] } else { &PATIENTS[..1] };
    let mut cells: Vec<String> = Vec::new();
    for patient in patients {
        // Nobody is told to ask more slowly.
        practice.wait_ms(500);
        let address = address(path, patient);
        let answer = match method {
            "GET" => practice.get(cookie, &address),
            _ => practice.post(cookie, &address, "context=of+another+chart&act=done&version=1"),
        };
        assert_ne!(answer.status, 429, "{address}");
        cells.push(format!("{}{}", answer.status, told(asker, &format!("{method} {address}"), &answer)));
    }
    cells.dedup();
    cells.join(" / ")
}

/// The matrix as it is: for each page what everybody gets, those with the same answer together.
fn matrix() -> String {
    let practice = practice();
    let mut rows: BTreeMap<(&str, &str), BTreeMap<String, Vec<&str>>> = BTreeMap::new();
    for (asker, person) in ASKERS {
        let cookie = practice.joined_as_person(asker, asker, person);
        for page in web::PAGES {
            if LEFT_OUT.iter().any(|left_out| page.path.starts_with(left_out)) {
                continue;
            }
            let writes = page.path.contains("{patient}") || page.path.contains("{task}");
            for method in if writes { &["GET", "POST"][..] } else { &["GET"][..] } {
                let got = outcome(&practice, (asker, &cookie), method, page.path);
                rows.entry((page.path, method)).or_default().entry(got).or_default().push(asker);
            }
        }
    }
    let mut text = String::new();
    for ((path, method), outcomes) in rows {
        for (outcome, askers) in outcomes {
            writeln!(text, "{method}\t{path}\t{outcome}\t{}", askers.join(",")).unwrap();
        }
    }
    text
}

#[test]
fn d1_every_page_answers_everybody_as_the_matrix_says() {
    let actual = matrix();
    let expected: Vec<&str> = EXPECTED.lines().filter(|line| !line.starts_with('#')).collect();
    let actual: Vec<&str> = actual.lines().collect();
    let missing: Vec<_> = actual.iter().filter(|line| !expected.contains(line)).collect();
    let gone: Vec<_> = expected.iter().filter(|line| !actual.contains(line)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "new or changed:\n{missing:#?}\nno longer so:\n{gone:#?}");
}
