//! The audit log for people: who did what with whose record, when and from where (ASTM E2147; 45 CFR 170.315(d)(3)).

mod line;

use crate::App;
use crate::failure::Failure;
use crate::page::{html, type_named, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
pub(crate) use line::csv_row;
use line::{Column, Line};
use record::Session;
use search::parse::Handling;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// Lines on a page that is in the order of the log.
const PAGE_LINES: usize = 100;
/// Lines on a page that is in another order.
const SHOWN_LINES: usize = 300;
/// Lines that are sorted or written to a file at most.
const LINES_MAX: usize = 10_000;
/// Lines read in one step.
const STEP_LINES: &str = "1000";

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    asked: Asked,
    /// Whose record is looked at, by name; empty: everybody's.
    patient_name: String,
    lines: Vec<Line>,
    /// Each column with its title, and where it is sorted by it.
    columns: Vec<(&'static str, String, bool)>,
    /// Where older lines are; empty: there are none.
    older: String,
    file: String,
    is_cut: bool,
    /// Lines that are not shown here.
    hidden: usize,
}

/// What the address asks for.
#[derive(Clone, Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    cursor: String,
}

impl Asked {
    /// The search that it stands for.
    fn parameters(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut push = |name: &str, value: String| {
            if !value.is_empty() {
                pairs.push((name.to_owned(), value));
            }
        };
        let patient = Some(&self.patient).filter(|id| !id.is_empty());
        push("patient", patient.map(|id| format!("Patient/{id}")).unwrap_or_default());
        push("altid", self.who.clone());
        push("action", self.action.clone());
        push("outcome", self.outcome.clone());
        push("address", self.address.clone());
        let bound = |prefix: &str, date: &String| {
            if date.is_empty() { String::new() } else { format!("{prefix}{date}") }
        };
        push("date", bound("ge", &self.from));
        push("date", bound("le", &self.to));
        pairs
    }

    /// The address of the same question, with something else in its place.
    fn address_with(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let own = [
            ("patient", &self.patient),
            ("who", &self.who),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("address", &self.address),
            ("from", &self.from),
            ("to", &self.to),
            ("sort", &self.sort),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in own {
            let is_changed = changes.iter().any(|(changed, _)| changed == &name);
            if !is_changed && !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        format!("{path}?{}", query.finish())
    }
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| {
        let column = Column::named(&asked.sort);
        let (mut lines, next, is_cut) = match column {
            Some(column) => {
                let (mut lines, is_cut) = all(session, &asked)?;
                lines.sort_by(|one, two| column.compare(one, two));
                (lines, None, is_cut)
            }
            None => {
                let cursor = Some(asked.cursor.as_str()).filter(|cursor| !cursor.is_empty());
                let (lines, next) = read(session, &asked, &PAGE_LINES.to_string(), cursor)?;
                (lines, next, false)
            }
        };
        let hidden = lines.len().saturating_sub(SHOWN_LINES);
        lines.truncate(SHOWN_LINES);
        name_patients(session, &mut lines)?;
        let patient_name = match asked.patient.as_str() {
            "" => String::new(),
            id => names_of(session, [id])?.remove(id).unwrap_or_else(|| id.to_owned()),
        };
        let title = |column: &Column| {
            let sort = if asked.sort == column.name { "" } else { column.name };
            (column.title, asked.address_with("/audit", &[("sort", sort)]), asked.sort == column.name)
        };
        let page = AuditPage {
            shell: Shell::of(Some(session)),
            patient_name,
            lines,
            columns: line::COLUMNS.iter().map(title).collect(),
            older: next
                .map(|cursor| asked.address_with("/audit", &[("cursor", &cursor)]))
                .unwrap_or_default(),
            file: asked.address_with("/audit/file", &[]),
            is_cut,
            hidden,
            asked,
        };
        html(&page)
    })
    .await
}

/// The lines as a file of comma-separated values.
pub(crate) async fn file(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| {
        let (mut lines, _) = all(session, &asked)?;
        if let Some(column) = Column::named(&asked.sort) {
            lines.sort_by(|one, two| column.compare(one, two));
        }
        name_patients(session, &mut lines)?;
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        ];
        Ok((headers, line::to_csv(&lines)).into_response())
    })
    .await
}

/// A step of the log, newest first, with where the next begins.
fn read(
    session: &Session,
    asked: &Asked,
    count: &str,
    cursor: Option<&str>,
) -> Result<(Vec<Line>, Option<String>), Failure> {
    let mut pairs = asked.parameters();
    pairs.push(("_count".to_owned(), count.to_owned()));
    pairs.extend(cursor.map(|cursor| ("_cursor".to_owned(), cursor.to_owned())));
    let request = session.parse_search(Some(type_named("AuditEvent")?), None, &pairs, Handling::Strict)?;
    let found = session.search(&request)?;
    let documents = found.matches.iter().filter_map(record::Resource::document);
    Ok((documents.filter_map(|event| Line::of(&event)).collect(), found.next))
}

/// All lines up to the most that are sorted, and whether there are more.
fn all(session: &Session, asked: &Asked) -> Result<(Vec<Line>, bool), Failure> {
    let (mut lines, mut next) = read(session, asked, STEP_LINES, None)?;
    while let Some(cursor) = next.take_if(|_| lines.len() < LINES_MAX) {
        let (more, behind) = read(session, asked, STEP_LINES, Some(&cursor))?;
        lines.extend(more);
        next = behind;
    }
    lines.truncate(LINES_MAX);
    Ok((lines, next.is_some()))
}

/// Puts names beside the patients' ids, of those that the actor may see.
fn name_patients(session: &Session, lines: &mut [Line]) -> Result<(), Failure> {
    let ids: BTreeSet<String> =
        lines.iter().flat_map(|line| &line.patients).map(|(id, _)| id.clone()).collect();
    let names = names_of(session, ids.iter().map(String::as_str))?;
    for (id, name) in lines.iter_mut().flat_map(|line| &mut line.patients) {
        if let Some(known) = names.get(id) {
            known.clone_into(name);
        }
    }
    Ok(())
}

/// Names of patients by their ids, of those that the actor may see.
pub(crate) fn names_of<'a>(
    session: &Session,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, String>, Failure> {
    let ids: Vec<&str> = ids.into_iter().take(1000).collect();
    if ids.is_empty() || !session.may_search(type_named("Patient")?) {
        return Ok(HashMap::new());
    }
    let found = session.find(type_named("Patient")?, &[("_id", &ids.join(",")), ("_count", "1000")])?;
    let name = |patient: record::Resource| {
        let banner = clinic::chart::banner::Banner::read(&patient.document()?, session.record().now_ms());
        Some((patient.key().id.to_string(), banner.full_name()))
    };
    Ok(found.matches.into_iter().filter_map(name).collect())
}
