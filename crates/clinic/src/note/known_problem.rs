//! The problems that a patient has already: a note that is about one of them makes no second one.

use crate::chart::{concept, is_entered_in_error, resource_type};
use crate::fhir_parts::ICD_10_CM;
use record::{Error, Session};

/// A problem that the patient has already.
pub(super) struct KnownProblem {
    /// Such as `Condition/1`.
    pub reference: String,
    /// In words.
    pub name: String,
    /// Its codes of ICD-10-CM.
    pub codes: Vec<String>,
}

/// The patient's problems that are not over.
pub(super) fn known_problems(session: &Session, patient: &str) -> Result<Vec<KnownProblem>, Error> {
    const MOST: &str = "500";
    let asked = [("patient", patient), ("clinical-status", "active,recurrence,relapse"), ("_count", MOST)];
    let found = session.find(resource_type("Condition"), &asked)?;
    let known = found.matches.iter().filter_map(|one| {
        let document = one.document().filter(|document| !is_entered_in_error(document))?;
        let code = document.root().get("code");
        let codings = code.into_iter().flat_map(|code| code.each_of("coding").collect::<Vec<_>>());
        let of_diagnosis = codings
            .filter(|coding| coding.get_str("system").as_deref() == Some(ICD_10_CM))
            .filter_map(|coding| Some(coding.get_str("code")?.into_owned()));
        Some(KnownProblem {
            reference: one.key().to_string(),
            name: concept::text(code).unwrap_or_default(),
            codes: of_diagnosis.collect(),
        })
    });
    Ok(known.collect())
}
