//! Tree navigation (FHIRPath §5.8).

use super::{Arguments, Definition, streamed};
use crate::evaluate::{Evaluator, Flow, NEXT, STOP, Visitor};
use crate::item::Item;
use fhir::Element;

pub(super) const FUNCTIONS: &[Definition] = &[
    streamed("children", Arguments::Count(0, 0), |evaluator, call, scope, visitor| {
        evaluator.visit_input(call, scope, &mut |item| match item {
            Item::Element(element) => children(evaluator, element, false, visitor),
            _ => NEXT,
        })
    }),
    streamed("descendants", Arguments::Count(0, 0), |evaluator, call, scope, visitor| {
        evaluator.visit_input(call, scope, &mut |item| match item {
            Item::Element(element) => children(evaluator, element, true, visitor),
            _ => NEXT,
        })
    }),
];

/// Documents are nested 64 deep at most, so the recursion is bounded.
fn children<'a>(
    evaluator: &Evaluator<'_, 'a>,
    element: Element<'a>,
    is_deep: bool,
    visitor: Visitor<'_, 'a>,
) -> Flow {
    for (_, child) in element.children() {
        evaluator.spend(1)?;
        if visitor(Item::Element(child))?.is_break() {
            return STOP;
        }
        if is_deep && children(evaluator, child, true, visitor)?.is_break() {
            return STOP;
        }
    }
    NEXT
}
