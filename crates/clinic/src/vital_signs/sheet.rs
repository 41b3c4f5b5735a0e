//! Vital signs as they were measured together, side by side.

use super::VITAL_SIGNS;
use super::entry::Last;
use crate::chart::observation::{self, Flag};
use crate::chart::{is_entered_in_error, resource_type};
use fhir::date_time::DateTime;
use record::{Error, Resource, Session};

/// Observations that are looked through: the newest.
const LOOKED_AT: &str = "200";
/// Times that a sheet shows.
const SETS: usize = 8;

/// The newest sets of a patient's vital signs.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The times, newest first.
    pub sets: Vec<Set>,
    /// The signs, in the order in which they are measured; others behind.
    pub rows: Vec<SheetRow>,
}

/// What was measured at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// As recorded.
    pub taken: String,
    /// The day of it, as recorded.
    pub day: String,
    /// The hour and minute of it, as recorded; empty when there is none.
    pub time: String,
}

/// A sign over the times.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// Its code (LOINC).
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its values at each of the times.
    pub cells: Vec<Vec<Value>>,
}

/// A value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The id of its Observation.
    pub id: String,
    /// The version that was read.
    pub version: u32,
    /// The code.
    pub code: String,
    /// In words.
    pub name: String,
    /// For people, with its unit, and in the customary one too where there is one.
    pub text: String,
    /// As a number; `None` for words.
    pub number: Option<f64>,
    /// When it was taken, as recorded.
    pub taken: String,
    /// Whether it is abnormal.
    pub flag: Flag,
}

/// A unit in which people say what is kept in a metric one: the LOINC code of what is measured, the unit, and its value.
type Customary = (&'static str, &'static str, fn(f64) -> f64);

/// Customary units (NIST SP 811, appendix B).
const CUSTOMARY: [Customary; 4] = [
    ("29463-7", "lb", |kg| kg / 0.453_592_37),
    ("8302-2", "in", |cm| cm / 2.54),
    ("9843-4", "in", |cm| cm / 2.54),
    ("8310-5", "°F", |celsius| celsius * 9.0 / 5.0 + 32.0),
];

impl Sheet {
    /// Reads a patient's newest vital signs.
    ///
    /// # Errors
    /// When the record cannot be searched.
    pub fn read(session: &Session, patient: &str) -> Result<Self, Error> {
        let of = format!("Patient/{patient}");
        let asked =
            [("patient", &*of), ("category", "vital-signs"), ("_sort", "-date"), ("_count", LOOKED_AT)];
        let found = session.find(resource_type("Observation"), &asked)?;
        let values: Vec<Value> = found.matches.iter().flat_map(values).collect();
        Ok(Self::of(values))
    }

    fn of(values: Vec<Value>) -> Self {
        let mut taken: Vec<&str> = values.iter().map(|value| value.taken.as_str()).collect();
        taken.sort_unstable_by(|one, two| two.cmp(one));
        taken.dedup();
        taken.truncate(SETS);
        let sets: Vec<Set> = taken.iter().map(|taken| Set::of(taken)).collect();
        let mut names: Vec<(String, String)> = Vec::new();
        for value in values.iter().filter(|value| taken.contains(&value.taken.as_str())) {
            if !names.iter().any(|(code, _)| *code == value.code) {
                names.push((value.code.clone(), value.name.clone()));
            }
        }
        names.sort_by_key(|(code, _)| observation::rank_of_vital_sign(code));
        let at = |code: &str, set: &Set| -> Vec<Value> {
            let here = values.iter().filter(|value| value.code == code && value.taken == set.taken);
            let mut here: Vec<Value> = here.cloned().collect();
            // Found newest first; read in the order of writing.
            here.reverse();
            here
        };
        let row = |(code, name): (String, String)| {
            let cells = sets.iter().map(|set| at(&code, set)).collect();
            SheetRow { code, name, cells }
        };
        Self { rows: names.into_iter().map(row).collect(), sets: sets.clone() }
    }

    /// The newest value of a sign, by the word that it is typed with.
    pub fn newest(&self, word: &str) -> Option<&Value> {
        let sign = VITAL_SIGNS.iter().find(|sign| sign.words[0] == word)?;
        let is_of = |row: &&SheetRow| row.code == sign.loinc.0 || (word == "o2" && row.code == "59408-5");
        self.rows.iter().filter(is_of).flat_map(|row| row.cells.iter().flatten()).next()
    }

    /// The newest values as numbers, in the unit that they are kept in.
    pub fn last(&self) -> Last {
        let newest = |word: &'static str| Some((word, self.newest(word)?.number?));
        VITAL_SIGNS.iter().filter_map(|sign| newest(sign.words[0])).collect()
    }

    /// What was measured at the newest time.
    pub fn newest_set(&self) -> impl Iterator<Item = &Value> {
        self.rows.iter().filter_map(|row| row.cells.first()).flatten()
    }
}

impl Set {
    fn of(taken: &str) -> Self {
        let time = DateTime::parse(taken)
            .ok()
            .and_then(DateTime::time)
            .map(|_| taken.get(11..16).unwrap_or_default());
        Self {
            taken: taken.to_owned(),
            day: taken.split('T').next().unwrap_or_default().to_owned(),
            time: time.unwrap_or_default().to_owned(),
        }
    }
}

fn values(found: &Resource) -> Vec<Value> {
    let Some(document) = found.document().filter(|document| !is_entered_in_error(document)) else {
        return Vec::new();
    };
    let value = |one: observation::Value| Value {
        id: found.key().id.to_string(),
        version: found.version(),
        name: observation::name_of_vital_sign(&one.code).map_or(one.name.clone(), str::to_owned),
        text: text(&one),
        number: one.number,
        taken: one.taken,
        flag: one.flag,
        code: one.code,
    };
    observation::values(&document).into_iter().map(value).collect()
}

fn text(value: &observation::Value) -> String {
    let metric = format!("{} {}", value.text, value.unit).trim_end().to_owned();
    let customary = CUSTOMARY.iter().find(|(code, ..)| *code == value.code && is_metric(&value.unit));
    match (customary, value.number) {
        (Some((_, unit, convert)), Some(number)) => format!("{metric} · {:.1} {unit}", convert(number)),
        _ => metric,
    }
}

fn is_metric(unit: &str) -> bool {
    ["kg", "cm", "Cel", "°C"].contains(&unit)
}
