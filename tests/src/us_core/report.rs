//! What came of the demands, by profile.

use std::collections::BTreeMap;
use std::fmt::Write;

/// How one demand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is met.
    Pass,
    /// It is not met.
    Fail,
    /// The data at hand has nothing to try it with.
    Data,
}

/// What came of a version's demands.
#[derive(Default)]
pub struct Report {
    counts: BTreeMap<String, [usize; 3]>,
    /// What was not met, or could not be tried: outcome, group, demand and why.
    pub lines: Vec<(Outcome, String)>,
}

impl Report {
    /// Notes how a demand ended: `Ok`, what was wrong, or `None` for lack of data.
    pub fn note(&mut self, group: &str, demand: &str, result: Result<(), Option<String>>) {
        let (outcome, why) = match result {
            Ok(()) => (Outcome::Pass, String::new()),
            Err(None) => (Outcome::Data, String::new()),
            Err(Some(why)) => (Outcome::Fail, why),
        };
        self.counts.entry(group.to_owned()).or_default()[outcome as usize] += 1;
        if outcome != Outcome::Pass {
            self.lines.push((outcome, format!("{group} {demand} {why}")));
        }
    }

    /// The counts, a line a group.
    pub fn to_tsv(&self) -> String {
        let mut text = String::from("# group\tpass\tfail\tno data\n");
        for (group, [pass, fail, data]) in &self.counts {
            let _ = writeln!(text, "{group}\t{pass}\t{fail}\t{data}");
        }
        text
    }

    /// All of an outcome.
    pub fn total(&self, outcome: Outcome) -> usize {
        self.counts.values().map(|counts| counts[outcome as usize]).sum()
    }
}
