//! The expressions of search parameters, compiled to short programs over a resource's nodes.
//!
//! The published expressions use few forms of FHIRPath: paths, unions, `as`, `where(field='value')`,
//! `where(resolve() is Type)`, `[n]` and one condition. Each is compiled against the schema, so that running one is a
//! walk by member names that knows what it will find.

mod compile;

pub(crate) use compile::{InvalidExpression, compile, compile_relative};

use crate::form::Form;
use fhir::schema::TypeId;
use fhir::{Kind, Node};

/// What a path's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// How the value is to be read.
    pub form: Form,
    /// The type.
    pub type_id: TypeId,
    /// The value set that the element is bound to.
    pub value_set: Option<&'static str>,
}

/// A compiled expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Program {
    alternatives: Vec<Alternative>,
}

/// One branch of a union.
#[derive(Clone, Debug, PartialEq)]
struct Alternative {
    /// Begins at the resource although the rest of the expression is relative to a part of it.
    from_resource: bool,
    steps: Vec<Step>,
    /// What the start is when there are no steps.
    start: Leaf,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// To the members of these names; a choice has several.
    Member(Vec<(&'static str, Leaf)>),
    /// Only the item at a position.
    Index(usize),
    /// Only references to a type.
    RefersTo(TypeId),
    /// Only objects with a member of this text.
    Where(&'static str, &'static str),
    /// Present and not false: the answer, even where there is nothing.
    PresentAndNotFalse,
}

/// Where a running program is.
type Visit<'f, 'a> = &'f mut dyn FnMut(Node<'a>, Leaf) -> bool;

impl Program {
    /// Adds the branches of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.alternatives.extend(other.alternatives);
    }

    /// Calls `visit` for each value at the ends of the paths, until it returns true; gives whether it did. `resource`
    /// is the whole resource, `start` where relative paths begin.
    pub(crate) fn find<'a>(&self, resource: Node<'a>, start: Node<'a>, visit: Visit<'_, 'a>) -> bool {
        self.alternatives.iter().any(|alternative| {
            let start = if alternative.from_resource { resource } else { start };
            run(&alternative.steps, start, alternative.start, visit)
        })
    }

    /// What the values can be.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.alternatives.iter().flat_map(|alternative| {
            let last = alternative.steps.iter().rev().find_map(|step| match step {
                Step::Member(names) => Some(names.iter().map(|(_, leaf)| *leaf).collect()),
                Step::PresentAndNotFalse => {
                    Some(vec![Leaf { form: Form::Answer(true), ..alternative.start }])
                }
                _ => None,
            });
            last.unwrap_or_else(|| vec![alternative.start])
        })
    }
}

fn run<'a>(steps: &[Step], node: Node<'a>, leaf: Leaf, visit: Visit<'_, 'a>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return visit(node, leaf);
    };
    match step {
        Step::Member(names) => members(names, rest, node, visit),
        // An index directly behind a member is applied there, to the whole list.
        Step::Index(_) => run(rest, node, leaf, visit),
        Step::RefersTo(target) => refers_to(node, *target) && run(rest, node, leaf, visit),
        Step::Where(name, text) => {
            node.get_str(name).as_deref() == Some(text) && run(rest, node, leaf, visit)
        }
        Step::PresentAndNotFalse => visit(node, Leaf { form: Form::Answer(true), ..leaf }),
    }
}

fn members<'a>(names: &[(&'static str, Leaf)], rest: &[Step], node: Node<'a>, visit: Visit<'_, 'a>) -> bool {
    let mut found = false;
    for (name, leaf) in names {
        let Some(member) = node.get(name) else { continue };
        let only = rest.first().and_then(|step| if let Step::Index(n) = step { Some(*n) } else { None });
        let items = member.each().filter(|item| item.kind() != Kind::Null);
        for item in
            items.enumerate().filter(|(n, _)| only.is_none_or(|only| only == *n)).map(|(_, item)| item)
        {
            let is_false = item.as_bool() == Some(false);
            if matches!(rest, [Step::PresentAndNotFalse]) && is_false {
                continue;
            }
            found = true;
            if run(rest, item, *leaf, visit) {
                return true;
            }
        }
        // A choice has one of its forms.
        if found {
            break;
        }
    }
    match (names.first(), rest) {
        (Some((_, leaf)), [Step::PresentAndNotFalse]) if !found => {
            visit(node, Leaf { form: Form::Answer(false), ..*leaf })
        }
        _ => false,
    }
}

/// `resolve() is Type` as far as the reference itself tells: by its text, or its `type`.
fn refers_to(node: Node<'_>, target: TypeId) -> bool {
    if let Some(text) = node.get_str("reference") {
        if let Some(contained) = text.strip_prefix('#') {
            return contained_type(node, contained) == Some(target);
        }
        if let Some((type_id, _)) = crate::value::reference::type_and_id(&text) {
            return type_id == target;
        }
    }
    node.get_str("type").as_deref() == Some(target.name())
}

/// The type of a contained resource.
fn contained_type(node: Node<'_>, id: &str) -> Option<TypeId> {
    let resource = node.document().root();
    let contained =
        resource.each_of("contained").find(|contained| contained.get_str("id").as_deref() == Some(id))?;
    fhir::schema::schema().resource_named(&contained.get_str("resourceType")?)
}
