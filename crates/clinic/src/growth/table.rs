//! The tables of `data/growth/lms.tsv`.
//!
//! Lines that begin with `#` say nothing. Each other line has eight columns: reference, measure, sex (`female`, `male`,
//! or `both` where one chart serves), unit of age, age, L, M and S. Lines of one chart follow each other by age.

use super::{Lms, Measure, Reference, Sex};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// One chart for one sex, or for both.
pub(super) struct Table {
    reference: Reference,
    measure: Measure,
    /// `None`: both.
    sex: Option<Sex>,
    /// Ages with what holds there, ascending; never empty.
    rows: Vec<(f64, Lms)>,
}

const REFERENCES: [(&str, Reference); 3] =
    [("who-child", Reference::WhoChild), ("cdc", Reference::Cdc), ("fenton", Reference::Fenton)];

const MEASURES: [(&str, Measure); 5] = [
    ("weight-for-age", Measure::WeightForAge),
    ("length-for-age", Measure::LengthForAge),
    ("stature-for-age", Measure::StatureForAge),
    ("head-circumference-for-age", Measure::HeadCircumferenceForAge),
    ("body-mass-index-for-age", Measure::BodyMassIndexForAge),
];

const SEXES: [(&str, Option<Sex>); 3] =
    [("female", Some(Sex::Female)), ("male", Some(Sex::Male)), ("both", None)];

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    read(include_str!("../../../../data/growth/lms.tsv")).expect("our own table is well formed")
});

/// The chart of a measure for a sex.
pub(super) fn find(reference: Reference, measure: Measure, sex: Sex) -> Option<&'static Table> {
    let is_wanted = |table: &&Table| {
        table.reference == reference && table.measure == measure && table.sex.is_none_or(|of| of == sex)
    };
    TABLES.iter().find(is_wanted)
}

impl Table {
    /// From the first to the last age.
    pub(super) fn ages(&self) -> Option<RangeInclusive<f64>> {
        Some(self.rows.first()?.0..=self.rows.last()?.0)
    }

    /// The ages that have a row.
    pub(super) fn rows(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|(age, _)| *age)
    }

    /// What holds at an age between the first and the last: the row of that age, or L, M and S each on the straight line
    /// between the rows around it, as the CDC's own program has them (`cdc-source-code.sas`). The CDC puts the row of a
    /// month into its middle (1.5 stands for 1.0 up to 2.0), the WHO at its beginning.
    ///
    /// Fenton's chart of 2003 counts completed weeks (its revision of 2013 was the first with exact ages: BMC Pediatr 2013;
    /// 13:59), so a row holds until the next week begins.
    pub(super) fn at(&self, age: f64) -> Option<Lms> {
        if !self.ages()?.contains(&age) {
            return None;
        }
        let above = self.rows.partition_point(|(of, _)| *of <= age);
        let (low_age, low) = *self.rows.get(above.checked_sub(1)?)?;
        let Some((high_age, high)) = self.rows.get(above) else { return Some(low) };
        if self.reference == Reference::Fenton {
            return Some(low);
        }
        let share = (age - low_age) / (high_age - low_age);
        let between = |low: f64, high: f64| low + share * (high - low);
        Some(Lms { l: between(low.l, high.l), m: between(low.m, high.m), s: between(low.s, high.s) })
    }
}

/// All charts of a text; `None` when a line is not as described.
fn read(text: &str) -> Option<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [reference, measure, sex, _unit, numbers @ ..] = columns.as_slice() else { return None };
        let reference = named(&REFERENCES, reference)?;
        let (measure, sex) = (named(&MEASURES, measure)?, named(&SEXES, sex)?);
        let row = row(numbers)?;
        match tables.last_mut() {
            Some(last) if (last.reference, last.measure, last.sex) == (reference, measure, sex) => {
                last.rows.push(row);
            }
            _ => tables.push(Table { reference, measure, sex, rows: vec![row] }),
        }
    }
    Some(tables)
}

fn named<T: Copy>(names: &[(&str, T)], wanted: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}

fn row(numbers: &[&str]) -> Option<(f64, Lms)> {
    let numbers = numbers.iter().map(|number| number.parse().ok()).collect::<Option<Vec<f64>>>()?;
    let [age, l, m, s] = numbers[..] else { return None };
    Some((age, Lms { l, m, s }))
}
