//! Reports of sizes that nobody measured.

use super::*;
use crate::goal::at_most;
use crate::load::{Measured, measured};

fn size(from: u32, patients: u32, search_ms: u64, megabytes: f64) -> Size {
    let mut report = Report::new("");
    let value = megabytes;
    let verdict = Some(at_most(value, 1000.0, "< 1000 MB"));
    report.figure(Figure { name: "memory-peak", title: "peak".to_owned(), value, unit: "MB", verdict });
    for (name, latency_ms) in [("search-name", search_ms), ("chart-page", 3), ("search-has", 900)] {
        let repeated = REPEATED.iter().find(|one| one.name == name).unwrap();
        let measured = Measured { server_cpu_s: Some(0.2), ..measured(latency_ms * 1000, 100, 0) };
        let verdict = repeated.goal().map(|goal| goal.judge(&measured, Default::default()));
        report.load(LoadRow {
            name: repeated.name,
            title: "asked",
            clients: 16,
            open_rate_per_s: None,
            measured,
            verdict,
        });
    }
    let tenths_per_s = (1..=10).map(|tenth| f64::from(10_000 - patients / 100 * tenth / 10)).collect();
    Size { from, patients, report, tenths_per_s }
}

fn growth() -> Growth {
    Growth { sizes: vec![size(0, 10_000, 4, 300.0), size(10_000, 100_000, 51, 900.0)] }
}

#[test]
fn a_goal_that_is_missed_at_one_size_is_not_met() {
    let markdown = growth().to_markdown();
    let expected = [
        "| what | | clients | 10,000 | 100,000 | goal | met |\n|---|---|--:|--:|--:|---|---|\n",
        "| memory-peak | peak, MB | | 300 | 900 | < 1000 MB | met |\n",
        "| search-name | asked, p50 / p99 / CPU | 16 | 4.00 / 4.00 / 2.00 | 51.0 / 51.0 / 2.00 | p99 < 50 ms | **not met** |\n",
        "| search-has | asked, p50 / p99 / CPU | 16 | 900 / 900 / 2.00 | 900 / 900 / 2.00 |  | |\n",
        "| chart-page | asked, p50 / p95 / CPU | 16 | 3.00 / 3.00 / 2.00 | 3.00 / 3.00 / 2.00 | p95 < 20 ms | met |\n",
        "| 10,000 to 100,000 | 9900 | 9800 |",
    ];
    for line in expected {
        assert!(markdown.contains(line), "{line} is not in\n{markdown}");
    }
}

#[test]
fn machines_get_a_line_for_each_value() {
    let csv = growth().to_csv();
    let columns = |line: &str| line.split(',').count();
    assert!(csv.lines().all(|line| columns(line) == 6), "{csv}");
    for line in [
        "100000,search-name,p99 ms,51.0070,p99 < 50 ms,false",
        "100000,search-name,p50 ms,51.0070,,",
        "10000,memory-peak,MB,300.0000,< 1000 MB,true",
        "100000,import,tenth 10 /s,9000.0000,,",
    ] {
        assert!(csv.lines().any(|one| one == line), "{line} is not in\n{csv}");
    }
}

#[test]
fn the_drawing_has_a_line_for_each_thing_and_a_point_for_each_size() {
    let svg = growth().to_svg();
    // A bounded search, two searches' processor time, the chart page, memory, and the tenths of both imports.
    assert_eq!(svg.matches("class=\"line\"").count(), 6, "{svg}");
    assert_eq!(svg.matches("<circle").count(), 5 * 2 + 20, "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}
