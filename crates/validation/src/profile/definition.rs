//! StructureDefinitions as facts: what each element is held to, read from a snapshot or a differential.

use super::demand::{Demand, demands};
use super::snapshot::below;
use fhir::schema::{BindingStrength, TypeId, TypeKind, schema};
use fhir::{Node, Value};

/// What core definitions' URLs begin with.
pub(crate) const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// The extension of a type's profile that names one of its elements: only that one's rules are meant.
const PROFILE_ELEMENT: &str = "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element";

/// The type that the release defines at a canonical.
pub(crate) fn core_type(canonical: &str) -> Option<TypeId> {
    schema().type_named(canonical.strip_prefix(CORE)?.split('|').next()?)
}

/// A StructureDefinition reduced to what validation asks of it.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// The canonical URL.
    pub url: String,
    /// The business version; may be empty.
    pub version: String,
    /// The type that is constrained, such as `Patient`.
    pub type_name: String,
    /// The canonical URL of what it is derived from.
    pub base: String,
    /// Where an extension may stand (`context`): kind and expression.
    pub contexts: Vec<(String, String)>,
    /// What must hold where an extension stands (`contextInvariant`), in FHIRPath.
    pub conditions: Vec<String>,
    /// The rules of all elements, in order; empty when only a differential was published.
    pub snapshot: Vec<ElementRule>,
    /// The rules that differ from the base.
    pub differential: Vec<ElementRule>,
}

/// What an element is held to (FHIR: ElementDefinition). What is not said is left as it is in the base.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ElementRule {
    /// The path, such as `Patient.name.given`.
    pub path: String,
    /// The name of the slice that this rule begins; reslices with `/`.
    pub slice_name: Option<String>,
    /// The least number of occurrences.
    pub min: Option<u32>,
    /// The greatest number of occurrences: a number or `*`.
    pub max: Option<String>,
    /// The types allowed.
    pub types: Vec<TypeRule>,
    /// The one value allowed.
    pub fixed: Option<Value>,
    /// What the value must contain.
    pub pattern: Option<Value>,
    /// The least and the greatest value allowed.
    pub range: [Option<Value>; 2],
    /// The most characters allowed.
    pub length_max: Option<usize>,
    /// The value set that codes come from.
    pub binding: Option<BindingRule>,
    /// Rules in FHIRPath.
    pub constraints: Vec<Constraint>,
    /// How the occurrences are sliced.
    pub slicing: Option<Slicing>,
    /// The element whose children are meant: `#path` here, `url#path` in the definition of a type.
    pub content: Option<String>,
    /// Whether systems must be able to fill and read it.
    pub must_support: Option<bool>,
    /// Whether it changes the meaning of what it stands in.
    pub is_modifier: Option<bool>,
    /// What extensions of the definition demand.
    pub demands: Vec<Demand>,
}

/// A type allowed, with the profiles that it or what it refers to must meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeRule {
    /// The name of the type.
    pub code: String,
    /// Profiles, one of which must be met.
    pub profiles: Vec<String>,
    /// Profiles, one of which the target of a reference must meet.
    pub targets: Vec<String>,
}

/// A value set bound.
#[derive(Clone, Debug, PartialEq)]
pub struct BindingRule {
    /// How binding it is.
    pub strength: BindingStrength,
    /// The canonical URL, possibly with `|version`.
    pub value_set: String,
}

/// A rule in FHIRPath.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraint {
    /// The key, such as `us-core-6`.
    pub key: String,
    /// True when breaking it is an error, false for a warning.
    pub is_error: bool,
    /// The rule.
    pub expression: String,
    /// The rule in words.
    pub human: String,
    /// The canonical URL of the definition that states it.
    pub source: String,
}

/// How the occurrences of an element are told apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slicing {
    /// Kind and path of each discriminator.
    pub discriminators: Vec<(String, String)>,
    /// Whether the slices come in the order of the definition.
    pub is_ordered: bool,
    /// `open`, `closed` or `openAtEnd`.
    pub rules: String,
}

impl Definition {
    /// Reads a StructureDefinition; `None` when it is none or has no URL.
    pub fn read(node: Node<'_>) -> Option<Self> {
        if node.get_str("resourceType")? != "StructureDefinition" {
            return None;
        }
        let text = |name: &str| node.get_str(name).unwrap_or_default().into_owned();
        let rules = |name: &str| -> Vec<ElementRule> {
            let view = node.get(name);
            view.into_iter().flat_map(|view| view.each_of("element")).map(ElementRule::read).collect()
        };
        let contexts = node.each_of("context").map(|context| {
            let text = |name: &str| context.get_str(name).unwrap_or_default().into_owned();
            (text("type"), text("expression"))
        });
        Some(Self {
            url: node.get_str("url")?.into_owned(),
            version: text("version"),
            type_name: text("type").rsplit('/').next().unwrap_or_default().to_owned(),
            base: text("baseDefinition"),
            contexts: contexts.collect(),
            conditions: texts(node, "contextInvariant"),
            snapshot: rules("snapshot"),
            differential: rules("differential"),
        })
    }

    /// What is said of one element, named by its id, as a definition of its own; `None` when there is no such element.
    pub(crate) fn of_element(&self, id: &str) -> Option<Self> {
        let snapshot = below(&self.snapshot, id);
        let without_slices: Vec<_> =
            id.split('.').map(|name| name.split(':').next().unwrap_or(name)).collect();
        let path = without_slices.join(".");
        let root = snapshot.first()?;
        let nested = schema().type_named(&path).map(|_| path);
        let type_name = nested.or_else(|| root.types.first().map(|one| one.code.clone()))?;
        Some(Self {
            url: format!("{}#{id}", self.url),
            version: self.version.clone(),
            type_name,
            snapshot,
            ..Self::default()
        })
    }

    /// The definition of a type of the release, with all its elements.
    pub fn of_type(type_id: TypeId) -> Self {
        let name = type_id.name();
        let mut root = ElementRule { path: name.to_owned(), min: Some(0), ..ElementRule::default() };
        root.max = Some("*".to_owned());
        root.constraints = type_id.invariants().map(Constraint::of_schema).collect();
        let mut snapshot = vec![root];
        elements_of(type_id, name, &mut snapshot);
        Self { url: format!("{CORE}{name}"), type_name: name.to_owned(), snapshot, ..Self::default() }
    }
}

/// The elements of a type, and of the types nested in it, below a path.
fn elements_of(type_id: TypeId, path: &str, rules: &mut Vec<ElementRule>) {
    let definition = type_id.definition();
    let is_element = match definition.kind {
        TypeKind::Resource => false,
        TypeKind::Nested => definition.base == "Element",
        _ => true,
    };
    for element in &definition.elements {
        let choice = if element.is_choice { "[x]" } else { "" };
        let mut rule = ElementRule {
            path: format!("{path}.{}{choice}", element.name),
            min: Some(element.min),
            max: Some(element.max.map_or("*".to_owned(), |max| max.to_string())),
            ..ElementRule::default()
        };
        rule.binding = element.binding.as_ref().map(|binding| BindingRule {
            strength: binding.strength,
            value_set: binding.value_set.to_owned(),
        });
        rule.constraints = element.invariants.iter().map(Constraint::of_schema).collect();
        if element.name == "extension" && is_element {
            rule.slicing = Some(Slicing::by("value", "url"));
        }
        let nested = element.types.first().filter(|one| one.type_id.definition().kind == TypeKind::Nested);
        match nested.map(|one| one.type_id) {
            Some(inner) if inner.name() == rule.path => {
                let code = inner.definition().base.to_owned();
                rule.types = vec![TypeRule { code, ..TypeRule::default() }];
                rule.constraints.extend(inner.definition().own_invariants.iter().map(Constraint::of_schema));
                let path = rule.path.clone();
                rules.push(rule);
                elements_of(inner, &path, rules);
            }
            Some(other) => {
                rule.content = Some(format!("{CORE}#{}", other.name()));
                rules.push(rule);
            }
            None => {
                let canonical =
                    |names: &[&str]| -> Vec<String> { names.iter().map(|name| canonical(name)).collect() };
                let types = element.types.iter().map(|one| TypeRule {
                    code: one.type_id.name().to_owned(),
                    profiles: canonical(&one.profiles),
                    targets: canonical(&one.targets),
                });
                rule.types = types.collect();
                rules.push(rule);
            }
        }
    }
}

/// The canonical URL that a name in the schema stands for.
fn canonical(name: &str) -> String {
    if name.contains(':') { name.to_owned() } else { format!("{CORE}{name}") }
}

impl ElementRule {
    fn read(node: Node<'_>) -> Self {
        let text = |name: &str| node.get_str(name).map(std::borrow::Cow::into_owned);
        let number = |name: &str| node.get(name).and_then(Node::as_number);
        let choice = |name: &str| {
            let mut members = node.members();
            members
                .find(|(member, _)| member.starts_with(name) && member.len() > name.len())
                .map(|(_, value)| Value::from(value))
        };
        Self {
            path: text("path").unwrap_or_default(),
            slice_name: text("sliceName"),
            min: number("min").and_then(|text| text.parse().ok()),
            max: text("max"),
            types: node.each_of("type").map(TypeRule::read).collect(),
            fixed: choice("fixed"),
            pattern: choice("pattern"),
            range: [choice("minValue"), choice("maxValue")],
            length_max: number("maxLength").and_then(|text| text.parse().ok()),
            binding: node.get("binding").and_then(BindingRule::read),
            constraints: node.each_of("constraint").filter_map(Constraint::read).collect(),
            slicing: node.get("slicing").map(Slicing::read),
            content: text("contentReference"),
            must_support: node.get("mustSupport").and_then(Node::as_bool),
            is_modifier: node.get("isModifier").and_then(Node::as_bool),
            demands: demands(node),
        }
    }

    /// The last name of the path, without `[x]`.
    pub(crate) fn name(&self) -> &str {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        name.strip_suffix("[x]").unwrap_or(name)
    }
}

fn texts(node: Node<'_>, name: &str) -> Vec<String> {
    node.each_of(name).filter_map(Node::as_str).map(std::borrow::Cow::into_owned).collect()
}

impl TypeRule {
    fn read(node: Node<'_>) -> Self {
        let mut profiles = texts(node, "profile");
        for (profile, sibling) in profiles.iter_mut().zip(node.each_of("_profile")) {
            let mut extensions = sibling.each_of("extension");
            let element = extensions.find(|one| one.get_str("url").is_some_and(|url| url == PROFILE_ELEMENT));
            if let Some(id) = element.and_then(|one| one.get_str("valueString")) {
                *profile = format!("{profile}#{id}");
            }
        }
        Self {
            code: node.get_str("code").unwrap_or_default().into_owned(),
            profiles,
            targets: texts(node, "targetProfile"),
        }
    }

    /// The type of the release; `None` for FHIRPath's own types, which stand where nothing is to be narrowed.
    pub(crate) fn type_id(&self) -> Option<TypeId> {
        schema().type_named(self.code.strip_prefix(CORE).unwrap_or(&self.code))
    }
}

impl BindingRule {
    fn read(node: Node<'_>) -> Option<Self> {
        let strength = match &*node.get_str("strength")? {
            "required" => BindingStrength::Required,
            "extensible" => BindingStrength::Extensible,
            "preferred" => BindingStrength::Preferred,
            _ => BindingStrength::Example,
        };
        // A differential may change the strength alone.
        Some(Self { strength, value_set: node.get_str("valueSet").unwrap_or_default().into_owned() })
    }
}

impl Constraint {
    fn read(node: Node<'_>) -> Option<Self> {
        let text = |name: &str| node.get_str(name).unwrap_or_default().into_owned();
        Some(Self {
            key: text("key"),
            is_error: text("severity") != "warning",
            expression: node.get_str("expression")?.into_owned(),
            human: text("human"),
            source: text("source"),
        })
    }

    fn of_schema(invariant: &fhir::schema::Invariant) -> Self {
        Self {
            key: invariant.key.to_owned(),
            is_error: invariant.is_error,
            expression: invariant.expression.to_owned(),
            human: invariant.human.to_owned(),
            source: String::new(),
        }
    }
}

impl Slicing {
    /// An open slicing by one discriminator.
    pub(crate) fn by(kind: &str, path: &str) -> Self {
        let discriminators = vec![(kind.to_owned(), path.to_owned())];
        Self { discriminators, is_ordered: false, rules: "open".to_owned() }
    }

    fn read(node: Node<'_>) -> Self {
        let discriminators = node.each_of("discriminator").map(|one| {
            let text = |name: &str| one.get_str(name).unwrap_or_default().into_owned();
            (text("type"), text("path"))
        });
        Self {
            discriminators: discriminators.collect(),
            is_ordered: node.get("ordered").and_then(Node::as_bool) == Some(true),
            rules: node.get_str("rules").unwrap_or_default().into_owned(),
        }
    }
}
