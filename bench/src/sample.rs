//! What to ask for: names, dates, codes and values that the server really holds, taken from it before the load.

use crate::target::{Connection, Shot, Target};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many patients to draw from at most.
const PATIENTS_MAX: usize = 2000;
/// Patients whose observations are looked at.
const CHARTS: usize = 60;

/// A patient to ask for.
#[derive(Clone, Debug)]
pub struct Patient {
    pub id: String,
    pub family: String,
    pub birth_date: String,
}

/// An observation of a patient, to ask for its like.
#[derive(Clone, Debug)]
pub struct Observation {
    pub id: String,
    pub patient: String,
    pub code: Code,
    /// The day, `YYYY-MM-DD`.
    pub day: String,
}

/// A code in a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    pub system: String,
    pub code: String,
}

/// Values that were seen with a code, smallest first.
#[derive(Clone, Debug)]
pub struct Values {
    pub code: Code,
    /// UCUM code of the unit.
    pub unit: String,
    /// Whether they stand in components.
    pub is_component: bool,
    pub sorted: Vec<f64>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub patients: Vec<Patient>,
    pub observations: Vec<Observation>,
    pub values: Vec<Values>,
}

impl Sample {
    /// Takes a sample from a server.
    pub async fn take(target: &Rc<Target>) -> Result<Self> {
        let mut connection = Connection::new(Rc::clone(target));
        let mut sample = Self::default();
        // Oldest first, where the server can: what an earlier run wrote is not asked for.
        let path = target.path("Patient?_count=1000&_elements=id,name,birthDate");
        let mut page = match fetch(&mut connection, &format!("{path}&_sort=_lastUpdated")).await {
            Ok(page) => page,
            Err(_) => fetch(&mut connection, &path).await?,
        };
        loop {
            sample.patients.extend(resources(&page).filter_map(patient));
            match next_page(&page) {
                Some(next) if sample.patients.len() < PATIENTS_MAX => {
                    page = fetch(&mut connection, &next).await?;
                }
                _ => break,
            }
        }
        ensure!(!sample.patients.is_empty(), "the server has no patient with a name and a birth date");
        let step = (sample.patients.len() / CHARTS).max(1);
        let mut values = BTreeMap::new();
        for index in (0..sample.patients.len()).step_by(step) {
            let id = &sample.patients[index].id;
            let elements = "code,subject,effective,effectiveDateTime,value,valueQuantity,component";
            let path =
                target.path(&format!("Observation?patient=Patient/{id}&_count=200&_elements={elements}"));
            let page = fetch(&mut connection, &path).await?;
            for resource in resources(&page) {
                sample.observations.extend(observation(resource));
                collect_values(resource, false, &mut values);
                for component in resource["component"].as_array().into_iter().flatten() {
                    collect_values(component, true, &mut values);
                }
            }
        }
        sample.values = values
            .into_iter()
            .filter(|(_, seen)| seen.len() >= 5)
            .map(|((code, unit, is_component), mut sorted)| {
                sorted.sort_by(f64::total_cmp);
                Values { code, unit, is_component, sorted }
            })
            .collect();
        Ok(sample)
    }

    /// Every code of the observations once.
    pub fn codes(&self) -> Vec<Code> {
        let mut codes: Vec<Code> = self.observations.iter().map(|one| one.code.clone()).collect();
        codes.sort();
        codes.dedup();
        codes
    }
}

async fn fetch(connection: &mut Connection, path: &str) -> Result<Value> {
    let answer = connection.fetch(&Shot::get(path)).await?;
    let (status, body) = (answer.status(), answer.body());
    let start: String = String::from_utf8_lossy(body).chars().take(400).collect();
    ensure!(status.is_success(), "{status} for {path}: {start}");
    Ok(serde_json::from_slice(body)?)
}

fn resources(page: &Value) -> impl Iterator<Item = &Value> {
    let entries = page["entry"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["search"]["mode"] != "outcome").map(|entry| &entry["resource"])
}

/// Path and query of the next page, whatever the server calls itself.
fn next_page(page: &Value) -> Option<String> {
    let next = page["link"].as_array()?.iter().find(|link| link["relation"] == "next")?;
    let url = next["url"].as_str()?;
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|at| rest[at..].to_owned()),
        None => Some(url.to_owned()),
    }
}

fn patient(resource: &Value) -> Option<Patient> {
    Some(Patient {
        id: resource["id"].as_str()?.to_owned(),
        family: resource["name"][0]["family"].as_str()?.to_owned(),
        birth_date: resource["birthDate"].as_str()?.to_owned(),
    })
}

fn observation(resource: &Value) -> Option<Observation> {
    let reference = resource["subject"]["reference"].as_str()?;
    Some(Observation {
        id: resource["id"].as_str()?.to_owned(),
        patient: reference.rsplit_once('/')?.1.to_owned(),
        code: code(resource)?,
        day: resource["effectiveDateTime"].as_str()?.get(..10)?.to_owned(),
    })
}

/// The first code, unless it has a letter that would need escaping in a search.
fn code(resource: &Value) -> Option<Code> {
    let coding = &resource["code"]["coding"][0];
    let (system, code) = (coding["system"].as_str()?, coding["code"].as_str()?);
    let is_plain = |text: &str| !text.contains(['|', ',', '$', '\\']);
    (is_plain(system) && is_plain(code)).then(|| Code { system: system.to_owned(), code: code.to_owned() })
}

fn collect_values(holder: &Value, is_component: bool, values: &mut BTreeMap<(Code, String, bool), Vec<f64>>) {
    let quantity = &holder["valueQuantity"];
    let (Some(code), Some(value), Some(unit)) =
        (code(holder), quantity["value"].as_f64(), quantity["code"].as_str())
    else {
        return;
    };
    values.entry((code, unit.to_owned(), is_component)).or_default().push(value);
}
