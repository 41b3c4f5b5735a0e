//! What a run found, as text: a table of counts, and what is behind those that are no pass.

use crate::finding::{Finding, Outcome};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The findings of a list of requirements, by group.
pub struct Report {
    /// Such as `usCore6.1.0`; the file of expected counts is named so.
    pub name: String,
    pub groups: Vec<(String, Vec<Finding>)>,
}

/// How many checks of a group ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub pass: usize,
    pub fail: usize,
    pub data: usize,
    pub not_asked: usize,
}

impl Counts {
    /// Counts findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.outcome {
                Outcome::Pass => counts.pass += 1,
                Outcome::Fail => counts.fail += 1,
                Outcome::Data => counts.data += 1,
                Outcome::NotAsked => counts.not_asked += 1,
            }
        }
        counts
    }
}

impl Report {
    /// The counts of each group.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        self.groups.iter().map(|(name, findings)| (name.clone(), Counts::of(findings))).collect()
    }

    /// The counts of all groups together.
    pub fn total(&self) -> Counts {
        Counts::of(self.groups.iter().flat_map(|(_, findings)| findings))
    }

    /// The table as Markdown, then each failure with its request, what was expected and the answer; with `all`, also what
    /// lacks data and what is not asked.
    pub fn to_markdown(&self, all: bool) -> String {
        let mut text = format!(
            "## {}\n\n| group | pass | fail | data | not asked |\n| --- | --: | --: | --: | --: |\n",
            self.name
        );
        let rows = self.counts().into_iter().chain([("all".to_owned(), self.total())]);
        for (name, counts) in rows {
            let Counts { pass, fail, data, not_asked } = counts;
            let _ = writeln!(text, "| {name} | {pass} | {fail} | {data} | {not_asked} |");
        }
        text.push('\n');
        for (name, findings) in &self.groups {
            for finding in findings.iter().filter(|finding| finding.outcome != Outcome::Pass) {
                write_finding(&mut text, name, finding, all);
            }
        }
        text
    }
}

fn write_finding(text: &mut String, group: &str, finding: &Finding, all: bool) {
    let Finding { check, expectation, outcome, detail } = finding;
    let word = match outcome {
        Outcome::Fail => {
            let (request, expected, answer) = (&detail.request, &detail.expected, &detail.answer);
            let _ = writeln!(
                text,
                "- FAIL {group}: {check} ({expectation})\n  request:  {request}\n  expected: {expected}\n  answer:   {answer}"
            );
            return;
        }
        Outcome::Data => "data",
        _ => "not asked",
    };
    if all {
        let _ = writeln!(text, "- {word} {group}: {check} ({expectation}): {}", detail.answer);
    }
}
