//! Chiron: imported into, started, measured, started again.

use super::{Run, run_name, say_empty_handler};
use crate::arguments::Arguments;
use crate::goal::{Yardstick, at_least, at_most};
use crate::own_server::{AUDIT_READS_SETTING, Installation, OwnServer};
use crate::report::{Figure, Report};
use crate::sample::Sample;
use crate::target::{Connection, Target};
use crate::workload::{Scene, WORKLOADS};
use crate::{content, disk};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

const DURABILITY: &str = "the server's only one: a write is answered after its sync (write-ahead log, \
     synchronous=FULL); writes that wait together share a sync";
const TOKEN_SCOPE: &str = "system/*.cruds";
const STARTS: usize = 5;

/// Measures Chiron.
pub async fn run(arguments: &Arguments) -> Result<Report> {
    let folder = bench_folder()?;
    std::fs::create_dir_all(&folder)?;
    let scratch = tempfile::Builder::new().prefix("run-").tempdir_in(&folder)?;
    let data = match (&arguments.data, arguments.keep) {
        (Some(data), _) => data.clone(),
        (None, true) => fresh(folder.join("kept"))?,
        (None, false) => fresh(scratch.path().join("data"))?,
    };
    let installation = Installation::new(data)?;
    let mut report = Report::new("Chiron, built with the release profile");
    let mut yardstick = Yardstick::default();
    let syncs = disk::syncs_per_s(&installation.data, Duration::from_secs(2))?;
    yardstick.syncs_per_s = Some(syncs);
    report.figure(Figure {
        name: "syncs",
        title: "4 KiB appended and synced, in the data folder".to_owned(),
        value: syncs,
        unit: "/s",
        verdict: None,
    });
    report.facts.push(("Durability", DURABILITY.to_owned()));
    if arguments.data.is_none() {
        import(&installation, &scratch.path().join("bundles"), arguments, &mut report)?;
    } else {
        report.skip("import", "--data was given");
    }
    serve(&installation, arguments, yardstick, &mut report).await?;
    if arguments.wants("audit") {
        audit(&installation, arguments, &mut report).await?;
    }
    start_again(&installation, arguments, &mut report).await?;
    if arguments.keep {
        eprintln!("the data is kept: --data {}", installation.data.display());
    }
    Ok(report)
}

/// `target/bench`, beside the programs.
fn bench_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).context("this program lies in no target folder")?;
    Ok(target.join("bench"))
}

/// An empty folder.
fn fresh(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn import(
    installation: &Installation,
    folder: &Path,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<()> {
    let content = content::write(folder, arguments.resources)?;
    eprintln!("importing {}", content.description);
    let imported = installation.import(folder)?;
    let rate = imported.resources as f64 / imported.seconds;
    let failures = match imported.failures {
        0 => String::new(),
        count => format!(", {count} bundles refused"),
    };
    report.facts.push(("Content", format!("{}{failures}", content.description)));
    report.figure(Figure {
        name: "import",
        title: format!("chiron import, {} resources in {:.1} s", imported.resources, imported.seconds),
        value: rate,
        unit: "resources/s",
        verdict: Some(at_least(rate, 5000.0, "≥ 5000 resources/s")),
    });
    report.figure(Figure {
        name: "memory",
        title: "peak of chiron import".to_owned(),
        value: imported.peak_bytes as f64 / 1e6,
        unit: "MB",
        verdict: None,
    });
    let bytes = disk::size_bytes(&installation.data)? as f64;
    let each = bytes / (imported.resources as f64).max(1.0);
    report.figure(Figure {
        name: "disk",
        title: format!("the data folder, {:.0} MB, per resource imported", bytes / 1e6),
        value: each,
        unit: "bytes",
        verdict: Some(at_most(each, 2000.0, "≤ 2000 bytes")),
    });
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Starts the server and runs the workloads.
async fn serve(
    installation: &Installation,
    arguments: &Arguments,
    yardstick: Yardstick,
    report: &mut Report,
) -> Result<()> {
    let server = OwnServer::start(installation, &[]).await?;
    let scene = scene(installation, &server).await?;
    say_empty_handler(&scene.target, report).await?;
    let mut run = Run { arguments, scene, server: Some(server.process()), yardstick };
    run.all(report).await?;
    if let (true, Some(memory)) = (arguments.wants("memory"), server.memory()) {
        report.figure(Figure {
            name: "memory",
            title: "peak of the server over all workloads".to_owned(),
            value: memory.peak_bytes as f64 / 1e6,
            unit: "MB",
            verdict: None,
        });
    }
    server.stop()
}

async fn scene(installation: &Installation, server: &OwnServer) -> Result<Scene> {
    let token = installation.ask(&["token", "--scope", TOKEN_SCOPE], "token")?;
    let target = Rc::new(Target::new(&server.base_url, Some(&token))?);
    let code = installation.ask(&["sign-in-code"], "code")?;
    let cookie = Connection::new(Rc::clone(&target)).sign_in(&code).await?;
    let pages = Some(Rc::new(target.with_cookie(&cookie)?));
    let sample = Rc::new(Sample::take(&target).await?);
    Ok(Scene { target, sample, pages, crowded_patient: content::crowded_patient_id(), run: run_name() })
}

/// Point reads with and without the audit of reads.
async fn audit(installation: &Installation, arguments: &Arguments, report: &mut Report) -> Result<()> {
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
        let scene = scene(installation, &server).await?;
        let mut apart = Report::new("");
        let mut run = Run { arguments, scene, server: None, yardstick: Yardstick::default() };
        let point_read = WORKLOADS.iter().find(|workload| workload.name == "point-read");
        run.one(point_read.context("a row of the table")?, &mut apart).await?;
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
    let size_mb = disk::size_bytes(&installation.data)? as f64 / 1e6;
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
            name: "memory",
            title: "the server idle, 2 s after its start".to_owned(),
            value: megabytes,
            unit: "MB",
            verdict: Some(at_most(megabytes, 80.0, "< 80 MB")),
        });
    }
    Ok(())
}
