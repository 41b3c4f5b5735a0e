//! Chains: names, functions and indexers one behind the other.

use super::error::ParseError;
use super::lexer::TokenKind;
use super::{Deep, Parser};
use crate::function::{self, Arguments, Definition};
use crate::item::Item;
use crate::pattern;
use crate::syntax::{Call, Node, Path, Step, TypeSpecifier};
use fhir::schema::{TypeId, TypeKind, schema};

impl Parser<'_> {
    /// A term and all that is invoked on it.
    pub(super) fn chain(&mut self) -> Result<Deep, ParseError> {
        let mut chain = self.term()?;
        loop {
            if self.accept(".") {
                chain = self.invocation(chain)?;
            } else if self.accept("[") {
                let (index, index_depth) = self.expression(0)?;
                self.expect("]")?;
                let depth = self.deeper(chain.1.max(index_depth))?;
                chain = (Node::Indexer(Box::new((chain.0, index))), depth);
            } else {
                return Ok(chain);
            }
        }
    }

    /// The first name or function of a chain, invoked on `$this`.
    pub(super) fn first_invocation(&mut self) -> Result<Deep, ParseError> {
        let offset = self.offset();
        let name = self.identifier()?;
        if self.accept("(") {
            return self.call(None, &name, offset);
        }
        let type_id = context_type(&name);
        let step = Step { name: name.into(), type_id };
        Ok((Node::Path(Box::new(Path { input: None, steps: vec![step] })), 1))
    }

    fn invocation(&mut self, (input, depth): Deep) -> Result<Deep, ParseError> {
        let offset = self.offset();
        if let TokenKind::Special(_) = self.peek() {
            return Err(self.unexpected("a name or a function"));
        }
        let name = self.identifier()?;
        if self.accept("(") {
            return self.call(Some((input, depth)), &name, offset);
        }
        let step = Step { name: name.into(), type_id: None };
        Ok(match input {
            Node::Path(mut path) => {
                path.steps.push(step);
                (Node::Path(path), depth)
            }
            input => {
                (Node::Path(Box::new(Path { input: Some(input), steps: vec![step] })), self.deeper(depth)?)
            }
        })
    }

    /// A function behind its opening parenthesis.
    fn call(&mut self, input: Option<Deep>, name: &str, offset: usize) -> Result<Deep, ParseError> {
        let function = function::named(name)
            .ok_or_else(|| ParseError::new(offset, format!("there is no function {name}()")))?;
        let mut depth = input.as_ref().map_or(0, |(_, depth)| *depth);
        let mut call = Call {
            function,
            input: input.map(|(node, _)| node),
            arguments: Vec::new(),
            type_specifier: None,
            pattern: None,
        };
        if function.arguments == Arguments::Type {
            call.type_specifier = Some(self.type_argument()?);
        } else if !self.accept(")") {
            loop {
                let (argument, argument_depth) = self.expression(0)?;
                call.arguments.push(argument);
                depth = depth.max(argument_depth);
                if !self.accept(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        self.check_count(function, call.arguments.len(), offset)?;
        if let (Arguments::Pattern { whole, .. }, Some(Node::Literal(Item::String(text)))) =
            (function.arguments, call.arguments.first())
        {
            // A pattern that is none is reported when it is reached.
            call.pattern = pattern::compile(text, whole).ok();
        }
        Ok((Node::Call(Box::new(call)), self.deeper(depth)?))
    }

    fn type_argument(&mut self) -> Result<TypeSpecifier, ParseError> {
        let specifier = if let TokenKind::String(name) = self.peek() {
            // Some published expressions quote the name.
            let specifier = TypeSpecifier::new(None, name);
            self.next();
            specifier
        } else {
            self.type_specifier()?
        };
        self.expect(")")?;
        Ok(specifier)
    }

    fn check_count(&self, function: &Definition, found: usize, offset: usize) -> Result<(), ParseError> {
        let (least, most) = function.arguments.count();
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        Err(ParseError::new(offset, format!("{}() takes {wanted} arguments, not {found}", function.name)))
    }
}

/// The type that a first name stands for: `Patient` in `Patient.name` is the focus itself.
fn context_type(name: &str) -> Option<TypeId> {
    let id = schema().type_named(name)?;
    let definition = id.definition();
    let may_stand =
        definition.kind != TypeKind::Primitive && name.starts_with(|c: char| c.is_ascii_uppercase());
    may_stand.then_some(id)
}
