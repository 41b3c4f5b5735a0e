//! What the server declares of the group's type: profile, interactions, searches, includes, operations.

use super::is_demanded;
use crate::finding::Check;
use crate::group::GroupRun;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

const REQUEST: &str = "GET metadata";

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let group = run.group;
    let types = run.capability.pointer("/rest/0/resource").and_then(Value::as_array);
    let declared = types.into_iter().flatten().find(|row| row["type"] == group.resource.as_str());
    let declared = declared.unwrap_or(&Value::Null);
    let has = |list: &str, key: &str, wanted: &str| {
        let rows = declared[list].as_array().into_iter().flatten();
        rows.into_iter().any(|row| if key.is_empty() { row == wanted } else { row[key] == wanted })
    };
    let mut findings = Vec::new();
    let mut declares = |what: String, expectation: &str, is_declared: bool| {
        let mut check = Check::new(format!("declares {what}"), expectation);
        check.judge(is_declared, REQUEST, &format!("{} with {what}", group.resource), || {
            "it is not there".to_owned()
        });
        findings.push(check.end(""));
    };
    let profiles: Vec<&str> =
        declared["supportedProfile"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_profile = |url: &&str| url.split('|').next() == Some(&group.profile_url);
    declares("profile".to_owned(), &group.expectation, profiles.iter().any(is_profile));
    for interaction in group.interactions.iter().filter(|row| is_demanded(&row.expectation)) {
        let is_declared = has("interaction", "code", &interaction.code);
        declares(interaction.code.clone(), &interaction.expectation, is_declared);
    }
    // A parameter that is demanded in several searches is demanded as much as in the strictest.
    let mut parameters = BTreeMap::<&str, &str>::new();
    for search in group.searches.iter().filter(|row| is_demanded(&row.expectation)) {
        for name in &search.names {
            let strictest = parameters.entry(name).or_insert(&search.expectation);
            *strictest = (*strictest).min(&search.expectation);
        }
    }
    for (name, expectation) in parameters {
        // `_id`, `_lastUpdated` and `_tag` may be declared for all types together.
        let everywhere = run.capability.pointer("/rest/0/searchParam").and_then(Value::as_array);
        let is_declared = has("searchParam", "name", name)
            || everywhere.into_iter().flatten().any(|row| row["name"] == name);
        declares(format!("parameter {name}"), expectation, is_declared);
    }
    for include in &group.includes {
        declares(format!("_include {include}"), "SHALL", has("searchInclude", "", include));
    }
    for include in &group.revincludes {
        declares(format!("_revinclude {include}"), "SHALL", has("searchRevInclude", "", include));
    }
    for operation in group.operations.iter().filter(|row| is_demanded(&row.expectation)) {
        declares(
            format!("${}", operation.code),
            &operation.expectation,
            has("operation", "name", &operation.code),
        );
    }
    run.findings.extend(findings);
    Ok(())
}
