//! A practice's own list of procedure codes under licence of the American Medical Association.

use super::LoadError;
use super::table::{Format, Table, field};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::{Content, Header};
use std::io::BufRead;

const FILE: &str = "the list of codes";

/// Reads lines `code,description`, with or without a first line of names. The list is taken for a part of the
/// system: a code that is not on it may exist.
///
/// # Errors
/// When the reader fails or there is no code.
pub fn load_cpt(list: impl BufRead, version: &str) -> Result<CodeSystemFile, LoadError> {
    let mut header = Header::new("http://www.ama-assn.org/go/cpt", version, "Current Procedural Terminology");
    header.content = Content::Fragment;
    header.licence = "American Medical Association; loaded by the licensee".to_owned();
    let mut builder = CodeSystemBuilder::new(header);
    let mut table = Table::new(FILE, list, Format::Comma);
    let mut is_empty = true;
    while let Some(record) = table.next()? {
        let (code, description) = (field(record, 0), field(record, 1));
        // Five characters, two for modifiers; a line of names has others.
        let is_code = matches!(code.len(), 2 | 5) && code.bytes().any(|byte| byte.is_ascii_digit());
        if is_code && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            builder.concept_with_display(code, description);
            is_empty = false;
        }
    }
    if is_empty { Err(LoadError::Empty { file: FILE }) } else { Ok(builder.finish()) }
}
