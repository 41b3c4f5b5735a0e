//! A resource as it is to be, in the place of the version that was read: nobody's change in between is written over.

use fhir::Document;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Expect, ResourceKey};

/// What takes the place of a version.
pub(crate) struct Replacement {
    /// Of which resource.
    pub key: ResourceKey,
    /// The version that was read.
    pub version: u32,
    /// The resource as it is to be.
    pub document: Document,
}

impl Replacement {
    /// The write that puts it in place, or is refused when the version is another by then.
    pub fn request(&self) -> WriteRequest<'_> {
        let (target, expect) = (Target::Key(self.key.clone()), Expect::Version(self.version));
        let action = WriteAction::Update { target, resource: self.document.root(), expect };
        WriteRequest { action, full_url: None }
    }
}
