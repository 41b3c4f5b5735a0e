//! Files of known failures: a line each of name, broken rules and reason, separated by tabs.

use std::collections::BTreeMap;
use validation::Outcome;

/// The failures met by one test, by name.
#[derive(Default)]
pub struct Failures {
    found: BTreeMap<String, (String, Vec<String>)>,
}

impl Failures {
    /// Notes an outcome that is not valid.
    pub fn note(&mut self, name: &str, outcome: &Outcome) {
        if outcome.is_valid() {
            return;
        }
        let mut rules: Vec<_> = outcome.errors().map(|issue| &*issue.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let said = outcome.errors().map(ToString::to_string).collect();
        self.found.insert(name.to_owned(), (rules.join(","), said));
    }

    /// Compares with the known ones.
    ///
    /// # Panics
    /// When a failure is not known or is of other rules, a known one no longer fails, or more are known than the
    /// ceiling allows.
    pub fn compare(&self, known: &str, ceiling: usize) {
        let lines = known.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let known: BTreeMap<&str, &str> = lines
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                assert!(fields.len() == 3 && !fields[2].is_empty(), "name, rules, reason: {line}");
                (fields[0], fields[1])
            })
            .collect();
        let mut unexpected = 0;
        for (name, (rules, said)) in &self.found {
            if known.get(name.as_str()) != Some(&rules.as_str()) {
                unexpected += 1;
                println!("{name}\t{rules}\t\n    {}", said.join("\n    "));
            }
        }
        let mended: Vec<_> = known.keys().filter(|name| !self.found.contains_key(**name)).collect();
        assert!(mended.is_empty(), "no longer failing, remove from the exceptions: {mended:?}");
        assert!(unexpected == 0, "{unexpected} fail and are no known exceptions");
        assert!(known.len() <= ceiling, "{} exceptions, at most {ceiling} are allowed", known.len());
    }
}

/// Compares cases that differ with the known ones: name and reason, separated by a tab.
///
/// # Panics
/// When one is not known, a known one no longer differs, or more are known than the ceiling allows.
pub fn compare_cases(found: &BTreeMap<String, String>, known: &str, ceiling: usize) {
    let lines = known.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let known: BTreeMap<&str, &str> =
        lines.map(|line| line.split_once('\t').unwrap_or_else(|| panic!("name, reason: {line}"))).collect();
    let unexpected: Vec<_> = found.iter().filter(|(name, _)| !known.contains_key(name.as_str())).collect();
    unexpected.iter().for_each(|(name, said)| println!("{name}\t{said}"));
    let mended: Vec<_> = known.keys().filter(|name| !found.contains_key(**name)).collect();
    assert!(mended.is_empty(), "no longer differing, remove from the exceptions: {mended:?}");
    assert!(unexpected.is_empty(), "{} differ and are no known exceptions", unexpected.len());
    assert!(known.len() <= ceiling, "{} exceptions, at most {ceiling} are allowed", known.len());
}
