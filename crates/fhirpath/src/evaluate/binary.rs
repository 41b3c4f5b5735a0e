//! Binary operators: which operands are looked at, and what becomes of them.

use super::arithmetic::arithmetic;
use super::comparison::compare;
use super::equality::{equivalent_collections, same_values};
use super::singleton::{boolean, one};
use super::{Evaluator, NEXT, Result, STOP, Scope};
use crate::collection::Collection;
use crate::item::Item;
use crate::syntax::{Binary, Node, Operator};
use std::cmp::Ordering;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn binary(&self, binary: &'a Binary, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        let Binary { operator, left, right } = binary;
        match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                return Ok(self.logic(left, *operator, right, scope)?.into());
            }
            _ => {}
        }
        let left = self.evaluate(left, scope)?;
        if *operator == Operator::In {
            return self.membership(&left, right, scope, "in");
        }
        let right = self.evaluate(right, scope)?;
        self.spend(left.len().max(right.len()) as u64)?;
        let answer = match operator {
            Operator::Equal => self.equality(&left, &right),
            Operator::NotEqual => self.equality(&left, &right).map(|same| !same),
            Operator::Equivalent => Some(self.equivalence(&left, &right)),
            Operator::NotEquivalent => Some(!self.equivalence(&left, &right)),
            Operator::Contains => {
                let Some(wanted) = one(&right, "contains")? else { return Ok(Collection::EMPTY) };
                Some(self.contains(left.as_slice(), wanted))
            }
            Operator::Less => self.order(&left, *operator, &right)?.map(Ordering::is_lt),
            Operator::LessOrEqual => self.order(&left, *operator, &right)?.map(Ordering::is_le),
            Operator::Greater => self.order(&left, *operator, &right)?.map(Ordering::is_gt),
            Operator::GreaterOrEqual => self.order(&left, *operator, &right)?.map(Ordering::is_ge),
            _ => {
                let result = arithmetic(&left, *operator, &right)?;
                self.spend_text(&result)?;
                return Ok(result);
            }
        };
        Ok(answer.into())
    }

    fn order(
        &self,
        left: &Collection<'a>,
        operator: Operator,
        right: &Collection<'a>,
    ) -> Result<Option<Ordering>> {
        compare(left, right, self.context.default_offset_minutes, operator.text())
    }

    fn equality(&self, left: &Collection<'a>, right: &Collection<'a>) -> Option<bool> {
        same_values(left.as_slice(), right.as_slice(), self.context.default_offset_minutes)
    }

    fn equivalence(&self, left: &Collection<'a>, right: &Collection<'a>) -> bool {
        equivalent_collections(left.as_slice(), right.as_slice(), self.context.default_offset_minutes)
    }

    /// `x in y`; stops at the first that is equal.
    fn membership(
        &self,
        wanted: &Collection<'a>,
        among: &'a Node,
        scope: Scope<'_, 'a>,
        operation: &'static str,
    ) -> Result<Collection<'a>> {
        let Some(wanted) = one(wanted, operation)? else { return Ok(Collection::EMPTY) };
        let mut found = false;
        let _ = self.visit(among, scope, &mut |item| {
            found = self.contains(std::slice::from_ref(&item), wanted);
            if found { STOP } else { NEXT }
        })?;
        Ok(Item::Boolean(found).into())
    }

    /// Three-valued logic (FHIRPath §6.5). The right operand is not looked at when the left one decides.
    fn logic(
        &self,
        left: &'a Node,
        operator: Operator,
        right: &'a Node,
        scope: Scope<'_, 'a>,
    ) -> Result<Option<bool>> {
        let operation = operator.text();
        let left = boolean(&self.evaluate(left, scope)?, operation)?;
        match (operator, left) {
            (Operator::And, Some(false)) => return Ok(Some(false)),
            (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => return Ok(Some(true)),
            _ => {}
        }
        let right = boolean(&self.evaluate(right, scope)?, operation)?;
        Ok(match (operator, left, right) {
            (Operator::And, _, Some(false)) => Some(false),
            (Operator::Or | Operator::Implies, _, Some(true)) => Some(true),
            (Operator::Xor, Some(one), Some(two)) => Some(one != two),
            // What is left of `and`, `or` and `implies` hangs on the right operand alone, unless the left is open.
            (Operator::And | Operator::Or | Operator::Implies, Some(_), right) => right,
            _ => None,
        })
    }
}
