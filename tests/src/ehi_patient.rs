//! All health information of one patient goes out, and nothing of another's (feature b10): held against the export of the
//! whole practice, which is another way to the same data.

use crate::bulk::{Resources, demo, search};
use crate::harness::content;
use crate::harness::folder::contents;
use crate::harness::http::Client;
use crate::harness::program;
use crate::harness::samples::{patient, weight};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn lines(bytes: &[u8]) -> Vec<Value> {
    std::str::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A version's text, stamp and time, by its key and number.
type Versions = BTreeMap<(String, u64), (Value, Value, Value)>;

fn name(version: &Value) -> String {
    format!("{}/{}", version["type"].as_str().unwrap(), version["id"].as_str().unwrap())
}

/// All versions that the export of a whole practice has.
fn versions_of_commits(bytes: &[u8]) -> Versions {
    let mut found = Versions::new();
    for commit in lines(bytes) {
        for version in commit["versions"].as_array().unwrap() {
            let told = (version["text"].clone(), version["stamp"].clone(), commit["time_ms"].clone());
            found.insert((name(version), version["version"].as_u64().unwrap()), told);
        }
    }
    found
}

fn versions_of_patient(bytes: &[u8]) -> Versions {
    let mut found = Versions::new();
    for version in lines(bytes) {
        let told = (version["text"].clone(), version["stamp"].clone(), version["time_ms"].clone());
        let key = (name(&version), version["version"].as_u64().unwrap());
        assert!(found.insert(key, told).is_none(), "{version} is there twice");
    }
    found
}

fn put(client: &mut Client, resource: &Value) {
    let path =
        format!("/fhir/{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    let answer = client.put(&path, resource);
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
}

/// What makes a patient's record hard to export: versions, a deletion, files in several places, what was written to the
/// wrong chart, ids written in another way. Gives the names of what belongs to them and is not found by a search.
fn fill(client: &mut Client, id: &str, other: &str) -> [&'static str; 2] {
    let of = |number: &str, patient: &str| weight(number, &format!("Patient/{patient}"));
    put(client, &of("gone", id));
    assert_eq!(client.send("DELETE", "/fhir/Observation/gone", &[], b"").status, 204);
    put(client, &of("of-the-other-before", other));
    put(client, &of("of-the-other-before", id));
    put(client, &of("moved-away", id));
    put(client, &of("moved-away", other));
    put(client, &of("of-the-other", other));
    let escaped = format!(
        "{{\"resourceType\":\"Basic\",\"id\":\"escaped\",\"code\":{{\"text\":\"x\"}},\"subject\":{{\"reference\":\"\\u0050atient\\/{id}\"}}}}"
    );
    let json = [("content-type", "application/fhir+json")];
    assert_eq!(client.send("PUT", "/fhir/Basic/escaped", &json, escaped.as_bytes()).status, 201);

    let png = [("content-type", "image/png")];
    for (binary, first) in [("scan", 1u8), ("scan-of-the-other", 2)] {
        let bytes: Vec<u8> = (first..=250).cycle().take(200_000).collect();
        assert_eq!(client.send("PUT", &format!("/fhir/Binary/{binary}"), &png, &bytes).status, 201);
    }
    for (document, patient, binary) in
        [("letter", id, "scan"), ("letter-of-the-other", other, "scan-of-the-other")]
    {
        for data in ["QUJD".repeat(30_000), format!("QUJE{}", "QUJF".repeat(30_000)), "QQ==".to_owned()] {
            let attachment = |member: &str, value: &str| json!({ "attachment": { "contentType": "image/png", member: value } });
            put(
                client,
                &json!({
                    "resourceType": "DocumentReference", "id": document, "status": "current",
                    "subject": { "reference": format!("Patient/{patient}") }, "description": "größe",
                    "author": [{ "reference": "Practitioner/author" }],
                    "content": [attachment("data", &data), attachment("url", &format!("Binary/{binary}"))],
                }),
            );
        }
    }
    put(client, &json!({ "resourceType": "Practitioner", "id": "author", "name": [{ "family": "Quill" }] }));
    let entries = [id, other].map(|one| {
        json!({ "resource": patient(one), "request": { "method": "PUT", "url": format!("Patient/{one}") } })
    });
    let both = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    assert_eq!(client.post("/fhir", &both).status, 200);
    // Looks at both at once, at one, and at what is not there any more.
    assert_eq!(client.get(&format!("/fhir/Observation?subject=Patient/{id},Patient/{other}")).status, 200);
    assert_eq!(client.get(&format!("/fhir/Condition?patient={id}")).status, 200);
    assert_eq!(client.get(&format!("/fhir/Condition?patient={other}")).status, 200);
    assert_eq!(client.get("/fhir/Observation/gone").status, 410);
    ["Observation/gone", "Observation/moved-away"]
}

/// What types a patient's resources refer to, outside of every patient's compartment.
const REFERRED: [&str; 8] = [
    "Binary",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Schedule",
    "Slot",
];

/// The export of one patient beside that of the whole practice, with what searches found.
struct Exports<'a> {
    id: &'a str,
    one: BTreeMap<String, Vec<u8>>,
    all: BTreeMap<String, Vec<u8>>,
    /// The names of what belongs, or once belonged, to the patient.
    own: BTreeSet<&'a str>,
    /// The versions in the patient's export.
    versions: Versions,
}

impl Exports<'_> {
    /// Every version of the patient's, byte for byte; of what was moved, those of their chart alone.
    fn check_versions(&self, of_others: &BTreeSet<String>) {
        let known = versions_of_commits(&self.all["commits.ndjson"]);
        for (key, told) in &self.versions {
            assert_eq!(Some(told), known.get(key), "{key:?}");
        }
        let of_another = [("Observation/moved-away", 2), ("Observation/of-the-other-before", 1)];
        for key in known.keys().filter(|key| self.own.contains(key.0.as_str())) {
            let is_of_another = of_another.contains(&(key.0.as_str(), key.1));
            assert_eq!(self.versions.contains_key(key), !is_of_another, "{key:?}");
        }
        for key in ["Binary/scan", "Practitioner/author"] {
            assert!(self.versions.contains_key(&(key.to_owned(), 1)), "{key} is referred to");
        }
        for (key, _) in self.versions.keys().filter(|key| !self.own.contains(key.0.as_str())) {
            assert!(REFERRED.contains(&key.split('/').next().unwrap()), "{key}");
            assert!(!of_others.contains(key), "{key} is of another");
        }
    }

    /// Every content that a version names is there, as it was, and no other.
    fn check_contents(&self) {
        let marked: String = self.versions.values().map(|(text, ..)| text.to_string()).collect();
        for name in self.all.keys().filter(|name| name.starts_with("blobs/")) {
            let hash = name.strip_prefix("blobs/").unwrap().replace('/', "");
            let wanted = self.all.get(name).filter(|_| marked.contains(&hash));
            assert!(self.one.get(name) == wanted, "{name}");
        }
        assert_eq!(self.one.keys().filter(|name| name.starts_with("blobs/")).count(), 3);
    }

    /// Every look at the patient, and every write. Gives the number of rows.
    fn check_audit(&self) -> usize {
        let told = lines(&self.one["audit.ndjson"]);
        let is_write = |row: &&Value| row.get("commit").is_some();
        let (writes, reads): (Vec<&Value>, Vec<&Value>) = told.iter().partition(is_write);
        // The whole practice was exported after the patient: its looks are not in the patient's.
        let last = reads.last().unwrap()["t"].as_i64().unwrap();
        let looks = lines(&self.all["reads.ndjson"]);
        let looks = looks.iter().map(|row| serde_json::from_str::<Value>(row.as_str().unwrap()).unwrap());
        let looks = looks.filter(|row| row["t"].as_i64().unwrap() <= last && self.is_about(row));
        let times: Vec<Value> = reads.iter().map(|row| row["t"].clone()).collect();
        assert_eq!(times, looks.map(|row| row["t"].clone()).collect::<Vec<_>>());
        let asked = |word: &str| reads.iter().any(|row| row["query"].to_string().contains(word));
        assert!(asked("Condition?patient=") && !asked("Observation?subject="), "{reads:?}");
        let changed = writes.iter().flat_map(|row| row["changed"].as_array().unwrap());
        let changed: BTreeSet<&str> = changed.map(|one| one.as_str().unwrap()).collect();
        for (name, version) in self.versions.keys().filter(|key| self.own.contains(key.0.as_str())) {
            assert!(
                changed.contains(&*format!("{name}/_history/{version}")),
                "{name} {version} has no audit"
            );
        }
        told.len()
    }

    /// Whether a look was at the patient. What was moved away is another's when it is looked at.
    fn is_about(&self, row: &Value) -> bool {
        let names = |member: &str| row[member].as_array().into_iter().flatten().filter_map(Value::as_str);
        names("of").any(|id| id == self.id)
            || names("what").any(|name| name != "Observation/moved-away" && self.own.contains(name))
    }
}

#[test]
fn all_health_information_of_one_patient_goes_out_and_nothing_of_another() {
    let (folder, server) = demo();
    let place = |name: &str| folder.path().join(name);
    let text = |name: &str| place(name).to_str().unwrap().to_owned();
    let mut client = server.administrator();
    let patients: Vec<String> =
        search(&mut client, "/Patient?_count=1000&_elements=id").into_keys().collect();
    let ids: Vec<&str> = patients.iter().map(|key| key.strip_prefix("Patient/").unwrap()).collect();
    let (id, others) = (ids[0], &ids[1..]);
    let hidden = fill(&mut client, id, others[0]);
    let mut compartment = |id: &str| search(&mut client, &format!("/Patient/{id}/*?_count=1000"));
    let current: Resources = compartment(id);
    assert!(current.len() > 20 && current.contains_key("Basic/escaped"), "{} resources", current.len());
    let of_others: BTreeSet<String> =
        others.iter().flat_map(|other| compartment(other).into_keys()).collect();

    let counts = program::succeed(server.data(), ["export-ehi", "--patient", id, &text("one")]);
    program::succeed(server.data(), ["export-ehi", &text("all")]);
    let unknown = program::run(server.data(), ["export-ehi", "--patient", "nobody", &text("none")]);
    assert!(unknown.code == Some(1) && unknown.failure().contains("Patient/nobody"), "{unknown:?}");
    server.stop();
    let (one, all) = (contents(&place("one")), contents(&place("all")));
    let versions = versions_of_patient(&one["versions.ndjson"]);
    let own = current.keys().map(String::as_str).chain(hidden).collect();
    let exports = Exports { id, one, all, own, versions };
    exports.check_versions(&of_others);
    exports.check_contents();
    assert_eq!(counts["audit"], exports.check_audit());
    let audit = String::from_utf8_lossy(&exports.one["audit.ndjson"]).into_owned();
    assert!(others.iter().all(|other| !audit.contains(other)), "the audit tells of another");
    let readme = String::from_utf8_lossy(&exports.one["README.md"]).into_owned();
    assert!(readme.contains("versions.ndjson"), "it says what it is");

    // What is current comes into another practice, and is the same there.
    let resources = place("one").join("resources");
    program::succeed(&place("new"), ["import".as_ref(), resources.as_os_str()]);
    program::succeed(&place("new"), ["export", &text("again")]);
    let exported = content::of_export(&resources);
    assert!(current.keys().all(|key| exported.contains_key(key)) && exported.contains_key("Binary/scan"));
    // What belongs to both, such as the insurance of a family, is in either's.
    let of_another = |key: &&String| of_others.contains(*key) && !current.contains_key(*key);
    assert_eq!(exported.keys().filter(of_another).collect::<Vec<_>>(), Vec::<&String>::new());
    content::assert_equal(&content::of_export(&place("again")), &exported);
    let refused = program::run(&place("newer"), ["import-ehi", &text("one")]);
    assert!(refused.code == Some(1) && refused.failure().contains("chiron-ehi-patient-1"), "{refused:?}");
}
