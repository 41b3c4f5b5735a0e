//! `chiron import`: bundles and NDJSON into the record.
//!
//! Each bundle is one transaction. A bundle's `POST` of a resource that has an id puts it at that id, and one
//! without an id gets an id made from the file's content, so an import can be repeated without doubling anything.

use crate::command::import_file;
use crate::event::{Emit, Event};
use anyhow::{Context, Result, bail};
use record::Session;
use record::import::{Counts, add};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

/// Files worked on at once: the writer is one, so more would only wait for it.
const WORKERS: usize = 3;

/// What an import did.
#[derive(Debug, Default)]
pub struct Imported {
    /// Resources that went in, by type.
    pub resources: Counts,
    /// What failed: file (and line), reason.
    pub failures: Vec<(String, String)>,
}

/// A part of the work that is done.
pub enum Step {
    /// A transaction went in: its resources by type.
    Written(Counts),
    /// Something did not: its place and the reason.
    Failed(String, String),
    /// A file of so many bytes is behind us.
    FileDone(u64),
}

/// Imports files and folders.
pub fn run(session: &Session, paths: &[PathBuf], emit: &mut Emit<'_>) -> Result<Imported> {
    let files = list(paths)?;
    let total: u64 = files.iter().map(|(_, size)| size).sum();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut imported = Imported::default();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(files.len().max(1)) {
            let (sender, files, next) = (sender.clone(), &files, &next);
            scope.spawn(move || {
                while let Some((path, size)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = import_file::run(session, path, &sender) {
                        let _ = sender.send(Step::Failed(path.display().to_string(), format!("{error:#}")));
                    }
                    let _ = sender.send(Step::FileDone(*size));
                }
            });
        }
        drop(sender);
        watch(&receiver, total, &mut imported, emit);
    });
    report(&imported, emit);
    Ok(imported)
}

fn watch(receiver: &mpsc::Receiver<Step>, total: u64, imported: &mut Imported, emit: &mut Emit<'_>) {
    let started = Instant::now();
    let (mut done, mut resources) = (0, 0u64);
    for step in receiver {
        match step {
            Step::Written(counts) => {
                resources += counts.values().sum::<u64>();
                add(&mut imported.resources, counts);
            }
            Step::Failed(place, reason) => imported.failures.push((place, reason)),
            Step::FileDone(size) => done += size,
        }
        let seconds = started.elapsed().as_secs_f64().max(0.001);
        #[allow(clippy::cast_precision_loss)] // a rate for people
        let rate = resources as f64 / seconds;
        emit(Event::Progress { done, total, message: format!("{resources} resources, {rate:.0}/s") });
    }
}

fn report(imported: &Imported, emit: &mut Emit<'_>) {
    let total: u64 = imported.resources.values().sum();
    emit(Event::Line(format!("imported {total} resources")));
    for (name, count) in &imported.resources {
        emit(Event::Line(format!("  {count:>8}  {name}")));
    }
    for (place, reason) in &imported.failures {
        emit(Event::Line(format!("failed: {place}: {reason}")));
    }
    let failures: Vec<_> = imported.failures.iter().map(|(place, reason)| [place, reason]).collect();
    emit(Event::Answer(serde_json::json!({ "resources": imported.resources, "failures": failures })));
    if !failures.is_empty() {
        emit(Event::Failed(format!("{} could not be imported; the rest is in", failures.len())));
    }
}

/// The files to import, with their sizes, in order of name; folders are entered.
fn list(paths: &[PathBuf]) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for path in paths {
        let data = std::fs::metadata(path).with_context(|| path.display().to_string())?;
        if data.is_dir() {
            let inside =
                std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
            let is_wanted = |path: &PathBuf| path.is_dir() || Form::of(path).is_some();
            let mut inside: Vec<_> = inside.into_iter().filter(is_wanted).collect();
            inside.sort();
            files.extend(list(&inside)?);
        } else if Form::of(path).is_some() {
            files.push((path.clone(), data.len()));
        } else {
            bail!("{}: only .json and .ndjson, plain or as .gz or .zst", path.display());
        }
    }
    Ok(files)
}

/// What a file holds, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document: a bundle or a resource.
    Json,
    /// A resource a line.
    Ndjson,
}

impl Form {
    /// The form of a file; `None` when its name does not tell.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let plain = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
        match plain.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "ndjson" => Some(Self::Ndjson),
            _ => None,
        }
    }
}
