//! Stores, resources and batches for tests.

use crate::server;
use fhir::schema::{TypeId, schema};
use search::query::Query;
use search::rows::{IndexRows, index_rows};
use std::path::Path;
use std::sync::Arc;
use store::{
    Action, Batch, Change, Expect, LocalKey, MemoryStore, OpenOptions, ResourceKey, SearchLimits,
    SqliteStore, Store, WrappingKey,
};

pub struct Ports;

impl search::Ports for Ports {
    fn base_url(&self) -> &str {
        "https://clinic.example/fhir"
    }
}

pub fn ports() -> Arc<dyn search::Ports> {
    Arc::new(Ports)
}

/// The key that wraps the keys of stores in tests.
pub fn wrapping_key() -> Arc<dyn WrappingKey> {
    Arc::new(LocalKey::new(&[7; LocalKey::BYTES]))
}

pub fn open_options() -> OpenOptions {
    OpenOptions::new(ports(), wrapping_key())
}

/// Runs a test on every backend.
pub fn on_every_backend(test: impl Fn(&dyn Store)) {
    test(&MemoryStore::new(ports()));
    let directory = tempfile::tempdir().unwrap();
    test(&open(directory.path()));
    let directory = tempfile::tempdir().unwrap();
    test(&server::open_database(&server::database(), directory.path()));
}

pub fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, &open_options()).unwrap()
}

/// Limits by which searches come to every path with few resources.
pub fn small_limits() -> SearchLimits {
    SearchLimits {
        few_rows: 2,
        homes: 3,
        referring_rows: 6,
        unseen_homes: 2,
        sparse_rows: 4,
        unordered_rows: 12,
        merged_leaves: 3,
        probed_tokens: 2,
        linked: 3,
        ..SearchLimits::default()
    }
}

pub fn open_with_small_limits(directory: &Path) -> SqliteStore {
    let options = OpenOptions { limits: small_limits(), ..open_options() };
    SqliteStore::open(directory, &options).unwrap()
}

pub fn type_named(name: &str) -> TypeId {
    schema().resource_named(name).unwrap()
}

pub fn key(name: &str) -> ResourceKey {
    let (type_name, id) = name.split_once('/').unwrap();
    ResourceKey::new(type_named(type_name), id)
}

pub fn put(name: &str, body: &str) -> Change {
    let document = fhir::Document::parse(body).unwrap();
    put_with(name, body, Box::new(index_rows(&document)))
}

pub fn put_at(name: &str, body: &str, recency_ms: Option<i64>) -> Change {
    put_with(name, body, Box::new(IndexRows { recency_ms, ..IndexRows::default() }))
}

pub fn put_with(name: &str, body: &str, rows: Box<IndexRows>) -> Change {
    let document = fhir::Document::parse(body).unwrap();
    let splice = store::version::Splice::of(&document).unwrap_or_default();
    let action = Action::Put { body: body.into(), splice, rows };
    Change { key: key(name), expect: Expect::Any, action }
}

pub fn delete(name: &str) -> Change {
    Change { key: key(name), expect: Expect::Any, action: Action::Delete }
}

pub fn patient(id: &str, family: &str) -> Change {
    let body = format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}"#);
    put(&format!("Patient/{id}"), &body)
}

pub fn batch(time_ms: i64, changes: impl Into<Vec<Change>>) -> Batch {
    Batch {
        time_ms,
        changes: changes.into(),
        audit: format!("audit at {time_ms}").into_bytes(),
        ..Batch::default()
    }
}

/// A query from the text of a URL: `Observation?code=1234-5&_count=3`.
pub fn query(url: &str) -> Query {
    let (type_name, rest) = url.split_once('?').unwrap_or((url, ""));
    let pairs: Vec<(String, String)> = rest
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let type_id = (!type_name.is_empty()).then(|| type_named(type_name));
    let limits = search::parse::Limits { now_ms: 1_700_000_000_000, ..search::parse::Limits::default() };
    search::parse::parse(type_id, None, &pairs, search::parse::Handling::Strict, &Ports, &limits)
        .unwrap_or_else(|error| panic!("{url}: {error:?}"))
        .query
}

/// The names of a page's matches, and the next page's cursor.
pub fn page(store: &dyn Store, query: &Query) -> (Vec<String>, Option<String>) {
    let hits = store.search(query, &Ports).unwrap();
    (hits.matches.iter().map(|version| version.key.to_string()).collect(), hits.next)
}

/// The names of all matches, page by page.
pub fn all(store: &dyn Store, query: &Query) -> Vec<String> {
    let mut query = query.clone();
    let mut names = Vec::new();
    loop {
        let (page, next) = page(store, &query);
        assert!(page.len() <= query.count);
        names.extend(page);
        match next {
            Some(cursor) => query.cursor = Some(cursor),
            None => return names,
        }
    }
}
