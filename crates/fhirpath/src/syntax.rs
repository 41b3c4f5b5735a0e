//! The tree of an expression, as it is evaluated.

use crate::function::Definition;
use crate::item::{Item, SystemType};
use fhir::Element;
use fhir::schema::{TypeId, schema};

/// A part of an expression.
#[derive(Debug)]
pub(crate) enum Node {
    Literal(Item<'static>),
    /// `{}`
    Empty,
    /// `$this`
    This,
    /// `$index`
    Index,
    /// `$total`
    Total,
    /// `%name`
    Variable(Box<str>),
    /// Names one behind the other: `a.b.c`.
    Path(Box<Path>),
    Call(Box<Call>),
    /// `x is T`, `x as T`
    TypeTest(Box<TypeTest>),
    Binary(Box<Binary>),
    /// `a | b | c`
    Union(Vec<Node>),
    /// `-x`, `+x`
    Polarity {
        negative: bool,
        operand: Box<Node>,
    },
    /// `x[i]`
    Indexer(Box<(Node, Node)>),
}

impl Node {
    /// A key of `sort` and whether it sorts descending: a minus in front says so, whatever the type of the key.
    pub fn sort_key(&self) -> (&Node, bool) {
        match self {
            Node::Polarity { negative: true, operand } => (operand, true),
            other => (other, false),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Path {
    /// What the path starts at; `None` is `$this`.
    pub input: Option<Node>,
    pub steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub name: Box<str>,
    /// For the first name of a path at `$this`: the type of that name, which selects the focus itself.
    pub type_id: Option<TypeId>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub function: &'static Definition,
    /// What the function is called on; `None` is `$this`.
    pub input: Option<Node>,
    pub arguments: Vec<Node>,
    /// For `is`, `as` and `ofType`.
    pub type_specifier: Option<TypeSpecifier>,
    /// For `matches` and its like with a literal pattern.
    pub pattern: Option<regex::Regex>,
}

#[derive(Debug)]
pub(crate) struct TypeTest {
    pub operand: Node,
    pub is_cast: bool,
    pub type_specifier: TypeSpecifier,
}

#[derive(Debug)]
pub(crate) struct Binary {
    pub operator: Operator,
    pub left: Node,
    pub right: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Multiply,
    Divide,
    IntegerDivide,
    Modulo,
    Add,
    Subtract,
    Concatenate,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

/// Text, operator and how tightly it binds (FHIRPath §6.9, operator precedence; greater binds tighter).
pub(crate) const OPERATORS: &[(&str, Operator, u8)] = &[
    ("*", Operator::Multiply, 10),
    ("/", Operator::Divide, 10),
    ("div", Operator::IntegerDivide, 10),
    ("mod", Operator::Modulo, 10),
    ("+", Operator::Add, 9),
    ("-", Operator::Subtract, 9),
    ("&", Operator::Concatenate, 9),
    ("<", Operator::Less, 6),
    ("<=", Operator::LessOrEqual, 6),
    (">", Operator::Greater, 6),
    (">=", Operator::GreaterOrEqual, 6),
    ("=", Operator::Equal, 5),
    ("!=", Operator::NotEqual, 5),
    ("~", Operator::Equivalent, 5),
    ("!~", Operator::NotEquivalent, 5),
    ("in", Operator::In, 4),
    ("contains", Operator::Contains, 4),
    ("and", Operator::And, 3),
    ("or", Operator::Or, 2),
    ("xor", Operator::Xor, 2),
    ("implies", Operator::Implies, 1),
];

/// How tightly `is` and `as` bind.
pub(crate) const TYPE_TEST_BINDING: u8 = 8;
/// How tightly `|` binds.
pub(crate) const UNION_BINDING: u8 = 7;

impl Operator {
    pub fn text(self) -> &'static str {
        OPERATORS.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }
}

/// A type by name, looked up in both models.
#[derive(Clone, Debug)]
pub(crate) struct TypeSpecifier {
    /// As written, for messages.
    pub name: Box<str>,
    pub system: Option<SystemType>,
    pub fhir: Option<TypeId>,
    /// A name with a namespace may name nothing: no item is of that type. Without one it is a fault.
    pub is_qualified: bool,
}

impl TypeSpecifier {
    pub fn new(namespace: Option<&str>, name: &str) -> Self {
        let fhir = schema().type_named(name).filter(|_| namespace.is_none_or(|space| space == "FHIR"));
        let system = SystemType::named(name).filter(|_| namespace.is_none_or(|space| space == "System"));
        let text = namespace.map_or_else(|| name.to_owned(), |space| format!("{space}.{name}"));
        Self { name: text.into(), system, fhir, is_qualified: namespace.is_some() }
    }

    /// True for a name that no model has, written without a namespace.
    pub fn is_unknown(&self) -> bool {
        self.system.is_none() && self.fhir.is_none() && !self.is_qualified
    }

    /// `is`: the type or one it specialises.
    pub fn matches(&self, item: &Item<'_>) -> bool {
        match item {
            Item::Element(element) => self.fhir.is_some_and(|id| element.type_id.is_a(id)),
            other => self.system.is_some() && other.system_type() == self.system,
        }
    }

    /// `as` and `ofType`: the same, but a primitive type does not stand for those that specialise it; the official
    /// suite has a `code` not selected as a `string`.
    pub fn selects(&self, item: &Item<'_>) -> bool {
        match item {
            Item::Element(element) if element.type_id.is_primitive() => self.fhir == Some(element.type_id),
            other => self.matches(other),
        }
    }

    /// The same by the types that FHIR's primitives convert to: `String` without a namespace selects a `string`, as many
    /// who write invariants expect.
    pub fn selects_converted(&self, item: &Item<'_>) -> bool {
        let means = |element: Element<'_>| {
            element.type_id.is_primitive() && SystemType::of_fhir(element.type_id) == self.system
        };
        let is_system = self.system.is_some() && self.fhir.is_none() && !self.is_qualified;
        self.selects(item) || is_system && item.element().is_some_and(means)
    }
}
