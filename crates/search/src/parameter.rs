//! The search parameters as data.
//!
//! Read once from `data/r4/search-parameters.tsv` and `data/us-core/search-parameters.tsv`, whose lines are, tab-separated: type, code, kind, expression, target
//! types (`,`), components of a composite (`code=kind=expression; …`), canonical URL.

use crate::form::Form;
use crate::path::{InvalidExpression, Program, compile, compile_relative};
use fhir::schema::{TypeId, schema};
use std::sync::LazyLock;

/// What sort of values a parameter has (R4 search §3.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Numbers.
    Number,
    /// Dates and periods.
    Date,
    /// Text for people.
    String,
    /// Codes and identifiers.
    Token,
    /// References to resources.
    Reference,
    /// Several values that belong together.
    Composite,
    /// Amounts with units.
    Quantity,
    /// URIs.
    Uri,
    /// With a meaning of its own.
    Special,
}

/// Kinds with their codes (`http://hl7.org/fhir/search-param-type`).
const KINDS: [(&str, ParameterKind); 9] = [
    ("number", ParameterKind::Number),
    ("date", ParameterKind::Date),
    ("string", ParameterKind::String),
    ("token", ParameterKind::Token),
    ("reference", ParameterKind::Reference),
    ("composite", ParameterKind::Composite),
    ("quantity", ParameterKind::Quantity),
    ("uri", ParameterKind::Uri),
    ("special", ParameterKind::Special),
];

impl ParameterKind {
    fn from_code(code: &str) -> Option<Self> {
        KINDS.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    /// The code, such as `token`.
    pub fn code(self) -> &'static str {
        KINDS.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }
}

/// A search parameter of a type.
#[derive(Debug)]
pub struct Parameter {
    /// The type it is defined for; may be `Resource` or `DomainResource`.
    pub base: TypeId,
    /// The name in a URL, such as `value-quantity`.
    pub code: &'static str,
    /// What sort of values it has.
    pub kind: ParameterKind,
    /// The published expression.
    pub expression: &'static str,
    /// Where references may lead; empty: anywhere.
    pub targets: Vec<TypeId>,
    /// The parts of a composite.
    pub components: Vec<Component>,
    /// The canonical URL of the definition.
    pub url: &'static str,
    pub(crate) program: Program,
    /// True when some values are phone numbers or the like.
    pub(crate) has_contacts: bool,
}

/// A part of a composite.
#[derive(Debug)]
pub struct Component {
    /// The code of the parameter it stands for.
    pub code: &'static str,
    /// What sort of values it has.
    pub kind: ParameterKind,
    pub(crate) program: Program,
}

/// All parameters, by type.
struct Table {
    /// By [`TypeId::index`], sorted by code, with those of the abstract bases.
    by_type: Vec<Vec<&'static Parameter>>,
}

/// Those of FHIR, and those that US Core adds.
const TABLES: [&str; 2] = [
    include_str!("../../../data/r4/search-parameters.tsv"),
    include_str!("../../../data/us-core/search-parameters.tsv"),
];

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(&TABLES).expect("the table of search parameters is compiled by a test"));

/// The parameters of a type, those of all resources among them, by code.
pub fn parameters(type_id: TypeId) -> &'static [&'static Parameter] {
    TABLE.by_type.get(type_id.index()).map_or(&[], Vec::as_slice)
}

/// The parameter of a type and code.
pub fn parameter(type_id: TypeId, code: &str) -> Option<&'static Parameter> {
    let list = parameters(type_id);
    list.binary_search_by_key(&code, |parameter| parameter.code).ok().map(|at| list[at])
}

impl Table {
    fn read(texts: &[&'static str]) -> Result<Self, InvalidExpression> {
        let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#'));
        let all: Vec<&'static Parameter> = lines
            .map(|line| Ok(&*Box::leak(Box::new(Parameter::read(line)?))))
            .collect::<Result<_, InvalidExpression>>()?;
        let mut by_type = Vec::new();
        for type_id in schema().resources() {
            let mut own: Vec<&'static Parameter> =
                all.iter().copied().filter(|parameter| type_id.is_a(parameter.base)).collect();
            own.sort_unstable_by_key(|parameter| parameter.code);
            if by_type.len() <= type_id.index() {
                by_type.resize_with(type_id.index() + 1, Vec::new);
            }
            by_type[type_id.index()] = own;
        }
        Ok(Self { by_type })
    }
}

impl Parameter {
    fn read(line: &'static str) -> Result<Self, InvalidExpression> {
        let invalid =
            |problem: &str| InvalidExpression { expression: line.to_owned(), problem: problem.to_owned() };
        let fields: Vec<&'static str> = line.split('\t').collect();
        let &[base, code, kind, expression, targets, components, url] = fields.as_slice() else {
            return Err(invalid("a line has seven fields"));
        };
        let base = schema().type_named(base).ok_or_else(|| invalid("unknown type"))?;
        let program = compile(expression, base)?;
        let parts: Vec<TypeId> = program.leaves().map(|leaf| leaf.type_id).collect();
        let components = components.split("; ").filter(|component| !component.is_empty());
        let has_contacts = program.leaves().any(|leaf| leaf.form == Form::ContactPoint);
        let targets = targets.split(',').filter_map(|name| schema().resource_named(name)).collect();
        Ok(Self {
            base,
            code,
            kind: ParameterKind::from_code(kind).ok_or_else(|| invalid("unknown kind"))?,
            expression,
            targets: any_if_all(targets),
            components: components
                .map(|component| Component::read(component, &parts, base))
                .collect::<Result<_, _>>()?,
            url,
            program,
            has_contacts,
        })
    }
}

/// A list of every resource type says no more than an empty one.
fn any_if_all(targets: Vec<TypeId>) -> Vec<TypeId> {
    if targets.len() >= schema().resources().count() { Vec::new() } else { targets }
}

impl Component {
    fn read(text: &'static str, parts: &[TypeId], resource: TypeId) -> Result<Self, InvalidExpression> {
        let invalid =
            |problem: &str| InvalidExpression { expression: text.to_owned(), problem: problem.to_owned() };
        let mut fields = text.splitn(3, '=');
        let mut field = || fields.next().ok_or_else(|| invalid("a component has three fields"));
        let (code, kind, expression) = (field()?, field()?, field()?);
        // The parts that a composite looks at are alike where the paths of its components go.
        let part = *parts.first().ok_or_else(|| invalid("a composite looks at nothing"))?;
        Ok(Self {
            code,
            kind: ParameterKind::from_code(kind).ok_or_else(|| invalid("unknown kind"))?,
            program: compile_relative(expression, part, resource)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_compiles() {
        let table = Table::read(&TABLES);
        let table = table.unwrap_or_else(|error| panic!("{error}"));
        let lines = table.by_type.iter().flatten().count();
        assert!(lines > 2000, "{lines}");
        for parameter in table.by_type.iter().flatten() {
            let empty_allowed = ["_text", "_content", "_query"].contains(&parameter.code);
            assert!(parameter.program.leaves().count() > 0 || empty_allowed, "{}", parameter.url);
            for component in &parameter.components {
                assert!(component.program.leaves().count() > 0, "{}", parameter.url);
            }
        }
    }
}
