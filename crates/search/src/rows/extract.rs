//! The rows of a resource.

use super::{DateRow, Home, IndexRows, NumberRow, TextRow, TokenRow};
use crate::fold::fold;
use crate::hash;
use crate::index_policy::{Entry, Policy, Rows, policy};
use crate::matcher::{NoPorts, type_of};
use crate::parameter::{Parameter, ParameterKind};
use crate::path::Leaf;
use crate::prefix::Interval;
use crate::value::reference::target;
use crate::value::{date, number, quantity, string, token, uri};
use fhir::schema::{TypeId, schema};
use fhir::ucum::ExactNumber;
use fhir::{Document, Node};
use std::cell::RefCell;

/// Folded texts are cut to so many bytes in rows.
pub(crate) const TEXT_LIMIT_BYTES: usize = 64;
/// A principal date that leaves more than this open writes a date row besides, under its own parameter.
pub(crate) const LONG_MS: i64 = 366 * 86_400_000;
/// One that leaves more than this open, and no more than [`LONG_MS`], writes a date row under [`LASTING`].
pub(crate) const DAY_MS: i64 = 86_400_000;
/// Stands for the principal date of what lasts longer than a day: such rows are looked at only by who asks for what was not over
/// at a time. Whatever began before a time is found by where it lies, so that others need not pass these rows by.
pub(crate) const LASTING: &str = "_lasting";

/// What a resource writes into the index. Without a known `resourceType` that is nothing.
pub fn index_rows(document: &Document) -> IndexRows {
    let Some(type_id) = type_of(document) else { return IndexRows::default() };
    let policy = policy(type_id);
    let root = document.root();
    let mut rows = IndexRows { signature: signature(policy, root), ..IndexRows::default() };
    rows.home = home(policy, type_id, root);
    for entry in &policy.entries {
        write(entry, root, &mut rows);
    }
    foreign_patients(policy, root, &mut rows);
    rows
}

thread_local! {
    /// The hashes of the resource at hand; kept, so that each resource makes one allocation of the right size.
    static HASHES: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn signature(policy: &Policy, root: Node<'_>) -> Vec<u32> {
    HASHES.with_borrow_mut(|hashes| {
        hashes.clear();
        policy.signature.find(root, root, &mut |node, leaf| {
            each_hash(node, leaf, &mut |hash| hashes.push(hash::signature(hash)));
            false
        });
        hashes.sort_unstable();
        hashes.dedup();
        hashes.clone()
    })
}

/// The hashes of a token, reference or URI.
fn each_hash(node: Node<'_>, leaf: Leaf, visit: &mut dyn FnMut(i64)) {
    token::tokens(node, leaf, &mut |token| {
        token.hash().into_iter().for_each(&mut *visit);
        false
    });
    each_target_hash(node, leaf, visit);
}

fn each_target_hash(node: Node<'_>, leaf: Leaf, visit: &mut dyn FnMut(i64)) {
    if let Some(target) = target(node, leaf) {
        target.hashes(visit);
    }
}

/// The patient whose record it is: the only one that the main reference leads to.
fn home(policy: &Policy, type_id: TypeId, root: Node<'_>) -> Home {
    if type_id.name() == "Patient" {
        return root.get_str("id").map_or(Home::SHARED, |id| Home::of_patient(&id));
    }
    let Some(parameter) = policy.home else { return Home::SHARED };
    let mut home = None;
    let several = each_patient(parameter, root, &mut |found| {
        let other = home.is_some_and(|home| home != found);
        home = Some(found);
        other
    });
    home.filter(|_| !several).unwrap_or(Home::SHARED)
}

/// Calls `visit` with the home of each patient that a parameter leads to, until it returns true.
fn each_patient(parameter: &Parameter, root: Node<'_>, visit: &mut dyn FnMut(Home) -> bool) -> bool {
    parameter.program.find(root, root, &mut |node, leaf| {
        target(node, leaf).is_some_and(|target| {
            target
                .local("")
                .filter(|(type_id, _)| type_id.name() == "Patient")
                .is_some_and(|(_, id)| visit(Home::of_patient(id)))
        })
    })
}

/// Rows for references to patients whose record the resource is not in: all others are found there.
fn foreign_patients(policy: &Policy, root: Node<'_>, rows: &mut IndexRows) {
    let patient = schema().resource_named("Patient");
    for parameter in &policy.patient_references {
        let indexed = policy.entry(parameter.code).is_some_and(|entry| entry.rows == Rows::Token);
        if indexed {
            continue;
        }
        parameter.program.find(root, root, &mut |node, leaf| {
            if let Some(target) = target(node, leaf)
                && target.type_id() == patient
                && target.home() != Some(rows.home)
            {
                target.hashes(&mut |hash| push_token(rows, parameter.code, hash));
            }
            false
        });
    }
}

fn push_token(rows: &mut IndexRows, parameter: &'static str, hash: i64) {
    let row = TokenRow { parameter, hash };
    if !rows.tokens.contains(&row) {
        rows.tokens.push(row);
    }
}

fn write(entry: &Entry, root: Node<'_>, rows: &mut IndexRows) {
    let parameter = entry.parameter;
    match &entry.rows {
        Rows::Via(_) => {}
        Rows::Pair => write_pairs(parameter, root, rows),
        kind => {
            parameter.program.find(root, root, &mut |node, leaf| {
                match kind {
                    Rows::Token => write_tokens(entry, node, leaf, rows),
                    Rows::Text => write_texts(parameter.code, node, leaf, rows),
                    Rows::Number => write_numbers(parameter, node, leaf, rows),
                    Rows::Date => write_date(parameter.code, node, leaf, rows),
                    Rows::Recency => write_recency(parameter.code, node, leaf, rows),
                    Rows::Via(_) | Rows::Pair => {}
                }
                false
            });
        }
    }
}

fn write_tokens(entry: &Entry, node: Node<'_>, leaf: Leaf, rows: &mut IndexRows) {
    let code = entry.parameter.code;
    match entry.parameter.kind {
        ParameterKind::Reference => {
            let Some(target) = target(node, leaf) else { return };
            // The record of a patient has what refers to it.
            if target.home().is_none_or(|home| home != rows.home) {
                target.hashes(&mut |hash| push_token(rows, code, hash));
            }
        }
        ParameterKind::Uri => {
            if let Some(found) = uri::uri(node, leaf) {
                push_token(rows, code, hash::of_uri(uri::without_version(&found)));
            }
        }
        _ => {
            token::tokens(node, leaf, &mut |token| {
                if let (Some(found), Some(hash)) = (&token.code, token.hash())
                    && !entry.except.contains(&found.as_ref())
                {
                    push_token(rows, code, hash);
                }
                false
            });
        }
    }
}

/// A folded text as rows have it.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_LIMIT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn write_texts(parameter: &'static str, node: Node<'_>, leaf: Leaf, rows: &mut IndexRows) {
    string::texts(node, leaf, &mut |text| {
        let folded = fold(text);
        let text = cut(&folded);
        let known = rows.texts.iter().any(|row| row.parameter == parameter && row.text == text);
        if !text.is_empty() && !known {
            rows.texts.push(TextRow { parameter, text: text.to_owned() });
        }
        false
    });
}

/// The ends of an interval as values of rows; one when they are the same.
fn ends(interval: Interval<f64>) -> impl Iterator<Item = f64> {
    let low = interval.low.unwrap_or(f64::MIN);
    let high = interval.high.unwrap_or(f64::MAX);
    std::iter::once(low).chain((high > low).then_some(high))
}

fn push_numbers(rows: &mut IndexRows, parameter: &'static str, unit: i64, interval: Interval<f64>) {
    for value in ends(interval) {
        let row = NumberRow { parameter, unit, value };
        if !rows.numbers.contains(&row) {
            rows.numbers.push(row);
        }
    }
}

fn write_numbers(parameter: &Parameter, node: Node<'_>, leaf: Leaf, rows: &mut IndexRows) {
    if parameter.kind == ParameterKind::Number {
        if let Some(interval) = number::interval(node, leaf) {
            push_numbers(rows, parameter.code, quantity::unit_hash(""), quantity::binary(interval));
        }
    } else if let Some(amount) = quantity::amount(node, leaf) {
        quantity::rows(&amount, &mut |unit, interval| push_numbers(rows, parameter.code, unit, interval));
    }
}

/// For each code with each amount: the amount as written under the code, and in canonical form, where that is another,
/// under code and unit.
fn write_pairs(parameter: &'static Parameter, root: Node<'_>, rows: &mut IndexRows) {
    let [code, value] = parameter.components.as_slice() else { return };
    parameter.program.find(root, root, &mut |part, _| {
        value.program.find(root, part, &mut |node, leaf| {
            let Some(amount) = quantity::amount(node, leaf) else { return false };
            let canonical = amount.canonical();
            code.program.find(root, part, &mut |node, leaf| {
                token::tokens(node, leaf, &mut |token| {
                    let Some(hash) = token.hash() else { return false };
                    push_numbers(rows, parameter.code, hash, quantity::binary(amount.interval));
                    if let Some((unit, interval)) = &canonical {
                        let (unit, interval) =
                            (quantity::pair_hash(hash, unit), interval.map(ExactNumber::to_f64));
                        push_numbers(rows, parameter.code, unit, interval);
                    }
                    false
                })
            });
            false
        });
        false
    });
}

// Rows depend on the resource alone: dates without an offset are taken as UTC, and access allows for that.

fn write_date(parameter: &'static str, node: Node<'_>, leaf: Leaf, rows: &mut IndexRows) {
    if let Some(range) = date::range(node, leaf, &NoPorts) {
        rows.dates.push(DateRow { parameter, low_ms: range.low_ms, high_ms: range.high_ms });
    }
}

/// The principal date goes by its low end; what follows a first one, or is long, is found by a date row.
fn write_recency(parameter: &'static str, node: Node<'_>, leaf: Leaf, rows: &mut IndexRows) {
    let Some(range) = date::range(node, leaf, &NoPorts) else { return };
    let length_ms = range.high_ms.saturating_sub(range.low_ms);
    let is_short = range.low_ms > i64::MIN && length_ms <= LONG_MS;
    let is_first = rows.recency_ms.is_none();
    if is_first && range.low_ms > i64::MIN {
        rows.recency_ms = Some(range.low_ms);
    }
    let mut push = |parameter| {
        rows.dates.push(DateRow { parameter, low_ms: range.low_ms, high_ms: range.high_ms });
    };
    if !is_first || !is_short {
        push(parameter);
    } else if length_ms > DAY_MS {
        push(LASTING);
    }
}
