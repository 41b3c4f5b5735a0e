//! Searches: by GET and form, in compartments, in pages, in parts.

use crate::practice::{PATIENT, Practice, ask, observation};

fn practice() -> Practice {
    let practice = Practice::new();
    practice.fill(&[PATIENT, &PATIENT.replace("p1", "p2").replace("Ames", "Bell")]);
    for (id, patient, code, date) in
        [("o1", "p1", "a", "2024-01-01"), ("o2", "p1", "b", "2024-02-01"), ("o3", "p2", "a", "2024-03-01")]
    {
        practice.fill(&[&observation(id, patient, code, date)]);
    }
    practice
}

#[test]
fn searches_find_by_get_and_by_form() {
    let practice = practice();
    let form = |path: &str, body: &str| {
        practice.send(&ask("POST", path).body("application/x-www-form-urlencoded", body))
    };
    let rows = [
        (practice.get("/Patient?family=ames"), "p1"),
        (form("/Patient/_search", "family=ames"), "p1"),
        (form("/Patient/_search?family=ames", "gender=female"), "p1"),
        (practice.get("/Observation?patient=p1&code=b"), "o2"),
        (practice.get("/?_type=Patient&_id=p2"), "p2"),
        (practice.get("?_type=Patient&_id=p2"), "p2"),
        (form("/_search", "_type=Observation&_id=o3"), "o3"),
        (practice.get("/Patient/p2/Observation"), "o3"),
        (practice.get("/Patient/p1/Observation?code=a"), "o1"),
        (form("/Patient/p1/Observation/_search", "code=a"), "o1"),
    ];
    for (got, id) in rows {
        assert_eq!(got.status, 200, "{}", got.text());
        assert_eq!(got.ids("match"), [id], "{}", got.text());
        assert_eq!(got.at("type"), "searchset");
        assert_eq!(got.at("total"), "1");
    }
    let all = practice.get("/Patient/p1/*");
    let mut ids = all.ids("match");
    ids.sort();
    assert_eq!(ids, ["o1", "o2", "p1"], "{}", all.text());
    assert_eq!(
        practice.get("/Patient?family=ames").at("entry.0.fullUrl"),
        "http://localhost/fhir/Patient/p1"
    );
}

#[test]
fn pages_follow_their_links() {
    let practice = practice();
    let first = practice.get("/Observation?_count=2&code=a,b");
    assert_eq!(first.ids("match").len(), 2);
    assert_eq!(first.link("self"), "/Observation?_count=2&code=a,b");
    let second = practice.get(&first.link("next"));
    assert_eq!(second.ids("match").len(), 1, "{}", second.text());
    assert_eq!(second.link("next"), "");
    assert_eq!(second.link("first"), "/Observation?_count=2&code=a,b");
    let mut ids = [first.ids("match"), second.ids("match")].concat();
    ids.sort();
    assert_eq!(ids, ["o1", "o2", "o3"]);
    assert_eq!(
        practice.get("/Observation?_pretty=true&_count=2").link("self"),
        "/Observation?_count=2&_pretty=true"
    );
    practice.get("/Observation?_cursor=nonsense").assert_refusal(400, "value");
}

#[test]
fn only_the_total_is_told_when_only_it_is_wanted() {
    let practice = practice();
    for path in ["/Observation?_count=0", "/Observation?_summary=count"] {
        let got = practice.get(path);
        assert_eq!((got.at("total").as_str(), got.at("entry").as_str()), ("3", ""), "{path}: {}", got.text());
    }
}

#[test]
fn what_was_not_understood_is_refused_or_reported() {
    let practice = practice();
    let strict = practice.get("/Patient?familly=ames&gender=female");
    strict.assert_refusal(400, "not-supported");
    assert_eq!(strict.at("issue.0.expression.0"), "http.familly");
    let lenient =
        practice.send(&ask("GET", "/Patient?familly=ames&gender=female").with("prefer", "handling=lenient"));
    assert_eq!(lenient.ids("match").len(), 2, "{}", lenient.text());
    assert_eq!(lenient.link("self"), "/Patient?gender=female");
    assert_eq!(lenient.at("entry.2.search.mode"), "outcome");
    assert_eq!(lenient.at("entry.2.resource.issue.0.expression.0"), "http.familly");
    let settings = rest::Settings { lenient_search: true, ..rest::Settings::default() };
    let lenient_practice = Practice::with(settings);
    assert_eq!(lenient_practice.get("/Patient?familly=ames").status, 200);
    let strict =
        lenient_practice.send(&ask("GET", "/Patient?familly=ames").with("prefer", "handling=strict"));
    strict.assert_refusal(400, "not-supported");
}

#[test]
fn included_resources_come_behind_the_matches() {
    let practice = practice();
    let got = practice.get("/Observation?_id=o1&_include=Observation:subject");
    assert_eq!((got.ids("match"), got.ids("include")), (vec!["o1".to_owned()], vec!["p1".to_owned()]));
    assert_eq!(got.at("total"), "1");
    let got = practice.get("/Patient?_id=p2&_revinclude=Observation:subject");
    assert_eq!(got.ids("include"), ["o3"], "{}", got.text());
}

#[test]
fn wildcards_include_all_that_refers_and_all_that_is_referred_to() {
    let practice = practice();
    let resource = |text: &str| practice.fill(&[text]);
    resource(r#"{"resourceType":"Practitioner","id":"d1"}"#);
    resource(
        r#"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},
            "subject":{"reference":"Patient/p1"},"participant":[{"individual":{"reference":"Practitioner/d1"}}]}"#,
    );
    resource(
        r#"{"resourceType":"Provenance","id":"v1","recorded":"2024-01-01T00:00:00Z",
            "target":[{"reference":"Observation/o1"}],"agent":[{"who":{"reference":"Practitioner/d1"}}]}"#,
    );
    resource(
        r#"{"resourceType":"List","id":"l1","status":"current","mode":"working",
            "entry":[{"item":{"reference":"Encounter/e1"}}]}"#,
    );
    let rows: [(&str, &[&str]); 11] = [
        ("/Patient?_id=p1&_revinclude=*", &["e1", "o1", "o2"]),
        ("/Patient?_revinclude=*", &["e1", "o1", "o2", "o3"]),
        ("/Patient?_id=p1&_revinclude=*:*", &["e1", "o1", "o2"]),
        ("/Patient?_id=p1&_revinclude=Observation:*", &["o1", "o2"]),
        ("/Patient?_id=p1&_revinclude:iterate=*", &["e1", "l1", "o1", "o2", "v1"]),
        ("/Patient?_id=p1&_revinclude=*&_include:iterate=*", &["d1", "e1", "o1", "o2"]),
        ("/Patient?_id=p2&_revinclude=*:*:Patient", &["o3"]),
        ("/Practitioner?_revinclude=*", &["e1", "v1"]),
        ("/Encounter?_include=*", &["d1", "p1"]),
        ("/List?_include:iterate=*", &["d1", "e1", "p1"]),
        ("/Provenance?_include=Provenance:*:Practitioner", &["d1"]),
    ];
    for (path, wanted) in rows {
        let got = practice.get(path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let mut ids = got.ids("include");
        ids.sort_unstable();
        assert_eq!(ids, wanted, "{path}");
    }
    let log = practice.get("/Patient?_id=p2&_revinclude=AuditEvent:entity");
    assert!(!log.ids("include").is_empty(), "{}", log.text());
    for path in ["/Patient?_revinclude=*:subject", "/Patient?_include=*:subject", "/Patient?_include=**"] {
        let refused = practice.get(path);
        refused.assert_refusal(400, "value");
        assert!(refused.text().contains("write") || refused.text().contains("no resource type"), "{path}");
    }
}

#[test]
fn parts_of_resources_are_tagged_as_parts() {
    let practice = practice();
    let rows = [
        ("_elements=birthDate", "birthDate", "name"),
        ("_elements=name.family", "name", "birthDate"),
        ("_summary=true", "birthDate", "text"),
        ("_summary=text", "id", "name"),
        ("_summary=data", "name", "text"),
    ];
    for (parameter, kept, left_out) in rows {
        let search = practice.get(&format!("/Patient?_id=p1&{parameter}"));
        let read = practice.get(&format!("/Patient/p1?{parameter}"));
        assert_ne!(read.at(kept), "", "{parameter}: {}", read.text());
        assert_eq!(read.at(left_out), "", "{parameter}: {}", read.text());
        assert_eq!(search.at("entry.0.resource"), read.text(), "{parameter}");
        assert_eq!(read.at("meta.tag.0.code"), "SUBSETTED");
    }
    let summary = practice.get("/Observation/o1?_summary=true");
    assert_eq!(
        (summary.at("status").as_str(), summary.at("valueQuantity.value").as_str()),
        ("final", "1.50")
    );
    assert_eq!(summary.at("category"), "");
    practice.get("/Patient/p1?_summary=some").assert_refusal(400, "value");
    practice.get("/Patient/p1?_summary=count").assert_refusal(400, "value");
}

#[test]
fn a_search_for_everything_is_refused() {
    let practice = practice();
    practice.get("").assert_refusal(400, "too-costly");
    practice.get("/Location/1/Observation").assert_refusal(404, "not-found");
    practice.send(&ask("POST", "/Patient/_search").json("{}")).assert_refusal(415, "not-supported");
}
