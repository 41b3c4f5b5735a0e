//! A profile made ready: the tree of its elements, less what the definition of the type demands anyway.

use super::criterion::Criterion;
use super::definition::{BindingRule, CORE, Constraint, Definition, ElementRule, Slicing, TypeRule};
use super::demand::Demand;
use fhir::Value;
use fhir::schema::{self, BindingStrength, TypeId, schema};
use fhirpath::Expression;
use std::sync::OnceLock;

/// A definition with elements deeper than this is not taken; none of the release is half as deep.
const DEPTH_MAX: usize = 40;

/// Bindings of the release that are stricter than what they are for, with the strength that they are meant with. The
/// units of vital signs stand as required for all components, and a component of pulse oximetry is a flow in L/min.
const BINDING_ERRATA: [(&str, &str, BindingStrength); 1] = [(
    "Observation.component.value[x]",
    "http://hl7.org/fhir/ValueSet/ucum-vitals-common|4.0.1",
    BindingStrength::Extensible,
)];

/// A profile that resources can be held against.
pub struct Profile {
    /// The canonical URL.
    pub url: String,
    /// The business version; may be empty.
    pub version: String,
    /// Where an extension may stand: kind and expression.
    pub contexts: Vec<(String, String)>,
    /// Whether an extension changes the meaning of what it stands in.
    pub is_modifier: bool,
    /// What must hold where an extension stands, in FHIRPath.
    pub conditions: Vec<String>,
    /// The type that is constrained.
    pub type_id: TypeId,
    /// The root is the first.
    pub(crate) elements: Vec<ElementPlan>,
}

/// An element of a profile, or a slice of one.
pub(crate) struct ElementPlan {
    /// The path with slices, such as `Patient.extension:race`.
    pub id: String,
    /// The name without `[x]`.
    pub name: String,
    pub slice_name: Option<String>,
    pub min: u32,
    pub max: Option<u32>,
    /// The types allowed.
    pub types: Vec<TypeRule>,
    /// Whether the types are fewer, or say more, than those of the definition.
    pub narrows_types: bool,
    pub fixed: Option<Value>,
    pub pattern: Option<Value>,
    pub range: [Option<Value>; 2],
    pub length_max: Option<usize>,
    /// Always of those beyond the definition's.
    pub binding: Option<BindingRule>,
    pub demands: Vec<Demand>,
    pub invariants: Vec<ProfileInvariant>,
    pub slicing: Option<Slicing>,
    pub slices: Vec<usize>,
    /// All children.
    pub children: Vec<usize>,
    /// The children that have something to check.
    pub checked: Vec<usize>,
    /// The element whose children are meant.
    pub content: Option<usize>,
    /// Whether any of the slices has something to check.
    pub slices_matter: bool,
    /// The bounds that the definition states.
    stated: (u32, Option<u32>),
    /// What makes an occurrence one of this slice; worked out when it is first asked for.
    pub criteria: OnceLock<Option<Vec<Criterion>>>,
}

/// An invariant of a profile, compiled.
pub(crate) struct ProfileInvariant {
    pub constraint: Constraint,
    /// What is wrong with it when it is no FHIRPath.
    pub expression: Result<Expression, String>,
}

impl Profile {
    /// Makes a profile ready from its snapshot; `None` when it has none, or is of a type that the release lacks.
    pub fn new(definition: &Definition) -> Option<Self> {
        let type_id = schema().type_named(&definition.type_name)?;
        let mut elements = tree(&definition.snapshot)?;
        // What is defined with the type was checked with it.
        let local = |rule: &ElementRule| {
            rule.content.as_deref().and_then(|text| text.strip_prefix('#')).map(str::to_owned)
        };
        let contents: Vec<_> = definition.snapshot.iter().map(local).collect();
        for at in 0..elements.len() {
            let meant =
                contents[at].as_ref().and_then(|path| elements.iter().position(|one| one.id == *path));
            elements[at].content = meant;
        }
        compare(&mut elements, 0, type_id, None);
        without_repetitions(&mut elements);
        prune(&mut elements, 0);
        Some(Self {
            url: definition.url.clone(),
            version: definition.version.clone(),
            contexts: definition.contexts.clone(),
            is_modifier: definition.snapshot.first().and_then(|root| root.is_modifier) == Some(true),
            conditions: definition.conditions.clone(),
            type_id,
            elements,
        })
    }

    /// The canonical URL with the version.
    pub fn canonical(&self) -> String {
        if self.version.is_empty() { self.url.clone() } else { format!("{}|{}", self.url, self.version) }
    }

    /// The children of an element, there or where its content is defined.
    pub(crate) fn children(&self, at: usize) -> &[usize] {
        let own = &self.elements[at];
        match own.content {
            Some(other) if own.children.is_empty() => &self.elements[other].checked,
            _ => &own.checked,
        }
    }

    /// True when there is anything to check beyond the type itself.
    pub(crate) fn is_idle(&self) -> bool {
        self.elements[0].is_idle()
    }
}

impl ElementPlan {
    fn new(rule: &ElementRule, id: String) -> Self {
        let compiled = rule.constraints.iter().map(|constraint| ProfileInvariant {
            constraint: constraint.clone(),
            expression: Expression::parse(&constraint.expression).map_err(|error| error.to_string()),
        });
        Self {
            id,
            name: rule.name().to_owned(),
            slice_name: rule.slice_name.clone(),
            min: rule.min.unwrap_or(0),
            max: rule.max.as_deref().and_then(|max| max.parse().ok()),
            types: rule.types.clone(),
            narrows_types: true,
            fixed: rule.fixed.clone(),
            pattern: rule.pattern.clone(),
            range: rule.range.clone(),
            length_max: rule.length_max,
            binding: rule.binding.clone().map(|binding| meant(&rule.path, binding)),
            demands: rule.demands.clone(),
            invariants: compiled.collect(),
            slicing: rule.slicing.clone(),
            slices: Vec::new(),
            children: Vec::new(),
            checked: Vec::new(),
            content: None,
            slices_matter: false,
            stated: (0, None),
            criteria: OnceLock::new(),
        }
    }

    /// True when nothing is checked that the definition does not demand.
    fn is_idle(&self) -> bool {
        let (min, max) = self.stated;
        self.min <= min
            && self.max.unwrap_or(u32::MAX) >= max.unwrap_or(u32::MAX)
            && self.fixed.is_none()
            && self.pattern.is_none()
            && self.length_max.is_none()
            && self.range == [None, None]
            && !self.narrows_types
            && self.binding.is_none()
            && self.demands.is_empty()
            && self.invariants.is_empty()
            && self.checked.is_empty()
            && self.content.is_none()
            && !self.slices_matter
    }
}

/// A binding with the strength that it is meant with.
fn meant(path: &str, binding: BindingRule) -> BindingRule {
    let erratum = BINDING_ERRATA.iter().find(|(at, set, _)| *at == path && *set == binding.value_set);
    BindingRule { strength: erratum.map_or(binding.strength, |(_, _, meant)| *meant), ..binding }
}

/// The elements with their children and slices; `None` without a root.
fn tree(rules: &[ElementRule]) -> Option<Vec<ElementPlan>> {
    let root = rules.first()?;
    let mut elements = vec![ElementPlan::new(root, root.path.clone())];
    // The element last met at each depth.
    let mut open = vec![0usize];
    for (at, rule) in rules.iter().enumerate().skip(1) {
        let depth = rule.path.matches('.').count();
        if depth == 0 || depth > open.len() || depth > DEPTH_MAX {
            return None;
        }
        open.truncate(depth);
        let parent = open[depth - 1];
        let last = rule.path.rsplit('.').next().unwrap_or_default();
        let slice = rule.slice_name.as_deref().map(|name| format!(":{name}")).unwrap_or_default();
        elements.push(ElementPlan::new(rule, format!("{}.{last}{slice}", elements[parent].id)));
        let sliced = rule.slice_name.as_ref().and_then(|name| sliced(&elements, parent, rule.name(), name));
        match sliced {
            Some(holder) => elements[holder].slices.push(at),
            None => elements[parent].children.push(at),
        }
        open.push(at);
    }
    Some(elements)
}

/// The element that a slice belongs to: the sliced one, or the slice that a reslice divides.
fn sliced(elements: &[ElementPlan], parent: usize, name: &str, slice: &str) -> Option<usize> {
    let base = *elements[parent].children.iter().find(|at| elements[**at].name == name)?;
    let outer = slice.rsplit_once('/').and_then(|(outer, _)| {
        let mut slices = elements[base].slices.iter();
        slices.find(|at| elements[**at].slice_name.as_deref() == Some(outer)).copied()
    });
    Some(outer.unwrap_or(base))
}

/// Takes out what the definition of the type says too.
fn compare(
    elements: &mut [ElementPlan],
    at: usize,
    type_id: TypeId,
    element: Option<&'static schema::ElementDefinition>,
) {
    let is_slice = elements[at].slice_name.is_some();
    let min = element.map_or(0, |element| element.min);
    elements[at].stated = (if is_slice { 0 } else { min }, element.and_then(|element| element.max));
    let stated: Vec<&schema::Invariant> =
        type_id.invariants().chain(element.into_iter().flat_map(|element| &element.invariants)).collect();
    let plan = &mut elements[at];
    plan.invariants.retain(|one| {
        let constraint = &one.constraint;
        let source = constraint.source.strip_prefix(CORE).unwrap_or(&constraint.source);
        let is_core = schema().type_named(source).is_some() || matches!(&*constraint.key, "ele-1" | "ext-1");
        !is_core && !stated.iter().any(|other| other.key == constraint.key)
    });
    plan.narrows_types = match element {
        Some(element) => !has_same_types(&plan.types, element),
        None => false,
    };
    let base = element.and_then(|element| element.binding.as_ref());
    if let (Some(binding), Some(base)) = (&plan.binding, base)
        && binding.strength == base.strength
        && url_of(&binding.value_set) == url_of(base.value_set)
    {
        plan.binding = None;
    }
    let below: Vec<usize> = plan.children.iter().chain(&plan.slices).copied().collect();
    let slices = plan.slices.len();
    let children = below.len() - slices;
    let inner = inner_type(&elements[at], type_id, element);
    for (position, below) in below.into_iter().enumerate() {
        if position >= children {
            compare(elements, below, type_id, element);
            continue;
        }
        let name = elements[below].name.clone();
        match inner.and_then(|inner| inner.definition().element(&name)) {
            Some(child) => {
                let type_id = child.types.first().map_or(type_id, |one| one.type_id);
                compare(elements, below, type_id, Some(child));
            }
            None => compare(elements, below, type_id, None),
        }
    }
}

fn url_of(canonical: &str) -> &str {
    canonical.split('|').next().unwrap_or(canonical)
}

/// The type whose members an element's children are.
fn inner_type(
    plan: &ElementPlan,
    type_id: TypeId,
    element: Option<&'static schema::ElementDefinition>,
) -> Option<TypeId> {
    if element.is_none() {
        return Some(type_id);
    }
    let is_nested = type_id.definition().kind == schema::TypeKind::Nested;
    match &plan.types[..] {
        [one] if !is_nested => one.type_id(),
        _ => Some(type_id),
    }
}

fn has_same_types(types: &[TypeRule], element: &schema::ElementDefinition) -> bool {
    if types.is_empty() {
        return true;
    }
    if element.types.iter().any(|one| one.type_id.definition().kind == schema::TypeKind::Nested) {
        return types.iter().all(|one| one.profiles.is_empty());
    }
    let name = |url: &String| url.strip_prefix(CORE).unwrap_or(url).to_owned();
    types.len() >= element.types.len()
        && types.iter().all(|one| {
            let Some(type_id) = one.type_id() else { return true };
            element.types.iter().any(|base| {
                base.type_id == type_id
                    && one.profiles.iter().map(name).eq(base.profiles.iter().map(|text| (*text).to_owned()))
                    && one
                        .targets
                        .iter()
                        .map(name)
                        .all(|target| base.targets.iter().any(|other| *other == target))
                    && one.targets.len() >= base.targets.len()
            })
        })
}

/// A slice does not repeat what holds for all occurrences.
fn without_repetitions(elements: &mut [ElementPlan]) {
    for at in 0..elements.len() {
        for slice in elements[at].slices.clone() {
            let keys: Vec<String> =
                elements[at].invariants.iter().map(|one| one.constraint.key.clone()).collect();
            let binding = elements[at].binding.clone();
            let plan = &mut elements[slice];
            plan.invariants.retain(|one| !keys.contains(&one.constraint.key));
            if plan.binding == binding {
                plan.binding = None;
            }
        }
    }
}

/// Leaves out the children that have nothing to check.
fn prune(elements: &mut [ElementPlan], at: usize) {
    let (children, slices) = (elements[at].children.clone(), elements[at].slices.clone());
    children.iter().chain(&slices).for_each(|below| prune(elements, *below));
    let slicing = elements[at].slicing.as_ref();
    let is_open = slicing.is_none_or(|slicing| slicing.rules == "open" && !slicing.is_ordered);
    let slices_matter = slices.iter().any(|slice| !is_open || !elements[*slice].is_idle());
    let checked = children.into_iter().filter(|child| !elements[*child].is_idle()).collect();
    elements[at].checked = checked;
    elements[at].slices_matter = slices_matter;
}
