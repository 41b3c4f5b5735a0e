//! Vital signs as they are measured and typed: a line such as `bp 128/82 p 72 t 98.6 F w 84.2`.
//!
//! Each value has bounds beyond which it is a slip of the keys, not a measurement; those are refused. What is typed in
//! customary units is kept in metric ones to two decimals, which gives every tenth that was typed back unchanged.

pub mod entry;
pub mod sheet;

use crate::fhir_parts::{LOINC, UCUM, coding, concept, hl7, resource};
use fhir::{Object, Value};

/// A vital sign, and how people type it.
#[derive(Debug)]
pub struct VitalSign {
    /// Its name.
    pub name: &'static str,
    /// What it is typed as; the first is the one that is taught.
    pub words: &'static [&'static str],
    /// A value as it is typed.
    example: &'static str,
    /// LOINC code and name (LOINC, loinc.org, is copyright Regenstrief Institute, Inc.).
    pub loinc: (&'static str, &'static str),
    /// Its profile of US Core, by the end of the name.
    profile: &'static str,
    /// The UCUM code of the unit that it is kept in, and that unit for people.
    pub unit: (&'static str, &'static str),
    /// Other units that it is typed in.
    other_units: &'static [OtherUnit],
    /// The least and the greatest value that are possible, in thousandths of the unit.
    bounds: (i64, i64),
}

/// A unit that is typed and not kept: kept = (typed + shift) × factor, in thousandths.
#[derive(Debug)]
struct OtherUnit {
    words: &'static [&'static str],
    shift: i64,
    numerator: i64,
    denominator: i64,
}

/// International avoirdupois pound, inch and degree Fahrenheit by their definitions (NIST SP 811, appendix B).
const POUND: OtherUnit =
    OtherUnit { words: &["lb", "lbs", "pounds"], shift: 0, numerator: 45_359_237, denominator: 100_000_000 };
const INCH: OtherUnit =
    OtherUnit { words: &["in", "inch", "inches", "\""], shift: 0, numerator: 254, denominator: 100 };
const FAHRENHEIT: OtherUnit =
    OtherUnit { words: &["f", "°f", "degf"], shift: -32_000, numerator: 5, denominator: 9 };

const SYSTOLIC: (&str, &str) = ("8480-6", "Systolic blood pressure");
const DIASTOLIC: (&str, &str) = ("8462-4", "Diastolic blood pressure");

/// Those that can be typed, in the order in which they are measured.
pub const VITAL_SIGNS: [VitalSign; 8] = [
    VitalSign {
        name: "Blood pressure",
        words: &["bp"],
        example: "128/82",
        loinc: ("85354-9", "Blood pressure panel with all children optional"),
        profile: "blood-pressure",
        unit: ("mm[Hg]", "mmHg"),
        other_units: &[],
        bounds: (10_000, 350_000),
    },
    VitalSign {
        name: "Heart rate",
        words: &["p", "hr", "pulse"],
        example: "72",
        loinc: ("8867-4", "Heart rate"),
        profile: "heart-rate",
        unit: ("/min", "/min"),
        other_units: &[],
        bounds: (10_000, 350_000),
    },
    VitalSign {
        name: "Respiratory rate",
        words: &["r", "rr", "resp"],
        example: "16",
        loinc: ("9279-1", "Respiratory rate"),
        profile: "respiratory-rate",
        unit: ("/min", "/min"),
        other_units: &[],
        bounds: (2_000, 150_000),
    },
    VitalSign {
        name: "Temperature",
        words: &["t", "temp"],
        example: "36.8",
        loinc: ("8310-5", "Body temperature"),
        profile: "body-temperature",
        unit: ("Cel", "°C"),
        other_units: &[FAHRENHEIT],
        bounds: (20_000, 46_000),
    },
    VitalSign {
        name: "Oxygen saturation",
        words: &["o2", "spo2", "sat"],
        example: "98",
        loinc: ("2708-6", "Oxygen saturation in Arterial blood"),
        profile: "pulse-oximetry",
        unit: ("%", "%"),
        other_units: &[],
        bounds: (20_000, 100_000),
    },
    VitalSign {
        name: "Weight",
        words: &["w", "wt", "weight"],
        example: "84.2",
        loinc: ("29463-7", "Body weight"),
        profile: "body-weight",
        unit: ("kg", "kg"),
        other_units: &[POUND],
        bounds: (200, 650_000),
    },
    VitalSign {
        name: "Height",
        words: &["h", "ht", "height"],
        example: "178",
        loinc: ("8302-2", "Body height"),
        profile: "body-height",
        unit: ("cm", "cm"),
        other_units: &[INCH],
        bounds: (20_000, 275_000),
    },
    VitalSign {
        name: "Head circumference",
        words: &["hc", "head"],
        example: "45.5",
        loinc: ("9843-4", "Head Occipital-frontal circumference"),
        profile: "head-circumference",
        unit: ("cm", "cm"),
        other_units: &[INCH],
        bounds: (15_000, 80_000),
    },
];

const BLOOD_PRESSURE: &VitalSign = &VITAL_SIGNS[0];
const TEMPERATURE: &VitalSign = &VITAL_SIGNS[3];
const OXYGEN: &VitalSign = &VITAL_SIGNS[4];
const WEIGHT: &VitalSign = &VITAL_SIGNS[5];
const HEIGHT: &VitalSign = &VITAL_SIGNS[6];

/// A vital sign that was measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Which.
    pub sign: &'static VitalSign,
    /// Its value in thousandths of its unit; of a blood pressure the systolic one.
    thousandths: i64,
    /// The diastolic one, of a blood pressure.
    diastolic: Option<i64>,
}

/// What is wrong with a line, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The word that it is about.
    pub word: String,
    /// What to do about it.
    pub message: String,
}

fn slip<T>(word: &str, message: impl Into<String>) -> Result<T, Slip> {
    Err(Slip { word: word.to_owned(), message: message.into() })
}

/// Reads a line of vital signs.
///
/// # Errors
/// With the first word that is not understood, or the first value that is not possible.
pub fn read(line: &str) -> Result<Vec<Measurement>, Slip> {
    let spaced = spaced(line);
    let mut words = spaced.split_whitespace().peekable();
    let mut measured = Vec::new();
    while let Some(word) = words.next() {
        let lower = word.to_lowercase();
        let Some(sign) = VITAL_SIGNS.iter().find(|sign| sign.words.contains(&lower.as_str())) else {
            let known: Vec<&str> = VITAL_SIGNS.iter().map(|sign| sign.words[0]).collect();
            return slip(
                word,
                format!("'{word}' is no vital sign; write one of {}, then its value", known.join(" ")),
            );
        };
        let Some(value) = words.next() else {
            return slip(word, format!("write the value behind '{word}', such as {}", example(sign)));
        };
        let unit = words.next_if(|next| is_unit(sign, next)).map(str::to_lowercase);
        measured.push(measurement(sign, value, unit.as_deref())?);
    }
    match measured.is_empty() {
        true => slip("", "write what was measured, such as bp 128/82 p 72 t 36.8 w 84.2"),
        false => Ok(measured),
    }
}

/// A number that runs into its unit, such as `84.2kg`, taken apart.
fn spaced(line: &str) -> String {
    let mut spaced = String::with_capacity(line.len() + 8);
    let mut before = ' ';
    let mut is_number = false;
    for character in line.chars() {
        if before == ' ' {
            is_number = character.is_ascii_digit();
        }
        if is_number && before.is_ascii_digit() && (character.is_alphabetic() || "°\"%".contains(character))
        {
            spaced.push(' ');
            is_number = false;
        }
        spaced.push(character);
        before = if character.is_whitespace() { ' ' } else { character };
    }
    spaced
}

fn is_unit(sign: &VitalSign, word: &str) -> bool {
    let word = word.to_lowercase();
    is_own_unit(sign, &word) || sign.other_units.iter().any(|other| other.words.contains(&word.as_str()))
}

fn is_own_unit(sign: &VitalSign, word: &str) -> bool {
    let own = [sign.unit.0.to_lowercase(), sign.unit.1.to_lowercase()];
    own.iter().any(|own| own == word) || (std::ptr::eq(sign, TEMPERATURE) && ["c", "degc"].contains(&word))
}

fn example(sign: &VitalSign) -> String {
    format!("{} {}", sign.words[0], sign.example)
}

fn measurement(sign: &'static VitalSign, value: &str, unit: Option<&str>) -> Result<Measurement, Slip> {
    if std::ptr::eq(sign, BLOOD_PRESSURE) {
        return blood_pressure(value);
    }
    let Some(typed) = thousandths(value) else {
        return slip(value, format!("'{value}' is no number; write {}", example(sign)));
    };
    let other = unit.and_then(|unit| sign.other_units.iter().find(|other| other.words.contains(&unit)));
    // Nobody lives at 96 degrees Celsius: a temperature without a unit says by its size which one it is.
    let other = match (unit, other) {
        (None, None) if std::ptr::eq(sign, TEMPERATURE) && typed >= 68_000 => Some(&FAHRENHEIT),
        (_, other) => other,
    };
    let kept = other.map_or(typed, |other| other.convert(typed));
    within(sign, kept, value)?;
    Ok(Measurement { sign, thousandths: kept, diastolic: None })
}

fn blood_pressure(value: &str) -> Result<Measurement, Slip> {
    let parts = value.split_once('/').and_then(|(high, low)| Some((thousandths(high)?, thousandths(low)?)));
    let Some((systolic, diastolic)) = parts else {
        return slip(value, format!("'{value}' is no blood pressure; write bp 128/82"));
    };
    for part in [systolic, diastolic] {
        within(BLOOD_PRESSURE, part, value)?;
    }
    if diastolic >= systolic {
        return slip(value, format!("in '{value}' the diastolic value is not below the systolic one"));
    }
    Ok(Measurement { sign: BLOOD_PRESSURE, thousandths: systolic, diastolic: Some(diastolic) })
}

fn within(sign: &VitalSign, kept: i64, typed: &str) -> Result<(), Slip> {
    let (least, most) = sign.bounds;
    if (least..=most).contains(&kept) {
        return Ok(());
    }
    let (least, most, unit) = (decimal(least), decimal(most), sign.unit.1);
    let name = sign.name.to_lowercase();
    slip(typed, format!("a {name} of {typed} is not possible; it lies between {least} and {most} {unit}"))
}

impl OtherUnit {
    /// To two decimals of the unit that is kept.
    fn convert(&self, typed: i64) -> i64 {
        let exact = i128::from(typed + self.shift) * i128::from(self.numerator);
        let hundredths =
            (exact + i128::from(5 * self.denominator)).div_euclid(i128::from(10 * self.denominator));
        i64::try_from(hundredths * 10).unwrap_or(i64::MAX)
    }
}

/// A number with up to three decimals, in thousandths.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || part.len() > 3 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1000 + part)
}

/// Thousandths as a number without zeros at its end.
fn decimal(thousandths: i64) -> String {
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    match part {
        0 => whole.to_string(),
        part => format!("{whole}.{part:03}").trim_end_matches('0').to_owned(),
    }
}

impl Measurement {
    /// The value for people, with its unit.
    pub fn text(&self) -> String {
        let value = decimal(self.thousandths);
        let unit = self.sign.unit.1;
        match self.diastolic {
            Some(diastolic) => format!("{value}/{} {unit}", decimal(diastolic)),
            None if unit == "%" || unit == "/min" => format!("{value}{unit}"),
            None => format!("{value} {unit}"),
        }
    }

    /// The Observation of it (US Core vital signs), but for what it has in common with others of a visit.
    pub fn observation(&self) -> Object {
        let (code, display) = self.sign.loinc;
        let mut observation = observation(self.sign.profile, code, display);
        if std::ptr::eq(self.sign, OXYGEN) {
            const OXIMETRY: (&str, &str) =
                ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry");
            let codings = [OXIMETRY, self.sign.loinc].map(|(code, display)| coding(LOINC, code, display));
            observation.set("code", fhir::object! { "coding" => Value::Array(codings.into()) });
        }
        match self.diastolic {
            None => observation.set("valueQuantity", self.quantity(self.thousandths)),
            Some(diastolic) => {
                let part = |(code, display): (&str, &str), value| {
                    let code = concept(LOINC, code, display);
                    fhir::object! { "code" => code, "valueQuantity" => self.quantity(value) }
                };
                let parts = vec![part(SYSTOLIC, self.thousandths), part(DIASTOLIC, diastolic)];
                observation.set("component", parts);
            }
        }
        observation
    }

    fn quantity(&self, thousandths: i64) -> Value {
        quantity(thousandths, self.sign.unit)
    }
}

/// The body mass index, when weight and height were measured together: an Observation of it, and its value for people.
pub fn body_mass_index(measured: &[Measurement]) -> Option<(Object, String)> {
    let of = |sign: &VitalSign| {
        let one = measured.iter().rev().find(|one| std::ptr::eq(one.sign, sign))?;
        Some(i128::from(one.thousandths))
    };
    let (weight, height) = (of(WEIGHT)?, of(HEIGHT)?);
    // kg/m² in tenths, halves rounded up: weight in g × 10^8 / height², height in thousandths of a centimetre.
    let (numerator, denominator) = (weight * 100_000_000, height * height);
    let tenths = (numerator + denominator / 2) / denominator;
    let thousandths = i64::try_from(tenths * 100).ok()?;
    let mut observation = observation("bmi", "39156-5", "Body mass index (BMI) [Ratio]");
    observation.set("valueQuantity", quantity(thousandths, ("kg/m2", "kg/m2")));
    Some((observation, format!("{} kg/m²", decimal(thousandths))))
}

/// The mean of several readings of the blood pressure, to whole millimetres, halves rounded up: an Observation of it.
fn mean(measured: &[Measurement]) -> Option<Object> {
    let readings: Vec<(i64, i64)> =
        measured.iter().filter_map(|one| Some((one.thousandths, one.diastolic?))).collect();
    let count = i64::try_from(readings.len()).ok().filter(|count| *count > 1)?;
    let of = |part: fn(&(i64, i64)) -> i64| {
        let sum: i64 = readings.iter().map(part).sum();
        (sum + count * 500).div_euclid(count * 1000) * 1000
    };
    Some(entry::mean_of(of(|one| one.0), of(|one| one.1), readings.len()))
}

fn observation(profile: &str, code: &str, display: &str) -> Object {
    let mut observation = resource("Observation", profile);
    observation.set("status", "final");
    let category = concept(&hl7("observation-category"), "vital-signs", "Vital Signs");
    observation.set("category", vec![category]);
    observation.set("code", concept(LOINC, code, display));
    observation
}

fn quantity(thousandths: i64, (code, unit): (&str, &str)) -> Value {
    let value = Value::number(decimal(thousandths));
    fhir::object! { "value" => value, "unit" => unit, "system" => UCUM, "code" => code }
}
