//! What HL7's extensions of ElementDefinition demand of an element (FHIR Extensions Pack, and elements of later releases
//! that are written as extensions in this one).

use super::check::Rules;
use super::definition::BindingRule;
use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::narrative::{Part, scan_parts};
use fhir::schema::BindingStrength;
use fhir::{Element, Node};

/// One demand.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// The text has at least so many characters (`minLength`).
    LengthMin(usize),
    /// There is a value, not only an extension in its place (`mustHaveValue`).
    Value,
    /// There is a value, or the extension of this URL in its place (`valueAlternatives`).
    ValueOr(String),
    /// The codes are also of this value set (`additional-binding`).
    Binding(BindingRule),
    /// The narrative has sections by language: `_no`, `_yes`, `_resource`, or a language
    /// (`narrative-language-control`).
    NarrativeLanguage(String),
    /// Each part of the narrative says by its class where it comes from (`narrative-source-control`).
    NarrativeSource,
}

/// How the extension of a URL is read.
type Reader = fn(Node<'_>) -> Option<Demand>;

/// The extensions of an ElementDefinition that demand something.
const OF_ELEMENTS: [(&str, Reader); 5] = [
    ("http://hl7.org/fhir/StructureDefinition/minLength", |extension| {
        Some(Demand::LengthMin(extension.get("valueInteger")?.as_number()?.parse().ok()?))
    }),
    ("http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue", |extension| {
        (extension.get("valueBoolean")?.as_bool()?).then_some(Demand::Value)
    }),
    (
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.valueAlternatives",
        |extension| Some(Demand::ValueOr(extension.get_str("valueCanonical")?.into_owned())),
    ),
    ("http://hl7.org/fhir/StructureDefinition/narrative-language-control", |extension| {
        Some(Demand::NarrativeLanguage(extension.get_str("valueCode")?.into_owned()))
    }),
    ("http://hl7.org/fhir/StructureDefinition/narrative-source-control", |_| Some(Demand::NarrativeSource)),
];

/// The extensions of a binding that add another one.
const OF_BINDINGS: [(&str, Reader); 2] = [
    (
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional",
        additional,
    ),
    ("http://hl7.org/fhir/tools/StructureDefinition/additional-binding", additional),
];

/// The purposes of further bindings that bind; others are for users' interfaces.
const PURPOSES: [(&str, BindingStrength); 3] = [
    ("required", BindingStrength::Required),
    ("maximum", BindingStrength::Required),
    ("extensible", BindingStrength::Extensible),
];

/// The classes that say where a part of a narrative comes from.
const SOURCES: [&str; 3] = ["boilerplate", "generated", "original"];

/// The demands of an ElementDefinition.
pub(super) fn demands(element: Node<'_>) -> Vec<Demand> {
    let of = |holder: Option<Node<'_>>, readers: &[(&str, Reader)]| -> Vec<Demand> {
        let extensions = holder.into_iter().flat_map(|holder| holder.each_of("extension"));
        let read = extensions.filter_map(|extension| {
            let url = extension.get_str("url")?;
            readers.iter().find(|(known, _)| *known == url)?.1(extension)
        });
        read.collect()
    };
    let mut demands = of(Some(element), &OF_ELEMENTS);
    demands.extend(of(element.get("binding"), &OF_BINDINGS));
    demands
}

/// A binding that holds in some uses only (`usage`) is passed over: which use it is cannot be told.
fn additional(extension: Node<'_>) -> Option<Demand> {
    let part = |name: &str| {
        extension.each_of("extension").find(|part| part.get_str("url").is_some_and(|url| url == name))
    };
    let purpose = part("purpose")?.get_str("valueCode")?;
    let (_, strength) = PURPOSES.iter().find(|(known, _)| *known == purpose)?;
    let value_set = part("valueSet")?.get_str("valueCanonical")?.into_owned();
    part("usage").is_none().then_some(Demand::Binding(BindingRule { strength: *strength, value_set }))
}

impl<'a> Walk<'a> {
    /// Holds an element against the demands of its definition.
    pub(super) fn demands(&mut self, rules: Rules<'_>, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value.or(element.sibling) else { return };
        for demand in &rules.plan().demands {
            let fault = match demand {
                Demand::Binding(binding) => {
                    if let Some(node) = element.value {
                        self.profiled_binding(rules, binding, element, node, place);
                    }
                    continue;
                }
                Demand::LengthMin(least) => is_shorter(element, *least),
                Demand::Value => lacks_value(element, None),
                Demand::ValueOr(url) => lacks_value(element, Some(url)),
                Demand::NarrativeLanguage(wanted) => self.narrative_languages(element, wanted),
                Demand::NarrativeSource => without_source(element),
            };
            if let Some(fault) = fault {
                self.report_rules(rules, place, node, rule::PROFILE_DEMAND, &fault);
            }
        }
    }

    /// The sections of a narrative are in the languages that are wanted.
    fn narrative_languages(&self, narrative: Element<'a>, wanted: &str) -> Option<String> {
        let mut found: Vec<String> = Vec::new();
        parts_of(narrative, |part| {
            if let Part::Element(1, "div", attributes) = part {
                let lang = attributes.iter().find(|(name, _)| matches!(*name, "lang" | "xml:lang"));
                found.extend(lang.map(|(_, lang)| (*lang).to_owned()));
            }
        })?;
        let language = self.resource.and_then(|resource| resource.child("language")?.scalar());
        let wanted = match wanted {
            "_no" if found.is_empty() => return None,
            "_no" => return Some(format!("has sections in {}; none are allowed here", found.join(", "))),
            "_yes" if found.is_empty() => {
                return Some(
                    "has no sections by language; put each language into a div with lang".to_owned(),
                );
            }
            "_yes" => return None,
            "_resource" => language.as_deref()?,
            language => language,
        };
        (!found.is_empty() && !found.iter().any(|one| one == wanted))
            .then(|| format!("has no section in {wanted}, only in {}; add one", found.join(", ")))
    }
}

fn is_shorter(element: Element<'_>, least: usize) -> Option<String> {
    let length = element.value?.as_str()?.chars().count();
    (length < least).then(|| format!("has {length} characters; at least {least} are required"))
}

fn lacks_value(element: Element<'_>, alternative: Option<&str>) -> Option<String> {
    if element.value.is_some() || alternative.is_some_and(|url| element.extensions(url).next().is_some()) {
        return None;
    }
    let or = alternative.map(|url| format!(" or the extension {url} in its place")).unwrap_or_default();
    Some(format!("has no value; give it one{or}"))
}

fn without_source(narrative: Element<'_>) -> Option<String> {
    let mut bare = None;
    parts_of(narrative, |part| match part {
        Part::Text(1, text) => bare = bare.take().or(Some(text.to_owned())),
        Part::Element(1, name, attributes) => {
            let class = attributes.iter().find(|(name, _)| *name == "class").map_or("", |(_, class)| class);
            if !class.split_ascii_whitespace().any(|class| SOURCES.contains(&class)) {
                bare = bare.take().or(Some(format!("<{name}>")));
            }
        }
        _ => {}
    })?;
    let bare = bare?;
    Some(format!("{bare} does not say where it comes from; give it a class: {}", SOURCES.join(", ")))
}

/// Calls back with the parts of a narrative; `None` when it has no text that can be read.
fn parts_of(narrative: Element<'_>, mut visit: impl FnMut(Part<'_, '_>)) -> Option<()> {
    let text = narrative.child("div")?.value?.as_str()?;
    scan_parts(&text, &mut |part| visit(part)).ok().map(|_| ())
}
