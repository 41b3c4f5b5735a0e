//! Synthea's patients go in whole and come back equal.

use super::practice::{Practice, key};
use fhir::Document;
use record::write::{Target, WriteAction, WriteRequest};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use store::Expect;

fn archive() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("CHIRON_SHARED").map_or(beside, PathBuf::from);
    let path = folder.join("synthea-r4/synthea-r4-150.tar.zst");
    let is_there = path.is_file();
    assert!(
        is_there || std::env::var("CI").as_deref() != Ok("true"),
        "no reference data at {}",
        path.display()
    );
    is_there.then_some(path)
}

#[test]
fn synthea_bundles_go_in_and_read_back_equal() {
    let Some(path) = archive() else {
        println!("skipped: synthea_bundles_go_in_and_read_back_equal needs the reference data");
        return;
    };
    let practice = Practice::new();
    let session = practice.administrator();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut tar = tar::Archive::new(zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap());
    let files = tar.entries().unwrap().filter_map(Result::ok);
    for mut file in files
        .filter(|file| file.path().is_ok_and(|path| path.extension().is_some_and(|e| e == "json")))
        .take(12)
    {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let bundle = Document::parse_with(text, fhir::Limits::UNBOUNDED).unwrap();
        let entries: Vec<_> = bundle.root().each_of("entry").collect();
        let mut named = Vec::new();
        for entry in &entries {
            let resource = entry.get("resource").unwrap();
            let name =
                format!("{}/{}", resource.get_str("resourceType").unwrap(), resource.get_str("id").unwrap());
            named.push((name, resource, entry.get_str("fullUrl").map(std::borrow::Cow::into_owned)));
        }
        let requests: Vec<_> = named
            .iter()
            .map(|(name, resource, full_url)| WriteRequest {
                action: WriteAction::Update {
                    target: Target::Key(key(name)),
                    resource: *resource,
                    expect: Expect::Any,
                },
                full_url: full_url.clone(),
            })
            .collect();
        session.write_all(&requests).unwrap();
        let meanings: BTreeMap<_, _> =
            named.iter().map(|(name, _, url)| (url.clone().unwrap(), name.clone())).collect();
        for (name, resource, _) in &named {
            *counts.entry(name.split('/').next().unwrap().to_owned()).or_default() += 1;
            let mut expected = resource.raw().to_owned();
            for (url, name) in &meanings {
                expected = expected.replace(&format!("\"{url}\""), &format!("\"{name}\""));
            }
            assert_eq!(session.read(&key(name)).unwrap().body(), expected, "{name}");
        }
    }
    assert!(counts["Observation"] > 500 && counts["Patient"] == 12, "{counts:?}");
}
