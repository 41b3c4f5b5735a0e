//! An expression, parsed once and evaluated often.

use crate::collection::Collection;
use crate::context::Context;
use crate::evaluate::{Evaluator, NEXT, STOP, Scope, boolean};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::parse;
use crate::parse::error::ParseError;
use crate::syntax::Node;
use std::fmt;

/// A parsed expression. `Send + Sync`; keep it and evaluate it for many resources.
pub struct Expression {
    text: Box<str>,
    pub(crate) root: Node,
}

impl Expression {
    /// Reads FHIRPath 2.0. Expressions nested more than 128 deep are refused.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { text: text.into(), root: parse::parse(text)? })
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The result for a focus (an [`fhir::Element`] or any [`Item`]), which is `$this` and `%context`.
    pub fn evaluate<'a>(
        &'a self,
        context: &Context<'a>,
        focus: impl Into<Item<'a>>,
    ) -> Result<Collection<'a>, EvaluationError> {
        let focus = focus.into();
        let evaluator = Evaluator::new(context, focus.clone());
        evaluator.evaluate(&self.root, scope_of(&focus))
    }

    /// The result as a truth value: `None` when it is empty, true for a single item that is no Boolean (FHIRPath
    /// §4.5, singleton evaluation). FHIR's invariants hold only when this is `Some(true)`.
    pub fn evaluate_bool<'a>(
        &'a self,
        context: &Context<'a>,
        focus: impl Into<Item<'a>>,
    ) -> Result<Option<bool>, EvaluationError> {
        boolean(&self.evaluate(context, focus)?, "a condition")
    }

    /// Hands on the items of the result one by one until `visitor` answers false; builds no collection where the
    /// expression is a path with filters.
    pub fn visit<'a>(
        &'a self,
        context: &Context<'a>,
        focus: impl Into<Item<'a>>,
        mut visitor: impl FnMut(Item<'a>) -> bool,
    ) -> Result<(), EvaluationError> {
        let focus = focus.into();
        let evaluator = Evaluator::new(context, focus.clone());
        let _ = evaluator
            .visit(&self.root, scope_of(&focus), &mut |item| if visitor(item) { NEXT } else { STOP })?;
        Ok(())
    }
}

fn scope_of<'s, 'a>(focus: &'s Item<'a>) -> Scope<'s, 'a> {
    Scope { this: std::slice::from_ref(focus), index: None, total: None }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
