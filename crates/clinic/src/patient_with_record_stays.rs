//! A patient whose record holds anything is not deleted: the record would be nobody's.

use fhir::schema::schema;
use record::write_rule::{ProposedWrite, Requirement, Violation, WriteRule};
use search::compartment::compartment_clause;
use search::query::Query;

/// The types that make a record: a patient with none of them was registered by mistake and may go.
const RECORD_TYPES: [&str; 12] = [
    "AllergyIntolerance",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "ServiceRequest",
];

/// The rule.
pub struct PatientWithRecordStays;

impl WriteRule for PatientWithRecordStays {
    fn name(&self) -> &'static str {
        "patient-with-record-stays"
    }

    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation> {
        if write.after.is_some() || write.key.type_id.name() != "Patient" {
            return Ok(Vec::new());
        }
        let requirement = |type_name: &&str| {
            let type_id = schema().resource_named(type_name)?;
            let clause = compartment_clause(write.key.type_id, &write.key.id, type_id)?;
            let no_match =
                Query { types: vec![type_id], clauses: vec![clause], count: 1, ..Query::default() };
            let message = format!(
                "{} has {type_name} resources in the record; a patient with a record is not deleted. Set \
                 Patient.active to false, or link it to the right patient",
                write.key
            );
            let violation = Violation { rule: self.name(), message, expression: "Patient".to_owned() };
            Some(Requirement { no_match, violation })
        };
        Ok(RECORD_TYPES.iter().filter_map(requirement).collect())
    }
}
