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
    for wrong in ["_since=yesterday", "_count=many", "_cursor=x", "_at=noon"] {
        practice.get(&format!("/_history?{wrong}")).assert_refusal(400, "value");
    }
    practice.get("/_history?_colour=red").assert_refusal(400, "invalid");
}

#[test]
fn what_was_current_at_a_time_is_told_for_a_type_and_for_all() {
    let practice = practice();
    practice.fill(&[&PATIENT.replace("p1", "p2")]);
    // Newest first: p2, g1, then p1 deleted, changed, made.
    let all = practice.get("/_history");
    let time = |place: usize| all.at(&format!("entry.{place}.response.lastModified"));
    let [after, deleted, changed, made] = [time(0), time(2), time(3), time(4)];
    let rows: [(String, &[&str]); 8] = [
        (format!("/Patient/_history?_at={after}"), &["p2 1"]),
        (format!("/_history?_at={after}"), &["p2 1", "g1 1"]),
        (format!("/Patient/_history?_at={changed}"), &["p1 2"]),
        (format!("/_history?_at={made}"), &["p1 1"]),
        (format!("/_history?_at={deleted}"), &[]),
        ("/Patient/_history?_at=2023".to_owned(), &["p2 1", "p1 3", "p1 2", "p1 1"]),
        ("/Patient/_history?_at=2024".to_owned(), &["p2 1"]),
        ("/Patient/_history?_at=2022".to_owned(), &[]),
    ];
    for (path, wanted) in rows {
        let got = practice.get(&path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let count: usize = got.at("entry.length").parse().unwrap_or(0);
        let found: Vec<String> = (0..count)
            .map(|place| {
                let url = got.at(&format!("entry.{place}.fullUrl"));
                let etag = got.at(&format!("entry.{place}.response.etag"));
                let id = url.rsplit('/').next().unwrap_or_default().to_owned();
                format!("{id} {}", etag.trim_matches(|c: char| !c.is_ascii_digit()))
            })
            .collect();
        assert_eq!(found, wanted, "{path}");
        assert_eq!(got.at("total"), wanted.len().to_string(), "{path}");
    }
}
