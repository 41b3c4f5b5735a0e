//! The lists of requirements of SMART App Launch and Bulk Data: each row that asks something of a server is a finding by
//! its number. What a program can ask is asked, by the rows of the tables in this module's files; the rest is counted as
//! not asked.

mod bulk;
mod csv;
mod service;
mod smart;

pub use bulk::{Bulk, QUESTIONS as BULK_QUESTIONS};
pub use service::Service;
pub use smart::{QUESTIONS as SMART_QUESTIONS, Smart};

use crate::finding::{Check, Finding};
use crate::report::Report;
use crate::yardstick::Yardstick;
use anyhow::Result;
use std::collections::BTreeMap;

/// A list of requirements: in which test kit, which file, which set of its rows.
pub struct List {
    /// The report's name.
    pub name: &'static str,
    kit: &'static str,
    file: &'static str,
    set: &'static str,
}

/// SMART App Launch 2.2.0.
pub const SMART: List = List {
    name: "smart2.2.0",
    kit: "smart-app-launch",
    file: "lib/smart_app_launch/requirements/smart_app_launch_test_kit_requirements.csv",
    set: "hl7.fhir.uv.smart-app-launch_2.2.0",
};

/// Bulk Data Access 2.0.0.
pub const BULK: List = List {
    name: "bulk2.0.0",
    kit: "bulk-data",
    file: "lib/bulk_data_test_kit/requirements/bulk_data_test_kit_requirements.csv",
    set: "hl7.fhir.uv.bulkdata_2.0.0",
};

/// One question that answers the requirements of some numbers.
pub struct Question<Subject> {
    /// The requirements' numbers in the list.
    pub ids: &'static [u16],
    /// What is asked, in a few words.
    pub name: &'static str,
    /// Asks, and tells the check what came.
    pub ask: fn(&mut Subject, &mut Check) -> Result<()>,
}

/// Asks what can be asked of a list. A group of the report is a part of the guide: the page that the requirements are of.
///
/// # Errors
/// When the list is not there or the server cannot be reached.
pub fn run<Subject>(
    list: &List,
    yardstick: &Yardstick,
    subject: &mut Subject,
    questions: &[Question<Subject>],
) -> Result<Report> {
    let rows = csv::rows(&yardstick.file(list.kit, list.file)?);
    let mut answers = BTreeMap::new();
    for question in questions {
        let mut check = Check::new(question.name, "SHALL");
        (question.ask)(subject, &mut check)?;
        let finding = check.end("the server does not declare it, or has nothing to ask with");
        answers.extend(question.ids.iter().map(|id| (*id, finding.clone())));
    }
    let mut groups = BTreeMap::<String, Vec<Finding>>::new();
    for row in rows {
        let field = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
        let (number, expectation) = (field("ID"), field("Conformance"));
        let is_demanded = ["SHALL", "SHALL NOT"].contains(&expectation) && field("Actors").contains("Server");
        if field("Req Set") != list.set || !is_demanded {
            continue;
        }
        let answer = number.parse().ok().and_then(|number: u16| answers.get(&number));
        let finding = match answer {
            Some(finding) => Finding {
                check: format!("{number}: {}", finding.check),
                expectation: expectation.to_owned(),
                ..finding.clone()
            },
            None => Finding::not_asked(
                number,
                expectation,
                reason(field("Not Tested Reason"), field("Requirement")),
            ),
        };
        groups.entry(page(field("URL"))).or_default().push(finding);
    }
    Ok(Report { name: list.name.to_owned(), groups: groups.into_iter().collect() })
}

/// Words in a requirement, and why a program without a browser does not ask it.
const REASONS: &[(&str, &str)] = &[
    ("TLS", "the checks speak plain HTTP; TLS is the deployment's"),
    ("registr", "registration is an act of people here"),
    ("refresh", "needs a person who signs in and lets the app"),
    ("redirect_uri", "needs a person who signs in and lets the app"),
    ("id_token", "needs a person who signs in and lets the app"),
    ("fhirUser", "needs a person who signs in and lets the app"),
    ("sso-openid-connect", "needs a person who signs in and lets the app"),
    ("aunch", "needs a person who signs in and lets the app"),
    ("autorization token request", "needs a person who signs in and lets the app"),
    ("Brand", "brands are published by organizations"),
    ("Capability Set", "a sum of other requirements"),
    ("ssociatedData", "an optional parameter"),
];

fn reason(told: &str, requirement: &str) -> &'static str {
    if !told.is_empty() {
        return "Inferno does not test it either";
    }
    let found = REASONS.iter().find(|(word, _)| requirement.contains(word));
    found.map_or("no question has been written for it", |(_, reason)| reason)
}

/// The name of the page of a guide that a requirement is on.
fn page(url: &str) -> String {
    let path = url.split('#').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".html");
    if name.is_empty() { "index".to_owned() } else { name.to_owned() }
}
