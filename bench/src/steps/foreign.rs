//! Any other server: imported into over HTTP, and measured by the same workloads.

use super::{Plan, Run, import, run_name, sample, say_empty_handler};
use crate::content;
use crate::goal::Yardstick;
use crate::report::Report;
use crate::sample::Sample;
use crate::target::{Connection, Shot, Target};
use crate::workload::Scene;
use anyhow::{Context, Result, ensure};
use std::rc::Rc;

/// A server that was found at its base URL.
pub struct Found {
    url: String,
    target: Rc<Target>,
}

/// Makes sure that a server answers at a base URL.
pub async fn find(url: &str, token: Option<&str>) -> Result<Found> {
    let target = Rc::new(Target::new(url, token)?);
    let shot = Shot::get(target.path("metadata"));
    let answer = Connection::new(Rc::clone(&target)).shoot(&shot).await;
    let status = answer.with_context(|| format!("{url} does not answer"))?.status;
    ensure!(status == 200, "{url}/metadata answers {status}");
    Ok(Found { url: url.to_owned(), target })
}

/// Measures it, asking for what the first server was asked for.
pub async fn run(plan: &Plan<'_>, found: Found, first: &Sample) -> Result<Report> {
    let (arguments, Found { url, target }) = (plan.arguments, found);
    let mut report = Report::new(&url);
    eprintln!("\n{url}");
    report.facts.push(("Durability", "as that server is set up; this program cannot tell".to_owned()));
    if let (true, Some(content)) = (arguments.wants("import"), &plan.content) {
        import::by_transactions(&target, content, &mut report).await?;
    }
    say_empty_handler(&target, &mut report).await?;
    let sample = sample(&target, Some(first), &mut report).await?;
    let crowded_patient = content::crowded_patient_id();
    let scene = Scene { target, sample, pages: None, crowded_patient, run: run_name() };
    let mut run = Run { arguments, scene, server: None, yardstick: Yardstick::default() };
    run.all(&mut report).await?;
    for name in ["disk", "syncs", "audit", "authorisation", "start", "memory"] {
        if arguments.wants(name) {
            report.skip(name, "is measured on a server that this program starts");
        }
    }
    Ok(report)
}
