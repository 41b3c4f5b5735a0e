//! An expansion as it is given out.

use super::member::{Member, visit_members};
use super::request::ExpansionRequest;
use super::text_filter::TextFilter;
use crate::code_system::concept::{Concept, Designation, Property};
use crate::code_system::row::Row;
use crate::error::Error;
use crate::terminology::Terminology;
use crate::validate_code::speaks;
use crate::value_set::definition::ValueSet;
use crate::value_set::plan::Plan;
use fhir::{Object, Value, array, object};
use std::borrow::Cow;

/// The codes of a value set, or a page of them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Expansion {
    /// How many codes there are on all pages.
    pub total: usize,
    /// The codes of the page.
    pub codes: Vec<ExpandedCode>,
    /// Canonicals, with version, of the code systems that were used.
    pub code_systems: Vec<String>,
}

/// One code of an expansion.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExpandedCode {
    /// Code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// The display in the language asked for, or else the system's own.
    pub display: String,
    /// True when out of use.
    pub inactive: bool,
    /// True when not to be selected.
    pub not_selectable: bool,
    /// Definition, when asked for.
    pub definition: Option<String>,
    /// Designations, when asked for.
    pub designations: Vec<Designation>,
    /// Properties that were asked for.
    pub properties: Vec<Property>,
}

impl Terminology {
    /// Expands a value set by its canonical: the ValueSet resource with `expansion`.
    ///
    /// # Errors
    /// When the value set or a code system it needs is not here, it takes itself in, or has more codes than are
    /// given at once.
    pub fn expand(&self, canonical: &str, request: &ExpansionRequest) -> Result<Value, Error> {
        let plan = self.plan(canonical)?;
        let expansion = self.expansion_of(&plan, request)?;
        Ok(resource(&plan.value_set, &expansion, request))
    }

    /// Expands a value set that came with a request.
    ///
    /// # Errors
    /// As for [`Terminology::expand`].
    pub fn expand_value_set(&self, value_set: ValueSet, request: &ExpansionRequest) -> Result<Value, Error> {
        let plan = self.plan_for(value_set)?;
        let expansion = self.expansion_of(&plan, request)?;
        Ok(resource(&plan.value_set, &expansion, request))
    }

    /// The codes of a value set, without the resource around them.
    ///
    /// # Errors
    /// As for [`Terminology::expand`].
    pub fn expanded_codes(&self, canonical: &str, request: &ExpansionRequest) -> Result<Expansion, Error> {
        self.expansion_of(&*self.plan(canonical)?, request)
    }

    /// The codes of a value set that is made here, without a resource around them.
    ///
    /// # Errors
    /// As for [`Terminology::expand`].
    pub fn codes_of(&self, value_set: ValueSet, request: &ExpansionRequest) -> Result<Expansion, Error> {
        self.expansion_of(&*self.plan_for(value_set)?, request)
    }

    fn expansion_of(&self, plan: &Plan, request: &ExpansionRequest) -> Result<Expansion, Error> {
        let filter = request.filter.as_deref().map(TextFilter::new);
        let count = request.count.unwrap_or(request.limit);
        let mut expansion = Expansion::default();
        let mut used: Vec<&str> = Vec::new();
        visit_members(plan, filter.as_ref(), &mut |member| {
            if let Some(file) = member.file
                && !used.contains(&member.system)
            {
                used.push(member.system);
                expansion.code_systems.push(file.header().canonical());
            }
            if (request.active_only && member.is_inactive()) || !is_wanted(filter.as_ref(), &member) {
                return true;
            }
            if expansion.total >= request.offset && expansion.codes.len() < count {
                expansion.codes.push(self.expanded(&member, request));
            }
            expansion.total += 1;
            request.count.is_some() || expansion.total <= request.limit
        })?;
        if request.count.is_none() && expansion.total > request.limit {
            return Err(Error::TooCostly { url: plan.value_set.canonical(), limit: request.limit });
        }
        Ok(expansion)
    }

    fn expanded(&self, member: &Member<'_>, request: &ExpansionRequest) -> ExpandedCode {
        let mut concept = match (member.file, member.row) {
            (Some(file), Some(row)) => file.concept(row),
            _ => Concept { code: member.code().into_owned(), ..Concept::default() },
        };
        for supplement in self.supplements(member.system) {
            if let Some(row) = supplement.find(&concept.code) {
                concept.designations.extend(row.designations());
                concept.properties.extend(supplement.concept(row).properties);
            }
        }
        let own_language = member.file.map_or("", |file| &file.header().language);
        let mut display = display_in(&concept, own_language, &request.languages);
        if let Some(listed) = member.listed {
            concept.designations.extend(listed.designations.iter().cloned());
            if !listed.display.is_empty() && request.languages.is_empty() {
                display.clone_from(&listed.display);
            }
        }
        let is_wanted = |property: &Property| request.properties.contains(&property.code);
        ExpandedCode {
            system: member.system.to_owned(),
            display,
            inactive: concept.inactive,
            not_selectable: concept.not_selectable,
            definition: concept.definition.filter(|_| request.include_definition),
            designations: if request.include_designations { concept.designations } else { Vec::new() },
            properties: concept.properties.into_iter().filter(is_wanted).collect(),
            code: concept.code,
        }
    }
}

fn is_wanted(filter: Option<&TextFilter>, member: &Member<'_>) -> bool {
    let Some(filter) = filter else { return true };
    let own = member.row.map(Row::display);
    let listed = member.listed.map(|listed| Cow::Borrowed(listed.display.as_str()));
    let texts: Vec<Cow<'_, str>> = own.into_iter().chain(listed).collect();
    if filter.accepts(&member.code(), texts.iter().map(|text| Cow::Borrowed(&**text))) {
        return true;
    }
    let designations: Vec<Designation> = member.row.into_iter().flat_map(Row::designations).collect();
    let all = texts.iter().map(|text| Cow::Borrowed(&**text));
    let all = all.chain(designations.iter().map(|one| Cow::Borrowed(one.value.as_str())));
    !designations.is_empty() && filter.accepts(&member.code(), all)
}

/// The display in the first language for which there is one; the system's own otherwise.
pub(crate) fn display_in(concept: &Concept, own_language: &str, languages: &[String]) -> String {
    for wanted in languages {
        if speaks(own_language, wanted) && !own_language.is_empty() {
            break;
        }
        if let Some(found) = concept.designations.iter().find(|one| speaks(&one.language, wanted)) {
            return found.value.clone();
        }
    }
    concept.display.clone()
}

fn resource(value_set: &ValueSet, expansion: &Expansion, request: &ExpansionRequest) -> Value {
    let mut resource = Object::new();
    resource.set("resourceType", "ValueSet");
    let texts = [
        ("url", &value_set.url),
        ("version", &value_set.version),
        ("name", &value_set.name),
        ("title", &value_set.title),
        ("status", &value_set.status),
    ];
    for (name, text) in texts {
        if !text.is_empty() {
            resource.set(name, text.as_str());
        }
    }
    if !value_set.experimental.is_empty() {
        resource.set("experimental", value_set.experimental == "true");
    }
    resource.set("expansion", expansion_value(expansion, request));
    resource.into()
}

fn number(count: usize) -> Value {
    Value::number(count.to_string())
}

fn expansion_value(expansion: &Expansion, request: &ExpansionRequest) -> Value {
    let mut value = Object::new();
    if !request.identifier.is_empty() {
        value.set("identifier", request.identifier.as_str());
    }
    value.set("timestamp", request.timestamp.as_str());
    value.set("total", number(expansion.total));
    let is_paged = request.offset > 0 || request.count.is_some();
    if is_paged {
        value.set("offset", number(request.offset));
    }
    let parameters = parameters(expansion, request);
    if !parameters.is_empty() {
        value.set("parameter", parameters);
    }
    let codes: Vec<Value> = expansion.codes.iter().map(code_value).collect();
    if !codes.is_empty() {
        value.set("contains", codes);
    }
    value.into()
}

fn parameters(expansion: &Expansion, request: &ExpansionRequest) -> Vec<Value> {
    let mut parameters = Vec::new();
    let mut add = |name: &str, kind: &str, value: Value| {
        parameters.push(object! { "name" => name, kind => value });
    };
    for system in &expansion.code_systems {
        add("used-codesystem", "valueUri", system.as_str().into());
    }
    if let Some(filter) = &request.filter {
        add("filter", "valueString", filter.as_str().into());
    }
    if request.offset > 0 {
        add("offset", "valueInteger", number(request.offset));
    }
    if let Some(count) = request.count {
        add("count", "valueInteger", number(count));
    }
    let flags = [
        ("activeOnly", request.active_only),
        ("includeDesignations", request.include_designations),
        ("includeDefinition", request.include_definition),
    ];
    for (name, is_set) in flags {
        if is_set {
            add(name, "valueBoolean", true.into());
        }
    }
    if !request.languages.is_empty() {
        add("displayLanguage", "valueCode", request.languages.join(",").into());
    }
    parameters
}

fn code_value(code: &ExpandedCode) -> Value {
    let mut value = Object::new();
    value.set("system", code.system.as_str());
    if code.not_selectable {
        value.set("abstract", true);
    }
    if code.inactive {
        value.set("inactive", true);
    }
    value.set("code", code.code.as_str());
    if !code.display.is_empty() {
        value.set("display", code.display.as_str());
    }
    if !code.designations.is_empty() {
        value.set("designation", code.designations.iter().map(designation_value).collect::<Vec<_>>());
    }
    let mut extensions: Vec<Value> = Vec::new();
    if let Some(definition) = &code.definition {
        extensions.push(property_extension("definition", "valueString", definition.as_str().into()));
    }
    extensions.extend(code.properties.iter().map(|property| {
        let (name, value) = property.to_value();
        property_extension(&property.code, name, value)
    }));
    if !extensions.is_empty() {
        value.set("extension", extensions);
    }
    value.into()
}

/// R4 has no place for properties in an expansion: the extension that HL7 defined for what later versions have.
fn property_extension(code: &str, name: &str, value: Value) -> Value {
    const URL: &str =
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";
    let parts = array![
        object! { "url" => "code", "valueCode" => code },
        object! { "url" => "value", name => value },
    ];
    object! { "extension" => parts, "url" => URL }
}

/// A designation as FHIR writes it.
pub(crate) fn designation_value(designation: &Designation) -> Value {
    let mut value = Object::new();
    if !designation.language.is_empty() {
        value.set("language", designation.language.as_str());
    }
    if let Some(coding) = designation.use_coding() {
        value.set("use", coding);
    }
    value.set("value", designation.value.as_str());
    value.into()
}
