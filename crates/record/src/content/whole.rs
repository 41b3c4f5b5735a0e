//! A text with the contents in their places, read from its beginning to its end in constant memory.

use super::StandIns;
use super::encoded::Encoded;
use std::io::{Error, ErrorKind, Read, Result, Take};
use std::sync::Arc;
use store::Store;
use store::blob::{BlobReader, Form, MARK_LENGTH, Mark};

/// The reader of a text with its contents.
pub struct Whole {
    text: String,
    stand_ins: StandIns,
    store: Arc<dyn Store>,
    /// Where in the text the reading is.
    at: usize,
    /// The next content and its place.
    next: Option<(usize, Mark)>,
    open: Option<Open>,
}

/// A content that is being read.
struct Open {
    reader: Box<dyn Read + Send>,
    /// Bytes of the string still to come.
    left: u64,
}

impl Whole {
    pub(super) fn new(text: String, stand_ins: StandIns, store: Arc<dyn Store>) -> Self {
        let next = stand_ins.first(&text);
        Self { text, stand_ins, store, at: 0, next, open: None }
    }

    /// How many bytes there are in all.
    pub fn length(&self) -> u64 {
        let (mut rest, mut length) = (&*self.text, self.text.len() as u64);
        while let Some((at, mark)) = self.stand_ins.first(rest) {
            length += mark.string_length();
            length -= MARK_LENGTH as u64;
            rest = &rest[at + MARK_LENGTH..];
        }
        length
    }

    fn open(&self, mark: &Mark) -> Result<Open> {
        let reader = self.store.blobs().open(&mark.hash).map_err(Error::other)?;
        let reader: Take<Box<dyn BlobReader>> = reader.take(mark.length);
        let reader: Box<dyn Read + Send> = match mark.form {
            Form::Bytes => Box::new(Encoded::new(reader)),
            Form::Text => Box::new(reader),
        };
        Ok(Open { reader, left: mark.string_length() })
    }
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if let Some(open) = &mut self.open {
            let count = open.reader.read(buffer)?;
            open.left = open.left.saturating_sub(count as u64);
            if open.left == 0 {
                self.open = None;
            } else if count == 0 && !buffer.is_empty() {
                return Err(Error::new(ErrorKind::UnexpectedEof, "content is shorter than it was"));
            }
            return Ok(count);
        }
        let end = self.next.as_ref().map_or(self.text.len(), |(place, _)| *place);
        if self.at < end {
            let count = (&self.text.as_bytes()[self.at..end]).read(buffer)?;
            self.at += count;
            return Ok(count);
        }
        let Some((_, mark)) = self.next.take() else { return Ok(0) };
        self.open = Some(self.open(&mark)?);
        self.at += MARK_LENGTH;
        let rest = &self.text[self.at..];
        self.next = self.stand_ins.first(rest).map(|(place, mark)| (self.at + place, mark));
        self.read(buffer)
    }
}
