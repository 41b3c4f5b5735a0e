//! A version of US Core, group after group: first those that are found by patient, then those that these refer to.

use crate::arguments::Arguments;
use crate::checks::CHECKS;
use crate::client::Client;
use crate::group::GroupRun;
use crate::metadata::Metadata;
use crate::pool::Pool;
use crate::report::Report;
use anyhow::{Result, ensure};
use serde_json::Value;

/// The versions, and the package whose examples are the nearest data that is published for each.
pub const VERSIONS: &[(&str, &str)] = &[
    ("3.1.1", "us_core_610"),
    ("4.0.0", "us_core_610"),
    ("5.0.1", "us_core_610"),
    ("6.1.0", "us_core_610"),
    ("7.0.0", "us_core_700"),
    ("8.0.0", "us_core_800"),
];

/// The package whose examples the lists of requirements are asked with.
pub const NEWEST_PACKAGE: &str = "us_core_800";

/// Patients that are looked for when none is named.
const PATIENTS: &str = "100";

/// Asks a server all that a version demands.
///
/// # Errors
/// When the server cannot be reached or has no patients.
pub fn run(client: &mut Client, version: &str, metadata: &Metadata, arguments: &Arguments) -> Result<Report> {
    let capability = client.get("metadata")?.body;
    let patients = match &arguments.patients[..] {
        [] => all_patients(client)?,
        named => named.to_vec(),
    };
    ensure!(
        !patients.is_empty(),
        "the server shows no patients; name some with --patients, and give a token that may read them"
    );
    let mut pool = Pool::default();
    let mut groups = Vec::new();
    for is_delayed in [false, true] {
        for group in metadata.groups.iter().filter(|group| group.is_delayed == is_delayed) {
            if !arguments.wants_group(&group.name) {
                continue;
            }
            let findings = checked(
                GroupRun {
                    client,
                    metadata,
                    group,
                    capability: &capability,
                    pool: &mut pool,
                    by_patient: Vec::new(),
                    findings: Vec::new(),
                },
                &patients,
            )?;
            groups.push((group.name.trim_start_matches("us_core_").to_owned(), findings));
        }
    }
    Ok(Report { name: format!("usCore{version}"), groups })
}

fn checked(mut run: GroupRun<'_>, patients: &[String]) -> Result<Vec<crate::finding::Finding>> {
    run.collect(patients)?;
    for check in CHECKS {
        check(&mut run)?;
    }
    Ok(run.findings)
}

fn all_patients(client: &mut Client) -> Result<Vec<String>> {
    let page = client.get(&format!("Patient?_count={PATIENTS}"))?;
    let entries = page.body["entry"].as_array().into_iter().flatten();
    let ids = entries.filter_map(|entry| entry["resource"]["id"].as_str().map(str::to_owned));
    let mut ids: Vec<String> = ids.collect::<Vec<_>>();
    ids.sort();
    ensure!(page.status == 200 || page.body != Value::Null, "{}", page.gist());
    Ok(ids)
}
