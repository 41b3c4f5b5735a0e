//! How much there is.

use crate::practice::{practice, resources, text, today};
use synth::{Practice, Settings};

fn average(wanted: Option<u32>, patients: u32) -> f64 {
    let practice =
        Practice::new(Settings { patients, resources_per_patient: wanted, ..Settings::demo(today()) });
    let total: usize = practice.patients().map(|bundle| resources(&bundle).count()).sum();
    total as f64 / f64::from(patients)
}

#[test]
fn a_patient_has_some_hundred_resources() {
    let average = average(None, 250);
    assert!((90.0..150.0).contains(&average), "{average}");
}

#[test]
fn the_number_of_resources_can_be_asked_for() {
    for wanted in [50, 100, 200] {
        let given = average(Some(wanted), 250);
        let share = given / f64::from(wanted);
        assert!((0.75..1.3).contains(&share), "{wanted} wanted, {given} given");
    }
}

#[test]
fn the_crowded_chart_has_about_5000_resources() {
    let crowded = practice(1, 20).crowded_patient();
    assert_eq!(crowded, practice(1, 200_000).crowded_patient());
    assert_eq!(
        text(resources(&crowded).next().unwrap(), "id").unwrap(),
        practice(1, 20).crowded_patient_id()
    );
    let count = resources(&crowded).count();
    assert!((4_700..5_300).contains(&count), "{count}");
}
