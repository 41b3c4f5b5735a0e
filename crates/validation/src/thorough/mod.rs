//! What a person who asks wants to know, and who writes is not told: tables of the types that have more rules than
//! their definitions state.

mod attachment;
mod check_digit;
mod code;
mod code_system;
mod concept_map;
mod constraint_language;
mod identifier;
mod measure_report;
mod questionnaire;
mod search_parameter;
mod structure_definition;
mod value_set;
mod vital_signs;

pub(crate) use attachment::size_bytes;

use crate::place::Place;
use crate::walk::Walk;
use fhir::Element;

/// The rules of a type.
type Rules<'a> = fn(&mut Walk<'a>, Element<'a>, &Place<'_>);

impl<'a> Walk<'a> {
    const OF_RESOURCES: [(&'static str, Rules<'a>); 10] = [
        ("Bundle", Self::bundle),
        ("CodeSystem", Self::code_system),
        ("ConceptMap", Self::concept_map),
        ("MeasureReport", Self::measure_report),
        ("Observation", Self::vital_signs),
        ("Questionnaire", Self::questionnaire),
        ("QuestionnaireResponse", Self::questionnaire_response),
        ("SearchParameter", Self::search_parameter),
        ("StructureDefinition", Self::structure_definition),
        ("ValueSet", Self::value_set),
    ];

    const OF_DATA_TYPES: [(&'static str, Rules<'a>); 8] = [
        ("Attachment", Self::attachment),
        ("Identifier", Self::identifier),
        ("Quantity", Self::quantity),
        ("SimpleQuantity", Self::quantity),
        ("Age", Self::quantity),
        ("Count", Self::quantity),
        ("Distance", Self::quantity),
        ("Duration", Self::quantity),
    ];

    /// What a resource means.
    pub(crate) fn resource_meaning(&mut self, resource: Element<'a>, place: &Place<'_>) {
        self.meaning(&Self::OF_RESOURCES, resource, place);
    }

    /// What a value of a complex type means.
    pub(crate) fn value_meaning(&mut self, value: Element<'a>, place: &Place<'_>) {
        self.meaning(&Self::OF_DATA_TYPES, value, place);
    }

    fn meaning(&mut self, table: &[(&str, Rules<'a>)], element: Element<'a>, place: &Place<'_>) {
        if !self.settings.is_thorough {
            return;
        }
        if let Some((_, rules)) = table.iter().find(|(name, _)| *name == element.type_name()) {
            rules(self, element, place);
        }
    }
}
