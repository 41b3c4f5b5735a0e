//! A run from its beginning to its report.

mod foreign;
mod import;
mod own;
mod scale;

pub use scale::run as grow;

use crate::arguments::Arguments;
use crate::comparison::Comparison;
use crate::content::{self, Content};
use crate::database::Database;
use crate::goal::{Goal, Yardstick};
use crate::load::{Arrival, Load};
use crate::report::{LoadRow, Report};
use crate::sample::Sample;
use crate::target::{Shot, Target};
use crate::workload::{Scene, WORKLOADS, Workload};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// What is measured besides the workloads: name and title.
const FIGURES: [(&str, &str); 8] = [
    ("import", "bundles imported: resources a second"),
    ("disk", "bytes on disk per resource"),
    ("syncs", "syncs of the disk a second"),
    ("audit", "audited reads against reads without audit"),
    ("authorisation", "reads and searches under all restrictions against those under none"),
    ("sign-in", "sign-in at the page, but for the hash of a password"),
    ("start", "from the start of the process to its first answer"),
    ("memory", "memory of the server, idle and at its peak"),
];

/// Prints what can be given to `--only`.
pub fn list() {
    let workloads = WORKLOADS.iter().map(|workload| (workload.name, workload.title));
    for (name, title) in FIGURES.into_iter().chain(workloads) {
        println!("{name:<20} {title}");
    }
}

/// A folder for a run, gone after it; in `target/bench`.
fn scratch_folder() -> Result<tempfile::TempDir> {
    let folder = bench_folder()?;
    std::fs::create_dir_all(&folder)?;
    Ok(tempfile::Builder::new().prefix("run-").tempdir_in(&folder)?)
}

/// Refuses names that nothing has.
fn ensure_known(arguments: &Arguments) -> Result<()> {
    let is_known = |wanted: &&String| {
        FIGURES.iter().any(|(name, _)| name == wanted) || WORKLOADS.iter().any(|one| one.name == **wanted)
    };
    if let Some(unknown) = arguments.only.iter().find(|wanted| !is_known(wanted)) {
        bail!("there is no workload '{unknown}'; --list shows them");
    }
    Ok(())
}

/// Measures Chiron, and what is asked for beside it.
pub async fn run(arguments: &Arguments) -> Result<Comparison> {
    ensure_known(arguments)?;
    let database = arguments.database.clone().map(|url| Database { url });
    // What would fail is found before minutes are spent on what does not.
    if let Some(database) = &database {
        database.ensure_empty().await?;
    }
    let other = match &arguments.against {
        Some(url) => Some(foreign::find(url, arguments.token.as_deref()).await?),
        None => None,
    };
    let scratch = scratch_folder()?;
    let content = match arguments.data {
        None => Some(content::write(&scratch.path().join("bundles"), arguments.resources)?),
        Some(_) => None,
    };
    let plan = Plan { arguments, content };
    let (report, sample) = own::run(&plan, own::data_folder(arguments, scratch.path())?, None, None).await?;
    let mut reports = vec![report];
    if let Some(database) = database {
        let data = own::fresh(scratch.path().join("beside-database"))?;
        reports.push(own::run(&plan, data, Some(database), Some(&sample)).await?.0);
    }
    if let Some(other) = other {
        reports.push(foreign::run(&plan, other, &sample).await?);
    }
    Ok(Comparison { reports })
}

/// `target/bench`, beside the programs.
fn bench_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).context("this program lies in no target folder")?;
    Ok(target.join("bench"))
}

/// What is the same for every server of a run.
struct Plan<'a> {
    arguments: &'a Arguments,
    /// What to import; `None` when a data folder holds it already.
    content: Option<Content>,
}

/// What to ask a server for: of the first, what it holds; of the others, the same again by their own ids.
async fn sample(target: &Rc<Target>, first: Option<&Sample>, report: &mut Report) -> Result<Rc<Sample>> {
    let Some(first) = first else { return Ok(Rc::new(Sample::take(target).await?)) };
    let sample = Sample::take_like(target, first).await?;
    let found = format!(
        "the first server's, by this one's ids, for {} of {} patients and {} of {} observations",
        sample.patients.len(),
        first.patients.len(),
        sample.observations.len(),
        first.observations.len()
    );
    report.facts.push(("Requests", found));
    Ok(Rc::new(sample))
}

/// What the measurement of one server goes by.
struct Run<'a> {
    arguments: &'a Arguments,
    scene: Scene,
    /// The server's process, when it is ours.
    server: Option<u32>,
    yardstick: Yardstick,
}

impl Run<'_> {
    /// Runs the workloads that are asked for.
    async fn all(&mut self, report: &mut Report) -> Result<()> {
        for workload in WORKLOADS {
            // The empty handler is a yardstick too.
            let is_needed = workload.name == "empty-handler" && self.arguments.wants("point-read");
            if is_needed || self.arguments.wants(workload.name) {
                self.one(workload, workload.goal, report).await?;
            }
        }
        Ok(())
    }

    async fn one(&mut self, workload: &Workload, goal: Option<Goal>, report: &mut Report) -> Result<()> {
        let shots = match (workload.shots)(&self.scene) {
            Ok(shots) => shots,
            Err(lacks) => {
                report.skip(workload.name, format!("the server has {lacks}"));
                return Ok(());
            }
        };
        let target = match (workload.on_pages, &self.scene.pages) {
            (false, _) => Rc::clone(&self.scene.target),
            (true, Some(pages)) => Rc::clone(pages),
            (true, None) => {
                report.skip(workload.name, "pages are measured on Chiron only");
                return Ok(());
            }
        };
        let open_rate_per_s = workload.is_open.then_some(self.arguments.rate);
        let load = Load {
            target,
            clients: workload.clients.unwrap_or(self.arguments.clients),
            arrival: open_rate_per_s.map_or(Arrival::Closed, |rate_per_s| Arrival::Open { rate_per_s }),
            duration: Duration::from_secs_f64(self.arguments.seconds),
            shots,
            any_status: workload.any_status,
            server: self.server,
        };
        let clients = load.clients;
        let measured = load.run().await?;
        if workload.name == "empty-handler" {
            self.yardstick.empty_handler_rate_per_s = Some(measured.rate_per_s());
        }
        let verdict = goal.map(|goal| goal.judge(&measured, self.yardstick));
        report.load(LoadRow {
            name: workload.name,
            title: workload.title,
            clients,
            open_rate_per_s,
            measured,
            verdict,
        });
        Ok(())
    }
}

/// What the server says of itself at its fastest route.
async fn say_empty_handler(target: &Rc<Target>, report: &mut Report) -> Result<()> {
    let mut connection = crate::target::Connection::new(Rc::clone(target));
    let status = connection.shoot(&Shot::get("/health")).await?.status;
    report.facts.push(("Empty handler", format!("GET /health, which answers {status}")));
    Ok(())
}

/// Letters that no other run has, for ids that are written.
fn run_name() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since.as_millis())
}
