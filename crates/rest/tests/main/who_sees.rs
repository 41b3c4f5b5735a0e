//! Who sees what, by every way there is: d1, AD02.
//!
//! Three patients have the same things on file: `own`, `other` and `closed` (a celebrity). Each thing says in a word what it is
//! and whose, so that a look at any answer tells what it gave away.

#[path = "who_sees/attacks.rs"]
mod attacks;
#[path = "who_sees/matrix.rs"]
mod matrix;

use crate::practice::{Ask, Got, Practice};
use access::{Actor, Person, Scope};
use base64::Engine;
use rest::Authenticated;
use std::path::PathBuf;

pub(crate) const PATIENTS: [&str; 3] = ["own", "other", "closed"];

/// What is on file of each patient: the word for it, and whether it is a note, or clinical, or bears a label.
pub(crate) const KINDS: [&str; 6] = ["Name", "Value", "Remark", "Letter", "Scan", "Addiction"];

/// Everybody who asks: the name of the row's column, and who it is.
pub(crate) fn askers() -> Vec<(&'static str, Actor)> {
    let staff = |role: &str, person: Option<&str>| Actor {
        id: role.to_owned(),
        name: role.to_owned(),
        roles: vec![role.to_owned()],
        person: person.map(|reference| Person::parse(reference).unwrap()),
        ..Actor::default()
    };
    let program = |scopes: &str, patient: Option<&str>| Actor {
        client: Some("program".to_owned()),
        patient: patient.map(str::to_owned),
        scopes: Some(Scope::parse_list(scopes).unwrap()),
        ..staff("clinician", Some("Practitioner/d"))
    };
    vec![
        ("administrator", staff("administrator", None)),
        ("clinician", staff("clinician", Some("Practitioner/d"))),
        ("nurse", staff("nurse", Some("Practitioner/n"))),
        ("front-desk", staff("front-desk", None)),
        ("biller", staff("biller", None)),
        ("manager", staff("manager", None)),
        ("auditor", staff("auditor", None)),
        ("patient", staff("patient", Some("Patient/own"))),
        ("proxy", staff("proxy", Some("RelatedPerson/r"))),
        ("app", staff("app", None)),
        ("guest", staff("guest", None)),
        ("patients-program", program("patient/*.cruds", Some("own"))),
        ("limited-program", program("user/Observation.rs?status=final user/Patient.r", None)),
    ]
}

/// What an asker may see, by a plain reading of the policy's tables: of which patients, and which kinds of things.
pub(crate) fn may_see(asker: &str, patient: &str, kind: &str) -> bool {
    let patients: &[&str] = match asker {
        "administrator" => &PATIENTS,
        "patient" | "proxy" | "patients-program" => &["own"],
        _ => &["own", "other"],
    };
    let kinds: &[&str] = match asker {
        "administrator" | "clinician" | "patient" | "proxy" | "patients-program" => &KINDS,
        "nurse" | "app" | "guest" => &["Name", "Value", "Remark", "Letter", "Scan"],
        "biller" | "limited-program" => &["Name", "Value"],
        "front-desk" | "manager" | "auditor" => &["Name"],
        _ => &[],
    };
    // The program's scopes know nothing of hidden elements: it sees an Observation's remarks.
    let remarks = asker == "limited-program" && kind == "Remark";
    patients.contains(&patient) && (kinds.contains(&kind) || remarks)
}

/// A practice with three patients.
pub(crate) fn practice(name: &str) -> Practice {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("who-sees-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    let practice = Practice::with(rest::Settings { jobs: Some(folder), ..rest::Settings::default() });
    practice.fill(&[
        r#"{"resourceType":"Practitioner","id":"d"}"#,
        r#"{"resourceType":"Practitioner","id":"n"}"#,
        r#"{"resourceType":"Organization","id":"clinic","name":"Clinic"}"#,
    ]);
    for patient in PATIENTS {
        let resources = of_patient(patient);
        practice.fill(&resources.iter().map(String::as_str).collect::<Vec<_>>());
    }
    practice.fill(&[
        r#"{"resourceType":"RelatedPerson","id":"r","active":true,"patient":{"reference":"Patient/own"}}"#,
        r#"{"resourceType":"List","id":"all","status":"current","mode":"working","entry":[{"item":{"reference":"Observation/o-other"}},{"item":{"reference":"Observation/o-closed"}}]}"#,
        r#"{"resourceType":"Group","id":"all","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/own"}},{"entity":{"reference":"Patient/other"}},{"entity":{"reference":"Patient/closed"}}]}"#,
    ]);
    practice
}

/// What is on file of a patient.
pub(crate) fn of_patient(patient: &str) -> Vec<String> {
    let code = |code: &str| {
        format!(
            r#""meta":{{"security":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{code}"}}]}},"#
        )
    };
    let vip = if patient == "closed" { code("VIP") } else { String::new() };
    let scan = base64::engine::general_purpose::STANDARD.encode(format!("Scan-{patient}"));
    let letter = base64::engine::general_purpose::STANDARD.encode(format!("Scan-{patient}"));
    let subject = format!(r#""subject":{{"reference":"Patient/{patient}"}}"#);
    vec![
        format!(
            r#"{{"resourceType":"Patient","id":"{patient}",{vip}"name":[{{"family":"Name-{patient}"}}],"birthDate":"1970-01-02","generalPractitioner":[{{"reference":"Organization/clinic"}}],"managingOrganization":{{"reference":"Organization/clinic"}}}}"#
        ),
        format!(
            r#"{{"resourceType":"Encounter","id":"e-{patient}","status":"finished","class":{{"code":"AMB"}},{subject}}}"#
        ),
        format!(
            r#"{{"resourceType":"Observation","id":"o-{patient}","status":"final","category":[{{"coding":[{{"code":"laboratory"}}]}}],"code":{{"text":"a"}},{subject},"encounter":{{"reference":"Encounter/e-{patient}"}},"performer":[{{"reference":"Practitioner/n"}}],"effectiveDateTime":"2020-01-01","valueString":"Value-{patient}","note":[{{"text":"Remark-{patient}"}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"Binary","id":"b-{patient}","contentType":"text/plain","securityContext":{{"reference":"Patient/{patient}"}},"data":"{scan}"}}"#
        ),
        format!(
            r#"{{"resourceType":"Binary","id":"x-{patient}","contentType":"text/plain","data":"{letter}"}}"#
        ),
        format!(
            r#"{{"resourceType":"DocumentReference","id":"d-{patient}","status":"current",{subject},"description":"Letter-{patient}","content":[{{"attachment":{{"url":"Binary/x-{patient}"}}}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"Condition","id":"c-{patient}",{}{subject},"code":{{"text":"Addiction-{patient}"}}}}"#,
            code("ETH")
        ),
    ]
}

/// A request of somebody's.
pub(crate) fn send_as(practice: &Practice, actor: &Actor, ask: &Ask<'_>) -> Got {
    let mut request = ask.request();
    request.extensions_mut().insert(Authenticated(actor.clone()));
    practice.send_as_is(request)
}

/// The things that an answer tells of, as `Kind-patient`; contents of Binaries too.
pub(crate) fn told(got: &Got) -> Vec<String> {
    let text = got.text();
    let mut found = Vec::new();
    for patient in PATIENTS {
        for kind in KINDS {
            let word = format!("{kind}-{patient}");
            let encoded = base64::engine::general_purpose::STANDARD.encode(&word);
            if text.contains(&word) || text.contains(&encoded) {
                found.push(word);
            }
        }
    }
    found
}

/// Checks that an answer tells an asker nothing that they may not see.
pub(crate) fn assert_no_escape(asker: &str, asked: &str, got: &Got) {
    for word in told(got) {
        let (kind, patient) = word.split_once('-').unwrap();
        assert!(may_see(asker, patient, kind), "{asker} got {word} by {asked}: {}", got.text());
    }
}
