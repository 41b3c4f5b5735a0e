//! What was measured of one practice at several sizes: a table for people, one for machines, and a drawing.

mod plot;

use crate::goal::{Goal, Verdict};
use crate::report::{Figure, LoadRow, Report, number};
use anyhow::Result;
use plot::{Line, Panel};
use std::fmt::Write;
use std::path::Path;

/// A workload that is run at each size.
pub struct Repeated {
    pub name: &'static str,
    /// Which part of the answers its goal is about, in percent; 95 or 99.
    pub percentile: u8,
    /// How long these may take, in milliseconds.
    pub limit_ms: Option<f64>,
}

const BOUNDED_SEARCH_MS: f64 = 50.0;
const CHART_PAGE_MS: f64 = 20.0;

/// Reads, searches whose page can be found without looking at a number of documents that grows with the practice, the one
/// that cannot, and chart pages.
pub const REPEATED: &[Repeated] = &[
    row("point-read", 99, None),
    row("point-read-1", 99, None),
    row("search-name", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-patient-code", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-quantity", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-composite", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-date-sorted", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-code", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-birthdate", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-chained", 99, Some(BOUNDED_SEARCH_MS)),
    row("search-has", 99, None),
    row("chart-page", 95, Some(CHART_PAGE_MS)),
    row("chart-page-any", 95, Some(CHART_PAGE_MS)),
];

const fn row(name: &'static str, percentile: u8, limit_ms: Option<f64>) -> Repeated {
    Repeated { name, percentile, limit_ms }
}

impl Repeated {
    /// What is wanted of it.
    pub fn goal(&self) -> Option<Goal> {
        let goal = if self.percentile == 95 { Goal::P95BelowMs } else { Goal::P99BelowMs };
        self.limit_ms.map(goal)
    }

    /// The latency that the goal is about, in milliseconds.
    fn tail_ms(&self, row: &LoadRow) -> f64 {
        row.measured.quantile_ms(f64::from(self.percentile) / 100.0)
    }
}

/// The practice at one size.
pub struct Size {
    /// How many patients there were before.
    pub from: u32,
    pub patients: u32,
    pub report: Report,
    /// Patients a second in each tenth of the import from the size before to this one.
    pub tenths_per_s: Vec<f64>,
}

/// The practice at all sizes, from small to large.
#[derive(Default)]
pub struct Growth {
    pub sizes: Vec<Size>,
}

impl Size {
    fn figure(&self, name: &str) -> Option<&Figure> {
        self.report.figures.iter().find(|figure| figure.name == name)
    }

    fn load(&self, name: &str) -> Option<&LoadRow> {
        self.report.loads.iter().find(|row| row.name == name)
    }
}

impl Growth {
    /// The rate of the first tenth into an empty practice, in patients a second.
    pub fn first_tenth_per_s(&self) -> Option<f64> {
        self.sizes.first().filter(|size| size.from == 0)?.tenths_per_s.first().copied()
    }

    /// Writes `scale.md`, `scale.csv` and `scale.svg` into a folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("scale.md"), self.to_markdown())?;
        std::fs::write(folder.join("scale.csv"), self.to_csv())?;
        std::fs::write(folder.join("scale.svg"), self.to_svg())?;
        Ok(())
    }

    /// For people.
    pub fn to_markdown(&self) -> String {
        let mut text = "# Cost against size\n\n".to_owned();
        if let Some(first) = self.sizes.first() {
            let _ = writeln!(text, "- Machine: {}", first.report.machine);
            for (name, fact) in &first.report.facts {
                let _ = writeln!(text, "- {name}: {fact}");
            }
        }
        let sizes: Vec<String> = self.sizes.iter().map(|size| thousands(size.patients)).collect();
        let rules = "--:|".repeat(sizes.len());
        let _ = writeln!(
            text,
            "\nBy number of patients. Of workloads, milliseconds: half of the answers, and 95 or 99 of 100, came within; and the \
             server's processor time for each.\n\n\
             | what | | clients | {} | goal | met |\n|---|---|--:|{rules}---|---|",
            sizes.join(" | ")
        );
        self.write_figures(&mut text);
        self.write_loads(&mut text);
        text.push_str("\nThe import, tenth by tenth, in patients a second:\n\n| patients |");
        let _ = writeln!(
            text,
            " {} |\n|---|{}",
            (1..=10).map(|tenth| tenth.to_string()).collect::<Vec<_>>().join(" | "),
            "--:|".repeat(10)
        );
        for size in self.sizes.iter().filter(|size| !size.tenths_per_s.is_empty()) {
            let rates: Vec<String> = size.tenths_per_s.iter().map(|rate| number(*rate)).collect();
            let span = format!("{} to {}", thousands(size.from), thousands(size.patients));
            let _ = writeln!(text, "| {span} | {} |", rates.join(" | "));
        }
        for size in &self.sizes {
            let errors = size
                .report
                .loads
                .iter()
                .filter_map(|row| Some((row.name, row.measured.first_error.as_ref()?)));
            for (name, error) in errors {
                let _ =
                    writeln!(text, "\nThe first error of {name} at {}: {error}", thousands(size.patients));
            }
        }
        text
    }

    fn write_figures(&self, text: &mut String) {
        let mut known: Vec<&Figure> = Vec::new();
        for figure in self.sizes.iter().flat_map(|size| &size.report.figures) {
            if known.iter().all(|one| one.name != figure.name) {
                known.push(figure);
            }
        }
        for one in known {
            let figures: Vec<_> = self.sizes.iter().map(|size| size.figure(one.name)).collect();
            let cell =
                |figure: &Option<&Figure>| figure.map_or_else(|| "—".to_owned(), |one| number(one.value));
            let cells: Vec<String> = figures.iter().map(cell).collect();
            let verdicts = figures.iter().flatten().filter_map(|figure| figure.verdict.as_ref());
            let title = [one.title.as_str(), one.unit].join(", ");
            let _ = writeln!(
                text,
                "| {} | {} | | {} | {}",
                one.name,
                title.trim_end_matches(", "),
                cells.join(" | "),
                verdict_cells(verdicts)
            );
        }
    }

    fn write_loads(&self, text: &mut String) {
        for repeated in REPEATED {
            let rows: Vec<_> = self.sizes.iter().map(|size| size.load(repeated.name)).collect();
            let Some(any) = rows.iter().flatten().next() else { continue };
            let cell = |row: &Option<&LoadRow>| match row {
                None => "—".to_owned(),
                Some(row) if !row.measured.is_sound() => format!("{} errors", row.measured.errors),
                Some(row) => {
                    let latency = [row.measured.quantile_ms(0.5), repeated.tail_ms(row)].map(number);
                    let cpu = cpu_ms(row).map_or_else(|| "—".to_owned(), number);
                    format!("{} / {cpu}", latency.join(" / "))
                }
            };
            let cells: Vec<String> = rows.iter().map(cell).collect();
            let verdicts = rows.iter().flatten().filter_map(|row| row.verdict.as_ref());
            let _ = writeln!(
                text,
                "| {} | {}, p50 / p{} / CPU | {} | {} | {}",
                repeated.name,
                any.title,
                repeated.percentile,
                any.clients,
                cells.join(" | "),
                verdict_cells(verdicts)
            );
        }
    }

    /// For machines: a line for each value.
    pub fn to_csv(&self) -> String {
        let mut text = "patients,name,quantity,value,goal,met\n".to_owned();
        let mut line = |patients: u32, name: &str, quantity: &str, value: f64, verdict: Option<&Verdict>| {
            let goal = verdict.map_or("", |verdict| &verdict.goal);
            let met = verdict.and_then(|verdict| verdict.is_met).map_or(String::new(), |met| met.to_string());
            let _ = writeln!(text, "{patients},{name},{quantity},{value:.4},{goal},{met}");
        };
        for size in &self.sizes {
            for figure in &size.report.figures {
                line(size.patients, figure.name, figure.unit, figure.value, figure.verdict.as_ref());
            }
            for (tenth, rate) in (1..).zip(&size.tenths_per_s) {
                line(size.patients, "import", &format!("tenth {tenth} /s"), *rate, None);
            }
            for row in &size.report.loads {
                let measured = &row.measured;
                line(size.patients, row.name, "rate/s", measured.rate_per_s(), None);
                for (percentile, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                    let verdict = row.verdict.as_ref().filter(|verdict| verdict.goal.starts_with(percentile));
                    let quantity = format!("{percentile} ms");
                    line(size.patients, row.name, &quantity, measured.quantile_ms(quantile), verdict);
                }
                if let Some(each_ms) = cpu_ms(row) {
                    line(size.patients, row.name, "server CPU ms", each_ms, None);
                }
                line(size.patients, row.name, "errors", measured.errors as f64, None);
            }
        }
        text
    }

    /// For the eye: cost upwards, patients to the right.
    pub fn to_svg(&self) -> String {
        let searches = || REPEATED.iter().filter(|one| one.name.starts_with("search-"));
        let bounded = searches().filter(|one| one.limit_ms.is_some());
        let pages = REPEATED.iter().filter(|one| one.name.starts_with("chart-page"));
        let figures = |names: &[&'static str]| names.iter().map(|name| self.figure_line(name)).collect();
        let panel = |title, limit, lines| Panel { title, limit, lines };
        let latency = |one: &'static Repeated| self.load_line(one, |row| Some(one.tail_ms(row)));
        let import = vec![Line { name: "import", points: self.import_points() }];
        let half = self.first_tenth_per_s().map(|rate| rate / 2.0);
        let memory = figures(&["memory-peak", "memory-idle", "memory-import"]);
        plot::draw(&[
            panel("Bounded searches, p99, ms", Some(BOUNDED_SEARCH_MS), bounded.map(latency).collect()),
            panel(
                "Searches, processor time, ms",
                None,
                searches().map(|one| self.load_line(one, cpu_ms)).collect(),
            ),
            panel("Chart page, p95, ms", Some(CHART_PAGE_MS), pages.map(latency).collect()),
            panel("Memory, MB", Some(1000.0), memory),
            panel("Import, patients a second", half, import),
            panel("Import, processor time a resource, ms", None, figures(&["import-cpu"])),
            panel("Disk, bytes a resource", Some(2000.0), figures(&["disk"])),
            panel("Start, s", None, figures(&["start"])),
        ])
    }

    /// A workload's values where it answered without an error.
    fn load_line(&self, repeated: &Repeated, value: impl Fn(&LoadRow) -> Option<f64>) -> Line {
        let point = |size: &Size| {
            let row = size.load(repeated.name).filter(|row| row.measured.is_sound())?;
            Some((f64::from(size.patients), value(row)?))
        };
        let name = repeated.name.strip_prefix("search-").unwrap_or(repeated.name);
        Line { name, points: self.sizes.iter().filter_map(point).collect() }
    }

    fn figure_line(&self, name: &'static str) -> Line {
        let point = |size: &Size| Some((f64::from(size.patients), size.figure(name)?.value));
        let name_here = name.strip_prefix("memory-").unwrap_or(name);
        Line { name: name_here, points: self.sizes.iter().filter_map(point).collect() }
    }

    /// Each tenth at the number of patients that it ended with.
    fn import_points(&self) -> Vec<(f64, f64)> {
        let of = |size: &Size| {
            let (from, step) = (f64::from(size.from), f64::from(size.patients - size.from) / 10.0);
            let tenths = (1u32..).zip(size.tenths_per_s.clone());
            tenths.map(move |(tenth, rate)| (from + step * f64::from(tenth), rate)).collect::<Vec<_>>()
        };
        self.sizes.iter().flat_map(of).collect()
    }
}

/// The server's processor time for an answer, in milliseconds.
fn cpu_ms(row: &LoadRow) -> Option<f64> {
    Some(row.measured.server_cpu_s? * 1000.0 / (row.measured.answers as f64).max(1.0))
}

/// The goal, and whether it is met at every size.
fn verdict_cells<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> String {
    let verdicts: Vec<_> = verdicts.collect();
    let Some(first) = verdicts.first() else { return " | |".to_owned() };
    let is_met = verdicts.iter().all(|verdict| verdict.is_met == Some(true));
    format!("{} | {} |", first.goal, if is_met { "met" } else { "**not met**" })
}

/// A number with its thousands apart.
fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
