//! What a server must be able to show is there in one resource of the group, at least. What is nowhere is a lack of data.

use crate::finding::{Detail, Finding, Outcome};
use crate::group::GroupRun;
use crate::metadata::{Choice, Element};
use crate::path::{Slices, sliced_values, values};
use crate::slice::{is_of_slice, key_of_type};
use anyhow::Result;
use serde_json::Value;

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let must = &run.group.must_supports;
    let resources: Vec<&Value> = run.resources().collect();
    let mut seen: Vec<(String, bool)> = Vec::new();
    for extension in &must.extensions {
        let has = |resource: &&Value| {
            values(resource, &extension.path).iter().any(|found| found["url"] == extension.url.as_str())
        };
        seen.push((extension.id.clone(), resources.iter().any(has)));
    }
    for slice in &must.slices {
        let has = |resource: &&Value| match key_of_type(slice) {
            Some(path) => !values(resource, &path).is_empty(),
            None => values(resource, &slice.path).iter().any(|element| is_of_slice(slice, element)),
        };
        seen.push((slice.id.clone(), resources.iter().any(has)));
    }
    for element in &must.elements {
        let has = |resource: &&Value| has_element(run, resource, element);
        seen.push((element.path.clone(), resources.iter().any(has)));
    }
    let choices = must.choices.as_deref().unwrap_or_default();
    let is_seen = |name: &str| seen.iter().any(|(seen, is_there)| seen == name && *is_there);
    let found =
        seen.iter().map(|(name, is_there)| finding(name, *is_there || is_chosen(choices, name, is_seen)));
    let found: Vec<Finding> = found.collect();
    run.findings.extend(found);
    Ok(())
}

fn has_element(run: &GroupRun<'_>, resource: &Value, element: &Element) -> bool {
    let found = sliced_values(resource, &element.path, Slices::of(&run.group.must_supports));
    let fixed = element.fixed_value();
    let targets: Vec<&str> =
        element.target_profiles.iter().filter_map(|profile| run.metadata.type_of_profile(profile)).collect();
    found.iter().any(|value| {
        let is_fixed = fixed.as_deref().is_none_or(|fixed| match value {
            Value::String(text) => text == fixed,
            other => {
                let text = other.to_string();
                text == fixed
            }
        });
        let leads_there = targets.is_empty()
            || value["reference"].as_str().is_some_and(|reference| {
                targets.iter().any(|target| reference.contains(&format!("{target}/")))
            });
        is_fixed && leads_there && is_something(value)
    })
}

/// A value, and not just the reason why there is none.
fn is_something(value: &Value) -> bool {
    let absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    let Some(object) = value.as_object() else { return !value.is_null() };
    let is_reason = |extension: &Value| extension["url"] == absent;
    let says_why = value["extension"].as_array().is_some_and(|extensions| extensions.iter().any(is_reason));
    !(says_why && object.len() == 1)
}

/// True when another of a choice is there.
fn is_chosen(choices: &[Choice], name: &str, is_seen: impl Fn(&str) -> bool) -> bool {
    choices.iter().any(|choice| {
        let mut all = choice.paths.iter().chain(&choice.extension_ids);
        all.clone().any(|one| one == name) && all.any(|one| is_seen(one))
    })
}

fn finding(name: &str, is_there: bool) -> Finding {
    let outcome = if is_there { Outcome::Pass } else { Outcome::Data };
    let lacking = if is_there { "" } else { "not seen in the data" };
    let detail = Detail { answer: lacking.to_owned(), ..Detail::default() };
    Finding { check: format!("shows {name}"), expectation: "SHALL".to_owned(), outcome, detail }
}
