//! `_filter`: an expression over search parameters (R4 search, page "The _filter Parameter").
//!
//! `and` and `or` are taken from left to right, neither before the other; `not` stands before parentheses.

mod operation;

use super::Scope;
use super::chain::Ask;
use crate::parameter::ParameterKind;
use crate::path::Program;
use crate::query::{Clause, Criterion, Test};
use crate::search_error::{SearchError, SearchErrorKind};
use crate::value::ValueTest;
use crate::value::nested::{ElementTest, NestedTest};
use fhir::schema::TypeId;
pub(crate) use operation::Operation;

/// How deep parentheses may be nested.
const DEPTH_LIMIT: usize = 32;

/// Reads a filter.
pub(super) fn parse(scope: &Scope<'_>, text: &str) -> Result<Clause, SearchError> {
    let mut reader = Reader { text, at: 0 };
    let clause = reader.expression(&Clauses { scope }, 0)?;
    reader.space();
    if reader.at < text.len() {
        Err(reader.error("and or or is missing, or a parenthesis is too many"))
    } else {
        Ok(clause)
    }
}

/// One comparison of a filter, on resources of the scope's types.
pub(super) fn comparison(
    scope: &Scope<'_>,
    path: &str,
    operation: Operation,
    value: &str,
) -> Result<Clause, SearchError> {
    let ask = Ask::Compared(operation, value);
    if let Some(rest) = path.strip_prefix("_has:") {
        return scope.has(path, rest, ask);
    }
    if let Some((head, rest)) = path.split_once('.') {
        return scope.chain(path, head, rest, ask);
    }
    if path.contains(':') {
        let problem = "modifiers are not for filters; use an operation such as co or in";
        return Err(SearchError::new(SearchErrorKind::BadModifier, path, problem));
    }
    if path == "_list" {
        return scope.list(value);
    }
    let resolved = scope.resolve(path, path)?;
    let criterion = |test| Clause::Parameter(Criterion { code: resolved.parameter.code, test });
    let composite = |text: &str| scope.value(path, &resolved, text);
    Ok(match operation.test(scope, path, resolved.parameter.kind, &resolved.targets, value, &composite)? {
        operation::Meaning::Present(present) => criterion(Test::Missing(!present)),
        operation::Meaning::Value(test) => criterion(Test::AnyOf(vec![test])),
        operation::Meaning::NoValue(test) => Clause::Not(Box::new(criterion(Test::AnyOf(vec![test])))),
    })
}

/// What expressions are made of: conditions on resources, or on the parts of a value.
trait Builder {
    type Condition;
    fn all(&self, conditions: Vec<Self::Condition>) -> Self::Condition;
    fn any(&self, conditions: Vec<Self::Condition>) -> Self::Condition;
    fn not(&self, condition: Self::Condition) -> Self::Condition;
    /// The start of a test: its path, and perhaps brackets and operation behind it.
    fn test(&self, reader: &mut Reader<'_>, path: &str, depth: usize)
    -> Result<Self::Condition, SearchError>;
}

struct Clauses<'s> {
    scope: &'s Scope<'s>,
}

impl Builder for Clauses<'_> {
    type Condition = Clause;

    fn all(&self, conditions: Vec<Clause>) -> Clause {
        Clause::All(conditions)
    }

    fn any(&self, conditions: Vec<Clause>) -> Clause {
        Clause::Any(conditions)
    }

    fn not(&self, condition: Clause) -> Clause {
        Clause::Not(Box::new(condition))
    }

    fn test(&self, reader: &mut Reader<'_>, path: &str, depth: usize) -> Result<Clause, SearchError> {
        if !reader.accept('[') {
            let (operation, value) = reader.operation()?;
            return comparison(self.scope, path, operation, &value);
        }
        let resolved = self.scope.resolve(path, path)?;
        let parts: Vec<TypeId> = resolved.parameter.program.leaves().map(|leaf| leaf.type_id).collect();
        let parts = Parts { scope: self.scope, types: &parts };
        let nested = parts.bracketed(reader, depth + 1)?;
        let test = Test::AnyOf(vec![ValueTest::Nested(nested)]);
        Ok(Clause::Parameter(Criterion { code: resolved.parameter.code, test }))
    }
}

/// Conditions on the parts of values of some types.
struct Parts<'s> {
    scope: &'s Scope<'s>,
    types: &'s [TypeId],
}

impl Parts<'_> {
    /// What follows a bracket: a filter of the parts, and perhaps a test of another part of the same value.
    fn bracketed(&self, reader: &mut Reader<'_>, depth: usize) -> Result<NestedTest, SearchError> {
        let filter = reader.expression(self, depth)?;
        reader.space();
        if !reader.accept(']') {
            return Err(reader.error("a ] is missing"));
        }
        if !reader.accept('.') {
            return Ok(filter);
        }
        let path = reader.path()?;
        Ok(NestedTest::All(vec![filter, self.test(reader, path, depth)?]))
    }

    /// The program to an element of the values.
    fn program(&self, path: &str) -> Option<Program> {
        let names: Vec<&str> = path.split('.').collect();
        self.types.iter().find_map(|type_id| Program::of_elements(&names, *type_id))
    }
}

impl Builder for Parts<'_> {
    type Condition = NestedTest;

    fn all(&self, conditions: Vec<NestedTest>) -> NestedTest {
        NestedTest::All(conditions)
    }

    fn any(&self, conditions: Vec<NestedTest>) -> NestedTest {
        NestedTest::Any(conditions)
    }

    fn not(&self, condition: NestedTest) -> NestedTest {
        NestedTest::Not(Box::new(condition))
    }

    fn test(&self, reader: &mut Reader<'_>, path: &str, depth: usize) -> Result<NestedTest, SearchError> {
        let program = self.program(path).ok_or_else(|| {
            let names: Vec<_> = self.types.iter().map(|type_id| type_id.name()).collect();
            reader.error(&format!("{} has no element {path}", names.join(" or ")))
        })?;
        if reader.accept('[') {
            let types: Vec<TypeId> = program.leaves().map(|leaf| leaf.type_id).collect();
            let parts = Parts { scope: self.scope, types: &types };
            let test = Some(Box::new(ValueTest::Nested(parts.bracketed(reader, depth + 1)?)));
            return Ok(NestedTest::Element(ElementTest { path: program, test }));
        }
        let (operation, value) = reader.operation()?;
        let kind = program.leaves().next().and_then(|leaf| operation::kind_of(leaf.form));
        let Some(kind) = kind.filter(|kind| *kind != ParameterKind::Composite) else {
            return Err(reader.error(&format!("{path} has no value; name an element in it")));
        };
        let element = |test| NestedTest::Element(ElementTest { path: program.clone(), test });
        let composite =
            |_: &str| Err(SearchError::new(SearchErrorKind::Unsupported, path, "it has no parts"));
        Ok(match operation.test(self.scope, path, kind, &[], &value, &composite)? {
            operation::Meaning::Present(true) => element(None),
            operation::Meaning::Present(false) => self.not(element(None)),
            operation::Meaning::Value(test) => element(Some(Box::new(test))),
            operation::Meaning::NoValue(test) => self.not(element(Some(Box::new(test)))),
        })
    }
}

/// Reads a filter's text from left to right.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, problem: &str) -> SearchError {
        let place = self.text[..self.at].chars().count() + 1;
        SearchError::new(SearchErrorKind::BadValue, "_filter", format!("at character {place}: {problem}"))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn accept(&mut self, character: char) -> bool {
        let same = self.rest().starts_with(character);
        self.at += if same { character.len_utf8() } else { 0 };
        same
    }

    /// A word when it stands alone: `and`, `or`, `not`.
    fn accept_word(&mut self, word: &str) -> bool {
        self.space();
        let after = self.rest().strip_prefix(word);
        let alone = after.is_some_and(|after| after.starts_with(|c: char| c.is_whitespace() || c == '('));
        self.at += if alone { word.len() } else { 0 };
        alone
    }

    fn expression<B: Builder>(&mut self, builder: &B, depth: usize) -> Result<B::Condition, SearchError> {
        let mut left = self.term(builder, depth)?;
        loop {
            if self.accept_word("and") {
                left = builder.all(vec![left, self.term(builder, depth)?]);
            } else if self.accept_word("or") {
                left = builder.any(vec![left, self.term(builder, depth)?]);
            } else {
                return Ok(left);
            }
        }
    }

    fn term<B: Builder>(&mut self, builder: &B, depth: usize) -> Result<B::Condition, SearchError> {
        if depth > DEPTH_LIMIT {
            return Err(self.error("parentheses are nested too deep"));
        }
        let negated = self.accept_word("not");
        self.space();
        if self.accept('(') {
            let inner = self.expression(builder, depth + 1)?;
            self.space();
            if !self.accept(')') {
                return Err(self.error("a ) is missing"));
            }
            return Ok(if negated { builder.not(inner) } else { inner });
        }
        if negated {
            return Err(self.error("( is missing behind not"));
        }
        let path = self.path()?;
        builder.test(self, path, depth)
    }

    fn path(&mut self) -> Result<&'t str, SearchError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"_-.:".contains(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error("a parameter is missing"));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    /// An operation and its value.
    fn operation(&mut self) -> Result<(Operation, String), SearchError> {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let operation = Operation::from_code(&rest[..end]).ok_or_else(|| {
            self.error(&format!("{} is no operation; known are {}", &rest[..end], Operation::codes()))
        })?;
        self.at += end;
        self.space();
        let value = if self.rest().starts_with('"') { self.quoted()? } else { self.token() };
        if value.is_empty() { Err(self.error("a value is missing")) } else { Ok((operation, value)) }
    }

    fn token(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || c == ')' || c == ']').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    /// A JSON string.
    fn quoted(&mut self) -> Result<String, SearchError> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let is_end = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            is_end
        });
        let Some((end, _)) = end else { return Err(self.error("a quote is missing at the end")) };
        let text = fhir::Document::parse(&rest[..=end])
            .ok()
            .and_then(|string| string.root().as_str().map(std::borrow::Cow::into_owned));
        let text = text.ok_or_else(|| self.error("this is no JSON string"))?;
        self.at += end + 1;
        Ok(text)
    }
}
