//! The problem list.

use crate::chart::concept;
use fhir::Document;

/// A problem or diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The logical id of the Condition.
    pub id: String,
    /// In words.
    pub name: String,
    /// When it began, as recorded; empty when unknown.
    pub onset: String,
    /// When it ended; empty while it lasts.
    pub abatement: String,
    /// Whether it is active.
    pub is_active: bool,
}

impl Problem {
    fn read(condition: &Document) -> Self {
        let root = condition.root();
        let abatement = concept::day(root.get("abatementDateTime"));
        let status = concept::code_of(root.get("clinicalStatus"));
        let is_active = match status.as_deref() {
            Some(code) => matches!(code, "active" | "recurrence" | "relapse"),
            None => abatement.is_empty(),
        };
        let onset = ["onsetDateTime", "recordedDate"].iter().map(|name| concept::day(root.get(name)));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            name: concept::text(root.get("code")).unwrap_or_else(|| "Problem without a name".to_owned()),
            onset: onset.into_iter().find(|date| !date.is_empty()).unwrap_or_default(),
            abatement,
            is_active,
        }
    }
}

/// Active problems first, each group newest first; a problem recorded at every visit stands once.
pub fn ordered(conditions: &[Document]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for problem in conditions.iter().map(Problem::read) {
        if !problems.iter().any(|known| known.name == problem.name && known.is_active == problem.is_active) {
            problems.push(problem);
        }
    }
    problems.sort_by(|one, two| two.is_active.cmp(&one.is_active).then_with(|| two.onset.cmp(&one.onset)));
    problems
}
