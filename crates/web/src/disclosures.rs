//! Accounting of disclosures (45 CFR 164.528; 45 CFR 170.315(d)(11)): what of a patient's record was given to others in six years,
//! and a form to write down what was given by hand.

use crate::App;
use crate::audit::csv_row;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::who_looked::AppNames;
use crate::{moment, patients, words};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use record::audit::disclosure::{Disclosure, PURPOSES};
use record::audit::entry::{Entry, Extent};
use record::{Error, Session};
use serde::Deserialize;

/// Rows of the log that an accounting reads at most.
const ENTRIES_MAX: usize = 50_000;

#[derive(Template)]
#[template(path = "disclosures.html")]
struct DisclosuresPage {
    shell: Shell,
    banner: Banner,
    problem: String,
    form: DisclosureForm,
    may_disclose: bool,
    /// `None`: who only writes down sees no accounting.
    rows: Option<Vec<Row>>,
    since: String,
}

/// What was given to somebody on a day.
pub(crate) struct Row {
    /// The day, as people write it.
    pub date: String,
    /// To whom.
    pub recipient: String,
    /// What.
    pub what: String,
    /// For what; empty: not said.
    pub purpose: String,
    /// Who gave it.
    pub by: String,
}

/// What was given by hand.
#[derive(Deserialize, Default)]
pub(crate) struct DisclosureForm {
    /// Whose record the form was shown for.
    #[serde(default)]
    patient: String,
    #[serde(default)]
    recipient: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    day: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
) -> Response {
    with_session(app, headers, move |session| {
        let day = moment::field(session.record().now_ms());
        let form = DisclosureForm { day, ..DisclosureForm::default() };
        page(session, &patient, StatusCode::OK, String::new(), form)
    })
    .await
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<DisclosureForm>,
) -> Response {
    with_session(app, headers, move |session| {
        if form.patient != patient {
            let problem = patients::OTHER_PATIENT.to_owned();
            return page(session, &patient, StatusCode::CONFLICT, problem, DisclosureForm::default());
        }
        let disclosure = Disclosure::parse(&form.recipient, &form.what, &form.purpose, &form.day);
        match disclosure.and_then(|disclosure| session.disclose(&patient, &disclosure)) {
            Ok(()) => Ok(Redirect::to(&format!("/p/{patient}/disclosures")).into_response()),
            Err(Error::Request { message, .. }) => {
                page(session, &patient, StatusCode::UNPROCESSABLE_ENTITY, message, form)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// The accounting as a file of comma-separated values, for the patient's letter.
pub(crate) async fn file(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
) -> Response {
    with_session(app, headers, move |session| {
        let (rows, _) = rows(session, &patient)?;
        let mut text = String::from("date,given to,what,for,by\r\n");
        for row in rows {
            text.push_str(&csv_row(&[&row.date, &row.recipient, &row.what, &row.purpose, &row.by]));
        }
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"disclosures.csv\""),
        ];
        Ok((headers, text).into_response())
    })
    .await
}

fn page(
    session: &Session,
    patient: &str,
    status: StatusCode,
    problem: String,
    form: DisclosureForm,
) -> Result<Response, Failure> {
    let banner = patients::shown(session, patient)?;
    let (rows, since) = match rows(session, patient) {
        Ok((rows, since)) => (Some(rows), since),
        Err(Error::Denied(_)) if session.may_disclose() => (None, String::new()),
        Err(error) => return Err(error.into()),
    };
    let may_disclose = session.may_disclose();
    let page =
        DisclosuresPage { shell: Shell::of(Some(session)), banner, problem, form, may_disclose, rows, since };
    Ok((status, html(&page)?).into_response())
}

/// What was given to others, newest first, by day and recipient; and from when on this is all, empty when it is all.
pub(crate) fn rows(session: &Session, patient: &str) -> Result<(Vec<Row>, String), Error> {
    let (entries, extent) = session.disclosures(patient, ENTRIES_MAX)?;
    let mut names = AppNames::default();
    let mut given: Vec<Given> = Vec::new();
    for entry in &entries {
        let one = Given::of(session, entry, &mut names);
        let same = |known: &&mut Given| entry.disclosed.is_none() && known.is_same(&one);
        match given.iter_mut().rev().take_while(|known| known.day == one.day).find(same) {
            Some(known) => known.resources += one.resources,
            None => given.push(one),
        }
    }
    let since = match extent {
        Extent::Whole => String::new(),
        Extent::Since(ms) => moment::day_and_time(ms),
    };
    Ok((given.into_iter().map(Given::into_row).collect(), since))
}

/// What was given, before it is put into words.
struct Given {
    day: String,
    recipient: String,
    by: String,
    disclosed: Option<Disclosure>,
    resources: usize,
}

impl Given {
    fn of(session: &Session, entry: &Entry, names: &mut AppNames) -> Self {
        let by = if entry.name.is_empty() { entry.who.clone() } else { entry.name.clone() };
        // A name that cannot be read is not a reason to leave the row out.
        let app = names.of(session, &entry.app).unwrap_or_else(|_| entry.app.clone());
        let recipient = match (&entry.disclosed, entry.way.as_str(), app.as_str()) {
            (Some(disclosed), ..) => disclosed.recipient.clone(),
            (_, "subscription", _) => entry.query.clone(),
            (_, "command", _) => "the owner of the data folder".to_owned(),
            (_, _, "") => by.clone(),
            (_, _, app) => format!("the app {app}"),
        };
        let day = match &entry.disclosed {
            Some(disclosed) => words::date(&disclosed.day.to_string()),
            None => moment::day(entry.time_ms),
        };
        Self {
            day,
            recipient,
            by,
            disclosed: entry.disclosed.clone(),
            resources: entry.resources + entry.patients.len().min(1),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.disclosed.is_none() && self.recipient == other.recipient && self.by == other.by
    }

    fn into_row(self) -> Row {
        let what = match &self.disclosed {
            Some(disclosed) => disclosed.what.clone(),
            None => format!("data of the record, {} resources", self.resources),
        };
        let purpose = self.disclosed.as_ref().map_or("", Disclosure::purpose_words).to_owned();
        Row { date: self.day, recipient: self.recipient, what, purpose, by: self.by }
    }
}
