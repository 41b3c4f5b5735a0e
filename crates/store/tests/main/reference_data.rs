//! Resources of the reference data: a synthetic practice, and the examples that are published with the standard.

use crate::random::Random;
use crate::sample::*;
use crate::shared_data;
use fhir::Document;
use search::query::Query;
use std::collections::BTreeMap;
use store::{Change, Maintain, MemoryStore, Store};

fn change(document: &Document) -> Option<Change> {
    let root = document.root();
    // An id has at most 64 characters; some published examples break that.
    let id = root.get_str("id").filter(|id| id.len() <= 64)?;
    let name = format!("{}/{id}", root.get_str("resourceType")?);
    Some(put(&name, document.text()))
}

/// The last of each name: a batch changes a resource once.
fn changes(documents: &[Document]) -> Vec<Change> {
    let all = documents.iter().filter_map(change).map(|change| (change.key.to_string(), change));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// What may be asked of a resource, with values it has.
fn question(document: &Document, random: &mut Random) -> String {
    let root = document.root();
    let type_name = root.get_str("resourceType").unwrap();
    let text =
        |path: &[&str]| root.at_path(path).and_then(fhir::Node::as_str).map(std::borrow::Cow::into_owned);
    let mut url = format!("{type_name}?");
    let mut ask = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|_| !random.one_in(2)) {
            url += &format!("{name}={value}&");
        }
    };
    match &*type_name {
        "Patient" => {
            ask("family", text(&["name", "family"]));
            ask("birthdate", text(&["birthDate"]));
            ask("gender", text(&["gender"]));
        }
        "Observation" | "Condition" | "Procedure" | "DiagnosticReport" => {
            ask("subject", text(&["subject", "reference"]));
            ask("code", text(&["code", "coding", "code"]));
            ask("encounter", text(&["encounter", "reference"]));
            ask("category", text(&["category", "coding", "code"]));
            ask("subject:Patient.gender", Some("male".into()));
        }
        "Encounter" | "Claim" | "ExplanationOfBenefit" => {
            ask("patient", text(&["subject", "reference"]).or_else(|| text(&["patient", "reference"])));
            ask("status", text(&["status"]));
            ask("date", text(&["period", "start"]).map(|start| format!("ge{}", &start[..10])));
        }
        _ => ask("_id", text(&["id"])),
    }
    url
}

#[test]
fn a_synthetic_practice_is_searched_as_the_naive_model_does() {
    let Some(documents) = shared_data::synthea(3) else { return };
    let mut random = Random::seeded();
    let memory = MemoryStore::new(ports());
    let directory = tempfile::tempdir().unwrap();
    let stores =
        [open(&directory.path().join("usual")), open_with_small_limits(&directory.path().join("small"))];
    let all = changes(&documents);
    memory.commit(batch(1_700_000_000_000, all.clone())).unwrap();
    for store in &stores {
        store.commit(batch(1_700_000_000_000, all.clone())).unwrap();
    }
    let mut found = 0;
    for _ in 0..60 {
        let url = question(&documents[random.below(documents.len())], &mut random);
        let query = Query { count: 1 + random.below(300), ..query(&url) };
        let right = page(&memory, &query).0;
        for store in &stores {
            assert_eq!(page(store, &query).0, right, "{url}");
        }
        found += right.len();
    }
    assert!(found > 60, "{found}");
    assert!(stores.iter().all(|store| store.verify().unwrap().is_sound()));
}

#[test]
fn the_published_examples_come_back_byte_by_byte() {
    let Some(documents) = shared_data::published_examples() else { return };
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let all = changes(&documents);
    for part in all.chunks(500) {
        store.commit(batch(1, part)).unwrap();
    }
    for change in &all {
        let store::Action::Put { body, .. } = &change.action else { continue };
        let version = store.read(&change.key).unwrap().unwrap();
        assert_eq!(version.text(), &**body, "{}", change.key);
    }
    let found = store.verify().unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
    assert!(found.documents > 2_000, "{}", found.documents);
}
