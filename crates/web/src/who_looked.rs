//! Who looked at my record, and what was given to others of it: for the patient, and who stands for them.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::{disclosures, moment, patients};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use record::Session;
use record::audit::entry::{Entry, Extent};
use serde::Deserialize;
use std::collections::HashMap;

/// Looks that are read for a page.
const LOOKS_MAX: usize = 5_000;

/// How far back a page goes, in milliseconds: two years.
const SHOWN_MS: i64 = 731 * 24 * 3_600_000;

#[derive(Template)]
#[template(path = "who_looked.html")]
struct WhoLookedPage {
    shell: Shell,
    /// Whose record; empty: nobody's is theirs.
    patient_name: String,
    /// Others whose record they may ask for: name and address.
    others: Vec<(String, String)>,
    days: Vec<Day>,
    given: Vec<disclosures::Row>,
    /// From when on this is all; empty: it is all.
    since: String,
}

/// What happened on a day.
struct Day {
    date: String,
    rows: Vec<Row>,
}

/// What one person did on a day.
struct Row {
    who: String,
    /// The app that acted for them; empty: none.
    app: String,
    did: &'static str,
    times: usize,
    /// When first and last, on the practice's wall.
    first: String,
    last: String,
}

impl Row {
    fn when(&self) -> String {
        if self.first == self.last { self.first.clone() } else { format!("{} to {}", self.first, self.last) }
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    patient: String,
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| {
        let mine = session.represented();
        let chosen = mine.iter().find(|id| **id == asked.patient).or(mine.first());
        let mut page = WhoLookedPage {
            shell: Shell::of(Some(session)),
            patient_name: String::new(),
            others: Vec::new(),
            days: Vec::new(),
            given: Vec::new(),
            since: String::new(),
        };
        if let Some(id) = chosen {
            page.patient_name = patients::shown(session, id)?.full_name();
            for other in mine.iter().filter(|other| *other != id) {
                let name = patients::shown(session, other)?.full_name();
                page.others.push((name, format!("/who-looked?patient={other}")));
            }
            let span = session.record().now_ms() - SHOWN_MS..i64::MAX;
            let (looks, extent) = session.looks(id, &span, LOOKS_MAX)?;
            page.days = days(session, &looks)?;
            page.given = disclosures::rows(session, id)?.0;
            if let Extent::Since(ms) = extent {
                page.since = moment::day_and_time(ms);
            }
        }
        html(&page)
    })
    .await
}

/// Looks by day, newest first, and in a day by who and what: a morning's work is one line.
fn days(session: &Session, looks: &[Entry]) -> Result<Vec<Day>, Failure> {
    let mut names = AppNames::default();
    let mut days: Vec<Day> = Vec::new();
    for look in looks {
        let date = moment::day(look.time_ms);
        if days.last().is_none_or(|day| day.date != date) {
            days.push(Day { date, rows: Vec::new() });
        }
        let Some(day) = days.last_mut() else { continue };
        let who = if look.name.is_empty() { look.who.clone() } else { look.name.clone() };
        let (app, did, time) = (names.of(session, &look.app)?, did(look), moment::time(look.time_ms));
        match day.rows.iter_mut().find(|row| row.who == who && row.app == app && row.did == did) {
            Some(row) => {
                row.times += 1;
                row.first = time;
            }
            None => day.rows.push(Row { who, app, did, times: 1, first: time.clone(), last: time }),
        }
    }
    Ok(days)
}

/// What somebody did, as the patient calls it.
fn did(look: &Entry) -> &'static str {
    match (look.done.as_str(), look.way.as_str()) {
        _ if look.is_write => "wrote in it",
        ("E", "command") => "copied it",
        ("S", _) if look.patients.len() > 1 => "saw it in a list",
        (_, "subscription") => "was told of a change",
        _ => "read it",
    }
}

/// The names of apps by their ids.
#[derive(Default)]
pub(crate) struct AppNames(HashMap<String, String>);

impl AppNames {
    /// The name of an app; its id when it is gone.
    pub fn of(&mut self, session: &Session, id: &str) -> Result<String, Failure> {
        if id.is_empty() {
            return Ok(String::new());
        }
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let client = identity::oauth::Clients::new(session).find(id)?;
        let name = client.map_or_else(|| id.to_owned(), |client| client.name);
        self.0.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}
