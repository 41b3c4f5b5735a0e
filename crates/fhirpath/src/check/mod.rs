//! Faults that can be seen without a resource: unknown elements and types, operands of types that never fit.
//!
//! The check is cautious: where a type is open (a contained resource, what a reference points at, an abstract type)
//! it says nothing.

mod operand;
mod shape;
mod signature;

use crate::expression::Expression;
use crate::function::Arguments;
use crate::item::SystemType;
use crate::syntax::{Call, Node, Path, Step, TypeSpecifier};
use fhir::schema::{TypeId, schema};
use shape::{Kind, Shape};
use signature::{Gives, Takes, signature};
use thiserror::Error;

/// A fault in an expression for a type of focus.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct CheckError(pub String);

type Checked = Result<Shape, CheckError>;

fn fault<T>(text: impl Into<String>) -> Result<T, CheckError> {
    Err(CheckError(text.into()))
}

impl Expression {
    /// Looks for faults when the focus is of a type: elements that the types on the way do not have (also choices
    /// written with their type, `valueQuantity`), unknown types, operands and receivers of types that never fit, a
    /// position asked for where items have no order.
    pub fn check(&self, focus: TypeId) -> Result<(), CheckError> {
        let checker = Checker { focus };
        checker.node(&self.root, &Shape::of(Kind::Fhir(focus))).map(|_| ())
    }
}

struct Checker {
    focus: TypeId,
}

impl Checker {
    /// The shape of a part, with the shape of `$this`.
    fn node(&self, node: &Node, this: &Shape) -> Checked {
        match node {
            Node::Literal(item) => Ok(Shape::literal(item)),
            Node::Empty => Ok(Shape::none()),
            Node::This => Ok(this.clone()),
            Node::Index => Ok(Shape::system(SystemType::Integer)),
            Node::Total => Ok(Shape::ANY),
            Node::Variable(name) => Ok(self.variable(name)),
            Node::Path(path) => self.path(path, this),
            Node::Call(call) => self.call(call, this),
            Node::TypeTest(test) => {
                self.node(&test.operand, this)?;
                known(&test.type_specifier)?;
                Ok(if test.is_cast {
                    Shape::named(&test.type_specifier)
                } else {
                    Shape::system(SystemType::Boolean)
                })
            }
            Node::Binary(binary) => {
                let (left, right) = (self.node(&binary.left, this)?, self.node(&binary.right, this)?);
                operand::binary(binary.operator, &left, &right)
            }
            Node::Union(parts) => {
                parts.iter().try_fold(Shape::none(), |found, part| Ok(found.or(self.node(part, this)?)))
            }
            Node::Polarity { operand, .. } => {
                let shape = self.node(operand, this)?;
                let numbers = [SystemType::Integer, SystemType::Decimal, SystemType::Quantity];
                if shape.may_be(&numbers) {
                    Ok(shape)
                } else {
                    fault(format!("{} has no sign", shape.names()))
                }
            }
            Node::Indexer(pair) => {
                let shape = self.node(&pair.0, this)?;
                self.node(&pair.1, this)?;
                ordered(shape, "an index")
            }
        }
    }

    fn variable(&self, name: &str) -> Shape {
        match name {
            "context" => Shape::of(Kind::Fhir(self.focus)),
            "resource" if self.focus.is_resource() => Shape::of(Kind::Fhir(self.focus)),
            "ucum" | "sct" | "loinc" => Shape::system(SystemType::String),
            _ => Shape::ANY,
        }
    }

    fn path(&self, path: &Path, this: &Shape) -> Checked {
        let Some(input) = &path.input else { return first_step(&path.steps, this) };
        steps(&path.steps, self.node(input, this)?)
    }

    fn call(&self, call: &Call, this: &Shape) -> Checked {
        let input = match &call.input {
            Some(input) => self.node(input, this)?,
            None => this.clone(),
        };
        let name = call.function.name;
        let (takes, gives) = signature(name);
        let input = match takes {
            Takes::Anything => input,
            Takes::Ordered => ordered(input, name)?,
            Takes::Values(kinds) if input.may_be(kinds) => input,
            Takes::Values(_) => return fault(format!("{name}() has no meaning for {}", input.names())),
        };
        if let Some(specifier) = &call.type_specifier {
            known(specifier)?;
        }
        let is_sort = call.function.arguments == Arguments::SortKeys;
        let is_per_item = is_sort || matches!(call.function.arguments, Arguments::PerItem(..));
        let inner = if is_per_item { &input } else { this };
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let argument = if is_sort { argument.sort_key().0 } else { argument };
            arguments.push(self.node(argument, inner)?);
        }
        self.result(call, gives, input, arguments)
    }

    fn result(&self, call: &Call, gives: Gives, input: Shape, arguments: Vec<Shape>) -> Checked {
        let mut arguments = arguments.into_iter();
        let mut argument = || arguments.next().unwrap_or_else(Shape::none);
        Ok(match gives {
            Gives::Values(kind) => Shape::system(kind),
            Gives::SameItems => input,
            Gives::Both => input.or(argument()),
            Gives::Projection => argument().with_order(input.is_ordered),
            Gives::RepeatedProjection => match (call.arguments.first(), argument()) {
                // Plain paths alone are looked at twice: nested calls would double the work at every level.
                (Some(Node::Path(path)), first) if path.input.is_none() => {
                    first_step(&path.steps, &input.or(first.clone()))?.or(first)
                }
                _ => Shape::ANY,
            },
            Gives::Branches => {
                let criterion = argument();
                if !criterion.may_be(&[SystemType::Boolean]) {
                    return fault(format!("the criterion of iif() is {}, no Boolean", criterion.names()));
                }
                argument().or(argument())
            }
            Gives::NamedType => call.type_specifier.as_ref().map_or(Shape::ANY, Shape::named),
            Gives::Children => children(&input).with_order(false),
            Gives::Extensions => {
                schema().type_named("Extension").map_or(Shape::ANY, |id| Shape::of(Kind::Fhir(id)))
            }
            Gives::Anything { is_ordered } => Shape::ANY.with_order(is_ordered),
        })
    }
}

fn known(specifier: &TypeSpecifier) -> Result<(), CheckError> {
    if specifier.is_unknown() { fault(format!("there is no type {}", specifier.name)) } else { Ok(()) }
}

fn ordered(shape: Shape, what: &str) -> Checked {
    if shape.is_ordered {
        Ok(shape)
    } else {
        fault(format!("{what} asks for a position among items without order"))
    }
}

/// A first name can be the type of the focus, or a type that the focus may turn out to be.
fn first_step(path: &[Step], this: &Shape) -> Checked {
    let Some((first, rest)) = path.split_first() else { return Ok(this.clone()) };
    if let (Some(type_id), Some(kinds)) = (first.type_id, this.known()) {
        for kind in kinds {
            match kind {
                Kind::Fhir(focus) if focus.is_a(type_id) => return steps(rest, this.clone()),
                Kind::Fhir(focus) if type_id.is_a(*focus) => {
                    return steps(rest, Shape::of(Kind::Fhir(type_id)));
                }
                _ => {}
            }
        }
    }
    if first.type_id.is_some() && this.known().is_none() {
        return Ok(Shape::ANY);
    }
    steps(path, this.clone())
}

fn steps(path: &[Step], start: Shape) -> Checked {
    path.iter().try_fold(start, |shape, step| named_children(&shape, &step.name))
}

/// The children of a name; a fault when no possible type has it.
fn named_children(shape: &Shape, name: &str) -> Checked {
    if shape.is_none() {
        return Ok(Shape::none());
    }
    let Some(kinds) = shape.known() else { return Ok(shape.clone()) };
    let mut found = Shape::none().with_order(shape.is_ordered);
    for kind in kinds {
        match kind {
            Kind::Fhir(type_id) => match type_id.definition().element(name) {
                Some(element) => element.types.iter().for_each(|one| found.add(Kind::Fhir(one.type_id))),
                None if type_id.definition().is_abstract => return Ok(Shape::ANY),
                None => {}
            },
            Kind::System(SystemType::Quantity) if name == "value" => {
                found.add(Kind::System(SystemType::Decimal));
            }
            Kind::System(SystemType::Quantity) if name == "unit" => {
                found.add(Kind::System(SystemType::String));
            }
            Kind::System(_) => {}
        }
    }
    if found.is_none() { fault(format!("{} has no element {name}", shape.names())) } else { Ok(found) }
}

fn children(shape: &Shape) -> Shape {
    let Some(kinds) = shape.known() else { return shape.clone() };
    let mut found = Shape::none();
    for kind in kinds {
        let Kind::Fhir(type_id) = kind else { continue };
        if type_id.definition().is_abstract {
            return Shape::ANY;
        }
        let types = type_id.definition().elements.iter().flat_map(|element| &element.types);
        types.for_each(|one| found.add(Kind::Fhir(one.type_id)));
    }
    found
}
