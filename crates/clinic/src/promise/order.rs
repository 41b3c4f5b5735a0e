//! Orders are kept track of until they are fulfilled (OR05): a Task for each, due when what was ordered can be expected.

use super::task::{FULFILMENT, Promise, changed, is_open};
use super::{codings, happened_ms, has_category, local_keys, moment_ms, owner, patient_id};
use crate::chart::resource_type;
use crate::fhir_parts::reference;
use fhir::schema::TypeId;
use fhir::{Document, Node, Object, array, object};
use record::consequence::{Consequence, Look, Put};
use record::{Error, Resource, ResourceKey};

const DAY_MS: i64 = 86_400_000;
/// Orders older than this, when they are first seen, came from another system and are history.
const AGE_MAX_MS: i64 = 365 * DAY_MS;
/// A sample may be taken before its order is written down.
const EARLY_MS: i64 = DAY_MS;
/// Who is to come in three months may come two weeks before.
const EARLIER_MS: i64 = 14 * DAY_MS;

/// By category (SNOMED CT codes of US Core ServiceRequest category; copyright International Health Terminology Standards
/// Development Organisation): how long after an order is to happen its result can be expected, in days. They are this program's own
/// choice: no standard says.
const PATIENCE_DAYS: [(&str, i64); 5] =
    [("108252007", 7), ("363679005", 14), ("3457005", 30), ("387713003", 30), ("390906007", 14)];
/// Of any other order.
const OTHER_DAYS: i64 = 14;
/// Intents by which something is to be done (R4 request-intent).
const INTENTS: [&str; 5] = ["order", "original-order", "reflex-order", "filler-order", "instance-order"];

/// Each order that is active has a Task until it is fulfilled or taken back.
pub struct OrdersAreKeptTrackOf;

impl Consequence for OrdersAreKeptTrackOf {
    fn name(&self) -> &'static str {
        "orders-are-kept-track-of"
    }

    fn types(&self) -> Vec<TypeId> {
        vec![resource_type("ServiceRequest")]
    }

    fn of(&self, order: &Resource, look: &Look<'_>) -> Result<Vec<Put>, Error> {
        let task = look.read(&FULFILMENT.key(order.key()))?;
        let Some(document) = order.document() else { return Ok(closed(task.as_ref(), look, "cancelled")) };
        let root = document.root();
        let status = root.get_str("status").unwrap_or_default();
        match (&*status, &task) {
            ("active" | "on-hold", None) => begun(order, &document, look),
            ("completed", _) => Ok(closed(task.as_ref(), look, "completed")),
            ("revoked" | "entered-in-error", _) => Ok(closed(task.as_ref(), look, "cancelled")),
            _ => Ok(Vec::new()),
        }
    }
}

fn begun(order: &Resource, document: &Document, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    let (key, root) = (order.key(), document.root());
    let is_to_be_done = root.get_str("intent").is_some_and(|intent| INTENTS.contains(&&*intent))
        && root.get("doNotPerform").and_then(Node::as_bool) != Some(true);
    let (authored_ms, now_ms) = (moment_ms(root.get("authoredOn")), look.now_ms());
    if !is_to_be_done || authored_ms.is_some_and(|ms| ms < now_ms - AGE_MAX_MS) {
        return Ok(Vec::new());
    }
    let of_order = [("based-on", &*key.to_string()), ("status", "final,amended,corrected,appended")];
    if !look.find(resource_type("DiagnosticReport"), &of_order)?.is_empty() {
        // Its result was here first.
        return Ok(changed_status(order, document).into_iter().collect());
    }
    let priority = root.get_str("priority").unwrap_or_default();
    let promise = Promise {
        kind: &FULFILMENT,
        focus: key,
        of: root,
        owner: owner::of_order(root, look)?,
        is_urgent: ["urgent", "asap", "stat"].contains(&&*priority),
        due_ms: expected_ms(root, now_ms),
        now_ms,
    };
    Ok(vec![promise.put()])
}

/// When what was ordered can be expected.
fn expected_ms(root: Node<'_>, now_ms: i64) -> i64 {
    const TIMES: [&[&str]; 4] = [
        &["occurrenceDateTime"],
        &["occurrencePeriod", "end"],
        &["occurrencePeriod", "start"],
        &["authoredOn"],
    ];
    let from_ms = TIMES.iter().find_map(|path| moment_ms(root.at_path(path))).unwrap_or(now_ms);
    let of_category = PATIENCE_DAYS.iter().find(|(code, _)| has_category(root, &[code]));
    from_ms + of_category.map_or(OTHER_DAYS, |(_, days)| *days) * DAY_MS
}

/// When a result can be of an order at the earliest.
fn begins_ms(order: Node<'_>) -> i64 {
    let occurrence = moment_ms(order.get("occurrenceDateTime"))
        .or_else(|| moment_ms(order.at_path(&["occurrencePeriod", "start"])))
        .map(|ms| ms - EARLIER_MS);
    let authored = moment_ms(order.get("authoredOn")).map(|ms| ms - EARLY_MS);
    occurrence.into_iter().chain(authored).max().unwrap_or_default()
}

fn closed(task: Option<&Resource>, look: &Look<'_>, status: &str) -> Vec<Put> {
    let open = task.filter(|task| task.document().is_some_and(|document| is_open(document.root())));
    open.and_then(|task| changed(task, look.now_ms(), |task| task.set("status", status)))
        .into_iter()
        .collect()
}

/// Whether a result is of an order that is kept track of, or will be: one that is active, or was fulfilled since it is.
pub(super) fn is_awaited(result: Node<'_>, look: &Look<'_>) -> Result<bool, Error> {
    for key in local_keys(result, "basedOn", "ServiceRequest", &|reference| look.local_key(reference)) {
        let order = look.read(&key)?.and_then(|found| found.document());
        let status = order.as_ref().and_then(|order| order.root().get_str("status")).unwrap_or_default();
        if ["active", "on-hold"].contains(&&*status) || look.read(&FULFILMENT.key(&key))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What becomes of the orders that a final result fulfils: they are completed, and so are their Tasks, which name the result.
pub(super) fn fulfilled_by(key: &ResourceKey, result: Node<'_>, look: &Look<'_>) -> Result<Vec<Put>, Error> {
    const FINAL: [&str; 4] = ["final", "amended", "corrected", "appended"];
    if !result.get_str("status").is_some_and(|status| FINAL.contains(&&*status)) {
        return Ok(Vec::new());
    }
    let mut puts = Vec::new();
    for order in orders_of(key, result, look)? {
        let Some(document) = order.document() else { continue };
        if document.root().get_str("status").as_deref() != Some("active") {
            continue;
        }
        puts.extend(changed_status(&order, &document));
        let task = look.read(&FULFILMENT.key(order.key()))?;
        let open = task.filter(|task| task.document().is_some_and(|document| is_open(document.root())));
        puts.extend(open.and_then(|task| {
            changed(&task, look.now_ms(), |task| {
                task.set("status", "completed");
                let kind = object! { "text" => "Result" };
                let output = object! { "type" => kind, "valueReference" => reference(&key.to_string()) };
                task.set("output", array![output]);
            })
        }));
    }
    Ok(puts)
}

fn changed_status(order: &Resource, document: &Document) -> Option<Put> {
    let mut value = fhir::Value::from(document.root());
    let object: &mut Object = value.as_object_mut()?;
    object.set("status", "completed");
    let (key, expect) = (order.key().clone(), record::Expect::Version(order.version()));
    Some(Put { key, expect, document: value.to_document() })
}

/// The orders that a result names, or else those of its patient that are of the same code: laboratories leave order numbers out.
/// A single value names an order of several; it fulfils one of its own code alone.
fn orders_of(key: &ResourceKey, result: Node<'_>, look: &Look<'_>) -> Result<Vec<Resource>, Error> {
    let own = codings(result.get("code"));
    let named = local_keys(result, "basedOn", "ServiceRequest", &|reference| look.local_key(reference));
    let mut found = Vec::new();
    for order in &named {
        found.extend(look.read(order)?);
    }
    let is_whole = key.type_id.name() == "DiagnosticReport";
    if named.is_empty() {
        let Some(patient) = patient_id(result).map(|id| format!("Patient/{id}")) else { return Ok(found) };
        for (system, code) in &own {
            let code = format!("{}|{}", escaped(system), escaped(code));
            let asked = [("patient", &*patient), ("code", &*code), ("status", "active")];
            found.extend(look.find(resource_type("ServiceRequest"), &asked)?);
        }
        let taken_ms = happened_ms(result).unwrap_or(i64::MAX);
        let due_ms = |order: &Resource| order.document().map_or(0, |order| begins_ms(order.root()));
        // One result is of one order: the oldest that it can be of.
        found.retain(|order| due_ms(order) <= taken_ms);
        found.sort_by_key(due_ms);
        found.truncate(1);
    } else if !is_whole {
        found.retain(|order| {
            let of = order.document().map(|order| codings(order.root().get("code"))).unwrap_or_default();
            of.is_empty() || of.iter().any(|coding| own.contains(coding))
        });
    }
    found.sort_by(|one, two| one.key().cmp(two.key()));
    found.dedup_by(|one, two| one.key() == two.key());
    Ok(found)
}

/// A text within a search value (R4 search §3.1.1.4.5).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$")
}
