//! `chiron synth`: invented patients in a stream of any length: into a practice, a folder or standard output.
//!
//! Each patient is made from the seed and a position alone, and forgotten when written, so memory does not grow with
//! their number, and slices that follow each other are, to the byte, the whole.

use crate::arguments::SynthArguments;
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result, ensure};
use fhir::Value;
use fhir::schema::schema;
use record::Session;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use synth::{Date, Settings};

/// Patients on their way into a practice at once: while one waits for its sync, others are made.
const WRITERS: usize = 3;
/// The import works on several files at once, and a file of a million patients would be one.
const PATIENTS_PER_FILE: u32 = 100;
/// The name of standard output in place of a folder.
const STANDARD_OUTPUT: &str = "-";

/// Part of an invented practice.
struct Slice {
    generator: synth::Practice,
    /// Positions of the patients.
    positions: Range<u32>,
    /// The bundles that come before the patients.
    before: Vec<Value>,
}

/// Makes the patients that are asked for, and writes them where they shall go.
pub fn run(config: &Config, arguments: &SynthArguments, emit: &mut Emit<'_>) -> Result<()> {
    let slice = Slice::of(arguments)?;
    match &arguments.to {
        None => slice.into_practice(&Practice::open(config)?, emit),
        // Nothing but the resources goes there.
        Some(to) if to.as_os_str() == STANDARD_OUTPUT => slice.into_standard_output(),
        Some(folder) => slice.into_folder(folder, emit),
    }
}

impl Slice {
    fn of(arguments: &SynthArguments) -> Result<Self> {
        let end =
            arguments.from.checked_add(arguments.patients).context("there are 4,294,967,295 positions")?;
        let settings = Settings {
            seed: arguments.seed,
            patients: end,
            resources_per_patient: Some(arguments.resources_per_patient),
            ..Settings::demo(day(arguments.today)?)
        };
        let generator = synth::Practice::new(settings);
        let mut before = Vec::new();
        if arguments.from == 0 {
            before.push(generator.foundation());
            before.extend(arguments.crowded.then(|| generator.crowded_patient()));
        }
        Ok(Self { generator, positions: arguments.from..end, before })
    }

    fn into_practice(self, practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
        let session = practice.session();
        self.refuse_other_patients(practice, &session)?;
        let mut resources = 0;
        for bundle in &self.before {
            resources += write(&session, bundle)?;
        }
        resources += write_patients(&session, &self.generator, self.positions.clone(), emit)?;
        self.tell(resources, &practice.data, emit);
        Ok(())
    }

    /// People who are made up go among their like only: those of the same seed, up to where these begin.
    fn refuse_other_patients(&self, practice: &Practice, session: &Session) -> Result<()> {
        let neighbour = self.generator.patient_id(self.positions.start.saturating_sub(1));
        let is_begun = has_patient(session, &[("_id", &neighbour), ("_count", "1")])?;
        let begins_here = self.positions.start == 0 && !has_patient(session, &[("_count", "1")])?;
        ensure!(
            is_begun || begins_here,
            "{} is no practice of this seed that ends before patient {}; name another folder with --data",
            practice.data.display(),
            self.positions.start
        );
        Ok(())
    }

    fn into_standard_output(self) -> Result<()> {
        let mut output = BufWriter::new(std::io::stdout().lock());
        for bundle in self.before.iter().cloned().chain(self.patients(self.positions.clone())) {
            write_lines(&mut output, &bundle)?;
        }
        Ok(output.flush()?)
    }

    /// Files in the order of their names: what others refer to comes first.
    fn into_folder(self, folder: &Path, emit: &mut Emit<'_>) -> Result<()> {
        super::new_folder(folder)?;
        let mut resources = 0;
        if !self.before.is_empty() {
            resources += write_file(&folder.join("foundation.ndjson"), self.before.iter().cloned())?;
        }
        let total = self.positions.len() as u64;
        for start in self.positions.clone().step_by(PATIENTS_PER_FILE as usize) {
            let end = self.positions.end.min(start.saturating_add(PATIENTS_PER_FILE));
            let path = folder.join(format!("patients-{start:010}.ndjson"));
            resources += write_file(&path, self.patients(start..end))?;
            let done = u64::from(end - self.positions.start);
            emit(Event::Progress { done, total, message: format!("{resources} resources") });
        }
        self.tell(resources, folder, emit);
        Ok(())
    }

    fn patients(&self, positions: Range<u32>) -> impl Iterator<Item = Value> + '_ {
        positions.map(|position| self.generator.patient(position))
    }

    fn tell(&self, resources: u64, to: &Path, emit: &mut Emit<'_>) {
        let patients = self.positions.len();
        emit(Event::Line(format!("made {patients} patients: {resources} resources in {}", to.display())));
        emit(Event::Answer(serde_json::json!({ "patients": patients, "resources": resources })));
    }
}

/// Writes patients into a practice, each in one transaction; gives the number of their resources. Progress is told in
/// patients.
pub fn write_patients(
    session: &Session,
    generator: &synth::Practice,
    positions: Range<u32>,
    emit: &mut Emit<'_>,
) -> Result<u64> {
    let total = positions.len() as u64;
    let positions = Mutex::new(positions);
    let next = || positions.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(position) = next() {
                    if sender.send(write(session, &generator.patient(position))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut resources = 0;
        for (done, written) in (1..).zip(receiver) {
            resources += written?;
            emit(Event::Progress { done, total, message: format!("{resources} resources") });
        }
        Ok(resources)
    })
}

/// Writes a bundle in one transaction; gives the number of its resources.
pub fn write(session: &Session, bundle: &Value) -> Result<u64> {
    Ok(session.transaction(&bundle.to_document())?.len() as u64)
}

/// Whether there is a patient who is so.
pub fn has_patient(session: &Session, parameters: &[(&str, &str)]) -> Result<bool> {
    let patient = schema().resource_named("Patient").context("the schema has patients")?;
    Ok(!session.find(patient, parameters)?.matches.is_empty())
}

/// A day, for the generator.
pub fn day(date: jiff::civil::Date) -> Result<Date> {
    let (year, month, day) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    Date::new(year, month, day).with_context(|| format!("{date} is no day"))
}

fn write_file(path: &Path, bundles: impl Iterator<Item = Value>) -> Result<u64> {
    let mut file = BufWriter::new(File::create_new(path)?);
    let mut resources = 0;
    for bundle in bundles {
        resources += write_lines(&mut file, &bundle)?;
    }
    file.flush()?;
    Ok(resources)
}

/// Writes the resources of a bundle, one a line; gives their number.
fn write_lines(output: &mut impl Write, bundle: &Value) -> Result<u64> {
    let entries = bundle.get("entry").and_then(Value::as_array).unwrap_or_default();
    let resources = entries.iter().filter_map(|entry| entry.get("resource"));
    let mut count = 0;
    for resource in resources {
        output.write_all(resource.to_json().as_bytes())?;
        output.write_all(b"\n")?;
        count += 1;
    }
    Ok(count)
}
