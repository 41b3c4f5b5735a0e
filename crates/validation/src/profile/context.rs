//! Where an extension stands (FHIR: StructureDefinition.context): the way to it from its resource, and by what names
//! definitions call that place.

use super::plan::Profile;
use fhir::schema::schema;
use fhir::{Element, Node};
use fhirpath::{Context, Expression};

/// The elements from a resource to the one that an extension extends, each with its name; never empty.
pub(super) struct Way<'a> {
    steps: Vec<(&'static str, Element<'a>)>,
}

impl<'a> Way<'a> {
    /// The way to an extension; `None` when it does not lie in the resource.
    pub fn to(extension: Element<'a>, resource: Element<'a>) -> Option<Self> {
        let mut steps = vec![(resource.type_name(), resource)];
        loop {
            let (_, last) = *steps.last()?;
            let (name, next) = last.children().find(|(_, child)| holds(*child, extension))?;
            if next.same_place(extension) {
                return Some(Self { steps });
            }
            steps.push((name, next));
        }
    }

    /// The element that is extended.
    pub fn extended(&self) -> Element<'a> {
        self.steps.last().expect("the resource at least").1
    }

    /// Whether a definition allows its extension here. What cannot be told is allowed.
    pub fn is_allowed(&self, profile: &Profile) -> bool {
        profile.contexts.is_empty()
            || profile.contexts.iter().any(|(kind, expression)| match kind.as_str() {
                "element" => self.is_named(expression.trim_end_matches("[x]")),
                "extension" => self.is_within(expression),
                "fhirpath" => self.is_selected(expression),
                _ => true,
            })
    }

    /// The condition of a definition that does not hold here.
    pub fn broken_condition<'p>(&self, profile: &'p Profile) -> Option<&'p str> {
        let context = Context::new(self.steps[0].1).lenient();
        let is_false = |condition: &&String| {
            Expression::parse(condition)
                .is_ok_and(|parsed| parsed.evaluate_bool(&context, self.extended()) == Ok(Some(false)))
        };
        profile.conditions.iter().find(is_false).map(String::as_str)
    }

    /// By its path from any type on the way, or by its own type. `Element` is everything in the release's own
    /// definitions; types of later releases cannot be told.
    fn is_named(&self, expression: &str) -> bool {
        let mut names = expression.split('.');
        let owner = names.next().unwrap_or(expression);
        let path: Vec<&str> = names.map(|name| name.trim_end_matches("[x]")).collect();
        if expression == "Element" || schema().type_named(owner).is_none() {
            return true;
        }
        let Some(at) = self.steps.len().checked_sub(path.len() + 1) else { return false };
        let is_owner = self.steps[at].1.type_id.lineage().any(|one| one.name() == owner);
        let fits = is_owner && self.steps[at + 1..].iter().map(|(name, _)| *name).eq(path);
        // Elements of a resource that have children of their own are types by their path.
        fits || self.extended().type_id.lineage().any(|one| one.name() == expression)
    }

    /// Whether the nearest extension around is the one of a URL.
    fn is_within(&self, expression: &str) -> bool {
        let url = expression.split('#').next().unwrap_or(expression);
        let around = self.steps.iter().rev().find(|(_, one)| one.type_name() == "Extension");
        around.and_then(|(_, one)| one.child("url")?.scalar()).is_some_and(|found| found == url)
    }

    /// Whether an expression gives the element that is extended.
    fn is_selected(&self, expression: &str) -> bool {
        let Ok(expression) = Expression::parse(expression) else { return false };
        selects(&expression, self.steps[0].1, self.extended())
    }
}

fn selects<'e>(expression: &'e Expression, resource: Element<'e>, wanted: Element<'e>) -> bool {
    let context = Context::new(resource).lenient();
    let mut is_found = false;
    let visited = expression.visit(&context, resource, |item| {
        is_found |= item.element().is_some_and(|one| one.same_place(wanted));
        !is_found
    });
    is_found || visited.is_err()
}

/// Whether an element is another one or lies around it.
fn holds(outer: Element<'_>, inner: Element<'_>) -> bool {
    let Some(inner) = inner.value.or(inner.sibling).map(Node::range) else { return false };
    [outer.value, outer.sibling].into_iter().flatten().any(|node| {
        let outer = node.range();
        outer.start <= inner.start && inner.end <= outer.end
    })
}
