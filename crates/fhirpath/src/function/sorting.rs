//! `sort` (FHIRPath 3.0, §5.2): by keys, ascending; a minus before a key turns it round. Items without a
//! key come first either way, as the official suite has it.

use super::{Arguments, Definition};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, compare};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::{Call, Node};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Definition] =
    &[Definition { name: "sort", arguments: Arguments::SortKeys, run: sort, stream: None }];

/// An item with its keys.
type Keyed<'a> = (Item<'a>, Vec<Collection<'a>>);

fn sort<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let keys: Vec<(&'a Node, bool)> = call.arguments.iter().map(Node::sort_key).collect();
    let mut rows: Vec<Keyed<'a>> = Vec::new();
    for (index, item) in evaluator.input(call, scope)?.into_iter().enumerate() {
        let inner = scope.at(&item, index);
        let values = if keys.is_empty() {
            vec![item.clone().into()]
        } else {
            keys.iter().map(|(key, _)| evaluator.evaluate(key, inner)).collect::<Result<_>>()?
        };
        rows.push((item, values));
    }
    // Insertion sort: partial dates have no total order, which the library's sorts may answer with a panic.
    for end in 1..rows.len() {
        let mut at = end;
        while at > 0
            && order(&rows[at - 1], &rows[at], &keys, evaluator.context.default_offset_minutes)?.is_gt()
        {
            evaluator.spend(1)?;
            rows.swap(at - 1, at);
            at -= 1;
        }
    }
    Ok(rows.into_iter().map(|(item, _)| item).collect())
}

fn order(
    one: &Keyed<'_>,
    two: &Keyed<'_>,
    keys: &[(&Node, bool)],
    default_offset_minutes: Option<i32>,
) -> std::result::Result<Ordering, EvaluationError> {
    for (position, (left, right)) in one.1.iter().zip(&two.1).enumerate() {
        if left.is_empty() != right.is_empty() {
            return Ok(right.is_empty().cmp(&left.is_empty()));
        }
        let order = compare(left, right, default_offset_minutes, "sort()")?.unwrap_or(Ordering::Equal);
        if order.is_ne() {
            let is_descending = keys.get(position).is_some_and(|(_, is_descending)| *is_descending);
            return Ok(if is_descending { order.reverse() } else { order });
        }
    }
    Ok(Ordering::Equal)
}
