//! Every stored input, and seeded mutations of them, through every target.
//!
//! `FUZZ_SEED` chooses other mutations, `FUZZ_CASES` how many for each target.

use fuzz::mutation::{Random, mutated};
use fuzz::{TARGETS, Target, corpus};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The seed when none is given: the same everywhere, so that the gate is.
const SEED: u64 = 20_261_122;

/// No input may keep a parser longer, on a slow and busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

fn stored(target: &Target) -> Vec<(String, Vec<u8>)> {
    corpus::inputs(target.name)
        .unwrap_or_else(|error| panic!("corpus/{} has the target's inputs: {error}", target.name))
}

/// Runs one input; gives what went wrong.
fn fault(target: &Target, bytes: &[u8]) -> Option<&'static str> {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.check)(bytes)));
    match outcome {
        Err(_) => Some("broke a promise, as told above"),
        Ok(()) if started.elapsed() > PATIENCE => Some("took too long"),
        Ok(()) => None,
    }
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len(), "two targets have one name");
    let folders = std::fs::read_dir(corpus::root()).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<String> =
        folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, folders, "targets, and folders of corpus/");
    for target in TARGETS {
        assert!(stored(target).len() >= 3, "corpus/{} has fewer than three inputs", target.name);
    }
}

#[test]
fn stored_inputs_pass() {
    let mut faults = Vec::new();
    for target in TARGETS {
        for (name, bytes) in stored(target) {
            faults.extend(fault(target, &bytes).map(|fault| format!("corpus/{name} {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn mutated_inputs_pass() {
    let seed = setting("FUZZ_SEED").unwrap_or(SEED);
    println!("FUZZ_SEED={seed}");
    let mut faults = Vec::new();
    for target in TARGETS {
        let inputs: Vec<Vec<u8>> = stored(target).into_iter().map(|(_, bytes)| bytes).collect();
        let mut random = Random::new(seed);
        let started = Instant::now();
        let cases = setting("FUZZ_CASES").unwrap_or(target.cases);
        for case in 0..cases {
            let bytes = mutated(&inputs, target.words, &mut random);
            if let Some(fault) = fault(target, &bytes) {
                let kept = keep(target, seed, case, &bytes);
                faults.push(format!("{} {fault}; case {case}, kept in {}", target.name, kept.display()));
                break;
            }
        }
        println!("{:<24} {cases:>6} mutations {:>6} ms", target.name, started.elapsed().as_millis());
    }
    assert!(faults.is_empty(), "FUZZ_SEED={seed}\n{}", faults.join("\n"));
}

/// Keeps an input that broke something, to be looked at and then stored in the corpus.
fn keep(target: &Target, seed: u64, case: u64, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{seed}-{case}", target.name));
    std::fs::write(&path, bytes).unwrap();
    path
}
