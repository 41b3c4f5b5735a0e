//! The schedule: stable ids, statuses that fit the hour, nobody twice at a time.

use crate::practice::{now, practice, resources, text, today, url};
use fhir::Value;
use std::collections::{BTreeMap, BTreeSet};
use synth::Moment;

fn statuses(bundle: &Value, type_name: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for one in resources(bundle).filter(|one| text(one, "resourceType") == Some(type_name)) {
        *counts.entry(text(one, "status").unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn past_days_are_over_today_is_under_way_and_the_future_is_booked() {
    // Enough patients to fill the clinicians' days.
    let practice = practice(1, 1600);
    let days = practice.schedule(today().plus_days(-3), today().plus_days(8), now());
    // 2025-11-24 is a Monday: Friday before, today, four days, the next Monday and Tuesday.
    assert_eq!(days.len(), 8);
    let past = statuses(&days[0], "Appointment");
    assert!(
        past.keys().all(|status| ["fulfilled", "noshow", "cancelled"].contains(&status.as_str())),
        "{past:?}"
    );
    assert!(past["fulfilled"] > 100 && past["noshow"] > 2, "{past:?}");
    let present = statuses(&days[1], "Appointment");
    for status in ["fulfilled", "arrived", "booked"] {
        assert!(present.contains_key(status), "{present:?}");
    }
    assert!(statuses(&days[1], "Encounter").contains_key("in-progress"));
    let future = statuses(&days[7], "Appointment");
    assert!(
        future.keys().all(|status| ["booked", "pending", "cancelled"].contains(&status.as_str())),
        "{future:?}"
    );
    assert!(future.values().sum::<usize>() < past.values().sum::<usize>());
    assert!(statuses(&days[7], "Encounter").is_empty());
}

#[test]
fn time_passing_keeps_every_appointment_and_its_patient() {
    let practice = practice(1, 400);
    let day = today().plus_days(9);
    let seen = |days_later: i32| -> BTreeMap<String, String> {
        let now = Moment { date: today().plus_days(days_later), minute: 700 };
        let book = practice.schedule(day, day, now);
        let appointments = resources(&book[0]).filter(|one| text(one, "resourceType") == Some("Appointment"));
        appointments
            .map(|one| (url(one), text(one, "participant.actor.reference").unwrap().to_owned()))
            .collect()
    };
    let (early, late) = (seen(0), seen(9));
    assert!(early.len() > 20 && late.len() > early.len());
    for (id, patient) in &early {
        assert_eq!(late.get(id), Some(patient), "{id}");
    }
    assert_eq!(seen(9), seen(9));
}

#[test]
fn nobody_is_booked_twice_on_a_day_and_children_see_those_who_see_children() {
    let practice = practice(1, 800);
    let patients: BTreeMap<String, String> = practice
        .patients()
        .map(|bundle| {
            let one = resources(&bundle).next().unwrap().clone();
            (url(&one), text(&one, "generalPractitioner.reference").unwrap().to_owned())
        })
        .collect();
    let (mut own, mut all) = (0, 0);
    for bundle in practice.schedule(today(), today().plus_days(4), now()) {
        let mut booked = BTreeSet::new();
        for one in resources(&bundle).filter(|one| text(one, "resourceType") == Some("Appointment")) {
            let actors: Vec<&str> = one
                .get("participant")
                .unwrap()
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|part| text(part, "actor.reference"))
                .collect();
            assert!(booked.insert(actors[0].to_owned()), "{} twice", actors[0]);
            all += 1;
            own += usize::from(patients[actors[0]] == actors[1]);
        }
    }
    assert!(own * 10 >= all * 8, "{own} of {all} see their own clinician");
}
