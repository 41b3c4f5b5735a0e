//! The medication list: what is taken now and what was; those that are ticked go on or end at once.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::list_page::as_mistake;
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::list_entry::Refusal;
use clinic::medication_list::{self, ListedMedication, MedicationList, ORIGINS, Pick, REASONS};
use clinic::typed_line::Mistake;
use record::{Error, Session};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "medication_list.html")]
struct MedicationsPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    context: String,
    /// Whether the reader may order.
    may_order: bool,
    /// Whether they may write down what the patient tells of.
    may_tell: bool,
    list: MedicationList,
    /// What was sent and not done.
    sent: Sent,
    refusal: Option<Refusal>,
    /// What was done; empty: nothing.
    told: &'static str,
}

/// What a form sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sent {
    context: String,
    act: String,
    /// The lines that are ticked.
    picks: Vec<String>,
    reason: String,
    line: String,
    origin: String,
    note: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

/// What can be done, by the name in forms: what is said afterwards.
const DONE: [(&str, &str); 5] = [
    ("renew", "Renewed: the new orders stand below."),
    ("stop", "Stopped."),
    ("not-taken", "Written down as not taken."),
    ("error", "Entered in error: it is off the list, and its history is kept."),
    ("tell", "Added."),
];

impl Sent {
    /// Reads a form, in which several lines may be ticked.
    fn read(body: &[u8]) -> Self {
        let mut sent = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let value = value.into_owned();
            match &*name {
                "context" => sent.context = value,
                "act" => sent.act = value,
                "pick" => sent.picks.push(value),
                // A reason that is chosen is a button; one that is written stands in its field.
                "why" => (sent.act, sent.reason) = ("stop".to_owned(), value),
                "reason" if sent.reason.is_empty() => sent.reason = value,
                "line" => sent.line = value,
                "origin" => sent.origin = value,
                "note" => sent.note = value,
                _ => {}
            }
        }
        sent
    }

    fn picks(&self) -> Result<Vec<Pick>, Mistake> {
        let picks = self.picks.iter().map(|pick| Pick::parse(pick));
        picks.collect::<Option<_>>().ok_or_else(|| Mistake::new("pick", "tick the medications once more"))
    }
}

impl MedicationsPage {
    fn read(session: &Session, patient: &str) -> Result<Self, Failure> {
        let shell = Shell::following(session, Some(patient))?;
        let (banner, allergies) = identity(session, patient, session.record().now_ms())
            .map_err(|error| Failure::of_patient(error, session, patient))?;
        Ok(Self {
            shell,
            banner,
            allergies: AllergyLine::of(&allergies),
            context: PatientContext::of(session, patient, "")?,
            may_order: session.may_create(type_named("MedicationRequest")?),
            may_tell: session.may_create(type_named("MedicationStatement")?),
            list: MedicationList::read(session, patient)?,
            sent: Sent { origin: ORIGINS[0].0.to_owned(), ..Sent::default() },
            refusal: None,
            told: "",
        })
    }

    fn is_ticked(&self, one: &ListedMedication) -> bool {
        self.sent.picks.iter().any(|pick| pick.starts_with(&format!("{}/", one.reference)))
    }

    fn is_origin(&self, name: &str) -> bool {
        self.sent.origin == name
    }

    /// What is wrong with a field; empty when nothing is.
    fn wrong(&self, field: &str) -> &str {
        match &self.refusal {
            Some(Refusal::Mistake(mistake)) if mistake.field == field => &mistake.message,
            _ => "",
        }
    }

    /// What is to be said at the top; empty: nothing.
    fn said(&self) -> &str {
        const FIELDS: [&str; 5] = ["pick", "reason", "line", "origin", "note"];
        match &self.refusal {
            Some(Refusal::ChangedMeanwhile) => {
                "Somebody changed one of them since you opened the page. They stand below as they are now, ticked as you had \
                 ticked them. Nothing was done: look at them, and do it once more."
            }
            Some(Refusal::Mistake(mistake)) if !FIELDS.contains(&mistake.field) => &mistake.message,
            _ => "",
        }
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let told = DONE.iter().find(|(act, _)| *act == asked.done).map_or("", |(_, told)| told);
        html(&MedicationsPage { told, ..MedicationsPage::read(session, &patient)? })
    })
    .await
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    body: axum::body::Bytes,
) -> Response {
    with_session(app, headers, move |session| {
        let sent = Sent::read(&body);
        PatientContext::check(session, &patient, "", &sent.context)?;
        let refusal = match apply(session, &patient, &sent) {
            Ok(Ok(())) => {
                let place = format!("/p/{patient}/medications?done={}", crate::page::encoded(&sent.act));
                return Ok(Redirect::to(&place).into_response());
            }
            Ok(Err(refusal)) => refusal,
            Err(error) => as_mistake(error, "act")?.into(),
        };
        let status = match refusal {
            Refusal::ChangedMeanwhile => StatusCode::CONFLICT,
            Refusal::Mistake(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut sent = sent;
        if sent.origin.is_empty() {
            ORIGINS[0].0.clone_into(&mut sent.origin);
        }
        let page =
            MedicationsPage { sent, refusal: Some(refusal), ..MedicationsPage::read(session, &patient)? };
        Ok((status, html(&page)?).into_response())
    })
    .await
}

fn apply(session: &Session, patient: &str, sent: &Sent) -> Result<Result<(), Refusal>, Error> {
    let picks = match sent.picks() {
        Ok(picks) => picks,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    match &*sent.act {
        "renew" => medication_list::renew(session, patient, &picks),
        "stop" => medication_list::stop(session, patient, &picks, &sent.reason),
        "not-taken" => medication_list::not_taken(session, patient, &picks, &sent.reason),
        "error" => medication_list::in_error(session, patient, &picks, &sent.reason),
        "tell" => medication_list::tell(session, patient, (&sent.line, &sent.origin, &sent.note)),
        _ => Err(Error::request("act", "this cannot be done with medications")),
    }
}
