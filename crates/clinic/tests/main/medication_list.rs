//! The medication list where it is kept (LR02; tasks 7 and 8).

use crate::practice::{Practice, key, update};
use clinic::list_entry::Refusal;
use clinic::medication_list::{self, ListedMedication, MedicationList, Pick};
use record::{Error, Session};
use store::Expect;

fn practice() -> (Practice, Session) {
    let practice = Practice::with_rules(clinic::write_rules());
    let session = practice.administrator();
    for id in ["p", "other"] {
        let patient = format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"Roe"}}]}}"#);
        update(&session, &format!("Patient/{id}"), &patient, Expect::Any).unwrap();
    }
    for (id, name) in [("a", "lisinopril 20 mg"), ("b", "metformin 500 mg"), ("c", "atorvastatin 40 mg")] {
        let order = format!(
            r#"{{"resourceType":"MedicationRequest","id":"{id}","status":"active","intent":"order",
                "identifier":[{{"value":"rx-{id}"}}],"medicationCodeableConcept":{{"text":"{name}"}},
                "subject":{{"reference":"Patient/p"}},"authoredOn":"2023-05-0{}","encounter":{{"reference":"Encounter/old"}},
                "requester":{{"display":"Dr Osler"}},"reasonCode":[{{"text":"reason of {id}"}}],
                "dosageInstruction":[{{"text":"Take one a day"}}],
                "dispenseRequest":{{"numberOfRepeatsAllowed":3,"validityPeriod":{{"end":"2024-05-01"}}}}}}"#,
            id.len()
        );
        update(&session, &format!("MedicationRequest/{id}"), &order, Expect::Any).unwrap();
    }
    (practice, session)
}

fn list(session: &Session) -> MedicationList {
    MedicationList::read(session, "p").unwrap()
}

fn current(session: &Session) -> Vec<String> {
    let mut names: Vec<String> = list(session).current().map(|one| one.medication.name.clone()).collect();
    names.sort();
    names
}

/// Lines as they stand now, by the beginnings of their names.
fn picks(session: &Session, names: &[&str]) -> Vec<Pick> {
    let list = list(session);
    let of = |name: &&str| {
        let one = list.medications.iter().find(|one| one.medication.name.starts_with(*name)).unwrap();
        Pick::parse(&one.pick()).unwrap()
    };
    names.iter().map(of).collect()
}

fn line(session: &Session, name: &str) -> ListedMedication {
    list(session).medications.into_iter().find(|one| one.medication.name.starts_with(name)).unwrap()
}

#[test]
fn lr02_several_go_on_by_new_orders_that_name_the_ones_before() {
    let (_practice, session) = practice();
    let all = ["lisinopril", "metformin", "atorvastatin"];
    medication_list::renew(&session, "p", &picks(&session, &all)).unwrap().unwrap();
    assert_eq!(current(&session), ["atorvastatin 40 mg", "lisinopril 20 mg", "metformin 500 mg"]);
    assert_eq!(list(&session).past().count(), 3);
    let renewed = line(&session, "lisinopril");
    let document = session.read(&key(&renewed.reference)).unwrap().document().unwrap();
    let root = document.root();
    assert_eq!(
        root.at_path(&["priorPrescription", "reference"]).unwrap().as_str().unwrap(),
        "MedicationRequest/a"
    );
    assert_eq!(renewed.medication.instructions, "Take one a day");
    assert_eq!(renewed.reason, "reason of a");
    for gone in ["identifier", "encounter"] {
        assert!(root.get(gone).is_none(), "{gone} belongs to the order before");
    }
    assert!(root.at_path(&["dispenseRequest", "validityPeriod"]).is_none());
    let before = session.read(&key("MedicationRequest/a")).unwrap().document().unwrap();
    assert_eq!(before.root().get_str("status").as_deref(), Some("completed"));
}

#[test]
fn lr02_one_that_somebody_changed_meanwhile_holds_all_back() {
    let (_practice, session) = practice();
    let chosen = picks(&session, &["lisinopril", "metformin"]);
    medication_list::stop(&session, "p", &picks(&session, &["metformin"]), "side effect").unwrap().unwrap();
    let refused = medication_list::renew(&session, "p", &chosen).unwrap();
    assert_eq!(refused, Err(Refusal::ChangedMeanwhile));
    assert_eq!(current(&session), ["atorvastatin 40 mg", "lisinopril 20 mg"], "nothing was renewed");
    assert_eq!(line(&session, "metformin").status_reason, "side effect");
    assert!(matches!(medication_list::renew(&session, "p", &[]).unwrap(), Err(Refusal::Mistake(_))));
    assert!(matches!(medication_list::stop(&session, "p", &chosen, " ").unwrap(), Err(Refusal::Mistake(_))));
}

#[test]
fn lr02_what_the_patient_tells_of_is_kept_when_it_is_not_taken() {
    let (_practice, session) = practice();
    let tell = |line: &str, origin: &str| {
        medication_list::tell(&session, "p", (line, origin, "since spring")).unwrap()
    };
    tell("ibuprofen 200 mg tab prn pain", "over-the-counter").unwrap();
    let told = line(&session, "ibuprofen");
    assert!(!told.is_order());
    assert_eq!(
        (told.source.as_str(), told.notes.as_slice()),
        ("the patient", &["since spring".to_owned()][..])
    );
    let chosen = picks(&session, &["ibuprofen"]);
    assert!(matches!(medication_list::renew(&session, "p", &chosen).unwrap(), Err(Refusal::Mistake(_))));
    medication_list::not_taken(&session, "p", &chosen, "stomach pain").unwrap().unwrap();
    let told = line(&session, "ibuprofen");
    assert_eq!((told.medication.status.as_str(), told.status_reason.as_str()), ("not-taken", "stomach pain"));
    let ordered = picks(&session, &["lisinopril"]);
    assert!(matches!(
        medication_list::not_taken(&session, "p", &ordered, "x").unwrap(),
        Err(Refusal::Mistake(_))
    ));
    for (line, origin) in
        [("", "over-the-counter"), ("ibuprofen", "nowhere"), ("200 mg", "elsewhere"), ("x\u{0}", "elsewhere")]
    {
        assert!(matches!(tell(line, origin), Err(Refusal::Mistake(_))), "{line:?} {origin}");
    }
}

#[test]
fn lr02_no_line_of_another_patient_is_touched_and_an_error_goes_off_the_list() {
    let (_practice, session) = practice();
    let chosen = picks(&session, &["lisinopril"]);
    assert!(matches!(medication_list::stop(&session, "other", &chosen, "x"), Err(Error::NotFound(_))));
    medication_list::in_error(&session, "p", &chosen, "wrong patient").unwrap().unwrap();
    assert_eq!(current(&session), ["atorvastatin 40 mg", "metformin 500 mg"]);
    for hostile in ["", "MedicationRequest/a", "Patient/p/1", "MedicationRequest/a/x"] {
        assert_eq!(Pick::parse(hostile), None, "{hostile}");
    }
}
