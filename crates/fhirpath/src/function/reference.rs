//! `resolve` (FHIR R4, "Using FHIRPath with FHIR").

use super::{Arguments, Definition, streamed};
use crate::evaluate::{Evaluator, NEXT};
use crate::item::Item;
use fhir::{Document, Element, Kind, Node};
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Definition] =
    &[streamed("resolve", Arguments::Count(0, 0), |evaluator, call, scope, visitor| {
        evaluator.visit_input(call, scope, &mut |item| {
            let Some((reference, document)) = reference(&item) else { return NEXT };
            match resolve(evaluator, &reference, document) {
                Some(resource) => visitor(Item::Element(resource)),
                None => NEXT,
            }
        })
    })];

/// The reference in a Reference, uri or canonical, or a string, and the document it stands in.
fn reference<'a>(item: &Item<'a>) -> Option<(Cow<'a, str>, Option<&'a Document>)> {
    match item {
        Item::String(text) => Some((text.clone(), None)),
        Item::Element(element) => {
            let document = element.value.map(Node::document);
            let text = match element.type_name() {
                "Reference" => element.child("reference")?.scalar()?,
                _ => element.scalar()?,
            };
            Some((text, document))
        }
        _ => None,
    }
}

/// Looks among the contained resources, then the entries of the Bundle, then asks the environment.
fn resolve<'a>(
    evaluator: &Evaluator<'_, 'a>,
    reference: &str,
    document: Option<&'a Document>,
) -> Option<Element<'a>> {
    let context = evaluator.context;
    let roots = [context.root_resource.or(context.resource), document.and_then(Element::resource)];
    if let Some(id) = reference.strip_prefix('#') {
        return roots.iter().flatten().find_map(|root| contained(*root, id));
    }
    roots
        .iter()
        .flatten()
        .find_map(|root| entry(*root, reference))
        .or_else(|| context.environment.resolve(reference))
}

/// The contained resource of an id; the empty id is the container.
fn contained<'a>(root: Element<'a>, id: &str) -> Option<Element<'a>> {
    if id.is_empty() {
        return Some(root);
    }
    root.children_named("contained")
        .find(|resource| resource.child("id").and_then(Element::scalar).as_deref() == Some(id))
}

/// The resource of the Bundle's entry whose fullUrl is the reference, or ends in it when it is relative (FHIR R4,
/// "Resolving references in Bundles").
fn entry<'a>(root: Element<'a>, reference: &str) -> Option<Element<'a>> {
    if root.type_name() != "Bundle" {
        return None;
    }
    let wanted = reference.split("/_history/").next().unwrap_or(reference);
    let is_absolute = wanted.contains(':');
    let entries = root.value?.each_of("entry");
    let found = entries.into_iter().filter(|entry| entry.kind() == Kind::Object).find(|entry| {
        let Some(full_url) = entry.get_str("fullUrl") else { return false };
        if is_absolute {
            return full_url == wanted;
        }
        full_url.strip_suffix(wanted).is_some_and(|base| base.is_empty() || base.ends_with('/'))
    })?;
    Element::resource_at(found.get("resource")?)
}
