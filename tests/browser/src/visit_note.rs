//! The note of a visit is written, read as it is written, signed, and stays as it is (CH01, LR01, LR03, OR01, X1).

use crate::browser::{ARROW_DOWN, Browser, ENTER, Script};
use crate::http::{Client, hidden};
use crate::joining::look;
use crate::practice::practice;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The control key, pressed with the next one.
const CONTROL: &str = "\u{E009}";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A patient of a test's own, with a problem.
pub fn patient(id: &str) -> String {
    let mut program = practice().program();
    let patient = json!({ "resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1985-07-04",
        "identifier": [{ "system": "https://meadowbrook.example.org/identifiers/mrn", "value": format!("N-{id}") }],
        "name": [{ "family": "Note", "given": [id] }] });
    assert_eq!(program.put(&format!("/fhir/Patient/{id}"), &patient).status, 201);
    let condition = json!({ "resourceType": "Condition", "id": format!("{id}-asthma"),
        "subject": { "reference": format!("Patient/{id}") },
        "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item" }] }],
        "code": { "text": "Mild intermittent asthma", "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J45.20" }] } });
    assert_eq!(program.put(&format!("/fhir/Condition/{id}-asthma"), &condition).status, 201);
    id.to_owned()
}

pub fn control_enter(browser: &Browser) {
    browser.type_into("textarea[name=text]", &format!("{CONTROL}{ENTER}"));
}

/// Begins a visit from the chart, by the key.
pub fn begin(browser: &Browser, patient: &str) {
    browser.open(&format!("/p/{patient}"));
    browser.keys("n");
    browser.wait("return /\\/v\\//.test(location.pathname) && document.activeElement.name === 'text'");
}

/// Waits until the record holds as many resources of a search.
pub fn wait_for(search: &str, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let found = practice().found(search);
        if found.len() == count {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{search} has {}: {found:?}", found.len());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn ch01_a_note_is_written_by_keyboard_taken_back_signed_and_stays() {
    let test = "ch01_a_note_is_written_by_keyboard_taken_back_signed_and_stays";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("keyboard");
    begin(&browser, &id);
    look(&browser, "note-begun");
    browser.script("const field = document.querySelector('textarea'); field.focus(); field.setSelectionRange(field.value.length, field.value.length)");
    browser.keys("/dx htn");
    browser.wait("return document.querySelector('[role=option]')?.dataset.line.endsWith('[I10]')");
    look(&browser, "note-suggestions");
    browser.keys(&format!("{ENTER}{ENTER}Above goal.{ENTER}/lab a1"));
    browser.wait("return document.querySelector('[role=option]')?.textContent.includes('A1c')");
    browser.keys(&format!("{ENTER}, lip"));
    browser.wait("return document.querySelector('[role=option]')?.textContent.includes('Lipid')");
    browser.keys(&format!("{ENTER}; in 3 months{ENTER}/dx asth"));
    browser.wait("return document.querySelectorAll('[role=option]').length > 1");
    browser.keys(&format!("{ARROW_DOWN}{}{ENTER}{ENTER}", crate::browser::ARROW_UP));
    browser.keys(&format!(
        "/vit bp 142/88 p 72 w 84.2 h 170{ENTER}/all penicillin; hives; severe{ENTER}/rtc 3 months"
    ));
    browser.wait("return document.querySelectorAll('.basket li').length === 6");
    browser.wait("return document.getElementById('saved').textContent.startsWith('Saved')");
    assert!(browser.text("#basket").contains("Mild intermittent asthma"), "{}", browser.text("#basket"));
    look(&browser, "note-written");

    // What is written survives a window that is closed.
    let page = browser.path();
    browser.open("/patients");
    browser.open(&page);
    assert_eq!(browser.script("return document.querySelectorAll('.basket li').length"), 6);

    control_enter(&browser);
    browser.wait("return document.querySelector('.pending')?.textContent.includes('being signed')");
    look(&browser, "note-being-signed");
    browser.keys("z");
    browser.wait("return /\\/v\\//.test(location.pathname)");
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(
        practice().found(&format!("DocumentReference?patient={id}")),
        Vec::<Value>::new(),
        "it was taken back"
    );

    control_enter(&browser);
    browser.wait("return document.querySelector('.pending')?.textContent.includes('being signed')");
    let notes = wait_for(&format!("DocumentReference?patient={id}"), 1);
    // The chart that is open shows it by itself.
    browser.wait("return !document.querySelector('.pending') && !!document.querySelector('.note .paper')");
    look(&browser, "note-signed");
    assert_eq!(browser.complaints(), Vec::<String>::new());

    assert_written(&id);
    stays(&notes[0]);

    // What was found missing is added to it.
    let note = notes[0]["id"].as_str().unwrap();
    browser.open(&format!("/p/{id}/documents/{note}"));
    assert!(browser.text(".hash").contains("SHA-256"));
    browser.type_into("#added", "Home readings were normal.");
    browser.click(".add button");
    browser.wait("return !!document.querySelector('.addendum')");
    assert!(browser.text(".addendum").contains("Home readings were normal."));
    look(&browser, "note-addendum");
    let added = wait_for(&format!("DocumentReference?patient={id}&relation=appends"), 1);
    stays(&added[0]);
}

/// The record holds what the note says, each resource by its profile of US Core.
fn assert_written(id: &str) {
    let conditions = practice().found(&format!("Condition?patient={id}"));
    assert_eq!(conditions.len(), 2, "the problem that was there is gone on with: {conditions:?}");
    let hypertension = conditions.iter().find(|one| one["code"]["coding"][0]["code"] == "I10").unwrap();
    let requests = practice().found(&format!("ServiceRequest?patient={id}"));
    let codes: Vec<_> = requests.iter().filter_map(|one| one["code"]["coding"][0]["code"].as_str()).collect();
    assert!(codes.contains(&"4548-4") && codes.contains(&"24331-1") && requests.len() == 3, "{codes:?}");
    let lipids = requests.iter().find(|one| one["code"]["coding"][0]["code"] == "24331-1").unwrap();
    let reason = format!("Condition/{}", hypertension["id"].as_str().unwrap());
    assert_eq!(lipids["reasonReference"][0]["reference"], reason, "an order knows what it is for");
    assert_eq!(
        practice().found(&format!("Observation?patient={id}")).len(),
        5,
        "four that were typed, and the index"
    );
    assert_eq!(practice().found(&format!("AllergyIntolerance?patient={id}")).len(), 1);
    let visit = &practice().found(&format!("Encounter?patient={id}"))[0];
    assert_eq!(
        (&visit["status"], visit["diagnosis"].as_array().map(Vec::len)),
        (&json!("finished"), Some(2))
    );
    for resource in practice().found(&format!("Patient/{id}/$everything?_count=100")) {
        let profile = resource["meta"]["profile"][0].as_str().unwrap_or_default();
        let kind = resource["resourceType"].as_str().unwrap();
        let of_ours = !["Patient", "Condition"].contains(&kind) || resource == *hypertension;
        assert!(!of_ours || profile.contains("us/core"), "{kind} says what it meets: {resource}");
    }
}

/// A signed note is not changed by any way in.
fn stays(note: &Value) {
    let mut program = practice().program();
    let address = format!("/fhir/DocumentReference/{}", note["id"].as_str().unwrap());
    let mut altered = note.clone();
    altered["content"][0]["attachment"]["data"] = json!("QWx0ZXJlZA==");
    for changed in [
        altered,
        {
            let mut one = note.clone();
            one["docStatus"] = json!("preliminary");
            one
        },
        {
            let mut one = note.clone();
            one.as_object_mut().unwrap().remove("authenticator");
            one
        },
    ] {
        let refused = program.put(&address, &changed);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("signed"), "{}", refused.text());
    }
    assert_eq!(program.send("DELETE", &address, &[], b"").status, 422);
    assert_eq!(program.get_json(&address)["content"], note["content"]);
}

#[test]
fn ch01_a_note_is_written_and_signed_without_javascript() {
    let test = "ch01_a_note_is_written_and_signed_without_javascript";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    let id = patient("plain");
    browser.open(&format!("/p/{id}"));
    browser.click(".begin button");
    browser.wait("return /\\/v\\//.test(location.pathname)");
    browser.type_into("textarea[name=text]", "/dx heartburn\nAfter meals.\n/xyz");
    browser.click("#note > noscript button");
    browser.wait("return document.querySelectorAll('.basket li').length === 2");
    assert!(browser.text("#basket").contains("there is no /xyz"), "{}", browser.text("#basket"));
    assert!(browser.text("#basket").contains("R12"), "{}", browser.text("#basket"));
    browser.click("[data-sign]");
    browser.wait("return !!document.querySelector('.problem')");
    assert!(browser.text(".problem").contains("there is no /xyz"));
    browser.click(".basket button[name=replace]");
    browser.wait("return document.querySelector('textarea').value.includes('[R12]')");
    browser.script(
        "const field = document.querySelector('textarea'); field.value = field.value.replace('/xyz', '')",
    );
    browser.click("[data-sign]");
    browser.wait("return !!document.querySelector('.pending')");
    let notes = wait_for(&format!("DocumentReference?patient={id}"), 1);
    assert_eq!(notes[0]["docStatus"], "final");
}

#[test]
fn ch01_two_windows_of_one_person_do_not_write_over_each_other() {
    let id = patient("windows");
    let mut client = practice().signed_in();
    let place = begin_plain(&mut client, &id);
    let page = client.get(&place).text();
    let context = hidden(&page, "context");
    let mut save = |text: &str, revision: u32| {
        let body = format!("context={context}&revision={revision}&text={text}");
        let answer =
            client.send("POST", &format!("{place}/draft"), &[FORM, ("x-part", "basket")], body.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    };
    assert!(!save("first", 0).contains("data-two-texts"));
    assert!(save("second", 0).contains("data-two-texts"));
    let page = client.get(&place).text();
    assert!(page.contains("first") && page.contains("second"), "both are kept");
    let body = format!("context={context}&revision=2&text=first");
    let refused = client.send("POST", &format!("{place}/sign"), &[FORM], body.as_bytes());
    assert_eq!(refused.status, 422, "nobody signs what nobody chose");
    let body = format!("context={context}&revision=2&text=first&choice=other");
    assert_eq!(client.send("POST", &format!("{place}/draft"), &[FORM], body.as_bytes()).status, 303);
    let page = client.get(&place).text();
    assert!(page.contains("second") && !page.contains("first"), "{page}");
}

/// Begins a visit by plain forms, and gives its page.
fn begin_plain(client: &mut Client, patient: &str) -> String {
    let chart = client.get(&format!("/p/{patient}")).text();
    let form = &chart[chart.find("class=\"begin\"").expect("a form to begin a visit")..];
    let body = format!("context={}&kind=office", hidden(form, "context"));
    let begun = client.send("POST", &format!("/p/{patient}/visits"), &[FORM], body.as_bytes());
    assert_eq!(begun.status, 303, "{}", begun.text());
    begun.header("location").unwrap().to_owned()
}

/// G9: a form that was made for one chart writes to no other (SAFER; HIPAA integrity).
#[test]
fn g09_a_form_of_one_chart_writes_to_no_other() {
    let (one, other) = (patient("one"), patient("other"));
    let mut client = practice().signed_in();
    let (place, there) = (begin_plain(&mut client, &one), begin_plain(&mut client, &other));
    let context = hidden(&client.get(&place).text(), "context");
    let visit = place.rsplit('/').next().unwrap().to_owned();
    let held =
        || [&one, &other].map(|id| practice().found(&format!("Patient/{id}/$everything?_count=100")).len());
    let before = held();
    for (path, body) in [
        (format!("{there}/draft"), "text=wrong"),
        (format!("{there}/sign"), "text=wrong"),
        (format!("{there}/line"), "line=/dx asthma"),
        (format!("{there}/undo"), ""),
        (format!("/p/{other}/v/{visit}/draft"), "text=wrong"),
        (format!("/p/{other}/v/{visit}/sign"), "text=wrong"),
        (format!("/p/{other}/visits"), "kind=office"),
    ] {
        for context in [context.as_str(), "", "0123456789abcdef0123456789abcdef"] {
            let body = format!("context={context}&revision=0&{body}");
            let refused = client.send("POST", &path, &[FORM], body.as_bytes());
            assert_eq!(refused.status, 409, "{path}: {}", refused.text());
        }
    }
    assert_eq!(before, held(), "nothing was written");
    assert!(!client.get(&there).text().contains("wrong"));
}
