//! What the store reads from its own disk, which may be damaged: refused, or what is written again is the same.

use super::Target;
use store::fuzzing;
use store::read_log::{ReadLog, read_rows};

pub const ENVELOPE: Target = Target {
    name: "envelope",
    help: "the envelope of a stored document: refused, or sealed and opened again it is the same text",
    check: fuzzing::envelope,
    words: &["\0\0\0\0", "{\"resourceType\":\"Basic\"}", "\u{1}", "\u{2}", "(\u{b5}/\u{fd}", "{", "}"],
    cases: 8_000,
};

pub const ROW_SET: Target = Target {
    name: "row_set",
    help: "a document's packed index rows and signature: refused, or packed again they are the same rows",
    check: fuzzing::row_set,
    words: &["\0", "\u{1}", "\u{7f}", "\0\0\0\0\0\0\0\0", "abc"],
    cases: 12_000,
};

pub const COMMIT_LOG: Target = Target {
    name: "commit_log",
    help: "a row of the commit log: refused, or packed again they are the same changes",
    check: fuzzing::commit_log,
    words: &["\0", "\u{1}", "\u{7f}", "\0\0\0\0\0\0\0\0", "abc"],
    cases: 12_000,
};

pub const READ_LOG: Target = Target {
    name: "read_log",
    help: "a file of the log of reads, torn or changed: refused, or what is appended stands behind what was whole",
    check: check_read_log,
    words: &["CHREADS1", "\u{5}\0\0\0", "\0\0\0\0", "row"],
    cases: 200,
};

fn check_read_log(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for the log");
    std::fs::write(folder.path().join("reads-000001.log"), bytes).expect("the log is written");
    let Ok(log) = ReadLog::open(folder.path()) else { return };
    let rows = || {
        let mut rows = Vec::new();
        let faults =
            read_rows(folder.path(), |row| rows.push(row.to_vec())).expect("what was opened is read");
        (rows, faults)
    };
    let (mut before, faults) = rows();
    log.append(b"appended").expect("a log that was opened takes a row");
    let (after, faults_after) = rows();
    before.push(b"appended".to_vec());
    assert_eq!((after, faults_after), (before, faults));
}
