//! The report: what was measured on what, as Markdown for people and JSON for machines.

use crate::goal::Verdict;
use crate::load::Measured;
use crate::machine::Machine;
use serde_json::{Value, json};
use std::fmt::Write;

/// A workload that ran.
pub struct LoadRow {
    pub name: &'static str,
    pub title: &'static str,
    pub clients: usize,
    /// Arrivals a second when the load was open.
    pub open_rate_per_s: Option<f64>,
    pub measured: Measured,
    pub verdict: Option<Verdict>,
}

/// A figure that is no latency.
pub struct Figure {
    pub name: &'static str,
    pub title: String,
    pub value: f64,
    pub unit: &'static str,
    pub verdict: Option<Verdict>,
}

/// All of a run.
pub struct Report {
    pub server: String,
    pub machine: Machine,
    /// What else a reader must know: name and text.
    pub facts: Vec<(&'static str, String)>,
    pub loads: Vec<LoadRow>,
    pub figures: Vec<Figure>,
    /// What did not run, and why.
    pub skipped: Vec<(&'static str, String)>,
}

impl Report {
    /// An empty report about a server.
    pub fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            machine: Machine::here(),
            facts: Vec::new(),
            loads: Vec::new(),
            figures: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Adds a figure, and tells it while the run goes on.
    pub fn figure(&mut self, figure: Figure) {
        eprintln!("{:<20} {} {}", figure.name, number(figure.value), figure.unit);
        self.figures.push(figure);
    }

    /// Notes that something did not run.
    pub fn skip(&mut self, name: &'static str, reason: impl Into<String>) {
        let reason = reason.into();
        eprintln!("{name:<20} skipped: {reason}");
        self.skipped.push((name, reason));
    }

    /// Adds a workload, and tells it while the run goes on.
    pub fn load(&mut self, row: LoadRow) {
        let measured = &row.measured;
        eprintln!(
            "{:<20} {:>9}/s  p50 {:>8}  p99 {:>8} ms{}",
            row.name,
            number(measured.rate_per_s()),
            number(measured.quantile_ms(0.5)),
            number(measured.quantile_ms(0.99)),
            measured
                .first_error
                .as_ref()
                .map_or_else(String::new, |first| format!("  {} errors, first: {first}", measured.errors))
        );
        self.loads.push(row);
    }

    /// Processor time of the load generator while it measured, and for how long it did, in seconds.
    fn own_cpu(&self) -> (f64, f64) {
        let of = |value: fn(&Measured) -> f64| self.loads.iter().map(|row| value(&row.measured)).sum();
        (of(|measured| measured.own_cpu_s), of(|measured| measured.seconds))
    }

    /// The report for people, less its heading.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for (name, fact) in &self.facts {
            let _ = writeln!(text, "- {name}: {fact}");
        }
        let (cpu_s, seconds) = self.own_cpu();
        if seconds > 0.0 {
            let _ = writeln!(
                text,
                "- Load generator: one thread on the same machine; it used {cpu_s:.1} s of processor in {seconds:.0} s of \
                 measurement, {:.2} of a core",
                cpu_s / seconds
            );
        }
        self.write_loads(&mut text);
        self.write_figures(&mut text);
        let failed = self.loads.iter().filter_map(|row| Some((row.name, row.measured.first_error.as_ref()?)));
        for (at, (name, first)) in failed.enumerate() {
            let heading = if at == 0 { "\nThe first error of each:\n\n" } else { "" };
            let _ = writeln!(text, "{heading}- {name}: {first}");
        }
        if !self.skipped.is_empty() {
            text.push_str("\nNot measured:\n\n");
            for (name, reason) in &self.skipped {
                let _ = writeln!(text, "- {name}: {reason}");
            }
        }
        text
    }

    fn write_loads(&self, text: &mut String) {
        if self.loads.is_empty() {
            return;
        }
        text.push_str(
            "\nLatencies in milliseconds. CPU is in milliseconds of processor per answer, of the server and of the load \
             generator.\n\n\
             | workload | what | clients | rate/s | p50 | p95 | p99 | max | errors | CPU server | CPU load | goal | met |\n\
             |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n",
        );
        for row in &self.loads {
            let measured = &row.measured;
            let each_ms = |cpu_s: f64| number(cpu_s * 1000.0 / (measured.answers as f64).max(1.0));
            let quantile = |quantile| number(measured.quantile_ms(quantile));
            let open = row.open_rate_per_s.map_or_else(String::new, |rate| format!(", open at {rate}/s"));
            let cells = [
                row.name.to_owned(),
                format!("{}{open}", row.title),
                row.clients.to_string(),
                number(measured.rate_per_s()),
                quantile(0.5),
                quantile(0.95),
                quantile(0.99),
                number(measured.max_ms()),
                measured.errors.to_string(),
                measured.server_cpu_s.map_or_else(String::new, each_ms),
                each_ms(measured.own_cpu_s),
            ];
            let _ = writeln!(text, "| {} | {}", cells.join(" | "), verdict_cells(row.verdict.as_ref()));
        }
    }

    fn write_figures(&self, text: &mut String) {
        if self.figures.is_empty() {
            return;
        }
        text.push_str("\n| figure | what | value | goal | met |\n|---|---|--:|---|---|\n");
        for figure in &self.figures {
            let value = format!("{} {}", number(figure.value), figure.unit);
            let verdict = verdict_cells(figure.verdict.as_ref());
            let _ = writeln!(text, "| {} | {} | {value} | {verdict}", figure.name, figure.title);
        }
    }

    /// The report for machines.
    pub fn to_json(&self) -> Value {
        let machine = &self.machine;
        json!({
            "server": self.server,
            "machine": {
                "processor": machine.processor,
                "cores": machine.cores,
                "memory_bytes": machine.memory_bytes,
                "system": machine.system,
            },
            "facts": self.facts.iter().map(|(name, fact)| (*name, fact)).collect::<std::collections::BTreeMap<_, _>>(),
            "load_generator": { "cpu_s": self.own_cpu().0, "measured_s": self.own_cpu().1 },
            "workloads": self.loads.iter().map(load_json).collect::<Vec<_>>(),
            "figures": self.figures.iter().map(figure_json).collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(|(name, reason)| json!({ "name": name, "reason": reason }))
                .collect::<Vec<_>>(),
        })
    }
}

fn load_json(row: &LoadRow) -> Value {
    let measured = &row.measured;
    json!({
        "name": row.name,
        "title": row.title,
        "clients": row.clients,
        "open_rate_per_s": row.open_rate_per_s,
        "rate_per_s": measured.rate_per_s(),
        "answers": measured.answers,
        "seconds": measured.seconds,
        "p50_ms": measured.quantile_ms(0.5),
        "p95_ms": measured.quantile_ms(0.95),
        "p99_ms": measured.quantile_ms(0.99),
        "max_ms": measured.max_ms(),
        "errors": measured.errors,
        "first_error": measured.first_error,
        "body_bytes": measured.body_bytes,
        "load_generator_cpu_s": measured.own_cpu_s,
        "server_cpu_s": measured.server_cpu_s,
        "goal": row.verdict.as_ref().map(|verdict| &verdict.goal),
        "is_met": row.verdict.as_ref().and_then(|verdict| verdict.is_met),
    })
}

fn figure_json(figure: &Figure) -> Value {
    json!({
        "name": figure.name,
        "title": figure.title,
        "value": figure.value,
        "unit": figure.unit,
        "goal": figure.verdict.as_ref().map(|verdict| &verdict.goal),
        "is_met": figure.verdict.as_ref().and_then(|verdict| verdict.is_met),
    })
}

fn verdict_cells(verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else { return " | |".to_owned() };
    let met = match verdict.is_met {
        Some(true) => "met",
        Some(false) => "**not met**",
        None => "not known",
    };
    format!("{} | {met} |", verdict.goal)
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;

    #[test]
    fn a_report_says_what_was_not_met() {
        let mut report = Report::new("http://127.0.0.1:1/fhir");
        let mut latency_us = Histogram::new(3).unwrap();
        latency_us.record_n(20_000, 50).unwrap();
        let measured = Measured {
            latency_us,
            answers: 50,
            errors: 0,
            first_error: None,
            seconds: 2.0,
            body_bytes: 7,
            own_cpu_s: 0.5,
            server_cpu_s: Some(1.0),
        };
        let verdict = crate::goal::Goal::P99BelowMs(15.0).judge(&measured, Default::default());
        report.load(LoadRow {
            name: "search-name",
            title: "by name",
            clients: 16,
            open_rate_per_s: None,
            measured,
            verdict: Some(verdict),
        });
        let markdown = report.to_markdown();
        assert!(markdown.contains(
            "| search-name | by name | 16 | 25.0 | 20.0 | 20.0 | 20.0 | 20.0 | 0 | 20.0 | 10.0 | p99 < 15 ms | \
             **not met** |"
        ), "{markdown}");
        let json = report.to_json();
        assert_eq!(json["workloads"][0]["is_met"], false);
        assert_eq!(json["load_generator"]["cpu_s"], 0.5);
    }
}
