//! Visits: begun once, by whom it is, and not by who has the same name.

use crate::practice::{Practice, update};
use access::{Actor, Person};
use clinic::visit::{KINDS, begin, kind, open_with};
use record::{Origin, Session};
use store::Expect;

fn doctor(practice: &Practice, account: &str, person: Option<&str>) -> Session {
    let actor = Actor {
        id: account.to_owned(),
        name: "Dr. Lee".to_owned(),
        person: person.and_then(Person::parse),
        roles: vec!["administrator".to_owned()],
        ..Actor::default()
    };
    practice.record.session(actor, Origin::default())
}

#[test]
fn a_visit_is_gone_on_with_by_who_began_it_alone() {
    let practice = Practice::new();
    let patient = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Roe"}]}"#;
    update(&practice.administrator(), "Patient/p", patient, Expect::Any).unwrap();
    for id in ["a", "b"] {
        let json = format!(r#"{{"resourceType":"Practitioner","id":"{id}","name":[{{"family":"Lee"}}]}}"#);
        update(&practice.administrator(), &format!("Practitioner/{id}"), &json, Expect::Any).unwrap();
    }
    let people = [
        doctor(&practice, "account-a", Some("Practitioner/a")),
        doctor(&practice, "account-b", Some("Practitioner/b")),
        doctor(&practice, "account-c", None),
    ];
    let office = kind("office").unwrap();
    let begun: Vec<String> = people.iter().map(|one| begin(one, "p", office).unwrap()).collect();
    assert!(begun[0] != begun[1] && begun[1] != begun[2] && begun[0] != begun[2], "{begun:?}");
    for (one, visit) in people.iter().zip(&begun) {
        assert_eq!(&begin(one, "p", office).unwrap(), visit, "it is gone on with");
        assert_eq!(open_with(one, "p").unwrap().len(), 1);
    }
    let call = begin(&people[0], "p", &KINDS[2]).unwrap();
    assert!(!begun.contains(&call), "another kind of visit is another visit");
}
