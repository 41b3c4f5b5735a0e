//! The examples that implementation guides publish meet the profiles that they declare.

use super::exceptions::Failures;
use super::reference_data::{archive, for_each_json};
use fhir::Document;
use std::path::Path;
use terminology::Terminology;
use validation::profile::built_in_profiles;
use validation::{Declared, Settings, validate};

/// The packages, with what their canonicals begin with, their version, and how many examples each holds at least.
const PACKAGES: [(&str, &str, &str, usize); 7] = [
    ("us-core-packages/us_core_610.tgz", US_CORE, "6.1.0", 150),
    ("us-core-packages/us_core_700.tgz", US_CORE, "7.0.0", 150),
    ("us-core-packages/us_core_800.tgz", US_CORE, "8.0.0", 150),
    ("ig-packages/ips_v110.tgz", "http://hl7.org/fhir/uv/ips/", "1.1.0", 30),
    ("ig-packages/us_quality_core_v010.tgz", "http://fhir.org/guides/onc/us-quality-core/", "0.1.0", 80),
    ("ig-packages/davinci_pas_2.0.1.tgz", PAS, "2.0.1", 30),
    ("ig-packages/davinci_pas_2.2.1.tgz", PAS, "2.2.1", 40),
];

const US_CORE: &str = "http://hl7.org/fhir/us/core/";
const PAS: &str = "http://hl7.org/fhir/us/davinci-pas/";

/// One in fifty.
const EXCEPTIONS_MAX: usize = 12;

#[test]
fn examples_of_packages_meet_their_profiles() {
    let terminology = Terminology::built_in();
    let mut failures = Failures::default();
    for (package, start, version, least) in PACKAGES {
        let Some(path) = archive(package) else { return };
        let versions = vec![(start.to_owned(), version.to_owned())];
        let stated = stated_profiles(&path, version);
        let mut settings = Settings { declared: Declared::Check, versions, ..Settings::default() };
        let (mut count, mut profiled) = (0, 0);
        for_each_json(&path, |name, bytes| {
            let Some((_, name)) =
                name.split_once("package/example/").filter(|(_, name)| !name.starts_with('.'))
            else {
                return;
            };
            let document = Document::parse(bytes).expect("an example is JSON");
            if document.resource_type().is_none() {
                return;
            }
            settings.profiles = examples_of(&document, &stated);
            let outcome = validate(&document, &terminology, &settings);
            let package = package.rsplit('/').next().unwrap_or(package).trim_end_matches(".tgz");
            failures.note(&format!("{package}/{name}"), &outcome);
            count += 1;
            let declares = document.root().at_path(&["meta", "profile"]).is_some();
            profiled += usize::from(declares || !settings.profiles.is_empty());
        });
        println!("{package}: {count} examples, {profiled} with profiles");
        assert!(count >= least, "{package}: only {count} examples");
    }
    failures.compare(include_str!("package_examples.exceptions"), EXCEPTIONS_MAX);
}

/// What the ImplementationGuide resource of a package says of its examples: `Type/id` and profile.
fn stated_profiles(package: &Path, version: &str) -> Vec<(String, String)> {
    let mut stated = Vec::new();
    for_each_json(package, |name, bytes| {
        if !name.starts_with("package/ImplementationGuide-") {
            return;
        }
        let guide = Document::parse(bytes).expect("a guide is JSON");
        let resources =
            guide.root().get("definition").into_iter().flat_map(|found| found.each_of("resource"));
        stated.extend(resources.filter_map(|resource| {
            let reference = resource.get("reference")?.get_str("reference")?.into_owned();
            Some((reference, format!("{}|{version}", resource.get_str("exampleCanonical")?)))
        }));
    });
    stated
}

/// The profile that an example is said to be one of, when it is one that is built in.
fn examples_of(document: &Document, stated: &[(String, String)]) -> Vec<String> {
    let id = document.root().get_str("id").unwrap_or_default();
    let key = format!("{}/{id}", document.resource_type().unwrap_or_default());
    let profiles =
        stated.iter().filter(|(reference, _)| *reference == key).map(|(_, profile)| profile.clone());
    profiles.filter(|profile| built_in_profiles().contains(profile)).collect()
}
