//! What the group's resources refer to is there.

use crate::finding::Check;
use crate::group::GroupRun;
use crate::pool::references;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};

/// References of a type that are followed until one leads somewhere.
const TRIES_MAX: usize = 12;

/// Each type that is referred to is a check: one reference to it must resolve, as Inferno demands. What the server does
/// not have is a lack of data; any other answer than the resource is wrong.
pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let mut by_type = BTreeMap::<String, BTreeSet<String>>::new();
    for reference in run.resources().flat_map(references) {
        let type_name = reference.split('/').next().unwrap_or_default().to_owned();
        by_type.entry(type_name).or_default().insert(reference);
    }
    for (type_name, references) in by_type {
        let mut check = Check::new(format!("reference to {type_name} resolves"), "SHALL");
        for reference in references.iter().take(TRIES_MAX) {
            if run.pool.has(reference) {
                check.judge(true, "", "", String::new);
                break;
            }
            let answer = run.client.get(reference)?;
            if [404, 410].contains(&answer.status) {
                continue;
            }
            check.see(answer.is_resource(&type_name), &answer, "200 with the resource");
            if check.is_right() {
                run.pool.add(&answer.body);
                break;
            }
        }
        run.findings.push(check.end("what is referred to is not in the data"));
    }
    Ok(())
}
