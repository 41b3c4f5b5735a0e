//! The inbox: results are looked at one after the other, and none leaves it unsigned (LR09, X10).

use crate::browser::{Browser, ENTER, Script};
use crate::joining::look;
use crate::practice::practice;
use crate::visit_note::{patient, wait_for};
use serde_json::{Value, json};

/// A laboratory result, as it comes from outside; gives the id of the task to sign it.
pub fn result(patient: &str, id: &str, percent: &str, interpretation: &str) -> String {
    let mut observation = json!({ "resourceType": "Observation", "id": id, "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "4548-4", "display": "Hemoglobin A1c/Hemoglobin.total in Blood" }] },
        "subject": { "reference": format!("Patient/{patient}") }, "effectiveDateTime": now(),
        "valueQuantity": { "value": percent.parse::<f64>().unwrap(), "unit": "%", "system": "http://unitsofmeasure.org", "code": "%" },
        "referenceRange": [{ "low": { "value": 4, "unit": "%" }, "high": { "value": 5.6, "unit": "%" } }] });
    if !interpretation.is_empty() {
        observation["interpretation"] = json!([{ "coding": [{ "code": interpretation,
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation" }] }]);
    }
    assert_eq!(practice().program().put(&format!("/fhir/Observation/{id}"), &observation).status, 201);
    task(&format!("Observation/{id}"))
}

fn now() -> String {
    record_time(crate::joining::now_ms())
}

fn record_time(ms: i64) -> String {
    fhir::date_time::Instant::from_ms(ms).unwrap().to_string()
}

/// The task of a result or an order, which follows it in a moment.
fn task(focus: &str) -> String {
    let found = wait_for(&format!("Task?focus={focus}"), 1);
    found[0]["id"].as_str().unwrap().to_owned()
}

fn of_task(id: &str) -> Value {
    practice().program().get_json(&format!("/fhir/Task/{id}"))
}

/// Opens the inbox at an item.
pub fn open(browser: &Browser, task: &str) {
    browser.open(&format!("/inbox?queue=all&item={task}"));
}

#[test]
fn lr09_a_result_is_signed_by_one_key_taken_back_and_the_next_one_stands_there() {
    let test = "lr09_a_result_is_signed_by_one_key_taken_back_and_the_next_one_stands_there";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("inbox-one");
    let before = json!({ "resourceType": "Observation", "status": "final", "effectiveDateTime": "2019-03-04T09:00:00Z",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "4548-4" }] },
        "subject": { "reference": format!("Patient/{id}") }, "valueQuantity": { "value": 6.1, "unit": "%" } });
    assert_eq!(practice().program().post("/fhir/Observation", &before).status, 201);
    let normal = result(&id, "inbox-normal", "5.1", "N");
    let critical = result(&id, "inbox-critical", "14.2", "HH");
    open(&browser, &normal);
    assert!(browser.text(".item").contains("5.1"), "{}", browser.text(".item"));
    assert!(browser.text(".item").contains("6.1"), "the value before");
    assert!(browser.text(".known").contains("asthma"), "the context of the decision");
    look(&browser, "inbox");

    browser.keys("a");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Signed')");
    assert_eq!(of_task(&normal)["status"], "completed");
    assert_eq!(
        of_task(&normal)["output"][0]["valueReference"]["reference"],
        "Observation/inbox-normal/_history/1"
    );
    browser.keys("z");
    browser.wait("return !document.querySelector('.told')");
    assert_eq!(of_task(&normal)["status"], "requested");
    assert!(browser.text(".item").contains("5.1"), "back at it");

    let first = browser.script("return document.querySelector('.waiting li a').getAttribute('href')");
    browser.open(&format!("/p/{id}"));
    assert!(browser.text(".requires").contains("To sign"), "{}", browser.text(".requires"));
    look(&browser, "chart-requires");
    browser.click(".requires li a");
    browser.wait("return location.pathname === '/inbox'");
    assert!(browser.text(".item").contains("14.2"), "the critical one comes first: {first}");
    assert!(browser.text(".item").contains("HH Critical"));
    browser.click("input[value=phone]");
    browser.type_into("input[name=comment]", "To come in today");
    look(&browser, "inbox-critical");
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.told')?.textContent.includes('Signed')");
    let told = practice().found(&format!("Communication?subject=Patient/{id}"));
    assert_eq!(told[0]["payload"][0]["contentString"], "To come in today");
    assert_eq!(told[0]["about"][0]["reference"], "Observation/inbox-critical");
    assert_eq!(of_task(&critical)["status"], "completed");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn lr09_two_who_look_at_one_result_do_not_both_sign_it_and_a_corrected_one_is_not_signed_unseen() {
    let test = "lr09_two_who_look_at_one_result_do_not_both_sign_it_and_a_corrected_one_is_not_signed_unseen";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("inbox-two");
    let task = result(&id, "inbox-both", "5.2", "N");
    open(&browser, &task);
    browser.type_into("input[name=comment]", "as expected");
    let mut corrected = practice().program().get_json("/fhir/Observation/inbox-both");
    corrected["status"] = json!("corrected");
    corrected["valueQuantity"]["value"] = json!(9.8);
    assert_eq!(practice().program().put("/fhir/Observation/inbox-both", &corrected).status, 200);
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.problem')?.textContent.includes('changed since')");
    assert!(browser.text(".item").contains("9.8"), "as it is now");
    assert_eq!(browser.script("return document.querySelector('input[name=comment]').value"), "as expected");
    assert_eq!(of_task(&task)["status"], "requested");
    look(&browser, "inbox-changed");

    let mut other = of_task(&task);
    other["description"] = json!("somebody was here");
    assert_eq!(practice().program().put(&format!("/fhir/Task/{task}"), &other).status, 200);
    browser.keys("a");
    browser.wait("return document.querySelector('.problem')?.textContent.includes('changed since')");
    browser.open(&format!("/inbox?queue=all&item={task}"));
    browser.keys("a");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Signed')");
    assert_eq!(
        of_task(&task)["output"][0]["valueReference"]["reference"],
        "Observation/inbox-both/_history/2"
    );
}

#[test]
fn or05_an_overdue_order_is_put_off_given_to_somebody_or_done() {
    let test = "or05_an_overdue_order_is_put_off_given_to_somebody_or_done";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("inbox-order");
    let order = json!({ "resourceType": "ServiceRequest", "id": "inbox-order-1", "status": "active", "intent": "order",
        "category": [{ "coding": [{ "system": "http://snomed.info/sct", "code": "363679005", "display": "Imaging" }] }],
        "code": { "text": "Chest x-ray" }, "subject": { "reference": format!("Patient/{id}") },
        "authoredOn": record_time(crate::joining::now_ms() - 40 * 86_400_000), "reasonCode": [{ "text": "cough" }] });
    assert_eq!(practice().program().put("/fhir/ServiceRequest/inbox-order-1", &order).status, 201);
    let task = task("ServiceRequest/inbox-order-1");
    browser.open(&format!("/inbox?queue=overdue&item={task}"));
    assert!(browser.text(".item").contains("No result: Chest x-ray"));
    assert!(browser.text(".item").contains("for cough"));
    look(&browser, "inbox-order");
    browser.keys("s");
    browser.wait("return document.activeElement.name === 'date'");
    browser.keys(&format!("yesterday{ENTER}"));
    browser.wait("return !!document.querySelector('#date-wrong')");
    assert_eq!(
        browser.script("return document.querySelector('input[name=date][aria-invalid]').value"),
        "yesterday"
    );
    browser.script("document.querySelector('input[name=date][aria-invalid]').value = ''");
    browser.type_into("input[name=date][aria-invalid]", &format!("t+1w{ENTER}"));
    browser.wait("return !document.querySelector('#date-wrong')");
    let overdue = format!("/inbox?queue=overdue&item={task}");
    browser.open(&overdue);
    assert!(!browser.text(".waiting").contains("Chest x-ray"), "not expected before next week");

    browser.keys("f");
    browser.wait("return document.activeElement.name === 'to'");
    browser.keys(&format!("nobody of this name{ENTER}"));
    browser.wait("return !!document.querySelector('#to-wrong')");
    look(&browser, "inbox-forward");
    let name = browser.script("return document.querySelector('#practitioners option').value");
    let name = name.as_str().unwrap().to_owned();
    browser.script("document.querySelector('input[name=to][aria-invalid]').value = ''");
    browser.type_into("input[name=to][aria-invalid]", &format!("{name}{ENTER}"));
    browser.wait("return !document.querySelector('#to-wrong')");
    assert_eq!(of_task(&task)["owner"]["display"], name);

    browser.open(&overdue);
    browser.keys("t");
    browser.wait("return document.activeElement.name === 'words'");
    browser.keys(&format!("Call the radiology{ENTER}"));
    let added = wait_for(&format!("Task?patient={id}&code:missing=true"), 1);
    assert_eq!(added[0]["description"], "Call the radiology");
    browser.open(&overdue);
    browser.keys("a");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Done')");
    let order = practice().program().get_json("/fhir/ServiceRequest/inbox-order-1");
    assert_eq!((&order["status"], &of_task(&task)["status"]), (&json!("completed"), &json!("completed")));
}

#[test]
fn lr09_the_inbox_works_without_javascript_and_refuses_a_form_of_another_chart() {
    let test = "lr09_the_inbox_works_without_javascript_and_refuses_a_form_of_another_chart";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    let (one, other) = (patient("inbox-plain"), patient("inbox-other"));
    let (task, elsewhere) =
        (result(&one, "inbox-plain", "5.0", "N"), result(&other, "inbox-other", "5.0", "N"));
    open(&browser, &task);
    let page = practice().signed_in().get(&format!("/inbox?queue=all&item={task}")).text().to_owned();
    let context = page
        .split("name=\"context\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .to_owned();
    let form = format!("context={context}&version=1&seen=1&act=sign&queue=all");
    let header = [("content-type", "application/x-www-form-urlencoded")];
    let answer =
        practice().signed_in().send("POST", &format!("/inbox/{elsewhere}"), &header, form.as_bytes());
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(of_task(&elsewhere)["status"], "requested", "nothing was written");
    browser.click(".decide .primary");
    wait_for(&format!("Task?_id={task}&status=completed"), 1);
}
