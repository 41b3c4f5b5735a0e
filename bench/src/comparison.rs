//! What was measured of several servers, side by side: each figure of each, and its ratio to that of the first.

use crate::report::{Figure, LoadRow, Report, number};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The reports of one run. Ratios are of the first.
pub struct Comparison {
    pub reports: Vec<Report>,
}

/// One server's value of a quantity.
#[derive(Clone, Copy)]
struct Measurement {
    value: f64,
    /// With errors a value is shown, and no ratio made of it.
    errors: u64,
    is_sound: bool,
}

/// A quantity of all servers, in their order; `None` where it was not measured.
struct Quantity {
    name: &'static str,
    unit: &'static str,
    of_each: Vec<Option<Measurement>>,
}

/// What is compared of a workload: name, unit, and how it is read off.
type Aspect = (&'static str, &'static str, fn(&LoadRow) -> f64);

const ASPECTS: [Aspect; 2] = [
    ("rate", "rate/s", |row| row.measured.rate_per_s()),
    ("p99", "p99 ms", |row| row.measured.quantile_ms(0.99)),
];

impl Quantity {
    /// A value, or several with ratios of the first, as cells.
    fn cells(&self) -> String {
        let values = self.of_each.iter().map(|one| match one {
            None => "—".to_owned(),
            Some(one) if one.errors > 0 => format!("{} ({} errors)", number(one.value), one.errors),
            Some(one) => number(one.value),
        });
        let ratios = self.ratios();
        let ratios = ratios.iter().map(|ratio| ratio.map_or_else(|| "—".to_owned(), number));
        values.chain(ratios).collect::<Vec<_>>().join(" | ")
    }

    /// Of each server but the first: its value divided by the first's, where both are worth something.
    fn ratios(&self) -> Vec<Option<f64>> {
        let sound = |one: &Option<Measurement>| one.filter(|one| one.is_sound).map(|one| one.value);
        let Some((first, others)) = self.of_each.split_first() else { return Vec::new() };
        let first = sound(first).filter(|value| *value > 0.0);
        others.iter().map(|other| Some(sound(other)? / first?)).collect()
    }
}

impl Comparison {
    /// For people: side by side when there are several, then each in full.
    pub fn to_markdown(&self) -> String {
        let names: Vec<&str> = self.reports.iter().map(|report| &*report.server).collect();
        let mut text = format!("# Benchmark of {}\n\n", names.join(" beside "));
        if let Some(first) = self.reports.first() {
            let _ = writeln!(text, "- Machine: {}", first.machine);
        }
        if let [only] = &self.reports[..] {
            return text + &only.to_markdown();
        }
        text.push_str("\nOne after the other with the same content and the same requests:\n\n");
        for (at, name) in (1..).zip(&names) {
            let _ = writeln!(text, "{at}. {name}");
        }
        text.push_str("\nA ratio such as 2 ÷ 1 is the second server's value divided by the first's; there is none where \
            either answered with errors.\n\n");
        self.write_loads(&mut text);
        self.write_figures(&mut text);
        for (at, report) in (1..).zip(&self.reports) {
            let _ = write!(text, "\n## {at}. {}\n\n{}", report.server, report.to_markdown());
        }
        text
    }

    fn write_loads(&self, text: &mut String) {
        let headings = ASPECTS.map(|(_, unit, _)| self.headings(unit)).join(" | ");
        let rules = "--:|".repeat(ASPECTS.len() * (2 * self.reports.len() - 1));
        let _ = writeln!(text, "| workload | {headings} |\n|---|{rules}");
        for (name, quantities) in self.loads() {
            let cells: Vec<String> = quantities.iter().map(Quantity::cells).collect();
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
    }

    fn write_figures(&self, text: &mut String) {
        let rules = "--:|".repeat(2 * self.reports.len() - 1);
        let _ = writeln!(text, "\n| figure | unit | {} |\n|---|---|{rules}", self.headings(""));
        for figure in self.figures() {
            let _ = writeln!(text, "| {} | {} | {} |", figure.name, figure.unit, figure.cells());
        }
    }

    /// The columns of one quantity: each server's, then the ratios.
    fn headings(&self, unit: &str) -> String {
        let numbers = 1..=self.reports.len();
        let values = numbers.clone().map(|at| format!("{unit} {at}").trim_start().to_owned());
        let ratios = numbers.skip(1).map(|at| format!("{at} ÷ 1"));
        values.chain(ratios).collect::<Vec<_>>().join(" | ")
    }

    /// The workloads that the first server ran, each with the quantities of [`ASPECTS`].
    fn loads(&self) -> Vec<(&'static str, Vec<Quantity>)> {
        let first = self.reports.first().map_or(&[][..], |report| &report.loads);
        let quantities = |name: &'static str| {
            let quantity = |(aspect, unit, read): Aspect| {
                let of =
                    |report: &Report| measurement(report.loads.iter().find(|row| row.name == name)?, read);
                Quantity { name: aspect, unit, of_each: self.reports.iter().map(of).collect() }
            };
            ASPECTS.into_iter().map(quantity).collect()
        };
        first.iter().map(|row| (row.name, quantities(row.name))).collect()
    }

    /// The figures of the first server.
    fn figures(&self) -> Vec<Quantity> {
        let first = self.reports.first().map_or(&[][..], |report| &report.figures);
        let quantity = |figure: &Figure| {
            let of = |report: &Report| {
                let found = report.figures.iter().find(|one| one.name == figure.name)?;
                Some(Measurement { value: found.value, errors: 0, is_sound: true })
            };
            Quantity { name: figure.name, unit: figure.unit, of_each: self.reports.iter().map(of).collect() }
        };
        first.iter().map(quantity).collect()
    }

    /// For machines: the report of the only server, or all with the ratios of each.
    pub fn to_json(&self) -> String {
        if let [only] = &self.reports[..] {
            return format!("{:#}", only.to_json());
        }
        let servers: Vec<Value> = self.reports.iter().map(Report::to_json).collect();
        let ratios: Vec<Value> = (1..self.reports.len()).map(|server| self.ratios_json(server)).collect();
        format!("{:#}", json!({ "servers": servers, "ratios_to_first": ratios }))
    }

    fn ratios_json(&self, server: usize) -> Value {
        let ratios = |quantities: &[Quantity]| -> BTreeMap<&str, Option<f64>> {
            quantities.iter().map(|one| (one.name, one.ratios()[server - 1])).collect()
        };
        let loads = self.loads();
        let workloads: BTreeMap<&str, _> = loads.iter().map(|(name, of)| (*name, ratios(of))).collect();
        json!({
            "server": self.reports[server].server,
            "workloads": workloads,
            "figures": ratios(&self.figures()),
        })
    }
}

fn measurement(row: &LoadRow, read: fn(&LoadRow) -> f64) -> Option<Measurement> {
    let measured = &row.measured;
    Some(Measurement { value: read(row), errors: measured.errors, is_sound: measured.is_sound() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::measured;

    /// A report with a workload for each name, rate, latency and number of errors.
    fn report(server: &str, loads: &[(&'static str, u64, u64, u64)]) -> Report {
        let mut report = Report::new(server);
        for &(name, answers, latency_us, errors) in loads {
            let measured = measured(latency_us, answers, errors);
            let row = LoadRow { name, title: "", clients: 1, open_rate_per_s: None, measured, verdict: None };
            report.load(row);
        }
        report
    }

    fn figure(report: &mut Report, name: &'static str, value: f64) {
        let title = format!("with {value} inside");
        report.figure(Figure { name, title, value, unit: "bytes", verdict: None });
    }

    fn three() -> Comparison {
        let mut own =
            report("own", &[("point-read", 1000, 2000, 0), ("crud", 400, 5000, 0), ("pages", 100, 1000, 0)]);
        let mut database =
            report("database", &[("pages", 50, 2000, 0), ("point-read", 250, 8000, 0), ("crud", 0, 1, 0)]);
        let mut other = report("other", &[("point-read", 500, 3000, 0), ("crud", 9000, 100, 9000)]);
        figure(&mut own, "disk", 800.0);
        figure(&mut own, "start", 2.0);
        figure(&mut database, "disk", 1600.0);
        figure(&mut other, "start", 1.0);
        Comparison { reports: vec![own, database, other] }
    }

    #[test]
    fn ratios_are_of_the_first_and_never_of_errors_or_of_nothing() {
        let markdown = three().to_markdown();
        let expected = [
            "1. own\n2. database\n3. other\n",
            "| workload | rate/s 1 | rate/s 2 | rate/s 3 | 2 ÷ 1 | 3 ÷ 1 | p99 ms 1 | p99 ms 2 | p99 ms 3 | 2 ÷ 1 | 3 ÷ 1 |\n",
            "| point-read | 1000 | 250 | 500 | 0.250 | 0.500 | 2.00 | 8.00 | 3.00 | 4.00 | 1.50 |\n",
            "| crud | 400 | 0.000 | 9000 (9000 errors) | — | — | 5.00 |",
            "| pages | 100 | 50.0 | — | 0.500 | — |",
            "| disk | bytes | 800 | 1600 | — | 2.00 | — |\n",
            "| start | bytes | 2.00 | — | 1.00 | — | 0.500 |\n",
            "\n## 3. other\n",
        ];
        for line in expected {
            assert!(markdown.contains(line), "{line} is not in\n{markdown}");
        }
    }

    #[test]
    fn machines_are_told_the_same_ratios() {
        let json: Value = serde_json::from_str(&three().to_json()).unwrap();
        assert_eq!(json["servers"][2]["server"], "other");
        let [database, other] = [0, 1].map(|at| &json["ratios_to_first"][at]);
        assert_eq!(database["workloads"]["point-read"]["rate"], 0.25);
        assert_eq!(database["figures"]["disk"], 2.0);
        assert_eq!(other["workloads"]["crud"]["rate"], Value::Null);
        assert_eq!(other["server"], "other");
    }

    #[test]
    fn one_server_alone_has_its_own_report() {
        let alone = Comparison { reports: vec![report("own", &[("crud", 400, 5000, 0)])] };
        let markdown = alone.to_markdown();
        assert!(markdown.starts_with("# Benchmark of own\n\n- Machine: "), "{markdown}");
        assert!(!markdown.contains('÷'), "{markdown}");
        let json: Value = serde_json::from_str(&alone.to_json()).unwrap();
        assert_eq!(json["workloads"][0]["name"], "crud");
    }
}
