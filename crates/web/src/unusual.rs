//! Looks out of the ordinary, for those who answer for privacy.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::{audit, moment};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use record::audit::entry::Extent;
use record::audit::unusual::{Finding, Oddity, Usual};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// Days that are looked at, unless it is said otherwise.
const DAYS: i64 = 7;

/// What is found, in the order of the page: title, and what it means.
const SECTIONS: [(Oddity, &str, &str); 6] = [
    (Oddity::OwnRecord, "Their own record", "The patient has the same name, and no other birth date."),
    (
        Oddity::Household,
        "Their household",
        "The patient lives at the same address, or names them as a contact.",
    ),
    (Oddity::SameSurname, "The same surname", "Perhaps a relative, perhaps not."),
    (Oddity::KnownPerson, "Known persons", "The record is marked as that of a known person."),
    (Oddity::AfterHours, "After hours", "Outside of the hours above, or at a weekend."),
    (Oddity::ManyPatients, "Very many patients", "More in a day than the number above."),
];

#[derive(Template)]
#[template(path = "unusual.html")]
struct UnusualPage {
    shell: Shell,
    asked: Asked,
    sections: Vec<Section>,
    since: String,
}

impl UnusualPage {
    fn found(&self) -> Vec<&Section> {
        self.sections.iter().filter(|section| !section.findings.is_empty()).collect()
    }
}

struct Section {
    title: &'static str,
    meaning: &'static str,
    findings: Vec<Finding>,
    /// Names of patients by id, of those whom the actor may see.
    names: HashMap<String, String>,
}

impl Section {
    fn patient(&self, finding: &Finding) -> String {
        match (finding.patient.as_str(), finding.patients) {
            ("", many) => format!("{many} patients"),
            (id, _) => self.names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
        }
    }

    fn when(finding: &Finding) -> String {
        match finding.first_ms == finding.last_ms {
            true => moment::day_and_time(finding.first_ms),
            false => {
                let (first, last) = (finding.first_ms, finding.last_ms);
                format!("{} to {}", moment::day_and_time(first), moment::day_and_time(last))
            }
        }
    }

    /// Where these looks stand in the log.
    fn lines(finding: &Finding) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("who", &finding.who);
        if !finding.patient.is_empty() {
            query.append_pair("patient", &finding.patient);
        }
        query
            .append_pair("from", &moment::field(finding.first_ms))
            .append_pair("to", &moment::field(finding.last_ms));
        format!("/audit?{}", query.finish())
    }
}

/// What the address asks for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default = "Asked::opens")]
    opens: u8,
    #[serde(default = "Asked::closes")]
    closes: u8,
    #[serde(default = "Asked::patients")]
    patients: usize,
}

impl Asked {
    fn opens() -> u8 {
        7
    }

    fn closes() -> u8 {
        19
    }

    fn patients() -> usize {
        100
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Query(mut asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let now_ms = session.record().now_ms();
        if asked.from.is_empty() {
            asked.from = moment::field(now_ms - DAYS * 24 * 3_600_000);
        }
        if asked.to.is_empty() {
            asked.to = moment::field(now_ms);
        }
        let wrong = || Failure::not_found("Write both days whole, such as 2026-01-31.");
        let from_ms = moment::beginning(&asked.from, 0).ok_or_else(wrong)?;
        let until_ms = moment::beginning(&asked.to, 1).ok_or_else(wrong)?;
        let usual =
            Usual { hours: asked.opens..asked.closes, patients_per_day: asked.patients, wall: moment::wall };
        let (findings, extent) = session.unusual_looks(&(from_ms..until_ms), &usual)?;
        let ids: BTreeSet<&str> =
            findings.iter().map(|one| one.patient.as_str()).filter(|id| !id.is_empty()).collect();
        let names = audit::names_of(session, ids)?;
        let section = |&(oddity, title, meaning): &(Oddity, &'static str, &'static str)| {
            let findings = findings.iter().filter(|one| one.oddity == oddity).cloned().collect();
            Section { title, meaning, findings, names: names.clone() }
        };
        let since = match extent {
            Extent::Whole => String::new(),
            Extent::Since(ms) => moment::day_and_time(ms),
        };
        let sections = SECTIONS.iter().map(section).collect();
        html(&UnusualPage { shell: Shell::of(Some(session)), asked, sections, since })
    })
    .await
}
