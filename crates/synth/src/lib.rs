//! A seeded generator of a whole synthetic practice: its sites and staff, its patients with years of care, and its
//! appointment book, as FHIR transaction bundles.
//!
//! ```
//! use synth::{Date, Practice, Settings};
//!
//! let today = Date::new(2025, 11, 24).unwrap();
//! let practice = Practice::new(Settings { patients: 3, ..Settings::demo(today) });
//! assert_eq!(practice.patients().count(), 3);
//! assert_eq!(practice.patient(1), practice.patients().nth(1).unwrap());
//! ```
//!
//! Nothing here is about anyone: names are drawn from lists of frequent names, telephone numbers lie in the range
//! kept for fiction, electronic addresses end in `example.org`, provider identifiers come from an unused prefix.

mod care;
mod chart;
mod coding;
mod content;
mod date;
mod disease;
mod foundation;
mod people;
mod practice;
mod questionnaire;
mod random;
mod schedule;

pub use date::{Date, Moment};
pub use practice::{Practice, Settings};
