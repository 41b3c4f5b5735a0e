//! What every backend must do.

use crate::sample::*;
use search::query::{Query, Total};
use store::version::{Splice, SpliceForm};
use store::{
    Action, Batch, Change, Expect, HistoryPage, HistoryScope, Precondition, PrivateChange, ReadPlace, Store,
    StoreError, Version,
};

const FAR: usize = 1000;

fn names(versions: &[Version]) -> Vec<String> {
    versions.iter().map(|version| format!("{version:?}")).collect()
}

fn history(store: &dyn Store, scope: HistoryScope, page: HistoryPage) -> Vec<String> {
    names(&store.history(&scope, &HistoryPage { count: page.count.max(1), ..page }).unwrap())
}

fn everything() -> HistoryPage {
    HistoryPage { count: FAR, ..HistoryPage::default() }
}

#[test]
fn a_resource_is_read_as_it_was_written() {
    on_every_backend(|store| {
        assert_eq!(store.read(&key("Patient/a")).unwrap(), None);
        let splice = Splice { at: 7, form: SpliceForm::Meta };
        let body = r#"{"resourceType":"Patient","id":"a","x":1.50,"ä":"\u00e4"}"#;
        let mut change = put("Patient/a", body);
        if let Action::Put { splice: at, .. } = &mut change.action {
            *at = splice;
        }
        let committed = store.commit(batch(5_000, [change])).unwrap();
        assert_eq!((committed.sequence, committed.time_ms, committed.versions), (1, 5_000, vec![1]));
        let version = store.read(&key("Patient/a")).unwrap().unwrap();
        assert_eq!(version.text(), body);
        assert_eq!((version.version, version.updated_ms, version.splice), (1, 5_000, splice));
        assert_eq!(version.place, (1, 0));
    });
}

#[test]
fn versions_follow_each_other_through_deletion() {
    on_every_backend(|store| {
        for (time, change) in [
            (1, patient("a", "One")),
            (2, patient("a", "Two")),
            (3, delete("Patient/a")),
            (4, patient("a", "Three")),
        ] {
            store.commit(batch(time, [change])).unwrap();
        }
        let read = |version| store.read_version(&key("Patient/a"), version).unwrap();
        assert!(read(1).unwrap().body.unwrap().contains("One"));
        assert!(read(2).unwrap().body.unwrap().contains("Two"));
        assert!(read(3).unwrap().is_deleted());
        assert_eq!(read(3).unwrap().updated_ms, 3);
        assert!(read(4).unwrap().body.unwrap().contains("Three"));
        assert_eq!((read(0), read(5)), (None, None));
        assert_eq!(store.read(&key("Patient/a")).unwrap(), read(4));
        store.commit(batch(5, [delete("Patient/a")])).unwrap();
        let gone = store.read(&key("Patient/a")).unwrap().unwrap();
        assert!(gone.is_deleted() && gone.version == 5 && gone.place == (5, 0));
    });
}

#[test]
fn deleting_nothing_makes_no_version() {
    on_every_backend(|store| {
        let committed = store.commit(batch(1, [delete("Patient/a"), patient("b", "B")])).unwrap();
        assert_eq!(committed.versions, [0, 1]);
        assert_eq!(store.read(&key("Patient/a")).unwrap(), None);
        assert_eq!(store.read(&key("Patient/b")).unwrap().unwrap().place, (1, 0));
        store.commit(batch(2, [delete("Patient/b")])).unwrap();
        assert_eq!(store.commit(batch(3, [delete("Patient/b")])).unwrap().versions, [0]);
        assert_eq!(
            store.changes(0, FAR).unwrap().len(),
            3,
            "each commit is in the log, also one that changed nothing"
        );
    });
}

#[test]
fn a_change_meets_what_it_expects_or_nothing_happens() {
    on_every_backend(|store| {
        store.commit(batch(1, [patient("a", "A")])).unwrap();
        for (expect, is_met) in [
            (Expect::Absent, false),
            (Expect::Version(2), false),
            (Expect::Version(1), true),
            (Expect::Version(1), false),
            (Expect::Any, true),
        ] {
            let before = store.read(&key("Patient/a")).unwrap().unwrap();
            let changes = [patient("other", "O"), Change { expect, ..patient("a", "B") }];
            match store.commit(batch(2, changes)) {
                Ok(committed) => assert!(is_met, "{expect:?}: {committed:?}"),
                Err(StoreError::VersionConflict { key: named, current }) => {
                    assert!(!is_met, "{expect:?}");
                    assert_eq!((named, current), (key("Patient/a"), before.version));
                    assert_eq!(store.read(&key("Patient/a")).unwrap().unwrap(), before);
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(store.read(&key("Patient/other")).unwrap().unwrap().version, 2, "two commits were taken");
        store.commit(batch(3, [delete("Patient/a")])).unwrap();
        store.commit(batch(3, [Change { expect: Expect::Absent, ..patient("a", "C") }])).unwrap();
        assert_eq!(store.read(&key("Patient/a")).unwrap().unwrap().version, 5);
    });
}

#[test]
fn preconditions_hold_at_the_moment_of_the_commit() {
    on_every_backend(|store| {
        let by_family = |family: &str| query(&format!("Patient?family={family}"));
        let write = |precondition, id: &str| {
            let batch = Batch { preconditions: vec![precondition], ..batch(1, [patient(id, "Kay")]) };
            store.commit(batch).map(|_| ())
        };
        write(Precondition::NoMatch(by_family("Kay")), "a").unwrap();
        let refused = write(Precondition::NoMatch(by_family("Kay")), "b");
        let Err(StoreError::ConditionConflict { precondition: 0, matches }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(matches, [key("Patient/a")]);
        assert_eq!(store.read(&key("Patient/b")).unwrap(), None);
        write(Precondition::OnlyMatch(by_family("Kay"), key("Patient/a")), "a").unwrap();
        assert!(write(Precondition::OnlyMatch(by_family("Kay"), key("Patient/b")), "b").is_err());
        write(Precondition::At(key("Patient/a"), 2), "b").unwrap();
        assert!(
            write(Precondition::OnlyMatch(by_family("Kay"), key("Patient/a")), "c").is_err(),
            "two match now"
        );
        let refused = write(Precondition::At(key("Patient/a"), 1), "c");
        assert!(matches!(refused, Err(StoreError::VersionConflict { current: 2, .. })), "{refused:?}");
        write(Precondition::At(key("Patient/none"), 0), "c").unwrap();
    });
}

#[test]
fn time_never_goes_back() {
    on_every_backend(|store| {
        assert_eq!(store.commit(batch(10, [patient("a", "A")])).unwrap().time_ms, 10);
        assert_eq!(store.commit(batch(3, [patient("b", "B")])).unwrap().time_ms, 10);
        assert_eq!(store.read(&key("Patient/b")).unwrap().unwrap().updated_ms, 10);
        assert_eq!(store.commit(batch(11, [patient("c", "C")])).unwrap().time_ms, 11);
    });
}

fn write_some_history(store: &dyn Store) {
    store
        .commit(batch(10, [patient("a", "A"), put("Basic/x", r#"{"resourceType":"Basic","id":"x"}"#)]))
        .unwrap();
    store.commit(batch(20, [patient("a", "B"), patient("b", "C")])).unwrap();
    store.commit(batch(20, [delete("Patient/b")])).unwrap();
    store.commit(batch(30, [patient("a", "D")])).unwrap();
}

#[test]
fn history_of_a_resource_a_type_and_everything() {
    on_every_backend(|store| {
        write_some_history(store);
        let of_a = HistoryScope::Resource(key("Patient/a"));
        assert_eq!(
            history(store, of_a, everything()),
            ["Patient/a/_history/3", "Patient/a/_history/2", "Patient/a/_history/1"]
        );
        let of_patients = [
            "Patient/a/_history/3",
            "Patient/b/_history/2 (deleted)",
            "Patient/b/_history/1",
            "Patient/a/_history/2",
            "Patient/a/_history/1",
        ];
        assert_eq!(history(store, HistoryScope::Type(type_named("Patient")), everything()), of_patients);
        let mut of_all = of_patients.to_vec();
        of_all.insert(4, "Basic/x/_history/1");
        assert_eq!(history(store, HistoryScope::System, everything()), of_all);
        assert!(history(store, HistoryScope::Resource(key("Patient/none")), everything()).is_empty());
        assert!(history(store, HistoryScope::Type(type_named("Observation")), everything()).is_empty());
    });
}

#[test]
fn history_between_times() {
    on_every_backend(|store| {
        write_some_history(store);
        for (since_ms, until_ms, all, of_a) in [
            (Some(20), None, 4, 2),
            (Some(21), None, 1, 1),
            (Some(31), None, 0, 0),
            (None, Some(20), 5, 2),
            (None, Some(19), 2, 1),
            (None, Some(9), 0, 0),
            (Some(11), Some(29), 3, 1),
        ] {
            let page = HistoryPage { since_ms, until_ms, ..everything() };
            assert_eq!(
                history(store, HistoryScope::System, page.clone()).len(),
                all,
                "{since_ms:?} {until_ms:?}"
            );
            assert_eq!(history(store, HistoryScope::Resource(key("Patient/a")), page).len(), of_a);
        }
    });
}

#[test]
fn history_page_by_page_is_the_whole_history() {
    on_every_backend(|store| {
        write_some_history(store);
        for scope in [
            HistoryScope::System,
            HistoryScope::Type(type_named("Patient")),
            HistoryScope::Resource(key("Patient/a")),
            HistoryScope::Resource(key("Patient/b")),
        ] {
            let whole = history(store, scope.clone(), everything());
            for count in 1..4 {
                let mut found = Vec::new();
                let mut before = None;
                loop {
                    let page = HistoryPage { count, before, ..HistoryPage::default() };
                    let versions = store.history(&scope, &page).unwrap();
                    assert!(versions.len() <= count);
                    let Some(last) = versions.last() else { break };
                    before = Some(last.place);
                    found.extend(names(&versions));
                }
                assert_eq!(found, whole, "{count} at a time");
            }
        }
    });
}

#[test]
fn changes_come_in_whole_commits() {
    on_every_backend(|store| {
        write_some_history(store);
        let all = store.changes(0, FAR).unwrap();
        assert_eq!(all.iter().map(|record| record.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(all[0].changes, [(key("Patient/a"), 1), (key("Basic/x"), 1)]);
        assert_eq!(all[2].changes, [(key("Patient/b"), 2)]);
        assert_eq!((all[1].time_ms, all[1].audit.as_slice()), (20, b"audit at 20".as_slice()));
        assert_eq!(store.changes(0, 1).unwrap(), all[..1], "a commit of two is not cut");
        assert_eq!(store.changes(0, 3).unwrap(), all[..1]);
        assert_eq!(store.changes(0, 4).unwrap(), all[..2]);
        assert_eq!(store.changes(2, FAR).unwrap(), all[2..]);
        assert!(store.changes(4, FAR).unwrap().is_empty());
        assert!(store.changes(u64::MAX, FAR).unwrap().is_empty());
    });
}

#[test]
fn private_documents_are_apart() {
    on_every_backend(|store| {
        let set = |space: &str, key: &str, content: Option<&str>| PrivateChange {
            space: space.into(),
            key: key.into(),
            content: content.map(|content| content.as_bytes().to_vec()),
        };
        let private = vec![
            set("account", "b", Some("B")),
            set("account", "a", Some("A")),
            set("draft", "a", Some("D")),
        ];
        store.commit(Batch { private, ..batch(1, []) }).unwrap();
        assert_eq!(store.read_private("account", "a").unwrap().as_deref(), Some(b"A".as_slice()));
        assert_eq!(store.read_private("account", "c").unwrap(), None);
        let list = store.list_private("account").unwrap();
        assert_eq!(list, [("a".to_owned(), b"A".to_vec()), ("b".to_owned(), b"B".to_vec())]);
        let private =
            vec![set("account", "a", None), set("account", "b", Some("B2")), set("account", "z", None)];
        store.commit(Batch { private, ..batch(2, []) }).unwrap();
        assert_eq!(store.list_private("account").unwrap(), [("b".to_owned(), b"B2".to_vec())]);
        assert!(store.search(&Query { count: FAR, ..Query::default() }, &Ports).unwrap().matches.is_empty());
    });
}

#[test]
fn a_refused_batch_leaves_private_documents_alone() {
    on_every_backend(|store| {
        let private = vec![PrivateChange { space: "s".into(), key: "k".into(), content: Some(vec![1]) }];
        let changes = vec![Change { expect: Expect::Version(9), ..patient("a", "A") }];
        assert!(store.commit(Batch { private, changes, ..batch(1, []) }).is_err());
        assert_eq!(store.read_private("s", "k").unwrap(), None);
        assert!(store.changes(0, FAR).unwrap().is_empty());
    });
}

#[test]
fn a_private_document_is_changed_by_who_read_it_last() {
    on_every_backend(|store| {
        let set = |before: Option<u8>, after: Option<u8>| {
            let key = || ("s".to_owned(), "k".to_owned());
            let bytes = |content: Option<u8>| content.map(|byte| vec![byte]);
            let (space, name) = key();
            let preconditions = vec![Precondition::Private { space, key: name, content: bytes(before) }];
            let (space, name) = key();
            let private = vec![PrivateChange { space, key: name, content: bytes(after) }];
            store.commit(Batch { preconditions, private, ..batch(1, []) }).is_ok()
        };
        assert!(set(None, Some(1)));
        assert!(!set(None, Some(2)), "it is there already");
        assert!(!set(Some(2), Some(3)), "it is another");
        assert_eq!(store.read_private("s", "k").unwrap(), Some(vec![1]));
        assert!(set(Some(1), None) && set(None, Some(4)));
        let winners = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| set(Some(4), Some(5)))).collect();
            threads.into_iter().map(|one| u8::from(one.join().unwrap())).sum::<u8>()
        });
        assert_eq!(winners, 1);
    });
}

fn write_basics(store: &dyn Store) -> Vec<String> {
    for number in 0..23i64 {
        let body = format!(r#"{{"resourceType":"Basic","id":"b{number}"}}"#);
        let recency = (number % 4 != 0).then_some(number % 5 * 100);
        store.commit(batch(1_000 + number, [put_at(&format!("Basic/b{number}"), &body, recency)])).unwrap();
    }
    let mut order: Vec<(i64, i64)> = (0..23)
        .map(|number| (if number % 4 == 0 { 1_000 + number } else { number % 5 * 100 }, number))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    order.into_iter().map(|(_, number)| format!("Basic/b{number}")).collect()
}

#[test]
fn pages_follow_recency_then_key() {
    on_every_backend(|store| {
        let order = write_basics(store);
        for count in [1, 2, 7, 22, 23, 24, 100] {
            let query = Query { count, ..query("Basic") };
            assert_eq!(all(store, &query), order, "{count} a page");
        }
        let wide = Query { count: 5, ..Query::default() };
        assert_eq!(all(store, &wide), order, "all types");
        let several = Query { types: vec![type_named("Basic"), type_named("Patient")], ..wide };
        assert_eq!(all(store, &several), order, "two types");
    });
}

#[test]
fn pages_stay_in_place_when_resources_come_and_go() {
    on_every_backend(|store| {
        let order = write_basics(store);
        let query = Query { count: 10, ..query("Basic") };
        let (first, next) = page(store, &query);
        store.commit(batch(9_000, [put("Basic/new", r#"{"resourceType":"Basic","id":"new"}"#)])).unwrap();
        let last_seen = first.last().unwrap();
        store.commit(batch(9_001, [delete(last_seen), delete(&order[15])])).unwrap();
        let (second, _) = page(store, &Query { cursor: next, ..query });
        let expected: Vec<&String> = order[10..].iter().filter(|name| **name != order[15]).take(10).collect();
        assert_eq!(second.iter().collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_strange_cursor_is_refused() {
    on_every_backend(|store| {
        write_basics(store);
        let (_, next) = page(store, &Query { count: 2, ..query("Basic") });
        let good = next.unwrap();
        let mut changed = good.clone().into_bytes();
        changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
        for bad in
            ["", "x", "!!!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", std::str::from_utf8(&changed).unwrap()]
        {
            let query = Query { cursor: Some(bad.into()), ..query("Basic") };
            assert!(matches!(store.search(&query, &Ports), Err(StoreError::BadCursor)), "{bad}");
        }
        let other_order = Query { cursor: Some(good), ..query("Basic?_sort=_id") };
        assert!(matches!(store.search(&other_order, &Ports), Err(StoreError::BadCursor)));
    });
}

#[test]
fn totals() {
    on_every_backend(|store| {
        write_basics(store);
        store.commit(batch(9_000, [patient("a", "Kay"), patient("b", "Kay"), patient("c", "Low")])).unwrap();
        store.commit(batch(9_001, [delete("Patient/b"), delete("Basic/b3")])).unwrap();
        for (url, total) in
            [("Basic", 22), ("Patient", 2), ("Patient?family=Kay", 1), ("Patient?family=None", 0)]
        {
            for count in [0, 1, 50] {
                let query = Query { count, total: Total::Accurate, ..query(url) };
                let hits = store.search(&query, &Ports).unwrap();
                assert_eq!(hits.total, Some(total), "{url} {count}");
                assert!(hits.matches.len() <= count);
            }
        }
    });
}

#[test]
fn the_logs_are_read_from_their_ends() {
    on_every_backend(|store| {
        for time in 1..=5 {
            store.commit(batch(time, [patient("a", &time.to_string())])).unwrap();
            store.log_read(format!("row {time}").as_bytes()).unwrap();
        }
        let sequences = |before, limit| -> Vec<u64> {
            store.commits_before(before, limit).unwrap().iter().map(|record| record.sequence).collect()
        };
        assert_eq!(sequences(u64::MAX, 2), [5, 4]);
        assert_eq!(sequences(4, 9), [3, 2, 1]);
        assert_eq!(store.commits_before(4, 1).unwrap(), store.changes(2, 1).unwrap());
        let rows = store.reads_before(ReadPlace::END, 2).unwrap();
        assert_eq!(rows.iter().map(|(_, row)| row.as_slice()).collect::<Vec<_>>(), [b"row 5", b"row 4"]);
        let rest = store.reads_before(rows[1].0, 9).unwrap();
        assert_eq!(rest.len(), 3);
        assert_eq!(rest[2].1, b"row 1");
        assert!(store.reads_before(rest[2].0, 9).unwrap().is_empty());
    });
}
