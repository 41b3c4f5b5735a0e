//! `_include` brings what is referred to, `_revinclude` what refers.

use crate::finding::Check;
use crate::group::GroupRun;
use crate::pool::{key, references};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;

/// Resources whose own referrers are asked for, when `_revinclude` brings none.
const SOURCES_MAX: usize = 20;

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    for include in &run.group.includes {
        included(run, include)?;
    }
    for include in &run.group.revincludes {
        referring(run, include)?;
    }
    Ok(())
}

/// `Type:parameter` or `Type:parameter:Target`.
fn included(run: &mut GroupRun<'_>, include: &str) -> Result<()> {
    let mut parts = include.split(':').skip(1);
    let (parameter, target) = (parts.next().unwrap_or_default(), parts.next());
    let mut check = Check::new(format!("_include {include}"), "SHALL");
    let sources: Vec<Value> = run.resources().cloned().collect();
    for source in sources {
        let wanted: Vec<String> = below(&source, parameter)
            .into_iter()
            .filter(|reference| target.is_none_or(|target| reference.starts_with(&format!("{target}/"))))
            .collect();
        let Some(id) = source["id"].as_str() else { continue };
        // What the server does not have it cannot include.
        let mut there = BTreeSet::new();
        for reference in wanted {
            if run.client.get(&reference)?.status == 200 {
                there.insert(reference);
            }
        }
        if there.is_empty() {
            continue;
        }
        let asked = [("_id".to_owned(), id.to_owned()), ("_include".to_owned(), include.to_owned())];
        let found = run.client.search(&run.group.resource, &asked)?;
        found.resources.iter().for_each(|resource| run.pool.add(resource));
        let got: BTreeSet<String> = found.resources.iter().filter_map(key).collect();
        let expected = format!("{there:?} among what is found");
        check.see(there.is_subset(&got), &found.first, &expected);
    }
    run.findings.push(check.end("no resource refers to one that the server has"));
    Ok(())
}

/// The references below the elements whose name the parameter's begins with.
fn below(resource: &Value, parameter: &str) -> BTreeSet<String> {
    let elements = resource.as_object().into_iter().flatten();
    elements
        .filter(|(name, _)| name.starts_with(parameter))
        .flat_map(|(_, value)| references(value))
        .collect()
}

/// `Type:parameter`.
fn referring(run: &mut GroupRun<'_>, include: &str) -> Result<()> {
    let (type_name, parameter) = include.split_once(':').unwrap_or((include, ""));
    let mut check = Check::new(format!("_revinclude {include}"), "SHALL");
    let asked = run.first_that_finds()?;
    for (patient, mut parameters) in asked {
        parameters.push(("_revinclude".to_owned(), include.to_owned()));
        let found = run.client.search(&run.group.resource, &parameters)?;
        found.of_type(type_name).for_each(|resource| run.pool.add(resource));
        if found.first.status != 200 {
            check.see(false, &found.first, "200");
            continue;
        }
        let got: BTreeSet<String> = found.of_type(type_name).filter_map(key).collect();
        let sources: Vec<String> =
            found.of_type(&run.group.resource).filter_map(key).take(SOURCES_MAX).collect();
        let mut wanted = BTreeSet::new();
        for source in sources {
            let referrers = run.client.search(type_name, &[(parameter.to_owned(), source)])?;
            wanted.extend(referrers.resources.iter().filter_map(key));
        }
        if !wanted.is_empty() || !got.is_empty() {
            let expected = format!("{} resources of {type_name} for patient {patient}", wanted.len());
            check.see(wanted.is_subset(&got), &found.first, &expected);
        }
    }
    run.findings.push(check.end(&format!("nothing of {type_name} refers to these resources")));
    Ok(())
}
