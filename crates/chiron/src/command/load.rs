//! `chiron load`: licensed and large code systems, as their publishers hand them out.

use crate::event::{Emit, Event};
use crate::practice::{Practice, code_systems};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use terminology::CodeSystemFile;
use terminology::loaders::{
    LoincFiles, RxNormFiles, SnomedCtFiles, load_cpt, load_hcpcs, load_hcpcs_table, load_loinc,
    load_national_drug_codes, load_rxnorm, load_snomed_ct,
};

type Load = fn(&Path, &str) -> Result<CodeSystemFile>;

/// What can be loaded: its name on the command line, how it is read, and what the path must be.
const SYSTEMS: [(&str, Load, &str); 6] = [
    ("rxnorm", rxnorm, "the rrf folder of a release"),
    ("loinc", loinc, "the LoincTable folder, or Loinc.csv"),
    ("snomed", snomed, "the Snapshot folder of a release"),
    ("hcpcs", hcpcs, "the Alpha-Numeric file, .txt or .csv"),
    ("ndc", ndc, "the folder with product.txt and package.txt"),
    ("cpt", cpt, "the practice's own list: code,description"),
];

/// Reads a code system, keeps it in the data folder, and says that a running server must start again to use it.
pub fn run(practice: &Practice, system: &str, path: &Path, version: &str, emit: &mut Emit<'_>) -> Result<()> {
    let Some((name, load, wants)) = SYSTEMS.iter().find(|(name, ..)| *name == system) else {
        bail!("'{system}' cannot be loaded; choose {}", SYSTEMS.map(|(name, ..)| name).join(", "));
    };
    let file = load(path, version).with_context(|| format!("{} must be {wants}", path.display()))?;
    let folder = code_systems(&practice.data);
    std::fs::create_dir_all(&folder)?;
    let (target, unfinished) =
        (folder.join(format!("{name}.codes")), folder.join(format!("{name}.unfinished")));
    std::fs::write(&unfinished, file.bytes())?;
    File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, &target)?;
    emit(Event::Line(format!("loaded {} codes of {name}; start the server again to use them", file.len())));
    emit(Event::Answer(serde_json::json!({ "system": name, "codes": file.len() })));
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 20, File::open(path).with_context(|| path.display().to_string())?))
}

/// The file below a folder whose name begins with one text and ends with another.
fn find(folder: &Path, start: &str, end: &str) -> Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if let Some(found) = find(&path, start, end)? {
                return Ok(Some(found));
            }
        } else if name.starts_with(start) && name.ends_with(end) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn find_and_open(folder: &Path, start: &str, end: &str) -> Result<BufReader<File>> {
    let path = find(folder, start, end)?;
    open(&path.with_context(|| format!("there is no {start}…{end} below {}", folder.display()))?)
}

fn optional(folder: &Path, start: &str, end: &str) -> Result<Option<BufReader<File>>> {
    find(folder, start, end)?.map(|path| open(&path)).transpose()
}

fn rxnorm(path: &Path, version: &str) -> Result<CodeSystemFile> {
    let files = RxNormFiles {
        concepts: find_and_open(path, "RXNCONSO", ".RRF")?,
        relations: optional(path, "RXNREL", ".RRF")?,
        attributes: optional(path, "RXNSAT", ".RRF")?,
    };
    Ok(load_rxnorm(files, version)?)
}

fn loinc(path: &Path, version: &str) -> Result<CodeSystemFile> {
    let files = match path.is_dir() {
        true => LoincFiles {
            table: find_and_open(path, "Loinc", "Loinc.csv")?,
            hierarchy: optional(path, "ComponentHierarchy", ".csv")?,
            answers: optional(path, "AnswerList", ".csv")?,
        },
        false => LoincFiles { table: open(path)?, hierarchy: None, answers: None },
    };
    Ok(load_loinc(files, version)?)
}

fn snomed(path: &Path, version: &str) -> Result<CodeSystemFile> {
    /// The edition of the United States, and its English.
    const EDITION: &str = "731000124108";
    const LANGUAGE: &str = "900000000000509007";
    let files = SnomedCtFiles {
        concepts: find_and_open(path, "sct2_Concept_Snapshot", ".txt")?,
        descriptions: find_and_open(path, "sct2_Description_Snapshot", ".txt")?,
        relationships: find_and_open(path, "sct2_Relationship_Snapshot", ".txt")?,
        language: optional(path, "der2_cRefset_LanguageSnapshot", ".txt")?,
    };
    Ok(load_snomed_ct(files, EDITION, version, LANGUAGE)?)
}

fn hcpcs(path: &Path, version: &str) -> Result<CodeSystemFile> {
    match path.extension().is_some_and(|extension| extension == "csv") {
        true => Ok(load_hcpcs_table(open(path)?, version)?),
        false => Ok(load_hcpcs(open(path)?, version)?),
    }
}

fn ndc(path: &Path, version: &str) -> Result<CodeSystemFile> {
    let (products, packages) =
        (find_and_open(path, "product", ".txt")?, find_and_open(path, "package", ".txt")?);
    Ok(load_national_drug_codes(products, packages, version)?)
}

fn cpt(path: &Path, version: &str) -> Result<CodeSystemFile> {
    Ok(load_cpt(open(path)?, version)?)
}
