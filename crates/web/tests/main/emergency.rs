//! Emergency access and the audit pages, as those who use them see them.

use crate::practice::{Answer, Practice};
use access::Actor;
use fhir::Document;
use fhir::schema::schema;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Expect, Origin};

const VIP: &str = r#"{"resourceType":"Patient","id":"v","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VIP"}]},"name":[{"family":"Ames","given":["Ida"]}],"birthDate":"1970-01-02"}"#;

fn practice() -> Practice {
    let practice = Practice::new();
    let session = practice.record.session(Actor::local_administrator(), Origin::default());
    let document = Document::parse(VIP).unwrap();
    let key = record::bundle::key(schema().resource_named("Patient").unwrap(), "v").unwrap();
    let action =
        WriteAction::Update { target: Target::Key(key), resource: document.root(), expect: Expect::Any };
    session.write(WriteRequest { action, full_url: None }).unwrap();
    practice
}

fn contains(answer: &Answer, words: &[&str]) {
    for word in words {
        assert!(answer.text.contains(word), "{word}: {}", answer.text);
    }
}

#[test]
fn d6_a_closed_chart_opens_by_a_reason_and_its_reviewer_is_told() {
    let practice = practice();
    let (nurse, officer) = (practice.joined_as("nils", "nurse"), practice.joined("olga"));
    let closed = practice.get(&nurse, "/p/v");
    assert_eq!(closed.status, 404);
    contains(&closed, &["/emergency?patient=v"]);
    assert!(!closed.text.contains("AMES"), "{}", closed.text);
    // What is not there looks the same.
    contains(&practice.get(&nurse, "/p/nobody"), &["/emergency?patient=nobody"]);
    let short = practice.post(&nurse, "/emergency", "patient=v&reason=now");
    assert_eq!(short.status, 422, "{}", short.text);
    let opened = practice.post(&nurse, "/emergency", "patient=v&reason=unconscious+after+a+fall");
    assert_eq!((opened.status, opened.location.as_str()), (303, "/p/v"), "{}", opened.text);
    contains(&practice.get(&nurse, "/p/v"), &["AMES", "Emergency access until"]);
    let list = practice.get(&officer, "/privacy/emergencies");
    contains(&list, &["unconscious after a fall", "nils", "class=\"count\">1<"]);
    let id = list.text.split("action=\"/privacy/emergencies/").nth(1).unwrap().split('"').next().unwrap();
    let reviewed = practice.post(&officer, &format!("/privacy/emergencies/{id}"), "finding=it+was+one");
    assert_eq!(reviewed.status, 303);
    let list = practice.get(&officer, "/privacy/emergencies");
    contains(&list, &["it was one", "Nothing to look at"]);
    assert_eq!(practice.get(&nurse, "/privacy/emergencies").status, 403);
    let local = practice.record.session(Actor::local_administrator(), Origin::default());
    let id = local.emergencies().unwrap().remove(0).actor_id;
    let actor = Actor { id, roles: vec!["nurse".to_owned()], ..Actor::default() };
    let nurse = practice.record.session(actor, Origin::default());
    let patient = record::bundle::key(schema().resource_named("Patient").unwrap(), "v").unwrap();
    assert!(nurse.read(&patient).is_ok());
    practice.wait_ms(record::emergency::EMERGENCY_MS + 1);
    assert!(nurse.read(&patient).is_err(), "it is over");
}

#[test]
fn somebody_at_a_bedside_is_found_by_name_and_birth_date() {
    let practice = practice();
    let nurse = practice.joined_as("nils", "nurse");
    let reason = "&reason=unconscious+after+a+fall";
    let other =
        practice.post(&nurse, "/emergency", &format!("family=Ames&given=Ida&birth_date=1970-01-03{reason}"));
    assert_eq!(other.status, 404, "{}", other.text);
    let found =
        practice.post(&nurse, "/emergency", &format!("family=ames&given=ida&birth_date=1970-01-02{reason}"));
    assert_eq!((found.status, found.location.as_str()), (303, "/p/v"), "{}", found.text);
    let biller = practice.joined_as("bill", "biller");
    assert_eq!(practice.get(&biller, "/emergency").status, 404);
    assert_eq!(practice.post(&biller, "/emergency", &format!("patient=v{reason}")).status, 403);
}

#[test]
fn d3_who_looked_at_a_chart_is_two_actions_away_and_sorted_by_any_column() {
    let practice = practice();
    let officer = practice.joined("olga");
    let chart = practice.get(&officer, "/p/v");
    let link = chart.text.split("href=\"/audit?").nth(1).unwrap().split('"').next().unwrap();
    let looked =
        practice.get(&officer, &format!("/audit?{}", link.replace("&amp;", "&").replace("&#38;", "&")));
    contains(&looked, &["Who looked at the record of", "AMES", "olga", "read"]);
    for column in ["when", "who", "did", "patient", "what", "address", "way", "outcome"] {
        let sorted = practice.get(&officer, &format!("/audit?patient=v&sort={column}"));
        assert_eq!(sorted.status, 200);
        contains(&sorted, &["aria-sort=\"ascending\"", "olga"]);
    }
    let refused = practice.get(&officer, "/audit?outcome=8");
    contains(&refused, &["No line fits"]);
    let nurse = practice.joined_as("nils", "nurse");
    assert_eq!(practice.get(&nurse, "/audit").status, 403);
    contains(&practice.get(&officer, "/audit?outcome=8"), &["nils", "refused"]);
    let file = practice.get(&officer, "/audit/file?patient=v");
    assert!(file.text.starts_with("when,who,who id,app,did,"), "{}", file.text);
    contains(&file, &["olga"]);
}
