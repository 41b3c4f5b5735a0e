//! Other ways to ask the same: by POST, by a reference with its type, by a code with its system, by several values, by a
//! chain.

use crate::finding::{Check, Finding};
use crate::group::{GroupRun, Parameters};
use crate::metadata::{Chain, Definition};
use crate::pool::references;
use crate::search_value::{elements, escaped, of_resource, token_parts, with_system};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;

use super::search::see;

/// Patients whose resources a variant is tried on.
const PATIENTS_MAX: usize = 4;
/// The values of one search.
const VALUES_MAX: usize = 12;

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    if run.group.is_by_patient() && !run.group.is_delayed {
        same_by_other_ways(run)?;
    }
    let mut seen = BTreeSet::new();
    for search in &run.group.searches {
        for name in search.names.iter().filter(|name| *name != "patient") {
            let Some(definition) = run.group.definition(name) else { continue };
            if !seen.insert(name.clone()) || !super::is_demanded(&search.expectation) {
                continue;
            }
            if definition.is_token() {
                by_system(run, &search.names, name, definition, &search.expectation)?;
            }
            if super::is_demanded(&definition.multiple_or) {
                by_several(run, &search.names, name, definition)?;
            }
            for chain in definition.chain.iter().filter(|chain| super::is_demanded(&chain.expectation)) {
                by_chain(run, name, definition, chain)?;
            }
        }
    }
    Ok(())
}

/// By POST, and with `Patient/` before the id: the same resources.
fn same_by_other_ways(run: &mut GroupRun<'_>) -> Result<()> {
    let type_name = &run.group.resource;
    let mut by_post = Check::new("search by POST", "SHALL");
    let mut with_type = Check::new("search by Patient/id", "SHALL");
    for (_, parameters) in run.first_that_finds()?.into_iter().take(PATIENTS_MAX) {
        let wanted = ids(&run.client.search(type_name, &parameters)?.resources);
        let posted = run.client.post_search(type_name, &parameters)?;
        by_post.see(ids(&posted.resources) == wanted, &posted.first, "what GET finds");
        if type_name != "Patient" {
            let mut parameters = parameters;
            parameters[0].1 = format!("Patient/{}", parameters[0].1);
            let typed = run.client.search(type_name, &parameters)?;
            with_type.see(ids(&typed.resources) == wanted, &typed.first, "what the id alone finds");
        }
    }
    run.findings.push(by_post.end("no patient has such resources"));
    if type_name != "Patient" {
        run.findings.push(with_type.end("no patient has such resources"));
    }
    Ok(())
}

fn ids(resources: &[Value]) -> BTreeSet<String> {
    resources.iter().filter_map(crate::pool::key).collect()
}

fn by_system(
    run: &mut GroupRun<'_>,
    names: &[String],
    name: &str,
    definition: &Definition,
    expectation: &str,
) -> Result<()> {
    let mut check = Check::new(format!("search {name} by system|code"), expectation);
    let asked: Vec<(Parameters, Value)> = run
        .searches_by(names)
        .into_iter()
        .take(PATIENTS_MAX)
        .filter_map(|(mut parameters, resource)| {
            set(&mut parameters, name, with_system(resource, definition)?);
            Some((parameters, resource.clone()))
        })
        .collect();
    for (parameters, source) in asked {
        let found = run.client.search(&run.group.resource, &parameters)?;
        see(&mut check, run.group, &parameters, &found, Some(&source));
    }
    run.findings.push(check.end("no resource has a code with a system there"));
    Ok(())
}

/// Several values at once find what each of them finds. Names are those of the search, less what depends on the resource.
fn by_several(run: &mut GroupRun<'_>, names: &[String], name: &str, definition: &Definition) -> Result<()> {
    let mut check = Check::new(format!("search {name} by several values"), &definition.multiple_or);
    let patients: Vec<_> =
        run.searches_by(names).into_iter().take(PATIENTS_MAX).map(|(asked, _)| asked).collect();
    for mut parameters in patients {
        let mut values: Vec<String> = definition.values();
        let of_patient = run.resources().flat_map(|one| elements(one, definition));
        values.extend(of_patient.flat_map(|element| {
            token_parts(element).into_iter().map(|(_, code)| escaped(code)).collect::<Vec<_>>()
        }));
        values.sort();
        values.dedup();
        values.truncate(VALUES_MAX);
        let mut wanted = BTreeSet::new();
        for value in &values {
            set(&mut parameters, name, value.clone());
            wanted.extend(ids(&run.client.search(&run.group.resource, &parameters)?.resources));
        }
        set(&mut parameters, name, values.join(","));
        let found = run.client.search(&run.group.resource, &parameters)?;
        check.see(ids(&found.resources) == wanted, &found.first, "what each value finds alone");
    }
    run.findings.push(check.end("no resource has values for it"));
    Ok(())
}

fn by_chain(run: &mut GroupRun<'_>, name: &str, definition: &Definition, chain: &Chain) -> Result<()> {
    let mut check = Check::new(format!("search {name}.{}", chain.name), &chain.expectation);
    let sources: Vec<Value> = run.resources().take(PATIENTS_MAX).cloned().collect();
    for source in sources {
        let referred = elements(&source, definition).into_iter().flat_map(references).next();
        let Some(reference) = referred else { continue };
        let target = run.client.get(&reference)?.body;
        let group =
            run.metadata.groups.iter().find(|group| target["resourceType"] == group.resource.as_str());
        let Some(of_target) = group.and_then(|group| group.definition(&chain.name)) else { continue };
        let Some(value) = of_resource(&target, of_target) else { continue };
        let parameters = vec![(format!("{name}.{}", chain.name), value)];
        let found = run.client.search(&run.group.resource, &parameters)?;
        see(&mut check, run.group, &parameters, &found, Some(&source));
    }
    let finding: Finding = check.end("no reference leads to a resource with such a value");
    run.findings.push(finding);
    Ok(())
}

fn set(parameters: &mut Parameters, name: &str, value: String) {
    for parameter in parameters.iter_mut().filter(|parameter| parameter.0 == name) {
        parameter.1.clone_from(&value);
    }
}
