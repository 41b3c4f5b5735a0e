//! Content that comes in by itself, piece by piece, before the resource that names it.

use super::LONGEST_INSIDE;
use super::scanner::{ContentScan, away};
use crate::error::Error;
use crate::session::Session;
use access::Interaction;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::schema::TypeId;
use store::KeptBlob;
use store::blob::{BlobWriter, Form, Mark};

/// Content on its way in.
pub struct Upload {
    session: Session,
    /// The virus scanner's look at it, if there is one.
    scan: Option<Box<dyn ContentScan>>,
    /// What came so far, as long as it may stay inside its document.
    head: Vec<u8>,
    writer: Option<Box<dyn BlobWriter>>,
}

/// Content that came in. Hold it until the resource that names it is written: till then nothing else does.
pub struct Uploaded {
    data: String,
    _kept: Option<KeptBlob>,
}

impl Uploaded {
    /// What to put into the resource as its base64; empty when there was no content.
    pub fn data(&self) -> &str {
        &self.data
    }
}

impl Session {
    /// Begins content of a resource of a type that is then written by an interaction, if the actor may do that.
    pub fn upload(&self, interaction: Interaction, type_id: TypeId) -> Result<Upload, Error> {
        self.authorise(interaction, type_id)?;
        Ok(Upload {
            session: self.record.session(self.actor.clone(), self.origin.clone()),
            scan: None,
            head: Vec::new(),
            writer: None,
        })
    }
}

impl Upload {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.writer.is_some() {
            return self.pass_on(bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() > LONGEST_INSIDE / 4 * 3 {
            // What stays inside its document is looked at with it.
            self.scan = self.session.begin_scan()?;
            self.writer = Some(self.session.record.store.blobs().writer()?);
            let head = std::mem::take(&mut self.head);
            self.pass_on(&head)?;
        }
        Ok(())
    }

    fn pass_on(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(scan) = &mut self.scan {
            scan.write(bytes).map_err(away)?;
        }
        self.writer.as_mut().map_or(Ok(()), |writer| Ok(writer.write(bytes)?))
    }

    /// Ends the content.
    ///
    /// # Errors
    /// When the virus scanner finds something in it, or cannot tell.
    pub fn finish(mut self) -> Result<Uploaded, Error> {
        if let Some(scan) = self.scan.take() {
            self.session.end_scan(scan, "Binary.data")?;
        }
        let Some(writer) = self.writer else {
            return Ok(Uploaded { data: STANDARD.encode(self.head), _kept: None });
        };
        let kept = writer.finish()?;
        let mark = Mark { form: Form::Bytes, length: kept.length, hash: kept.hash };
        Ok(Uploaded { data: self.session.record.stand_ins.of(&mark), _kept: Some(kept) })
    }
}
