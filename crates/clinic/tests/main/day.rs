//! The day's appointments.

use crate::practice::{Practice, update};
use fhir::date_time::Date;
use record::Session;
use store::Expect;

const NOW_MS: i64 = 1_795_305_600_000; // 2026-11-22T00:00:00Z

fn add(session: &Session, id: &str, status: &str, start: &str) {
    let json = format!(
        r#"{{"resourceType":"Appointment","id":"{id}","status":"{status}","start":"{start}","end":"{start}",
        "reasonCode":[{{"text":"{id}"}}],"participant":[
        {{"actor":{{"reference":"Patient/p"}},"status":"accepted"}},
        {{"actor":{{"type":"Practitioner","display":"Dr. Lee"}},"status":"accepted"}}]}}"#
    );
    update(session, &format!("Appointment/{id}"), &json, Expect::Any).unwrap();
}

fn practice() -> Practice {
    let practice = Practice::new();
    let session = practice.administrator();
    let patient = r#"{"resourceType":"Patient","id":"p","birthDate":"2000-01-01","name":[{"family":"Roe"}]}"#;
    update(&session, "Patient/p", patient, Expect::Any).unwrap();
    practice
}

fn reasons(day: &clinic::day::Day) -> Vec<&str> {
    day.visits.iter().map(|visit| visit.reason.as_str()).collect()
}

#[test]
fn an_appointment_is_on_the_day_of_its_own_clock() {
    let practice = practice();
    let session = practice.administrator();
    // 03:30 of the next day in UTC, and 22:30 of the day before.
    add(&session, "evening", "booked", "2026-11-23T22:30:00-05:00");
    add(&session, "morning", "arrived", "2026-11-23T08:30:00+10:00");
    add(&session, "cancelled", "cancelled", "2026-11-23T09:00:00-05:00");
    add(&session, "other-day", "booked", "2026-11-24T08:00:00-05:00");
    let day = clinic::day::of(&session, Date::new(2026, 11, 23).unwrap(), NOW_MS).unwrap();
    assert_eq!(reasons(&day), ["morning", "evening"]);
    let first = &day.visits[0];
    assert_eq!((first.time.as_str(), first.status, first.is_over), ("08:30", "arrived", false));
    assert_eq!((first.patient.full_name().as_str(), first.clinician.as_str()), ("ROE", "Dr. Lee"));
}

#[test]
fn the_next_day_is_one_with_something_planned() {
    let practice = practice();
    let session = practice.administrator();
    let today = Date::new(2026, 11, 22).unwrap();
    assert_eq!(clinic::day::next_after(&session, today, NOW_MS).unwrap(), None);
    add(&session, "cancelled", "cancelled", "2026-11-23T09:00:00-05:00");
    add(&session, "later", "booked", "2026-11-30T09:00:00-05:00");
    add(&session, "next", "booked", "2026-11-25T09:00:00-05:00");
    assert_eq!(clinic::day::of(&session, today, NOW_MS).unwrap().visits, []);
    let day = clinic::day::next_after(&session, today, NOW_MS).unwrap().unwrap();
    assert_eq!((day.date.as_str(), reasons(&day)), ("2026-11-25", vec!["next"]));
}
