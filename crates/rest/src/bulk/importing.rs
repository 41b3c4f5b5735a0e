//! An import at work: file after file, some lines at a time, with the rights of whoever asked.

use super::import_order::{ImportOrder, Place, Source};
use super::tally::{Tallies, Tally};
use super::work::{Cut, Work};
use super::{Listed, State};
use crate::failure::Failure;
use crate::operation_outcome::operation_outcome;
use crate::outgoing;
use axum::http::StatusCode;
use fhir::schema::schema;
use flate2::bufread::MultiGzDecoder;
use record::import::Lines;
use record::outgoing::Endpoint;
use std::fs::File;
use std::io::{BufRead, BufReader, Error as IoError, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// How gzip begins, and no JSON does.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Bytes that are fetched before one looks whether the import is still wanted.
const PIECE_BYTES: u64 = 4 << 20;

/// An import at work.
pub(super) struct Importing<'a> {
    work: Work<'a>,
    order: ImportOrder,
    tallies: Tallies,
}

/// Why a file is not taken in to its end.
enum Fault {
    /// The file's own: it is written down, and the next one is taken in.
    Source(Failure),
    /// The import's.
    Cut(Cut),
}

impl<E: Into<Cut>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Cut(error.into())
    }
}

impl<'a> Importing<'a> {
    /// Begins, or goes on with what was cut off before.
    pub fn begin(work: Work<'a>, order: ImportOrder) -> Result<Self, Cut> {
        work.keep("an import begins, or goes on")?;
        let tallies = Tallies::open(work.folder()?).map_err(|error| work.cut(&error))?;
        Ok(Self { work, order, tallies })
    }

    /// Takes the files in.
    pub fn run(mut self) -> Result<State, Cut> {
        for index in self.tallies.at()..self.order.sources.len() {
            match self.take_in(index) {
                Ok(()) => {}
                Err(Fault::Cut(cut)) => return Err(cut),
                Err(Fault::Source(failure)) => {
                    let now = self.tallies.now();
                    let tally = Tally { failed: now.failed + 1, ..now };
                    let place = format!("after line {}", now.lines);
                    self.note(tally, &outcome(failure, &place))?;
                }
            }
            // It is there only when it was fetched.
            let _ = std::fs::remove_file(self.fetched(index)?);
            self.tallies.next().map_err(|error| self.work.cut(&error))?;
        }
        self.work.sync_folder()?;
        Ok(self.state())
    }

    fn state(&self) -> State {
        let tallies = || self.order.sources.iter().zip(self.tallies.all()).zip(1..);
        let listed = |source: &Source, count, file| Listed {
            type_name: "OperationOutcome".to_owned(),
            count,
            file,
            input_url: source.url.clone(),
        };
        let errors = tallies().filter(|((_, tally), _)| tally.failed > 0);
        State::Done {
            moment_ms: self.work.service.upgrade().map_or(0, |service| service.record.now_ms()),
            output: tallies()
                .map(|((source, tally), _)| listed(source, tally.imported, String::new()))
                .collect(),
            error: errors
                .map(|((source, tally), number)| listed(source, tally.failed, Tallies::errors_name(number)))
                .collect(),
            deleted: Vec::new(),
        }
    }

    /// Takes a file in, from where it is.
    fn take_in(&mut self, index: usize) -> Result<(), Fault> {
        let type_id = self.order.sources[index].type_id;
        let mut lines = Lines::new(self.open(index)?);
        lines.skip_to(self.tallies.now().lines).map_err(|error| self.unreadable(&error))?;
        loop {
            let batch = lines.next_batch().map_err(|error| self.unreadable(&error))?;
            if batch.is_empty() {
                return Ok(());
            }
            // The record is held for these lines only.
            let imported =
                self.work.moment()?.session.import_lines(batch, Some(type_id)).map_err(Cut::from)?;
            let mut outcomes = String::new();
            let mut tally = self.tallies.now();
            tally.lines = lines.read();
            tally.imported += imported.counts.values().sum::<u64>();
            tally.failed += imported.failures.len() as u64;
            for (number, error) in imported.failures {
                outcomes.push_str(&outcome(error.into(), &format!("line {number}")));
            }
            self.note(tally, &outcomes)?;
            let total: u64 = self.tallies.all().map(|tally| tally.imported).sum();
            let (file, files) = (index + 1, self.order.sources.len());
            self.work.tell(format!("{total} resources; line {} of file {file} of {files}", tally.lines));
        }
    }

    fn note(&mut self, tally: Tally, outcomes: &str) -> Result<(), Cut> {
        self.tallies.note(tally, outcomes).map_err(|error| self.work.cut(&error))
    }

    /// Why a file cannot be read on: by what is in it, or by the disk's fault.
    fn unreadable(&self, error: &IoError) -> Fault {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                Fault::Source(source_failure(format!("the file cannot be read on: {error}")))
            }
            _ => Fault::Cut(self.work.cut(error)),
        }
    }

    fn open(&self, index: usize) -> Result<Box<dyn BufRead>, Fault> {
        let source = &self.order.sources[index];
        let reader: Box<dyn Read> = match &source.place {
            Place::Binary { id, version } => {
                let session = self.work.moment()?.session;
                let type_id = schema().resource_named("Binary").ok_or_else(Failure::internal)?;
                let key = record::bundle::key(type_id, id).map_err(Cut::from)?;
                let binary = session.read_version(&key, *version).map_err(Cut::from)?;
                let content = session.content(&binary).map_err(Cut::from)?.ok_or_else(Failure::internal)?;
                Box::new(content.reader)
            }
            Place::Elsewhere => {
                let path = self.fetched(index)?;
                if !path.is_file() {
                    self.fetch(&source.url, &path)?;
                }
                Box::new(File::open(path).map_err(|error| self.work.cut(&error))?)
            }
        };
        let mut reader = BufReader::new(reader);
        Ok(match reader.fill_buf().map_err(|error| self.unreadable(&error))?.starts_with(&GZIP) {
            true => Box::new(BufReader::new(MultiGzDecoder::new(reader))),
            false => Box::new(reader),
        })
    }

    /// Where a file that is fetched is kept until it is taken in.
    fn fetched(&self, index: usize) -> Result<PathBuf, Cut> {
        Ok(self.work.folder()?.join(format!("source-{}", index + 1)))
    }

    /// Fetches a file. Under its name it is whole.
    fn fetch(&self, url: &str, to: &Path) -> Result<(), Fault> {
        let targets = self.work.moment()?.session.record().outgoing_targets().clone();
        // What may be reached may be another since it was asked for.
        let endpoint = targets.endpoint(url).map_err(|how| Fault::Source(source_failure(how)))?;
        let part = to.with_extension("part");
        let mut file = File::create(&part).map_err(|error| self.work.cut(&error))?;
        if let Err(fault) = self.fetch_into(&targets, &endpoint, &mut file) {
            let _ = std::fs::remove_file(&part);
            return Err(fault);
        }
        file.sync_all()
            .and_then(|()| std::fs::rename(&part, to))
            .map_err(|error| self.work.cut(&error).into())
    }

    fn fetch_into(
        &self,
        targets: &record::outgoing::Targets,
        endpoint: &Endpoint,
        file: &mut File,
    ) -> Result<(), Fault> {
        let settings = self.work.moment()?.service.settings.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.work.cut(&error))?;
        let (mut length, mut looked, mut fault) = (0, 0, None);
        let mut take = |piece: &[u8]| -> Result<(), Fault> {
            length += piece.len() as u64;
            if length > settings.binary_bytes_max {
                let what = format!("the file has more than {} bytes; divide it", settings.binary_bytes_max);
                return Err(Fault::Source(source_failure(what)));
            }
            file.write_all(piece).map_err(|error| self.work.cut(&error))?;
            if length - looked > PIECE_BYTES {
                looked = length;
                self.work.moment()?;
                self.work.tell(format!("{length} bytes fetched"));
            }
            Ok(())
        };
        let fetched = runtime.block_on(outgoing::fetch(
            targets,
            endpoint,
            settings.receive_timeout,
            |piece| match take(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(why) => {
                    fault = Some(why);
                    ControlFlow::Break(())
                }
            },
        ));
        match fault {
            Some(fault) => Err(fault),
            None => fetched.map_err(|why| Fault::Source(source_failure(why))),
        }
    }
}

/// What is wrong with a file as a whole.
fn source_failure(what: String) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "processing", what)
}

/// What failed at a place of a file, as a line.
fn outcome(failure: Failure, place: &str) -> String {
    let mut issues = failure.issues;
    for issue in &mut issues {
        if issue.details.is_empty() {
            issue.details = issue.diagnostics.clone();
        }
        issue.diagnostics = format!("{place} of the input: {}", issue.diagnostics);
    }
    format!("{}\n", operation_outcome(&issues))
}
