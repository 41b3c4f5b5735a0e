//! From an expression's text to a program.

use super::{Alternative, Leaf, Program, Step};
use crate::form::Form;
use fhir::schema::{ElementDefinition, TypeId, schema};

/// An expression that is none of the forms known here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expression}: {problem}")]
pub struct InvalidExpression {
    /// The expression.
    pub expression: String,
    /// What is not understood.
    pub problem: String,
}

/// Compiles an expression that begins with a type's name.
pub(crate) fn compile(expression: &'static str, base: TypeId) -> Result<Program, InvalidExpression> {
    compile_with(expression, base, base, true)
}

/// Compiles an expression relative to a part of a resource, as components of composites have them.
pub(crate) fn compile_relative(
    expression: &'static str,
    part: TypeId,
    resource: TypeId,
) -> Result<Program, InvalidExpression> {
    compile_with(expression, part, resource, false)
}

fn compile_with(
    expression: &'static str,
    start: TypeId,
    resource: TypeId,
    absolute: bool,
) -> Result<Program, InvalidExpression> {
    let mut alternatives = Vec::new();
    for branch in expression.split('|').map(str::trim).filter(|branch| !branch.is_empty()) {
        let words = words_of(branch);
        let mut compiler = Compiler {
            words: &words,
            at: 0,
            types: vec![start],
            resource,
            from_resource: false,
            steps: Vec::new(),
            absolute,
        };
        let compiled = compiler.chain().and_then(|()| match compiler.peek() {
            Some(word) => Err(format!("{word} is not understood")),
            None => Ok(()),
        });
        compiled.map_err(|problem| InvalidExpression { expression: expression.to_owned(), problem })?;
        let start = if compiler.from_resource { resource } else { start };
        alternatives.push(Alternative {
            from_resource: compiler.from_resource,
            steps: compiler.steps,
            start: Leaf { form: Form::of(start), type_id: start, value_set: None },
        });
    }
    Ok(Program { alternatives })
}

/// Names, quoted texts (with their quotes) and signs.
fn words_of(text: &'static str) -> Vec<&'static str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            '!' if rest.starts_with("!=") => 2,
            _ if first.is_alphanumeric() || first == '%' => {
                rest[1..].find(|c: char| !c.is_alphanumeric() && c != '-').map_or(rest.len(), |end| end + 1)
            }
            _ => first.len_utf8(),
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

struct Compiler<'w> {
    words: &'w [&'static str],
    at: usize,
    types: Vec<TypeId>,
    resource: TypeId,
    from_resource: bool,
    steps: Vec<Step>,
    absolute: bool,
}

type Compiled = Result<(), String>;

impl Compiler<'_> {
    fn peek(&self) -> Option<&'static str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self) -> Result<&'static str, String> {
        let word = self.peek().ok_or("it ends too early")?;
        self.at += 1;
        Ok(word)
    }

    fn accept(&mut self, word: &str) -> bool {
        let same = self.peek() == Some(word);
        self.at += usize::from(same);
        same
    }

    fn expect(&mut self, word: &str) -> Compiled {
        if self.accept(word) { Ok(()) } else { Err(format!("{word} is missing")) }
    }

    /// A start, then what is done with it one after another.
    fn chain(&mut self) -> Compiled {
        if self.accept("(") {
            self.chain()?;
            self.expect("as")?;
            let name = self.take()?;
            self.narrow(name)?;
            self.expect(")")?;
        } else {
            self.begin()?;
        }
        loop {
            if self.accept(".") {
                let name = self.take()?;
                match (name, self.peek()) {
                    ("as", Some("(")) => {
                        self.expect("(")?;
                        let name = self.take()?;
                        self.narrow(name)?;
                        self.expect(")")?;
                    }
                    ("where", Some("(")) => self.condition()?,
                    ("exists", Some("(")) => return self.present_and_not_false(),
                    _ => self.child(name)?,
                }
            } else if self.accept("[") {
                let index = self.take()?.parse().map_err(|_| "an index must be a number")?;
                self.steps.push(Step::Index(index));
                self.expect("]")?;
            } else {
                return Ok(());
            }
        }
    }

    fn begin(&mut self) -> Compiled {
        let name = self.take()?;
        match name {
            "%resource" => {
                self.from_resource = true;
                self.types = vec![self.resource];
                Ok(())
            }
            _ if self.absolute && schema().type_named(name) == Some(self.resource) => Ok(()),
            _ if self.absolute => Err(format!("{name} is not {}", self.resource.name())),
            _ => self.child(name),
        }
    }

    fn child(&mut self, name: &str) -> Compiled {
        let mut names: Vec<(&'static str, Leaf)> = Vec::new();
        for type_id in &self.types {
            let definition = type_id.definition();
            let Some(element) = definition.element(name) else { continue };
            for (json_name, of) in definition.json_names(element) {
                if names.iter().all(|(known, _)| *known != json_name) {
                    names.push((json_name, leaf(element, of)));
                }
            }
        }
        if names.is_empty() {
            return Err(format!("there is no element {name}"));
        }
        self.types = names.iter().map(|(_, leaf)| leaf.type_id).collect();
        self.steps.push(Step::Member(names));
        Ok(())
    }

    /// Keeps the forms of a choice that are of a type.
    fn narrow(&mut self, name: &str) -> Compiled {
        let type_id = Form::type_named(name).ok_or_else(|| format!("{name} is no type"))?;
        let Some(Step::Member(names)) = self.steps.last_mut() else {
            return Err("`as` needs an element before it".to_owned());
        };
        names.retain(|(_, leaf)| leaf.type_id.is_a(type_id));
        self.types = names.iter().map(|(_, leaf)| leaf.type_id).collect();
        Ok(())
    }

    fn condition(&mut self) -> Compiled {
        self.expect("(")?;
        let name = self.take()?;
        if name == "resolve" {
            for word in ["(", ")", "is"] {
                self.expect(word)?;
            }
            let target = self.take()?;
            let target = schema().resource_named(target).ok_or_else(|| format!("{target} is no type"))?;
            self.steps.push(Step::RefersTo(target));
        } else {
            self.expect("=")?;
            let text = self.take()?;
            self.steps.push(Step::Where(name, text.trim_matches('\'')));
        }
        self.expect(")")
    }

    /// `X.exists() and X != false`.
    fn present_and_not_false(&mut self) -> Compiled {
        let path: Vec<_> = self.words[..self.at - 2].to_vec();
        for word in ["(", ")", "and"].into_iter().chain(path).chain(["!=", "false"]) {
            self.expect(word)?;
        }
        self.steps.push(Step::PresentAndNotFalse);
        Ok(())
    }
}

fn leaf(element: &'static ElementDefinition, type_id: TypeId) -> Leaf {
    Leaf {
        form: Form::of(type_id),
        type_id,
        value_set: element.binding.as_ref().map(|binding| binding.value_set),
    }
}

impl Program {
    /// The program to an element of a type by names that somebody gave; `None` when there is no such element.
    pub(crate) fn of_elements(names: &[&str], start: TypeId) -> Option<Self> {
        let mut compiler = Compiler {
            words: &[],
            at: 0,
            types: vec![start],
            resource: start,
            from_resource: false,
            steps: Vec::new(),
            absolute: false,
        };
        for name in names {
            compiler.child(name).ok()?;
        }
        let start = Leaf { form: Form::of(start), type_id: start, value_set: None };
        Some(Self { alternatives: vec![Alternative { from_resource: false, steps: compiler.steps, start }] })
    }
}
