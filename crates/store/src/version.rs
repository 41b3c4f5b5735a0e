//! A version of a resource, as the store keeps it.

use crate::body::Body;
use crate::error::StoreError;
use fhir::Document;
use fhir::schema::TypeId;
use std::fmt;
use std::sync::Arc;

/// A resource's name: its type and logical id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceKey {
    /// The type.
    pub type_id: TypeId,
    /// The logical id: 1 to 64 of `A-Z a-z 0-9 - .`.
    pub id: Box<str>,
}

impl ResourceKey {
    /// The key of a type and id.
    pub fn new(type_id: TypeId, id: impl Into<Box<str>>) -> Self {
        Self { type_id, id: id.into() }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.type_id.name(), self.id)
    }
}

impl fmt::Debug for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One version of a resource.
#[derive(Clone, PartialEq)]
pub struct Version {
    /// Which resource.
    pub key: ResourceKey,
    /// 1, 2, 3 …
    pub version: u32,
    /// When it was written (`meta.lastUpdated`), in milliseconds since 1970.
    pub updated_ms: i64,
    /// The resource as sent, without `meta.versionId` and `meta.lastUpdated`; `None` when this version deleted it.
    pub body: Option<Arc<Body>>,
    /// True when there is no body because the key of the record that it lies in was destroyed.
    pub is_shredded: bool,
    /// Byte offset in the body at which the two are put back, and what is there; see [`Splice`].
    pub splice: Splice,
    /// The commit that wrote it and its position there: a history cursor.
    pub place: (u64, u32),
}

/// How `versionId` and `lastUpdated` are put back into a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Splice {
    /// Byte offset in the body.
    pub at: u32,
    /// What stands there.
    pub form: SpliceForm,
}

impl Splice {
    /// Where the two go in a body; `None` when it has neither `meta` nor `id`.
    pub fn of(body: &Document) -> Option<Self> {
        let root = body.root();
        let meta = root.get("meta").filter(|meta| meta.kind() == fhir::Kind::Object);
        let (at, form) = match meta {
            Some(meta) if meta.members().next().is_none() => (meta.range().start + 1, SpliceForm::EmptyMeta),
            Some(meta) => (meta.range().start + 1, SpliceForm::Meta),
            None => (root.member_range("id")?.end, SpliceForm::NoMeta),
        };
        Some(Self { at: u32::try_from(at).ok()?, form })
    }
}

/// What stands at a splice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SpliceForm {
    /// No `meta`: a whole `"meta":{…},` member is put in.
    #[default]
    NoMeta,
    /// Directly behind the brace of an empty `meta`.
    EmptyMeta,
    /// Directly behind the brace of a `meta` with members: a comma follows.
    Meta,
}

impl Version {
    /// True when this version deleted the resource.
    pub fn is_deleted(&self) -> bool {
        self.body.is_none()
    }

    /// The text of the body; empty when this version deleted the resource.
    pub fn text(&self) -> &str {
        self.body.as_deref().map_or("", |body| &**body)
    }

    /// The tree of the body; `None` when this version deleted the resource.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the body is no JSON.
    pub fn document(&self) -> Result<Option<&Arc<Document>>, StoreError> {
        self.body.as_ref().map(|body| body.document(&self.key)).transpose()
    }
}

impl fmt::Debug for Version {
    /// Name and version only: a body is a patient's and does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/_history/{}{}",
            self.key,
            self.version,
            if self.is_deleted() { " (deleted)" } else { "" }
        )
    }
}
