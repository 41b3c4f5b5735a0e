//! Access for a condition on one parameter.

use super::Access;
use crate::hash;
use crate::index_policy::{Entry, Rows, policy};
use crate::matcher::Ports;
use crate::parameter::{Parameter, parameter};
use crate::prefix::Prefix;
use crate::query::{Criterion, Test};
use crate::rows::Home;
use crate::rows::extract::{DAY_MS, LASTING, cut};
use crate::value::ValueTest;
use crate::value::date::{DateRange, DateTest};
use crate::value::quantity::{self, Reach};
use crate::value::reference::ReferenceTest;
use crate::value::token::TokenTest;
use fhir::schema::TypeId;

/// Values are compared as decimals, rows have them as binary fractions.
const ROUNDING: f64 = 1e-9;

/// The way to what meets a criterion.
pub(super) fn access(type_id: TypeId, criterion: &Criterion, ports: &dyn Ports) -> Option<Access> {
    let Test::AnyOf(tests) = &criterion.test else { return None };
    if criterion.code == "_id" {
        return ids(type_id, tests);
    }
    let all: Option<Vec<_>> =
        tests.iter().map(|test| test_access(type_id, criterion.code, test, ports)).collect();
    all.map(Access::union)
}

fn ids(type_id: TypeId, tests: &[ValueTest]) -> Option<Access> {
    let ids = tests.iter().map(|test| match test {
        ValueTest::Token(TokenTest::Code { code: Some(code), .. }) => Some(code.clone()),
        _ => None,
    });
    ids.collect::<Option<Vec<_>>>().map(|ids| Access::Ids(type_id, ids))
}

fn test_access(type_id: TypeId, code: &str, test: &ValueTest, ports: &dyn Ports) -> Option<Access> {
    let parameter = parameter(type_id, code)?;
    let entry = policy(type_id).entry(code);
    if let Some(Entry { rows: Rows::Via(others), .. }) = entry {
        let all: Option<Vec<_>> =
            others.iter().map(|other| test_access(type_id, other, test, ports)).collect();
        return all.map(Access::union);
    }
    let key = (type_id, parameter.code);
    match (test, entry.map(|entry| &entry.rows)) {
        (ValueTest::Reference(test), _) => reference_test(type_id, parameter, test),
        (ValueTest::Token(test), Some(Rows::Token)) => {
            let hashes = test.hashes(parameter.has_contacts)?;
            let excepted = |hash: &i64| {
                entry.is_some_and(|entry| entry.except.iter().any(|code| hash::of_token(code) == *hash))
            };
            if hashes.iter().any(excepted) {
                return None;
            }
            Some(tokens(key, hashes))
        }
        (ValueTest::Uri(test), Some(Rows::Token)) => Some(tokens(key, vec![test.hash()?])),
        (ValueTest::String(test), Some(Rows::Text)) => {
            let prefix = test.folded_prefix().filter(|prefix| !prefix.is_empty())?;
            Some(Access::Text { parameter: key, prefix: cut(&prefix).to_owned() })
        }
        (ValueTest::Date(test), Some(Rows::Date)) => Some(dates(key, as_in_rows(test.overlapped()?, ports))),
        (ValueTest::Date(test), Some(Rows::Recency)) => recency(key, test, ports),
        (ValueTest::Quantity(test), Some(Rows::Number)) => {
            let all = quantity::reach(test)?.into_iter().map(|reach| numbers(key, reach));
            Some(Access::union(all.collect()))
        }
        (ValueTest::Number(test), Some(Rows::Number)) => {
            Some(numbers(key, (quantity::unit_hash(""), quantity::binary(test.reached()?))))
        }
        (ValueTest::Composite(parts), Some(Rows::Pair)) => pair(key, parts),
        _ => None,
    }
}

fn tokens(parameter: (TypeId, &'static str), hashes: Vec<i64>) -> Access {
    Access::union(hashes.into_iter().map(|hash| Access::Token { parameter, hash }).collect())
}

/// The way to what refers to a resource; `None` when there are no rows for it.
pub(super) fn reference(type_id: TypeId, code: &str, target: (TypeId, &str)) -> Option<Access> {
    let parameter = parameter(type_id, code)?;
    if let Some(Entry { rows: Rows::Via(others), .. }) = policy(type_id).entry(code) {
        let all: Option<Vec<_>> = others.iter().map(|other| reference(type_id, other, target)).collect();
        return all.map(Access::union);
    }
    let key = (type_id, parameter.code);
    let hash = hash::of_reference(target.0.name(), target.1);
    let rows = Access::Token { parameter: key, hash };
    let has_rows = policy(type_id).entry(code).is_some_and(|entry| entry.rows == Rows::Token);
    if target.0.name() != "Patient" {
        return has_rows.then_some(rows);
    }
    let signature = vec![hash::signature(hash)];
    let home = Access::Home { home: Home::of_patient(target.1), type_id, signature };
    Some(Access::Union(vec![home, rows]))
}

fn reference_test(type_id: TypeId, parameter: &'static Parameter, test: &ReferenceTest) -> Option<Access> {
    if let ReferenceTest::Local { types, id, .. } = test {
        if types.is_empty() {
            return None;
        }
        let all: Option<Vec<_>> =
            types.iter().map(|target| reference(type_id, parameter.code, (*target, id))).collect();
        return all.map(Access::union);
    }
    let entry = policy(type_id).entry(parameter.code)?;
    let is_indexed = entry.rows == Rows::Token && !matches!(test, ReferenceTest::Identifier(_));
    let hashes = test.hashes().filter(|_| is_indexed)?;
    Some(tokens((type_id, parameter.code), hashes))
}

/// Where rows of dates within an interval may lie: they take dates without an offset as UTC.
fn as_in_rows(range: DateRange, ports: &dyn Ports) -> DateRange {
    let offsets = ports.offsets_minutes();
    let (least, greatest) = ((*offsets.start()).min(0), (*offsets.end()).max(0));
    DateRange {
        low_ms: range.low_ms.saturating_add(i64::from(least) * 60_000),
        high_ms: range.high_ms.saturating_add(i64::from(greatest) * 60_000),
    }
}

fn dates(parameter: (TypeId, &'static str), range: DateRange) -> Access {
    Access::Date { parameter, low_ms: range.low_ms, high_ms: range.high_ms }
}

/// The principal date: short intervals by their low end, long ones by their rows, and those that last for days by rows of their
/// own where it matters that they were not over.
fn recency(parameter: (TypeId, &'static str), test: &DateTest, ports: &dyn Ports) -> Option<Access> {
    let range = as_in_rows(test.overlapped()?, ports);
    // These hold only for what begins in the range.
    let begins_inside = matches!(test.prefix, Prefix::Equal | Prefix::StartsAfter);
    let reach_ms = if begins_inside { 0 } else { DAY_MS };
    let short = Access::Type {
        type_id: parameter.0,
        low_ms: range.low_ms.saturating_sub(reach_ms),
        high_ms: range.high_ms,
        signature: Vec::new(),
    };
    let mut ways = vec![short, dates(parameter, range)];
    if !begins_inside && range.low_ms > i64::MIN {
        ways.push(dates((parameter.0, LASTING), range));
    }
    Some(Access::Union(ways))
}

fn numbers(parameter: (TypeId, &'static str), (unit, range): Reach) -> Access {
    let apart = |value: f64| value.abs() * ROUNDING + f64::MIN_POSITIVE;
    Access::Number {
        parameter,
        unit,
        low: range.low.map_or(f64::MIN, |low| low - apart(low)),
        high: range.high.map_or(f64::MAX, |high| high + apart(high)),
    }
}

/// A code and an amount.
fn pair(parameter: (TypeId, &'static str), parts: &[ValueTest]) -> Option<Access> {
    let [ValueTest::Token(code), ValueTest::Quantity(amount)] = parts else { return None };
    let all: Option<Vec<_>> = code
        .hashes(false)?
        .into_iter()
        .map(|code| Some(numbers(parameter, quantity::pair_reach(code, amount)?)))
        .collect();
    all.map(Access::union)
}

/// Hashes of which a match has at least one.
pub(super) fn signature_hashes(type_id: TypeId, criterion: &Criterion) -> Option<Vec<u32>> {
    let Test::AnyOf(tests) = &criterion.test else { return None };
    if criterion.code == "_id" {
        return None;
    }
    let contacts = parameter(type_id, criterion.code)?.has_contacts;
    let mut signature = Vec::new();
    for test in tests {
        signature.extend(test_hashes(test, contacts)?.into_iter().map(hash::signature));
    }
    (!signature.is_empty()).then_some(signature)
}

fn test_hashes(test: &ValueTest, contacts: bool) -> Option<Vec<i64>> {
    match test {
        ValueTest::Token(test) => test.hashes(contacts),
        ValueTest::Reference(test) => test.hashes(),
        ValueTest::Uri(test) => test.hash().map(|hash| vec![hash]),
        ValueTest::Composite(parts) => parts.iter().find_map(|part| test_hashes(part, contacts)),
        _ => None,
    }
}
