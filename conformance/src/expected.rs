//! The counts that a run is held against: `conformance/expected/NAME.tsv`, a line a group.

use crate::report::{Counts, Report};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

const HEAD: &str = "group\tpass\tfail\tdata\tnot asked";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("expected").join(format!("{name}.tsv"))
}

/// Writes the counts of a report as those that are expected from now on.
///
/// # Errors
/// When the file cannot be written.
pub fn write(report: &Report) -> Result<()> {
    let mut text = format!("{HEAD}\n");
    for (name, Counts { pass, fail, data, not_asked }) in report.counts() {
        let _ = writeln!(text, "{name}\t{pass}\t{fail}\t{data}\t{not_asked}");
    }
    let path = path(&report.name);
    std::fs::write(&path, text).with_context(|| path.display().to_string())
}

/// What is worse in a report than is expected; empty when nothing is. What is better is told on standard error.
///
/// # Errors
/// When the expected counts cannot be read.
pub fn compare(report: &Report) -> Result<Vec<String>> {
    let path = path(&report.name);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: make it with --write", path.display()))?;
    let expected = parse(&text).with_context(|| path.display().to_string())?;
    let (worse, is_better) = differences(&expected, &report.counts());
    if is_better {
        eprintln!("{}: some counts are better than expected; keep them with --write", report.name);
    }
    Ok(worse.into_iter().map(|line| format!("{}: {line}", report.name)).collect())
}

fn parse(text: &str) -> Result<BTreeMap<String, Counts>> {
    let mut lines = text.lines();
    ensure!(lines.next() == Some(HEAD), "the first line is not the head");
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            ensure!(fields.len() == 5, "no line of five fields: {line}");
            let number = |at: usize| fields[at].parse::<usize>().with_context(|| line.to_owned());
            let counts =
                Counts { pass: number(1)?, fail: number(2)?, data: number(3)?, not_asked: number(4)? };
            Ok((fields[0].to_owned(), counts))
        })
        .collect()
}

/// Groups that are worse, in words, and whether one is better.
fn differences(expected: &BTreeMap<String, Counts>, found: &BTreeMap<String, Counts>) -> (Vec<String>, bool) {
    let (mut worse, mut is_better) = (Vec::new(), false);
    for (name, wanted) in expected {
        let Some(counts) = found.get(name) else {
            worse.push(format!("{name} was not checked"));
            continue;
        };
        let is_worse = counts.pass < wanted.pass
            || counts.fail > wanted.fail
            || counts.data > wanted.data
            || counts.not_asked > wanted.not_asked;
        if is_worse {
            worse.push(format!("{name} has {counts:?}, expected {wanted:?}"));
        }
        is_better |= !is_worse && counts != wanted;
    }
    for (name, counts) in found.iter().filter(|(name, _)| !expected.contains_key(*name)) {
        worse.push(format!("{name} has no expected counts, found {counts:?}"));
    }
    (worse, is_better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_passes_or_more_failures_are_worse() {
        let table = |row: &str| parse(&format!("{HEAD}\n{row}")).unwrap();
        let expected = table("patient\t10\t1\t2\t0");
        let rows = [
            ("patient\t10\t1\t2\t0", 0, false),
            ("patient\t11\t0\t2\t0", 0, true),
            ("patient\t9\t1\t2\t0", 1, false),
            ("patient\t10\t2\t2\t0", 1, false),
            ("patient\t10\t1\t3\t0", 1, false),
            ("patient\t10\t1\t2\t1", 1, false),
            ("other\t10\t1\t2\t0", 2, false),
        ];
        for (row, worse, is_better) in rows {
            let found = differences(&expected, &table(row));
            assert_eq!((found.0.len(), found.1), (worse, is_better), "{row}: {found:?}");
        }
        assert!(parse("group\n").is_err());
        assert!(parse(&format!("{HEAD}\nx\t1\t2")).is_err());
    }
}
