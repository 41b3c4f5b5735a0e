//! A tree read with its StructureDefinition: every element knows its type.
//!
//! An [`Element`] joins what JSON keeps apart: the value of a primitive and the `_name` sibling that carries its id
//! and extensions, the two arrays of a repeating primitive, and the type in the name of a choice.

use crate::document::{Document, Items, Kind, Node};
use crate::schema::{ElementDefinition, TypeDefinition, TypeId, TypeKind, schema};
use std::borrow::Cow;

/// An element of a resource, typed. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// The type; for `Resource` elements (contained, Bundle entries) the type of the resource that stands there.
    pub type_id: TypeId,
    /// The definition of the place it stands at; `None` at the root.
    pub definition: Option<&'static ElementDefinition>,
    /// The value; `None` when a primitive has only extensions.
    pub value: Option<Node<'a>>,
    /// The object with the id and extensions of a primitive.
    pub sibling: Option<Node<'a>>,
}

impl std::fmt::Debug for ElementDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<'a> Element<'a> {
    /// A document's resource; `None` without a known `resourceType`.
    pub fn resource(document: &'a Document) -> Option<Self> {
        Self::resource_at(document.root())
    }

    /// The resource at a place in a document; `None` without a known `resourceType`.
    pub fn resource_at(node: Node<'a>) -> Option<Self> {
        let type_id = schema().resource_named(&node.get_str("resourceType")?)?;
        Some(Self { type_id, definition: None, value: Some(node), sibling: None })
    }

    /// A value read as a type, such as a `Quantity` on its own.
    pub fn typed(node: Node<'a>, type_id: TypeId) -> Self {
        Self { type_id, definition: None, value: Some(node), sibling: None }
    }

    /// The name of the type.
    pub fn type_name(self) -> &'static str {
        self.type_id.name()
    }

    /// The text of a primitive's value.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        self.value.filter(|_| self.type_id.is_primitive())?.scalar()
    }

    /// True for resources.
    pub fn is_resource(self) -> bool {
        self.type_id.is_resource()
    }

    /// Identity of the place in the document.
    pub fn same_place(self, other: Element<'_>) -> bool {
        match (self.value.or(self.sibling), other.value.or(other.sibling)) {
            (Some(one), Some(two)) => one.same_place(two),
            _ => false,
        }
    }

    /// The object that holds the children: the value, or for a primitive its sibling.
    fn holder(self) -> Option<Node<'a>> {
        let holder = if self.type_id.is_primitive() { self.sibling } else { self.value };
        holder.filter(|node| node.kind() == Kind::Object)
    }

    /// The children in document order, each with its name without `[x]`. Members that the type lacks are passed
    /// over; [`Element::unknown_members`] names them.
    pub fn children(self) -> impl Iterator<Item = (&'static str, Element<'a>)> {
        let holder = self.holder();
        holder.into_iter().flat_map(move |holder| {
            // Most objects have no `_name` members: then none need be looked for.
            let has_siblings = holder.members().any(|(name, _)| name.starts_with('_'));
            holder.members().flat_map(move |(name, node)| {
                let place = self.place(holder, has_siblings, &name, node);
                place.into_iter().flat_map(|(definition, type_id, value, sibling)| {
                    Occurrences::new(definition, type_id, value, sibling)
                        .map(move |child| (definition.name, child))
                })
            })
        })
    }

    /// Where a member belongs. A `_name` member counts only when there is no `name` member beside it.
    #[allow(clippy::type_complexity)]
    fn place(
        self,
        holder: Node<'a>,
        has_siblings: bool,
        name: &str,
        node: Node<'a>,
    ) -> Option<(&'static ElementDefinition, TypeId, Option<Node<'a>>, Option<Node<'a>>)> {
        let definition = self.type_id.definition();
        if let Some(plain) = name.strip_prefix('_') {
            let (element, type_id) = definition.member(plain).filter(|(_, id)| id.is_primitive())?;
            return holder.get(plain).is_none().then_some((element, type_id, None, Some(node)));
        }
        let (element, type_id) = definition.member(name)?;
        let sibling =
            if has_siblings && type_id.is_primitive() { holder_sibling(holder, name) } else { None };
        Some((element, type_id, Some(node), sibling))
    }

    /// The children of a name (without `[x]`), in document order.
    pub fn children_named(self, name: &str) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let definition = self.type_id.definition();
        let found = definition.element(name).zip(self.holder()).and_then(|(element, holder)| {
            let type_id = element.types.first()?.type_id;
            let (json_name, type_id) = if element.is_choice {
                chosen(definition, element, holder)?
            } else {
                (element.name, type_id)
            };
            let (value, sibling) = if type_id.is_primitive() {
                holder.get_with_sibling(json_name)
            } else {
                (holder.get(json_name), None)
            };
            (value.is_some() || sibling.is_some()).then(|| Occurrences::new(element, type_id, value, sibling))
        });
        found.into_iter().flatten()
    }

    /// The first child of a name.
    pub fn child(self, name: &str) -> Option<Element<'a>> {
        self.children_named(name).next()
    }

    /// The extensions with a URL.
    pub fn extensions(self, url: &str) -> impl Iterator<Item = Element<'a>> {
        self.children_named("extension")
            .filter(move |extension| extension.child("url").and_then(Element::scalar).as_deref() == Some(url))
    }

    /// Members of the JSON object that the type does not have.
    pub fn unknown_members(self) -> impl Iterator<Item = (Cow<'a, str>, Node<'a>)> {
        let definition = self.type_id.definition();
        let is_resource = definition.kind == TypeKind::Resource;
        self.holder().into_iter().flat_map(Node::members).filter(move |(name, _)| {
            let known = match name.strip_prefix('_') {
                Some(plain) => definition.member(plain).is_some_and(|(_, id)| id.is_primitive()),
                None => definition.member(name).is_some() || (is_resource && name == "resourceType"),
            };
            !known
        })
    }
}

/// The JSON name and type that a choice has here.
fn chosen(
    definition: &'static TypeDefinition,
    element: &'static ElementDefinition,
    holder: Node<'_>,
) -> Option<(&'static str, TypeId)> {
    holder.members().find_map(|(member, _)| {
        let plain = member.strip_prefix('_').unwrap_or(&member);
        let (json_name, found, type_id) =
            if plain.starts_with(element.name) { definition.member_named(plain)? } else { return None };
        std::ptr::eq(found, element).then_some((json_name, type_id))
    })
}

fn holder_sibling<'a>(holder: Node<'a>, json_name: &str) -> Option<Node<'a>> {
    let mut name = [0u8; 64];
    let length = json_name.len() + 1;
    let buffer = name.get_mut(..length)?;
    buffer[0] = b'_';
    buffer[1..].copy_from_slice(json_name.as_bytes());
    holder.get(std::str::from_utf8(buffer).ok()?)
}

/// The occurrences of one element: one, or the items of the value and sibling arrays side by side.
struct Occurrences<'a> {
    definition: &'static ElementDefinition,
    type_id: TypeId,
    values: Option<Items<'a>>,
    siblings: Option<Items<'a>>,
}

impl<'a> Occurrences<'a> {
    fn new(
        definition: &'static ElementDefinition,
        type_id: TypeId,
        value: Option<Node<'a>>,
        sibling: Option<Node<'a>>,
    ) -> Self {
        // A lone `null` counts as an item here: in arrays of primitives it holds the place of a sibling.
        let items = |node: Node<'a>| if node.kind() == Kind::Array { node.items() } else { node.each() };
        Self { definition, type_id, values: value.map(items), siblings: sibling.map(items) }
    }
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let value = self.values.as_mut().and_then(Iterator::next);
            let sibling = self.siblings.as_mut().and_then(Iterator::next);
            if value.is_none() && sibling.is_none() {
                return None;
            }
            let not_null = |node: &Node<'a>| node.kind() != Kind::Null;
            let (value, sibling) = (value.filter(not_null), sibling.filter(not_null));
            if value.is_none() && sibling.is_none() {
                continue;
            }
            let mut type_id = self.type_id;
            if type_id.is_resource() {
                let named = value.and_then(|node| node.get_str("resourceType"));
                type_id = named.and_then(|name| schema().resource_named(&name)).unwrap_or(type_id);
            }
            return Some(Element { type_id, definition: Some(self.definition), value, sibling });
        }
    }
}
