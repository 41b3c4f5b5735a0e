//! The schema made ready for the walk: for each type its members, which of them must be there, and what to check.

use crate::binding::BindingPlan;
use crate::invariant::Compiled;
use crate::primitive::Primitive;
use fhir::schema::{ElementDefinition, TypeId, TypeKind, TypeReference, schema};
use std::sync::LazyLock;

/// What the walk needs to know of a type.
pub(crate) struct TypePlan {
    pub type_id: TypeId,
    pub special: Special,
    /// The members of the JSON object, by name.
    members: Vec<MemberPlan>,
    /// Elements that must occur: their bit and definition.
    pub required: Vec<(u8, &'static ElementDefinition)>,
    pub invariants: Vec<Compiled>,
}

/// Types with rules that the tables do not state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    Resource,
    Extension,
    BundleEntry,
    ElementDefinition,
    Coding,
}

/// What the walk needs to know of a member of a JSON object.
pub(crate) struct MemberPlan {
    pub json_name: &'static str,
    pub element: &'static ElementDefinition,
    /// The position of the element in its type; members of one choice share it.
    pub bit: u8,
    pub form: Form,
    /// The type in the instance.
    pub type_id: TypeId,
    /// The type whose rules hold: narrower than `type_id` for profiled types, such as `SimpleQuantity`.
    pub rules: TypeId,
    /// The type as the element states it, with the targets of references.
    pub reference: &'static TypeReference,
    pub binding: Option<BindingPlan>,
    /// Those stated at the element.
    pub invariants: Vec<Compiled>,
    /// An array in JSON.
    pub repeats: bool,
}

/// How a member is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Primitive(Primitive),
    Object,
    Reference,
    Resource,
}

static PLANS: LazyLock<Vec<TypePlan>> = LazyLock::new(|| schema().types().map(TypePlan::new).collect());

impl TypePlan {
    /// The plan of a type.
    pub fn of(type_id: TypeId) -> &'static Self {
        &PLANS[type_id.index()]
    }

    fn new(type_id: TypeId) -> Self {
        let definition = type_id.definition();
        let mut members = Vec::new();
        let mut required = Vec::new();
        for (bit, element) in (0u8..).zip(&definition.elements) {
            assert!(bit < 128, "{} has more elements than the set of seen ones holds", definition.name);
            members.extend(definition.json_names(element).map(|(name, id)| member(name, element, bit, id)));
            if element.min > 0 {
                required.push((bit, element));
            }
        }
        members.sort_unstable_by_key(|member| member.json_name);
        let invariants = Compiled::all(type_id.invariants());
        Self { type_id, special: special(type_id), members, required, invariants }
    }

    /// The member of a name (without a leading underscore).
    pub fn member(&self, name: &str) -> Option<&MemberPlan> {
        let at = self.members.binary_search_by_key(&name, |member| member.json_name).ok()?;
        Some(&self.members[at])
    }

    /// The names of the members.
    pub fn member_names(&self) -> impl Iterator<Item = &'static str> {
        self.members.iter().map(|member| member.json_name)
    }
}

fn special(type_id: TypeId) -> Special {
    match type_id.name() {
        "Extension" => Special::Extension,
        "Bundle.entry" => Special::BundleEntry,
        "Coding" => Special::Coding,
        "ElementDefinition" => Special::ElementDefinition,
        _ if type_id.is_resource() => Special::Resource,
        _ => Special::None,
    }
}

fn member(
    json_name: &'static str,
    element: &'static ElementDefinition,
    bit: u8,
    type_id: TypeId,
) -> MemberPlan {
    let stated = element.types.iter().find(|one| one.type_id == type_id);
    let reference = stated.unwrap_or_else(|| panic!("{json_name} has a type that its element lacks"));
    let form = match Primitive::named(type_id.name()) {
        // The id of an element is any string; only that of a resource is an `id`.
        Some(_) if json_name == "id" && element.is_attribute => Form::Primitive(Primitive::String),
        Some(primitive) => Form::Primitive(primitive),
        None if type_id.is_resource() => Form::Resource,
        None if type_id.name() == "Reference" => Form::Reference,
        None => Form::Object,
    };
    let mut narrower = reference.profiles.iter().filter_map(|name| schema().type_named(name));
    let rules = narrower.find(|id| id.definition().kind == TypeKind::Constraint).unwrap_or(type_id);
    let repeats = element.max != Some(1) && element.max != Some(0);
    let binding = BindingPlan::of(element, type_id);
    let invariants = Compiled::all(element.invariants.iter());
    MemberPlan { invariants, binding, json_name, element, bit, form, type_id, rules, reference, repeats }
}
