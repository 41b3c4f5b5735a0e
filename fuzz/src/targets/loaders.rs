//! Licensed code systems as their publishers hand them out: what is loaded is a file in which every code is found.

use super::Target;
use super::code_system_file::assert_sound;
use terminology::CodeSystemFile;
use terminology::loaders::{
    LoadError, LoincFiles, RxNormFiles, SnomedCtFiles, load_cpt, load_hcpcs, load_hcpcs_table, load_loinc,
    load_national_drug_codes, load_rxnorm, load_snomed_ct,
};

/// Stands between the files of one input.
const BETWEEN_FILES: &str = "\n=====\n";

const HELP: &str = "a publisher's files: refused, or every code that was loaded is found again";

const fn target(name: &'static str, check: fn(&[u8]), words: &'static [&'static str]) -> Target {
    Target { name, help: HELP, check, words, cases: 4_000 }
}

pub const RXNORM: Target = target(
    "rxnorm",
    |bytes| {
        let mut files = files(bytes);
        let (concepts, relations, attributes) = (files.take(), files.next(), files.next());
        loaded(load_rxnorm(RxNormFiles { concepts, relations, attributes }, "1"));
    },
    &[
        "|",
        "RXNORM",
        "SCD",
        "|ENG|",
        "isa",
        "tradename_of",
        "161",
        "SUPPRESS",
        "\n",
        "=====\n",
        "NDC",
        "\u{feff}",
    ],
);

pub const LOINC: Target = target(
    "loinc",
    |bytes| {
        let mut files = files(bytes);
        let (table, hierarchy, answers) = (files.take(), files.next(), files.next());
        loaded(load_loinc(LoincFiles { table, hierarchy, answers }, "1"));
    },
    &[
        "\"",
        ",",
        "\"\"",
        "LOINC_NUM",
        "LONG_COMMON_NAME",
        "STATUS",
        "DEPRECATED",
        "\r\n",
        "=====\n",
        "PATH_TO_ROOT",
    ],
);

pub const SNOMED_CT: Target = target(
    "snomed_ct",
    |bytes| {
        let mut files = files(bytes);
        let (concepts, descriptions, relationships) = (files.take(), files.take(), files.take());
        let files = SnomedCtFiles { concepts, descriptions, relationships, language: files.next() };
        loaded(load_snomed_ct(files, "731000124108", "20260901", "900000000000509007"));
    },
    &["\t", "116680003", "900000000000003001", "\t1\t", "\t0\t", "=====\n", "conceptId", "(disorder)", "\n"],
);

pub const HCPCS: Target = target(
    "hcpcs",
    |bytes| {
        loaded(load_hcpcs(bytes, "1"));
        loaded(load_hcpcs_table(bytes, "1"));
    },
    &[
        "HCPC",
        "LONG DESCRIPTION",
        "RECID",
        "TERM DT",
        ",",
        "\"",
        "3",
        "4",
        "20260101",
        "é",
        "          ",
        "\n",
    ],
);

pub const NATIONAL_DRUG_CODES: Target = target(
    "national_drug_codes",
    |bytes| {
        let mut files = files(bytes);
        let (products, packages) = (files.take(), files.take());
        loaded(load_national_drug_codes(products, packages, "1"));
    },
    &[
        "\t",
        "PRODUCTNDC",
        "NDCPACKAGECODE",
        "ENDMARKETINGDATE",
        "20261231",
        "0002-1433-80",
        "é",
        "=====\n",
        "\n",
        "-",
    ],
);

pub const CPT: Target = target(
    "cpt",
    |bytes| loaded(load_cpt(bytes, "1")),
    &["code", "description", ",", "\"", "\n", "\r", "\u{feff}"],
);

/// The files of one input, one after the other.
struct Files<'a>(&'a [u8]);

fn files(bytes: &[u8]) -> Files<'_> {
    Files(bytes)
}

impl<'a> Files<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        (!self.0.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> &'a [u8] {
        let between = BETWEEN_FILES.as_bytes();
        let end = self.0.windows(between.len()).position(|window| window == between);
        let (file, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + between.len()..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        file
    }
}

fn loaded(outcome: Result<CodeSystemFile, LoadError>) {
    let Ok(file) = outcome else { return };
    assert!(!file.is_empty());
    assert_eq!(file.rows().count(), file.len());
    for row in file.rows() {
        let code = row.code();
        let found = file.find(&code).unwrap_or_else(|| panic!("{code:?} is not found"));
        assert_eq!(found.code(), code);
    }
    let again = CodeSystemFile::from_vec(file.bytes().to_vec()).expect("what was written can be opened");
    assert_eq!(again.len(), file.len());
    assert_sound(&file);
}
