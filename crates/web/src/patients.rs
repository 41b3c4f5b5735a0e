//! Find a patient: as you type, with two identifiers in sight.

use crate::App;
use crate::failure::Failure;
use crate::inbox;
use crate::page::{html, type_named, with_session};
use crate::patient_search::PatientSearch;
use crate::shell::Shell;
use crate::visit_note::{self, UnsignedLine};
use crate::{moment, words};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::day::{self, PlannedVisit};
use fhir::date_time::Date;
use record::Session;
use serde::Deserialize;

/// Enough to see that the search must be narrower.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "patients.html")]
struct PatientsPage {
    shell: Shell,
    q: String,
    day: Option<DayList>,
    found: Vec<Row>,
    has_more: bool,
    /// The reader's notes that are not signed.
    unsigned: Vec<UnsignedLine>,
    /// What waits in the reader's inbox, in words; empty: nothing.
    waiting: String,
}

#[derive(Template)]
#[template(path = "patients_found.html")]
struct FoundPart {
    q: String,
    day: Option<DayList>,
    found: Vec<Row>,
    has_more: bool,
}

/// The appointments that stand where nothing was typed yet.
struct DayList {
    title: String,
    is_today: bool,
    to_come: Vec<PlannedVisit>,
    over: Vec<PlannedVisit>,
}

impl DayList {
    /// Today's, or those of the next day that has any; `None` when nothing is planned.
    fn read(session: &Session) -> Result<Option<Self>, Failure> {
        let now_ms = session.record().now_ms();
        let Some(date) = moment::today(now_ms) else { return Ok(None) };
        let today = match day::of(session, date, now_ms) {
            // Who may not see appointments finds patients all the same.
            Err(record::Error::Denied(_)) => return Ok(None),
            today => today?,
        };
        let is_today = !today.visits.is_empty();
        let day = if is_today { Some(today) } else { day::next_after(session, date, now_ms)? };
        let Some(day) = day else { return Ok(None) };
        let weekday = Date::parse(&day.date).map(moment::weekday).unwrap_or_default();
        let title = format!("{}{weekday} {}", if is_today { "Today, " } else { "" }, words::date(&day.date));
        let (over, to_come) = day.visits.into_iter().partition(|visit| visit.is_over);
        Ok(Some(Self { title, is_today, to_come, over }))
    }
}

/// A patient in a list.
pub(crate) struct Row {
    pub banner: Banner,
    /// Where they are chosen.
    pub address: String,
    /// Someone else in the list has nearly the same name.
    pub has_similar: bool,
}

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    /// Only the list, for search as you type.
    #[serde(default)]
    part: bool,
    /// To the chart, when only one patient is found.
    #[serde(default)]
    straight: bool,
}

pub(crate) async fn home() -> Redirect {
    Redirect::to("/patients")
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, None)?;
        let day = if asked.q.trim().is_empty() { DayList::read(session)? } else { None };
        let (found, has_more) =
            if day.is_some() { (Vec::new(), false) } else { find(session, &asked.q, "/p/")? };
        if let ([one], true, false) =
            (found.as_slice(), asked.straight, has_more || asked.q.trim().is_empty())
        {
            return Ok(Redirect::to(&one.address).into_response());
        }
        if asked.part {
            return html(&FoundPart { q: asked.q, day, found, has_more });
        }
        let unsigned = if asked.q.is_empty() { visit_note::unsigned(session)? } else { Vec::new() };
        let waiting = if asked.q.is_empty() { inbox::waiting(session)? } else { String::new() };
        html(&PatientsPage { shell, q: asked.q, day, found, has_more, unsigned, waiting })
    })
    .await
}

/// The patients that typed words find, and whether there are more.
/// The patients whom words name, each with where they are chosen: their id behind `leads_to`; and whether there are more.
pub(crate) fn find(session: &Session, text: &str, leads_to: &str) -> Result<(Vec<Row>, bool), Failure> {
    let attempts = match PatientSearch::parse(text) {
        Some(search) => search.attempts,
        // Nothing asked: the most recent ones, so that an empty page is no dead end.
        None if text.trim().is_empty() => vec![Vec::new()],
        None => Vec::new(),
    };
    let patient = type_named("Patient")?;
    let count = SHOWN.to_string();
    for attempt in attempts {
        let mut parameters: Vec<(&str, &str)> =
            attempt.iter().map(|(code, value)| (*code, value.as_str())).collect();
        parameters.push(("_count", &count));
        if !attempt.is_empty() {
            parameters.push(("_sort", "family,given,birthdate"));
        }
        let found = session.find(patient, &parameters)?;
        if !found.matches.is_empty() {
            let documents = found.matches.iter().filter_map(record::Resource::document);
            let mut banners: Vec<_> =
                documents.map(|one| Banner::read(&one, session.record().now_ms())).collect();
            if !attempt.is_empty() {
                // The search orders by any of a patient's names; the list by the one it shows.
                banners.sort_by_key(|banner| (banner.full_name(), banner.birth_date.clone()));
            }
            return Ok((rows(banners, leads_to), found.next.is_some()));
        }
    }
    Ok((Vec::new(), false))
}

/// Why a form is refused that was shown for one patient and sent for another.
pub(crate) const OTHER_PATIENT: &str = "This form was shown for another patient. Nothing was written down.";

/// A patient to be recognised, if they may be seen.
pub(crate) fn shown(session: &Session, id: &str) -> Result<Banner, Failure> {
    let type_id = type_named("Patient")?;
    let patient = session.read(&record::bundle::key(type_id, id)?)?;
    let document = patient.document().ok_or_else(Failure::bug)?;
    Ok(Banner::read(&document, session.record().now_ms()))
}

fn rows(banners: Vec<Banner>, leads_to: &str) -> Vec<Row> {
    let likeness = |banner: &Banner| {
        let start = |name: &str| name.to_lowercase().chars().take(4).collect::<String>();
        (start(&banner.family), start(&banner.given))
    };
    let likenesses: Vec<_> = banners.iter().map(likeness).collect();
    let is_similar = |at: usize| likenesses.iter().filter(|one| **one == likenesses[at]).count() > 1;
    let similar: Vec<bool> = (0..banners.len()).map(is_similar).collect();
    let row = |(banner, has_similar): (Banner, bool)| {
        let address = format!("{leads_to}{}", banner.id);
        Row { banner, address, has_similar }
    };
    banners.into_iter().zip(similar).map(row).collect()
}
