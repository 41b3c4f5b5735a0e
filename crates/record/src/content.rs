//! Attachments and Binaries of any length: content that the store keeps outside the documents.
//!
//! In the store a [`store::blob::Mark`] stands in the document where the content was. What leaves a session shows a
//! *stand-in* there: the mark behind a secret of this process instead of its prefix. Stand-ins pass through bundles,
//! XML and patches as ordinary base64; an edge ends by asking for the [`Whole`] text, which reads the contents into
//! their places as it is read. Nobody outside can make one, so a stand-in that comes back in a write is what was shown.

mod encoded;
mod scanner;
mod set_apart;
mod upload;
mod whole;

pub use scanner::{ContentScan, ContentScanner};
pub(crate) use set_apart::set_apart;
pub use upload::{Upload, Uploaded};
pub use whole::Whole;

use crate::error::Error;
use crate::resource::Resource;
use crate::session::{Record, Session};
use std::borrow::Cow;
use std::fmt;
use std::io::{Cursor, Read};
use std::sync::Arc;
use store::StoreError;
use store::blob::{BlobReader, Form, MARK_LENGTH, MARK_PREFIX, Mark, marks};

/// Strings of base64 longer than this are kept outside their documents, in bytes of the string.
pub const LONGEST_INSIDE: usize = 64 << 10;

/// Secret beginnings of stand-ins: as long as that of a mark, of base64's letters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StandIns(Arc<str>);

impl StandIns {
    /// From a new secret.
    pub fn new(secret: &str) -> Self {
        let letters = secret.chars().filter(char::is_ascii_alphanumeric).chain(std::iter::repeat('/'));
        Self(letters.take(MARK_PREFIX.len()).collect::<String>().into())
    }

    /// A stored text with stand-ins in the place of marks.
    pub fn show<'a>(&self, stored: &'a str) -> Cow<'a, str> {
        let mut shown = Cow::Borrowed(stored);
        for (at, _) in marks(stored) {
            shown.to_mut().replace_range(at..at + MARK_PREFIX.len(), &self.0);
        }
        shown
    }

    /// The stand-in for a mark.
    fn of(&self, mark: &Mark) -> String {
        format!("{}{}", self.0, mark.rest())
    }

    /// Reads a string that is a stand-in.
    fn read(&self, text: &str) -> Option<Mark> {
        Mark::parse_rest(text.strip_prefix(&*self.0)?).filter(|_| text.len() == MARK_LENGTH)
    }

    /// The first stand-in in a text of any format, and its place.
    fn first(&self, text: &str) -> Option<(usize, Mark)> {
        let places = memchr::memmem::find_iter(text.as_bytes(), self.0.as_bytes());
        let mark = |at: usize| Some((at, Mark::parse_rest(&text[at + self.0.len()..])?));
        places.filter_map(mark).next()
    }
}

impl fmt::Debug for StandIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandIns")
    }
}

/// The content of a Binary.
pub struct Content {
    /// Its bytes.
    pub reader: Box<dyn BlobReader>,
    /// Their number.
    pub length: u64,
}

impl Content {
    fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, reader: Box::new(Cursor::new(bytes)) }
    }
}

impl Record {
    /// True when nothing stands in the text for content kept elsewhere: it is whole as it is.
    pub fn is_whole(&self, text: &str) -> bool {
        self.stand_ins.first(text).is_none()
    }

    /// A JSON text made of what sessions showed, with those contents in their places that only JSON has so: escaped, or
    /// with white space. What is left can be written in any format.
    ///
    /// # Errors
    /// [`store::StoreError::Damaged`] when a content is lost.
    pub fn with_escaped(&self, mut json: String) -> Result<String, Error> {
        let mut from = 0;
        while let Some((place, mark)) = self.stand_ins.first(&json[from..]) {
            let at = from + place;
            from = at + MARK_LENGTH;
            if mark.form == Form::Text {
                let text = self.escaped(&mark)?;
                json.replace_range(at..from, &text);
                from = at + text.len();
            }
        }
        Ok(json)
    }

    /// What stood between the quotes of a string. It came in whole, so it fits into memory.
    fn escaped(&self, mark: &Mark) -> Result<String, Error> {
        let mut text = String::new();
        let lost = |_| StoreError::Damaged(format!("the content {} is no text", mark.hash));
        self.store.blobs().open(&mark.hash)?.read_to_string(&mut text).map_err(lost)?;
        Ok(text)
    }

    /// A text made of what sessions showed, with the contents in their places.
    pub fn whole(&self, text: String) -> Whole {
        Whole::new(text, self.stand_ins.clone(), Arc::clone(&self.store))
    }

    /// A resource's text as a line of NDJSON, without its end.
    pub fn whole_line(&self, json: &str) -> Whole {
        // A line break in JSON can only be white space between values.
        self.whole(json.replace(['\n', '\r'], " "))
    }
}

impl Session {
    /// The bytes of a Binary's content; `None` when the resource has none, or none that is base64.
    ///
    /// # Errors
    /// [`store::StoreError::Damaged`] when the content is lost.
    pub fn content(&self, binary: &Resource) -> Result<Option<Content>, Error> {
        let Some(document) = binary.version_of().document()? else { return Ok(None) };
        let Some(data) = document.root().get("data") else { return Ok(None) };
        let mark = data.raw().strip_prefix('"').and_then(|raw| raw.strip_prefix(MARK_PREFIX));
        Ok(match mark.and_then(Mark::parse_rest) {
            None => data.as_str().and_then(|text| set_apart::decode(&text)).map(Content::of_bytes),
            Some(mark) if mark.form == Form::Bytes => {
                let reader = self.record.store.blobs().open(&mark.hash)?;
                Some(Content { reader, length: mark.length })
            }
            Some(mark) => {
                let json = format!("\"{}\"", self.record.escaped(&mark)?);
                let string = fhir::Document::parse_with(json, fhir::Limits::UNBOUNDED).ok();
                string.and_then(|string| set_apart::decode(&string.root().as_str()?)).map(Content::of_bytes)
            }
        })
    }
}
