//! Broken rules, faults of the program, and too much work.

use crate::practice::{PATIENT, Practice, ask};
use axum::http::StatusCode;
use record::write_rule::{ProposedWrite, Requirement, Violation, WriteRule};
use rest::Settings;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Does what the family name says.
struct Named {
    waits: Mutex<Receiver<()>>,
}

impl WriteRule for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation> {
        let text = write.after.map_or("", fhir::Document::text);
        assert!(!text.contains("Panic"), "a fault that names {text}");
        if text.contains("Wait") {
            let _ = self.waits.lock().unwrap().recv_timeout(Duration::from_secs(20));
        }
        if text.contains("Refuse") {
            let message = "this family is not served here; register it elsewhere".to_owned();
            return Err(Violation { rule: "named", message, expression: "Patient.name".to_owned() });
        }
        Ok(Vec::new())
    }
}

fn named(family: &str) -> String {
    PATIENT.replace("Ames", family)
}

#[test]
fn a_broken_rule_is_told_with_its_remedy() {
    let (_release, waits) = channel();
    let practice =
        Practice::with_rules(Settings::default(), vec![Box::new(Named { waits: Mutex::new(waits) })]);
    let got = practice.put("/Patient/p1", &named("Refuse"));
    got.assert_refusal(422, "business-rule");
    assert_eq!(got.at("issue.0.expression.0"), "Patient.name");
    assert!(got.at("issue.0.diagnostics").contains("register it elsewhere"));
}

#[test]
fn a_fault_of_the_program_fails_one_request_and_tells_nothing() {
    let (_release, waits) = channel();
    let practice =
        Practice::with_rules(Settings::default(), vec![Box::new(Named { waits: Mutex::new(waits) })]);
    let got = practice.put("/Patient/p1", &named("Panic"));
    got.assert_refusal(500, "exception");
    assert!(!got.text().contains("Panic") && !got.text().contains("Ida"), "{}", got.text());
    assert_eq!(practice.put("/Patient/p1", PATIENT).status, StatusCode::CREATED);
}

#[test]
fn too_much_work_is_refused_and_long_work_given_up() {
    let (release, waits) = channel();
    let settings =
        Settings { workers: 1, queue: 0, request_timeout: Duration::from_millis(100), ..Settings::default() };
    let practice = Practice::with_rules(settings, vec![Box::new(Named { waits: Mutex::new(waits) })]);
    practice.put("/Patient/p1", &named("Wait")).assert_refusal(503, "timeout");
    let full = practice.get("/Patient?family=ames");
    full.assert_refusal(503, "throttled");
    assert_eq!(full.header("retry-after"), "1");
    // Reads of one resource do not wait behind other work.
    practice.get("/Patient/p2").assert_refusal(404, "not-found");
    release.send(()).unwrap();
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = practice.send(&ask("GET", "/Patient?family=ames")).status;
        if status == StatusCode::OK {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status, StatusCode::OK);
}
