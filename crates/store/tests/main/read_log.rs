//! The log of reads.

use std::io::Write;
use std::path::Path;
use store::read_log::{ReadLog, read_rows};

fn rows(directory: &Path) -> (Vec<String>, Vec<String>) {
    let mut rows = Vec::new();
    let faults = read_rows(directory, |row| rows.push(String::from_utf8(row.to_vec()).unwrap())).unwrap();
    (rows, faults)
}

fn file(directory: &Path) -> std::path::PathBuf {
    directory.join("reads-000001.log")
}

fn write_three(directory: &Path) {
    let log = ReadLog::open(directory).unwrap();
    for row in ["one", "two", "three"] {
        log.append(row.as_bytes()).unwrap();
    }
}

#[test]
fn rows_are_there_at_once_and_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let log = ReadLog::open(directory.path()).unwrap();
    log.append(b"one").unwrap();
    assert_eq!(rows(directory.path()).0, ["one"], "before any sync");
    drop(log);
    write_three(directory.path());
    assert_eq!(rows(directory.path()), (["one", "one", "two", "three"].map(String::from).to_vec(), vec![]));
}

#[test]
fn a_torn_tail_is_cut_off_wherever_it_was_torn() {
    let whole = tempfile::tempdir().unwrap();
    write_three(whole.path());
    let bytes = std::fs::read(file(whole.path())).unwrap();
    let last_row = 4 + "three".len() + 32;
    for lost in 1..last_row {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(file(directory.path()), &bytes[..bytes.len() - lost]).unwrap();
        let log = ReadLog::open(directory.path()).unwrap();
        assert_eq!(log.cut_bytes(), (last_row - lost) as u64);
        log.append(b"new").unwrap();
        assert_eq!(
            rows(directory.path()),
            (["one", "two", "new"].map(String::from).to_vec(), vec![]),
            "{lost}"
        );
    }
}

#[test]
fn a_tail_of_zeros_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    write_three(directory.path());
    let mut open = std::fs::OpenOptions::new().append(true).open(file(directory.path())).unwrap();
    open.write_all(&[0; 100]).unwrap();
    let log = ReadLog::open(directory.path()).unwrap();
    assert_eq!(log.cut_bytes(), 100);
    assert_eq!(rows(directory.path()).1, Vec::<String>::new());
}

#[test]
fn a_changed_or_missing_row_is_told() {
    let directory = tempfile::tempdir().unwrap();
    write_three(directory.path());
    let mut bytes = std::fs::read(file(directory.path())).unwrap();
    bytes[40 + 4 + 1] ^= 1;
    std::fs::write(file(directory.path()), &bytes).unwrap();
    assert_eq!(rows(directory.path()).1, ["reads-000001.log at byte 40: the row's hash differs"]);
    let log = ReadLog::open(directory.path()).unwrap();
    assert_eq!(log.cut_bytes(), 0, "a changed row is no torn one: it stays as evidence");
    drop(log);
    let without_first: Vec<u8> = [&bytes[..40], &bytes[40 + 39..]].concat();
    std::fs::write(file(directory.path()), without_first).unwrap();
    assert_eq!(rows(directory.path()).1.len(), 1);
}

#[test]
fn rows_of_many_threads_are_all_there() {
    let directory = tempfile::tempdir().unwrap();
    let log = ReadLog::open(directory.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let log = &log;
            scope.spawn(move || {
                (0..500).for_each(|number| log.append(format!("{thread}-{number}").as_bytes()).unwrap());
            });
        }
    });
    let (mut found, faults) = rows(directory.path());
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(found.len(), 4_000);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 4_000);
    assert!(log.append(b"").is_err(), "a row has a byte at least");
}
