//! SNOMED CT from the snapshot files of Release Format 2.

use super::LoadError;
use super::table::{Columns, Format, Table, field};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::concept::Designation;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Header;
use std::collections::HashSet;
use std::io::BufRead;

const CONCEPTS: &str = "sct2_Concept_Snapshot";
const DESCRIPTIONS: &str = "sct2_Description_Snapshot";
const RELATIONSHIPS: &str = "sct2_Relationship_Snapshot";
const LANGUAGE: &str = "der2_cRefset_LanguageSnapshot";

const SYSTEM: &str = "http://snomed.info/sct";
/// |Is a (attribute)|
const IS_A: &str = "116680003";
/// |Fully specified name|
const FULLY_SPECIFIED_NAME: &str = "900000000000003001";
/// |Synonym|
const SYNONYM: &str = "900000000000013009";
/// |Preferred (foundation metadata concept)|
const PREFERRED: &str = "900000000000548007";
/// |Defined|
const DEFINED: &str = "900000000000073002";

/// The snapshot files of a release.
pub struct SnomedCtFiles<R> {
    /// `Terminology/sct2_Concept_Snapshot_….txt`
    pub concepts: R,
    /// `Terminology/sct2_Description_Snapshot-….txt`
    pub descriptions: R,
    /// `Terminology/sct2_Relationship_Snapshot_….txt`, the inferred ones.
    pub relationships: R,
    /// `Refset/Language/der2_cRefset_LanguageSnapshot-….txt`: which synonym is preferred. Without it the first
    /// synonym of each concept is its display.
    pub language: Option<R>,
}

/// Reads a snapshot. `edition` is the module of the edition, such as `731000124108` for the United States; `date`
/// is that of the release, such as `20260301`. `language_refset` says whose preferences count, such as
/// `900000000000509007` for US English. Attributes of active concepts become properties named by their type.
///
/// # Errors
/// When a reader fails, a column is missing, or there is no code.
pub fn load_snomed_ct<R: BufRead>(
    files: SnomedCtFiles<R>,
    edition: &str,
    date: &str,
    language_refset: &str,
) -> Result<CodeSystemFile, LoadError> {
    let version = format!("{SYSTEM}/{edition}/version/{date}");
    let mut header = Header::new(SYSTEM, &version, "SNOMED CT");
    header.name = "SNOMED_CT".to_owned();
    header.language = "en".to_owned();
    header.hierarchy_meaning = "is-a".to_owned();
    header.value_set = format!("{SYSTEM}?fhir_vs");
    header.licence = "SNOMED International, affiliate licence; loaded by the licensee".to_owned();
    header.declare("sufficientlyDefined", "boolean", "");
    header.declare("moduleId", "code", "");
    let mut builder = CodeSystemBuilder::new(header);
    builder.keeps_order = false;
    read_concepts(&mut builder, files.concepts)?;
    let preferred = match files.language {
        Some(reader) => read_language(reader, language_refset)?,
        None => HashSet::new(),
    };
    read_descriptions(&mut builder, files.descriptions, &preferred)?;
    read_relationships(&mut builder, files.relationships)?;
    Ok(builder.finish())
}

/// Places of the columns that every file has.
fn places<const N: usize>(columns: &Columns, names: [&'static str; N]) -> Result<[usize; N], LoadError> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = columns.required(name)?;
    }
    Ok(places)
}

fn read_concepts(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(CONCEPTS, reader, Format::Tab);
    let columns = table.columns()?;
    let [id, active, module, status] = places(&columns, ["id", "active", "moduleId", "definitionStatusId"])?;
    let mut is_empty = true;
    while let Some(record) = table.next()? {
        let code = field(record, id);
        is_empty &= code.is_empty();
        builder.concept(code);
        if field(record, active) != "1" {
            builder.inactive(code);
        }
        builder.property(code, "moduleId", field(record, module));
        let is_defined = field(record, status) == DEFINED;
        builder.property(code, "sufficientlyDefined", if is_defined { "true" } else { "false" });
    }
    if is_empty { Err(LoadError::Empty { file: CONCEPTS }) } else { Ok(()) }
}

/// The descriptions that are preferred in a language.
fn read_language(reader: impl BufRead, language_refset: &str) -> Result<HashSet<u64>, LoadError> {
    let mut table = Table::new(LANGUAGE, reader, Format::Tab);
    let columns = table.columns()?;
    let names = ["active", "refsetId", "referencedComponentId", "acceptabilityId"];
    let [active, refset, description, acceptability] = places(&columns, names)?;
    let mut preferred = HashSet::new();
    while let Some(record) = table.next()? {
        let is_meant = field(record, active) == "1"
            && field(record, refset) == language_refset
            && field(record, acceptability) == PREFERRED;
        if is_meant && let Ok(id) = field(record, description).parse() {
            preferred.insert(id);
        }
    }
    Ok(preferred)
}

fn read_descriptions(
    builder: &mut CodeSystemBuilder,
    reader: impl BufRead,
    preferred: &HashSet<u64>,
) -> Result<(), LoadError> {
    let mut table = Table::new(DESCRIPTIONS, reader, Format::Tab);
    let columns = table.columns()?;
    let names = ["id", "active", "conceptId", "languageCode", "typeId", "term"];
    let [id, active, concept, language, kind, term] = places(&columns, names)?;
    while let Some(record) = table.next()? {
        if field(record, active) != "1" {
            continue;
        }
        let (code, kind, term) = (field(record, concept), field(record, kind), field(record, term));
        let is_preferred = field(record, id).parse().is_ok_and(|id: u64| preferred.contains(&id));
        if kind == SYNONYM && is_preferred {
            builder.preferred_display(code, term);
            continue;
        }
        // The first one stands in where none is preferred.
        if kind == SYNONYM {
            builder.display(code, term);
        }
        let use_display = if kind == FULLY_SPECIFIED_NAME { "Fully specified name" } else { "Synonym" };
        let designation = Designation {
            language: field(record, language).to_owned(),
            use_system: SYSTEM.to_owned(),
            use_code: kind.to_owned(),
            use_display: use_display.to_owned(),
            value: term.to_owned(),
        };
        builder.designation(code, &designation);
    }
    Ok(())
}

fn read_relationships(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(RELATIONSHIPS, reader, Format::Tab);
    let columns = table.columns()?;
    let [active, source, destination, kind] =
        places(&columns, ["active", "sourceId", "destinationId", "typeId"])?;
    while let Some(record) = table.next()? {
        if field(record, active) != "1" {
            continue;
        }
        let (source, destination, kind) =
            (field(record, source), field(record, destination), field(record, kind));
        if kind == IS_A {
            builder.parent(source, destination);
        } else {
            builder.header.declare(kind, "code", "");
            builder.property(source, kind, destination);
        }
    }
    Ok(())
}
