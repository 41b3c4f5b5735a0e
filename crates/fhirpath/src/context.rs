//! What an evaluation knows besides its focus.

use crate::collection::Collection;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use fhir::Element;
use fhir::date_time::DateTime;

/// Values and services for an evaluation. Results may borrow from all that lives for `'a`.
#[derive(Clone)]
pub struct Context<'a> {
    /// `%resource`: the resource that holds the focus (a contained one is its own).
    pub resource: Option<Element<'a>>,
    /// `%rootResource`: the resource that `%resource` is contained in, or the same; `None` takes `resource`.
    pub root_resource: Option<Element<'a>>,
    /// What time it is, for `now()`, `today()` and `timeOfDay()`.
    pub now: Option<DateTime>,
    /// Offset from UTC in minutes for times written without one; `None` leaves comparisons with them open.
    pub default_offset_minutes: Option<i32>,
    /// `%name` for names that the standard does not define.
    pub variables: Vec<(&'a str, Collection<'a>)>,
    /// Services of the caller.
    pub environment: &'a dyn Environment,
    /// Reads `as` as `ofType`, lets unknown type names match nothing instead of failing, and `as String` select FHIR's
    /// string: the invariants and search parameters of FHIR R4 itself need the first two (`dom-3`,
    /// `Observation.component.value as Quantity`), those of its users the third.
    pub is_lenient: bool,
    /// How many steps an evaluation may take before it is given up.
    pub limit: u64,
}

impl<'a> Context<'a> {
    /// A context for a resource: `%resource` and `%rootResource` are it, no clock, no services, not lenient.
    pub fn new(resource: Element<'a>) -> Self {
        Self {
            resource: Some(resource),
            root_resource: None,
            now: None,
            default_offset_minutes: None,
            variables: Vec::new(),
            environment: &NoEnvironment,
            is_lenient: false,
            limit: 10_000_000,
        }
    }

    /// The same with a service provider.
    pub fn with_environment(mut self, environment: &'a dyn Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The same with [`Context::is_lenient`] set, as FHIR's own invariants and search parameters need it.
    pub fn lenient(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    pub(crate) fn variable(&self, name: &str, focus: &Item<'a>) -> Result<Collection<'a>, EvaluationError> {
        const CONSTANTS: [(&str, &str); 3] = [
            ("ucum", "http://unitsofmeasure.org"),
            ("sct", "http://snomed.info/sct"),
            ("loinc", "http://loinc.org"),
        ];
        let element = |element: Option<Element<'a>>| Ok(element.map(Item::Element).into());
        match name {
            "context" => return Ok(focus.clone().into()),
            "resource" => return element(self.resource),
            "rootResource" => return element(self.root_resource.or(self.resource)),
            _ => {}
        }
        if let Some((_, value)) = self.variables.iter().find(|(known, _)| *known == name) {
            return Ok(value.clone());
        }
        if let Some((_, value)) = CONSTANTS.iter().find(|(known, _)| *known == name) {
            return Ok(Item::from(*value).into());
        }
        let url = match name.split_once('-') {
            Some(("vs", rest)) => format!("http://hl7.org/fhir/ValueSet/{rest}"),
            Some(("cs", rest)) => format!("http://hl7.org/fhir/CodeSystem/{rest}"),
            Some(("ext", rest)) => format!("http://hl7.org/fhir/StructureDefinition/{rest}"),
            _ => return Err(EvaluationError::UnknownVariable(name.to_owned())),
        };
        Ok(Item::from(url).into())
    }
}

/// What the evaluation asks of those who know more. Every answer may be left open with `None`.
pub trait Environment {
    /// The resource that a reference names, such as `Patient/1` or an absolute URL. Contained resources (`#id`) and
    /// entries of the Bundle at hand are found without asking.
    fn resolve(&self, reference: &str) -> Option<Element<'_>> {
        let _ = reference;
        None
    }

    /// True when the code, Coding or CodeableConcept has a code in the value set (a canonical URL).
    fn member_of(&self, coded: Element<'_>, value_set: &str) -> Option<bool> {
        let _ = (coded, value_set);
        None
    }

    /// True when a plain code (a FHIRPath string) is in the value set.
    fn code_member_of(&self, code: &str, value_set: &str) -> Option<bool> {
        let _ = (code, value_set);
        None
    }

    /// True when the first of two codings (or codeable concepts) subsumes the second or is equal to it.
    fn subsumes(&self, general: Element<'_>, special: Element<'_>) -> Option<bool> {
        let _ = (general, special);
        None
    }

    /// True when the element meets the profile (a canonical URL). Not asked about core types that it is not of.
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        let _ = (element, profile);
        None
    }

    /// Takes a line of `trace()`.
    fn trace(&self, name: &str, items: &[Item<'_>]) {
        let _ = (name, items);
    }
}

/// An environment that leaves every answer open.
pub struct NoEnvironment;

impl Environment for NoEnvironment {}
