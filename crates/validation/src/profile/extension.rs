//! Extensions by their definitions (FHIR: Extensibility, Defining Extensions): known, where they may stand, and what
//! their profile demands.

use super::definition::CORE;
use super::plan::Profile;
use crate::place::Place;
use crate::rule;
use crate::settings::Extensions;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::schema::{TypeId, schema};
use fhir::{Element, Node};
use fhirpath::{Context, Expression};

/// What is defined but cannot be loaded: examples, marks of HL7's tools, the elements of other releases as extensions.
const ELSEWHERE: [&str; 8] = [
    "http://example.org/",
    "http://hl7.org/fhir/tools/StructureDefinition/",
    "http://hl7.org/fhir/1.0/StructureDefinition/",
    "http://hl7.org/fhir/1.4/StructureDefinition/",
    "http://hl7.org/fhir/3.0/StructureDefinition/",
    "http://hl7.org/fhir/4.0/StructureDefinition/",
    "http://hl7.org/fhir/4.3/StructureDefinition/",
    "http://hl7.org/fhir/5.0/StructureDefinition/",
];

/// Extensions that the release itself uses at another place than their definition says.
const CONTEXT_ERRATA: [&str; 1] = ["http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"];

impl<'a> Walk<'a> {
    /// Holds an extension against its definition.
    pub(crate) fn defined_extension(&mut self, extension: Element<'a>, url: &str, place: &Place<'_>) {
        let Some(node) = extension.value else { return };
        let Some(profile) = self.known.profile(url, self.ports) else {
            return self.unknown_extension(node, url, place);
        };
        if profile.type_id.name() != "Extension" {
            let message = format!("{} defines no extension", quoted(url));
            return self.report(&place.child("url"), node, rule::EXTENSION_UNKNOWN, message);
        }
        if !CONTEXT_ERRATA.contains(&url) && !self.is_in_context(&profile, extension, place) {
            let allowed: Vec<_> =
                profile.contexts.iter().map(|(_, expression)| expression.as_str()).collect();
            let message = format!("{} may not stand here; it belongs to {}", quoted(url), allowed.join(", "));
            self.report(place, node, rule::EXTENSION_CONTEXT, message);
        }
        self.profile(extension, &profile, place);
    }

    fn unknown_extension(&mut self, node: Node<'a>, url: &str, place: &Place<'_>) {
        let is_elsewhere = ELSEWHERE.iter().any(|start| url.starts_with(start));
        if self.settings.extensions == Extensions::Known || is_elsewhere || url.starts_with(CORE) {
            return;
        }
        let message =
            format!("the extension {} is not known here; load its StructureDefinition", quoted(url));
        self.report(place, node, rule::EXTENSION_UNKNOWN, message);
    }

    /// Whether an extension may stand at a place. What cannot be told is allowed.
    fn is_in_context(&self, profile: &Profile, extension: Element<'a>, place: &Place<'_>) -> bool {
        let Some(resource) = self.resource else { return true };
        let Some(here) = names_of(resource.type_id, place) else { return true };
        let is_part = place.parent.is_some_and(|parent| parent.name == "extension");
        profile.contexts.is_empty()
            || profile.contexts.iter().any(|(kind, expression)| match kind.as_str() {
                "element" => is_named(&here, expression.trim_end_matches("[x]")),
                "extension" => is_part,
                "fhirpath" => Expression::parse(expression)
                    .is_ok_and(|expression| is_selected(&expression, resource, extension)),
                _ => true,
            })
    }
}

/// Whether an expression gives the element that an extension extends.
fn is_selected<'e>(expression: &'e Expression, resource: Element<'e>, extension: Element<'e>) -> bool {
    let context = Context::new(resource).lenient();
    let mut is_found = false;
    let visited = expression.visit(&context, resource, |item| {
        let element = item.element();
        let mut extensions = element.into_iter().flat_map(|one| one.children_named("extension"));
        is_found |= extensions.any(|one| one.same_place(extension));
        !is_found
    });
    is_found || visited.is_err()
}

/// All names of the element that an extension at a place extends: its paths from each type on the way, and the types it
/// is of. `None` when the way cannot be followed by names alone.
fn names_of(resource: TypeId, extension: &Place<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut next = extension.parent;
    while let Some(place) = next {
        // A resource inside another is where its own paths begin; the root of the document has its type as name.
        if place.parent.is_none() || matches!(place.name, "resource" | "contained") {
            break;
        }
        names.push(place.name);
        next = place.parent;
    }
    let mut paths: Vec<String> = resource.lineage().map(|one| one.name().to_owned()).collect();
    let mut current = resource;
    for name in names.iter().rev() {
        let element = current.definition().element(name)?;
        paths.iter_mut().for_each(|path| *path = format!("{path}.{name}"));
        current = match &element.types[..] {
            [one] => one.type_id,
            _ => return None,
        };
        paths.extend(current.lineage().map(|one| one.name().to_owned()));
    }
    Some(paths)
}

/// `Element` is everything in the release's own definitions; types of later releases cannot be told.
fn is_named(here: &[String], expression: &str) -> bool {
    let owner = expression.split('.').next().unwrap_or(expression);
    expression == "Element"
        || schema().type_named(owner).is_none()
        || here.iter().any(|name| name == expression)
}
