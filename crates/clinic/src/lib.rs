//! What a practice does: the chart, the schedule, and the rules that every write must keep.

pub mod allergy_list;
mod author;
pub mod chart;
pub mod day;
pub mod directive;
mod fhir_parts;
pub mod growth;
pub mod inbox;
pub mod list_entry;
pub mod medication_list;
mod medication_order;
pub mod note;
pub mod patient_with_record_stays;
pub mod person;
pub mod problem_list;
pub mod promise;
mod replacement;
pub mod sig;
pub mod signed_note_stays;
pub mod timeline;
pub mod typed_date;
pub mod typed_line;
pub mod udi;
pub mod visit;
pub mod visit_summary;
pub mod vital_signs;

use record::consequence::Consequence;
use record::write_rule::WriteRule;

/// The rules of the domain, for the record to hold every write against. A rule is a file and a row here.
pub fn write_rules() -> Vec<Box<dyn WriteRule>> {
    vec![
        Box::new(patient_with_record_stays::PatientWithRecordStays),
        Box::new(promise::results_stay::ResultsStayUntilReviewed),
        Box::new(signed_note_stays::SignedNoteStays),
    ]
}

/// What follows from what is written, for the record to make behind the commits. A rule is a file and a row here.
pub fn consequences() -> Vec<Box<dyn Consequence>> {
    vec![
        Box::new(promise::ResultsAreReviewed),
        Box::new(promise::OrdersAreKeptTrackOf),
        Box::new(promise::PromisesHaveOwners),
    ]
}
