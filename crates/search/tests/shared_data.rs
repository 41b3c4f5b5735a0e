//! The reference data beside the project: archives read where they lie.

use fhir::Document;
use std::path::{Path, PathBuf};

/// The resources of the Synthea bundles, references between them as on a server (`Type/id`). `None`, said aloud, when
/// the folder is missing on a developer's machine; with `CI=true` that is a failure.
pub fn synthea(bundles_limit: usize) -> Option<Vec<Document>> {
    let file = folder().join("data/synthea-r4/synthea-r4-150.tar.zst");
    if !file.exists() {
        let is_ci = std::env::var("CI").as_deref() == Ok("true");
        assert!(!is_ci, "reference data is missing: {}", file.display());
        eprintln!("skipped: no {}", file.display());
        return None;
    }
    let bytes = std::fs::read(&file).expect("the archive can be read");
    let mut archive = tar::Archive::new(zstd::Decoder::new(bytes.as_slice()).expect("a zstd stream"));
    let mut resources = Vec::new();
    let entries = archive.entries().expect("a tar archive");
    let files =
        entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.header().entry_type().is_file());
    for mut entry in files.take(bundles_limit) {
        let mut content = String::new();
        std::io::Read::read_to_string(&mut entry, &mut content).expect("an entry's text");
        resources.extend(resources_of(&content));
    }
    Some(resources)
}

/// The resources of a transaction bundle as it would be stored.
fn resources_of(text: &str) -> Vec<Document> {
    let bundle = Document::parse(text).expect("a bundle");
    let mut text = text.to_owned();
    for entry in bundle.root().each_of("entry") {
        let (Some(url), Some(resource)) = (entry.get_str("fullUrl"), entry.get("resource")) else { continue };
        let (Some(name), Some(id)) = (resource.get_str("resourceType"), resource.get_str("id")) else {
            continue;
        };
        text = text.replace(&format!("\"reference\": \"{url}\""), &format!("\"reference\": \"{name}/{id}\""));
    }
    let bundle = Document::parse(text).expect("a bundle");
    bundle
        .root()
        .each_of("entry")
        .filter_map(|entry| Some(Document::from_node(entry.get("resource")?)))
        .collect()
}

fn folder() -> PathBuf {
    std::env::var_os("CHIRON_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}
