//! A process killed at any moment loses nothing that it acknowledged.

use crate::random::Random;
use crate::sample::*;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{Maintain, Store};

const DIRECTORY: &str = "CHIRON_CRASH_DIRECTORY";

/// Not a test of its own: what the killed process runs. Writes with four threads, and tells what was acknowledged.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = open(Path::new(&directory));
    let from = store.changes(0, usize::MAX).unwrap().len();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for number in from.. {
                    let id = format!("t{thread}-{number}");
                    let row = format!("read {id}");
                    let changes =
                        [patient(&id, "New"), patient(&format!("shared{}", number % 5 + thread * 5), &id)];
                    let committed = store.commit(batch(1, changes)).unwrap();
                    store.log_read(row.as_bytes()).unwrap();
                    println!("acknowledged {} {id}", committed.sequence);
                }
            });
        }
    });
}

/// Kills the process some time after its start, or after its first acknowledgement.
fn run_and_kill(directory: &Path, after: Duration, is_awaited: bool) -> Vec<(u64, String)> {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = process.stdout.take().unwrap();
    let (first, begun) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        let told = lines.filter_map(|line| acknowledged(&line)).inspect(|_| {
            let _ = first.send(());
        });
        told.collect::<Vec<_>>()
    });
    if is_awaited {
        begun.recv_timeout(Duration::from_secs(60)).expect("the process writes something");
    }
    std::thread::sleep(after);
    process.kill().unwrap();
    process.wait().unwrap();
    reader.join().unwrap()
}

/// The sequence and id of a line that came whole.
fn acknowledged(line: &str) -> Option<(u64, String)> {
    let (sequence, id) = line.split_once("acknowledged ")?.1.split_once(' ')?;
    Some((sequence.parse().ok()?, id.to_owned()))
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let rounds =
        std::env::var("CHIRON_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let mut random = Random::seeded();
    let directory = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for round in 0..rounds {
        let after = Duration::from_millis(random.next() % 200);
        all.extend(run_and_kill(directory.path(), after, !random.one_in(3)));
        let store = open(directory.path());
        let found = store.verify().unwrap();
        assert!(found.is_sound(), "round {round}: {:?}", found.faults);
        let commits = store.changes(0, usize::MAX).unwrap();
        for (sequence, id) in &all {
            let commit = &commits[usize::try_from(*sequence).unwrap() - 1];
            assert_eq!(
                commit.changes[0].0,
                key(&format!("Patient/{id}")),
                "round {round}: commit {sequence}"
            );
        }
        let mut reads = std::collections::HashSet::new();
        store
            .each_read(&mut |row| {
                reads.insert(String::from_utf8(row.to_vec()).unwrap());
                Ok(())
            })
            .unwrap();
        for (_, id) in &all {
            assert!(reads.contains(&format!("read {id}")), "round {round}: the read of {id} is lost");
        }
    }
    println!("{} commits acknowledged in {rounds} rounds", all.len());
    assert!(all.len() > rounds, "the rounds were too short to write anything");
}
