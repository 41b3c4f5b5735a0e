//! One practice that grows from size to size, and is measured at each.

use super::{Run, ensure_known, own, scratch_folder};
use crate::arguments::Arguments;
use crate::content;
use crate::goal::{Verdict, Yardstick, at_least, at_most};
use crate::growth::{Growth, REPEATED, Size};
use crate::own_server::{Filled, Installation, OwnServer};
use crate::report::{Figure, Report};
use crate::sample::Sample;
use crate::workload::WORKLOADS;
use anyhow::{Context, Result, ensure};
use std::rc::Rc;
use std::time::{Duration, Instant};
use synth::{Practice, Settings};

const RESOURCES_PER_PATIENT: u32 = 50;
const MEGABYTES_MAX: f64 = 1000.0;
/// What a server may still have to do after a long import.
const SETTLING_LIMIT: Duration = Duration::from_secs(1800);

/// Grows a practice to each size and measures it there.
pub async fn run(arguments: &Arguments) -> Result<Growth> {
    ensure_known(arguments)?;
    let sizes = &arguments.scale;
    ensure!(sizes[0] > 0 && sizes.is_sorted_by(|one, next| one < next), "sizes go from small to large");
    let scratch = scratch_folder()?;
    let installation = Installation::new(own::data_folder(arguments, scratch.path())?, None)?;
    let mut growth = Growth::default();
    let mut resources = arguments.data.is_none().then_some(0);
    // What was written because workloads ran, such as the audit of reads.
    let mut load_bytes = 0;
    let mut from = if arguments.data.is_some() { sizes[0] } else { 0 };
    for &patients in sizes {
        eprintln!("\n{patients} patients");
        let mut size = Size { from, patients, report: Report::new(""), tenths_per_s: Vec::new() };
        size.report.facts.push(("Build", format!("the {} profile", own::BUILD_PROFILE)));
        let filled = fill(&installation, &mut size, growth.first_tenth_per_s())?;
        resources = resources.map(|before: u64| before + filled.resources);
        let before_load = installation.size_bytes().await?;
        weigh(before_load.saturating_sub(load_bytes), resources, &mut size.report);
        serve(&installation, arguments, patients, &mut size.report).await?;
        load_bytes += installation.size_bytes().await?.saturating_sub(before_load);
        growth.sizes.push(size);
        from = patients;
        if let Some(folder) = &arguments.write {
            growth.write(folder)?;
        }
    }
    if arguments.keep {
        eprintln!("the data is kept: --data {}", installation.data.display());
    }
    Ok(growth)
}

/// The same practice as `chiron synth` makes by the words of [`fill`].
fn practice() -> Practice {
    let resources_per_patient = Some(RESOURCES_PER_PATIENT);
    Practice::new(Settings { resources_per_patient, ..Settings::demo(content::today()) })
}

/// Writes the patients that are not there yet. Where all of them should be, `chiron synth` still makes sure of it.
fn fill(installation: &Installation, size: &mut Size, first_tenth_per_s: Option<f64>) -> Result<Filled> {
    let (each, today) = (RESOURCES_PER_PATIENT.to_string(), content::today().to_string());
    let words = ["--resources-per-patient", &each, "--today", &today, "--seed", "1", "--crowded"];
    let filled = installation.fill(size.from, size.patients, &words)?;
    let report = &mut size.report;
    if filled.tenths_s.is_empty() {
        report.skip("import", "all patients were there");
        return Ok(filled);
    }
    let tenth = f64::from(size.patients - size.from) / filled.tenths_s.len() as f64;
    size.tenths_per_s = filled.tenths_s.iter().map(|seconds| tenth / seconds).collect();
    let (first, last) = (size.tenths_per_s[0], size.tenths_per_s[size.tenths_per_s.len() - 1]);
    let share = last / first_tenth_per_s.unwrap_or(first) * 100.0;
    let resources = filled.resources as f64;
    let rate = "resources a second, making them included";
    tell(report, ("import", rate, "/s"), resources / filled.seconds, None);
    let cpu = "processor time of the import, per resource";
    tell(report, ("import-cpu", cpu, "ms"), filled.cpu_s * 1000.0 / resources, None);
    let of_first = "rate of the last tenth, of the very first tenth's";
    tell(report, ("import-last-tenth", of_first, "%"), share, Some(at_least(share, 50.0, "≥ 50 %")));
    tell_memory(report, "memory-import", "peak of the import", filled.peak_bytes);
    Ok(filled)
}

fn weigh(bytes: u64, resources: Option<u64>, report: &mut Report) {
    let Some(resources) = resources else {
        report.skip("disk", "how many resources the data holds is not known");
        return;
    };
    tell(report, ("resources", "resources in the practice", ""), resources as f64, None);
    let each = bytes as f64 / resources as f64;
    tell(
        report,
        ("disk", "all data, per resource", "bytes"),
        each,
        Some(at_most(each, 2000.0, "≤ 2000 bytes")),
    );
}

async fn serve(
    installation: &Installation,
    arguments: &Arguments,
    patients: u32,
    report: &mut Report,
) -> Result<()> {
    let sample = Rc::new(Sample::of_practice(&practice(), patients)?);
    let server = OwnServer::start(installation, &[]).await?;
    tell(report, ("start", "start to first answer", "s"), server.start_ms / 1000.0, None);
    tell(report, ("settle", "from then until it is idle", "s"), settle(&server).await?, None);
    if let Some(now) = server.memory() {
        tell_memory(report, "memory-idle", "the server idle", now.resident_bytes);
    }
    let scene = own::scene(installation, &server, &sample).await?;
    let mut run = Run { arguments, scene, server: Some(server.process()), yardstick: Yardstick::default() };
    for repeated in REPEATED.iter().filter(|repeated| arguments.wants(repeated.name)) {
        let workload = WORKLOADS.iter().find(|workload| workload.name == repeated.name);
        run.one(workload.context("a row of the table")?, repeated.goal(), report).await?;
    }
    if let Some(then) = server.memory() {
        tell_memory(report, "memory-peak", "peak of the server over all workloads", then.peak_bytes);
    }
    server.stop()
}

/// Reports a figure by its name, what it is, and its unit.
fn tell(
    report: &mut Report,
    (name, title, unit): (&'static str, &str, &'static str),
    value: f64,
    verdict: Option<Verdict>,
) {
    report.figure(Figure { name, title: title.to_owned(), value, unit, verdict });
}

fn tell_memory(report: &mut Report, name: &'static str, title: &str, bytes: u64) {
    let megabytes = bytes as f64 / 1e6;
    tell(report, (name, title, "MB"), megabytes, Some(at_most(megabytes, MEGABYTES_MAX, "< 1000 MB")));
}

/// Waits until the server has done what an import left to it, such as the index of words; gives the seconds.
async fn settle(server: &OwnServer) -> Result<f64> {
    let look = Duration::from_secs(2);
    let started = Instant::now();
    loop {
        let before_s = server.cpu_s();
        tokio::time::sleep(look).await;
        if server.cpu_s() - before_s < 0.02 * look.as_secs_f64() {
            return Ok((started.elapsed() - look).as_secs_f64());
        }
        ensure!(started.elapsed() < SETTLING_LIMIT, "the server is never idle");
    }
}
