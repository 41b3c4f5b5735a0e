//! Reading: a resource, a version of it, its history.

use super::is_demanded;
use crate::finding::{Check, Finding};
use crate::group::GroupRun;
use anyhow::Result;
use serde_json::Value;

/// Resources that are read.
const RESOURCES_MAX: usize = 5;

/// How an interaction is asked for, and whether the answer is right for a resource.
struct Row {
    code: &'static str,
    path: fn(&str, &str) -> String,
    is_right: fn(&Value, &Value) -> bool,
    expected: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        code: "read",
        path: |key, _| key.to_owned(),
        is_right: |answer, source| {
            answer["id"] == source["id"] && answer["resourceType"] == source["resourceType"]
        },
        expected: "200 with the resource",
    },
    Row {
        code: "vread",
        path: |key, version| format!("{key}/_history/{version}"),
        is_right: |answer, source| answer["id"] == source["id"] && answer["meta"] == source["meta"],
        expected: "200 with that version",
    },
    Row {
        code: "history-instance",
        path: |key, _| format!("{key}/_history"),
        is_right: |answer, source| {
            let mut entries = answer["entry"].as_array().into_iter().flatten();
            answer["type"] == "history" && entries.any(|entry| entry["resource"]["id"] == source["id"])
        },
        expected: "200 with a history that has the resource",
    },
    Row {
        code: "history-type",
        path: |key, _| format!("{}/_history", key.split('/').next().unwrap_or_default()),
        is_right: |answer, _| answer["type"] == "history",
        expected: "200 with a history",
    },
];

pub fn run(run: &mut GroupRun<'_>) -> Result<()> {
    let sources: Vec<Value> = run.resources().take(RESOURCES_MAX).cloned().collect();
    for interaction in run.group.interactions.iter().filter(|row| is_demanded(&row.expectation)) {
        // Each search is a check of its own.
        if interaction.code == "search-type" {
            continue;
        }
        let Some(row) = ROWS.iter().find(|row| row.code == interaction.code) else {
            let why = "this program does not write";
            run.findings.push(Finding::not_asked(&interaction.code, &interaction.expectation, why));
            continue;
        };
        let mut check = Check::new(row.code, &interaction.expectation);
        for source in &sources {
            let version = source["meta"]["versionId"].as_str().unwrap_or_default();
            let Some(key) = crate::pool::key(source) else { continue };
            let answer = run.client.get(&(row.path)(&key, version))?;
            check.see(answer.status == 200 && (row.is_right)(&answer.body, source), &answer, row.expected);
        }
        run.findings.push(check.end("the server has no such resource"));
    }
    Ok(())
}
