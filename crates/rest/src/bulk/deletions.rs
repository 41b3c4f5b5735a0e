//! What an export by `_since` tells of deletions: transactions that repeat them (Bulk Data Access 2.0, `deleted`).

use super::work::{Cut, Work};
use super::{ExportOrder, Listed, Whose, broken};
use fhir::Value;
use fhir::schema::TypeId;
use record::{Error, HistoryPage, HistoryScope, Resource, ResourceKey, Session};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Versions in memory, and deletions in a Bundle, at a time.
const PAGE: usize = 250;

/// The file's name.
const NAME: &str = "deleted";

/// Deletions on their way into the file.
pub(super) struct Deletions<'a> {
    work: Work<'a>,
    order: &'a ExportOrder,
    until_ms: i64,
    file: Option<BufWriter<File>>,
    /// Bundles written.
    count: u64,
}

impl<'a> Deletions<'a> {
    /// Writes what was deleted since the moment that the order names, until another; nothing without the former.
    pub fn write(work: Work<'a>, order: &'a ExportOrder, until_ms: i64) -> Result<Vec<Listed>, Cut> {
        let Some(since_ms) = order.since_ms() else { return Ok(Vec::new()) };
        let mut deletions = Self { work, order, until_ms, file: None, count: 0 };
        for type_id in order.types.iter().filter(|type_id| !record::is_written_by_the_server(**type_id)) {
            deletions.write_type(*type_id, since_ms)?;
        }
        let Some(file) = deletions.file else { return Ok(Vec::new()) };
        let synced = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        synced.and_then(|file| file.sync_all()).map_err(|error| work.cut(&error))?;
        let (type_name, file) = ("Bundle".to_owned(), NAME.to_owned());
        Ok(vec![Listed { type_name, count: deletions.count, file, ..Listed::default() }])
    }

    fn write_type(&mut self, type_id: TypeId, since_ms: i64) -> Result<(), Cut> {
        let (since_ms, until_ms) = (Some(since_ms), Some(self.until_ms));
        let mut page = HistoryPage { since_ms, until_ms, count: PAGE, before: None };
        // Newest first: what was made again after its deletion is seen before the deletion is.
        let mut made_again = HashSet::new();
        loop {
            let session = self.work.moment()?.session;
            let versions =
                match session.history(&HistoryScope::Type(type_id), &page, "deletions for an export") {
                    Err(Error::Denied(_)) => return Ok(()),
                    versions => versions?,
                };
            let Some(last) = versions.last() else { return Ok(()) };
            page.before = Some(last.place());
            let mut deleted = Vec::new();
            for version in &versions {
                let is_newest = version.version() == 1 || made_again.insert(version.key().clone());
                if version.is_deleted() && is_newest && self.had(&session, version)? {
                    deleted.push(version.key().clone());
                }
            }
            self.write_bundle(&deleted)?;
        }
    }

    /// Whether what was deleted belonged to those whose resources are exported.
    fn had(&self, session: &Session, deletion: &Resource) -> Result<bool, Cut> {
        if self.order.whose == Whose::System {
            return Ok(true);
        }
        match session.read_version(deletion.key(), deletion.version() - 1) {
            Ok(before) => Ok(self.order.had(&before, session.record().base_url())),
            Err(Error::NotFound(_) | Error::Gone { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn write_bundle(&mut self, deleted: &[ResourceKey]) -> Result<(), Cut> {
        if deleted.is_empty() {
            return Ok(());
        }
        let entry = |key: &ResourceKey| {
            let request = fhir::object! { "method" => "DELETE", "url" => key.to_string() };
            fhir::object! { "request" => request }
        };
        let bundle = fhir::object! {
            "resourceType" => "Bundle",
            "type" => "transaction",
            "entry" => Value::Array(deleted.iter().map(entry).collect()),
        };
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let path = self.work.moment()?.jobs()?.file(self.work.job, NAME);
                let made = File::create(path).map_err(|error| self.work.cut(&error))?;
                self.file.insert(BufWriter::new(made))
            }
        };
        writeln!(file, "{}", bundle.to_json()).map_err(|error| broken(&error))?;
        self.count += 1;
        Ok(())
    }
}
