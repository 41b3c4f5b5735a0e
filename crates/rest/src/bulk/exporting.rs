//! An export at work: page by page, with the rights of whoever asked.

use super::deletions::Deletions;
use super::work::{Cut, Work};
use super::{ExportOrder, Listed, State, broken};
use crate::service::Service;
use fhir::schema::TypeId;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// An export at work.
pub(super) struct Exporting<'a> {
    work: Work<'a>,
    order: Arc<ExportOrder>,
    /// The time of the commit that it began with: what changed later is left to the next export.
    moment_ms: i64,
    /// Resources written.
    count: u64,
}

impl<'a> Exporting<'a> {
    /// Begins, also what was cut off before.
    pub fn begin(work: Work<'a>, order: ExportOrder) -> Result<Self, Cut> {
        let moment_ms = work.keep("an export begins")?;
        empty(&work.folder()?).map_err(|error| work.cut(&error))?;
        Ok(Self { work, order: Arc::new(order), moment_ms, count: 0 })
    }

    /// Writes the files.
    pub fn run(mut self) -> Result<State, Cut> {
        let mut output = Vec::new();
        for (done, type_id) in self.order.types.clone().into_iter().enumerate() {
            let count = self.count;
            self.write_type(type_id, done)?;
            if self.count > count {
                let (type_name, count) = (type_id.name().to_owned(), self.count - count);
                output.push(Listed { file: type_name.clone(), type_name, count, ..Listed::default() });
            }
        }
        let deleted = Deletions::write(self.work, &self.order, self.moment_ms)?;
        self.work.sync_folder()?;
        Ok(State::Done { moment_ms: self.moment_ms, output, error: Vec::new(), deleted })
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
            let is_in_time = resource.updated_ms() <= self.moment_ms;
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

/// A folder with nothing in it. It is there: a job without its folder is another server's.
fn empty(folder: &Path) -> std::io::Result<()> {
    std::fs::read_dir(folder)?.try_for_each(|entry| std::fs::remove_file(entry?.path()))
}

fn write_line(service: &Service, json: &str, file: &mut BufWriter<File>) -> std::io::Result<()> {
    std::io::copy(&mut service.record.whole_line(json), file)?;
    file.write_all(b"\n")
}
