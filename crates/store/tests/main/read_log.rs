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

/// Bytes on the disk that a file takes.
#[cfg(target_os = "linux")]
fn allocated(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).unwrap().blocks() * 512
}

#[cfg(target_os = "linux")]
#[test]
fn space_is_kept_ahead_and_a_finished_file_gives_it_back() {
    const MIB: u64 = 1 << 20;
    let directory = tempfile::tempdir().unwrap();
    let log = ReadLog::open(directory.path()).unwrap();
    let first = file(directory.path());
    let length = || std::fs::metadata(&first).unwrap().len();
    assert_eq!(length(), 40, "the length is that of the rows");
    if allocated(&first) < MIB {
        println!("skipped: this file system keeps no space behind a file's end");
        return;
    }
    let second = directory.path().join("reads-000002.log");
    let row = vec![b'r'; 1 << 18];
    let mut rows_written = 0;
    while !second.exists() {
        assert!(allocated(&first) >= length() + 7 * MIB, "{} for {}", allocated(&first), length());
        log.append(&row).unwrap();
        rows_written += 1;
        assert!(rows_written < 1000, "no second file");
    }
    assert!(allocated(&first) < length() + MIB, "{} for {}", allocated(&first), length());
    assert!(allocated(&second) >= 7 * MIB);
    drop(log);
    let log = ReadLog::open(directory.path()).unwrap();
    assert_eq!(log.cut_bytes(), 0);
    assert!(allocated(&second) >= 7 * MIB);
    let (rows, faults) = rows(directory.path());
    assert_eq!((rows.len(), faults.len()), (rows_written, 0));
}

/// A file system in memory, as long as it lives; `None` where one may not mount.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(place.path());
        let mounted =
            command.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self(place))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// The disk has no space for a second file: the first grows on into its reserve, to the last byte, and again when
/// there is space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_written_on_to_the_end_of_the_reserve() {
    let Some(disk) = SmallDisk::mount("76m") else {
        println!("skipped: one may not mount a small disk here");
        return;
    };
    let directory = disk.0.path().join("reads");
    let ballast = disk.0.path().join("ballast");
    let log = ReadLog::open(&directory).unwrap();
    let row = vec![b'r'; 1 << 16];
    let mut rows_written = 0;
    while std::fs::metadata(file(&directory)).unwrap().len() < 62 << 20 {
        log.append(&row).unwrap();
        rows_written += 1;
    }
    // What is left goes to another, who takes all that can be had.
    let _ = std::fs::write(&ballast, vec![1; 20 << 20]);
    let before = rows_written;
    while log.append(&row).is_ok() {
        rows_written += 1;
    }
    let kept = (rows_written - before) * row.len();
    assert!(kept >= 7 << 20, "{kept} bytes could be written on a full disk");
    assert!(!directory.join("reads-000002.log").exists());
    assert_eq!((rows(&directory).0.len(), log.append(&row).is_err()), (rows_written, true));
    std::fs::remove_file(&ballast).unwrap();
    log.append(&row).unwrap();
    let (rows, faults) = rows(&directory);
    assert_eq!((rows.len(), faults), (rows_written + 1, vec![]));
}
