//! Contained resources (FHIR: References, section 2.3.0.4) and ids inside one resource.

use crate::place::Place;
use crate::primitive::quoted;
use crate::rule;
use crate::walk::Walk;
use fhir::schema::{TypeId, schema};
use fhir::{Kind, Node};
use std::borrow::Cow;

/// A resource that is not contained, with what is collected while it is walked.
#[derive(Default)]
pub(crate) struct Container<'a> {
    contained: Vec<Contained<'a>>,
    /// Every `#id` met, and whether it stands inside a contained resource.
    local_references: Vec<Cow<'a, str>>,
    /// The contained resource that the walk is in, by its position.
    inside: Option<usize>,
}

struct Contained<'a> {
    id: Option<Cow<'a, str>>,
    type_id: Option<TypeId>,
    node: Node<'a>,
    /// True when it refers to its container by `#`.
    refers_to_container: bool,
}

impl<'a> Container<'a> {
    /// A resource before the walk, with the ids of what it contains.
    pub fn of(node: Node<'a>) -> Self {
        let contained = node.each_of("contained").map(|node| Contained {
            id: node.get_str("id"),
            type_id: node.get_str("resourceType").and_then(|name| schema().resource_named(&name)),
            node,
            refers_to_container: false,
        });
        Self { contained: contained.collect(), ..Self::default() }
    }

    /// The type of the contained resource of an id; the inner `None` when its type is not known.
    pub fn contained_type(&self, id: &str) -> Option<Option<TypeId>> {
        let found = self.contained.iter().find(|one| one.id.as_deref() == Some(id))?;
        Some(found.type_id)
    }

    /// Notes a `#id` or `#`.
    pub fn note_local(&mut self, reference: Cow<'a, str>) {
        if reference != "#" {
            return self.local_references.push(reference);
        }
        if let Some(contained) = self.inside.and_then(|at| self.contained.get_mut(at)) {
            contained.refers_to_container = true;
        }
    }
}

impl<'a> Walk<'a> {
    /// The ids of contained resources: there, and each once.
    pub(crate) fn container_ids(&mut self, place: &Place<'_>) {
        for at in 0..self.container.contained.len() {
            let Contained { id, node, .. } = &self.container.contained[at];
            let node = *node;
            let inner = place.child("contained").item(at);
            match id.as_deref() {
                None if node.kind() == Kind::Object => {
                    let message = "a contained resource needs an id to be referred to by; add one";
                    self.report(&inner, node, rule::CONTAINED_ID, message);
                }
                None => {}
                Some(id) => {
                    let is_second =
                        self.container.contained[..at].iter().any(|one| one.id.as_deref() == Some(id));
                    if is_second {
                        let message = format!("the id {} is taken by another contained resource", quoted(id));
                        self.report(&inner, node, rule::DUPLICATE_ID, message);
                    }
                }
            }
        }
    }

    /// What a contained resource may not have.
    pub(crate) fn contained_resource(&mut self, node: Node<'a>, place: &Place<'_>) {
        self.container.inside = self.container.contained.iter().position(|one| one.node.same_place(node));
        if let Some(nested) = node.get("contained") {
            let message = "a contained resource may not contain others; move them up to the container";
            self.report(&place.child("contained"), nested, rule::DOM_2, message);
        }
        let Some(meta) = node.get("meta") else { return };
        let rules = [("versionId", rule::DOM_4), ("lastUpdated", rule::DOM_4), ("security", rule::DOM_5)];
        for (name, rule) in rules {
            if let Some(found) = meta.get(name) {
                let message = format!("a contained resource has no meta.{name} of its own; remove it");
                self.report(&place.child("meta").child(name), found, rule, message);
            }
        }
    }

    /// Every contained resource is referred to, or refers to its container (dom-3).
    pub(crate) fn finish_container(&mut self, place: &Place<'_>) {
        for at in 0..self.container.contained.len() {
            let Contained { id, node, refers_to_container, .. } = &self.container.contained[at];
            let node = *node;
            let Some(id) = id.as_deref().filter(|_| !refers_to_container) else { continue };
            let is_meant = |reference: &Cow<'_, str>| reference.strip_prefix('#') == Some(id);
            if self.container.local_references.iter().any(is_meant) {
                continue;
            }
            let message =
                format!("nothing refers to it; refer to it as {} or remove it", quoted(&format!("#{id}")));
            self.report(&place.child("contained").item(at), node, rule::DOM_3, message);
        }
    }

    /// A uri, url or canonical that begins with `#`.
    pub(crate) fn local_canonical(&mut self, value: Cow<'a, str>, _node: Node<'a>, _place: &Place<'_>) {
        self.container.note_local(value);
    }
}
