//! The practice's rules and views over a record.

#[path = "main/allergy_list.rs"]
mod allergy_list;
#[path = "main/day.rs"]
mod day;
#[path = "main/growth.rs"]
mod growth;
#[path = "main/growth_read.rs"]
mod growth_read;
#[path = "main/medication_list.rs"]
mod medication_list;
#[path = "main/note.rs"]
mod note;
#[allow(dead_code)] // The record's own tests use all of it.
#[path = "../../record/tests/main/practice.rs"]
mod practice;
#[path = "main/problem_list.rs"]
mod problem_list;
#[path = "main/promise.rs"]
mod promise;
#[allow(dead_code)] // The store's own tests use all of it.
#[path = "../../store/tests/main/random.rs"]
mod random;
#[path = "main/sig.rs"]
mod sig;
#[path = "main/timeline.rs"]
mod timeline;
#[path = "main/typed_date.rs"]
mod typed_date;
#[path = "main/udi.rs"]
mod udi;
#[path = "main/visit.rs"]
mod visit;
#[path = "main/visit_summary.rs"]
mod visit_summary;
#[path = "main/vital_signs_entry.rs"]
mod vital_signs_entry;
