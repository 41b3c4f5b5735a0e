//! Contained resources (FHIR: References, section 2.3.0.4) and ids inside one resource.

use crate::place::Place;
use crate::plan::{Special, TypePlan};
use crate::primitive::shown;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::schema::{TypeId, schema};
use fhir::{Kind, Node};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A resource that is not contained, with what is collected while it is walked.
#[derive(Default)]
pub(crate) struct Container<'a> {
    /// In the order of the document.
    contained: Vec<Contained<'a>>,
    by_id: HashMap<Cow<'a, str>, usize>,
    /// The contained resource that the walk is in.
    pub inside: Option<usize>,
    /// The ids of elements met, each with the contained resource it stands in.
    element_ids: HashSet<(Option<usize>, Cow<'a, str>)>,
}

struct Contained<'a> {
    node: Node<'a>,
    id: Option<Cow<'a, str>>,
    type_id: Option<TypeId>,
    /// True when something refers to it, or it refers to its container by `#`.
    is_linked: bool,
}

impl<'a> Container<'a> {
    /// A resource before the walk, with the ids of what it contains.
    pub fn of(node: Node<'a>) -> Self {
        let contained = node.each_of("contained").map(|node| Contained {
            node,
            id: node.get_str("id"),
            type_id: node.get_str("resourceType").and_then(|name| schema().resource_named(&name)),
            is_linked: false,
        });
        let contained: Vec<_> = contained.collect();
        let mut by_id = HashMap::new();
        for (at, id) in contained.iter().enumerate().filter_map(|(at, one)| Some((at, one.id.clone()?))) {
            by_id.entry(id).or_insert(at);
        }
        Self { contained, by_id, ..Self::default() }
    }

    /// The type of the contained resource of an id; the inner `None` when its type is not known.
    pub fn contained_type(&self, id: &str) -> Option<Option<TypeId>> {
        self.by_id.get(id).map(|at| self.contained[*at].type_id)
    }

    /// Notes a `#id` or `#`.
    pub fn note_local(&mut self, reference: &str) {
        let meant = match reference.strip_prefix('#') {
            Some("") => self.inside,
            Some(id) => self.by_id.get(id).copied(),
            None => None,
        };
        if let Some(at) = meant {
            self.contained[at].is_linked = true;
        }
    }

    /// Which contained resource a place is; they lie in the document in order.
    fn position(&self, node: Node<'a>) -> Option<usize> {
        self.contained.binary_search_by_key(&node.position(), |one| one.node.position()).ok()
    }

    /// True for all but the first contained resource of an id.
    fn is_repeated(&self, at: usize, id: &str) -> bool {
        self.by_id.get(id) != Some(&at)
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
                Some(id) if self.container.is_repeated(at, id) => {
                    let message = format!("the id {} is taken by another contained resource", quoted(id));
                    self.report(&inner, node, rule::DUPLICATE_ID, message);
                }
                _ => {}
            }
        }
    }

    /// The id of an element: once in its resource. Definitions of elements have theirs in the snapshot and again in
    /// the differential.
    pub(crate) fn element_id(&mut self, id: Node<'a>, plan: &TypePlan, place: &Place<'_>) {
        let Some(text) = id.as_str().filter(|_| plan.special != Special::ElementDefinition) else { return };
        if !self.container.element_ids.insert((self.container.inside, text)) {
            let message = format!("the id {} is taken by another element of the resource", shown(id));
            self.report(&place.child("id"), id, rule::DUPLICATE_ID, message);
        }
    }

    /// What a contained resource may not have.
    pub(crate) fn contained_resource(&mut self, node: Node<'a>, place: &Place<'_>) {
        self.container.inside = self.container.position(node);
        if !self.settings.native_invariants {
            return;
        }
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
        if !self.settings.native_invariants {
            return;
        }
        for at in 0..self.container.contained.len() {
            let Contained { id, node, is_linked, .. } = &self.container.contained[at];
            let node = *node;
            let Some(id) = id.as_deref().filter(|_| !is_linked) else { continue };
            if self.container.is_repeated(at, id) {
                continue;
            }
            let message =
                format!("nothing refers to it; refer to it as {} or remove it", quoted(&format!("#{id}")));
            self.report(&place.child("contained").item(at), node, rule::DOM_3, message);
        }
    }
}
