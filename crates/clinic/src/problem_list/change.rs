//! How a line of the problem list changes: it is over, it is there again, it began at another time, it was a mistake.

use super::{Lifetime, ListedProblem, is_on_the_list, on_the_list};
use crate::chart;
use crate::fhir_parts::{code_only, hl7};
use crate::list_entry::{self, Hand, Refusal};
use crate::replacement::Replacement;
use crate::typed_date;
use crate::typed_line::{self, Mistake};
use fhir::date_time::Date;
use fhir::{Document, Object, Value, array};
use record::{Error, Session};

/// The profile of a line, by the end of its name.
pub(super) const PROFILE: &str = "condition-problems-health-concerns";

/// What becomes of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is over, since a day.
    Resolved(Date),
    /// It is active again.
    Active,
    /// It began then.
    Onset(Date),
    /// It should never have stood there, for this reason.
    EnteredInError(String),
}

/// What a form says of a problem.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// What is to become of it: a name of [`ACTS`].
    pub act: &'a str,
    /// A day, as it was typed.
    pub date: &'a str,
    /// Why.
    pub reason: &'a str,
}

type Read = fn(&Said<'_>, &ListedProblem, Lifetime) -> Result<Change, Mistake>;

/// What can become of a problem: its name in forms, and how the rest of the form is read.
pub const ACTS: [(&str, Read); 4] =
    [("resolve", resolved), ("reopen", |_, _, _| Ok(Change::Active)), ("onset", onset), ("error", in_error)];

const DATE: &str = "date";

fn resolved(said: &Said<'_>, problem: &ListedProblem, life: Lifetime) -> Result<Change, Mistake> {
    let date = life.read(DATE, said.date)?.unwrap_or(life.today);
    in_order(Date::parse(&problem.onset).ok(), Some(date))?;
    Ok(Change::Resolved(date))
}

fn onset(said: &Said<'_>, problem: &ListedProblem, life: Lifetime) -> Result<Change, Mistake> {
    let date = life.read(DATE, said.date)?.ok_or_else(|| Mistake::new(DATE, typed_date::HOW))?;
    in_order(Some(date), Date::parse(&problem.abatement).ok())?;
    Ok(Change::Onset(date))
}

fn in_error(said: &Said<'_>, _: &ListedProblem, _: Lifetime) -> Result<Change, Mistake> {
    let remedy = "write why it was entered in error, such as wrong patient or ruled out";
    typed_line::needed("reason", said.reason, remedy).map(Change::EnteredInError)
}

/// Refuses an end before the beginning.
fn in_order(began: Option<Date>, ended: Option<Date>) -> Result<(), Mistake> {
    match (began, ended) {
        (Some(began), Some(ended)) if ended.last_day() < began.first_day() => {
            let (began, ended) = (typed_date::in_words(began), typed_date::in_words(ended));
            Err(Mistake::new(DATE, format!("it cannot end ({ended}) before it began ({began})")))
        }
        _ => Ok(()),
    }
}

/// Reads what is to become of a problem.
///
/// # Errors
/// What to do about a field.
pub fn read(said: &Said<'_>, problem: &ListedProblem, life: Lifetime) -> Result<Change, Mistake> {
    let act = ACTS.iter().find(|(name, _)| *name == said.act);
    let (_, read) = act.ok_or_else(|| Mistake::new("act", "choose what is to become of the problem"))?;
    read(said, problem, life)
}

/// A Condition as it is after a change; what the change is not about stays as it is.
pub fn changed(condition: &Document, change: &Change, hand: &Hand) -> Document {
    let mut value = Value::from(condition.root());
    let Some(line) = value.as_object_mut() else { return value.to_document() };
    match change {
        Change::Resolved(on) => {
            status(line, "resolved");
            put_when(line, "abatement", Some(*on));
        }
        Change::Active => {
            status(line, "active");
            put_when(line, "abatement", None);
        }
        Change::Onset(on) => put_when(line, "onset", Some(*on)),
        Change::EnteredInError(reason) => {
            // The standard lets what is in error have no clinical status (con-5), and what has none no end (con-4).
            line.remove("clinicalStatus");
            put_when(line, "abatement", None);
            line.set("verificationStatus", code_only(&hl7("condition-ver-status"), "entered-in-error"));
            list_entry::annotate(line, &format!("Entered in error: {reason}"), hand);
        }
    }
    declare(line);
    value.to_document()
}

fn status(line: &mut Object, code: &str) {
    line.set("clinicalStatus", code_only(&hl7("condition-clinical"), code));
}

/// Puts a day in the place of whatever said when something was, or nothing.
fn put_when(line: &mut Object, name: &str, day: Option<Date>) {
    const KINDS: [&str; 5] = ["DateTime", "Age", "Period", "Range", "String"];
    for kind in KINDS {
        line.remove(&format!("{name}{kind}"));
        line.remove(&format!("_{name}{kind}"));
    }
    if let Some(day) = day {
        line.set(format!("{name}DateTime"), day.to_string());
    }
}

/// Says that a line meets the profile of the list. What came without a name cannot meet it, and says nothing.
fn declare(line: &mut Object) {
    if line.get("code").is_none() {
        return;
    }
    let categories = line.get("category").and_then(Value::as_array).unwrap_or_default();
    if categories.is_empty() {
        line.set("category", array![on_the_list()]);
    }
    let of_the_list = |category: &Value| {
        let codings = category.get("coding").and_then(Value::as_array).unwrap_or_default();
        let codes = codings.iter().filter_map(|coding| coding.get("code")?.as_str());
        codes.into_iter().any(|code| matches!(code, "problem-list-item" | "health-concern"))
    };
    let categories = line.get("category").and_then(Value::as_array).unwrap_or_default();
    if categories.iter().any(of_the_list) {
        list_entry::declare(line, PROFILE);
    }
}

/// Changes a problem of a patient's as a form says, if it is still the version that was looked at.
///
/// # Errors
/// When it is not this patient's, the record refuses the change, or it cannot be written.
pub fn apply(
    session: &Session,
    (patient, id, version): (&str, &str, u32),
    said: &Said<'_>,
    life: Lifetime,
) -> Result<Result<(), Refusal>, Error> {
    let (found, condition) = chart::of_patient(session, "Condition", patient, id)?;
    if found.version() != version || !is_on_the_list(&condition) {
        return Ok(Err(Refusal::ChangedMeanwhile));
    }
    let problem = ListedProblem::read(&condition, version, &Default::default());
    let change = match read(said, &problem, life) {
        Ok(change) => change,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let document = changed(&condition, &change, &Hand::of(session));
    list_entry::put(session, &[Replacement { key: found.key().clone(), version, document }])
}
