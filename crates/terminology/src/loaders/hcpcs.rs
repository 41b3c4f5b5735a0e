//! HCPCS Level II of the Centers for Medicare & Medicaid Services.

use super::table::{Format, Table, field};
use super::{LoadError, iso_date};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::concept::Designation;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Header;
use std::io::BufRead;
use std::ops::Range;

const FILE: &str = "the HCPCS file";

/// Places of the fields of the contractor file, of 320 characters a line.
mod place {
    use super::Range;
    pub const CODE: Range<usize> = 0..5;
    pub const RECORD_KIND: Range<usize> = 10..11;
    pub const LONG: Range<usize> = 11..91;
    pub const SHORT: Range<usize> = 91..119;
    pub const ADDED: Range<usize> = 268..276;
    pub const TERMINATED: Range<usize> = 284..292;
}

fn builder(version: &str) -> CodeSystemBuilder {
    let mut header = Header::new(
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        version,
        "Healthcare Common Procedure Coding System, Level II",
    );
    header.name = "HCPCS".to_owned();
    header.language = "en".to_owned();
    header.licence = "Centers for Medicare & Medicaid Services, US government work".to_owned();
    header.declare("modifier", "boolean", "");
    header.declare("added", "dateTime", "");
    header.declare("terminated", "dateTime", "");
    CodeSystemBuilder::new(header)
}

/// What the records of one code say.
#[derive(Default)]
struct Entry {
    code: String,
    long: String,
    short: String,
    added: String,
    terminated: String,
    is_modifier: bool,
}

impl Entry {
    fn write(&self, builder: &mut CodeSystemBuilder) {
        let code = &self.code;
        builder.concept_with_display(code, &self.long);
        if !self.short.is_empty() && self.short != self.long {
            let short =
                Designation { language: "en".into(), value: self.short.clone(), ..Designation::default() };
            builder.designation(code, &short);
        }
        if self.is_modifier {
            builder.property(code, "modifier", "true");
        }
        for (name, date) in [("added", &self.added), ("terminated", &self.terminated)] {
            if let Some(date) = iso_date(date) {
                builder.property(code, name, &date);
            }
        }
        if !self.terminated.is_empty() {
            builder.inactive(code);
        }
    }
}

/// Reads the contractor file with lines of fixed width (`HCPC2026_…_ANWEB.txt`).
///
/// # Errors
/// When the reader fails or there is no code.
pub fn load_hcpcs(file: impl BufRead, version: &str) -> Result<CodeSystemFile, LoadError> {
    let mut builder = builder(version);
    let mut table = Table::new(FILE, file, Format::Tab);
    let mut open = Entry::default();
    while let Some(line) = table.line()? {
        let characters: Vec<char> = line.chars().collect();
        let text = |place: Range<usize>| -> String {
            let end = place.end.min(characters.len());
            let part: String = characters.get(place.start..end).unwrap_or_default().iter().collect();
            part.trim().to_owned()
        };
        let kind = text(place::RECORD_KIND);
        match kind.as_str() {
            // The first line of a procedure, or of a modifier.
            "3" | "7" => {
                std::mem::take(&mut open).write_if_any(&mut builder);
                open = Entry {
                    code: text(place::CODE),
                    long: text(place::LONG),
                    short: text(place::SHORT),
                    added: text(place::ADDED),
                    terminated: text(place::TERMINATED),
                    is_modifier: kind == "7",
                };
            }
            // More of its description.
            "4" | "8" if open.code == text(place::CODE) => {
                open.long.push(' ');
                open.long.push_str(&text(place::LONG));
            }
            _ => (),
        }
    }
    open.write_if_any(&mut builder);
    finish(builder)
}

impl Entry {
    fn write_if_any(&self, builder: &mut CodeSystemBuilder) {
        if !self.code.is_empty() {
            self.write(builder);
        }
    }
}

fn finish(builder: CodeSystemBuilder) -> Result<CodeSystemFile, LoadError> {
    let file = builder.finish();
    if file.is_empty() { Err(LoadError::Empty { file: FILE }) } else { Ok(file) }
}

/// Reads the same as a table with commas and a line of names (`HCPC`, `LONG DESCRIPTION`, …): the spreadsheet that
/// is given out beside the contractor file, saved as CSV.
///
/// # Errors
/// When the reader fails, a column is missing, or there is no code.
pub fn load_hcpcs_table(file: impl BufRead, version: &str) -> Result<CodeSystemFile, LoadError> {
    let mut builder = builder(version);
    let mut table = Table::new(FILE, file, Format::Comma);
    let columns = table.columns()?;
    let (code, long) = (columns.required("HCPC")?, columns.required("LONG DESCRIPTION")?);
    let kind = columns.optional("RECID");
    let short = columns.optional("SHORT DESCRIPTION");
    let (added, terminated) = (columns.optional("ADD DT"), columns.optional("TERM DT"));
    let mut open = Entry::default();
    while let Some(record) = table.next()? {
        let text =
            |place: Option<usize>| place.map_or(String::new(), |place| field(record, place).to_owned());
        let is_more = matches!(text(kind).as_str(), "4" | "8");
        if is_more && field(record, code) == open.code {
            open.long.push(' ');
            open.long.push_str(field(record, long));
            continue;
        }
        std::mem::take(&mut open).write_if_any(&mut builder);
        open = Entry {
            code: field(record, code).to_owned(),
            long: field(record, long).to_owned(),
            short: text(short),
            added: text(added),
            terminated: text(terminated),
            is_modifier: text(kind) == "7" || field(record, code).len() == 2,
        };
    }
    open.write_if_any(&mut builder);
    finish(builder)
}
