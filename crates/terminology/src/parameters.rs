//! Operations asked by a FHIR Parameters resource, and answered by one.

use crate::error::Error;
use crate::expansion::ExpansionRequest;
use crate::lookup::Lookup;
use crate::translate::{TranslateRequest, Translation};
use crate::validate_code::{Coding, Form, Scope, ValidateRequest};
use crate::value_set::definition::ValueSet;
use fhir::{Node, Object, Value, object};
use std::sync::Arc;

/// The parameters of a request, by name.
#[derive(Clone, Copy)]
struct Parameters<'a> {
    resource: Node<'a>,
}

impl<'a> Parameters<'a> {
    fn all(self, name: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.resource.each_of("parameter").filter(move |one| one.get_str("name").as_deref() == Some(name))
    }

    /// The value of `value[x]` of a parameter.
    fn value(self, name: &'a str) -> Option<Node<'a>> {
        let members = self.all(name).next()?.members();
        members.into_iter().find(|(member, _)| member.starts_with("value")).map(|(_, value)| value)
    }

    fn text(self, name: &'a str) -> Option<String> {
        let text = self.value(name)?.scalar()?.into_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    fn flag(self, name: &'a str) -> bool {
        self.text(name).as_deref() == Some("true")
    }

    fn number(self, name: &'a str) -> Result<Option<usize>, Error> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse();
        number
            .map(Some)
            .map_err(|_| Error::Request(format!("'{name}' must be a number from 0 up, not '{text}'")))
    }

    fn texts(self, name: &'a str) -> Vec<String> {
        let value = |one: Node<'a>| one.members().find(|(member, _)| member.starts_with("value"))?.1.scalar();
        self.all(name).filter_map(value).map(std::borrow::Cow::into_owned).collect()
    }

    fn languages(self) -> Vec<String> {
        let text = self.text("displayLanguage").unwrap_or_default();
        let tag = |item: &str| item.split(';').next().unwrap_or_default().trim().to_owned();
        text.split(',').map(tag).filter(|tag| !tag.is_empty()).collect()
    }

    fn value_set(self) -> Option<ValueSet> {
        ValueSet::from_node(self.all("valueSet").next()?.get("resource")?)
    }

    /// `url`, with `valueSetVersion` behind it.
    fn value_set_canonical(self) -> Option<String> {
        let url = self.text("url")?;
        Some(match self.text("valueSetVersion") {
            Some(version) if !url.contains('|') => format!("{url}|{version}"),
            _ => url,
        })
    }
}

fn coding(node: Node<'_>) -> Coding {
    let text = |name: &str| node.get_str(name).map(std::borrow::Cow::into_owned);
    Coding {
        system: text("system"),
        version: text("version"),
        code: text("code").unwrap_or_default(),
        display: text("display"),
    }
}

/// On what kind of resource `$validate-code` was called: `url` and `version` mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidatedBy {
    /// `ValueSet/$validate-code`
    ValueSet,
    /// `CodeSystem/$validate-code`
    CodeSystem,
}

impl ValidateRequest {
    /// Reads the parameters of `$validate-code`.
    ///
    /// # Errors
    /// When nothing says what to validate, or in what.
    pub fn from_parameters(resource: Node<'_>, by: ValidatedBy) -> Result<Self, Error> {
        let parameters = Parameters { resource };
        let scope = match by {
            ValidatedBy::ValueSet => match (parameters.value_set(), parameters.value_set_canonical()) {
                (Some(value_set), _) => Scope::ValueSet(Arc::new(value_set)),
                (None, Some(canonical)) => Scope::ValueSetUrl(canonical),
                (None, None) => {
                    return Err(Error::Request("No value set: give 'url' or 'valueSet'".to_owned()));
                }
            },
            ValidatedBy::CodeSystem => parameters.text("url").map_or(Scope::AnyCodeSystem, Scope::CodeSystem),
        };
        let (form, codings) = Self::codings(parameters, by)?;
        let mut request = Self { form, codings, ..Self::code(scope, Coding::default()) };
        request.infer_system = form == Form::Code
            && by == ValidatedBy::ValueSet
            && (parameters.flag("inferSystem") || parameters.text("system").is_none());
        request.lenient_display = parameters.flag("lenient-display-validation");
        request.refuse_not_selectable = parameters.text("abstract").as_deref() == Some("false");
        request.active_only = parameters.flag("activeOnly");
        request.languages = parameters.languages();
        Ok(request)
    }

    fn codings(parameters: Parameters<'_>, by: ValidatedBy) -> Result<(Form, Vec<Coding>), Error> {
        if let Some(code) = parameters.text("code") {
            let (system, version) = match by {
                ValidatedBy::ValueSet => (parameters.text("system"), parameters.text("systemVersion")),
                ValidatedBy::CodeSystem => (parameters.text("url"), parameters.text("version")),
            };
            let display = parameters.text("display");
            return Ok((Form::Code, vec![Coding { system, version, code, display }]));
        }
        if let Some(node) = parameters.value("coding") {
            return Ok((Form::Coding, vec![coding(node)]));
        }
        if let Some(node) = parameters.value("codeableConcept") {
            return Ok((Form::CodeableConcept, node.each_of("coding").map(coding).collect()));
        }
        Err(Error::Request(
            "Unable to find code to validate (looked for coding | codeableConcept | code)".to_owned(),
        ))
    }
}

impl ExpansionRequest {
    /// Reads the parameters of `$expand`. `timestamp` is the time of the request.
    ///
    /// # Errors
    /// When a number is none.
    pub fn from_parameters(resource: Node<'_>, timestamp: &str) -> Result<Self, Error> {
        let parameters = Parameters { resource };
        Ok(Self {
            filter: parameters.text("filter"),
            offset: parameters.number("offset")?.unwrap_or(0),
            count: parameters.number("count")?,
            active_only: parameters.flag("activeOnly"),
            include_designations: parameters.flag("includeDesignations"),
            include_definition: parameters.flag("includeDefinition"),
            properties: parameters.texts("property"),
            languages: parameters.languages(),
            timestamp: timestamp.to_owned(),
            ..Self::default()
        })
    }

    /// What a request to expand asks for: the value set that came with it, or the canonical of one.
    ///
    /// # Errors
    /// When there is neither.
    pub fn subject(resource: Node<'_>) -> Result<Scope, Error> {
        let parameters = Parameters { resource };
        match (parameters.value_set(), parameters.value_set_canonical()) {
            (Some(value_set), _) => Ok(Scope::ValueSet(Arc::new(value_set))),
            (None, Some(canonical)) => Ok(Scope::ValueSetUrl(canonical)),
            (None, None) => Err(Error::Request("No value set: give 'url' or 'valueSet'".to_owned())),
        }
    }
}

impl TranslateRequest {
    /// Reads the parameters of `$translate`.
    ///
    /// # Errors
    /// When there is no code with a system.
    pub fn from_parameters(resource: Node<'_>) -> Result<Self, Error> {
        let parameters = Parameters { resource };
        let node = parameters
            .value("coding")
            .or_else(|| parameters.value("codeableConcept")?.each_of("coding").next());
        let given = node.map(coding).unwrap_or_default();
        let system = parameters.text("system").or(given.system);
        let code = parameters.text("code").or(Some(given.code).filter(|code| !code.is_empty()));
        let (Some(system), Some(code)) = (system, code) else {
            return Err(Error::Request(
                "Nothing to translate: give 'code' and 'system', or 'coding'".to_owned(),
            ));
        };
        Ok(Self {
            map: parameters.text("url"),
            system,
            code,
            source: parameters.text("source"),
            target: parameters.text("target"),
            target_system: parameters.text("targetsystem"),
            reverse: parameters.flag("reverse"),
        })
    }
}

/// What `$translate` answers.
pub fn translations_to_parameters(translations: &[Translation]) -> Value {
    let is_match = translations.iter().any(Translation::is_match);
    let mut parameters = vec![object! { "name" => "result", "valueBoolean" => is_match }];
    if translations.is_empty() {
        parameters
            .push(object! { "name" => "message", "valueString" => "No map has anything for this code" });
    }
    for one in translations {
        let mut concept = Object::new();
        for (name, text) in [("system", &one.system), ("code", &one.code), ("display", &one.display)] {
            if !text.is_empty() {
                concept.set(name, text.as_str());
            }
        }
        let mut parts = vec![object! { "name" => "equivalence", "valueCode" => one.equivalence.as_str() }];
        if !one.code.is_empty() {
            parts.push(object! { "name" => "concept", "valueCoding" => Value::from(concept) });
        }
        parts.push(object! { "name" => "source", "valueUri" => one.map.as_str() });
        parameters.push(object! { "name" => "match", "part" => parts });
    }
    object! { "resourceType" => "Parameters", "parameter" => parameters }
}

impl Lookup {
    /// What `CodeSystem/$lookup` answers: every designation and property.
    pub fn to_parameters(&self) -> Value {
        let mut parameters: Vec<Value> = Vec::new();
        let mut text = |name: &str, kind: &str, text: &str| {
            if !text.is_empty() {
                parameters.push(object! { "name" => name, kind => text });
            }
        };
        text("name", "valueString", &self.name);
        text("version", "valueString", &self.version);
        text("display", "valueString", &self.concept.display);
        text("definition", "valueString", self.concept.definition.as_deref().unwrap_or_default());
        parameters.extend(self.concept.designations.iter().map(|one| {
            let mut parts = Vec::new();
            if !one.language.is_empty() {
                parts.push(object! { "name" => "language", "valueCode" => one.language.as_str() });
            }
            if let Some(coding) = one.use_coding() {
                parts.push(object! { "name" => "use", "valueCoding" => coding });
            }
            parts.push(object! { "name" => "value", "valueString" => one.value.as_str() });
            object! { "name" => "designation", "part" => parts }
        }));
        for (name, kind, value) in self.property_values() {
            let parts = vec![
                object! { "name" => "code", "valueCode" => name.as_str() },
                object! { "name" => "value", kind => value },
            ];
            parameters.push(object! { "name" => "property", "part" => parts });
        }
        object! { "resourceType" => "Parameters", "parameter" => parameters }
    }

    /// Properties with name, name of `value[x]` and value; those that the hierarchy makes are among them.
    fn property_values(&self) -> Vec<(String, &'static str, Value)> {
        let concept = &self.concept;
        let mut values = vec![("inactive".to_owned(), "valueBoolean", Value::Bool(concept.inactive))];
        let related = [("parent", &concept.parents), ("child", &concept.children)];
        for (name, codes) in related {
            values
                .extend(codes.iter().map(|code| (name.to_owned(), "valueCode", Value::from(code.as_str()))));
        }
        values.extend(concept.properties.iter().map(|property| {
            let (kind, value) = property.to_value();
            (property.code.clone(), kind, value)
        }));
        values
    }
}
