//! The index of words says where to look and never changes an answer, however far behind it is.

use crate::random::Random;
use crate::sample::*;
use crate::server::{connect, database};
use std::path::Path;
use std::time::{Duration, Instant};
use store::{
    Change, Maintain, MemoryStore, OpenOptions, PostgresStore, SearchLimits, SqliteStore, Store, StoreError,
};

/// Opens a store with an index of words.
type Open = dyn Fn(SearchLimits) -> Box<dyn Maintain>;

fn with_words(limits: SearchLimits) -> OpenOptions {
    OpenOptions { limits, index_words: true, ..open_options() }
}

fn sqlite(directory: &Path) -> Box<Open> {
    let directory = directory.to_owned();
    Box::new(move |limits| Box::new(SqliteStore::open(&directory, &with_words(limits)).unwrap()))
}

fn postgres(directory: &Path, url: &str) -> Box<Open> {
    let (directory, url) = (directory.to_owned(), url.to_owned());
    Box::new(move |limits| Box::new(PostgresStore::open(&url, &directory, &with_words(limits)).unwrap()))
}

fn note(id: &str, narrative: &str, text: &str) -> Change {
    let body = format!(
        r#"{{"resourceType":"Basic","id":"{id}","text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{narrative}</p></div>"}},"code":{{"text":"{text}"}}}}"#
    );
    put(&format!("Basic/{id}"), &body)
}

const WORDS: [&str; 10] =
    ["Fieber", "fièvre", "fever", "O'Brien", "5%", "<b>high</b> bp", "Straße", "東京 clinic", "fe", "a-b"];

const QUERIES: [&str; 14] = [
    "_content=fever",
    "_text=fever",
    "_text=fe*",
    "_content=fe*",
    "_content=FIEVRE",
    "_text=obrien",
    "_content=%22high bp%22",
    "_text=strasse fever",
    "_content=fever -fe",
    "_content=-fever",
    "_content=fe OR 東京",
    "_text=generated",
    "_content=generated",
    "_content=p",
];

#[test]
fn the_index_of_words_changes_no_answer_while_it_is_behind() {
    let directory = tempfile::tempdir().unwrap();
    no_answer_is_changed(&sqlite(directory.path()));
}

#[test]
fn the_index_of_words_in_a_database_changes_no_answer_while_it_is_behind() {
    let directory = tempfile::tempdir().unwrap();
    no_answer_is_changed(&postgres(directory.path(), &database()));
}

fn no_answer_is_changed(open: &Open) {
    let mut random = Random::seeded();
    let mut limits = SearchLimits { with_words: 5, ..SearchLimits::default() };
    let (model, mut store) = (MemoryStore::new(ports()), open(limits));
    for round in 0..120 {
        for _ in 0..random.below(4) {
            let id = format!("n{}", random.below(12));
            let changes = match random.one_in(5) {
                true => delete(&format!("Basic/{id}")),
                false => note(&id, random.pick(&WORDS), random.pick(&WORDS)),
            };
            let batch = batch(round, [changes]);
            assert_eq!(model.commit(batch.clone()).unwrap(), store.commit(batch).unwrap());
        }
        for text in QUERIES {
            let query = query(&format!("Basic?{text}&_count=3"));
            assert_eq!(all(&*store, &query), all(&model, &query), "round {round}: {text}");
        }
        if random.one_in(20) {
            drop(store);
            limits.with_words = 4 + random.below(20);
            store = open(limits);
        }
        if random.one_in(20) {
            store.mark_index_stale().unwrap();
            while !store.reindex_some().unwrap().done {}
        }
    }
}

/// Asks until the answer is there, no longer than a second: a search that has to read all is refused.
fn found_within_a_second(store: &dyn Store, text: &str) -> Vec<String> {
    let begun = Instant::now();
    loop {
        match store.search(&query(text), &Ports) {
            Ok(hits) => return hits.matches.iter().map(|hit| hit.key.to_string()).collect(),
            Err(StoreError::TooCostly { .. }) if begun.elapsed() < Duration::from_secs(1) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn a_rare_word_among_many_documents_is_found_without_reading_them() {
    let directory = tempfile::tempdir().unwrap();
    // Lost or damaged, it is made anew.
    a_rare_word_is_found(&sqlite(directory.path()), &|| {
        std::fs::write(directory.path().join("words.sqlite"), "no database").unwrap();
    });
}

#[test]
fn a_rare_word_among_many_documents_in_a_database_is_found_without_reading_them() {
    let (directory, url) = (tempfile::tempdir().unwrap(), database());
    // Of other rules, it is made anew.
    a_rare_word_is_found(&postgres(directory.path(), &url), &|| {
        connect(&url).execute("UPDATE words_place SET form = 0; UPDATE words SET words = ''");
    });
}

/// What no index holds of a document is looked for in the document.
#[test]
fn a_document_of_too_many_words_for_the_database_is_found() {
    let (directory, url) = (tempfile::tempdir().unwrap(), database());
    let store = postgres(directory.path(), &url)(SearchLimits { documents: 40, ..SearchLimits::default() });
    let mut changes: Vec<_> =
        (0..1_500).map(|at| note(&format!("n{at}"), "unremarkable", "nothing")).collect();
    changes.push(note("long", "x", &"y".repeat(3_000)));
    let many: String = (0..150_000).map(|at| format!("word{at} ")).collect();
    changes.push(note("many", "x", &many));
    store.commit(batch(1, changes)).unwrap();
    let mut found = found_within_a_second(&*store, "Basic?_content=word149999");
    found.extend(found_within_a_second(&*store, "Basic?_content=yyyy*"));
    assert_eq!(found, ["Basic/many", "Basic/long"]);
}

fn a_rare_word_is_found(open: &Open, lose: &dyn Fn()) {
    let limits = SearchLimits { documents: 40, ..SearchLimits::default() };
    let store = open(limits);
    let changes: Vec<_> =
        (0..1_500).map(|at| note(&format!("n{at}"), "unremarkable", &format!("w{at}"))).collect();
    store.commit(batch(1, changes)).unwrap();
    assert_eq!(found_within_a_second(&*store, "Basic?_content=w777"), ["Basic/n777"]);
    assert_eq!(found_within_a_second(&*store, "Basic?_text=w777"), Vec::<String>::new());
    store.commit(batch(2, [note("n777", "W888", "nothing")])).unwrap();
    assert_eq!(found_within_a_second(&*store, "Basic?_text=w888"), ["Basic/n777"]);
    assert_eq!(found_within_a_second(&*store, "Basic?_content=w777"), Vec::<String>::new());
    store.commit(batch(3, [delete("Basic/n777")])).unwrap();
    assert_eq!(found_within_a_second(&*store, "Basic?_content=w888"), ["Basic/n888"]);
    drop(store);
    lose();
    let store = open(limits);
    assert_eq!(found_within_a_second(&*store, "Basic?_content=w888"), ["Basic/n888"]);
}
