//! Content that comes in by itself, piece by piece, before the resource that names it.

use super::{LONGEST_INSIDE, StandIns};
use crate::error::Error;
use crate::session::Session;
use access::Interaction;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::schema::TypeId;
use std::sync::Arc;
use store::blob::{BlobWriter, Form, Mark};
use store::{KeptBlob, Store};

/// Content on its way in.
pub struct Upload {
    store: Arc<dyn Store>,
    stand_ins: StandIns,
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
        let stand_ins = self.record.stand_ins.clone();
        Ok(Upload { store: Arc::clone(&self.record.store), stand_ins, head: Vec::new(), writer: None })
    }
}

impl Upload {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(writer) = &mut self.writer {
            return Ok(writer.write(bytes)?);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() > LONGEST_INSIDE / 4 * 3 {
            let mut writer = self.store.blobs().writer()?;
            writer.write(&std::mem::take(&mut self.head))?;
            self.writer = Some(writer);
        }
        Ok(())
    }

    /// Ends the content.
    pub fn finish(self) -> Result<Uploaded, Error> {
        let Some(writer) = self.writer else {
            return Ok(Uploaded { data: STANDARD.encode(self.head), _kept: None });
        };
        let kept = writer.finish()?;
        let mark = Mark { form: Form::Bytes, length: kept.length, hash: kept.hash };
        Ok(Uploaded { data: self.stand_ins.of(&mark), _kept: Some(kept) })
    }
}
