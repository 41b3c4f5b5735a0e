//! Each search with values of the server's own resources: all that is found has them, and the resource that they are of
//! is found. With each comparator that the server SHALL have, too.

use super::is_demanded;
use crate::client::Found;
use crate::finding::Check;
use crate::group::{GroupRun, Parameters};
use crate::matching::is_match;
use crate::metadata::Group;
use crate::pool::key;
use crate::search_value::elements;
use anyhow::Result;
use serde_json::Value;

/// Patients whose resources a search is tried on.
const PATIENTS_MAX: usize = 6;

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let group = run.group;
    for search in group.searches.iter().filter(|row| is_demanded(&row.expectation)) {
        let name = search.names.join("+");
        let lacking = format!("no resource has values for {name}");
        let asked: Vec<(Parameters, Value)> = run
            .searches_by(&search.names)
            .into_iter()
            .take(PATIENTS_MAX)
            .map(|(parameters, resource)| (parameters, resource.clone()))
            .collect();
        let mut check = Check::new(format!("search {name}"), &search.expectation);
        for (parameters, source) in &asked {
            let found = run.client.search(&group.resource, parameters)?;
            see(&mut check, group, parameters, &found, Some(source));
        }
        run.findings.push(check.end(&lacking));
        compare(run, &search.names, &search.expectation, &asked)?;
    }
    Ok(())
}

/// The same search with each comparator of its dates.
fn compare(
    run: &mut GroupRun<'_>,
    names: &[String],
    expectation: &str,
    asked: &[(Parameters, Value)],
) -> Result<()> {
    let group = run.group;
    for (at, date) in names.iter().enumerate() {
        let Some(definition) = group.definition(date) else { continue };
        for comparator in definition.required_comparators() {
            let mut check = Check::new(format!("search {} {comparator}", names.join("+")), expectation);
            for (parameters, source) in asked {
                let Some(value) =
                    elements(source, definition).into_iter().find_map(|date| bound(date, comparator))
                else {
                    continue;
                };
                let mut parameters = parameters.clone();
                parameters[at].1 = format!("{comparator}{value}");
                let found = run.client.search(&group.resource, &parameters)?;
                // An open Period is neither within the bound nor beyond it.
                let has_to_be_found = is_match(source, definition, &parameters[at].1).then_some(source);
                see(&mut check, group, &parameters, &found, has_to_be_found);
            }
            run.findings.push(check.end(&format!("no resource has a {date}")));
        }
    }
    Ok(())
}

/// The bound of a date or Period that a comparator asks for.
fn bound<'a>(element: &'a Value, comparator: &str) -> Option<&'a str> {
    let side = if ["gt", "ge"].contains(&comparator) { ["start", "end"] } else { ["end", "start"] };
    element.as_str().or_else(|| element[side[0]].as_str()).or_else(|| element[side[1]].as_str())
}

/// Judges what a search found.
pub fn see(check: &mut Check, group: &Group, parameters: &Parameters, found: &Found, source: Option<&Value>) {
    if !found.first.is_resource("Bundle") {
        check.see(false, &found.first, "200 with a Bundle");
        return;
    }
    let request = &found.first.request;
    for resource in found.of_type(&group.resource) {
        for (name, value) in parameters {
            let Some(definition) = group.definition(name) else { continue };
            let expected = format!("only resources whose {name} is {value}");
            check.judge(is_match(resource, definition, value), request, &expected, || {
                let seen: Vec<_> = elements(resource, definition).iter().map(ToString::to_string).collect();
                format!("{} has {}", key(resource).unwrap_or_default(), seen.join(", "))
            });
        }
    }
    if let Some(source) = source {
        let has_it = found.resources.iter().any(|resource| resource["id"] == source["id"]);
        let expected = format!("{} among what is found", key(source).unwrap_or_default());
        check.judge(has_it, request, &expected, || format!("{} resources without it", found.resources.len()));
    }
}
