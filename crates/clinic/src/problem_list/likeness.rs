//! What is on the list already, or nearly: so that nothing stands there twice under two names.

use super::{ListedProblem, NewProblem};
use crate::list_entry::plain;
use crate::note::problem_search::meant_by;

/// How a problem is like one that is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It has the same code.
    SameCode,
    /// It has the same words, or words for the same code.
    SameWords,
    /// Its code is of the same category of ICD-10-CM: broader, narrower, or beside it.
    SameCategory,
}

impl Likeness {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::SameCode => "the same code",
            Self::SameWords => "the same words",
            Self::SameCategory => "broader, narrower or of the same kind",
        }
    }
}

/// Those of a list that a new problem is like, the likest first. What is over counts only when it is the same.
pub fn alike<'a>(
    problems: impl Iterator<Item = &'a ListedProblem>,
    new: &NewProblem,
) -> Vec<(&'a ListedProblem, Likeness)> {
    let new_codes: Vec<&str> = codes(new.code.as_slice(), &new.name);
    let mut alike: Vec<_> = problems
        .filter_map(|problem| Some((problem, likeness(problem, new, &new_codes)?)))
        .filter(|(problem, likeness)| problem.is_active || *likeness != Likeness::SameCategory)
        .collect();
    alike.sort_by_key(|(problem, likeness)| (!problem.is_active, *likeness));
    alike
}

fn likeness(problem: &ListedProblem, new: &NewProblem, new_codes: &[&str]) -> Option<Likeness> {
    let known = codes(&problem.diagnosis_codes, &problem.name);
    let any = |is: fn(&str, &str) -> bool| known.iter().any(|one| new_codes.iter().any(|two| is(one, two)));
    let has_same_code = any(|one, two| one == two);
    let has_both = new.code.is_some() && !problem.diagnosis_codes.is_empty();
    if has_same_code && has_both {
        return Some(Likeness::SameCode);
    }
    if has_same_code || plain(&problem.name) == plain(&new.name) {
        return Some(Likeness::SameWords);
    }
    any(|one, two| category(one) == category(two)).then_some(Likeness::SameCategory)
}

/// The codes of a problem; of one that has none, the code that its words are a common name for.
fn codes<'a>(codes: &'a [String], name: &str) -> Vec<&'a str> {
    match codes {
        [] => meant_by(&plain(name)).into_iter().collect(),
        _ => codes.iter().map(String::as_str).collect(),
    }
}

/// The category of a code of ICD-10-CM: its first three characters.
fn category(code: &str) -> &str {
    code.get(..3).unwrap_or(code)
}
