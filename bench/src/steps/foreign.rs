//! Any other server: imported into over HTTP, and measured by the same workloads.

use super::{Run, run_name, say_empty_handler};
use crate::arguments::Arguments;
use crate::content;
use crate::goal::{Yardstick, at_least};
use crate::report::{Figure, Report};
use crate::sample::Sample;
use crate::target::{Connection, Shot, Target};
use crate::workload::Scene;
use anyhow::Result;
use hyper::Method;
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

/// Bundles on their way at once.
const SENDERS: usize = 4;

/// Measures the server behind a base URL.
pub async fn run(arguments: &Arguments, url: &str) -> Result<Report> {
    let target = Rc::new(Target::new(url, arguments.token.as_deref())?);
    let mut report = Report::new(url);
    report.facts.push(("Durability", "as that server is set up; this program cannot tell".to_owned()));
    if arguments.wants("import") {
        import(&target, arguments, &mut report).await?;
    }
    say_empty_handler(&target, &mut report).await?;
    let sample = Rc::new(Sample::take(&target).await?);
    let crowded_patient = content::crowded_patient_id();
    let scene = Scene { target, sample, pages: None, crowded_patient, run: run_name() };
    let mut run = Run { arguments, scene, server: None, yardstick: Yardstick::default() };
    run.all(&mut report).await?;
    for name in ["disk", "syncs", "audit", "start", "memory"] {
        if arguments.wants(name) {
            report.skip(name, "is measured on a server that this program starts");
        }
    }
    Ok(report)
}

/// Posts every bundle as a transaction.
async fn import(target: &Rc<Target>, arguments: &Arguments, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let content = content::write(folder.path(), arguments.resources)?;
    eprintln!("importing {}", content.description);
    let (first, others) = content.bundles.split_at(1);
    let started = Instant::now();
    // Everyone refers to the practice, so it is there before them.
    let mut outcome = send_all(target, first).await?;
    let rest = send_all(target, others).await?;
    outcome.resources += rest.resources;
    outcome.refused.extend(rest.refused);
    let seconds = started.elapsed().as_secs_f64();
    for refused in outcome.refused.iter().take(3) {
        eprintln!("  not imported: {refused}");
    }
    let rate = outcome.resources as f64 / seconds;
    let refused = outcome.refused.len();
    report.facts.push(("Content", format!("{}, {refused} bundles refused", content.description)));
    report.figure(Figure {
        name: "import",
        title: format!(
            "{SENDERS} senders of transactions, {} resources in {seconds:.1} s",
            outcome.resources
        ),
        value: rate,
        unit: "resources/s",
        verdict: Some(at_least(rate, 5000.0, "≥ 5000 resources/s")),
    });
    Ok(())
}

#[derive(Default)]
struct Sent {
    resources: u64,
    refused: Vec<String>,
}

async fn send_all(target: &Rc<Target>, bundles: &[PathBuf]) -> Result<Sent> {
    let bundles: Rc<[PathBuf]> = bundles.into();
    let next = Rc::new(Cell::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (target, bundles, next) = (Rc::clone(target), Rc::clone(&bundles), Rc::clone(&next));
            tokio::task::spawn_local(async move { send(target, &bundles, &next).await })
        })
        .collect();
    let mut all = Sent::default();
    for sender in senders {
        let sent = sender.await??;
        all.resources += sent.resources;
        all.refused.extend(sent.refused);
    }
    Ok(all)
}

async fn send(target: Rc<Target>, bundles: &[PathBuf], next: &Cell<usize>) -> Result<Sent> {
    let mut connection = Connection::new(Rc::clone(&target));
    let mut sent = Sent::default();
    while let Some(path) = bundles.get(next.replace(next.get() + 1)) {
        let bundle = std::fs::read(path)?;
        let entries = content::entries(&bundle)?;
        let root = if target.base_path.is_empty() { "/" } else { &*target.base_path };
        let answer = connection.fetch(&Shot::send(Method::POST, root, bundle)).await?;
        if answer.status().is_success() {
            sent.resources += entries;
        } else {
            let start: String = String::from_utf8_lossy(answer.body()).chars().take(300).collect();
            sent.refused.push(format!("{}: {} {start}", path.display(), answer.status()));
        }
    }
    Ok(sent)
}
