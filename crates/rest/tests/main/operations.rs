//! Operations on resources.

use crate::practice::{PATIENT, Practice, ask, observation};

#[test]
fn validate_says_what_is_wrong() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let valid = practice.post("/Patient/$validate", PATIENT);
    assert_eq!(
        (valid.status.as_u16(), valid.at("issue.0.severity").as_str()),
        (200, "information"),
        "{}",
        valid.text()
    );
    let wrong = practice.post("/Patient/$validate", &PATIENT.replace("female", "neither"));
    assert_eq!(
        (wrong.status.as_u16(), wrong.at("issue.0.severity").as_str()),
        (200, "error"),
        "{}",
        wrong.text()
    );
    let as_parameter = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"mode","valueCode":"update"}},{{"name":"resource","resource":{PATIENT}}}]}}"#
    );
    let valid = practice.post("/Patient/p1/$validate", &as_parameter);
    assert_eq!(valid.at("issue.0.severity"), "information", "{}", valid.text());
    let other = practice.post("/Patient/p2/$validate", &as_parameter);
    assert_eq!(other.at("issue.0.severity"), "error", "{}", other.text());
    assert_eq!(practice.get("/Patient/p1/$validate").at("issue.0.severity"), "information");
    let type_mismatch = practice.post("/Group/$validate", PATIENT);
    assert_eq!(type_mismatch.at("issue.0.severity"), "error");
    practice.get("/Patient/$validate").assert_refusal(400, "required");
    practice.get("/Patient/p1/$validate?mode=delete").assert_refusal(400, "value");
    practice.get("/Patient/p1/$validate?colour=red").assert_refusal(400, "invalid");
}

const US_CORE_PATIENT: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient";

#[test]
fn validate_asks_for_profiles_that_the_request_names() {
    let practice = Practice::new();
    let ask =
        |profile: &str, body: &str| practice.post(&format!("/Patient/$validate?profile={profile}"), body);
    let nameless = r#"{"resourceType":"Patient","gender":"female"}"#;
    let outcome = ask(&format!("{US_CORE_PATIENT}%7C8.0.0"), nameless).text();
    assert!(
        outcome.contains("us-core-patient|8.0.0, Patient.identifier") && outcome.contains("name is missing")
    );
    let whole = r#"{"resourceType":"Patient","gender":"female","identifier":[{"system":"http://a.org","value":"1"}],"name":[{"family":"Roe"}]}"#;
    assert_eq!(ask(US_CORE_PATIENT, whole).at("issue.0.severity"), "information");
    assert_eq!(ask("http://example.org/unknown", whole).at("issue.0.code"), "not-found");
}

#[test]
fn a_practice_has_profiles_of_its_own() {
    let practice = Practice::new();
    practice.fill(&[r#"{"resourceType":"StructureDefinition","id":"d","url":"http://example.org/tall","name":"Tall","status":"active",
        "kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient",
        "derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"},{"id":"Patient.birthDate","path":"Patient.birthDate","min":1},
        {"id":"Patient.name.text","path":"Patient.name.text","max":"0"}]}}"#]);
    let patient = r#"{"resourceType":"Patient","gender":"female","identifier":[{"system":"http://a.org","value":"1"}],"name":[{"text":"Roe"}]}"#;
    let outcome = practice.post("/Patient/$validate?profile=http://example.org/tall", patient).text();
    assert!(
        outcome.contains("birthDate is missing") && outcome.contains("text is not allowed here"),
        "{outcome}"
    );
    let other = patient
        .replace("\"text\"", "\"family\"")
        .replace("\"gender\"", "\"birthDate\":\"1970-01-01\",\"gender\"");
    let outcome = practice.post("/Patient/$validate?profile=http://example.org/tall", &other);
    assert_eq!(outcome.at("issue.0.severity"), "information", "{}", outcome.text());
    // The base's own demands hold too.
    let outcome = practice.post(
        "/Patient/$validate?profile=http://example.org/tall",
        &other.replace("identifier", "contained"),
    );
    assert!(outcome.text().contains("identifier is missing"), "{}", outcome.text());
    // What declares it keeps it.
    let declares = r#""meta":{"profile":["http://example.org/tall"]},"gender""#;
    let refused = practice.post("/Patient", &patient.replace("\"gender\"", declares));
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text());
    assert!(refused.text().contains("birthDate is missing"), "{}", refused.text());
    assert_eq!(practice.post("/Patient", &other.replace("\"gender\"", declares)).status.as_u16(), 201);
}

#[test]
fn validate_looks_at_what_references_mean() {
    let practice = Practice::new();
    practice.fill(&[
        r#"{"resourceType":"StructureDefinition","id":"d","url":"http://example.org/seen","name":"Seen","status":"active",
        "kind":"resource","abstract":false,"type":"Encounter","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Encounter",
        "derivation":"constraint","differential":{"element":[{"id":"Encounter","path":"Encounter"},{"id":"Encounter.subject","path":"Encounter.subject",
        "type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]}]}]}}"#,
        r#"{"resourceType":"Patient","id":"whole","gender":"female","identifier":[{"system":"http://a.org","value":"1"}],"name":[{"family":"Roe"}]}"#,
        r#"{"resourceType":"Patient","id":"nameless","gender":"female"}"#,
    ]);
    let ask = |patient: &str| {
        let encounter = format!(
            r#"{{"resourceType":"Encounter","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
        );
        practice.post("/Encounter/$validate?profile=http://example.org/seen", &encounter)
    };
    assert_eq!(ask("whole").at("issue.0.severity"), "information", "{}", ask("whole").text());
    assert!(
        ask("nameless").text().contains("refers to Patient, which is none of"),
        "{}",
        ask("nameless").text()
    );
    assert_eq!(
        ask("elsewhere").at("issue.0.severity"),
        "information",
        "what is not here is not held against it"
    );
}

#[test]
fn a_profile_that_a_resource_declares_is_kept_on_write() {
    let practice = Practice::new();
    let declared = format!(
        r#"{{"resourceType":"Patient","meta":{{"profile":["{US_CORE_PATIENT}"]}},"gender":"female"}}"#
    );
    let refused = practice.post("/Patient", &declared);
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text());
    assert!(refused.text().contains("Patient.identifier"), "{}", refused.text());
    assert_eq!(
        practice.post("/Patient", &declared.replace("us-core-patient", "unknown")).status.as_u16(),
        201
    );
}

fn chart() -> Practice {
    let practice = Practice::new();
    practice.fill(&[
        PATIENT,
        &PATIENT.replace("p1", "p2"),
        r#"{"resourceType":"Practitioner","id":"d1","name":[{"family":"Dee"}]}"#,
        r#"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/p1"},"participant":[{"individual":{"reference":"Practitioner/d1"}}],"period":{"start":"2024-01-01T10:00:00Z","end":"2024-01-01T11:00:00Z"}}"#,
        &observation("o1", "p1", "a", "2024-01-01"),
        &observation("o2", "p1", "a", "2024-02-01"),
        &observation("o3", "p1", "b", "2024-03-01"),
        &observation("o4", "p2", "a", "2024-04-01"),
    ]);
    practice
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn everything_gives_the_whole_chart() {
    let practice = chart();
    let all = practice.get("/Patient/p1/$everything");
    assert_eq!(sorted(all.ids("match")), ["e1", "o1", "o2", "o3", "p1"], "{}", all.text());
    assert_eq!(all.ids("include"), ["d1"]);
    assert_eq!(practice.post("/Patient/p1/$everything", "").ids("match").len(), 5);
    let ranged = practice.get("/Patient/p1/$everything?start=2024-02-01&end=2024-02-28");
    assert_eq!(sorted(ranged.ids("match")), ["o2", "p1"], "{}", ranged.text());
    let typed = practice.get("/Patient/p1/$everything?_type=Observation");
    assert_eq!(sorted(typed.ids("match")), ["o1", "o2", "o3"], "{}", typed.text());
    let recent = practice.get("/Patient/p1/$everything?_since=2100-01-01T00:00:00Z");
    assert_eq!(recent.ids("match").len(), 0, "{}", recent.text());
    practice.get("/Patient/never/$everything").assert_refusal(404, "not-found");
    practice.get("/Patient/p1/$everything?start=soon").assert_refusal(400, "value");
    practice.get("/Patient/$everything").assert_refusal(404, "not-supported");
    let encounter = practice.get("/Encounter/e1/$everything");
    assert_eq!(encounter.ids("match"), ["e1"], "{}", encounter.text());
}

#[test]
fn everything_comes_in_pages() {
    let practice = chart();
    let (mut path, mut ids) = ("/Patient/p1/$everything?_count=2".to_owned(), Vec::new());
    while !path.is_empty() {
        let page = practice.get(&path);
        assert!(page.ids("match").len() <= 2, "{}", page.text());
        ids.extend(page.ids("match"));
        path = page.link("next");
    }
    assert_eq!(sorted(ids), ["e1", "o1", "o2", "o3", "p1"]);
}

#[test]
fn lastn_gives_the_last_of_each_code() {
    let practice = chart();
    let last = practice.get("/Observation/$lastn?patient=p1&category=laboratory");
    assert_eq!(last.ids("match"), ["o3", "o2"], "{}", last.text());
    let two = practice.get("/Observation/$lastn?patient=p1&code=a&max=2");
    assert_eq!(two.ids("match"), ["o2", "o1"], "{}", two.text());
    practice.get("/Observation/$lastn?patient=p1").assert_refusal(400, "required");
    practice.get("/Observation/$lastn?code=a").assert_refusal(400, "required");
    practice.get("/Observation/$lastn?patient=p1&code=a&max=no").assert_refusal(400, "value");
}

#[test]
fn docref_gives_the_documents_that_there_are() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let document = |id: &str, code: &str, date: &str, more: &str| {
        let coding = format!(r#"{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}}"#);
        format!(
            r#"{{"resourceType":"DocumentReference","id":"{id}","status":"current","type":{coding},"date":"{date}T08:00:00Z","subject":{{"reference":"Patient/p1"}},"content":[{{"attachment":{{"contentType":"text/plain","data":"YQ=="}}}}]{more}}}"#
        )
    };
    let period = r#","context":{"period":{"start":"2020-05-01","end":"2020-05-02"}}"#;
    let documents = [
        document("d1", "34133-9", "2020-05-03", period),
        document(
            "d2",
            "34133-9",
            "2021-05-03",
            r#","context":{"period":{"start":"2021-05-01","end":"2021-05-02"}}"#,
        ),
        document(
            "d3",
            "18842-5",
            "2019-05-03",
            r#","context":{"period":{"start":"2019-05-01","end":"2019-05-02"}}"#,
        ),
        document("d4", "18842-5", "2022-05-03", period).replace("current", "superseded"),
    ];
    practice.fill(&documents.iter().map(String::as_str).collect::<Vec<_>>());
    let rows: [(&str, &[&str]); 8] = [
        ("patient=p1", &["d2", "d3"]),
        ("patient=Patient/p1&type=http://loinc.org|34133-9", &["d2"]),
        ("patient=p1&start=2020-01-01&end=2020-12-31", &["d1"]),
        ("patient=p1&end=2020-12-31", &["d1", "d3"]),
        ("patient=p1&start=2019-01-01&type=34133-9", &["d2", "d1"]),
        ("patient=p1&on-demand=true", &[]),
        ("patient=p1&profile=http://example.org/format", &[]),
        ("patient=nobody", &[]),
    ];
    for (query, wanted) in rows {
        let got = practice.get(&format!("/DocumentReference/$docref?{query}"));
        assert_eq!(
            (got.status.as_u16(), got.at("type").as_str()),
            (200, "searchset"),
            "{query}: {}",
            got.text()
        );
        assert_eq!(got.ids("match"), wanted, "{query}: {}", got.text());
    }
    let posted = r#"{"resourceType":"Parameters","parameter":[{"name":"patient","valueId":"p1"},{"name":"type","valueCoding":{"system":"http://loinc.org","code":"18842-5"}}]}"#;
    assert_eq!(practice.post("/DocumentReference/$docref", posted).ids("match"), ["d3"]);
    practice.get("/DocumentReference/$docref").assert_refusal(400, "required");
    practice.get("/DocumentReference/$docref?patient=p1&start=soon").assert_refusal(400, "value");
}

#[test]
fn labels_are_added_and_removed() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let labels = r#"{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"http://example.org/t","code":"vip"}],"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}}]}"#;
    let added = practice.post("/Patient/p1/$meta-add", labels);
    assert_eq!(added.at("parameter.0.valueMeta.tag.0.code"), "vip", "{}", added.text());
    practice.post("/Patient/p1/$meta-add", labels);
    let read = practice.get("/Patient/p1");
    assert_eq!(
        (read.at("meta.tag.length").as_str(), read.header("etag")),
        ("1", "W/\"2\""),
        "{}",
        read.text()
    );
    assert_eq!(practice.get("/Patient/p1/$meta").at("parameter.0.valueMeta.security.0.code"), "R");
    let removed = practice.post("/Patient/p1/$meta-delete", labels);
    assert_eq!(removed.at("parameter.0.valueMeta.tag"), "", "{}", removed.text());
    practice.send(&ask("POST", "/Patient/p1/$meta-add")).assert_refusal(400, "required");
}
