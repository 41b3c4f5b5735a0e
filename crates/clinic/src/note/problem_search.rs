//! Problems and diagnoses by what people call them: the patient's own, then those of ICD-10-CM.

use crate::fhir_parts::ICD_10_CM;
use std::sync::LazyLock;
use terminology::{Clause, ExpandedCode, ExpansionRequest, Terminology, ValueSet};

/// A diagnosis that could be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its name in ICD-10-CM.
    pub name: String,
    /// Its code.
    pub code: String,
}

/// What problems are called in short, and the code that is meant.
static WORDS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../../../data/clinic/problem_words.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect()
});

/// All of ICD-10-CM.
fn all() -> ValueSet {
    let include = Clause { system: Some(ICD_10_CM.to_owned()), ..Clause::default() };
    ValueSet { include: vec![include], ..ValueSet::default() }
}

/// The code of a diagnosis that a text is a common word for.
pub(crate) fn meant_by(text: &str) -> Option<&'static str> {
    WORDS.iter().find(|(words, _)| *words == text).map(|(_, code)| *code)
}

/// Diagnoses that a text may mean, the likeliest first. What has no code that can be billed is none.
pub fn find(terminology: &Terminology, text: &str, count: usize) -> Vec<Diagnosis> {
    /// More than so many are not put in order.
    const ORDERED: usize = 3_000;
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Vec::new();
    }
    let begun = WORDS.iter().filter(|(words, _)| words.starts_with(&text) && *words != text);
    let codes = meant_by(&text).into_iter().chain(begun.map(|(_, code)| *code));
    let mut found: Vec<Diagnosis> = Vec::new();
    for code in codes {
        if !found.iter().any(|one| one.code == code)
            && let Some(concept) = terminology.lookup(ICD_10_CM, None, code)
        {
            found.push(Diagnosis { name: concept.display, code: code.to_owned() });
        }
    }
    let request = |count| ExpansionRequest {
        filter: Some(text.clone()),
        count,
        limit: ORDERED,
        properties: vec!["billable".to_owned()],
        ..ExpansionRequest::default()
    };
    let expanded = terminology
        .codes_of(all(), &request(None))
        .or_else(|_| terminology.codes_of(all(), &request(Some(ORDERED))));
    let codes = expanded.map(|expansion| expansion.codes).unwrap_or_default();
    let mut others: Vec<Diagnosis> = codes.into_iter().filter(is_billable).map(diagnosis).collect();
    others.sort_by_key(|one| rank(one, &text));
    for one in others {
        if found.len() >= count {
            break;
        }
        if !found.iter().any(|known| known.code == one.code) {
            found.push(one);
        }
    }
    found.truncate(count);
    found
}

/// Shorter names are the more general ones; a name that begins as the text does is nearer than one that has it somewhere.
fn rank(one: &Diagnosis, text: &str) -> (bool, bool, usize) {
    let name = one.name.to_lowercase();
    (!one.code.to_lowercase().starts_with(text), !name.starts_with(text), name.len())
}

fn diagnosis(code: ExpandedCode) -> Diagnosis {
    Diagnosis { name: code.display, code: code.code }
}

fn is_billable(code: &ExpandedCode) -> bool {
    code.properties.iter().any(|one| one.code == "billable" && one.value == "true")
}
