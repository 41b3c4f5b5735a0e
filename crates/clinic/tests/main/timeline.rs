//! All that happened in one line, and the search of it (CH07, X9).

use crate::practice::{Practice, update};
use crate::random::Random;
use access::Actor;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clinic::timeline::query::Query;
use clinic::timeline::{Kind, PAGE, Timeline};
use record::{Origin, Session};
use std::collections::BTreeSet;
use store::Expect;

fn practice() -> (Practice, Session) {
    let practice = Practice::with_rules(clinic::write_rules());
    let session = practice.administrator();
    for id in ["p", "other"] {
        put(&session, &format!("Patient/{id}"), r#""name":[{"family":"Roe"}]"#);
    }
    (practice, session)
}

fn put(session: &Session, name: &str, members: &str) {
    let (type_name, id) = name.split_once('/').unwrap();
    let json = format!(r#"{{"resourceType":"{type_name}","id":"{id}",{members}}}"#);
    update(session, name, &json, Expect::Any).unwrap();
}

const OF: &str = r#""subject":{"reference":"Patient/p"}"#;

fn note(session: &Session, id: &str, text: &str, more: &str) {
    let data = STANDARD.encode(text);
    let members = format!(
        r#""status":"current","docStatus":"final","type":{{"text":"Progress note"}},{OF},"date":"2023-05-02T10:00:00Z",
           "content":[{{"attachment":{{"contentType":"text/plain; charset=utf-8","data":"{data}"}}}}]{more}"#
    );
    put(session, &format!("DocumentReference/{id}"), &members);
}

fn found(session: &Session, query: &str) -> Vec<String> {
    let timeline = Timeline::read(session, "p", (&Query::read(query), &[]), 0).unwrap();
    timeline.entries.into_iter().map(|found| found.entry.reference).collect()
}

/// A chart with one thing of each kind.
fn chart(session: &Session) {
    for (id, drug) in [
        ("ator", "atorvastatin 40 mg"),
        ("lis", "lisinopril 20 mg"),
        ("ari", "aripiprazole 5 mg"),
        ("pan", "pantoprazole 40 mg"),
    ] {
        let members = format!(
            r#""status":"active","intent":"order",{OF},"authoredOn":"2023-05-02","medicationCodeableConcept":{{"text":"{drug}"}}"#
        );
        put(session, &format!("MedicationRequest/{id}"), &members);
    }
    let condition = r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
        "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I10","display":"Essential (primary) hypertension"}]},"recordedDate":"2020-01-05""#;
    put(session, "Condition/htn", &format!("{condition},{OF}"));
    let a1c = r#""status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c/Hemoglobin.total in Blood"}]},
        "effectiveDateTime":"2023-05-02","valueQuantity":{"value":7.1,"unit":"%"}"#;
    put(session, "Observation/a1c", &format!("{a1c},{OF}"));
    put(
        session,
        "Procedure/colo",
        &format!(
            r#""status":"completed","code":{{"text":"Colonoscopy"}},"performedDateTime":"2019-08-01",{OF}"#
        ),
    );
    let family = r#""status":"completed","patient":{"reference":"Patient/p"},"relationship":{"text":"Mother"},"condition":[{"code":{"text":"Breast cancer"}}]"#;
    put(session, "FamilyMemberHistory/mother", family);
    put(
        session,
        "Communication/c",
        &format!(
            r#""status":"completed",{OF},"sent":"2023-06-01","payload":[{{"contentString":"Please call about the MRI"}}]"#
        ),
    );
    note(
        session,
        "n",
        "Seen in April. Café au lait spots, knee pain since the marathon; ранее не болел.",
        "",
    );
}

#[test]
fn x9_words_short_words_and_classes_of_drugs_find_what_is_meant() {
    let (_practice, session) = practice();
    chart(&session);
    let must_find = [
        ("statin", "MedicationRequest/ator"),
        ("ATORVA", "MedicationRequest/ator"),
        ("ace inhibitor", "MedicationRequest/lis"),
        ("ppi", "MedicationRequest/pan"),
        ("htn", "Condition/htn"),
        ("high blood pressure", "Condition/htn"),
        ("a1c", "Observation/a1c"),
        ("hba1c", "Observation/a1c"),
        ("colonoscopy", "Procedure/colo"),
        ("colon", "Procedure/colo"),
        ("breast mother", "FamilyMemberHistory/mother"),
        ("mri", "Communication/c"),
        ("cafe", "DocumentReference/n"),
        ("marathon knee", "DocumentReference/n"),
        ("болел", "DocumentReference/n"),
        ("lisinopril 20", "MedicationRequest/lis"),
    ];
    for (query, reference) in must_find {
        assert!(
            found(&session, query).iter().any(|one| one == reference),
            "{query}: {:?}",
            found(&session, query)
        );
    }
    assert_eq!(found(&session, "ppi"), ["MedicationRequest/pan"], "aripiprazole is none");
    assert_eq!(found(&session, "acei"), ["MedicationRequest/lis"], "April is none");
    assert!(found(&session, "marathon lisinopril").is_empty(), "all of it must be there");
    for hostile in ["\u{202e}\u{0}", "<script>", "\"", "%", "\\", &"x ".repeat(10_000), "((((", "*"] {
        found(&session, hostile);
    }
}

#[test]
fn x9_a_hit_is_shown_among_its_words_and_what_has_it_in_its_name_comes_first() {
    let (_practice, session) = practice();
    chart(&session);
    note(&session, "m", "We spoke of lisinopril <b>and</b> cough.", "");
    let timeline = Timeline::read(&session, "p", (&Query::read("lisinopril"), &[]), 0).unwrap();
    let of: Vec<&str> = timeline.entries.iter().map(|found| found.entry.reference.as_str()).collect();
    assert_eq!(of, ["MedicationRequest/lis", "DocumentReference/m"]);
    let hits: Vec<&str> = timeline.entries[1]
        .snippet
        .iter()
        .filter(|(_, is_hit)| *is_hit)
        .map(|(text, _)| text.as_str())
        .collect();
    assert_eq!(hits, ["lisinopril"]);
    assert!(timeline.counts.contains(&(Kind::Note, 1)));
}

#[test]
fn x9_what_may_not_be_seen_is_not_found_and_not_counted() {
    let (practice, session) = practice();
    let label = r#","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]}"#;
    note(&session, "secret", "methadone clinic", label);
    note(&session, "open", "knee pain", "");
    let nurse = Actor {
        id: "n".to_owned(),
        name: "Nurse".to_owned(),
        roles: vec!["nurse".to_owned()],
        ..Actor::default()
    };
    let nurse = practice.record.session(nurse, Origin { address: String::new(), way: "page" });
    assert_eq!(found(&session, "methadone").len(), 1);
    let timeline = Timeline::read(&nurse, "p", (&Query::read("methadone"), &[]), 0).unwrap();
    assert_eq!((timeline.entries.len(), timeline.total, timeline.counts.len()), (0, 0, 0));
    let all = Timeline::read(&nurse, "p", (&Query::default(), &[]), 0).unwrap();
    assert_eq!(all.counts, [(Kind::Note, 1)]);
}

#[test]
fn ch07_pages_hold_everything_once_and_in_order() {
    let (_practice, session) = practice();
    let mut random = Random::seeded();
    let count = 230 + random.below(60);
    for number in 0..count {
        let (month, day) = (1 + random.below(12), 1 + random.below(28));
        let members = format!(
            r#""status":"completed","code":{{"text":"Procedure {number}"}},"performedDateTime":"20{:02}-{month:02}-{day:02}",{OF}"#,
            10 + random.below(14)
        );
        put(&session, &format!("Procedure/p{number}"), &members);
    }
    let (mut seen, mut dates, mut page) = (BTreeSet::new(), Vec::new(), 0);
    loop {
        let timeline = Timeline::read(&session, "p", (&Query::default(), &[]), page).unwrap();
        assert_eq!(timeline.total, count);
        if timeline.entries.is_empty() {
            break;
        }
        assert!(timeline.entries.len() <= PAGE);
        for found in &timeline.entries {
            assert!(seen.insert(found.entry.reference.clone()), "{} twice", found.entry.reference);
            dates.push(found.entry.date.clone());
        }
        for (year, on) in timeline.years {
            assert!(
                dates.len() <= (on + 1) * PAGE || dates.iter().any(|date| date.starts_with(&year)),
                "{year}"
            );
        }
        page += 1;
    }
    assert_eq!(seen.len(), count);
    assert!(dates.is_sorted_by(|one, two| one >= two), "newest first");
}

#[test]
fn ch07_values_of_a_day_are_one_entry_and_kinds_can_be_chosen() {
    let (_practice, session) = practice();
    chart(&session);
    for (id, code) in [("b", "718-7"), ("c", "6690-2")] {
        let members = format!(
            r#""status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}],"text":"Test {code}"}},{OF},"effectiveDateTime":"2023-05-02","valueQuantity":{{"value":3,"unit":"g"}}"#
        );
        put(&session, &format!("Observation/{id}"), &members);
    }
    let of = |kinds: &[Kind]| Timeline::read(&session, "p", (&Query::default(), kinds), 0).unwrap();
    let results = of(&[Kind::Result]);
    assert_eq!(results.entries.len(), 1, "{:?}", results.entries);
    assert!(results.entries[0].entry.detail.contains("Test 718-7 3 g"));
    assert_eq!(of(&[Kind::Medication, Kind::Procedure]).total, 5);
    assert!(of(&[]).years.first().is_some_and(|(year, page)| year == "2023" && *page == 0));
}
