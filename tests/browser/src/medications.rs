//! The medication list (LR02; tasks 7 and 8).

use crate::browser::{Browser, ENTER, Script, TAB};
use crate::joining::look;
use crate::made_up::{CROWDED, EMPTY};
use crate::practice::practice;
use crate::visit_note::{patient, wait_for};
use serde_json::json;

/// Orders of a patient's that are active.
pub fn ordered(patient: &str, names: &[&str]) {
    for name in names {
        let order = json!({ "resourceType": "MedicationRequest", "status": "active", "intent": "order",
            "medicationCodeableConcept": { "text": name }, "subject": { "reference": format!("Patient/{patient}") },
            "authoredOn": "2026-05-02", "requester": { "display": "Dr Osler" },
            "dosageInstruction": [{ "text": "Take one a day" }] });
        assert_eq!(practice().program().post("/fhir/MedicationRequest", &order).status, 201);
    }
}

/// From the list: three are ticked and renewed, by keyboard alone.
pub fn renew_three(browser: &Browser) {
    browser.script("document.querySelector('input[name=pick]').focus()");
    browser.keys(&format!(" {TAB} {TAB} "));
    browser.wait("return document.querySelector('[data-picks]').textContent === 'Renew 3'");
    browser.keys("r");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Renewed')");
}

/// From the list: the first is stopped for a reason that is chosen.
pub fn stop_one(browser: &Browser) {
    browser.click("input[name=pick]");
    browser.click(".picks button[value='side effect']");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Stopped')");
}

#[test]
fn lr02_medications_go_on_end_and_are_told_of_and_a_change_of_somebody_else_holds_all_back() {
    let test = "lr02_medications_go_on_end_and_are_told_of_and_a_change_of_somebody_else_holds_all_back";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("medications");
    ordered(&id, &["lisinopril 20 mg tablet", "metformin 500 mg tablet", "atorvastatin 40 mg tablet"]);
    browser.open(&format!("/p/{id}"));
    browser.keys("m");
    browser.wait("return location.pathname.endsWith('/medications')");
    look(&browser, "medications");
    renew_three(&browser);
    assert_eq!(wait_for(&format!("MedicationRequest?patient={id}&status=completed"), 3).len(), 3);
    stop_one(&browser);
    assert_eq!(
        wait_for(&format!("MedicationRequest?patient={id}&status=stopped"), 1)[0]["statusReason"]["text"],
        "side effect"
    );

    browser.type_into("input[name=line]", &format!("ibuprofen 200 mg zz{ENTER}"));
    browser.wait("return !!document.querySelector('#line-wrong')");
    look(&browser, "medications-wrong");
    browser.script("document.querySelector('input[name=line]').value = ''");
    browser.type_into("input[name=line]", &format!("ibuprofen 200 mg tab prn pain{ENTER}"));
    browser.wait("return document.querySelector('.told')?.textContent.includes('Added')");
    assert!(browser.text(".picks").contains("ibuprofen"), "{}", browser.text(".picks"));

    browser.click("input[name=pick]");
    let active = practice().found(&format!("MedicationRequest?patient={id}&status=active"));
    for mut other in active {
        other["note"] = json!([{ "text": "somebody was here" }]);
        let place = format!("/fhir/MedicationRequest/{}", other["id"].as_str().unwrap());
        assert_eq!(practice().program().put(&place, &other).status, 200);
    }
    browser.script("document.querySelectorAll('input[name=pick]').forEach((one) => { one.checked = true; })");
    browser.type_into(".picks input[name=reason]", &format!("told to by the pharmacy{ENTER}"));
    browser.wait("return document.querySelector('.problem')?.textContent.includes('Somebody changed')");
    look(&browser, "medications-changed");
    assert_eq!(
        practice().found(&format!("MedicationRequest?patient={id}&status=stopped")).len(),
        1,
        "nothing was done"
    );

    for (patient, name) in [(CROWDED, "medications-crowded"), (EMPTY, "medications-empty")] {
        browser.open(&format!("/p/{patient}/medications"));
        look(&browser, name);
    }
}

#[test]
fn lr02_the_medication_list_works_without_javascript() {
    let Some(browser) =
        practice().browser_with("lr02_the_medication_list_works_without_javascript", Script::Off)
    else {
        return;
    };
    let id = patient("medications-plain");
    ordered(&id, &["lisinopril 20 mg tablet"]);
    browser.open(&format!("/p/{id}/medications"));
    browser.click(".picks .primary");
    assert!(browser.text(".picks").contains("tick the medications first"), "{}", browser.text("main"));
    browser.click("input[name=pick]");
    browser.click(".picks .primary");
    wait_for(&format!("MedicationRequest?patient={id}&status=completed"), 1);
}
