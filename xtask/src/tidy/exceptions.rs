//! The places that a rule excuses, each with its reason, from `xtask/tidy-exceptions.txt`.
//!
//! A line is `rule path: reason` or `rule path#item: reason`; a line that begins with `#` is a remark.

use anyhow::{Context, ensure};

use super::RULES;
use super::tree::{File, Tree};
use super::violation::Violation;

/// Where the exceptions are listed.
pub const PATH: &str = "xtask/tidy-exceptions.txt";

struct Exception {
    line: usize,
    rule: String,
    place: String,
    used: bool,
}

/// The exceptions and which of them were needed.
pub struct Exceptions(Vec<Exception>);

/// Reads the list; no file means no exception.
///
/// # Errors
/// When a line is not of the form above, gives no reason, or names a rule that takes no exceptions.
pub fn read(tree: &Tree) -> anyhow::Result<Exceptions> {
    let mut exceptions = Vec::new();
    let lines = tree.file(PATH).into_iter().flat_map(File::lines);
    for (line, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let place = format!("{PATH}:{line}");
        let (head, reason) =
            text.split_once(": ").with_context(|| format!("{place}: write `rule path: reason`"))?;
        let (rule, excused) =
            head.split_once(' ').with_context(|| format!("{place}: write `rule path: reason`"))?;
        ensure!(!reason.trim().is_empty(), "{place}: give the reason");
        ensure!(RULES.iter().any(|row| row.name == rule), "{place}: there is no rule `{rule}`");
        exceptions.push(Exception { line, rule: rule.to_owned(), place: excused.to_owned(), used: false });
    }
    Ok(Exceptions(exceptions))
}

impl Exceptions {
    /// Whether `place` is excused from `rule`.
    pub fn excuse(&mut self, rule: &str, place: &str) -> bool {
        let mut excused = false;
        for exception in self.0.iter_mut().filter(|e| e.rule == rule && e.place == place) {
            exception.used = true;
            excused = true;
        }
        excused
    }

    /// The exceptions that nothing needed.
    pub fn not_needed(&self) -> impl Iterator<Item = Violation> {
        self.0.iter().filter(|exception| !exception.used).map(|exception| {
            let message = format!("`{}` no longer breaks `{}`", exception.place, exception.rule);
            Violation::new(PATH, exception.line, message, "delete this line")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_needs_a_known_rule_and_a_reason() {
        for text in ["file-size a.rs", "file-size a.rs: ", "no-such-rule a.rs: because"] {
            assert!(read(&Tree::sample(&[(PATH, text)])).is_err(), "{text}");
        }
        assert!(read(&Tree::sample(&[(PATH, "# remark\n\nfile-size a.rs: one table\n")])).is_ok());
    }
}
