//! The FHIR types as tables: what elements a type has, how often, of what type, bound to what.
//!
//! The tables are read once from `data/r4/schema.tsv`, whose lines are, tab-separated:
//! `T name kind base abstract` begins a type (nested types are named by their path, `Patient.contact`);
//! `R regex` gives a primitive type's form; `I key severity expression human` is an invariant of the type or
//! element above it; `E name min max flags types binding` is an element. Flags: `c` choice (`value[x]`),
//! `s` summary, `m` modifier, `a` an attribute in XML, `o` order has meaning.

use std::collections::HashMap;
use std::sync::LazyLock;

/// All types of the release.
pub struct Schema {
    types: Vec<TypeDefinition>,
    by_name: HashMap<&'static str, TypeId>,
}

/// Stands for a type; gives its definition through [`TypeId::definition`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct TypeId(u16);

/// What sort of type a type is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeKind {
    /// A value with an optional id and extensions, such as `date`.
    Primitive,
    /// A data type, such as `HumanName`.
    Complex,
    /// A data type narrowed, such as `SimpleQuantity`.
    Constraint,
    /// A resource, such as `Patient`.
    Resource,
    /// An element with children inside another type, such as `Patient.contact`.
    Nested,
    /// A logical model.
    Logical,
}

/// A type with its elements.
pub struct TypeDefinition {
    /// The name; for nested types the path, such as `Patient.contact`.
    pub name: &'static str,
    /// What sort of type.
    pub kind: TypeKind,
    /// The type it specialises; empty for the roots.
    pub base: &'static str,
    /// True when no instance has exactly this type.
    pub is_abstract: bool,
    /// The regular expression of a primitive's text, anchored at both ends by meaning.
    pub regex: Option<&'static str>,
    /// Invariants stated at this type itself; see [`TypeId::invariants`] for those of its bases too.
    pub own_invariants: Vec<Invariant>,
    /// The elements in the order of the definition, inherited ones first.
    pub elements: Vec<ElementDefinition>,
    /// JSON member name to element and type, sorted by name.
    members: Vec<(&'static str, u16, TypeId)>,
}

/// An element of a type.
pub struct ElementDefinition {
    /// The name without `[x]`.
    pub name: &'static str,
    /// The least number of occurrences.
    pub min: u32,
    /// The greatest number of occurrences; `None` is `*`.
    pub max: Option<u32>,
    /// True for `value[x]`: the JSON name carries the type.
    pub is_choice: bool,
    /// Part of the summary view.
    pub is_summary: bool,
    /// Changes the meaning of what holds it.
    pub is_modifier: bool,
    /// An attribute in XML (`id`, `Extension.url`).
    pub is_attribute: bool,
    /// The possible types.
    pub types: Vec<TypeReference>,
    /// The value set that codes come from.
    pub binding: Option<Binding>,
    /// Invariants stated at this element.
    pub invariants: Vec<Invariant>,
}

/// A possible type of an element.
pub struct TypeReference {
    /// The type.
    pub type_id: TypeId,
    /// What a reference or canonical may point at: type names, or canonical URLs of profiles. Empty is anything.
    pub targets: Vec<&'static str>,
    /// Profiles that the type must meet, such as `SimpleQuantity`.
    pub profiles: Vec<&'static str>,
}

/// A bound value set.
pub struct Binding {
    /// How binding it is.
    pub strength: BindingStrength,
    /// The canonical URL, possibly with `|version`.
    pub value_set: &'static str,
}

/// How binding a value set is (FHIR: BindingStrength).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingStrength {
    /// A code must come from the set.
    Required,
    /// A code must come from the set if one there fits.
    Extensible,
    /// A code should come from the set.
    Preferred,
    /// The set only shows what is meant.
    Example,
}

/// A rule in FHIRPath.
pub struct Invariant {
    /// The key, such as `pat-1`.
    pub key: &'static str,
    /// True when breaking it is an error, false for a warning.
    pub is_error: bool,
    /// The rule in FHIRPath.
    pub expression: &'static str,
    /// The rule in words.
    pub human: &'static str,
}

/// The tables.
pub fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> =
        LazyLock::new(|| Schema::read(include_str!("../../../data/r4/schema.tsv")));
    &SCHEMA
}

impl Schema {
    /// The type of a name, such as `Patient`, `date` or `Patient.contact`.
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The resource type of a name; `None` when there is none or it is abstract.
    pub fn resource_named(&self, name: &str) -> Option<TypeId> {
        self.type_named(name).filter(|id| {
            let definition = id.definition();
            definition.kind == TypeKind::Resource && !definition.is_abstract
        })
    }

    /// All types.
    pub fn types(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.types.iter().map(|definition| self.by_name[definition.name])
    }

    /// All resource types that have instances, by name.
    pub fn resources(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.types().filter(|id| self.resource_named(id.name()).is_some())
    }

    fn read(text: &'static str) -> Self {
        let lines = || text.lines().filter(|line| !line.starts_with('#'));
        let mut by_name = HashMap::new();
        for line in lines().filter(|line| line.starts_with("T\t")) {
            let id = TypeId(u16::try_from(by_name.len()).expect("the release has fewer than 65,536 types"));
            by_name.insert(line.split('\t').nth(1).expect("a type has a name"), id);
        }
        let mut types: Vec<TypeDefinition> = Vec::with_capacity(by_name.len());
        for line in lines() {
            let fields: Vec<&'static str> = line.split('\t').collect();
            match fields[0] {
                "T" => types.push(type_definition(&fields)),
                kind => {
                    let current = types.last_mut().expect("the table begins with a type");
                    match kind {
                        "R" => current.regex = Some(fields[1]),
                        "I" => current.take_invariant(invariant(&fields)),
                        "E" => current.elements.push(element_definition(&fields, &by_name)),
                        other => panic!("schema.tsv has no lines of kind {other}"),
                    }
                }
            }
        }
        for definition in &mut types {
            definition.index_members(&by_name);
        }
        Self { types, by_name }
    }
}

fn type_definition(fields: &[&'static str]) -> TypeDefinition {
    let kind = match fields[2] {
        "primitive" => TypeKind::Primitive,
        "complex" => TypeKind::Complex,
        "constraint" => TypeKind::Constraint,
        "resource" => TypeKind::Resource,
        "nested" => TypeKind::Nested,
        "logical" => TypeKind::Logical,
        other => panic!("schema.tsv has no types of kind {other}"),
    };
    TypeDefinition {
        name: fields[1],
        kind,
        base: fields[3],
        is_abstract: fields[4] == "abstract",
        regex: None,
        own_invariants: Vec::new(),
        elements: Vec::new(),
        members: Vec::new(),
    }
}

fn invariant(fields: &[&'static str]) -> Invariant {
    Invariant { key: fields[1], is_error: fields[2] == "error", expression: fields[3], human: fields[4] }
}

fn element_definition(fields: &[&'static str], by_name: &HashMap<&'static str, TypeId>) -> ElementDefinition {
    let has = |flag: char| fields[4].contains(flag);
    let binding = fields[6].split_once(' ').map(|(strength, value_set)| Binding {
        strength: match strength {
            "required" => BindingStrength::Required,
            "extensible" => BindingStrength::Extensible,
            "preferred" => BindingStrength::Preferred,
            _ => BindingStrength::Example,
        },
        value_set,
    });
    ElementDefinition {
        name: fields[1],
        min: fields[2].parse().expect("min is a number"),
        max: fields[3].parse().ok(),
        is_choice: has('c'),
        is_summary: has('s'),
        is_modifier: has('m'),
        is_attribute: has('a'),
        types: fields[5]
            .split(',')
            .filter(|text| !text.is_empty())
            .map(|text| type_reference(text, by_name))
            .collect(),
        binding,
        invariants: Vec::new(),
    }
}

fn type_reference(text: &'static str, by_name: &HashMap<&'static str, TypeId>) -> TypeReference {
    let (text, profiles) = match text.split_once(':') {
        Some((text, profiles)) => (text, profiles.split('|').collect()),
        None => (text, Vec::new()),
    };
    let (name, targets) = match text.split_once('(') {
        Some((name, targets)) => (name, targets.trim_end_matches(')').split('|').collect()),
        None => (text, Vec::new()),
    };
    let type_id =
        *by_name.get(name).unwrap_or_else(|| panic!("schema.tsv names a type {name} that it lacks"));
    TypeReference { type_id, targets, profiles }
}

impl TypeDefinition {
    fn take_invariant(&mut self, invariant: Invariant) {
        match self.elements.last_mut() {
            Some(element) => element.invariants.push(invariant),
            None => self.own_invariants.push(invariant),
        }
    }

    fn index_members(&mut self, by_name: &HashMap<&'static str, TypeId>) {
        for (index, element) in (0u16..).zip(&self.elements) {
            for one in &element.types {
                let name = if element.is_choice {
                    choice_name(element.name, one.type_id, by_name)
                } else {
                    element.name
                };
                self.members.push((name, index, one.type_id));
                if !element.is_choice {
                    break;
                }
            }
        }
        self.members.sort_unstable_by_key(|(name, ..)| *name);
        self.members.dedup_by_key(|(name, ..)| *name);
    }

    /// The element that a JSON member stands for, and its type: `valueQuantity` is `value` as a `Quantity`.
    pub fn member(&'static self, json_name: &str) -> Option<(&'static ElementDefinition, TypeId)> {
        self.member_named(json_name).map(|(_, element, type_id)| (element, type_id))
    }

    /// The same, with the name as the tables hold it.
    pub(crate) fn member_named(
        &'static self,
        json_name: &str,
    ) -> Option<(&'static str, &'static ElementDefinition, TypeId)> {
        let at = self.members.binary_search_by_key(&json_name, |(name, ..)| name).ok()?;
        let (name, index, type_id) = self.members[at];
        Some((name, &self.elements[usize::from(index)], type_id))
    }

    /// The JSON member names of an element: one, or for a choice one a type.
    pub fn json_names(
        &'static self,
        element: &'static ElementDefinition,
    ) -> impl Iterator<Item = (&'static str, TypeId)> {
        self.members
            .iter()
            .filter(move |(_, index, _)| std::ptr::eq(&raw const self.elements[usize::from(*index)], element))
            .map(|(name, _, type_id)| (*name, *type_id))
    }

    /// The element of a name without `[x]`.
    pub fn element(&'static self, name: &str) -> Option<&'static ElementDefinition> {
        self.elements.iter().find(|element| element.name == name)
    }
}

/// `value` and `Quantity` make `valueQuantity`. Names live as long as the tables.
fn choice_name(element: &str, type_id: TypeId, by_name: &HashMap<&'static str, TypeId>) -> &'static str {
    let type_name = by_name.iter().find(|(_, id)| **id == type_id).map_or("", |(name, _)| *name);
    let (first, rest) = type_name.split_at(1);
    Box::leak(format!("{element}{}{rest}", first.to_uppercase()).into_boxed_str())
}

impl TypeId {
    /// The definition.
    pub fn definition(self) -> &'static TypeDefinition {
        &schema().types[usize::from(self.0)]
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// A small dense number, for tables by type.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// True for primitive types.
    pub fn is_primitive(self) -> bool {
        self.definition().kind == TypeKind::Primitive
    }

    /// True for resources, abstract ones included.
    pub fn is_resource(self) -> bool {
        self.definition().kind == TypeKind::Resource
    }

    /// The type and the types it specialises, nearest first.
    pub fn lineage(self) -> impl Iterator<Item = TypeId> {
        std::iter::successors(Some(self), |id| schema().type_named(id.definition().base))
    }

    /// True when this is the other type or specialises it.
    pub fn is_a(self, other: TypeId) -> bool {
        self.lineage().any(|id| id == other)
    }

    /// The type that instances are written as: of a type that only constrains another one, such as `SimpleQuantity`, that
    /// other one.
    pub fn written_as(self) -> TypeId {
        self.lineage().find(|id| id.definition().kind != TypeKind::Constraint).unwrap_or(self)
    }

    /// The invariants of the type and its bases.
    pub fn invariants(self) -> impl Iterator<Item = &'static Invariant> {
        self.lineage().flat_map(|id| id.definition().own_invariants.iter())
    }
}
