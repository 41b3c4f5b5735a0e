//! Counts what a practice holds: `practice PATIENTS SEED [RESOURCES_PER_PATIENT] [--json]`. With `--json` it prints the
//! bundles themselves, one a line: the foundation, the patients, and two weeks of the schedule.

use std::collections::BTreeMap;
use std::time::Instant;
use synth::{Date, Moment, Practice, Settings};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let today = Date::new(2025, 11, 24).expect("a day");
    let practice = Practice::new(Settings {
        patients: numbers.first().copied().unwrap_or(500),
        seed: u64::from(numbers.get(1).copied().unwrap_or(1)),
        resources_per_patient: numbers.get(2).copied(),
        ..Settings::demo(today)
    });
    let now = Moment { date: today, minute: 10 * 60 + 12 };
    let schedule = || practice.schedule(today.plus_days(-7), today.plus_days(21), now);
    let bundles = std::iter::once(practice.foundation()).chain(practice.patients()).chain(schedule());
    if words.iter().any(|word| word == "--json") {
        bundles.for_each(|bundle| println!("{}", bundle.to_json()));
        return;
    }
    let start = Instant::now();
    let (mut counts, mut bytes) = (BTreeMap::<String, u64>::new(), 0);
    for bundle in bundles {
        bytes += bundle.to_json().len();
        for entry in bundle.get("entry").and_then(fhir::Value::as_array).unwrap_or_default() {
            let name =
                entry.get("resource").and_then(|one| one.get("resourceType")).and_then(fhir::Value::as_str);
            *counts.entry(name.unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    counts.iter().for_each(|(name, count)| println!("{count:>8}  {name}"));
    println!("{:>8}  resources, {bytes} bytes, {seconds:.2} s", counts.values().sum::<u64>());
}
