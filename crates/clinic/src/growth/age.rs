//! How old a child is, as growth charts count it, and how early it was born.

use fhir::date_time::{Date, Precision};

/// Days in a month of a growth chart, a twelfth of 365.25: the WHO and the CDC both divide by it.
pub(crate) const DAYS_IN_A_MONTH: f64 = 30.4375;
const DAYS_IN_A_WEEK: f64 = 7.0;
/// A whole pregnancy, from the last menstruation: 40 weeks.
const DAYS_OF_A_PREGNANCY: i32 = 280;

/// The age of a child on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    days: i32,
    /// Whole months by the calendar: one more on each day of the month of birth.
    whole_months: i32,
}

impl Age {
    /// Two years, in months: where the WHO's charts end and the CDC's begin.
    pub const TWO_YEARS: f64 = 24.0;
    /// Twenty years, in months: where the CDC's charts end.
    pub const TWENTY_YEARS: f64 = 240.0;

    /// From the day of birth to another. `None` when one of them is not a whole date, or birth comes later.
    pub fn between(birth: Date, on: Date) -> Option<Self> {
        let are_days = [birth, on].iter().all(|date| date.precision() == Precision::Day);
        let days = i32::try_from(on.first_day() - birth.first_day()).ok()?;
        let month = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month().unwrap_or(1));
        let whole_months = month(on) - month(birth) - i32::from(on.day() < birth.day());
        (are_days && days >= 0).then_some(Self { days, whole_months })
    }

    /// Days since birth.
    pub fn days(self) -> i32 {
        self.days
    }

    /// Whole months since birth by the calendar, as people count an age.
    pub fn whole_months(self) -> i32 {
        self.whole_months
    }

    /// Months since birth, with decimals: days divided by 30.4375.
    ///
    /// On a second birthday these are 23.98 in two years of four. A child is measured standing from that day on, so it is
    /// never younger than 24 months then.
    pub fn months(self) -> f64 {
        let months = f64::from(self.days) / DAYS_IN_A_MONTH;
        if self.whole_months >= 24 { months.max(Self::TWO_YEARS) } else { months }
    }
}

/// How long a pregnancy lasted, from the last menstruation to birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GestationalAge {
    days: i32,
}

impl GestationalAge {
    /// Of completed weeks and the days beyond them, as it is written (`28 3/7`). `None` below 20 and above 44 weeks,
    /// where the numbers are wrong, and for more than 6 days.
    pub fn new(weeks: u8, days: u8) -> Option<Self> {
        let is_possible = (20..=44).contains(&weeks) && days < 7;
        is_possible.then(|| Self { days: i32::from(weeks) * 7 + i32::from(days) })
    }

    /// Completed weeks and the days beyond them.
    pub fn weeks_and_days(self) -> (i32, i32) {
        (self.days / 7, self.days % 7)
    }

    /// Born before 37 completed weeks, as the WHO defines preterm birth.
    pub fn is_preterm(self) -> bool {
        self.days < 37 * 7
    }

    /// Weeks since the last menstruation, with decimals, at an age after birth.
    pub fn postmenstrual_weeks(self, age: Age) -> f64 {
        f64::from(self.days.saturating_add(age.days)) / DAYS_IN_A_WEEK
    }

    /// Months since the day on which the child was due, with decimals: the age corrected for being born early. Negative
    /// before that day.
    pub fn corrected_months(self, age: Age) -> f64 {
        f64::from(age.days - (DAYS_OF_A_PREGNANCY - self.days)) / DAYS_IN_A_MONTH
    }
}
