//! How long index rows take and how many there are, over the Synthea bundles.

#[path = "../tests/shared_data.rs"]
mod shared_data;

use search::rows::{IndexRows, index_rows};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Sum {
    resources: usize,
    rows: usize,
    signature: usize,
    time: Duration,
    parameters: BTreeMap<&'static str, usize>,
}

fn parameters(rows: &IndexRows) -> impl Iterator<Item = &'static str> + '_ {
    let tokens = rows.tokens.iter().map(|row| row.parameter);
    let numbers = rows.numbers.iter().map(|row| row.parameter);
    let texts = rows.texts.iter().map(|row| row.parameter);
    tokens.chain(numbers).chain(texts).chain(rows.dates.iter().map(|row| row.parameter))
}

fn main() {
    let Some(resources) = shared_data::synthea(usize::MAX) else { return };
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for resource in &resources {
        // The least of some runs: what else the machine does is not of interest.
        let runs = (0..5).map(|_| {
            let start = Instant::now();
            let rows = index_rows(resource);
            (start.elapsed(), rows)
        });
        let Some((time, rows)) = runs.min_by_key(|(time, _)| *time) else { continue };
        let name = resource.resource_type().unwrap_or_default().into_owned();
        for name in [name.as_str(), "all"] {
            let sum = sums.entry(name.to_owned()).or_default();
            sum.resources += 1;
            sum.time += time;
            sum.signature += rows.signature.len();
            for parameter in parameters(&rows) {
                sum.rows += 1;
                *sum.parameters.entry(parameter).or_default() += 1;
            }
        }
    }
    println!("{:24} {:>9} {:>6} {:>9} {:>6}", "type", "resources", "rows", "signature", "µs");
    for (name, sum) in &sums {
        #[allow(clippy::cast_precision_loss)] // figures for people
        let mean = |total: usize| total as f64 / sum.resources as f64;
        let micros = sum.time.as_secs_f64() * 1e6 / mean(sum.resources * sum.resources);
        println!(
            "{name:24} {:9} {:6.2} {:9.1} {micros:6.2}",
            sum.resources,
            mean(sum.rows),
            mean(sum.signature)
        );
        if name != "all" {
            for (parameter, rows) in &sum.parameters {
                println!("    {parameter:30} {:6.2}", mean(*rows));
            }
        }
    }
}
