//! Which reference a child is compared with, and where on it.

use super::{Age, GestationalAge, Reference};
use fhir::date_time::Date;

/// Where a child of an age stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The charts to compare with.
    pub reference: Reference,
    /// The age on their axis, in the reference's unit.
    pub age: f64,
}

/// Where preterm infants leave their chart, in weeks after the last menstruation.
const END_OF_PRETERM: f64 = 50.0;

/// The reference for a child born on a day and measured on another.
///
/// - A child known to be born before 37 weeks: Fenton's chart until 50 weeks after the last menstruation, and from
///   there to the second birthday the WHO's, at the age corrected for prematurity. By the age from birth most of those
///   born very early would be taken for underweight (Elmrayed et al., J Perinatol 2025; 45:607-615, who would correct
///   until 36 months).
/// - Others below 24 months: the WHO's.
/// - From the second birthday to twenty years: the CDC's.
///
/// `None` when a date is not whole, birth comes later than the measurement, or the child is older than twenty.
pub fn place(birth: Date, on: Date, gestation: Option<GestationalAge>) -> Option<Place> {
    let age = Age::between(birth, on)?;
    let months = age.months();
    let early = gestation.filter(|gestation| gestation.is_preterm());
    let weeks = early.map(|gestation| gestation.postmenstrual_weeks(age));
    if let Some(weeks) = weeks.filter(|weeks| *weeks <= END_OF_PRETERM) {
        return Some(Place { reference: Reference::Fenton, age: weeks });
    }
    if months < Age::TWO_YEARS {
        let age = early.map_or(months, |gestation| gestation.corrected_months(age));
        return Some(Place { reference: Reference::WhoChild, age });
    }
    (months <= Age::TWENTY_YEARS).then_some(Place { reference: Reference::Cdc, age: months })
}
