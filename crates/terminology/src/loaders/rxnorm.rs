//! RxNorm of the National Library of Medicine, from RRF files.

use super::LoadError;
use super::table::{Format, Table, field};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::concept::Designation;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Header;
use std::io::BufRead;

const CONCEPTS: &str = "RXNCONSO.RRF";
const RELATIONS: &str = "RXNREL.RRF";
const ATTRIBUTES: &str = "RXNSAT.RRF";

/// Term types whose text names a concept; the others are synonyms.
const NAMING_TERM_TYPES: [&str; 16] = [
    "SCD", "SBD", "GPCK", "BPCK", "IN", "PIN", "MIN", "BN", "SCDC", "SBDC", "SCDF", "SBDF", "SCDG", "SBDG",
    "DF", "DFG",
];

/// Attributes that become properties.
const ATTRIBUTES_TAKEN: [&str; 8] = [
    "NDC",
    "RXN_AVAILABLE_STRENGTH",
    "RXN_STRENGTH",
    "RXN_HUMAN_DRUG",
    "RXN_VET_DRUG",
    "RXN_BN_CARDINALITY",
    "RXTERM_FORM",
    "RXN_QUANTITY",
];

/// Relations that become properties: from the second concept of the record to the first.
const RELATIONS_TAKEN: [&str; 14] = [
    "has_ingredient",
    "has_ingredients",
    "has_precise_ingredient",
    "has_dose_form",
    "has_doseformgroup",
    "has_tradename",
    "tradename_of",
    "consists_of",
    "constitutes",
    "contains",
    "quantified_form_of",
    "has_form",
    "form_of",
    "ingredient_of",
];

/// The files of an RxNorm release; those that are `None` are left out.
pub struct RxNormFiles<R> {
    /// `rrf/RXNCONSO.RRF`
    pub concepts: R,
    /// `rrf/RXNREL.RRF`: the hierarchy (`isa`) and how drugs are made up.
    pub relations: Option<R>,
    /// `rrf/RXNSAT.RRF`: among others the NDCs.
    pub attributes: Option<R>,
}

/// Reads a release of RxNorm: what the National Library of Medicine itself says (source `RXNORM`), not what it
/// quotes from licensed sources. `version` is the date of the release, such as `07072025`.
///
/// # Errors
/// When a reader fails or there is no code.
pub fn load_rxnorm<R: BufRead>(files: RxNormFiles<R>, version: &str) -> Result<CodeSystemFile, LoadError> {
    let mut header = Header::new("http://www.nlm.nih.gov/research/umls/rxnorm", version, "RxNorm");
    header.name = "RxNorm".to_owned();
    header.language = "en".to_owned();
    header.hierarchy_meaning = "is-a".to_owned();
    header.licence = "National Library of Medicine, US government work (source RXNORM)".to_owned();
    header.declare("TTY", "code", "");
    for name in ATTRIBUTES_TAKEN {
        header.declare(name, "string", "");
    }
    for name in RELATIONS_TAKEN {
        header.declare(name, "code", "");
    }
    let mut builder = CodeSystemBuilder::new(header);
    builder.keeps_order = false;
    read_concepts(&mut builder, files.concepts)?;
    if let Some(reader) = files.relations {
        read_relations(&mut builder, reader)?;
    }
    if let Some(reader) = files.attributes {
        read_attributes(&mut builder, reader)?;
    }
    Ok(builder.finish())
}

/// Fields: RXCUI, LAT, TS, LUI, STT, SUI, ISPREF, RXAUI, SAUI, SCUI, SDUI, SAB, TTY, CODE, STR, SRL, SUPPRESS, CVF.
fn read_concepts(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(CONCEPTS, reader, Format::Bar);
    let mut is_empty = true;
    while let Some(record) = table.next()? {
        let (code, term_type, text) = (field(record, 0), field(record, 12), field(record, 14));
        if field(record, 11) != "RXNORM" || code.is_empty() {
            continue;
        }
        if NAMING_TERM_TYPES.contains(&term_type) {
            is_empty = false;
            builder.concept(code);
            builder.preferred_display(code, text);
            builder.property(code, "TTY", term_type);
            // O: obsolete; Y, E: suppressed.
            if field(record, 16) == "O" {
                builder.inactive(code);
            }
        } else {
            let synonym = Designation {
                language: "en".to_owned(),
                use_system: "http://www.nlm.nih.gov/research/umls/rxnorm".to_owned(),
                use_code: term_type.to_owned(),
                use_display: String::new(),
                value: text.to_owned(),
            };
            builder.designation(code, &synonym);
        }
    }
    if is_empty { Err(LoadError::Empty { file: CONCEPTS }) } else { Ok(()) }
}

/// Fields: RXCUI1, RXAUI1, STYPE1, REL, RXCUI2, RXAUI2, STYPE2, RELA, RUI, SRUI, SAB, …: the second has the relation
/// to the first.
fn read_relations(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(RELATIONS, reader, Format::Bar);
    while let Some(record) = table.next()? {
        let (first, second, relation) = (field(record, 0), field(record, 4), field(record, 7));
        if field(record, 10) != "RXNORM" || first.is_empty() || second.is_empty() {
            continue;
        }
        if relation == "isa" {
            builder.parent(second, first);
        } else if RELATIONS_TAKEN.contains(&relation) {
            builder.property(second, relation, first);
        }
    }
    Ok(())
}

/// Fields: RXCUI, LUI, SUI, RXAUI, STYPE, CODE, ATUI, SATUI, ATN, SAB, ATV, SUPPRESS, CVF.
fn read_attributes(builder: &mut CodeSystemBuilder, reader: impl BufRead) -> Result<(), LoadError> {
    let mut table = Table::new(ATTRIBUTES, reader, Format::Bar);
    while let Some(record) = table.next()? {
        let (code, name) = (field(record, 0), field(record, 8));
        if field(record, 9) == "RXNORM" && ATTRIBUTES_TAKEN.contains(&name) {
            builder.property(code, name, field(record, 10));
        }
    }
    Ok(())
}
