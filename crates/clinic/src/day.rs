//! The practice's day: who comes when, to whom, for what.

use crate::chart::banner::Banner;
use crate::chart::{concept, resource_type};
use fhir::date_time::Date;
use fhir::{Document, Node};
use record::{Error, Session};
use std::collections::HashMap;

/// Appointments of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which, such as `2026-11-22`.
    pub date: String,
    /// By time.
    pub visits: Vec<PlannedVisit>,
}

/// One appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedVisit {
    /// On the practice's clock, such as `09:20`.
    pub time: String,
    /// Who comes.
    pub patient: Banner,
    /// What for; empty when not recorded.
    pub reason: String,
    /// What kind; empty when not recorded.
    pub kind: String,
    /// To whom; empty when not recorded.
    pub clinician: String,
    /// How far it is, in words.
    pub status: &'static str,
    /// Whether nothing more is to come of it.
    pub is_over: bool,
}

/// Statuses of an Appointment that stand in a day, their words, and whether it is over then. The others (cancelled,
/// proposed, waitlist, entered in error) are no plan.
const STATUSES: [(&str, &str, bool); 6] = [
    ("pending", "requested", false),
    ("booked", "booked", false),
    ("arrived", "arrived", false),
    ("checked-in", "checked in", false),
    ("fulfilled", "seen", true),
    ("noshow", "did not come", true),
];

/// More appointments than a page of one day holds.
const MOST: &str = "600";

/// The appointments of a day by its date, such as `2026-11-22`. Their own clock says which day they are on.
///
/// # Errors
/// When the record cannot be searched, or the session may not see appointments.
pub fn of(session: &Session, date: Date, now_ms: i64) -> Result<Day, Error> {
    // Where the practice's clock is behind or ahead of UTC, the day begins on another one there.
    let (from, to) = (around(date, -1), around(date, 1));
    let found = planned(session, &[("date", &from.0), ("date", &to.1)])?;
    day(session, &date.to_string(), &found, now_ms)
}

/// The next day with appointments after a date; `None` when nothing is planned.
///
/// # Errors
/// As [`of`].
pub fn next_after(session: &Session, date: Date, now_ms: i64) -> Result<Option<Day>, Error> {
    let date_text = date.to_string();
    let found = planned(session, &[("date", &around(date, 0).0)])?;
    let days = found.iter().filter(|one| status(one).is_some()).map(written_day);
    let Some(next) = days.filter(|day| *day > date_text).min() else { return Ok(None) };
    Ok(Some(day(session, &next, &found, now_ms)?))
}

fn around(date: Date, days: i64) -> (String, String) {
    let day = Date::from_days(date.first_day() + days).unwrap_or(date);
    (format!("ge{day}"), format!("le{day}"))
}

fn planned(session: &Session, dates: &[(&str, &str)]) -> Result<Vec<Document>, Error> {
    let mut parameters = vec![("_sort", "date"), ("_count", MOST)];
    parameters.extend(dates);
    let found = session.find(resource_type("Appointment"), &parameters)?;
    Ok(found.matches.iter().filter_map(record::Resource::document).collect())
}

fn day(session: &Session, date: &str, found: &[Document], now_ms: i64) -> Result<Day, Error> {
    let mut of_day: Vec<_> = found.iter().filter(|one| written_day(one) == date).collect();
    of_day.sort_by_key(|one| written_time(one));
    let patients = patients(session, &of_day, now_ms)?;
    let visits = of_day.into_iter().filter_map(|one| PlannedVisit::read(one, &patients)).collect();
    Ok(Day { date: date.to_owned(), visits })
}

fn start(appointment: &Document) -> String {
    appointment.root().get_str("start").unwrap_or_default().into_owned()
}

fn written_day(appointment: &Document) -> String {
    start(appointment).split('T').next().unwrap_or_default().to_owned()
}

/// Hours and minutes as written.
fn written_time(appointment: &Document) -> String {
    start(appointment).split('T').nth(1).map(|time| time.chars().take(5).collect()).unwrap_or_default()
}

fn status(appointment: &Document) -> Option<(&'static str, bool)> {
    let status = appointment.root().get_str("status")?;
    STATUSES.iter().find(|(code, ..)| *code == status).map(|(_, words, is_over)| (*words, *is_over))
}

/// The actor of a type among the participants.
fn actor<'a>(appointment: &'a Document, type_name: &str) -> Option<Node<'a>> {
    let actors = || appointment.root().each_of("participant").filter_map(|one| one.get("actor"));
    actors().find(|actor| {
        actor.get_str("reference").is_some_and(|name| name.split('/').next() == Some(type_name))
            || actor.get_str("type").as_deref() == Some(type_name)
    })
}

fn patient_id(appointment: &Document) -> Option<String> {
    let reference = actor(appointment, "Patient")?.get_str("reference")?;
    reference.strip_prefix("Patient/").map(str::to_owned)
}

/// The patients of appointments by id, in one search.
fn patients(session: &Session, found: &[&Document], now_ms: i64) -> Result<HashMap<String, Banner>, Error> {
    let mut ids: Vec<String> = found.iter().filter_map(|one| patient_id(one)).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let parameters = [("_id", ids.join(",")), ("_count", MOST.to_owned())];
    let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
    let found = session.find(resource_type("Patient"), &parameters)?;
    let banners = found.matches.iter().filter_map(record::Resource::document);
    Ok(banners.map(|one| Banner::read(&one, now_ms)).map(|banner| (banner.id.clone(), banner)).collect())
}

impl PlannedVisit {
    fn read(appointment: &Document, patients: &HashMap<String, Banner>) -> Option<Self> {
        let (status, is_over) = status(appointment)?;
        let root = appointment.root();
        let concept = |name: &str| root.each_of(name).find_map(|one| concept::text(Some(one)));
        let reason = concept("reasonCode").or_else(|| Some(root.get_str("description")?.into_owned()));
        let display = |actor: Node<'_>| actor.get_str("display").map(std::borrow::Cow::into_owned);
        Some(Self {
            time: written_time(appointment),
            patient: patients.get(&patient_id(appointment)?)?.clone(),
            reason: reason.unwrap_or_default(),
            kind: concept("serviceType")
                .or_else(|| concept::text(root.get("appointmentType")))
                .unwrap_or_default(),
            clinician: actor(appointment, "Practitioner").and_then(display).unwrap_or_default(),
            status,
            is_over,
        })
    }
}
