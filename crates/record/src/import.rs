//! Resources that come in by the line (NDJSON): each is put at its id, many in one transaction, and alone when that fails,
//! so that a bad line is named and the rest goes in.
//!
//! What is put again is put at the same ids, so an import can be repeated, or go on, without doubling anything.

use crate::bundle::{check_type, key};
use crate::error::Error;
use crate::session::Session;
use crate::write::{Target, WriteAction, WriteRequest};
use fhir::schema::{TypeId, schema};
use fhir::{Document, Limits, Node};
use std::collections::BTreeMap;
use std::io::{BufRead, Error as IoError, ErrorKind, Read};
use store::{Expect, ResourceKey, StoreError};

/// Lines that go in one transaction.
const LINES_MAX: usize = 200;

/// Bytes after which a transaction takes no further line.
const BATCH_BYTES: usize = 16 << 20;

/// How many resources of a type went in, by its name.
pub type Counts = BTreeMap<String, u64>;

/// A line that is not empty.
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// What it says, without its end.
    pub text: Vec<u8>,
}

/// Reads lines in batches.
pub struct Lines<R> {
    reader: R,
    /// Lines read so far, empty ones among them.
    read: u64,
    line_bytes_max: usize,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Imported {
    /// What went in.
    pub counts: Counts,
    /// The lines that did not, by their numbers, and why.
    pub failures: Vec<(u64, Error)>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most as many bytes as a resource may have.
    pub fn new(reader: R) -> Self {
        Self { reader, read: 0, line_bytes_max: Limits::default().bytes }
    }

    /// How many lines were read, empty ones among them.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Passes over the first lines.
    ///
    /// # Errors
    /// As of [`Lines::next_batch`].
    pub fn skip_to(&mut self, lines: u64) -> Result<(), IoError> {
        while self.read < lines && self.next_line()?.is_some() {}
        Ok(())
    }

    /// The next lines for one transaction; none behind the last.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] when a line is too long, and whatever the reader says.
    pub fn next_batch(&mut self) -> Result<Vec<Line>, IoError> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < LINES_MAX && bytes < BATCH_BYTES {
            let Some(text) = self.next_line()? else { break };
            if !text.trim_ascii().is_empty() {
                bytes += text.len();
                batch.push(Line { number: self.read, text });
            }
        }
        Ok(batch)
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, IoError> {
        let mut text = Vec::new();
        let limit = self.line_bytes_max as u64 + 1;
        if (&mut self.reader).take(limit).read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        if text.last() == Some(&b'\n') {
            text.pop();
        } else if text.len() > self.line_bytes_max {
            let what = format!(
                "line {} has more than {} bytes; is it NDJSON, one resource a line?",
                self.read + 1,
                self.line_bytes_max
            );
            return Err(IoError::new(ErrorKind::InvalidData, what));
        }
        self.read += 1;
        Ok(Some(text))
    }
}

impl Session {
    /// Puts the resources of lines at their ids: together, or one by one when that fails. `wanted` is the type that they
    /// must be of.
    ///
    /// # Errors
    /// Those of the world: no line is to blame, and what is left of the batch may be put again.
    pub fn import_lines(&self, lines: Vec<Line>, wanted: Option<TypeId>) -> Result<Imported, Error> {
        let mut imported = Imported::default();
        let mut good = Vec::new();
        for line in lines {
            match read(line.text, wanted) {
                Ok(document) => good.push((line.number, document)),
                Err(error) => imported.failures.push((line.number, error)),
            }
        }
        match self.put_lines(&good) {
            Ok(counts) => imported.counts = counts,
            Err(error) if is_of_world(&error) => return Err(error),
            Err(_) => {
                for one in good.chunks(1) {
                    match self.put_lines(one) {
                        Ok(counts) => add(&mut imported.counts, counts),
                        Err(error) if is_of_world(&error) => return Err(error),
                        Err(error) => imported.failures.push((one[0].0, error.without_entry())),
                    }
                }
            }
        }
        imported.failures.sort_by_key(|(number, _)| *number);
        Ok(imported)
    }

    fn put_lines(&self, lines: &[(u64, Document)]) -> Result<Counts, Error> {
        // What an id is made of must not depend on which other lines go in with this one.
        self.put_all(lines.iter().map(|(number, document)| Entry {
            resource: document.root(),
            full_url: None,
            seed: (*number, document.text()),
        }))
    }

    /// Puts resources at their ids, all or none.
    pub fn put_all<'a>(&self, entries: impl Iterator<Item = Entry<'a>>) -> Result<Counts, Error> {
        let (mut requests, mut counts) = (Vec::new(), Counts::new());
        for (index, entry) in entries.enumerate() {
            let key = entry.key().map_err(|error| error.in_entry(index))?;
            *counts.entry(key.type_id.name().to_owned()).or_default() += 1;
            let target = Target::Key(key);
            let action = WriteAction::Update { target, resource: entry.resource, expect: Expect::Any };
            requests.push(WriteRequest { action, full_url: entry.full_url });
        }
        self.write_all(&requests)?;
        Ok(counts)
    }
}

/// A resource to be put at its id.
pub struct Entry<'a> {
    /// The resource.
    pub resource: Node<'a>,
    /// The name that others use for it (`Bundle.entry.fullUrl`).
    pub full_url: Option<String>,
    /// What its id is made of when it has none: a place, and the content around it.
    pub seed: (u64, &'a str),
}

impl Entry<'_> {
    fn key(&self) -> Result<ResourceKey, Error> {
        let Some(name) = self.resource.get_str("resourceType") else {
            return Err(Error::request("Resource", "a resource has no resourceType"));
        };
        let Some(type_id) = schema().resource_named(&name) else {
            return Err(Error::request("Resource", format!("'{name}' is no resource type")));
        };
        match self.resource.get_str("id") {
            Some(id) => key(type_id, &id),
            None => {
                let seed = format!("{}\n{}", self.seed.0, self.seed.1);
                let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes());
                Ok(ResourceKey::new(type_id, id.to_string()))
            }
        }
    }
}

/// Adds counts to others.
pub fn add(to: &mut Counts, counts: Counts) {
    for (name, count) in counts {
        *to.entry(name).or_default() += count;
    }
}

fn read(text: Vec<u8>, wanted: Option<TypeId>) -> Result<Document, Error> {
    let document =
        Document::parse(text).map_err(|error| Error::request(error.path.clone(), error.to_string()))?;
    match wanted {
        Some(type_id) if check_type(document.root(), type_id).is_err() => {
            let found = document.resource_type().unwrap_or_default();
            let what = format!("the resource is of type '{found}', and not {} as was said", type_id.name());
            Err(Error::request("Resource", what))
        }
        _ => Ok(document),
    }
}

/// Whether an error says nothing of what was to be written.
fn is_of_world(error: &Error) -> bool {
    use StoreError::{BadCursor, ConditionConflict, TooCostly, VersionConflict};
    match error.innermost() {
        Error::Store(error) => {
            !matches!(error, VersionConflict { .. } | ConditionConflict { .. } | TooCostly { .. } | BadCursor)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, read: u64) -> Vec<Vec<u64>> {
        let mut lines = Lines::new(text.as_bytes());
        lines.skip_to(read).unwrap();
        let batches =
            std::iter::from_fn(|| Some(lines.next_batch().unwrap()).filter(|batch| !batch.is_empty()));
        batches.map(|batch| batch.iter().map(|line| line.number).collect()).collect()
    }

    #[test]
    fn lines_keep_their_numbers_wherever_reading_begins() {
        assert_eq!(numbers("a\n\n  \nb\r\nc", 0), [[1, 4, 5]]);
        assert_eq!(numbers("a\n\n  \nb\r\nc", 3), [[4, 5]]);
        assert!(numbers("a\nb", 2).is_empty() && numbers("a\nb", 9).is_empty() && numbers("", 0).is_empty());
        let many = "x\n".repeat(LINES_MAX * 2 + 1);
        assert_eq!(numbers(&many, 1).iter().map(Vec::len).collect::<Vec<_>>(), [LINES_MAX, LINES_MAX]);
        let long = format!("{}\n", "x".repeat(BATCH_BYTES / 2)).repeat(3);
        assert_eq!(numbers(&long, 0), [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_is_in_memory() {
        let mut lines = Lines { reader: &b"12345\n1234567"[..], read: 0, line_bytes_max: 6 };
        let error = lines.next_batch().map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
