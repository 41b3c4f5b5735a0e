//! How many resources a second one core validates: the synthetic patients of `../shared/data/synthea-r4`.
//!
//! `cargo run --release -p validation --example speed [rules|types|profiles]`: `rules` lists the findings by rule too, `types`
//! the time by type of resource, `profiles` holds them against US Core 8.0.0 too,
//! `slowest` the official examples that take longest.

use fhir::Document;
use fhir::schema::{TypeId, schema};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use terminology::Terminology;
use validation::profile::{built_in_profiles, profiles_by_type};
use validation::{Settings, validate};

fn main() {
    let wish = std::env::args().nth(1).unwrap_or_default();
    if wish == "slowest" {
        return slowest();
    }
    let bundles = documents(&archive("synthea-r4/synthea-r4-150.tar.zst"));
    let bundles: Vec<Document> = bundles.into_iter().map(|(_, document)| document).collect();
    let resources: Vec<Document> = bundles.iter().flat_map(resources_of).collect();
    let terminology = Terminology::built_in();
    let mut settings = Settings::default();
    if wish == "profiles" {
        settings.by_type = us_core_profiles();
    }
    // The first round unpacks code systems and compiles the invariants.
    let mut rules: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for resource in &resources {
        for issue in validate(resource, &terminology, &settings).issues {
            rules.entry(issue.rule.to_string()).or_insert_with(|| (0, issue.to_string())).0 += 1;
        }
    }
    if wish == "rules" {
        for (rule, (count, example)) in &rules {
            println!("{count:8} {rule}: {example}");
        }
    }
    if wish == "types" {
        by_type(&resources, &terminology, &settings);
    }
    for _ in 0..3 {
        rate("single resources", resources.len(), || {
            resources.iter().map(|resource| validate(resource, &terminology, &settings).issues.len()).sum()
        });
    }
    rate("whole bundles", resources.len(), || {
        bundles.iter().map(|bundle| validate(bundle, &terminology, &settings).issues.len()).sum()
    });
}

/// What a practice demands with `us-core-8`, and the profiles of laboratory results, problems and reports besides.
fn us_core_profiles() -> Vec<(TypeId, String)> {
    const US_CORE: &str = "http://hl7.org/fhir/us/core/";
    let mut profiles = profiles_by_type(US_CORE, "8.0.0");
    let others = [
        ("Observation", "us-core-observation-lab"),
        ("Condition", "us-core-condition-problems-health-concerns"),
        ("DiagnosticReport", "us-core-diagnosticreport-lab"),
    ];
    for (type_name, name) in others {
        let canonical = format!("{US_CORE}StructureDefinition/{name}|8.0.0");
        assert!(built_in_profiles().contains(&canonical));
        profiles.extend(schema().resource_named(type_name).map(|type_id| (type_id, canonical)));
    }
    profiles
}

fn rate(what: &str, count: usize, run: impl FnOnce() -> usize) {
    let start = Instant::now();
    let issues = run();
    let seconds = start.elapsed().as_secs_f64();
    println!("{what}: {count} in {seconds:.2} s, {:.0} a second, {issues} findings", count as f64 / seconds);
}

fn by_type(resources: &[Document], terminology: &Terminology, settings: &Settings) {
    let mut times: BTreeMap<String, (u32, Duration)> = BTreeMap::new();
    for resource in resources {
        let start = Instant::now();
        validate(resource, terminology, settings);
        let name = resource.resource_type().unwrap_or_default().into_owned();
        let entry = times.entry(name).or_default();
        entry.0 += 1;
        entry.1 += start.elapsed();
    }
    for (name, (count, time)) in times {
        println!("{name:24} {count:7} {:8.1} µs each", time.as_secs_f64() * 1e6 / f64::from(count));
    }
}

fn slowest() {
    let (terminology, settings) = (Terminology::built_in(), Settings::default());
    let examples = documents(&archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz"));
    let mut times = Vec::new();
    for round in 0..2 {
        let start = Instant::now();
        times.clear();
        for (name, document) in &examples {
            let start = Instant::now();
            validate(document, &terminology, &settings);
            times.push((start.elapsed(), name, document.text().len()));
        }
        println!("round {round}: {} examples in {:.2} s", examples.len(), start.elapsed().as_secs_f64());
    }
    times.sort_unstable();
    for (time, name, bytes) in times.iter().rev().take(25) {
        println!("{:9.2} ms, {bytes:9} bytes {name}", time.as_secs_f64() * 1e3);
    }
}

fn archive(name: &str) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("CHIRON_SHARED").map_or_else(beside, PathBuf::from).join(name)
}

fn documents(path: &Path) -> Vec<(String, Document)> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let bytes: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "zst") {
        Box::new(zstd::Decoder::new(file).expect("zstd"))
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    let mut archive = tar::Archive::new(bytes);
    let mut documents = Vec::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a tar entry");
        let name = entry.path().expect("a path").display().to_string();
        if name.ends_with(".json") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("an entry reads");
            documents.push((name, Document::parse(bytes).expect("JSON")));
        }
    }
    documents
}

fn resources_of(bundle: &Document) -> Vec<Document> {
    let entries = bundle.root().each_of("entry");
    entries.filter_map(|entry| entry.get("resource")).map(Document::from_node).collect()
}
