//! Resources that say that they are of the group's profile are valid against it, as the server's own `$validate` has it.

use crate::client::{Exchange, FHIR_JSON};
use crate::finding::{Check, Finding};
use crate::group::GroupRun;
use anyhow::Result;
use hyper::Method;
use serde_json::Value;

/// Resources that are validated.
const RESOURCES_MAX: usize = 30;
const NAME: &str = "valid";

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let group = run.group;
    let profile = format!("{}|{}", group.profile_url, group.profile_version);
    let says_so = |resource: &&Value| {
        let profiles = resource["meta"]["profile"].as_array().into_iter().flatten();
        profiles
            .filter_map(Value::as_str)
            .any(|profile| profile.split('|').next() == Some(&group.profile_url))
    };
    let sources: Vec<Value> = run.resources().filter(says_so).take(RESOURCES_MAX).cloned().collect();
    let mut check = Check::new(NAME, "SHALL");
    for source in &sources {
        let query = crate::client::query(&[("profile".to_owned(), profile.clone())]);
        let place = format!("{}/$validate?{query}", group.resource);
        let answer =
            run.client.send(Method::POST, &place, &[("content-type", FHIR_JSON)], &source.to_string())?;
        if does_not_know(&answer, &group.resource) {
            let why = format!("the server does not know {profile}");
            run.findings.push(Finding::not_asked(NAME, "SHALL", &why));
            return Ok(());
        }
        let errors = errors(&answer);
        let key = crate::pool::key(source).unwrap_or_default();
        let is_right = answer.is_resource("OperationOutcome") && errors.is_empty();
        check.judge(is_right, &answer.request, &format!("{key} is valid"), || match errors.is_empty() {
            true => answer.gist(),
            false => errors.join("; "),
        });
    }
    run.findings.push(check.end("no resource says that it is of the profile"));
    Ok(())
}

fn errors(answer: &Exchange) -> Vec<String> {
    let issues = answer.body["issue"].as_array().into_iter().flatten();
    let errors = issues.filter(|issue| issue["severity"] == "error" || issue["severity"] == "fatal");
    let text = |issue: &Value| {
        let said = issue["details"]["text"].as_str().or_else(|| issue["diagnostics"].as_str());
        format!("{} {}", issue["expression"][0].as_str().unwrap_or_default(), said.unwrap_or_default())
    };
    errors.map(text).collect()
}

/// A profile, or a version of one, that the server does not have: said of the resource as a whole.
fn does_not_know(answer: &Exchange, type_name: &str) -> bool {
    let issues = answer.body["issue"].as_array().into_iter().flatten();
    issues.into_iter().any(|issue| {
        let is_missing = issue["code"] == "not-found" || issue["code"] == "not-supported";
        is_missing && issue["severity"] == "error" && issue["expression"][0] == type_name
    })
}
