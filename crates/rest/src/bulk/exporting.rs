//! An export at work: page by page, with the rights of whoever asked.

use super::deletions::Deletions;
use super::export_progress::ExportProgress;
use super::work::{Cut, Work};
use super::{ExportOrder, Listed, State, broken};
use crate::service::Service;
use fhir::schema::TypeId;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// An export at work.
pub(super) struct Exporting<'a> {
    work: Work<'a>,
    order: Arc<ExportOrder>,
    /// The types that are written, and the moment that all tell of.
    progress: ExportProgress,
    /// Resources written.
    count: u64,
}

impl<'a> Exporting<'a> {
    /// Begins, or goes on behind the last type that was written before it was cut off.
    pub fn begin(work: Work<'a>, order: ExportOrder) -> Result<Self, Cut> {
        let now_ms = work.keep("an export begins, or goes on")?;
        let progress = ExportProgress::open(work.folder()?, now_ms).map_err(|error| work.cut(&error))?;
        let count = progress.done().iter().map(|(_, count)| count).sum();
        Ok(Self { work, order: Arc::new(order), progress, count })
    }

    /// Writes the files.
    pub fn run(mut self) -> Result<State, Cut> {
        let types = self.order.types.clone();
        for (done, type_id) in types.into_iter().enumerate().skip(self.progress.done().len()) {
            let count = self.count;
            self.write_type(type_id, done)?;
            let noted = self.progress.note(type_id.name(), self.count - count);
            noted.map_err(|error| self.work.cut(&error))?;
        }
        let moment_ms = self.progress.moment_ms();
        let deleted = Deletions::write(self.work, &self.order, moment_ms)?;
        self.work.sync_folder()?;
        let filled = self.progress.done().iter().filter(|(_, count)| *count > 0);
        let listed = |(type_name, count): &(String, u64)| Listed {
            file: type_name.clone(),
            type_name: type_name.clone(),
            count: *count,
            ..Listed::default()
        };
        let output = filled.map(listed).collect();
        Ok(State::Done { moment_ms, output, error: Vec::new(), deleted })
    }

    /// Writes the file of a type, unless there is nothing of it.
    fn write_type(&mut self, type_id: TypeId, done: usize) -> Result<(), Cut> {
        let order = Arc::clone(&self.order);
        let mut file = None;
        for patient in order.compartments() {
            let mut cursor = None;
            loop {
                cursor = self.write_page(&mut file, type_id, patient, cursor)?;
                let (total, count) = (order.types.len(), self.count);
                self.work.tell(format!(
                    "{count} resources; {} is type {} of {total}",
                    type_id.name(),
                    done + 1
                ));
                if cursor.is_none() {
                    break;
                }
            }
        }
        let Some(file) = file else { return Ok(()) };
        let synced = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        synced.and_then(|file| file.sync_all()).map_err(|error| broken(&error).into())
    }

    /// Writes a page of what a search finds; gives where the next begins.
    fn write_page(
        &mut self,
        file: &mut Option<BufWriter<File>>,
        type_id: TypeId,
        patient: Option<&str>,
        cursor: Option<String>,
    ) -> Result<Option<String>, Cut> {
        let moment = self.work.moment()?;
        let mut request = self.order.search(&moment.session, type_id, patient)?;
        request.query.cursor = cursor;
        let found = moment.session.search(&request)?;
        let subset = self.order.subset(type_id)?;
        for resource in found.matches {
            let is_in_time = resource.updated_ms() <= self.progress.moment_ms();
            if !is_in_time || !self.order.has(&resource, patient, moment.service.record.base_url()) {
                continue;
            }
            let file = match file {
                Some(file) => file,
                None => {
                    let made = File::create(moment.jobs()?.file(self.work.job, type_id.name()));
                    file.insert(BufWriter::new(made.map_err(|error| self.work.cut(&error))?))
                }
            };
            write_line(&moment.service, &subset.of(&resource)?, file).map_err(|error| broken(&error))?;
            self.count += 1;
        }
        Ok(found.next)
    }
}

fn write_line(service: &Service, json: &str, file: &mut BufWriter<File>) -> std::io::Result<()> {
    std::io::copy(&mut service.record.whole_line(json), file)?;
    file.write_all(b"\n")
}
