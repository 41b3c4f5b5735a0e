//! How many actions the core tasks take, counted as they are done in a browser (check 1; X1).
//!
//! An action (A) is a click, or a key or chord that does something; typed characters, Tab and arrows are none. A field (F)
//! is one that is typed into. A count may fall: it may not grow.

use crate::browser::{Browser, ENTER};
use crate::practice::practice;
use crate::visit_note::{control_enter, patient, wait_for};
use crate::{inbox, medications, vitals};
use serde_json::json;

/// Counts clicks and commands, from one page to the next.
const COUNTER: &str = "
    const add = () => sessionStorage.setItem('actions', Number(sessionStorage.getItem('actions') || 0) + 1);
    addEventListener('click', (event) => { if (event.isTrusted && event.detail > 0) add(); }, true);
    addEventListener('keydown', (event) => {
        if (!event.isTrusted || ['Control', 'Shift', 'Alt', 'Meta', 'Tab'].includes(event.key) || event.key.startsWith('Arrow')) return;
        const field = event.target.closest('input, textarea, select');
        const chord = event.ctrlKey || event.metaKey;
        const chooses = !!document.querySelector('[role=option]');
        if (event.key === 'Enter' ? chord || !field || field.tagName !== 'TEXTAREA' || chooses : chord || !field) add();
    }, true);";

/// A task: its number and name in the table of core tasks, what it may take at most, and how it is done from an open chart.
struct Task {
    number: u8,
    name: &'static str,
    /// The goal of the table: actions and fields.
    goal: (u64, u64),
    /// What it takes now: more is a failure.
    takes: (u64, u64),
    does: fn(&Browser, &str),
}

const TASKS: [Task; 14] = [
    Task { number: 1, name: "find and open a chart", goal: (2, 1), takes: (2, 1), does: find },
    Task { number: 5, name: "prescribe, sig of one's own", goal: (7, 5), takes: (2, 1), does: prescribe },
    Task { number: 4, name: "prescribe a favourite", goal: (4, 1), takes: (3, 1), does: prescribe_again },
    Task { number: 7, name: "renew three medications", goal: (4, 0), takes: (4, 0), does: renew_three },
    Task {
        number: 8,
        name: "stop a medication",
        goal: (2, 0),
        takes: (2, 0),
        does: |browser, id| {
            medications::ordered(id, &["metformin"]);
            list(browser, id);
            medications::stop_one(browser);
        },
    },
    Task {
        number: 9,
        name: "order A1c and lipids",
        goal: (4, 1),
        takes: (2, 1),
        does: |browser, id| {
            write(browser, id, &["/lab a1c, lipids;\n"]);
        },
    },
    Task {
        number: 10,
        name: "order an x-ray for a diagnosis",
        goal: (4, 1),
        takes: (3, 1),
        does: |browser, id| {
            write(browser, id, &["/dx cough", "/img chest x-ray\n"]);
        },
    },
    Task { number: 11, name: "sign a normal result", goal: (1, 0), takes: (1, 0), does: sign_normal },
    Task {
        number: 12,
        name: "sign an abnormal result, the patient was told",
        goal: (3, 0),
        takes: (2, 0),
        does: sign_abnormal,
    },
    Task {
        number: 13,
        name: "seven vital signs, by the row",
        goal: (2, 7),
        takes: (2, 7),
        does: |browser, id| {
            browser.open(&format!("/p/{id}"));
            browser.script("sessionStorage.setItem('actions', 0)");
            vitals::enter(browser);
        },
    },
    Task {
        number: 13,
        name: "seven vital signs, in the note",
        goal: (2, 7),
        takes: (2, 1),
        does: |browser, id| {
            write(browser, id, &["/vit bp 128/82 p 72 r 16 t 36.8 o2 98 w 84.2 h 178\n"]);
        },
    },
    Task {
        number: 14,
        name: "add an allergy",
        goal: (4, 1),
        takes: (2, 1),
        does: |browser, id| {
            write(browser, id, &["/all penicillin; hives; severe\n"]);
        },
    },
    Task {
        number: 15,
        name: "add a problem",
        goal: (3, 1),
        takes: (3, 1),
        does: |browser, id| {
            write(browser, id, &["/dx htn"]);
        },
    },
    Task {
        number: 17,
        name: "a note with two diagnoses",
        goal: (3, 1),
        takes: (4, 1),
        does: |browser, id| {
            write(browser, id, &["/dx htn", "Above goal.\n", "/dx dm2"]);
        },
    },
];

/// Opens the list of medications, which stands beside the chart.
fn list(browser: &Browser, id: &str) {
    browser.open(&format!("/p/{id}/medications"));
    browser.script("sessionStorage.setItem('actions', 0)");
}

fn renew_three(browser: &Browser, id: &str) {
    medications::ordered(id, &["lisinopril", "atorvastatin", "amlodipine"]);
    list(browser, id);
    medications::renew_three(browser);
}

fn sign_normal(browser: &Browser, id: &str) {
    inbox::open(browser, &inbox::result(id, "task-normal", "5.1", "N"));
    browser.script("sessionStorage.setItem('actions', 0)");
    browser.keys("a");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Signed')");
}

fn sign_abnormal(browser: &Browser, id: &str) {
    inbox::open(browser, &inbox::result(id, "task-abnormal", "7.1", "H"));
    browser.script("sessionStorage.setItem('actions', 0)");
    browser.click("input[value=letter]");
    browser.keys("a");
    browser.wait("return document.querySelector('.told')?.textContent.includes('Signed')");
}

/// Finds a chart by the first letters of a name, from the list of patients.
fn find(browser: &Browser, id: &str) {
    browser.open("/audit");
    browser.script("sessionStorage.setItem('actions', 0)");
    browser.keys("/");
    browser.keys(&format!("note, {id}"));
    browser.keys(ENTER);
    browser.wait("return location.pathname.startsWith('/p/')");
}

/// Writes pieces of a note and signs it: one that ends its line is typed, of any other the first suggestion is taken.
fn write(browser: &Browser, id: &str, pieces: &[&str]) {
    begin(browser, id);
    for piece in pieces {
        match piece.strip_suffix('\n') {
            // A new line is a character, as long as nothing is suggested.
            Some(whole) => {
                browser.keys(whole);
                browser.wait("return !document.querySelector('[role=option]')");
                browser.keys(ENTER);
            }
            None => {
                browser.keys(piece);
                browser.wait("return !!document.querySelector('[role=option]')");
                browser.keys(ENTER);
                browser.wait("return !document.querySelector('[role=option]')");
                browser.keys(ENTER);
            }
        }
    }
    control_enter(browser);
    browser.wait("return document.querySelector('.pending')?.textContent.includes('being signed')");
}

fn begin(browser: &Browser, id: &str) {
    browser.open(&format!("/p/{id}"));
    browser.script("sessionStorage.setItem('actions', 0)");
    browser.keys("n");
    browser.wait("return /\\/v\\//.test(location.pathname) && document.activeElement.name === 'text'");
}

fn prescribe(browser: &Browser, id: &str) {
    write(browser, id, &["/rx amoxicillin 500 mg tid 10d #30 r0\n"]);
    let orders = wait_for(&format!("MedicationRequest?patient={id}"), 1);
    assert_eq!(orders[0]["dosageInstruction"][0]["text"], "Take 500 mg three times a day for 10 days");
    assert_eq!(orders[0]["dispenseRequest"]["quantity"]["value"], 30);
}

fn prescribe_again(browser: &Browser, id: &str) {
    write(browser, id, &["/rx amox"]);
    let orders = wait_for(&format!("MedicationRequest?patient={id}"), 2);
    assert_eq!(
        orders[0]["dosageInstruction"], orders[1]["dosageInstruction"],
        "the whole sig is the favourite"
    );
    assert_eq!(orders[0]["dispenseRequest"], orders[1]["dispenseRequest"]);
}

#[test]
fn check01_core_tasks_take_no_more_actions_than_they_did() {
    let Some(browser) = practice().browser("check01_core_tasks_take_no_more_actions_than_they_did") else {
        return;
    };
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": COUNTER }));
    let id = patient("tasks");
    let mut grown = Vec::new();
    println!("task | A | F | goal A / F");
    for Task { number, name, goal, takes, does } in TASKS {
        does(&browser, &id);
        let actions = browser.script("return Number(sessionStorage.getItem('actions'))").as_u64().unwrap();
        println!("{number} {name} | {actions} | {} | {} / {}", takes.1, goal.0, goal.1);
        if actions > takes.0 {
            grown.push(format!("{number} {name} takes {actions} actions, not {}", takes.0));
        }
    }
    assert!(grown.is_empty(), "{grown:?}");
}

/// Tasks 7 and 8 by commands: medications go on and end, those that were ordered before come to their end.
#[test]
fn a1_medications_are_renewed_and_stopped_and_their_history_is_kept() {
    let test = "a1_medications_are_renewed_and_stopped_and_their_history_is_kept";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("renewed");
    write(
        &browser,
        &id,
        &["/rx lisinopril 20 mg tab 1 tab daily #90 r3\n", "/rx metformin 500 mg tab 1 tab bid #180\n"],
    );
    wait_for(&format!("MedicationRequest?patient={id}&status=active"), 2);
    begin(&browser, &id);
    browser.keys(&format!("/renew zzz{ENTER}/stop metformin; nausea"));
    browser.wait("return document.querySelectorAll('.basket li').length === 2");
    assert!(browser.text("#basket").contains("no medication that is taken now is called 'zzz'"));
    browser.script(
        "const field = document.querySelector('textarea'); field.value = field.value.replace('zzz', 'lisin')",
    );
    control_enter(&browser);
    browser.wait("return document.querySelector('.pending')?.textContent.includes('being signed')");
    let active = wait_for(&format!("MedicationRequest?patient={id}&status=completed"), 1);
    let renewed = practice().found(&format!("MedicationRequest?patient={id}&status=active"));
    assert_eq!(renewed.len(), 1, "{renewed:?}");
    let before = format!("MedicationRequest/{}", active[0]["id"].as_str().unwrap());
    assert_eq!(renewed[0]["priorPrescription"]["reference"], before);
    assert_eq!(renewed[0]["dosageInstruction"], active[0]["dosageInstruction"]);
    let stopped = practice().found(&format!("MedicationRequest?patient={id}&status=stopped"));
    assert_eq!(stopped[0]["statusReason"]["text"], "nausea");
    let versions =
        practice().found(&format!("MedicationRequest/{}/_history", stopped[0]["id"].as_str().unwrap()));
    assert_eq!(versions.len(), 2, "what was ordered is there, too");
    browser.open(&format!("/p/{id}"));
    assert!(browser.text("#profile").contains("lisinopril"), "{}", browser.text("#profile"));
}
