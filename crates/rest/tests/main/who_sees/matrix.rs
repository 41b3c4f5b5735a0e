//! Every route and operation, for everybody, of each patient: what is answered stands in `role_matrix.tsv`. A new route
//! without a line there fails; so does an answer that tells what a plain reading of the policy says may not be seen.

use super::{PATIENTS, askers, assert_no_escape, of_patient, practice, send_as, told};
use crate::practice::{Ask, Practice, ask};
use access::Actor;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

const EXPECTED: &str = include_str!("role_matrix.tsv");

/// What stands for `{type}` in a path: something clinical, unless the operation is of another type.
const OBSERVATION: &str = "Observation";

/// Method and path pattern of everything that the API answers.
fn routes() -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for row in rest::interaction_outline().filter(|row| row.name != "operation") {
        routes.push((row.method.to_owned(), row.path.to_owned()));
    }
    for row in rest::operation_outline() {
        for path in &row.paths {
            if !row.affects_state {
                routes.push(("GET".to_owned(), path.clone()));
            }
            routes.push(("POST".to_owned(), path.clone()));
        }
    }
    routes
}

/// Methods that may change something.
const WRITES: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// The id of a resource of a type that is the patient's.
fn id_of(path: &str, patient: &str) -> String {
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    match first {
        "{type}" => format!("o-{patient}"),
        "Encounter" => format!("e-{patient}"),
        "Patient" => patient.to_owned(),
        "Group" => "all".to_owned(),
        _ => "none".to_owned(),
    }
}

/// The request of a route about a patient.
fn request<'a>(method: &'a str, pattern: &str, patient: &str) -> Ask<'a> {
    // Compartments are those of patients and not of observations.
    let is_compartment = pattern.contains("{member}");
    let id = if is_compartment { patient.to_owned() } else { id_of(pattern, patient) };
    let type_name = if is_compartment { "Patient" } else { OBSERVATION };
    let path = pattern
        .replace("{type}", type_name)
        .replace("{id}", &id)
        .replace("{version}", "1")
        .replace("{member}", OBSERVATION)
        .replace("{file}", "none.ndjson");
    let path = match pattern {
        "/" if method == "GET" => "/?_type=Observation,Patient".to_owned(),
        "/_search" => "/_search?_type=Observation,Patient".to_owned(),
        "/Observation/$lastn" => format!("{path}?patient={patient}&category=laboratory"),
        "/DocumentReference/$docref" => format!("{path}?patient={patient}"),
        "/$export" | "/Patient/$export" | "/Group/{id}/$export" => format!("{path}?_type=Observation"),
        _ => path,
    };
    let needs_condition = ["PUT", "PATCH", "DELETE"].contains(&method) && !pattern.contains("{id}");
    let path = if needs_condition { format!("{path}?_id=o-{patient}") } else { path };
    let body = body(method, pattern, &id, patient);
    let asked = ask(method, &path).with("prefer", "respond-async");
    match (method, pattern.ends_with("_search")) {
        ("POST", true) => asked.body("application/x-www-form-urlencoded", ""),
        ("PATCH", _) => asked
            .body("application/json-patch+json", r#"[{"op":"replace","path":"/status","value":"amended"}]"#),
        ("POST" | "PUT", _) => asked.json(&body),
        _ => asked,
    }
}

fn body(method: &str, pattern: &str, id: &str, patient: &str) -> String {
    let is_operation = pattern.contains('$');
    match (method, pattern) {
        ("POST", "/") => format!(
            r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"request":{{"method":"GET","url":"Observation/o-{patient}"}}}}]}}"#
        ),
        _ if pattern.contains("$meta-") => {
            r#"{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"http://a","code":"b"}]}}]}"#.to_owned()
        }
        (_, "/$import") => format!(
            r#"{{"resourceType":"Parameters","parameter":[{{"name":"inputFormat","valueCode":"application/fhir+ndjson"}},{{"name":"inputSource","valueUri":"http://example.org"}},{{"name":"input","part":[{{"name":"type","valueCode":"Observation"}},{{"name":"url","valueUrl":"Binary/b-{patient}"}}]}}]}}"#
        ),
        _ if is_operation => r#"{"resourceType":"Parameters"}"#.to_owned(),
        _ => {
            let id = if pattern.contains("{id}") { format!(r#""id":"{id}","#) } else { String::new() };
            format!(
                r#"{{"resourceType":"Observation",{id}"status":"amended","code":{{"text":"b"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
            )
        }
    }
}

/// What somebody gets by a route: the status for each patient, and of whom it tells when that is more than the one asked for.
fn outcome(asker: &str, actor: &Actor, method: &str, pattern: &str, shared: &Practice) -> String {
    let about_one = pattern.contains("{id}") || pattern == "/" && method == "POST" || method != "GET";
    let asked = if about_one { &PATIENTS[..] } else { &PATIENTS[..1] };
    let mut cells = Vec::new();
    for patient in asked {
        let ask = request(method, pattern, patient);
        let got = send_as(shared, actor, &ask);
        if got.status.is_success() && WRITES.contains(&method) {
            // For whoever asks next all is as it was.
            let resources = of_patient(patient);
            shared.fill(&[resources.iter().find(|json| json.contains("\"Observation\"")).unwrap()]);
        }
        let asked = format!("{method} {}", ask.path);
        assert_no_escape(asker, &asked, &got);
        let mut words = told(&got);
        if got.status == 202 {
            words.extend(words_of_job(asker, actor, &asked, shared, got.header("content-location")));
        }
        let mut told: Vec<String> =
            words.iter().filter_map(|word| Some(word.split_once('-')?.1.to_owned())).collect();
        told.sort_by_key(|patient| PATIENTS.iter().position(|known| known == patient));
        told.dedup();
        let of: String = told.iter().map(|patient| format!(" {patient}")).collect();
        cells.push(format!("{}{of}", got.status.as_u16()));
    }
    cells.dedup();
    cells.join(" / ")
}

/// What the files of a job tell when it is done; then it is ended.
fn words_of_job(asker: &str, actor: &Actor, asked: &str, practice: &Practice, place: &str) -> Vec<String> {
    let path = |url: &str| url.strip_prefix("http://localhost/fhir").unwrap().to_owned();
    let place = path(place);
    let mut words = Vec::new();
    for _ in 0..1000 {
        let got = send_as(practice, actor, &ask("GET", &place));
        if got.status == 202 {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        for file in got.document().root().each_of("output") {
            let url = file.get_str("url").unwrap_or_default();
            if let Some(path) = url.strip_prefix("http://localhost/fhir") {
                let content = send_as(practice, actor, &ask("GET", path));
                assert_no_escape(asker, asked, &content);
                words.extend(told(&content));
            }
        }
        let ended = send_as(practice, actor, &ask("DELETE", &place));
        assert!(ended.status.is_success(), "{}", ended.text());
        return words;
    }
    panic!("{asked} is not done");
}

/// The matrix as it is: for each route what everybody gets, those with the same answer together.
fn matrix() -> String {
    let (shared, askers) = (practice("matrix"), askers());
    let mut text = String::new();
    for (method, pattern) in routes() {
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, actor) in &askers {
            let outcome = outcome(name, actor, &method, &pattern, &shared);
            groups.entry(outcome).or_default().push(name);
        }
        for (outcome, names) in groups {
            writeln!(text, "{method}\t{pattern}\t{outcome}\t{}", names.join(",")).unwrap();
        }
    }
    text
}

#[test]
fn d1_every_route_answers_everybody_as_the_matrix_says() {
    let actual = matrix();
    let expected: Vec<&str> = EXPECTED.lines().filter(|line| !line.starts_with('#')).collect();
    let actual: Vec<&str> = actual.lines().collect();
    let missing: Vec<_> = actual.iter().filter(|line| !expected.contains(line)).collect();
    let gone: Vec<_> = expected.iter().filter(|line| !actual.contains(line)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "new or changed:\n{missing:#?}\nno longer so:\n{gone:#?}");
}
