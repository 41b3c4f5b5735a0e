//! Histories of a resource, a type and the system.

use crate::practice::{PATIENT, Practice, ask};

fn practice() -> Practice {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    practice.put("/Patient/p1", &PATIENT.replace("Ida", "Ada"));
    practice.send(&ask("DELETE", "/Patient/p1"));
    practice.fill(&[r#"{"resourceType":"Organization","id":"g1","name":"A"}"#]);
    practice
}

#[test]
fn versions_are_listed_newest_first() {
    let practice = practice();
    let got = practice.get("/Patient/p1/_history");
    assert_eq!(
        (got.at("type").as_str(), got.at("total").as_str(), got.at("entry.length").as_str()),
        ("history", "3", "3")
    );
    let rows = [("0", "DELETE", "204"), ("1", "PUT", "200"), ("2", "PUT", "201")];
    for (place, method, status) in rows {
        assert_eq!(got.at(&format!("entry.{place}.request.method")), method);
        assert_eq!(got.at(&format!("entry.{place}.response.status")), status);
    }
    assert_eq!(got.at("entry.0.resource"), "");
    assert_eq!(got.at("entry.1.resource.name.0.given.0"), "Ada");
    assert_eq!(practice.get("/Patient/_history").at("entry.length"), "3");
    assert_eq!(practice.get("/_history").at("entry.length"), "4");
    practice.get("/Patient/never/_history").assert_refusal(404, "not-found");
}

#[test]
fn a_history_has_pages_and_bounds() {
    let practice = practice();
    let first = practice.get("/_history?_count=3");
    assert_eq!(first.at("entry.length"), "3");
    let second = practice.get(&first.link("next"));
    assert_eq!(
        (second.at("entry.length").as_str(), second.link("next").as_str()),
        ("1", ""),
        "{}",
        second.text()
    );
    let moment = first.at("entry.1.response.lastModified");
    let since = practice.get(&format!("/_history?_since={moment}"));
    assert_eq!(since.at("entry.length"), "2", "{}", since.text());
    let before = practice.get(&format!("/_history?_before={moment}"));
    assert_eq!(before.at("entry.length"), "2", "{}", before.text());
    let at = practice.get(&format!("/Patient/p1/_history?_at={}", first.at("entry.2.response.lastModified")));
    assert_eq!((at.at("entry.length").as_str(), at.at("entry.0.response.etag").as_str()), ("1", "W/\"2\""));
    assert_eq!(practice.get("/Patient/p1/_history?_at=2023").at("entry.length"), "3");
    for wrong in ["_since=yesterday", "_count=many", "_cursor=x", "_at=2023"] {
        practice.get(&format!("/_history?{wrong}")).assert_refusal(400, "value");
    }
    practice.get("/_history?_colour=red").assert_refusal(400, "invalid");
}
