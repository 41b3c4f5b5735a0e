//! Operands that never fit their operator.

use super::shape::Shape;
use super::{Checked, fault};
use crate::item::SystemType::{self, Boolean, Date, DateTime, Decimal, Integer, Quantity, String, Time};
use crate::syntax::Operator;

const NUMBERS: &[SystemType] = &[Integer, Decimal];
const AMOUNTS: &[SystemType] = &[Integer, Decimal, Quantity];
const MOMENTS: &[SystemType] = &[Date, DateTime];
const SHIFTED: &[SystemType] = &[Date, DateTime, Time];

/// Types on the left and right that go together.
type Pairs = &'static [(&'static [SystemType], &'static [SystemType])];

const COMPARED: Pairs = &[(AMOUNTS, AMOUNTS), (&[String], &[String]), (MOMENTS, MOMENTS), (&[Time], &[Time])];
const ADDED: Pairs =
    &[(NUMBERS, NUMBERS), (&[Quantity], &[Quantity]), (&[String], &[String]), (SHIFTED, &[Quantity])];
const SUBTRACTED: Pairs = &[(NUMBERS, NUMBERS), (&[Quantity], &[Quantity]), (SHIFTED, &[Quantity])];
const MULTIPLIED: Pairs = &[(AMOUNTS, AMOUNTS)];
const DIVIDED: Pairs = &[(NUMBERS, NUMBERS), (&[Quantity], AMOUNTS)];
const COUNTED: Pairs = &[(NUMBERS, NUMBERS)];
const JOINED: Pairs = &[(&[String], &[String])];

/// The shape of an operation, or a fault when no possible types of its operands fit.
pub(super) fn binary(operator: Operator, left: &Shape, right: &Shape) -> Checked {
    let (pairs, result) = match operator {
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            (COMPARED, Shape::system(Boolean))
        }
        Operator::Add => (ADDED, Shape::ANY),
        Operator::Subtract => (SUBTRACTED, Shape::ANY),
        Operator::Multiply => (MULTIPLIED, Shape::ANY),
        Operator::Divide => (DIVIDED, Shape::ANY),
        Operator::IntegerDivide | Operator::Modulo => (COUNTED, Shape::ANY),
        Operator::Concatenate => (JOINED, Shape::system(String)),
        _ => return Ok(Shape::system(Boolean)),
    };
    if pairs.iter().any(|(one, two)| left.may_be(one) && right.may_be(two)) {
        return Ok(result);
    }
    let operator = operator.text();
    fault(format!("{operator} has no meaning between {} and {}", left.names(), right.names()))
}
