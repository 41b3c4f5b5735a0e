//! Asks a FHIR server over HTTP what US Core, SMART App Launch and Bulk Data require of it. The requirements are those
//! that Inferno, the tester of ONC's (g)(10), derives from these guides; this program is not Inferno, and makes fewer and
//! other checks. `docs/conformance.md` tells what is checked and how the counts read.

mod arguments;
mod checks;
mod client;
mod expected;
mod finding;
mod group;
mod matching;
mod metadata;
mod moment;
mod own_server;
mod path;
mod pool;
mod report;
mod requirements;
mod search_value;
mod slice;
mod us_core;
mod yardstick;

use anyhow::Result;
use arguments::Arguments;
use clap::Parser;
use client::Client;
use metadata::Metadata;
use own_server::OwnServer;
use report::Report;
use requirements::{Bulk, Smart};
use std::process::ExitCode;
use yardstick::Yardstick;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(worse) if worse.is_empty() => ExitCode::SUCCESS,
        Ok(worse) => {
            worse.iter().for_each(|line| eprintln!("worse than expected: {line}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("conformance: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what is asked for; gives what is worse than expected.
fn run(arguments: &Arguments) -> Result<Vec<String>> {
    let yardstick = Yardstick::new(arguments.shared.as_deref());
    let mut worse = Vec::new();
    let mut own: Option<(&str, OwnServer)> = None;
    for (version, package) in us_core::VERSIONS.iter().filter(|row| arguments.wants_version(row.0)) {
        let metadata = Metadata::parse(&yardstick.metadata(version)?)?;
        if arguments.base.is_none() && own.as_ref().is_none_or(|(running, _)| running != package) {
            own = Some((package, OwnServer::start(&yardstick, package)?));
        }
        let mut client = client(arguments, own.as_ref().map(|(_, server)| server))?;
        eprintln!("US Core {version}: {}", client.base_url());
        let report = us_core::run(&mut client, version, &metadata, arguments)?;
        worse.extend(told(&report, arguments)?);
    }
    if arguments.groups.is_empty() {
        let running = own.map(|(_, server)| server);
        let running = match (running, &arguments.base) {
            (None, None) => Some(OwnServer::start(&yardstick, us_core::NEWEST_PACKAGE)?),
            (running, _) => running,
        };
        for report in lists(&yardstick, arguments, running.as_ref())? {
            worse.extend(told(&report, arguments)?);
        }
    }
    Ok(worse)
}

/// The lists of requirements that are asked for.
fn lists(yardstick: &Yardstick, arguments: &Arguments, own: Option<&OwnServer>) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    if arguments.wants_version(requirements::SMART.name) {
        let service = own.map(OwnServer::registered).transpose()?;
        // Who may ask about any token may do all.
        let bearer = match own {
            Some(server) => Client::new(&server.base_url, Some(&server.token("system/*.cruds")?))?,
            None => client(arguments, None)?,
        };
        let mut smart = Smart::new(bearer, service)?;
        reports.push(requirements::run(
            &requirements::SMART,
            yardstick,
            &mut smart,
            requirements::SMART_QUESTIONS,
        )?);
    }
    if arguments.wants_version(requirements::BULK.name) {
        let mut bulk = Bulk::new(client(arguments, own)?)?;
        reports.push(requirements::run(
            &requirements::BULK,
            yardstick,
            &mut bulk,
            requirements::BULK_QUESTIONS,
        )?);
    }
    Ok(reports)
}

fn client(arguments: &Arguments, own: Option<&OwnServer>) -> Result<Client> {
    match (own, &arguments.base) {
        (Some(server), _) => Client::new(&server.base_url, Some(&server.token("system/*.rs")?)),
        (None, base) => Client::new(base.as_deref().unwrap_or_default(), arguments.token.as_deref()),
    }
}

/// Prints a report, and holds it against what is expected.
fn told(report: &Report, arguments: &Arguments) -> Result<Vec<String>> {
    println!("{}", report.to_markdown(arguments.all));
    if !arguments.is_whole() {
        return Ok(Vec::new());
    }
    if arguments.write {
        expected::write(report)?;
        return Ok(Vec::new());
    }
    expected::compare(report)
}
