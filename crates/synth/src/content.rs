//! The tables under `data/synth`, read once.

use std::str::FromStr;
use std::sync::LazyLock;

/// A row of a table: its fields by position.
type Row = Vec<&'static str>;

fn rows(text: &'static str) -> impl Iterator<Item = Row> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

/// A field that holds a number.
///
/// # Panics
/// When it does not: a fault of the table, seen by every test.
fn number<T: FromStr>(row: &Row, at: usize) -> T {
    row[at].parse().unwrap_or_else(|_| panic!("{row:?} has no number in column {at}"))
}

/// A field that holds a number or `-`.
fn optional(row: &Row, at: usize) -> Option<f64> {
    (row[at] != "-").then(|| number(row, at))
}

/// A field that holds text or `-`.
fn text(row: &Row, at: usize) -> Option<&'static str> {
    Some(row[at]).filter(|text| *text != "-")
}

/// A laboratory test (`analytes.tsv`).
pub(crate) struct Analyte {
    pub key: &'static str,
    pub loinc: &'static str,
    pub display: &'static str,
    pub ucum: &'static str,
    pub decimals: usize,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub critical_low: Option<f64>,
    pub critical_high: Option<f64>,
    pub female_low: Option<f64>,
    pub female_high: Option<f64>,
    /// Relative standard deviation from one sample to the next.
    pub noise: f64,
}

/// Tests that are ordered together (`panels.tsv`).
pub(crate) struct Panel {
    pub key: &'static str,
    pub loinc: &'static str,
    pub display: &'static str,
    pub name: &'static str,
    /// Indexes into [`analytes`].
    pub analytes: Vec<usize>,
}

/// A diagnosis with its codes (`conditions.tsv`).
pub(crate) struct Diagnosis {
    pub key: &'static str,
    pub snomed: &'static str,
    pub display: &'static str,
    pub icd: &'static str,
    pub icd_display: &'static str,
    pub name: &'static str,
}

/// A drug as it is prescribed (`drugs.tsv`).
pub(crate) struct Drug {
    pub key: &'static str,
    pub rxnorm: &'static str,
    pub display: &'static str,
    pub name: &'static str,
    pub dose: &'static str,
    pub unit: &'static str,
    pub route: &'static str,
    /// `None`: as needed.
    pub times_a_day: Option<&'static str>,
    pub quantity: &'static str,
    pub days: i32,
    pub sig: &'static str,
}

/// A vaccine product (`vaccines.tsv`).
pub(crate) struct Vaccine {
    pub key: &'static str,
    pub cvx: &'static str,
    pub display: &'static str,
    pub name: &'static str,
    pub manufacturer: &'static str,
    pub lot_prefix: &'static str,
    pub millilitres: &'static str,
    pub route: &'static str,
}

/// A dose of the childhood schedule (`vaccine_schedule.tsv`), ages in months.
pub(crate) struct ScheduledDose {
    pub vaccine: &'static str,
    pub dose: usize,
    pub earliest_months: i32,
    pub latest_months: i32,
    pub doses: usize,
}

/// A reason to come in unwell (`acute.tsv`).
pub(crate) struct Complaint {
    pub condition: &'static str,
    pub weight_child: f64,
    pub weight_adult: f64,
    pub women_only: bool,
    pub days_ill: i32,
    pub fever: f64,
    pub drug_child: Option<&'static str>,
    pub drug_adult: Option<&'static str>,
    pub test: Option<&'static str>,
    pub subjective: &'static str,
    pub exam: &'static str,
    pub plan: &'static str,
}

/// A member of the staff (`staff.tsv`).
pub(crate) struct Staff {
    pub given: &'static str,
    pub family: &'static str,
    pub sex: &'static str,
    pub credential: Option<&'static str>,
    pub role: &'static str,
    pub role_snomed: Option<&'static str>,
    pub role_display: &'static str,
    pub taxonomy: Option<&'static str>,
    pub taxonomy_display: &'static str,
    /// `a` patients of all ages, `c` children, `g` grown-ups, `-` sees none.
    pub sees: &'static str,
    pub site: usize,
}

/// A town (`places.tsv`).
pub(crate) struct Place {
    pub city: &'static str,
    pub state: &'static str,
    pub postal_code: &'static str,
    pub weight: f64,
}

/// A first name (`given_names.tsv`).
pub(crate) struct GivenName {
    pub name: &'static str,
    pub sex: &'static str,
    pub group: &'static str,
    pub era: &'static str,
}

/// A point of a growth chart (`growth.tsv`): Box-Cox power, median, coefficient of variation at an age.
pub(crate) struct GrowthPoint {
    pub months: f64,
    pub l: f64,
    pub m: f64,
    pub s: f64,
}

/// A growth chart of a measure and sex.
pub(crate) struct GrowthCurve {
    pub measure: &'static str,
    pub sex: &'static str,
    pub points: Vec<GrowthPoint>,
}

/// Defines the accessor of a table that is read on first use.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident, $file:literal, $kind:ty, $read:expr) => {
        $(#[$doc])*
        pub(crate) fn $name() -> &'static [$kind] {
            static TABLE: LazyLock<Vec<$kind>> = LazyLock::new(|| {
                rows(include_str!(concat!("../../../data/synth/", $file))).map($read).collect()
            });
            &TABLE
        }
    };
}

table!(/// Laboratory tests.
    analytes, "analytes.tsv", Analyte, |r| Analyte {
    key: r[0], loinc: r[1], display: r[2], ucum: r[3], decimals: number(&r, 4),
    low: optional(&r, 5), high: optional(&r, 6), critical_low: optional(&r, 7), critical_high: optional(&r, 8),
    female_low: optional(&r, 9), female_high: optional(&r, 10), noise: number(&r, 11),
});
table!(/// Panels of laboratory tests.
    panels, "panels.tsv", Panel, |r| Panel {
    key: r[0], loinc: r[1], display: r[2], name: r[3], analytes: r[4].split(' ').map(analyte).collect(),
});
table!(/// Diagnoses.
    diagnoses, "conditions.tsv", Diagnosis, |r| Diagnosis {
    key: r[0], snomed: r[1], display: r[2], icd: r[3], icd_display: r[4], name: r[5],
});
table!(/// Drugs.
    drugs, "drugs.tsv", Drug, |r| Drug {
    key: r[0], rxnorm: r[1], display: r[2], name: r[3], dose: r[4], unit: r[5], route: r[6],
    times_a_day: Some(r[7]).filter(|times| *times != "prn"), quantity: r[8], days: number(&r, 9), sig: r[10],
});
table!(/// Vaccine products.
    vaccines, "vaccines.tsv", Vaccine, |r| Vaccine {
    key: r[0], cvx: r[1], display: r[2], name: r[3], manufacturer: r[4], lot_prefix: r[5],
    millilitres: r[6], route: r[7],
});
table!(/// The childhood schedule.
    vaccine_schedule, "vaccine_schedule.tsv", ScheduledDose, |r| ScheduledDose {
    vaccine: r[0], dose: number(&r, 1), earliest_months: number(&r, 2), latest_months: number(&r, 3),
    doses: number(&r, 4),
});
table!(/// Reasons to come in unwell.
    complaints, "acute.tsv", Complaint, |r| Complaint {
    condition: r[0], weight_child: number(&r, 1), weight_adult: number(&r, 2), women_only: r[3] == "f",
    days_ill: number(&r, 4), fever: number(&r, 5), drug_child: text(&r, 6), drug_adult: text(&r, 7),
    test: text(&r, 8), subjective: r[9], exam: r[10], plan: r[11],
});
table!(/// The people who work at the practice.
    staff, "staff.tsv", Staff, |r| Staff {
    given: r[0], family: r[1], sex: r[2], credential: text(&r, 3), role: r[4], role_snomed: text(&r, 5),
    role_display: r[6], taxonomy: text(&r, 7), taxonomy_display: r[8], sees: r[9], site: number(&r, 10),
});
table!(/// Towns around the practice.
    places, "places.tsv", Place, |r| Place {
    city: r[0], state: r[1], postal_code: r[2], weight: number(&r, 3),
});
table!(/// Names of streets.
    streets, "streets.tsv", &'static str, |r| r[0]);
table!(/// First names.
    given_names, "given_names.tsv", GivenName, |r| GivenName { name: r[0], sex: r[1], group: r[2], era: r[3] });
table!(/// Family names with their group.
    family_names, "family_names.tsv", (&'static str, &'static str), |r| (r[0], r[1]));

/// The growth charts.
pub(crate) fn growth_curves() -> &'static [GrowthCurve] {
    static CURVES: LazyLock<Vec<GrowthCurve>> = LazyLock::new(|| {
        let mut curves: Vec<GrowthCurve> = Vec::new();
        for row in rows(include_str!("../../../data/synth/growth.tsv")) {
            let (measure, sex) = (row[0], row[1]);
            if curves.last().is_none_or(|curve| (curve.measure, curve.sex) != (measure, sex)) {
                curves.push(GrowthCurve { measure, sex, points: Vec::new() });
            }
            let point = GrowthPoint {
                months: number(&row, 2),
                l: number(&row, 3),
                m: number(&row, 4),
                s: number(&row, 5),
            };
            curves.last_mut().expect("pushed above").points.push(point);
        }
        curves
    });
    &CURVES
}

/// Finds a row by its key.
macro_rules! finder {
    ($(#[$doc:meta])* $name:ident, $table:ident, $kind:ty) => {
        $(#[$doc])*
        ///
        /// # Panics
        /// When the table lacks the key: a fault of this crate.
        pub(crate) fn $name(key: &str) -> &'static $kind {
            $table().iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no {key} in {}", stringify!($table)))
        }
    };
}

finder!(/// A panel by key.
    panel, panels, Panel);
finder!(/// A diagnosis by key.
    diagnosis, diagnoses, Diagnosis);
finder!(/// A drug by key.
    drug, drugs, Drug);
finder!(/// A vaccine by key.
    vaccine, vaccines, Vaccine);

/// The index of a laboratory test by key.
///
/// # Panics
/// When the table lacks the key: a fault of this crate.
pub(crate) fn analyte(key: &str) -> usize {
    analytes().iter().position(|row| row.key == key).unwrap_or_else(|| panic!("no analyte {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_a_table_names_is_in_its_table() {
        assert!(panels().len() > 10 && growth_curves().len() == 6 && given_names().len() >= 150);
        assert!(
            family_names().len() >= 200
                && staff().len() == 12
                && !streets().is_empty()
                && !places().is_empty()
        );
        for complaint in complaints() {
            diagnosis(complaint.condition);
            for key in complaint.drug_child.iter().chain(&complaint.drug_adult) {
                drug(key);
            }
        }
        for dose in vaccine_schedule() {
            if dose.vaccine != "pneumococcal_child" {
                vaccine(dose.vaccine);
            }
        }
    }
}
