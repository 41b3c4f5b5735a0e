//! Attacks that must fail: a patient, a proxy, a nurse and a program try every way to read that there is to what is not theirs.

use super::{askers, assert_no_escape, practice, send_as, told};
use crate::practice::{Got, Practice, ask};
use access::Actor;

fn actor(name: &str) -> Actor {
    askers().into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// Searches that lead from what one may see to what one may not. Words are asked for in small letters, so that what an answer
/// repeats of the question is no answer.
const SEARCHES: &[&str] = &[
    "/Observation",
    "/Observation?subject=Patient/other,Patient/closed",
    "/Observation?subject:Patient.name=name-other",
    "/Observation?subject.name:contains=Name",
    "/Observation?subject:Patient._has:Condition:subject:code:text=Addiction",
    "/Observation?_id=o-other,o-closed",
    "/Observation?_filter=subject%20eq%20Patient/other",
    "/Observation?subject:not=Patient/own",
    "/Observation?subject:missing=false&_sort=-date",
    "/Observation?_list=all",
    "/Observation?_has:Provenance:target:_id=none",
    "/Observation?_include=*&_revinclude=*",
    "/Observation?value-string=value-other,value-closed",
    "/Observation?_content=value-other",
    "/Observation?_text=Value",
    "/Observation?performer=Practitioner/n&_revinclude:iterate=*:*",
    "/Practitioner?_revinclude=Observation:performer",
    "/Practitioner?_id=n&_revinclude=*",
    "/Practitioner?_has:Observation:performer:subject=Patient/other",
    "/Organization?_revinclude=Patient:organization",
    "/Organization?_revinclude=Patient:general-practitioner&_revinclude:iterate=Observation:subject",
    "/Encounter?_revinclude=Observation:encounter",
    "/Patient?_id=other,closed",
    "/Patient?name=Name",
    "/Patient?_has:Observation:subject:value-string=value-other",
    "/Patient?organization=Organization/clinic&_revinclude:iterate=Observation:subject",
    "/Patient/other/Observation",
    "/Patient/other/*",
    "/Patient/closed/*?_include=*",
    "/Practitioner/n/Observation",
    "/Practitioner/n/*",
    "/Encounter/e-other/*",
    "/List/all?_include=*",
    "/List?_include=List:item",
    "/Group?_include=Group:member",
    "/Group/all?_elements=member",
    "/Condition?code:text=Addiction",
    "/Condition?_security:missing=false",
    "/DocumentReference?_include=*",
    "/DocumentReference?description=letter-other",
    "/Binary",
    "/Binary/b-other",
    "/Binary/x-other",
    "/Binary/x-closed",
    "/Binary/b-other/_history",
    "/Observation/o-other",
    "/Observation/o-other?_elements=value",
    "/Observation/o-other/_history",
    "/Observation/o-other/_history/1",
    "/Observation/_history",
    "/_history",
    "/?_type=Patient,Observation,Condition,DocumentReference",
    "/Patient/other/$everything",
    "/Patient/own/$everything?_type=Observation,Group,List",
    "/Encounter/e-other/$everything",
    "/Observation/o-other/$meta",
    "/Observation/o-other/$validate",
    "/Observation/$lastn?patient=other&category=laboratory",
    "/DocumentReference/$docref?patient=other",
    "/AuditEvent?patient=Patient/other",
    "/AuditEvent?_include=*",
    "/Subscription",
];

const ATTACKERS: [&str; 6] = ["patient", "proxy", "nurse", "patients-program", "limited-program", "biller"];

#[test]
fn no_search_leads_to_what_is_not_ones_own() {
    let practice = practice("searches");
    let all: usize = SEARCHES
        .iter()
        .map(|path| told(&send_as(&practice, &Actor::local_administrator(), &ask("GET", path))).len())
        .sum();
    assert!(all > 200, "the searches lead somewhere: {all}");
    for name in ATTACKERS {
        let actor = actor(name);
        for path in SEARCHES {
            assert_no_escape(name, path, &send_as(&practice, &actor, &ask("GET", path)));
        }
    }
}

#[test]
fn totals_count_only_what_may_be_seen() {
    let practice = practice("totals");
    let total = |name: &str, path: &str| send_as(&practice, &actor(name), &ask("GET", path)).at("total");
    for how in ["_summary=count", "_total=accurate", "_total=accurate&_count=0"] {
        assert_eq!(total("administrator", &format!("/Observation?{how}")), "3", "{how}");
        assert_eq!(total("nurse", &format!("/Observation?{how}")), "2", "{how}");
        assert_eq!(total("patient", &format!("/Observation?{how}")), "1", "{how}");
        assert_eq!(total("patient", &format!("/Observation?value-string=value-other&{how}")), "0", "{how}");
        assert_eq!(total("nurse", &format!("/Condition?{how}")), "0", "{how}");
        assert_eq!(total("patient", &format!("/Patient?_has:Observation:subject:status=final&{how}")), "1");
    }
}

/// What may not be seen and what is not there are told in the same words.
#[test]
fn what_is_hidden_is_as_if_it_were_not_there() {
    let practice = practice("hidden");
    let pairs = [
        ("GET", "/Observation/o-other", "/Observation/o-nobody"),
        ("GET", "/Observation/o-other/_history", "/Observation/o-nobody/_history"),
        ("GET", "/Observation/o-other/_history/1", "/Observation/o-nobody/_history/1"),
        ("GET", "/Observation/o-other/$meta", "/Observation/o-nobody/$meta"),
        ("GET", "/Patient/other/$everything", "/Patient/nobody/$everything"),
        ("GET", "/Binary/x-other", "/Binary/x-nobody"),
        ("GET", "/Observation?subject=Patient/other", "/Observation?subject=Patient/nobody"),
        ("GET", "/Observation?subject.name=name-other", "/Observation?subject.name=name-nobody"),
    ];
    let alike = |got: &Got, word: &str| {
        let text = got.text().replace(word, "X");
        // Ids and times of answers differ as they must.
        let without = |text: String, name: &str| match text.find(name) {
            Some(at) => {
                let end = text[at + name.len()..].find('"').map_or(text.len(), |end| at + name.len() + end);
                format!("{}{}", &text[..at], &text[end..])
            }
            None => text,
        };
        let names = ["\"lastUpdated\":\"", "\"id\":\"", "\"timestamp\":\""];
        (got.status, names.into_iter().fold(text, without))
    };
    for name in ["patient", "patients-program"] {
        let actor = actor(name);
        for (method, hidden, absent) in pairs {
            let got = [hidden, absent].map(|path| send_as(&practice, &actor, &ask(method, path)));
            let [hidden_answer, absent_answer] = got;
            assert_eq!(alike(&hidden_answer, "other"), alike(&absent_answer, "nobody"), "{name} {hidden}");
        }
    }
}

#[test]
fn what_was_deleted_is_told_to_who_could_see_it() {
    let practice = practice("deleted");
    assert!(practice.send(&ask("DELETE", "/Observation/o-other")).status.is_success());
    let status = |name: &str| send_as(&practice, &actor(name), &ask("GET", "/Observation/o-other")).status;
    assert_eq!((status("nurse").as_u16(), status("patient").as_u16()), (410, 404));
    let history = |name: &str, path: &str| send_as(&practice, &actor(name), &ask("GET", path)).text();
    assert!(history("nurse", "/Observation/_history").contains("o-other"));
    assert!(!history("patient", "/Observation/_history").contains("o-other"));
}

#[test]
fn a_label_that_came_later_covers_what_was_before() {
    let practice = practice("later");
    let label = r#"{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]}}]}"#;
    assert!(practice.post("/Observation/o-own/$meta-add", label).status.is_success());
    let nurse = actor("nurse");
    for path in ["/Observation/o-own", "/Observation/o-own/_history/1", "/Observation/o-own/_history"] {
        assert_eq!(send_as(&practice, &nurse, &ask("GET", path)).status, 404, "{path}");
    }
    let all = send_as(&practice, &nurse, &ask("GET", "/Observation/_history"));
    assert!(!all.text().contains("Value-own"), "{}", all.text());
}

fn bundle(kind: &str, entries: &str) -> String {
    format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{entries}]}}"#)
}

#[test]
fn no_bundle_leads_to_what_is_not_ones_own() {
    let practice = practice("bundles");
    let entries = [
        r#"{"request":{"method":"GET","url":"Observation/o-other"}}"#,
        r#"{"request":{"method":"GET","url":"Observation?subject=Patient/other"}}"#,
        r#"{"request":{"method":"GET","url":"Patient/other/_history"}}"#,
        r#"{"request":{"method":"GET","url":"Observation?_include=*"}}"#,
        r#"{"request":{"method":"POST","url":"Observation","ifNoneExist":"value-string=value-other"},"resource":{"resourceType":"Observation","status":"final","code":{"text":"z"},"subject":{"reference":"Patient/own"}}}"#,
        r#"{"request":{"method":"POST","url":"Observation"},"resource":{"resourceType":"Observation","status":"final","code":{"text":"z"},"subject":{"reference":"Patient?name=name-other"}}}"#,
        r#"{"request":{"method":"PUT","url":"Observation?value-string=value-other"},"resource":{"resourceType":"Observation","status":"final","code":{"text":"z"},"subject":{"reference":"Patient/own"}}}"#,
        r#"{"request":{"method":"DELETE","url":"Observation?value-string=value-other"}}"#,
        r#"{"request":{"method":"DELETE","url":"Observation/o-other"}}"#,
    ];
    // A nurse may change what is other patients'.
    for name in ATTACKERS.into_iter().filter(|name| *name != "nurse") {
        for entry in entries {
            for kind in ["batch", "transaction"] {
                let asked =
                    ask("POST", "/").json(&bundle(kind, entry)).with("prefer", "return=representation");
                assert_no_escape(name, entry, &send_as(&practice, &actor(name), &asked));
            }
        }
    }
    let there = practice.get("/Observation/o-other");
    assert!(there.text().contains("Value-other") && there.at("meta.versionId") == "1", "{}", there.text());
}

#[test]
fn writes_do_not_reach_beyond_ones_own() {
    let practice = practice("writes");
    let program = actor("patients-program");
    let other = r#"{"resourceType":"Observation","id":"o-other","status":"final","code":{"text":"z"},"subject":{"reference":"Patient/own"}}"#;
    let away = r#"{"resourceType":"Observation","id":"o-own","status":"final","code":{"text":"z"},"subject":{"reference":"Patient/other"}}"#;
    let patch = r#"[{"op":"replace","path":"/subject/reference","value":"Patient/other"}]"#;
    let rows = [
        (ask("PUT", "/Observation/o-other").json(other), 404),
        (ask("PUT", "/Observation/o-own").json(away), 403),
        (ask("PATCH", "/Observation/o-own").body("application/json-patch+json", patch), 403),
        (ask("DELETE", "/Observation/o-other"), 404),
        (ask("POST", "/Observation").json(&away.replace(r#""id":"o-own","#, "")), 403),
        (ask("PUT", "/Practitioner/n").json(r#"{"resourceType":"Practitioner","id":"n"}"#), 403),
    ];
    for (asked, status) in rows {
        let got = send_as(&practice, &program, &asked);
        assert_eq!(got.status.as_u16(), status, "{} {}: {}", asked.method, asked.path, got.text());
    }
    assert_eq!(practice.get("/Observation/o-own").at("meta.versionId"), "1");
}

#[test]
fn hp5_what_is_hidden_cannot_be_found_either() {
    let practice = practice("minimum");
    let biller = actor("biller");
    let shown = send_as(&practice, &biller, &ask("GET", "/Observation/o-own"));
    assert!(shown.text().contains("Value-own") && !shown.text().contains("Remark"), "{}", shown.text());
    assert!(shown.text().contains("SUBSETTED"));
    for path in ["/Observation?_content=remark-own", "/Observation?_text=a", "/Condition?_content=a"] {
        assert_eq!(send_as(&practice, &biller, &ask("GET", path)).status, 403, "{path}");
    }
    let search = send_as(&practice, &biller, &ask("GET", "/Observation?subject=Patient/own"));
    assert!(search.text().contains("Value-own") && !search.text().contains("Remark"));
    let front_desk = actor("front-desk");
    assert_eq!(practice_status(&practice, &front_desk, "/Encounter?subject=Patient/own"), 200);
    for path in
        ["/Encounter?reason-code=a", "/Encounter?diagnosis=Condition/c-own", "/Encounter?_sort=reason-code"]
    {
        assert_eq!(practice_status(&practice, &front_desk, path), 403, "{path}");
    }
    assert_eq!(practice_status(&practice, &biller, "/DocumentReference"), 403);
    assert_eq!(
        practice_status(&practice, &biller, "/Patient?_has:DocumentReference:subject:_content=a"),
        403
    );
}

fn practice_status(practice: &Practice, actor: &Actor, path: &str) -> u16 {
    send_as(practice, actor, &ask("GET", path)).status.as_u16()
}

#[test]
fn d6_broken_glass_opens_one_chart_for_four_hours() {
    let practice = practice("glass");
    let clinician = actor("clinician");
    let session = practice.record.session(clinician.clone(), record::Origin::default());
    assert_eq!(practice_status(&practice, &clinician, "/Observation/o-closed"), 404);
    assert!(session.break_glass("closed", "short").is_err(), "a reason says something");
    assert!(session.break_glass("nobody", "unconscious after a fall").is_err());
    let biller = practice.record.session(actor("biller"), record::Origin::default());
    assert!(biller.break_glass("closed", "unconscious after a fall").is_err(), "no emergencies for billers");
    let emergency = session.break_glass("closed", "unconscious after a fall").unwrap();
    assert_eq!(practice_status(&practice, &clinician, "/Observation/o-closed"), 200);
    assert_eq!(practice_status(&practice, &clinician, "/Patient/closed"), 200);
    assert_eq!(practice_status(&practice, &actor("nurse"), "/Patient/closed"), 404, "for nobody else");
    let auditor = practice.record.session(actor("auditor"), record::Origin::default());
    assert_eq!(auditor.emergencies().unwrap().len(), 1, "the privacy officer is told");
    assert!(session.emergencies().is_err());
    auditor.review_emergency(&emergency.id, "it was one").unwrap();
    assert_eq!(auditor.emergencies().unwrap()[0].reviewed.as_ref().unwrap().finding, "it was one");
    let audited = practice.get("/AuditEvent?patient=Patient/closed&_count=100").text();
    assert!(audited.contains("glass broken") && !audited.contains("unconscious"), "{audited}");
    let hours = record::emergency::EMERGENCY_MS / 1000;
    for _ in 0..hours {
        // The clock of the test goes on by a second with each look.
        practice.record.now_ms();
    }
    assert_eq!(practice_status(&practice, &clinician, "/Observation/o-closed"), 404, "it is over");
}

#[test]
fn a_proxy_who_is_one_no_longer_sees_nothing() {
    let practice = practice("proxy");
    let proxy = actor("proxy");
    assert_eq!(practice_status(&practice, &proxy, "/Observation/o-own"), 200);
    let over = r#"{"resourceType":"RelatedPerson","id":"r","active":true,"patient":{"reference":"Patient/own"},"period":{"end":"2020-01-01"}}"#;
    practice.fill(&[over]);
    assert_eq!(practice_status(&practice, &proxy, "/Observation/o-own"), 403);
    practice.fill(&[
        r#"{"resourceType":"RelatedPerson","id":"r","active":false,"patient":{"reference":"Patient/own"}}"#,
    ]);
    assert_eq!(practice_status(&practice, &proxy, "/Observation/o-own"), 403);
}
