//! What a growth chart is of: four things that are measured, the codes they are recorded by, and their units.

use super::{Measure, Reference};

/// What a growth chart is of.
#[derive(Debug)]
pub struct Kind {
    /// Its name in an address.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its name within a sentence.
    pub words: &'static str,
    /// The unit of the chart.
    pub unit: &'static str,
    /// The LOINC codes that it is recorded by (LOINC, loinc.org, is copyright Regenstrief Institute, Inc.).
    pub codes: &'static [&'static str],
    /// Units that it is recorded in, by UCUM code or word, and how many of the chart's unit one of them is.
    units: &'static [(&'static str, f64)],
    /// What it is called in the tables of lying children and in those of standing ones.
    measures: (Measure, Measure),
}

/// The pound and the inch by their international definitions (NIST SP 811, appendix B.8); an ounce is a sixteenth.
const POUND_KG: f64 = 0.453_592_37;
const INCH_CM: f64 = 2.54;

const MASSES: &[(&str, f64)] = &[
    ("kg", 1.0),
    ("g", 0.001),
    ("[lb_av]", POUND_KG),
    ("lb", POUND_KG),
    ("lbs", POUND_KG),
    ("[oz_av]", POUND_KG / 16.0),
    ("oz", POUND_KG / 16.0),
];

const LENGTHS: &[(&str, f64)] = &[
    ("cm", 1.0),
    ("m", 100.0),
    ("mm", 0.1),
    ("[in_i]", INCH_CM),
    ("in", INCH_CM),
    ("[ft_i]", 12.0 * INCH_CM),
    ("ft", 12.0 * INCH_CM),
];

const RATIOS: &[(&str, f64)] = &[("kg/m2", 1.0), ("kg/m^2", 1.0), ("kg/m²", 1.0)];

/// All of them, in the order in which children are measured.
pub const KINDS: [Kind; 4] = [
    Kind {
        key: "weight",
        name: "Weight",
        words: "weight",
        unit: "kg",
        codes: &["29463-7", "3141-9"],
        units: MASSES,
        measures: (Measure::WeightForAge, Measure::WeightForAge),
    },
    Kind {
        key: "length",
        name: "Length/height",
        words: "length or height",
        unit: "cm",
        codes: &["8302-2", "8306-3", "8308-9"],
        units: LENGTHS,
        measures: (Measure::LengthForAge, Measure::StatureForAge),
    },
    Kind {
        key: "head",
        name: "Head",
        words: "head circumference",
        unit: "cm",
        codes: &["9843-4", "8287-5"],
        units: LENGTHS,
        measures: (Measure::HeadCircumferenceForAge, Measure::HeadCircumferenceForAge),
    },
    Kind {
        key: "bmi",
        name: "BMI",
        words: "body mass index",
        unit: "kg/m2",
        codes: &["39156-5"],
        units: RATIOS,
        measures: (Measure::BodyMassIndexForAge, Measure::BodyMassIndexForAge),
    },
];

impl Kind {
    /// The one with a name; the first for a name that is none.
    pub fn of_key(key: &str) -> &'static Self {
        KINDS.iter().find(|kind| kind.key == key).unwrap_or(&KINDS[0])
    }

    /// What it is called in the tables of a reference: the CDC's children stand.
    pub fn measure(&self, reference: Reference) -> Measure {
        match reference {
            Reference::Cdc => self.measures.1,
            Reference::WhoChild | Reference::Fenton => self.measures.0,
        }
    }

    /// How many of the chart's unit one of another is; `None` for a unit that is none of such a thing.
    pub fn factor(&self, unit: &str) -> Option<f64> {
        self.units.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor)
    }
}
