//! Results are reviewed (LR09): each one that comes has a Task until somebody signs it, and again when it is corrected.

use super::task::{Kind, Promise, REVIEW, changed, is_open, reviewed_version};
use super::{happened_ms, has_category, local_keys, order, owner, patient_id};
use crate::chart::observation::{self, Flag};
use crate::chart::resource_type;
use fhir::schema::TypeId;
use fhir::{Document, Node, Object, Value, object};
use record::consequence::{Consequence, Look, Put};
use record::{Error, Resource, ResourceKey};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A result that is older when it comes, and that nobody here ordered, is history of another system, which somebody looked at there.
const AGE_MAX_MS: i64 = 60 * DAY_MS;
/// How long a result may wait, by the worst of its values (`Flag::urgency`): normal, abnormal, critical. They are this program's own
/// choice: no standard says.
const PATIENCE_MS: [i64; 3] = [5 * DAY_MS, 2 * DAY_MS, 4 * HOUR_MS];
const CRITICAL: u8 = 2;

/// Categories of Observations that are results (HL7 observation-category).
const RESULT_CATEGORIES: [&str; 2] = ["laboratory", "imaging"];
/// Categories of reports that are none: notes that US Core gives as DiagnosticReport are signed by who wrote them (LOINC).
const STUDIES: [&str; 3] = ["LP29684-5", "LP29708-2", "LP7839-6"];
/// The system of the sections of services that make reports (HL7 v2 table 0074).
const SERVICE_SECTIONS: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
/// States in which there is nothing to see yet.
const NOTHING_YET: [&str; 2] = ["registered", "unknown"];
/// States in which there is nothing to see any more.
const WITHDRAWN: [&str; 2] = ["cancelled", "entered-in-error"];

/// Each result has a Task until somebody signed it as it is now.
pub struct ResultsAreReviewed;

impl Consequence for ResultsAreReviewed {
    fn name(&self) -> &'static str {
        "results-are-reviewed"
    }

    fn types(&self) -> Vec<TypeId> {
        vec![resource_type("DiagnosticReport"), resource_type("Observation")]
    }

    fn of(&self, result: &Resource, look: &Look<'_>) -> Result<Vec<Put>, Error> {
        let Some(document) = result.document() else {
            return Ok(withdrawn(look.read(&REVIEW.key(result.key()))?.as_ref(), look, "it was deleted"));
        };
        let root = document.root();
        let is_report = result.key().type_id.name() == "DiagnosticReport";
        if !(if is_report { is_report_of_results(root) } else { has_category(root, &RESULT_CATEGORIES) }) {
            return Ok(Vec::new());
        }
        // Most of what an import brings is old: it costs little. A correction of something old is news, and so is what somebody
        // here waits for.
        let is_recent = happened_ms(root).is_none_or(|ms| ms >= result.updated_ms() - AGE_MAX_MS);
        if !is_recent && result.version() == 1 && !order::is_awaited(root, look)? {
            return Ok(Vec::new());
        }
        let mut puts = match is_report {
            true => of_report(result, root, look)?,
            false => of_observation(result, &document, look)?,
        };
        puts.extend(order::fulfilled_by(result.key(), root, look)?);
        Ok(puts)
    }
}

fn is_report_of_results(root: Node<'_>) -> bool {
    let of_section = |coding: Node<'_>| coding.get_str("system").as_deref() == Some(SERVICE_SECTIONS);
    has_category(root, &STUDIES)
        || root.get("result").is_some()
        || root.each_of("category").any(|category| category.each_of("coding").any(of_section))
}

fn of_report(result: &Resource, root: Node<'_>, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    let members = local_keys(root, "result", "Observation", &|reference| look.local_key(reference));
    let mut urgency = 0;
    let mut puts = Vec::new();
    for member in &members {
        let found = look.read(member)?.and_then(|found| found.document());
        urgency = urgency.max(found.as_ref().map(urgency_of).unwrap_or_default());
        // It came before its report, which is looked at in its place.
        let why = format!("it is part of {}", result.key());
        puts.extend(withdrawn(look.read(&REVIEW.key(member))?.as_ref(), look, &why));
    }
    puts.extend(reviewed(result, root, urgency, look)?);
    Ok(puts)
}

fn of_observation(result: &Resource, document: &Document, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    let (root, key) = (document.root(), result.key().to_string());
    let Some(patient) = patient_id(root).map(|id| format!("Patient/{id}")) else { return Ok(Vec::new()) };
    let of_patient = ("patient", &*patient);
    let reports = look.find(resource_type("DiagnosticReport"), &[of_patient, ("result", &key)])?;
    let reports: Vec<Resource> = reports
        .into_iter()
        .filter(|one| one.document().is_some_and(|one| is_report_of_results(one.root())))
        .collect();
    if !reports.is_empty() {
        return again(&reports, result, look);
    }
    if !look.find(resource_type("Observation"), &[of_patient, ("has-member", &key)])?.is_empty() {
        return Ok(Vec::new());
    }
    reviewed(result, root, urgency_of(document), look)
}

/// A value that was corrected is looked at again with its reports, where they were signed before.
fn again(reports: &[Resource], value: &Resource, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    let mut puts = Vec::new();
    for report in reports {
        let task = look.read(&REVIEW.key(report.key()))?;
        let signed = task.filter(|task| {
            task.updated_ms() < value.updated_ms()
                && value.version() > 1
                && task.document().is_some_and(|document| {
                    reviewed_version(&document).is_some() && !is_open(document.root())
                })
        });
        puts.extend(signed.and_then(|task| reopened(&task, look)));
    }
    Ok(puts)
}

/// The Task of a result: made, opened again, or left as it is.
fn reviewed(result: &Resource, root: Node<'_>, urgency: u8, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    let task = look.read(&REVIEW.key(result.key()))?;
    let status = root.get_str("status").unwrap_or_default();
    if NOTHING_YET.contains(&&*status) {
        return Ok(Vec::new());
    }
    if WITHDRAWN.contains(&&*status) {
        return Ok(withdrawn(task.as_ref(), look, "the laboratory took it back"));
    }
    let Some(task) = task else {
        let owner = owner::of_result(root, look)?;
        return Ok(vec![made(&REVIEW, result.key(), root, owner, urgency, look.now_ms())]);
    };
    let Some(document) = task.document() else { return Ok(Vec::new()) };
    let is_news = match reviewed_version(&document) {
        Some(version) => version < result.version(),
        // It was said why nobody need look at it, as it was then.
        None => task.updated_ms() < result.updated_ms(),
    };
    let is_again = !is_open(document.root()) && is_news;
    Ok(if is_again { reopened(&task, look).into_iter().collect() } else { Vec::new() })
}

fn made(
    kind: &Kind,
    focus: &ResourceKey,
    of: Node<'_>,
    owner: Option<Value>,
    urgency: u8,
    now_ms: i64,
) -> Put {
    let due_ms = now_ms + PATIENCE_MS[usize::from(urgency).min(PATIENCE_MS.len() - 1)];
    Promise { kind, focus, of, owner, is_urgent: urgency >= CRITICAL, due_ms, now_ms }.put()
}

fn reopened(task: &Resource, look: &Look<'_>) -> Option<Put> {
    changed(task, look.now_ms(), |task| {
        task.set("status", "requested");
        task.remove("statusReason");
        task.remove("executionPeriod");
        let end = record::resource::instant(look.now_ms() + PATIENCE_MS[1]).to_string();
        task.set("restriction", object! { "period" => object! { "end" => end } });
        add_note(task, "It was changed since it was signed.", look.now_ms());
    })
}

fn add_note(task: &mut Object, text: &str, now_ms: i64) {
    let time = record::resource::instant(now_ms).to_string();
    let mut notes = task.get("note").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
    notes.push(object! { "time" => time, "text" => text });
    task.set("note", Value::from(notes));
}

/// A Task that there is nothing to be looked at for any more; its result stands in another's, or was taken back.
fn withdrawn(task: Option<&Resource>, look: &Look<'_>, why: &str) -> Vec<Put> {
    let open = task.filter(|task| task.document().is_some_and(|document| is_open(document.root())));
    let cancelled = open.and_then(|task| {
        changed(task, look.now_ms(), |task| {
            task.set("status", "cancelled");
            task.set("statusReason", object! { "text" => why });
        })
    });
    cancelled.into_iter().collect()
}

fn urgency_of(observation: &Document) -> u8 {
    let flags = observation::values(observation).into_iter().map(|value| value.flag);
    flags.map(Flag::urgency).max().unwrap_or_default()
}
