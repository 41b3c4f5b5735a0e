//! Types as functions: `is`, `as`, `ofType`, `type` (FHIRPath §6.3, §5.2, §10.2).

use super::{Arguments, Definition, Run, row};
use crate::evaluate::one;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::{Call, TypeSpecifier};

const fn typed(name: &'static str, run: Run) -> Definition {
    Definition { name, arguments: Arguments::Type, run, stream: None }
}

pub(super) const FUNCTIONS: &[Definition] = &[
    typed("is", |evaluator, call, scope| {
        evaluator.is_of_type(&evaluator.input(call, scope)?, specifier(call)?)
    }),
    typed("as", |evaluator, call, scope| {
        evaluator.cast(evaluator.input(call, scope)?, specifier(call)?, "as()")
    }),
    typed("ofType", |evaluator, call, scope| {
        evaluator.of_type(evaluator.input(call, scope)?, specifier(call)?)
    }),
    row("type", 0, 0, |evaluator, call, scope| {
        let items = evaluator.input(call, scope)?;
        Ok(one(&items, "type()")?.map(|item| Item::Type(item.type_info())).into())
    }),
];

/// The parser gives each of these a type.
fn specifier(call: &Call) -> Result<&TypeSpecifier, EvaluationError> {
    call.type_specifier.as_ref().ok_or(EvaluationError::UnknownType(String::new()))
}
