//! LOINC, from the files of a release.

use super::LoadError;
use super::table::{Format, Table, field};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::concept::Designation;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Header;
use std::io::BufRead;

const TABLE: &str = "Loinc.csv";
const HIERARCHY: &str = "ComponentHierarchyBySystem.csv";
const ANSWERS: &str = "AnswerList.csv";

/// Columns of the table that become properties (<https://hl7.org/fhir/R4/loinc.html#props>).
const PROPERTIES: [&str; 11] = [
    "STATUS",
    "COMPONENT",
    "PROPERTY",
    "TIME_ASPCT",
    "SYSTEM",
    "SCALE_TYP",
    "METHOD_TYP",
    "CLASS",
    "CLASSTYPE",
    "ORDER_OBS",
    "EXAMPLE_UCUM_UNITS",
];

/// Columns that become designations, by what they are called there.
const DESIGNATIONS: [&str; 3] = ["SHORTNAME", "DisplayName", "CONSUMER_NAME"];

/// The files of a LOINC release; those that are `None` are left out.
pub struct LoincFiles<R> {
    /// `LoincTable/Loinc.csv`
    pub table: R,
    /// `AccessoryFiles/ComponentHierarchyBySystem/ComponentHierarchyBySystem.csv`: codes of parts, and what is
    /// below what.
    pub hierarchy: Option<R>,
    /// `AccessoryFiles/AnswerFile/AnswerList.csv`: codes of answers.
    pub answers: Option<R>,
}

/// Reads a release of LOINC. `version` is that of the release, such as `2.80`.
///
/// # Errors
/// When a reader fails, a column is missing, or there is no code.
pub fn load_loinc<R: BufRead>(files: LoincFiles<R>, version: &str) -> Result<CodeSystemFile, LoadError> {
    let mut header =
        Header::new("http://loinc.org", version, "Logical Observation Identifiers, Names and Codes");
    header.name = "LOINC".to_owned();
    header.language = "en".to_owned();
    header.case_sensitive = false;
    header.hierarchy_meaning = "is-a".to_owned();
    header.value_set = "http://loinc.org/vs".to_owned();
    header.licence = "Regenstrief Institute, LOINC licence; loaded by the licensee".to_owned();
    for name in PROPERTIES {
        header.declare(name, "string", "");
    }
    header.declare("AnswerList", "code", "");
    let mut builder = CodeSystemBuilder::new(header);
    builder.keeps_order = false;
    read_table(&mut builder, files.table)?;
    if let Some(reader) = files.hierarchy {
        read_hierarchy(&mut builder, reader)?;
    }
    if let Some(reader) = files.answers {
        read_answers(&mut builder, reader)?;
    }
    Ok(builder.finish())
}

fn read_table(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(TABLE, reader, Format::Comma);
    let columns = table.columns()?;
    let (code, name) = (columns.required("LOINC_NUM")?, columns.required("LONG_COMMON_NAME")?);
    let status = columns.required("STATUS")?;
    let places = |names: &[&'static str]| -> Vec<(&'static str, usize)> {
        names.iter().filter_map(|name| Some((*name, columns.optional(name)?))).collect()
    };
    let (properties, designations) = (places(&PROPERTIES), places(&DESIGNATIONS));
    let mut is_empty = true;
    while let Some(record) = table.next()? {
        let code = field(record, code);
        is_empty &= code.is_empty();
        builder.concept(code);
        builder.preferred_display(code, field(record, name));
        // DISCOURAGED and TRIAL terms may still be used.
        if field(record, status) == "DEPRECATED" {
            builder.inactive(code);
        }
        for (name, place) in &properties {
            if !field(record, *place).is_empty() {
                builder.property(code, name, field(record, *place));
            }
        }
        for (name, place) in &designations {
            let value = field(record, *place);
            if !value.is_empty() {
                builder.designation(code, &designation(name, value));
            }
        }
    }
    if is_empty { Err(LoadError::Empty { file: TABLE }) } else { Ok(()) }
}

fn designation(use_code: &str, value: &str) -> Designation {
    Designation {
        language: "en".to_owned(),
        use_system: "http://loinc.org".to_owned(),
        use_code: use_code.to_owned(),
        use_display: String::new(),
        value: value.to_owned(),
    }
}

fn read_hierarchy(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(HIERARCHY, reader, Format::Comma);
    let columns = table.columns()?;
    let (parent, code) = (columns.required("IMMEDIATE_PARENT")?, columns.required("CODE")?);
    let text = columns.required("CODE_TEXT")?;
    while let Some(record) = table.next()? {
        let (code, parent) = (field(record, code), field(record, parent));
        // Codes of parts stand nowhere else; codes of terms are in the table.
        if code.starts_with("LP") {
            builder.concept_with_display(code, field(record, text));
        }
        if !parent.is_empty() {
            builder.parent(code, parent);
        }
    }
    Ok(())
}

fn read_answers(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(ANSWERS, reader, Format::Comma);
    let columns = table.columns()?;
    let list = columns.required("AnswerListId")?;
    let list_name = columns.optional("AnswerListName");
    let (answer, text) = (columns.required("AnswerStringId")?, columns.required("DisplayText")?);
    while let Some(record) = table.next()? {
        let (list, answer) = (field(record, list), field(record, answer));
        builder.concept_with_display(list, list_name.map_or("", |place| field(record, place)));
        if !answer.is_empty() {
            builder.concept_with_display(answer, field(record, text));
            builder.property(answer, "AnswerList", list);
        }
    }
    Ok(())
}
