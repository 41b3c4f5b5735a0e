//! Results are reviewed and orders kept track of, whatever way they came (LR09, OR05, X10).

use crate::practice::{Practice, create, key, update};
use access::{Actor, Person};
use clinic::inbox::act::{self, Said};
use clinic::inbox::review::Review;
use clinic::inbox::{self, Inbox, Item, Queue, What};
use clinic::list_entry::Refusal;
use record::consequence::Follower;
use record::{Error, Origin, Session};
use std::sync::atomic::Ordering;
use store::Expect;

const DAY_MS: i64 = 86_400_000;

fn practice() -> Practice {
    let practice = Practice::with_rules(clinic::write_rules());
    let put = |at: &str, json: &str| update(&practice.administrator(), at, json, Expect::Any).unwrap();
    put(
        "Practitioner/d",
        r#"{"resourceType":"Practitioner","id":"d","name":[{"family":"Osler","given":["Wilma"]}]}"#,
    );
    put(
        "Practitioner/e",
        r#"{"resourceType":"Practitioner","id":"e","name":[{"family":"Lind","given":["James"]}]}"#,
    );
    put(
        "Patient/p",
        r#"{"resourceType":"Patient","id":"p","name":[{"family":"Roe","given":["Ada"]}],
            "generalPractitioner":[{"reference":"Practitioner/d","display":"Wilma Osler"}]}"#,
    );
    practice
}

/// Somebody who is a practitioner of the record.
fn doctor(practice: &Practice, id: &str) -> Session {
    let actor = Actor {
        id: format!("account-{id}"),
        name: format!("Dr {id}"),
        roles: vec!["clinician".to_owned()],
        person: Person::parse(&format!("Practitioner/{id}")),
        ..Actor::default()
    };
    practice.record.session(actor, Origin { address: String::new(), way: "page" })
}

/// Lets everything follow that must; nothing may be refused.
fn follow(practice: &Practice) {
    let mut follower = Follower::begin(&practice.record, clinic::consequences()).unwrap();
    loop {
        let step = follower.step(&practice.record).unwrap();
        assert_eq!(step.refused, [], "what follows is accepted");
        if !step.may_be_more {
            break;
        }
    }
}

fn observation(id: &str, of: &str, number: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final",
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"{of}"}}],"text":"Test {of}"}},
            "subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2023-11-14T08:00:00Z",
            "valueQuantity":{{"value":{number},"unit":"%"}},
            "referenceRange":[{{"low":{{"value":4}},"high":{{"value":6}}}}]{more}}}"#
    )
}

fn report(id: &str, status: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"DiagnosticReport","id":"{id}","status":"{status}",
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"58410-2"}}],"text":"Blood count"}},
            "subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2023-11-14T08:00:00Z"{more}}}"#
    )
}

fn order(id: &str, code: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"ServiceRequest","id":"{id}","status":"active","intent":"order",
            "category":[{{"coding":[{{"system":"http://snomed.info/sct","code":"108252007"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}],"text":"Order {code}"}},
            "subject":{{"reference":"Patient/p"}},"authoredOn":"2023-11-14T07:00:00Z",
            "requester":{{"reference":"Practitioner/e","display":"James Lind"}}{more}}}"#
    )
}

fn put(practice: &Practice, at: &str, json: &str) {
    update(&practice.administrator(), at, json, Expect::Any).unwrap();
    follow(practice);
}

fn queue(session: &Session, queue: Queue) -> Vec<Item> {
    Inbox::read(session, queue).unwrap().items
}

fn only(session: &Session) -> Item {
    let mut items = queue(session, Queue::Mine);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

fn sign(session: &Session, item: &Item, said: &Said) -> Result<(), Refusal> {
    let seen = Review::read(session, item.focus.as_ref().unwrap()).unwrap().seen;
    act::complete(session, (item, item.version), &seen, said).unwrap()
}

#[test]
fn lr09_a_result_waits_for_who_ordered_it_or_the_patients_own_practitioner_until_it_is_signed() {
    let practice = practice();
    let (own, orderer) = (doctor(&practice, "d"), doctor(&practice, "e"));
    put(&practice, "Observation/o", &observation("o", "4548-4", "5.1", ""));
    put(&practice, "ServiceRequest/s", &order("s", "2093-3", ""));
    let based = r#","basedOn":[{"reference":"ServiceRequest/s"}]"#;
    put(&practice, "Observation/n", &observation("n", "2093-3", "7", based));

    let item = only(&own);
    assert_eq!((item.what, item.title.as_str(), item.flag.urgency()), (What::Result, "Test 4548-4", 0));
    assert_eq!(item.patient.as_ref().unwrap().full_name(), "ROE, Ada");
    assert_eq!(only(&orderer).title, "Test 2093-3");
    assert_eq!(only(&orderer).flag.urgency(), 1, "above its range");

    sign(&own, &item, &Said::default()).unwrap();
    assert!(queue(&own, Queue::Mine).is_empty());
    follow(&practice);
    follow(&practice);
    assert!(queue(&own, Queue::Mine).is_empty(), "looking again opens nothing again");
    assert_eq!(sign(&own, &item, &Said::default()), Err(Refusal::ChangedMeanwhile), "signed twice");
}

#[test]
fn lr09_a_corrected_result_waits_again_and_a_taken_back_one_does_not() {
    let practice = practice();
    let own = doctor(&practice, "d");
    put(&practice, "Observation/o", &observation("o", "4548-4", "5.1", ""));
    sign(&own, &only(&own), &Said::default()).unwrap();
    put(&practice, "Observation/o", &observation("o", "4548-4", "9.1", "").replace("final", "corrected"));
    let again = only(&own);
    assert!(again.is_again);
    assert!(again.notes.iter().any(|note| note.text.contains("changed since it was signed")));
    sign(&own, &again, &Said::default()).unwrap();

    put(&practice, "Observation/x", &observation("x", "718-7", "5", ""));
    put(&practice, "Observation/x", &observation("x", "718-7", "5", "").replace("final", "entered-in-error"));
    assert!(queue(&own, Queue::Mine).is_empty());
}

#[test]
fn lr09_values_of_a_report_are_one_item_whichever_comes_first_and_one_that_is_corrected_opens_it_again() {
    let practice = practice();
    let own = doctor(&practice, "d");
    put(&practice, "Observation/a", &observation("a", "718-7", "5", ""));
    put(&practice, "Observation/b", &observation("b", "6690-2", "3", ""));
    assert_eq!(queue(&own, Queue::Mine).len(), 2);
    let result = r#","result":[{"reference":"Observation/a"},{"reference":"Observation/b"},{"reference":"Observation/c"}]"#;
    update(&practice.administrator(), "Observation/c", &observation("c", "777-3", "5", ""), Expect::Any)
        .unwrap();
    put(&practice, "DiagnosticReport/r", &report("r", "final", result));
    let item = only(&own);
    assert_eq!((item.title.as_str(), item.flag.urgency()), ("Blood count", 1));
    let review = Review::read(&own, item.focus.as_ref().unwrap()).unwrap();
    assert_eq!(
        review.lines.iter().map(|line| line.value.code.as_str()).collect::<Vec<_>>(),
        ["718-7", "6690-2", "777-3"]
    );

    sign(&own, &item, &Said::default()).unwrap();
    put(&practice, "Observation/b", &observation("b", "6690-2", "5", "").replace("final", "corrected"));
    let item = only(&own);
    assert!(item.is_again);

    let seen = Review::read(&own, item.focus.as_ref().unwrap()).unwrap().seen;
    put(&practice, "Observation/a", &observation("a", "718-7", "2", "").replace("final", "corrected"));
    let refused = act::complete(&own, (&item, item.version), &seen, &Said::default()).unwrap();
    assert_eq!(refused, Err(Refusal::ChangedMeanwhile), "a value is another than the one that was shown");
}

#[test]
fn lr09_what_is_old_and_nobodys_order_is_history_and_a_note_is_no_result() {
    let practice = practice();
    let own = doctor(&practice, "d");
    let old = observation("o", "4548-4", "5.1", "").replace("2023-11-14T08", "2021-01-04T08");
    put(&practice, "Observation/o", &old);
    let note =
        report("r", "final", "").replace("http://terminology.hl7.org/CodeSystem/v2-0074", "http://loinc.org");
    put(&practice, "DiagnosticReport/r", &note);
    let vital = observation("v", "8867-4", "80", "").replace("laboratory", "vital-signs");
    put(&practice, "Observation/v", &vital);
    put(&practice, "DiagnosticReport/early", &report("early", "registered", ""));
    assert!(queue(&own, Queue::All).is_empty());
    put(&practice, "DiagnosticReport/early", &report("early", "preliminary", ""));
    assert_eq!(only(&own).title, "Blood count");
}

#[test]
fn or05_an_order_is_a_promise_until_its_result_comes_with_its_number_or_without() {
    let practice = practice();
    let (own, orderer) = (doctor(&practice, "d"), doctor(&practice, "e"));
    put(&practice, "ServiceRequest/s", &order("s", "2093-3", ""));
    put(&practice, "ServiceRequest/t", &order("t", "4548-4", ""));
    assert!(queue(&orderer, Queue::Mine).is_empty(), "not expected yet");
    assert_eq!(queue(&orderer, Queue::Waiting).len(), 2);

    put(&practice, "Observation/o", &observation("o", "4548-4", "5", ""));
    assert_eq!(queue(&orderer, Queue::Waiting).len(), 1, "known by its code, its number was left out");
    practice.time_ms.fetch_add(9 * DAY_MS, Ordering::Relaxed);
    let overdue = only(&orderer);
    assert_eq!(
        (overdue.what, overdue.title.as_str(), overdue.is_overdue),
        (What::Order, "Order 2093-3", true)
    );
    assert!(
        queue(&own, Queue::Overdue).iter().any(|item| item.id == overdue.id),
        "everyone sees what is overdue"
    );

    put(
        &practice,
        "DiagnosticReport/r",
        &report("r", "preliminary", r#","basedOn":[{"reference":"ServiceRequest/s"}]"#),
    );
    assert_eq!(queue(&orderer, Queue::Mine).iter().filter(|item| item.what == What::Order).count(), 1);
    put(
        &practice,
        "DiagnosticReport/r",
        &report("r", "final", r#","basedOn":[{"reference":"ServiceRequest/s"}]"#),
    );
    assert_eq!(queue(&orderer, Queue::Mine).iter().filter(|item| item.what == What::Order).count(), 0);
    let order = orderer.read(&key("ServiceRequest/s")).unwrap().document().unwrap();
    assert_eq!(order.root().get_str("status").as_deref(), Some("completed"));
}

#[test]
fn or05_a_result_fulfils_the_order_of_now_and_not_the_one_of_three_months_on() {
    let practice = practice();
    let orderer = doctor(&practice, "e");
    put(&practice, "ServiceRequest/now", &order("now", "4548-4", ""));
    put(&practice, "ServiceRequest/also", &order("also", "4548-4", "").replace("07:00:00Z", "07:30:00Z"));
    let later = order("later", "4548-4", r#","occurrenceDateTime":"2024-02-14""#);
    put(&practice, "ServiceRequest/later", &later);
    put(&practice, "Observation/o", &observation("o", "4548-4", "5", ""));
    let waiting: Vec<String> =
        queue(&orderer, Queue::Waiting).iter().map(|item| item.focus.as_ref().unwrap().to_string()).collect();
    assert_eq!(waiting.len(), 2, "one result is of one order: {waiting:?}");
    assert!(!waiting.contains(&"ServiceRequest/now".to_owned()));
    let second = observation("o2", "4548-4", "5", "").replace("2023-11-14T08", "2023-11-15T08");
    put(&practice, "Observation/o2", &second);
    assert_eq!(
        queue(&orderer, Queue::Waiting)[0].focus.as_ref().unwrap().to_string(),
        "ServiceRequest/later"
    );
}

#[test]
fn or05_an_order_that_is_taken_back_waits_no_more() {
    let practice = practice();
    let orderer = doctor(&practice, "e");
    put(&practice, "ServiceRequest/s", &order("s", "2093-3", ""));
    put(&practice, "ServiceRequest/s", &order("s", "2093-3", "").replace("active", "revoked"));
    put(&practice, "ServiceRequest/t", &order("t", "2093-3", ""));
    let item = queue(&orderer, Queue::Waiting).remove(0);
    let without_reason = act::revoke(&orderer, (&item, item.version), " ").unwrap();
    assert!(matches!(without_reason, Err(Refusal::Mistake(_))));
    act::revoke(&orderer, (&item, item.version), "not needed any more").unwrap().unwrap();
    follow(&practice);
    assert!(queue(&orderer, Queue::Waiting).is_empty());
    assert!(act::take_back(&orderer, &item).unwrap());
    follow(&practice);
    let item = queue(&orderer, Queue::Waiting).remove(0);
    act::complete(&orderer, (&item, item.version), "", &Said::default()).unwrap().unwrap();
    let order_now = orderer.read(&key("ServiceRequest/t")).unwrap().document().unwrap();
    assert_eq!(order_now.root().get_str("status").as_deref(), Some("completed"));
    let plan = order("plan", "2093-3", "").replace(r#""intent":"order""#, r#""intent":"plan""#);
    put(&practice, "ServiceRequest/plan", &plan);
    assert!(queue(&orderer, Queue::Waiting).is_empty());
}

#[test]
fn lr09_no_result_leaves_the_inbox_unsigned_by_any_way() {
    let practice = practice();
    let own = doctor(&practice, "d");
    put(&practice, "Observation/o", &observation("o", "4548-4", "5.1", ""));
    let task = own.read(&key(&format!("Task/{}", only(&own).id))).unwrap();
    for status in ["completed", "cancelled", "rejected", "failed", "entered-in-error"] {
        let closed = task.to_json().replace(r#""status":"requested""#, &format!(r#""status":"{status}""#));
        let refused = update(&own, &task.key().to_string(), &closed, Expect::Any);
        assert!(matches!(refused, Err(Error::Rule(_))), "{status}: {refused:?}");
    }
    let target = record::write::Target::Key(task.key().clone());
    let action = record::write::WriteAction::Delete { target, expect: Expect::Any };
    let refused = own.write(record::write::WriteRequest { action, full_url: None });
    assert!(matches!(refused, Err(Error::Rule(_))), "{refused:?}");
    assert_eq!(only(&own).title, "Test 4548-4");
}

#[test]
fn lr09_that_the_patient_was_told_is_written_down_and_taken_back_with_the_signature() {
    let practice = practice();
    let (own, other) = (doctor(&practice, "d"), doctor(&practice, "e"));
    put(&practice, "Observation/o", &observation("o", "4548-4", "7.1", ""));
    let item = only(&own);
    let said = Said { comment: "Come in next week".to_owned(), told: "phone".to_owned() };
    sign(&own, &item, &said).unwrap();
    let asked = [("subject", "Patient/p"), ("based-on", &*format!("Task/{}", item.id))];
    let found = own.find(key("Communication/x").type_id, &asked).unwrap().matches;
    let communication = found[0].document().unwrap();
    assert_eq!(communication.root().get_str("status").as_deref(), Some("completed"));
    assert!(!act::take_back(&other, &item).unwrap(), "somebody else's");
    assert!(act::take_back(&own, &item).unwrap());
    assert!(!only(&own).is_again, "nobody has seen it");
    let again = own.read(found[0].key()).unwrap().document().unwrap();
    assert_eq!(again.root().get_str("status").as_deref(), Some("entered-in-error"));
    let wrong = Said { comment: "x".repeat(2_000), told: String::new() };
    assert!(matches!(sign(&own, &only(&own), &wrong), Err(Refusal::Mistake(_))));
}

#[test]
fn x10_a_result_of_nobody_is_shown_to_everybody_and_can_be_given_to_somebody() {
    let practice = practice();
    let json = r#"{"resourceType":"Patient","id":"q","name":[{"family":"Doe"}]}"#;
    put(&practice, "Patient/q", json);
    let (own, other) = (doctor(&practice, "d"), doctor(&practice, "e"));
    put(&practice, "Observation/o", &observation("o", "4548-4", "7.1", "").replace("Patient/p", "Patient/q"));
    let items = queue(&own, Queue::Nobodys);
    assert_eq!(items.len(), 1);
    let person = clinic::person::find(&own, "Lind").unwrap().remove(0);
    act::forward(&own, (&items[0], items[0].version), &person, "please look").unwrap().unwrap();
    let given = only(&other);
    assert!(given.notes[0].text.contains("please look"));
    assert!(queue(&own, Queue::Nobodys).is_empty());
}

#[test]
fn x10_results_that_come_before_their_patient_and_orders_that_come_after_their_result_find_each_other() {
    let practice = practice();
    let own = doctor(&practice, "d");
    put(
        &practice,
        "Observation/o",
        &observation("o", "4548-4", "7.1", "").replace("Patient/p", "Patient/late"),
    );
    assert_eq!(queue(&own, Queue::Nobodys).len(), 1);
    let late =
        r#"{"resourceType":"Patient","id":"late","generalPractitioner":[{"reference":"Practitioner/d"}]}"#;
    put(&practice, "Patient/late", late);
    assert_eq!(only(&own).title, "Test 4548-4");

    put(
        &practice,
        "DiagnosticReport/r",
        &report("r", "final", r#","basedOn":[{"reference":"ServiceRequest/s"}]"#),
    );
    put(&practice, "ServiceRequest/s", &order("s", "58410-2", ""));
    assert!(queue(&own, Queue::Waiting).is_empty());
    let order_now = own.read(&key("ServiceRequest/s")).unwrap().document().unwrap();
    assert_eq!(order_now.root().get_str("status").as_deref(), Some("completed"));
}

#[test]
fn x10_a_task_with_labels_of_its_result_is_not_seen_by_who_may_not_see_the_result() {
    let practice = practice();
    let label = r#","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]}"#;
    put(&practice, "Observation/o", &observation("o", "4548-4", "7.1", label));
    let own = doctor(&practice, "d");
    assert!(queue(&own, Queue::All).is_empty(), "the clinician may not see it");
    assert_eq!(queue(&practice.administrator(), Queue::All).len(), 1);
}

#[test]
fn or05_no_order_is_an_orphan() {
    let practice = practice();
    let orders = 40;
    for number in 0..orders {
        let id = format!("s{number}");
        create(
            &practice.administrator(),
            &order(&id, "2093-3", "").replace(&format!(r#""id":"{id}","#), ""),
            None,
        )
        .unwrap();
    }
    follow(&practice);
    let (all, waiting) =
        (inbox::QUEUES.len(), Inbox::read(&practice.administrator(), Queue::Waiting).unwrap());
    assert_eq!(waiting.items.len(), orders);
    assert_eq!(waiting.counts.len(), all);
}
