//! Chiron: imported into, started, measured, started again.

use super::{Plan, Run, bench_folder, import, run_name, sample, say_empty_handler};
use crate::arguments::Arguments;
use crate::content::{self, Content};
use crate::database::Database;
use crate::disk;
use crate::goal::{Yardstick, at_least, at_most};
use crate::own_server::{AUDIT_READS_SETTING, Installation, OwnServer};
use crate::report::{Figure, Report};
use crate::sample::Sample;
use crate::target::{Connection, Target};
use crate::workload::{Scene, WORKLOADS};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

const DURABILITY: &str = "the server's only one: a write is answered after its sync (write-ahead log, \
     synchronous=FULL); writes that wait together share a sync";
/// Programs that are measured together are built together.
pub const BUILD_PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };
const TOKEN_SCOPE: &str = "system/*.cruds";
const STARTS: usize = 5;
/// How often each is measured with restrictions and without: one turn differs from the next by more than they cost.
const TURNS: usize = 15;
/// Workloads by which the cost of restrictions is told, and what their figures are called.
const RESTRICTED: [(&str, &str); 3] = [
    ("point-read", "authorise-read"),
    ("search-patient-code", "authorise-search"),
    ("search-code", "authorise-search-all"),
];

/// The data folder of Chiron on SQLite: given, kept or gone after the run.
pub fn data_folder(arguments: &Arguments, scratch: &Path) -> Result<PathBuf> {
    match (&arguments.data, arguments.keep) {
        (Some(data), _) => Ok(data.clone()),
        (None, true) => fresh(bench_folder()?.join("kept")),
        (None, false) => fresh(scratch.join("data")),
    }
}

/// Measures Chiron on a data folder, and perhaps a database, and gives what it was asked for: a sample of its own, or
/// that of the first server.
pub async fn run(
    plan: &Plan<'_>,
    data: PathBuf,
    database: Option<Database>,
    first: Option<&Sample>,
) -> Result<(Report, Rc<Sample>)> {
    let installation = Installation::new(data, database)?;
    let engine = if installation.database.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut report = Report::new(&format!("Chiron on {engine}"));
    eprintln!("\n{}", report.server);
    report.facts.push(("Build", format!("the {BUILD_PROFILE} profile")));
    let yardstick = yardstick(&installation, &mut report)?;
    match &plan.content {
        Some(content) => fill(&installation, plan.arguments, content, &mut report).await?,
        None => report.skip("import", "--data was given"),
    }
    let sample = serve(&installation, plan.arguments, yardstick, first, &mut report).await?;
    if plan.arguments.wants("audit") {
        audit(&installation, plan.arguments, &sample, &mut report).await?;
    }
    if plan.arguments.wants("sign-in") {
        sign_in(&installation, &mut report).await?;
    }
    if plan.arguments.wants("authorisation") {
        authorisation(&installation, plan.arguments, &sample, &mut report).await?;
    }
    start_again(&installation, plan.arguments, &mut report).await?;
    if plan.arguments.keep && installation.database.is_none() {
        eprintln!("the data is kept: --data {}", installation.data.display());
    }
    Ok((report, sample))
}

/// How fast the disk syncs, where it is known which disk that is; and what the server promises of it.
fn yardstick(installation: &Installation, report: &mut Report) -> Result<Yardstick> {
    if installation.database.is_some() {
        report.facts.push(("Durability", "as the database is set up (synchronous_commit)".to_owned()));
        report.facts.push(("PostgreSQL", "its own memory and processor time are in no figure".to_owned()));
        report.skip("syncs", "PostgreSQL syncs where its own data lies");
        return Ok(Yardstick::default());
    }
    report.facts.push(("Durability", DURABILITY.to_owned()));
    let syncs = disk::syncs_per_s(&installation.data, Duration::from_secs(2))?;
    report.figure(Figure {
        name: "syncs",
        title: "4 KiB appended and synced, in the data folder".to_owned(),
        value: syncs,
        unit: "/s",
        verdict: None,
    });
    Ok(Yardstick { syncs_per_s: Some(syncs), ..Yardstick::default() })
}

/// An empty folder.
pub fn fresh(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Imports the content, beside another server in the way that it has too, and weighs it.
async fn fill(
    installation: &Installation,
    arguments: &Arguments,
    content: &Content,
    report: &mut Report,
) -> Result<()> {
    eprintln!("importing {}", content.description);
    let resources = if arguments.against.is_some() {
        let server = OwnServer::start(installation, &[]).await?;
        let target = api(installation, &server)?;
        let resources = import::by_transactions(&target, content, report).await?;
        server.stop()?;
        resources
    } else {
        import::by_command(installation, content, report)?
    };
    let bytes = installation.size_bytes().await? as f64;
    let each = bytes / (resources as f64).max(1.0);
    report.figure(Figure {
        name: "disk",
        title: format!("all its data, {:.0} MB, per resource imported", bytes / 1e6),
        value: each,
        unit: "bytes",
        verdict: Some(at_most(each, 2000.0, "≤ 2000 bytes")),
    });
    Ok(())
}

/// Starts the server and runs the workloads.
async fn serve(
    installation: &Installation,
    arguments: &Arguments,
    yardstick: Yardstick,
    first: Option<&Sample>,
    report: &mut Report,
) -> Result<Rc<Sample>> {
    let server = OwnServer::start(installation, &[]).await?;
    let sample = sample(&api(installation, &server)?, first, report).await?;
    let scene = scene(installation, &server, &sample).await?;
    say_empty_handler(&scene.target, report).await?;
    let mut run = Run { arguments, scene, server: Some(server.process()), yardstick };
    run.all(report).await?;
    if let (true, Some(memory)) = (arguments.wants("memory"), server.memory()) {
        report.figure(Figure {
            name: "memory-peak",
            title: "peak of the server over all workloads".to_owned(),
            value: memory.peak_bytes as f64 / 1e6,
            unit: "MB",
            verdict: None,
        });
    }
    server.stop()?;
    Ok(sample)
}

/// The API, with a token for all of it.
fn api(installation: &Installation, server: &OwnServer) -> Result<Rc<Target>> {
    api_as(installation, server, "administrator")
}

/// The API, with a token of a role.
fn api_as(installation: &Installation, server: &OwnServer, role: &str) -> Result<Rc<Target>> {
    let token = installation.ask(&["token", "--scope", TOKEN_SCOPE, "--role", role], "token")?;
    Ok(Rc::new(Target::new(&server.base_url, Some(&token))?))
}

/// Reads and searches by a role to which every restriction applies, beside those by the administrator, to whom none does.
/// Taken in turns, so that what the machine does meanwhile counts for both.
async fn authorisation(
    installation: &Installation,
    arguments: &Arguments,
    sample: &Rc<Sample>,
    report: &mut Report,
) -> Result<()> {
    let server = OwnServer::start(installation, &[]).await?;
    let turn = Arguments { seconds: arguments.seconds / 5.0, ..arguments.clone() };
    let roles = ["nurse", "administrator"].map(|role| api_as(installation, &server, role));
    let [nurse, administrator] = roles;
    let targets = [nurse?, administrator?];
    for (name, figure) in RESTRICTED {
        let workload = WORKLOADS.iter().find(|workload| workload.name == name);
        let workload = workload.context("a row of the table")?;
        let (mut rates, mut shares) = ([0.0; 2], Vec::with_capacity(TURNS));
        for number in 0..TURNS {
            let mut pair = [0.0; 2];
            // Who comes first changes, so that what a turn does to the one after it falls on both.
            for place in if number % 2 == 0 { [0, 1] } else { [1, 0] } {
                let target = Rc::clone(&targets[place]);
                let scene = Scene { target, ..scene(installation, &server, sample).await? };
                let mut apart = Report::new("");
                let mut run = Run { arguments: &turn, scene, server: None, yardstick: Yardstick::default() };
                run.one(workload, None, &mut apart).await?;
                pair[place] = apart.loads.iter().map(|row| row.measured.rate_per_s()).sum();
                rates[place] += pair[place] / TURNS as f64;
            }
            shares.push(pair[0] / pair[1] * 100.0);
        }
        shares.sort_by(f64::total_cmp);
        let share = shares[TURNS / 2];
        report.figure(Figure {
            name: figure,
            title: format!(
                "{name} under all restrictions, {:.0}/s, of those without, {:.0}/s: the median of {TURNS} turns",
                rates[0], rates[1]
            ),
            value: share,
            unit: "%",
            verdict: Some(at_least(share, 90.0, "≥ 90 %")),
        });
    }
    server.stop()
}

/// One browser after the other signs in by a printed code: throttling, the account, a session that is begun and synced,
/// and the audit of it; all that other ways do too, and no hash that is slow by intent.
async fn sign_in(installation: &Installation, report: &mut Report) -> Result<()> {
    const BROWSERS: usize = 100;
    let server = OwnServer::start(installation, &[]).await?;
    let target = api(installation, &server)?;
    let code = installation.ask(&["sign-in-code"], "code")?;
    let mut times_ms = Vec::with_capacity(BROWSERS);
    for _ in 0..BROWSERS {
        let begun = Instant::now();
        Connection::new(Rc::clone(&target)).sign_in(&code).await?;
        times_ms.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times_ms.sort_by(f64::total_cmp);
    let value = times_ms[BROWSERS * 95 / 100];
    report.figure(Figure {
        name: "sign-in",
        title: format!("p95 of {BROWSERS} sign-ins, but for the hash of a password"),
        value,
        unit: "ms",
        verdict: Some(at_most(value, 300.0, "< 300 ms")),
    });
    server.stop()
}

pub async fn scene(installation: &Installation, server: &OwnServer, sample: &Rc<Sample>) -> Result<Scene> {
    let target = api(installation, server)?;
    let code = installation.ask(&["sign-in-code"], "code")?;
    let cookie = Connection::new(Rc::clone(&target)).sign_in(&code).await?;
    let pages = Some(Rc::new(target.with_cookie(&cookie)?));
    let (sample, crowded_patient) = (Rc::clone(sample), content::crowded_patient_id());
    Ok(Scene { target, sample, pages, crowded_patient, run: run_name() })
}

/// Point reads with and without the audit of reads.
async fn audit(
    installation: &Installation,
    arguments: &Arguments,
    sample: &Rc<Sample>,
    report: &mut Report,
) -> Result<()> {
    if !installation.has_setting(AUDIT_READS_SETTING) {
        report.skip(
            "audit",
            format!("chiron has no setting {AUDIT_READS_SETTING} to turn the audit of reads off"),
        );
        return Ok(());
    }
    let mut rates = Vec::new();
    for audited in ["true", "false"] {
        let server = OwnServer::start(installation, &[("CHIRON_AUDIT_READS", audited)]).await?;
        let scene = scene(installation, &server, sample).await?;
        let mut apart = Report::new("");
        let mut run = Run { arguments, scene, server: None, yardstick: Yardstick::default() };
        let point_read = WORKLOADS.iter().find(|workload| workload.name == "point-read");
        run.one(point_read.context("a row of the table")?, None, &mut apart).await?;
        rates.extend(apart.loads.iter().map(|row| row.measured.rate_per_s()));
        server.stop()?;
    }
    let [with, without] = rates[..] else { return Ok(()) };
    let share = with / without * 100.0;
    report.figure(Figure {
        name: "audit",
        title: format!("audited reads, {with:.0}/s, of reads without audit, {without:.0}/s"),
        value: share,
        unit: "%",
        verdict: Some(at_least(share, 70.0, "≥ 70 %")),
    });
    Ok(())
}

/// How fast the server is there again, and what it takes when nobody asks.
async fn start_again(installation: &Installation, arguments: &Arguments, report: &mut Report) -> Result<()> {
    if !arguments.wants("start") && !arguments.wants("memory") {
        return Ok(());
    }
    let size_mb = installation.size_bytes().await? as f64 / 1e6;
    let mut starts = Vec::new();
    let mut idle = None;
    for _ in 0..STARTS {
        let server = OwnServer::start(installation, &[]).await?;
        starts.push(server.start_ms);
        if idle.is_none() {
            tokio::time::sleep(Duration::from_secs(2)).await;
            idle = server.memory();
        }
        server.stop()?;
    }
    starts.sort_by(f64::total_cmp);
    let seconds = starts[STARTS / 2] / 1000.0;
    report.figure(Figure {
        name: "start",
        title: format!("start to first answer on {size_mb:.0} MB, files in cache, median of {STARTS}"),
        value: seconds,
        unit: "s",
        verdict: Some(at_most(seconds, 0.5, "≤ 0.5 s")),
    });
    if let Some(memory) = idle {
        let megabytes = memory.resident_bytes as f64 / 1e6;
        report.figure(Figure {
            name: "memory-idle",
            title: "the server idle, 2 s after its start".to_owned(),
            value: megabytes,
            unit: "MB",
            verdict: Some(at_most(megabytes, 80.0, "< 80 MB")),
        });
    }
    Ok(())
}
