//! The reference data beside the project: archives read where they lie.

use fhir::Document;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The resources of the Synthea bundles, references between them as on a server (`Type/id`). `None`, said aloud, when
/// the folder is missing on a developer's machine; with `CI=true` that is a failure.
pub fn synthea(bundles_limit: usize) -> Option<Vec<Document>> {
    let bytes = bytes("data/synthea-r4/synthea-r4-150.tar.zst")?;
    let unpacked = zstd::Decoder::new(bytes.as_slice()).expect("a zstd stream");
    let mut resources = Vec::new();
    for_each_file(unpacked, bundles_limit, |text| resources.extend(resources_of(&text)));
    Some(resources)
}

/// The examples that are published with the standard. `None` as for [`synthea`].
#[allow(dead_code)] // the speed example looks at Synthea only
pub fn published_examples() -> Option<Vec<Document>> {
    let bytes = bytes("data/fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz")?;
    let unpacked = flate2::read::GzDecoder::new(bytes.as_slice());
    let mut resources = Vec::new();
    for_each_file(unpacked, usize::MAX, |text| {
        let document = Document::parse(text).ok();
        resources.extend(document.filter(|document| fhir::Element::resource(document).is_some()));
    });
    Some(resources)
}

fn bytes(path: &str) -> Option<Vec<u8>> {
    let file = folder().join(path);
    if !file.exists() {
        let is_ci = std::env::var("CI").as_deref() == Ok("true");
        assert!(!is_ci, "reference data is missing: {}", file.display());
        eprintln!("skipped: no {}", file.display());
        return None;
    }
    Some(std::fs::read(&file).expect("the archive can be read"))
}

/// Calls `visit` with the text of each JSON file.
fn for_each_file(unpacked: impl Read, limit: usize, mut visit: impl FnMut(String)) {
    let mut archive = tar::Archive::new(unpacked);
    let entries = archive.entries().expect("a tar archive").map(|entry| entry.expect("an entry"));
    let is_json = |entry: &tar::Entry<'_, _>| {
        entry.path().is_ok_and(|path| path.extension().is_some_and(|extension| extension == "json"))
    };
    for mut entry in entries.filter(is_json).take(limit) {
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("an entry's text");
        visit(content);
    }
}

/// The resources of a transaction bundle as it would be stored.
fn resources_of(text: &str) -> Vec<Document> {
    let bundle = Document::parse(text).expect("a bundle");
    let mut names = HashMap::new();
    for entry in bundle.root().each_of("entry") {
        let (Some(url), Some(resource)) = (entry.get_str("fullUrl"), entry.get("resource")) else { continue };
        if let (Some(name), Some(id)) = (resource.get_str("resourceType"), resource.get_str("id")) {
            names.insert(url.into_owned(), format!("{name}/{id}"));
        }
    }
    const REFERENCE: &str = "\"reference\": \"";
    let mut pieces = text.split(REFERENCE);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (target, rest) = piece.split_once('"').unwrap_or((piece, ""));
        let name = names.get(target).map_or(target, String::as_str);
        text.extend([REFERENCE, name, "\"", rest]);
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
