//! How a child grows beside other children: z-scores, percentiles and the lines of a growth chart.
//!
//! A chart is a table of three numbers for each age: L, M and S (Cole, T. J., "The LMS method for constructing
//! normalized growth standards", Eur J Clin Nutr 1990; 44:45-60). M is the median, S the coefficient of variation, and L
//! the power that makes the distribution normal. With them a measurement becomes a z-score, how many standard deviations
//! it lies from the median, and a z-score a measurement. The tables are in `data/growth`, whose README names their
//! sources and what is not there.
//!
//! Which chart a child is compared with follows from its age ([`place()`]): in the United States the WHO's standards below
//! two years and the CDC's reference from then to twenty years (MMWR Recomm Rep 2010; 59(RR-9):1-15).

pub mod age;
pub mod curve;
pub mod kind;
pub mod lms;
pub mod normal;
pub mod parents;
pub mod place;
mod table;

pub use age::{Age, GestationalAge};
pub use curve::{Curve, FROM_3_TO_97, FROM_5_TO_95, Point, curves};
pub use kind::{KINDS, Kind};
pub use lms::Lms;
pub use parents::{TargetHeight, target_height};
pub use place::{Place, place};

use lms::Tails;
use std::ops::RangeInclusive;

/// A set of charts that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// WHO Child Growth Standards (2006, 2007): birth to 24 months. Ages are in months.
    WhoChild,
    /// CDC Growth Charts (2000): 2 to 20 years; weight from birth, head circumference from birth to 36 months. Ages are
    /// in months.
    Cdc,
    /// Fenton's chart for preterm infants (2003), one for both sexes. Ages are in completed weeks after the last
    /// menstruation, 22 to 50.
    Fenton,
}

/// What is measured, against age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Body weight in kilograms.
    WeightForAge,
    /// Length in centimetres, measured lying, as is done below two years.
    LengthForAge,
    /// Height in centimetres, measured standing, as is done from two years on.
    StatureForAge,
    /// Head circumference in centimetres.
    HeadCircumferenceForAge,
    /// Body mass index in kilograms per square metre.
    BodyMassIndexForAge,
}

/// The sex whose chart is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Girls.
    Female,
    /// Boys.
    Male,
}

impl Sex {
    /// Of a code of FHIR's AdministrativeGender. `None` for `other` and `unknown`, for which there is no
    /// chart: somebody has to choose.
    pub fn of_gender(code: &str) -> Option<Self> {
        match code {
            "female" => Some(Self::Female),
            "male" => Some(Self::Male),
            _ => None,
        }
    }
}

impl Reference {
    /// The ages that a chart covers, in the reference's unit; `None` when the reference has no such chart.
    pub fn ages(self, measure: Measure, sex: Sex) -> Option<RangeInclusive<f64>> {
        table::find(self, measure, sex)?.ages()
    }

    /// The L, M and S of an age, in the reference's unit. `None` when there is no such chart, or it does not cover the
    /// age: nothing is extrapolated.
    pub fn lms(self, measure: Measure, sex: Sex, age: f64) -> Option<Lms> {
        table::find(self, measure, sex)?.at(age)
    }

    /// How many standard deviations a value lies above the median of its age; below it, the number is negative.
    ///
    /// `None` for an age that the chart does not cover, and for a value that is no positive number.
    pub fn z_score(self, measure: Measure, sex: Sex, age: f64, value: f64) -> Option<f64> {
        self.lms(measure, sex, age)?.z_score(value, self.tails(measure))
    }

    /// The value that lies so many standard deviations from the median of its age.
    ///
    /// `None` for an age that the chart does not cover, and where the distribution has no such value.
    pub fn value_at(self, measure: Measure, sex: Sex, age: f64, z: f64) -> Option<f64> {
        self.lms(measure, sex, age)?.value_at(z, self.tails(measure))
    }

    /// The WHO restricts measures that go by weight, which are skewed, and leaves length and head circumference.
    fn tails(self, measure: Measure) -> Tails {
        match (self, measure) {
            (Self::WhoChild, Measure::WeightForAge) => Tails::Restricted,
            _ => Tails::Open,
        }
    }
}
