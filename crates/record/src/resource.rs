//! A version of a resource as a caller sees it.

use crate::content::StandIns;
use fhir::Document;
use fhir::date_time::Instant;
use store::version::SpliceForm;
use store::{ResourceKey, Version};

/// A version of a resource, with `meta.versionId` and `meta.lastUpdated` put back.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    version: Version,
    stand_ins: StandIns,
}

impl Resource {
    pub(crate) fn new(version: Version, stand_ins: StandIns) -> Self {
        Self { version, stand_ins }
    }

    /// The version as the store has it.
    pub(crate) fn version_of(&self) -> &Version {
        &self.version
    }

    /// Which resource.
    pub fn key(&self) -> &ResourceKey {
        &self.version.key
    }

    /// The version, from 1.
    pub fn version(&self) -> u32 {
        self.version.version
    }

    /// When this version was written, in milliseconds since 1970.
    pub fn updated_ms(&self) -> i64 {
        self.version.updated_ms
    }

    /// True when this version deleted the resource.
    pub fn is_deleted(&self) -> bool {
        self.version.is_deleted()
    }

    /// The commit that wrote it and its place there: a history cursor.
    pub fn place(&self) -> (u64, u32) {
        self.version.place
    }

    /// The resource as stored, without `meta.versionId` and `meta.lastUpdated`, with marks in the place of long contents;
    /// empty for a deletion.
    pub fn body(&self) -> &str {
        self.version.text()
    }

    /// The resource as JSON: the bytes as sent, with version and time in `meta`; empty for a deletion. What is shown to
    /// others is made whole first: see [`crate::content`].
    pub fn to_json(&self) -> String {
        // Stand-ins are as long as marks: no place in the text moves.
        let body = self.stand_ins.show(self.body());
        let at = (self.version.splice.at as usize).min(body.len());
        let stamp = format!(
            "\"versionId\":\"{}\",\"lastUpdated\":\"{}\"",
            self.version.version,
            instant(self.version.updated_ms)
        );
        let mut text = String::with_capacity(body.len() + stamp.len() + 12);
        text.push_str(&body[..at]);
        match self.version.splice.form {
            _ if body.is_empty() => {}
            SpliceForm::NoMeta => {
                text.push_str(",\"meta\":{");
                text.push_str(&stamp);
                text.push('}');
            }
            SpliceForm::EmptyMeta => text.push_str(&stamp),
            SpliceForm::Meta => {
                text.push_str(&stamp);
                text.push(',');
            }
        }
        text.push_str(&body[at..]);
        text
    }

    /// [`Resource::to_json`] as a tree. `None` for a deletion.
    pub fn document(&self) -> Option<Document> {
        (!self.is_deleted()).then(|| {
            Document::parse_with(self.to_json(), fhir::Limits::UNBOUNDED).expect("what was stored was read")
        })
    }
}

/// Milliseconds since 1970 as a FHIR `instant` in UTC.
///
/// # Panics
/// Beyond the years 1 to 9999: no clock says so.
pub fn instant(ms: i64) -> Instant {
    Instant::from_ms(ms).expect("a clock's time lies in the calendar")
}
