//! Code systems that a practice has a licence for, or that change too often to be compiled in: read from the files
//! their publishers give out, written as [`crate::CodeSystemFile`]s. Each loader is a function over readers.

mod cpt;
mod hcpcs;
mod loinc;
mod national_drug_code;
mod rxnorm;
mod snomed_ct;
mod table;

pub use cpt::load_cpt;
pub use hcpcs::{load_hcpcs, load_hcpcs_table};
pub use loinc::{LoincFiles, load_loinc};
pub use national_drug_code::{load_national_drug_codes, ndc_11};
pub use rxnorm::{RxNormFiles, load_rxnorm};
pub use snomed_ct::{SnomedCtFiles, load_snomed_ct};

/// Why a publisher's file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The reader failed.
    #[error("{file} could not be read: {source}")]
    Read {
        /// Which of the files.
        file: &'static str,
        /// What the reader reported.
        source: std::io::Error,
    },
    /// The first line does not name a column that is needed.
    #[error("{file} has no column {column}; is it the file of that name from the publisher?")]
    Column {
        /// Which of the files.
        file: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A line is longer than any true one.
    #[error(
        "{file}, line {line}: longer than {limit} bytes; is it the file of that name from the publisher?"
    )]
    Line {
        /// Which of the files.
        file: &'static str,
        /// 1-based line.
        line: usize,
        /// Most bytes of a record.
        limit: usize,
    },
    /// Not one code was found.
    #[error("{file} holds no codes; is it the file of that name from the publisher?")]
    Empty {
        /// Which of the files.
        file: &'static str,
    },
}

/// `20260401` as `2026-04-01`; `None` for what is no date.
fn iso_date(date: &str) -> Option<String> {
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    is_date.then(|| format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]))
}
