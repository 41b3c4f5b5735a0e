//! What to ask for: names, dates, codes and values that the server really holds, taken from it before the load.

use crate::target::{Connection, Shot, Target};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use synth::Practice;

/// How many patients to draw from at most.
const PATIENTS_MAX: u32 = 2000;
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        let patients = patients(&mut connection, target, |seen| seen.len() >= PATIENTS_MAX as usize).await?;
        let mut sample = Self { patients, ..Self::default() };
        ensure!(!sample.patients.is_empty(), "the server has no patient with a name and a birth date");
        let step = (sample.patients.len() / CHARTS).max(1);
        let mut values = SeenValues::default();
        for index in (0..sample.patients.len()).step_by(step) {
            let path = observations_path(target, &sample.patients[index].id);
            let page = fetch(&mut connection, &path).await?;
            for resource in resources(&page) {
                sample.observations.extend(observation(resource));
                values.add(resource);
            }
        }
        sample.values = values.sorted();
        Ok(sample)
    }

    /// A sample of an invented practice without asking the server, whose memory then knows none of it: patients from
    /// first to last, and an observation of each.
    pub fn of_practice(practice: &Practice, patients: u32) -> Result<Self> {
        let (mut sample, mut values) = (Self::default(), SeenValues::default());
        for (turn, position) in spread(patients).enumerate() {
            let bundle: Value = serde_json::from_str(&practice.patient(position).to_json())?;
            let of_type =
                |name: &'static str| resources(&bundle).filter(move |one| one["resourceType"] == name);
            sample.patients.extend(of_type("Patient").filter_map(patient));
            of_type("Observation").for_each(|one| values.add(one));
            let mut observations: Vec<_> = of_type("Observation").filter_map(observation).collect();
            if !observations.is_empty() {
                sample.observations.push(observations.swap_remove(turn % observations.len()));
            }
        }
        sample.values = values.sorted();
        Ok(sample)
    }

    /// The sample of another server with the same content, by the ids that this server gave. What this server does not
    /// have is left out.
    pub async fn take_like(target: &Rc<Target>, other: &Self) -> Result<Self> {
        let mut connection = Connection::new(Rc::clone(target));
        let has_all = |seen: &[Patient]| {
            let seen: HashSet<_> = seen.iter().map(Patient::key).collect();
            other.patients.iter().all(|patient| seen.contains(&patient.key()))
        };
        let mut ids = HashMap::<_, VecDeque<String>>::new();
        for patient in patients(&mut connection, target, has_all).await? {
            ids.entry((patient.family, patient.birth_date)).or_default().push_back(patient.id);
        }
        let mut sample = Self { values: other.values.clone(), ..Self::default() };
        let mut id_here = HashMap::new();
        for patient in &other.patients {
            let key = (patient.family.clone(), patient.birth_date.clone());
            let Some(id) = ids.get_mut(&key).and_then(VecDeque::pop_front) else { continue };
            id_here.insert(patient.id.as_str(), id.clone());
            sample.patients.push(Patient { id, ..patient.clone() });
        }
        ensure!(!sample.patients.is_empty(), "the server has none of the patients that are asked for");
        for chart in other.observations.chunk_by(|one, next| one.patient == next.patient) {
            let Some(patient) = id_here.get(chart[0].patient.as_str()) else { continue };
            sample.observations.extend(like(&mut connection, target, patient, chart).await?);
        }
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

impl Patient {
    /// What tells a patient whatever the server calls it.
    fn key(&self) -> (&str, &str) {
        (&self.family, &self.birth_date)
    }
}

/// Positions of as many patients as are drawn from, from first to last.
fn spread(patients: u32) -> impl Iterator<Item = u32> {
    let count = u64::from(patients.min(PATIENTS_MAX));
    (0..count).filter_map(move |turn| u32::try_from(turn * u64::from(patients) / count).ok())
}

/// Patients page by page, until there are enough or no more. Oldest first, where the server can: what an earlier run
/// wrote is not asked for.
async fn patients(
    connection: &mut Connection,
    target: &Target,
    is_enough: impl Fn(&[Patient]) -> bool,
) -> Result<Vec<Patient>> {
    let path = target.path("Patient?_count=1000&_elements=id,name,birthDate");
    let mut page = match fetch(connection, &format!("{path}&_sort=_lastUpdated")).await {
        Ok(page) => page,
        Err(_) => fetch(connection, &path).await?,
    };
    let mut patients = Vec::new();
    loop {
        patients.extend(resources(&page).filter_map(patient));
        match next_page(&page) {
            Some(next) if !is_enough(&patients) => page = fetch(connection, &next).await?,
            _ => return Ok(patients),
        }
    }
}

fn observations_path(target: &Target, patient: &str) -> String {
    let elements = "code,subject,effective,effectiveDateTime,value,valueQuantity,component";
    target.path(&format!("Observation?patient=Patient/{patient}&_count=200&_elements={elements}"))
}

/// A patient's observations of the codes and days of those in another server's chart, in their order.
async fn like(
    connection: &mut Connection,
    target: &Target,
    patient: &str,
    chart: &[Observation],
) -> Result<Vec<Observation>> {
    let mut ids = HashMap::<_, VecDeque<String>>::new();
    let mut next = Some(observations_path(target, patient));
    while let Some(path) = next {
        let page = fetch(connection, &path).await?;
        for one in resources(&page).filter_map(observation) {
            ids.entry((one.code, one.day)).or_default().push_back(one.id);
        }
        next = next_page(&page);
    }
    let here = |one: &Observation| {
        let id = ids.get_mut(&(one.code.clone(), one.day.clone()))?.pop_front()?;
        Some(Observation { id, patient: patient.to_owned(), ..one.clone() })
    };
    Ok(chart.iter().filter_map(here).collect())
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

/// Values by code, unit, and whether they stand in components.
#[derive(Default)]
struct SeenValues(BTreeMap<(Code, String, bool), Vec<f64>>);

impl SeenValues {
    /// Takes in the values of an observation.
    fn add(&mut self, observation: &Value) {
        self.add_one(observation, false);
        for component in observation["component"].as_array().into_iter().flatten() {
            self.add_one(component, true);
        }
    }

    fn add_one(&mut self, holder: &Value, is_component: bool) {
        let quantity = &holder["valueQuantity"];
        let (Some(code), Some(value), Some(unit)) =
            (code(holder), quantity["value"].as_f64(), quantity["code"].as_str())
        else {
            return;
        };
        self.0.entry((code, unit.to_owned(), is_component)).or_default().push(value);
    }

    /// Those that were seen often enough to have thresholds.
    fn sorted(self) -> Vec<Values> {
        let often = self.0.into_iter().filter(|(_, seen)| seen.len() >= 5);
        let sorted = often.map(|((code, unit, is_component), mut sorted)| {
            sorted.sort_by(f64::total_cmp);
            Values { code, unit, is_component, sorted }
        });
        sorted.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    /// A server of some patients and each one's observations; gives its base URL.
    fn server(patients: Value, observations: fn(&str) -> Value) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/base", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer_all(stream.unwrap(), &patients, observations);
            }
        });
        base_url
    }

    fn answer_all(mut stream: TcpStream, patients: &Value, observations: fn(&str) -> Value) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while let Some(Ok(request)) = lines.next() {
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let patient = request.split_once("patient=Patient/").and_then(|(_, rest)| rest.split('&').next());
            let resources = patient.map_or_else(|| patients.clone(), observations);
            let entries = resources.as_array().unwrap().iter().map(|one| json!({ "resource": one }));
            let body = json!({ "entry": entries.collect::<Vec<_>>() }).to_string();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    }

    fn someone(id: &str, family: &str) -> Value {
        json!({ "id": id, "name": [{ "family": family }], "birthDate": "1970-01-01" })
    }

    fn weight(id: &str, patient: &str, day: &str) -> Value {
        json!({
            "id": id,
            "subject": { "reference": format!("Patient/{patient}") },
            "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7" }] },
            "effectiveDateTime": day,
        })
    }

    #[test]
    fn patients_of_a_sample_are_spread_over_the_practice() {
        assert_eq!(spread(3).collect::<Vec<_>>(), [0, 1, 2]);
        let many: Vec<u32> = spread(4_000_000_000).collect();
        assert_eq!(many.len(), 2000);
        assert!(many.windows(2).all(|two| two[1] - two[0] == 2_000_000), "{many:?}");
    }

    #[test]
    fn a_sample_of_an_invented_practice_asks_for_what_is_there() {
        let practice = Practice::new(synth::Settings::demo(crate::content::today()));
        let sample = Sample::of_practice(&practice, 6).unwrap();
        assert!(
            sample.patients.iter().map(|one| one.id.clone()).eq((0..6).map(|at| practice.patient_id(at)))
        );
        assert!(!sample.values.is_empty() && !sample.observations.is_empty());
        for observation in &sample.observations {
            assert!(sample.patients.iter().any(|one| one.id == observation.patient), "{observation:?}");
        }
    }

    async fn both_samples() -> Result<(Sample, Sample)> {
        let first = server(
            json!([someone("a1", "Ash"), someone("b1", "Birch"), someone("c1", "Cedar")]),
            |patient| {
                json!([
                    weight(&format!("{patient}-old"), patient, "2001-01-01"),
                    weight(&format!("{patient}-new"), patient, "2002-02-02")
                ])
            },
        );
        // In another order, by other ids, with more than was there, and without Ash and a day of Cedar.
        let patients = json!([someone("9", "Cedar"), someone("7", "Yew"), someone("8", "Birch")]);
        let other = server(patients, |patient| match patient {
            "8" => json!([
                weight("82", "8", "2002-02-02"),
                weight("83", "8", "2003-03-03"),
                weight("81", "8", "2001-01-01")
            ]),
            _ => json!([weight("92", patient, "2002-02-02")]),
        });
        let target = |url: &str| Ok::<_, anyhow::Error>(Rc::new(Target::new(url, None)?));
        let first = Sample::take(&target(&first)?).await?;
        let other = Sample::take_like(&target(&other)?, &first).await?;
        Ok((first, other))
    }

    #[test]
    fn another_server_is_asked_for_the_same_by_its_own_ids() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (first, other) = tokio::task::LocalSet::new().block_on(&runtime, both_samples()).unwrap();
        assert_eq!(first.observations.len(), 6);
        let patients: Vec<_> = other.patients.iter().map(|one| (&*one.id, &*one.family)).collect();
        assert_eq!(patients, [("8", "Birch"), ("9", "Cedar")]);
        let observations: Vec<_> =
            other.observations.iter().map(|one| (&*one.id, &*one.patient, &*one.day)).collect();
        assert_eq!(
            observations,
            [("81", "8", "2001-01-01"), ("82", "8", "2002-02-02"), ("92", "9", "2002-02-02")]
        );
    }
}
