//! Bulk Data Access 2.0.0: one export of the system is made from its start to its deletion, and asked about; others show
//! what its parameters do.

use super::Question;
use crate::client::{Client, Exchange};
use crate::finding::Check;
use anyhow::{Result, bail};
use hyper::Method;
use serde_json::Value;
use std::time::Duration;

/// The header of whoever waits for an answer elsewhere.
const LATER: (&str, &str) = ("prefer", "respond-async");
/// How often a status is asked for, and how long it is waited between.
const ASKS_MAX: usize = 600;
const PAUSE: Duration = Duration::from_millis(100);
/// The types that are exported: few files, and not one alone.
const TYPES: &str = "Patient,Organization";

/// The server that is asked, and the export that was made.
pub struct Bulk {
    client: Client,
    started: Exchange,
    done: Exchange,
    files: Vec<Exchange>,
}

impl Bulk {
    /// Makes the export.
    ///
    /// # Errors
    /// When the server cannot be reached, or does not come to an end.
    pub fn new(mut client: Client) -> Result<Self> {
        let started = client.send(Method::GET, &format!("$export?_type={TYPES}"), &[LATER], "")?;
        let (_, done) = finish(&mut client, &started)?;
        let urls: Vec<String> =
            outputs(&done).filter_map(|file| file["url"].as_str().map(str::to_owned)).collect();
        let accept = [("accept", "application/fhir+ndjson")];
        let files: Result<_> = urls.iter().map(|url| client.send(Method::GET, url, &accept, "")).collect();
        Ok(Self { client, started, done, files: files? })
    }

    fn place(&self) -> String {
        self.started.header("content-location").to_owned()
    }

    /// An export with parameters, and what its files hold.
    fn export(&mut self, path: &str) -> Result<(Exchange, Vec<Value>)> {
        let started = self.client.send(Method::GET, path, &[LATER], "")?;
        if started.status != 202 {
            return Ok((started, Vec::new()));
        }
        let (_, done) = finish(&mut self.client, &started)?;
        let mut resources = Vec::new();
        for file in outputs(&done) {
            let accept = [("accept", "application/fhir+ndjson")];
            let answer =
                self.client.send(Method::GET, file["url"].as_str().unwrap_or_default(), &accept, "")?;
            resources.extend(lines(&answer));
        }
        Ok((done, resources))
    }
}

/// Asks for the status until it is no longer 202.
fn finish(client: &mut Client, started: &Exchange) -> Result<(Option<Exchange>, Exchange)> {
    let place = started.header("content-location").to_owned();
    if place.is_empty() {
        return Ok((None, started.clone()));
    }
    let mut running = None;
    for _ in 0..ASKS_MAX {
        let status = client.send(Method::GET, &place, &[("accept", "application/json")], "")?;
        if status.status != 202 {
            return Ok((running, status));
        }
        running = Some(status);
        std::thread::sleep(PAUSE);
    }
    bail!("the export at {place} does not come to its end")
}

fn outputs(done: &Exchange) -> impl Iterator<Item = &Value> {
    done.body["output"].as_array().into_iter().flatten()
}

fn lines(file: &Exchange) -> Vec<Value> {
    file.text.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
}

fn is_outcome(answer: &Exchange) -> bool {
    (400..600).contains(&answer.status) && answer.body["resourceType"] == "OperationOutcome"
}

/// A question about an answer that is there already.
macro_rules! about {
    ($ids:expr, $answer:ident, $name:expr, $test:expr) => {
        Question {
            ids: &$ids,
            name: $name,
            ask: |bulk, check| {
                let test: fn(&Exchange) -> bool = $test;
                check.see(test(&bulk.$answer), &bulk.$answer, $name);
                Ok(())
            },
        }
    };
}

/// A question about every file, with its entry in the manifest.
macro_rules! each_file {
    ($ids:expr, $name:expr, $test:expr) => {
        Question {
            ids: &$ids,
            name: $name,
            ask: |bulk, check| {
                let test: fn(&Value, &Exchange) -> bool = $test;
                for (entry, file) in outputs(&bulk.done).zip(&bulk.files) {
                    check.judge(test(entry, file), &file.request, $name, || {
                        format!("{} {entry}", file.status)
                    });
                }
                Ok(())
            },
        }
    };
}

/// What is asked. The deletion comes last: it ends the export.
pub const QUESTIONS: &[Question<Bulk>] = &[
    about!([20, 28, 29, 223, 227, 299, 300], started, "202", |answer| answer.status == 202),
    about!([301], started, "content-location with an absolute URL", |answer| answer
        .header("content-location")
        .starts_with("http")),
    Question { ids: &[132], name: "202 while it runs", ask: while_it_runs },
    about!([21, 144, 310], done, "200", |answer| answer.status == 200),
    about!([145], done, "content-type application/json", |answer| answer
        .header("content-type")
        .starts_with("application/json")),
    about!([22, 147], done, "a JSON object", |answer| answer.body.is_object()),
    about!([150, 151], done, "transactionTime, an instant", |answer| answer.body["transactionTime"]
        .as_str()
        .is_some_and(|time| time.len() > 19 && crate::moment::Range::of_text(time).is_some())),
    about!([155, 156, 157], done, "request, the URL of the start", |answer| answer.body["request"]
        .as_str()
        .is_some_and(|url| url.starts_with("http") && url.contains("/$export?_type="))),
    about!(
        [159, 160, 161, 162],
        done,
        "requiresAccessToken true",
        |answer| answer.body["requiresAccessToken"] == true
    ),
    about!([164, 165, 166], done, "output, an array", |answer| answer.body["output"].is_array()),
    about!([191, 192], done, "error, an array", |answer| answer.body["error"].is_array()),
    about!([180], done, "deleted, an array where it is", |answer| answer
        .body
        .get("deleted")
        .is_none_or(Value::is_array)),
    each_file!([168], "type and url", |entry, _| entry["type"].is_string() && entry["url"].is_string()),
    each_file!([175], "an absolute url", |entry, _| entry["url"]
        .as_str()
        .is_some_and(|url| url.starts_with("http"))),
    each_file!([169, 170], "resources of the file's type alone", |entry, file| lines(file)
        .iter()
        .all(|resource| resource["resourceType"] == entry["type"])),
    each_file!([178], "count, where it is, the number of lines", |entry, file| entry
        .get("count")
        .is_none_or(|count| count.as_u64() == Some(lines(file).len() as u64))),
    each_file!([14, 24, 148, 204, 206], "200", |_, file| file.status == 200),
    each_file!([207, 208], "content-type application/fhir+ndjson", |_, file| file
        .header("content-type")
        .starts_with("application/fhir+ndjson")),
    each_file!([209], "a resource on each line", |_, file| !file.text.is_empty()
        && lines(file).iter().all(|resource| resource["resourceType"].is_string())),
    each_file!([202], "each resource once", |_, file| {
        let mut ids: Vec<_> = lines(file).iter().map(|resource| resource["id"].to_string()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        ids.len() == count
    }),
    Question { ids: &[5], name: "status and files are closed without a token", ask: closed },
    Question {
        ids: &[47, 49, 51, 52, 231, 251, 274],
        name: "_outputFormat in each of its spellings",
        ask: formats,
    },
    Question {
        ids: &[62],
        name: "_type narrows",
        ask: |bulk, check| narrowed(bulk, check, "$export?_type=Organization", &["Organization"]),
    },
    Question {
        ids: &[32],
        name: "_type given twice",
        ask: |bulk, check| {
            narrowed(bulk, check, "$export?_type=Organization&_type=Location", &["Organization", "Location"])
        },
    },
    Question { ids: &[63], name: "all types without _type", ask: all_types },
    Question { ids: &[53, 59, 234, 254], name: "_since leaves out what is older", ask: since },
    Question {
        ids: &[225, 272, 273, 297],
        name: "Patient/$export",
        ask: |bulk, check| narrowed(bulk, check, "Patient/$export?_type=Condition", &["Condition"]),
    },
    Question { ids: &[224, 249, 250, 298], name: "Group/[id]/$export", ask: of_group },
    Question {
        ids: &[303, 304],
        name: "4xx with an OperationOutcome for a type that is none",
        ask: |bulk, check| {
            let answer = bulk.client.send(Method::GET, "$export?_type=Nonsense", &[LATER], "")?;
            check.see(is_outcome(&answer), &answer, "4xx with an OperationOutcome");
            Ok(())
        },
    },
    Question {
        ids: &[136, 137],
        name: "4xx for an export that is none",
        ask: |bulk, check| elsewhere(bulk, check, &Method::GET),
    },
    Question {
        ids: &[308, 309],
        name: "4xx for the deletion of none",
        ask: |bulk, check| elsewhere(bulk, check, &Method::DELETE),
    },
    Question {
        ids: &[210],
        name: "4xx for a file that is none",
        ask: |bulk, check| {
            let url = outputs(&bulk.done).next().and_then(|file| file["url"].as_str()).unwrap_or_default();
            let answer = bulk.client.get(&format!("{url}-none"))?;
            check.see((400..600).contains(&answer.status), &answer, "4xx");
            Ok(())
        },
    },
    Question { ids: &[122, 305, 306], name: "202 for DELETE, then 404", ask: deleted },
];

/// An export of everything is the likeliest to be seen before it is done; a quick server is asked for several.
fn while_it_runs(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        let started = bulk.client.send(Method::GET, "$export", &[LATER], "")?;
        let (running, _) = finish(&mut bulk.client, &started)?;
        bulk.client.send(Method::DELETE, started.header("content-location"), &[], "")?;
        if let Some(running) = running {
            check.see(running.status == 202, &running, "202");
            break;
        }
    }
    Ok(())
}

fn closed(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    let mut nobody = bulk.client.with_token(None)?;
    let file = outputs(&bulk.done).next().and_then(|file| file["url"].as_str()).unwrap_or_default();
    for place in [bulk.place().as_str(), file] {
        let answer = nobody.get(place)?;
        check.see(answer.status == 401, &answer, "401");
    }
    Ok(())
}

fn formats(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    for format in ["application%2Ffhir%2Bndjson", "application%2Fndjson", "ndjson"] {
        let path = format!("$export?_type=Organization&_outputFormat={format}");
        let (done, resources) = bulk.export(&path)?;
        check.see(done.status == 200 && !resources.is_empty(), &done, &format!("an export of {path}"));
    }
    Ok(())
}

/// Exports; nothing but these types is in it, and something is.
fn narrowed(bulk: &mut Bulk, check: &mut Check, path: &str, types: &[&str]) -> Result<()> {
    let (done, resources) = bulk.export(path)?;
    let is_asked = |resource: &Value| types.iter().any(|name| resource["resourceType"] == *name);
    let is_right = done.status == 200 && !resources.is_empty() && resources.iter().all(is_asked);
    check.judge(is_right, &format!("GET {path}"), &format!("only {}", types.join(" and ")), || {
        format!("{} resources; {}", resources.len(), done.gist())
    });
    Ok(())
}

fn all_types(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    let (done, resources) = bulk.export("$export")?;
    for name in ["Patient", "Observation", "Condition", "Encounter"] {
        let total = bulk.client.get(&format!("{name}?_summary=count"))?.body["total"].as_u64();
        let count = resources.iter().filter(|resource| resource["resourceType"] == name).count() as u64;
        check.judge(total == Some(count), &done.request, &format!("{total:?} of {name}"), || {
            format!("{count}")
        });
    }
    Ok(())
}

fn since(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    let time = bulk.done.body["transactionTime"].as_str().unwrap_or_default().replace('+', "%2B");
    let (later, none) = bulk.export(&format!("$export?_type=Patient&_since={time}"))?;
    check.see(later.status == 200 && none.is_empty(), &later, "no Patient, for none changed since");
    let (done, all) = bulk.export("$export?_type=Patient&_since=2000-01-01T00:00:00Z")?;
    check.see(!all.is_empty(), &done, "Patients, for they changed since 2000");
    Ok(())
}

fn of_group(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    let groups = bulk.client.get("Group?_count=1")?;
    let Some(id) = groups.body.pointer("/entry/0/resource/id").and_then(Value::as_str) else { return Ok(()) };
    narrowed(bulk, check, &format!("Group/{id}/$export?_type=Patient"), &["Patient"])
}

/// The same place with another id.
fn elsewhere(bulk: &mut Bulk, check: &mut Check, method: &Method) -> Result<()> {
    let place = bulk.place();
    let answer = bulk.client.send(method.clone(), &format!("{place}-none"), &[], "")?;
    let is_typed = answer.header("content-type").starts_with("application/fhir+json");
    check.see(
        is_outcome(&answer) && is_typed,
        &answer,
        "4xx with an OperationOutcome of application/fhir+json",
    );
    Ok(())
}

fn deleted(bulk: &mut Bulk, check: &mut Check) -> Result<()> {
    let place = bulk.place();
    let answer = bulk.client.send(Method::DELETE, &place, &[], "")?;
    check.see(answer.status == 202, &answer, "202");
    let again = bulk.client.get(&place)?;
    check.see(again.status == 404 && is_outcome(&again), &again, "404 with an OperationOutcome");
    Ok(())
}
