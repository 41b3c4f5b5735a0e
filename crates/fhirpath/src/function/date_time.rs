//! Current date and time (FHIRPath §5.10), as the caller says it is.

use super::{Definition, row};
use crate::evaluate::Evaluator;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use fhir::date_time::{DateTime, Precision};

pub(super) const FUNCTIONS: &[Definition] = &[
    row("now", 0, 0, |evaluator, _, _| Ok(Item::DateTime(now(evaluator)?).into())),
    row("today", 0, 0, |evaluator, _, _| {
        Ok(Item::Date(now(evaluator)?.date().truncate(Precision::Day)).into())
    }),
    row("timeOfDay", 0, 0, |evaluator, _, _| Ok(now(evaluator)?.time().map(Item::Time).into())),
];

fn now(evaluator: &Evaluator<'_, '_>) -> Result<DateTime, EvaluationError> {
    evaluator.context.now.ok_or(EvaluationError::NoClock)
}
