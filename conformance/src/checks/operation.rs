//! Operations on the group's type that are asked for by patient.

use super::is_demanded;
use crate::finding::{Check, Finding};
use crate::group::GroupRun;
use anyhow::Result;

/// Those whose answer is a searchset of the type, by the parameter `patient` alone.
const BY_PATIENT: &[&str] = &["docref"];

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    for operation in run.group.operations.iter().filter(|row| is_demanded(&row.expectation)) {
        let name = format!("${}", operation.code);
        if !BY_PATIENT.contains(&operation.code.as_str()) {
            run.findings.push(Finding::not_asked(
                name,
                &operation.expectation,
                "this program does not know it",
            ));
            continue;
        }
        let mut check = Check::new(&name, &operation.expectation);
        let patients: Vec<String> = run.by_patient.iter().map(|(patient, _)| patient.clone()).collect();
        for patient in patients {
            let answer = run.client.get(&format!("{}/{name}?patient={patient}", run.group.resource))?;
            let is_right = answer.is_resource("Bundle") && answer.body["type"] == "searchset";
            check.see(is_right, &answer, "200 with a searchset");
        }
        run.findings.push(check.end("no patient has such resources"));
    }
    Ok(())
}
