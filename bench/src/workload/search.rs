//! Searches: seven families that a page of a record asks for all day, and two that join.

use super::Scene;
use super::read::{among, point_read};
use crate::load::Shots;
use crate::sample::{Code, Values};
use std::rc::Rc;

/// Names are typed from their beginning.
const PREFIX_LETTERS: [usize; 3] = [3, 4, 5];
/// Where thresholds lie among the values that were seen: from nearly all to nearly none.
const QUANTILES: [f64; 4] = [0.1, 0.5, 0.9, 0.98];

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn token(code: &Code) -> String {
    encoded(&format!("{}|{}", code.system, code.code))
}

pub fn name(scene: &Scene) -> Result<Shots, &'static str> {
    let patients = scene.sample.patients.iter();
    let prefixes = patients.flat_map(|patient| {
        PREFIX_LETTERS.map(|letters| patient.family.chars().take(letters).collect::<String>())
    });
    among(scene, prefixes.map(|prefix| format!("Patient?name={}&_count=20", encoded(&prefix))), "no name")
}

pub fn patient_code(scene: &Scene) -> Result<Shots, &'static str> {
    let observations = scene.sample.observations.iter();
    let path = |patient: &str, code: &Code| {
        format!("Observation?patient=Patient/{patient}&code={}&_count=20", token(code))
    };
    among(scene, observations.map(|one| path(&one.patient, &one.code)), "no observation")
}

/// The thresholds to ask for of one code's values.
fn thresholds(values: &Values) -> impl Iterator<Item = f64> + '_ {
    QUANTILES.iter().map(|quantile| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place in a short list
        let at = (quantile * (values.sorted.len() - 1) as f64) as usize;
        values.sorted[at]
    })
}

pub fn quantity(scene: &Scene) -> Result<Shots, &'static str> {
    let plain = scene.sample.values.iter().filter(|values| !values.is_component);
    let paths = plain.flat_map(|values| {
        let unit = encoded(&format!("|http://unitsofmeasure.org|{}", values.unit));
        thresholds(values).map(move |limit| {
            let code = token(&values.code);
            format!("Observation?code={code}&value-quantity=gt{limit}{unit}&_count=20")
        })
    });
    among(scene, paths, "no observation with a quantity")
}

pub fn composite(scene: &Scene) -> Result<Shots, &'static str> {
    let paths = scene.sample.values.iter().flat_map(|values| {
        let parameter = match values.is_component {
            true => "component-code-value-quantity",
            false => "code-value-quantity",
        };
        thresholds(values).map(move |limit| {
            let value = encoded(&format!("{}|{}$gt{limit}", values.code.system, values.code.code));
            format!("Observation?{parameter}={value}&_count=20")
        })
    });
    among(scene, paths, "no observation with a quantity")
}

pub fn date_sorted(scene: &Scene) -> Result<Shots, &'static str> {
    let mut months: Vec<&str> = scene.sample.observations.iter().filter_map(|one| one.day.get(..7)).collect();
    months.sort_unstable();
    months.dedup();
    let path = |month: &&str| -> Option<String> {
        let (year, number) = month.split_once('-')?;
        let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
        let (next_year, next) = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
        let range = format!("date=ge{month}-01&date=lt{next_year}-{next:02}-01");
        Some(format!("Observation?{range}&_sort=-date&_count=20"))
    };
    among(scene, months.iter().filter_map(path), "no observation with a date")
}

pub fn code(scene: &Scene) -> Result<Shots, &'static str> {
    let codes = scene.sample.codes();
    among(scene, codes.iter().map(|code| format!("Observation?code={}&_count=20", token(code))), "no code")
}

pub fn birth_date(scene: &Scene) -> Result<Shots, &'static str> {
    let patients = scene.sample.patients.iter().enumerate();
    let paths = patients.map(|(index, patient)| {
        let family = format!("&family={}", encoded(&patient.family));
        let more = if index % 2 == 0 { family.as_str() } else { "" };
        format!("Patient?birthdate={}{more}&_count=20", patient.birth_date)
    });
    among(scene, paths, "no birth date")
}

pub fn chained(scene: &Scene) -> Result<Shots, &'static str> {
    let codes = scene.sample.codes();
    let paths = codes.iter().flat_map(|code| {
        ["male", "female"]
            .map(|gender| format!("Observation?patient.gender={gender}&code={}&_count=20", token(code)))
    });
    among(scene, paths, "no code")
}

pub fn has(scene: &Scene) -> Result<Shots, &'static str> {
    let codes = scene.sample.codes();
    let path = |code: &Code| format!("Patient?_has:Observation:patient:code={}&_count=20", token(code));
    among(scene, codes.iter().map(path), "no code")
}

/// Half point reads, half searches, as over a working day.
pub fn mixed(scene: &Scene) -> Result<Shots, &'static str> {
    let reads = point_read(scene)?;
    let families = [name, patient_code, patient_code, date_sorted, code, birth_date];
    let searches = families.iter().map(|family| family(scene)).collect::<Result<Vec<Shots>, _>>()?;
    Ok(Rc::new(move |turn| {
        let of = (turn.random >> 40) as usize % (2 * searches.len());
        searches.get(of).unwrap_or(&reads)(turn)
    }))
}
