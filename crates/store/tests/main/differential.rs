//! Random operations and queries: each engine with its index answers what the naive model answers.

use crate::random::Random;
use crate::sample::*;
use crate::server::{database, open_database};
use search::query::{Query, Total};
use std::fmt::Write;
use store::{
    Batch, Change, Expect, HistoryPage, HistoryScope, Maintain, MemoryStore, OpenOptions, PostgresStore,
    Precondition, Store, StoreError,
};

const FAMILIES: &[&str] = &["Müller", "Muller", "O'Brien", "Kay", "Kayser", "Ōta"];
const CODES: &[&str] = &["8480-6", "8462-4", "29463-7", "718-7"];
/// For people and as codes. The last is none of UCUM's, though it is written under its name.
const UNITS: &[(&str, &str)] =
    &[("mm[Hg]", "mm[Hg]"), ("kg", "kg"), ("g", "g"), ("lb", "[lb_av]"), ("points", "(score)")];
const STATUSES: &[&str] = &["final", "preliminary", "amended"];
const CLASSES: &[&str] = &["AMB", "EMER", "VR"];

const PATIENTS: usize = 12;
const OTHERS: usize = 60;

/// A date, a month, or a time, of few different ones.
fn date(random: &mut Random) -> String {
    let (year, month, day) = (2019 + random.below(3), 1 + random.below(12), 1 + random.below(28));
    match random.below(5) {
        0 => format!("{year}"),
        1 => format!("{year}-{month:02}"),
        2 => format!("{year}-{month:02}-{day:02}T{:02}:30:00Z", random.below(24)),
        3 => format!("{year}-{month:02}-{day:02}T{:02}:30:00.250+05:30", random.below(24)),
        _ => format!("{year}-{month:02}-{day:02}"),
    }
}

fn patient_reference(random: &mut Random) -> String {
    let id = random.below(PATIENTS);
    match random.below(8) {
        0 => format!("https://clinic.example/fhir/Patient/p{id}"),
        1 => format!("Patient/p{id}/_history/1"),
        2 => "https://elsewhere.example/Patient/p1".to_owned(),
        _ => format!("Patient/p{id}"),
    }
}

fn random_patient(random: &mut Random) -> Change {
    let id = format!("p{}", random.below(PATIENTS));
    let body = format!(
        r#"{{"resourceType":"Patient","id":"{id}","active":{},"gender":"{}","birthDate":"{}-02-03",
"identifier":[{{"system":"urn:mrn","value":"{}"}}],"name":[{{"family":"{}","given":["{}"]}}],
"generalPractitioner":[{{"reference":"Practitioner/d{}"}}]}}"#,
        random.one_in(2),
        random.pick(&["male", "female", "other"]),
        1950 + random.below(4),
        random.below(6),
        random.pick(FAMILIES),
        random.pick(&["Ann", "Änne", "Bob"]),
        random.below(3),
    );
    put(&format!("Patient/{id}"), &body)
}

fn random_practitioner(random: &mut Random) -> Change {
    let id = format!("d{}", random.below(3));
    let family = random.pick(FAMILIES);
    let body = format!(r#"{{"resourceType":"Practitioner","id":"{id}","name":[{{"family":"{family}"}}]}}"#);
    put(&format!("Practitioner/{id}"), &body)
}

fn random_observation(random: &mut Random) -> Change {
    let id = format!("o{}", random.below(OTHERS));
    let (unit, code) = UNITS[random.below(UNITS.len())];
    let mut body = format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"{}","code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}],"text":"x"}}"#,
        random.pick(STATUSES),
        random.pick(CODES),
    );
    if !random.one_in(8) {
        let _ = write!(body, r#","subject":{{"reference":"{}"}}"#, patient_reference(random));
    }
    match random.below(4) {
        0 => {}
        1 => {
            let _ = write!(body, r#","effectivePeriod":{{"start":"{}"}}"#, date(random));
        }
        _ => {
            let _ = write!(body, r#","effectiveDateTime":"{}""#, date(random));
        }
    }
    if !random.one_in(3) {
        let value = random.below(300);
        let _ = write!(
            body,
            r#","valueQuantity":{{"value":{value}.{},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{code}"}}"#,
            random.below(100)
        );
    }
    if random.one_in(3) {
        let _ = write!(body, r#","encounter":{{"reference":"Encounter/e{}"}}"#, random.below(OTHERS));
    }
    body.push('}');
    put(&format!("Observation/{id}"), &body)
}

fn random_encounter(random: &mut Random) -> Change {
    let id = format!("e{}", random.below(OTHERS));
    let mut body = format!(
        r#"{{"resourceType":"Encounter","id":"{id}","status":"finished","class":{{"code":"{}"}},"subject":{{"reference":"{}"}},"period":{{"start":"{}""#,
        random.pick(CLASSES),
        patient_reference(random),
        date(random),
    );
    if random.one_in(2) {
        let _ = write!(body, r#","end":"{}""#, date(random));
    }
    let _ = write!(
        body,
        r#"}},"participant":[{{"individual":{{"reference":"Practitioner/d{}"}}}}]}}"#,
        random.below(3)
    );
    put(&format!("Encounter/{id}"), &body)
}

pub fn random_change(random: &mut Random) -> Change {
    let change = match random.below(10) {
        0 => random_practitioner(random),
        1 | 2 => random_patient(random),
        3..=5 => random_encounter(random),
        _ => random_observation(random),
    };
    let expect = match random.below(12) {
        0 => Expect::Absent,
        1 => Expect::Version(1 + u32::try_from(random.below(3)).unwrap()),
        _ => Expect::Any,
    };
    if random.one_in(6) {
        Change { expect, ..delete(&change.key.to_string()) }
    } else {
        Change { expect, ..change }
    }
}

pub fn random_batch(random: &mut Random, time_ms: i64) -> Batch {
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..random.below(5) {
        let change = random_change(random);
        if changes.iter().all(|other| other.key != change.key) {
            changes.push(change);
        }
    }
    let mut batch = batch(time_ms - i64::try_from(random.below(50)).unwrap(), changes);
    if random.one_in(5) {
        let query = query(&format!("Patient?identifier=urn:mrn|{}", random.below(6)));
        let key = key(&format!("Patient/p{}", random.below(PATIENTS)));
        batch.preconditions.push(match random.below(3) {
            0 => Precondition::NoMatch(query),
            1 => Precondition::OnlyMatch(query, key),
            _ => Precondition::At(key, u32::try_from(random.below(4)).unwrap()),
        });
    }
    batch
}

fn condition(random: &mut Random, of: &str) -> String {
    let prefix = random.pick(&["", "eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap"]);
    let patient = random.below(PATIENTS);
    let family: String = random.pick(FAMILIES).chars().take(2).collect();
    match (of, random.below(11)) {
        ("Patient", 0) => format!("family={family}"),
        ("Patient", 1) => format!("name:exact={}", random.pick(FAMILIES)),
        ("Patient", 2) => format!("gender={}", random.pick(&["male", "female,other", "unknown"])),
        ("Patient", 3) => format!("birthdate={prefix}{}", 1950 + random.below(4)),
        ("Patient", 4) => format!("identifier={}{}", random.pick(&["", "urn:mrn|", "|"]), random.below(6)),
        ("Patient", 5) => format!("general-practitioner.name={family}"),
        ("Patient", 6) => format!("_has:Observation:patient:code={}", random.pick(CODES)),
        ("Patient", 7) => format!("_has:Encounter:patient:participant.name={family}"),
        ("Patient", 8) => format!("general-practitioner=Practitioner/d{}", random.below(4)),
        ("Observation", 0 | 1) => format!("patient=p{patient}"),
        ("Observation", 2) => format!("code={}", random.pick(CODES)),
        ("Observation", 3) => format!("code=http://loinc.org|{},{}", random.pick(CODES), random.pick(CODES)),
        ("Observation", 4) => format!("date={prefix}{}", date(random)),
        ("Observation", 5) => {
            let (_, unit) = UNITS[random.below(UNITS.len())];
            format!("value-quantity={prefix}{}|http://unitsofmeasure.org|{unit}", random.below(300))
        }
        ("Observation", 6) => format!("status={}", random.pick(&["final", "final,amended", "registered"])),
        ("Observation", 7) => format!("subject:Patient.family={family}"),
        ("Observation", 8) => format!("encounter.class={}", random.pick(CLASSES)),
        ("Observation", 9) => format!("encounter:missing={}", random.one_in(2)),
        ("Encounter", 0 | 1) => format!("subject=Patient/p{patient}"),
        ("Encounter", 2 | 3) => format!("date={prefix}{}", date(random)),
        ("Encounter", 4) => format!("class={}", random.pick(CLASSES)),
        ("Encounter", 5) => format!("practitioner.name={family}"),
        ("Encounter", 6) => format!("patient.gender={}", random.pick(&["male", "female"])),
        ("Encounter", 7) => format!("_has:Observation:encounter:status={}", random.pick(STATUSES)),
        ("Encounter", 8) => format!("class:not={}", random.pick(CLASSES)),
        (_, 9) => format!("_lastUpdated={prefix}1970-01-01T00:00:{:02}Z", random.below(60)),
        _ => format!("_id={}{},p{patient}", random.pick(&["o", "e"]), random.below(OTHERS)),
    }
}

pub fn random_query(random: &mut Random) -> (String, Query) {
    let of = random.pick(&["Patient", "Observation", "Observation", "Encounter"]);
    let mut url = format!("{of}?");
    for _ in 0..random.below(4) {
        url += &condition(random, of);
        url.push('&');
    }
    if random.one_in(4) {
        let keys =
            random.pick(&["_id", "-_id", "_lastUpdated", "-_lastUpdated", "date", "-date", "status,-date"]);
        if of == "Observation" || keys.starts_with('_') || keys.starts_with("-_") {
            url += &format!("_sort={keys}&");
        }
    }
    let total = if random.one_in(3) { Total::Accurate } else { Total::None };
    let query = Query { count: random.below(12), total, ..query(&url) };
    (url, query)
}

/// What both say to a query, page after page. Each has cursors of its own: internal keys differ.
fn compare_search(memory: &MemoryStore, store: &dyn Store, url: &str, query: &Query) -> usize {
    let (mut of_memory, mut of_store) = (query.clone(), query.clone());
    let mut found = 0;
    loop {
        let right = memory.search(&of_memory, &Ports).unwrap();
        let answer = store.search(&of_store, &Ports).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(answer.matches, right.matches, "{url} count {}", query.count);
        if query.total == Total::Accurate {
            assert_eq!(answer.total, right.total, "{url}");
        }
        found += answer.matches.len();
        match (answer.next, right.next) {
            (None, None) => return found,
            (Some(next), Some(other)) => (of_store.cursor, of_memory.cursor) = (Some(next), Some(other)),
            (answer, right) => panic!("{url}: {answer:?} but {right:?}"),
        }
    }
}

fn compare_history(memory: &MemoryStore, store: &dyn Store, random: &mut Random) {
    let id = random.below(OTHERS);
    let scope = match random.below(4) {
        0 => HistoryScope::System,
        1 => HistoryScope::Type(type_named("Observation")),
        2 => HistoryScope::Resource(key(&format!("Patient/p{}", random.below(PATIENTS)))),
        _ => HistoryScope::Resource(key(&format!("Observation/o{id}"))),
    };
    let time = |random: &mut Random| random.one_in(2).then(|| i64::try_from(random.below(60_000)).unwrap());
    let page = HistoryPage {
        since_ms: time(random),
        until_ms: time(random),
        count: random.below(30),
        before: random.one_in(2).then(|| (random.next() % 600, u32::try_from(random.below(5)).unwrap())),
    };
    let answer = store.history(&scope, &page).unwrap();
    assert_eq!(answer, memory.history(&scope, &page).unwrap(), "{scope:?} {page:?}");
}

/// Refusals are the same by kind and content.
fn compare_commit(memory: &MemoryStore, store: &dyn Store, batch: &Batch) -> bool {
    match (store.commit(batch.clone()), memory.commit(batch.clone())) {
        (Ok(answer), Ok(right)) => {
            assert_eq!(answer, right);
            true
        }
        (Err(answer), Err(right)) => {
            let is_conflict =
                matches!(answer, StoreError::VersionConflict { .. } | StoreError::ConditionConflict { .. });
            assert!(is_conflict, "{answer}");
            assert_eq!(format!("{answer:?}"), format!("{right:?}"));
            false
        }
        (answer, right) => panic!("{answer:?} but {right:?} for {batch:?}"),
    }
}

fn rounds(of: usize) -> usize {
    std::env::var("CHIRON_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(of)
}

/// Rounds of one commit, three searches and a history: on each engine ten thousand operations in two tests.
const ROUNDS: usize = 1_000;

#[test]
fn sqlite_answers_as_the_naive_model_does() {
    let directory = tempfile::tempdir().unwrap();
    compare(|| Box::new(open(directory.path())));
}

#[test]
fn sqlite_with_small_limits_answers_as_the_naive_model_does() {
    let directory = tempfile::tempdir().unwrap();
    compare(|| Box::new(open_with_small_limits(directory.path())));
}

#[test]
fn postgres_answers_as_the_naive_model_does() {
    let (directory, url) = (tempfile::tempdir().unwrap(), database());
    compare(|| Box::new(open_database(&url, directory.path())));
}

#[test]
fn postgres_with_small_limits_answers_as_the_naive_model_does() {
    let (directory, url) = (tempfile::tempdir().unwrap(), database());
    let options = OpenOptions { limits: small_limits(), ..open_options() };
    compare(|| Box::new(PostgresStore::open(&url, directory.path(), &options).unwrap()));
}

fn compare(open: impl Fn() -> Box<dyn Maintain>) {
    let mut random = Random::seeded();
    let memory = MemoryStore::new(ports());
    let mut store = open();
    let (mut taken, mut refused, mut found) = (0, 0, 0);
    for round in 0..rounds(ROUNDS) {
        let batch = random_batch(&mut random, i64::try_from(round).unwrap() * 100);
        if compare_commit(&memory, &*store, &batch) {
            taken += 1;
        } else {
            refused += 1;
        }
        for _ in 0..3 {
            let (url, query) = random_query(&mut random);
            found += compare_search(&memory, &*store, &url, &query);
        }
        compare_history(&memory, &*store, &mut random);
        if random.one_in(100) {
            drop(store);
            store = open();
        }
        if random.one_in(150) {
            store.mark_index_stale().unwrap();
        }
        if random.one_in(20) {
            store.reindex_some().unwrap();
        }
    }
    assert_eq!(store.changes(0, usize::MAX).unwrap(), memory.changes(0, usize::MAX).unwrap());
    while !store.reindex_some().unwrap().done {}
    let verified = store.verify().unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert!(taken > refused && refused > 0 && found > 1_000, "{taken} {refused} {found}");
}
