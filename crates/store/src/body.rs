//! The text of a version, and its tree: made when it is first asked for, and shared by all who look at the version.

use crate::error::StoreError;
use crate::version::ResourceKey;
use fhir::{Document, Limits};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A resource as sent, without `meta.versionId` and `meta.lastUpdated`.
pub struct Body {
    text: Arc<str>,
    /// `None` inside: the text is no JSON, so the data was damaged on disk.
    document: OnceLock<Option<Arc<Document>>>,
}

impl Body {
    /// The body of a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), document: OnceLock::new() }
    }

    /// Its text.
    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Its tree. `key` names it in the error.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is no JSON: what was written was.
    pub(crate) fn document(&self, key: &ResourceKey) -> Result<&Arc<Document>, StoreError> {
        let read = || Document::of_shared(Arc::clone(&self.text), Limits::UNBOUNDED).ok().map(Arc::new);
        self.document
            .get_or_init(read)
            .as_ref()
            .ok_or_else(|| StoreError::Damaged(format!("{key}: the body is no JSON")))
    }
}

impl Deref for Body {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
