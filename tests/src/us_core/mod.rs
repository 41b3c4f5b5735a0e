//! US Core as Inferno asks for it (criterion g10): Inferno-derived, that is, made of the same lists, and not Inferno itself.
//!
//! For each version of the guide, its examples and patients made by Synthea go in, and every demand of every profile is asked for
//! over HTTP. The counts that are expected stand in `expected/`; to write them anew, set `CHIRON_CONFORMANCE=write`.

mod demands;
mod elements;
mod metadata;
mod report;
mod values;

use crate::harness::folder::new_folder;
use crate::harness::program;
use crate::harness::server::Server;
use crate::harness::shared_data::{archive, synthea, unpack};
use demands::Asking;
use metadata::Guide;
use report::{Outcome, Report};
use std::path::Path;

/// Patients made by Synthea that go in beside the examples.
const SYNTHEA_PATIENTS: usize = 6;

/// Versions of the guide, the package whose examples go in, and the version of the profiles that the server has of it.
const VERSIONS: [(&str, &str, Option<&str>); 6] = [
    ("v3.1.1", "us_core_610", None),
    ("v4.0.0", "us_core_610", None),
    ("v5.0.1", "us_core_610", None),
    ("v6.1.0", "us_core_610", Some("6.1.0")),
    ("v7.0.0", "us_core_700", Some("7.0.0")),
    ("v8.0.0", "us_core_800", Some("8.0.0")),
];

/// Puts the examples of a package and some patients in a folder to import.
fn fill(scenario: &str, package: &str, inbox: &Path) -> Option<()> {
    let path = archive(scenario, &format!("us-core-packages/{package}.tgz"))?;
    let patients = synthea(scenario)?;
    std::fs::create_dir_all(inbox).unwrap();
    let packed = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    let is_example = |path: &Path| {
        path.starts_with("package/example") && path.extension().is_some_and(|kind| kind == "json")
    };
    for (path, text) in unpack(packed, is_example) {
        std::fs::write(inbox.join(path.file_name().unwrap()), text).unwrap();
    }
    let mut bundles: Vec<_> =
        std::fs::read_dir(patients).unwrap().map(|entry| entry.unwrap().path()).collect();
    // The smallest: enough of everything, and soon in.
    bundles.sort_by_key(|path| (std::fs::metadata(path).unwrap().len(), path.clone()));
    for path in bundles.iter().take(SYNTHEA_PATIENTS) {
        std::fs::copy(path, inbox.join(path.file_name().unwrap())).unwrap();
    }
    Some(())
}

fn ask(scenario: &str, (version, package, profiles): (&str, &str, Option<&'static str>)) -> Option<Report> {
    let guide = Guide::read(scenario, version)?;
    let folder = new_folder();
    let (data, inbox) = (folder.path().join("data"), folder.path().join("inbox"));
    fill(scenario, package, &inbox)?;
    program::succeed(&data, ["import".as_ref(), inbox.as_os_str()]);
    let server = Server::start(&data);
    let mut client = server.administrator();
    let capabilities = client.get_json("/fhir/metadata");
    let patients = client.get_json("/fhir/Patient?_count=200&_elements=id");
    let ids = patients["entry"].as_array().unwrap().iter().filter_map(|one| one["resource"]["id"].as_str());
    let patients = ids.map(str::to_owned).collect();
    let mut asking =
        Asking { client, guide: &guide, capabilities, patients, profiles, report: Report::default() };
    asking.all();
    server.stop();
    Some(asking.report)
}

#[test]
fn g10_every_version_of_us_core_is_served_as_inferno_asks_for_it() {
    let scenario = "g10_every_version_of_us_core_is_served_as_inferno_asks_for_it";
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/us_core/expected");
    for row in VERSIONS {
        let Some(report) = ask(scenario, row) else { return };
        let total = |outcome| report.total(outcome);
        println!(
            "US Core {}: {} pass, {} fail, {} without data",
            row.0,
            total(Outcome::Pass),
            total(Outcome::Fail),
            total(Outcome::Data)
        );
        for (_, line) in report.lines.iter().filter(|(outcome, _)| *outcome == Outcome::Fail) {
            println!("  not met: {line}");
        }
        let file = expected.join(format!("{}.tsv", row.0));
        if std::env::var("CHIRON_CONFORMANCE").as_deref() == Ok("write") {
            std::fs::write(&file, report.to_tsv()).unwrap();
        }
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(report.to_tsv(), known, "US Core {}: write the counts anew if they are better", row.0);
    }
}
