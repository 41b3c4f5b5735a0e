//! The content into a server: by `chiron import`, or by transactions over HTTP as any server takes them.

use crate::content::{self, Content};
use crate::goal::at_least;
use crate::own_server::{Imported, Installation};
use crate::report::{Figure, Report};
use crate::target::{Connection, Shot, Target};
use anyhow::{Context, Result};
use hyper::Method;
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

/// Bundles on their way at once.
const SENDERS: usize = 4;

/// Has `chiron import` read the folder of bundles; gives how many resources were imported.
pub fn by_command(installation: &Installation, content: &Content, report: &mut Report) -> Result<u64> {
    let folder = content.bundles.first().and_then(|path| path.parent()).context("no bundle")?;
    let Imported { resources, failures, seconds, peak_bytes } = installation.import(folder)?;
    tell(report, content, "chiron import", resources, failures, seconds);
    report.figure(Figure {
        name: "memory-import",
        title: "peak of chiron import".to_owned(),
        value: peak_bytes as f64 / 1e6,
        unit: "MB",
        verdict: None,
    });
    Ok(resources)
}

/// Posts every bundle as a transaction; gives how many resources were taken.
pub async fn by_transactions(target: &Rc<Target>, content: &Content, report: &mut Report) -> Result<u64> {
    let (first, others) = content.bundles.split_at(1);
    let started = Instant::now();
    // Everyone refers to the practice, so it is there before them.
    let mut sent = send_all(target, first).await?;
    let rest = send_all(target, others).await?;
    sent.resources += rest.resources;
    sent.refused.extend(rest.refused);
    let seconds = started.elapsed().as_secs_f64();
    for refused in sent.refused.iter().take(3) {
        eprintln!("  not imported: {refused}");
    }
    let how = format!("{SENDERS} senders of transactions");
    tell(report, content, &how, sent.resources, sent.refused.len(), seconds);
    Ok(sent.resources)
}

/// Reports an import: how it was done, and how many bundles were refused.
fn tell(report: &mut Report, content: &Content, how: &str, resources: u64, refused: usize, seconds: f64) {
    report.facts.push(("Content", format!("{}, {refused} bundles refused", content.description)));
    let rate = resources as f64 / seconds;
    report.figure(Figure {
        name: "import",
        title: format!("{how}, {resources} resources in {seconds:.1} s"),
        value: rate,
        unit: "resources/s",
        verdict: Some(at_least(rate, 5000.0, "≥ 5000 resources/s")),
    });
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
