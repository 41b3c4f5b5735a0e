//! The table of targets. A target is one file in `targets/` and a row here.

mod chart;
mod code_system_file;
mod data_types;
mod examples;
mod fhirpath;
mod http;
mod json;
mod loaders;
mod note;
mod on_disk;
mod passkey;
mod patch;
mod practice;
mod resource;
mod search_cursor;
mod search_url;
mod sig;
mod signed_token;
mod subscription;
mod ucum;
mod udi;
mod value_set;
mod xml;

/// A parser, and what must hold for any bytes at all.
pub struct Target {
    /// Its name, which is also its folder's in `corpus/`.
    pub name: &'static str,
    /// What is parsed and what is promised of it.
    pub help: &'static str,
    /// Feeds bytes to the parser; panics when a promise is broken.
    pub check: fn(&[u8]),
    /// Pieces that mean something to the parser, for mutations.
    pub words: &'static [&'static str],
    /// How many mutations the test tries: fewer where one takes long.
    pub cases: u64,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    json::TARGET,
    xml::TARGET,
    data_types::TARGET,
    ucum::TARGET,
    udi::TARGET,
    fhirpath::TARGET,
    search_url::URL,
    search_url::FILTER,
    resource::RESOURCE,
    resource::NARRATIVE,
    sig::TARGET,
    signed_token::TARGET,
    subscription::TARGET,
    note::TARGET,
    passkey::TARGET,
    patch::JSON,
    patch::FHIRPATH,
    value_set::TARGET,
    code_system_file::TARGET,
    loaders::RXNORM,
    loaders::LOINC,
    loaders::SNOMED_CT,
    loaders::HCPCS,
    loaders::NATIONAL_DRUG_CODES,
    loaders::CPT,
    on_disk::ENVELOPE,
    on_disk::ROW_SET,
    on_disk::COMMIT_LOG,
    search_cursor::TARGET,
    on_disk::READ_LOG,
    http::API,
    http::PAGES,
    chart::TARGET,
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
