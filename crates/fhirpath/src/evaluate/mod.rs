//! The evaluation of a tree for a focus.
//!
//! Paths and filters run as streams: [`Evaluator::visit`] hands each item on as it is found, so that
//! `name.where(use = 'official').exists()` builds no collection and stops at the first hit.

mod arithmetic;
mod binary;
mod comparison;
mod equality;
mod singleton;

pub(crate) use comparison::{comparable, compare};
pub(crate) use singleton::{boolean, decimal, integer, one, string};

use crate::collection::Collection;
use crate::context::Context;
use crate::distinct::Distinct;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::{Call, Node, Path, Step, TypeSpecifier};
use fhir::Element;
use std::cell::Cell;
use std::ops::ControlFlow;

pub(crate) type Result<T> = std::result::Result<T, EvaluationError>;
pub(crate) type Flow = Result<ControlFlow<()>>;
pub(crate) type Visitor<'v, 'a> = &'v mut dyn FnMut(Item<'a>) -> Flow;

/// Go on to the next item.
pub(crate) const NEXT: Flow = Ok(ControlFlow::Continue(()));
/// No more items are wanted.
pub(crate) const STOP: Flow = Ok(ControlFlow::Break(()));

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s, 'a> {
    /// `$this`: mostly one item.
    pub this: &'s [Item<'a>],
    pub index: Option<usize>,
    pub total: Option<&'s Collection<'a>>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The same with another `$this` and `$index`.
    pub fn at(self, item: &'s Item<'a>, index: usize) -> Self {
        Self { this: std::slice::from_ref(item), index: Some(index), ..self }
    }
}

pub(crate) struct Evaluator<'e, 'a> {
    pub context: &'e Context<'a>,
    /// `%context`
    pub focus: Item<'a>,
    steps_left: Cell<u64>,
}

impl<'e, 'a> Evaluator<'e, 'a> {
    pub fn new(context: &'e Context<'a>, focus: Item<'a>) -> Self {
        Self { context, focus, steps_left: Cell::new(context.limit) }
    }

    /// True when an equal item is among these.
    pub fn contains(&self, items: &[Item<'a>], wanted: &Item<'a>) -> bool {
        equality::contains(items, wanted, self.context.default_offset_minutes)
    }

    /// Counts the bytes of a text that was made, so that no text grows without end.
    pub fn spend_text(&self, items: &Collection<'a>) -> Result<()> {
        match items.first() {
            Some(Item::String(text)) => self.spend(text.len() as u64),
            _ => Ok(()),
        }
    }

    /// Counts work, so that no expression runs without end.
    pub fn spend(&self, steps: u64) -> Result<()> {
        match self.steps_left.get().checked_sub(steps) {
            Some(left) => {
                self.steps_left.set(left);
                Ok(())
            }
            None => Err(EvaluationError::TooCostly(self.context.limit)),
        }
    }

    /// The result as a collection.
    pub fn evaluate(&self, node: &'a Node, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        self.spend(1)?;
        match node {
            Node::Literal(item) => Ok(item.borrowed().into()),
            Node::Empty => Ok(Collection::EMPTY),
            Node::This => Ok(scope.this.iter().cloned().collect()),
            Node::Index => {
                Ok(scope.index.and_then(|index| i64::try_from(index).ok()).map(Item::Integer).into())
            }
            Node::Total => Ok(scope.total.cloned().unwrap_or_default()),
            Node::Variable(name) => self.context.variable(name, &self.focus),
            Node::Path(_) => self.collect(node, scope),
            Node::Call(call) if call.function.stream.is_some() => self.collect(node, scope),
            Node::Call(call) => (call.function.run)(self, call, scope),
            Node::TypeTest(test) => {
                let items = self.evaluate(&test.operand, scope)?;
                if test.is_cast {
                    self.cast(items, &test.type_specifier, "as")
                } else {
                    self.is_of_type(&items, &test.type_specifier)
                }
            }
            Node::Binary(binary) => self.binary(binary, scope),
            Node::Union(parts) => self.union(parts, scope),
            Node::Polarity { negative, operand } => {
                let items = self.evaluate(operand, scope)?;
                arithmetic::polarity(&items, *negative)
            }
            Node::Indexer(pair) => self.indexer(&pair.0, &pair.1, scope),
        }
    }

    fn collect(&self, node: &'a Node, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        let mut found = Collection::EMPTY;
        let _ = self.visit(node, scope, &mut |item| {
            self.spend(1)?;
            found.push(item);
            NEXT
        })?;
        Ok(found)
    }

    /// Hands on the items of the result one by one, until none is wanted.
    pub fn visit(&self, node: &'a Node, scope: Scope<'_, 'a>, visitor: Visitor<'_, 'a>) -> Flow {
        match node {
            Node::Path(path) => self.visit_path(path, scope, visitor),
            Node::Call(call) => match call.function.stream {
                Some(stream) => stream(self, call, scope, visitor),
                None => each((call.function.run)(self, call, scope)?, visitor),
            },
            Node::This => each(scope.this.iter().cloned(), visitor),
            other => each(self.evaluate(other, scope)?, visitor),
        }
    }

    fn visit_path(&self, path: &'a Path, scope: Scope<'_, 'a>, visitor: Visitor<'_, 'a>) -> Flow {
        if let Some(input) = &path.input {
            return self.visit(input, scope, &mut |item| self.walk(&item, &path.steps, visitor));
        }
        let Some((first, rest)) = path.steps.split_first() else { return NEXT };
        for item in scope.this {
            let selects_focus = match (first.type_id, item) {
                (Some(id), Item::Element(element)) => element.type_id.is_a(id),
                _ => false,
            };
            let steps = if selects_focus { rest } else { &path.steps };
            if self.walk(item, steps, visitor)?.is_break() {
                return STOP;
            }
        }
        NEXT
    }

    fn walk(&self, item: &Item<'a>, steps: &'a [Step], visitor: Visitor<'_, 'a>) -> Flow {
        match (item, steps) {
            (item, []) => visitor(item.clone()),
            (Item::Element(element), steps) => self.walk_element(*element, steps, visitor),
            (other, [step, rest @ ..]) => match part_of_value(other, &step.name) {
                Some(part) => self.walk(&part, rest, visitor),
                None => NEXT,
            },
        }
    }

    fn walk_element(&self, element: Element<'a>, steps: &'a [Step], visitor: Visitor<'_, 'a>) -> Flow {
        self.spend(1)?;
        let Some((step, rest)) = steps.split_first() else { return visitor(Item::Element(element)) };
        for child in element.children_named(&step.name) {
            if self.walk_element(child, rest, visitor)?.is_break() {
                return STOP;
            }
        }
        NEXT
    }

    /// What a function is called on, item by item.
    pub fn visit_input(&self, call: &'a Call, scope: Scope<'_, 'a>, visitor: Visitor<'_, 'a>) -> Flow {
        match &call.input {
            Some(input) => self.visit(input, scope, visitor),
            None => each(scope.this.iter().cloned(), visitor),
        }
    }

    /// What a function is called on.
    pub fn input(&self, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        match &call.input {
            Some(input) => self.evaluate(input, scope),
            None => Ok(scope.this.iter().cloned().collect()),
        }
    }

    /// An argument; the empty collection when it is not given.
    pub fn argument(&self, call: &'a Call, position: usize, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        match call.arguments.get(position) {
            Some(argument) => self.evaluate(argument, scope),
            None => Ok(Collection::EMPTY),
        }
    }

    fn union(&self, parts: &'a [Node], scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        let mut found = Distinct::default();
        for part in parts {
            let _ = self.visit(part, scope, &mut |item| {
                found.add(self, item)?;
                NEXT
            })?;
        }
        Ok(found.into_collection())
    }

    fn indexer(&self, input: &'a Node, index: &'a Node, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
        let index = self.evaluate(index, scope)?;
        let Some(index) = integer(&index, "[]")? else { return Ok(Collection::EMPTY) };
        let Ok(mut skip) = usize::try_from(index) else { return Ok(Collection::EMPTY) };
        let mut found = None;
        let _ = self.visit(input, scope, &mut |item| {
            if skip == 0 {
                found = Some(item);
                return STOP;
            }
            skip -= 1;
            NEXT
        })?;
        Ok(found.into())
    }

    fn known<'s>(&self, specifier: &'s TypeSpecifier) -> Result<&'s TypeSpecifier> {
        if specifier.is_unknown() && !self.context.is_lenient {
            return Err(EvaluationError::UnknownType(specifier.name.to_string()));
        }
        Ok(specifier)
    }

    /// `is`
    pub fn is_of_type(&self, items: &Collection<'a>, specifier: &TypeSpecifier) -> Result<Collection<'a>> {
        let specifier = self.known(specifier)?;
        let item = one(items, "is")?;
        Ok(item.map(|item| specifier.matches(item)).into())
    }

    /// `as`
    pub fn cast(
        &self,
        items: Collection<'a>,
        specifier: &TypeSpecifier,
        operation: &'static str,
    ) -> Result<Collection<'a>> {
        if self.context.is_lenient {
            return Ok(items.into_iter().filter(|item| specifier.selects_converted(item)).collect());
        }
        one(&items, operation)?;
        self.of_type(items, specifier)
    }

    /// `ofType`
    pub fn of_type(&self, items: Collection<'a>, specifier: &TypeSpecifier) -> Result<Collection<'a>> {
        let specifier = self.known(specifier)?;
        Ok(items.into_iter().filter(|item| specifier.selects(item)).collect())
    }
}

/// Hands on items until none is wanted.
pub(crate) fn each<'a>(items: impl IntoIterator<Item = Item<'a>>, visitor: Visitor<'_, 'a>) -> Flow {
    for item in items {
        if visitor(item)?.is_break() {
            return STOP;
        }
    }
    NEXT
}

/// The parts of values that are no elements.
fn part_of_value<'a>(item: &Item<'a>, name: &str) -> Option<Item<'a>> {
    match (item, name) {
        (Item::Type(info), "namespace") => Some(Item::from(info.namespace)),
        (Item::Type(info), "name") => Some(Item::from(info.name)),
        (Item::Quantity(quantity), "value") => Some(Item::Decimal(quantity.value)),
        (Item::Quantity(quantity), "unit") => Some(Item::from(quantity.unit.text().to_owned())),
        _ => None,
    }
}
