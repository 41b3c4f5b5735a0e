//! `chiron export`: every resource that was written, as NDJSON, a file a type.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::Result;
use fhir::schema::schema;
use record::Session;
use search::parse::Handling;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const PAGE: &str = "1000";

/// The audit log is shown as resources of this type. It tells of this installation, is kept by its backups, and cannot
/// be written anywhere else, so it is no part of an export.
const AUDIT_LOG: &str = "AuditEvent";

/// Writes the files; `chiron import` reads them again.
pub fn run(practice: &Practice, to: &Path, emit: &mut Emit<'_>) -> Result<()> {
    super::new_folder(to)?;
    let session = practice.session();
    let types: Vec<_> = schema().resources().filter(|type_id| type_id.name() != AUDIT_LOG).collect();
    let mut counts = serde_json::Map::new();
    let mut total = 0;
    for (done, type_id) in (1..).zip(&types) {
        let count = export_type(&session, *type_id, to)?;
        if count > 0 {
            emit(Event::Line(format!("  {count:>8}  {}", type_id.name())));
            counts.insert(type_id.name().to_owned(), count.into());
        }
        total += count;
        emit(Event::Progress { done, total: types.len() as u64, message: format!("{total} resources") });
    }
    emit(Event::Line(format!("exported {total} resources to {}", to.display())));
    emit(Event::Answer(counts.into()));
    Ok(())
}

fn export_type(session: &Session, type_id: fhir::schema::TypeId, to: &Path) -> Result<u64> {
    let mut pairs = vec![("_count".to_owned(), PAGE.to_owned())];
    let mut file: Option<BufWriter<File>> = None;
    let mut count = 0;
    loop {
        let found =
            session.search(&session.parse_search(Some(type_id), None, &pairs, Handling::Strict)?)?;
        for resource in &found.matches {
            let file = match &mut file {
                Some(file) => file,
                None => {
                    file.insert(BufWriter::new(File::create(to.join(format!("{}.ndjson", type_id.name())))?))
                }
            };
            std::io::copy(&mut session.record().whole_line(&resource.to_json()), file)?;
            file.write_all(b"\n")?;
            count += 1;
        }
        match found.next {
            Some(cursor) => {
                pairs.truncate(1);
                pairs.push(("_cursor".to_owned(), cursor));
            }
            None => break,
        }
    }
    if let Some(mut file) = file {
        file.flush()?;
        file.get_ref().sync_all()?;
    }
    Ok(count)
}
