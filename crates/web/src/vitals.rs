//! Vital signs: entered in one row in the order in which they are measured, beside those from before.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::list_page::{ChangeForm, Failed, LastChange, as_mistake};
use crate::moment;
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::list_entry::Refusal;
use clinic::typed_line::Mistake;
use clinic::vital_signs::entry::{self, Row};
use clinic::vital_signs::sheet::{Sheet, Value};
use clinic::vital_signs::{VITAL_SIGNS, VitalSign};
use record::Session;
use serde::Deserialize;
use std::collections::HashMap;

/// Age in years below which the circumference of the head is measured (the WHO's charts of it end at five).
const HEAD_UNTIL_Y: u32 = 5;

#[derive(Template)]
#[template(path = "vitals.html")]
struct VitalsPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    context: String,
    may_write: bool,
    sheet: Sheet,
    /// What was typed and not written.
    typed: HashMap<String, String>,
    mistakes: Vec<Mistake>,
    /// Whether the mistakes are doubts: what is sent once more is written.
    is_doubt: bool,
    is_saved: bool,
    failed: LastChange,
    now_ms: i64,
}

/// What the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    saved: bool,
}

impl VitalsPage {
    fn read(session: &Session, patient: &str) -> Result<Self, Failure> {
        let shell = Shell::following(session, Some(patient))?;
        let now_ms = session.record().now_ms();
        let (banner, allergies) = identity(session, patient, now_ms)
            .map_err(|error| Failure::of_patient(error, session, patient))?;
        Ok(Self {
            shell,
            banner,
            allergies: AllergyLine::of(&allergies),
            context: PatientContext::of(session, patient, "")?,
            may_write: session.may_create(type_named("Observation")?),
            sheet: Sheet::read(session, patient)?,
            typed: HashMap::new(),
            mistakes: Vec::new(),
            is_doubt: false,
            is_saved: false,
            failed: LastChange::default(),
            now_ms,
        })
    }

    /// The signs of the row; the head of those alone who are small.
    fn signs(&self) -> impl Iterator<Item = &'static VitalSign> {
        let years = self.banner.age.strip_suffix(" y").and_then(|years| years.parse::<u32>().ok());
        let is_grown = years.is_some_and(|years| years >= HEAD_UNTIL_Y);
        VITAL_SIGNS.iter().filter(move |sign| !is_grown || sign.words[0] != "hc")
    }

    fn is_blood_pressure(&self, sign: &VitalSign) -> bool {
        sign.words[0] == "bp"
    }

    fn typed(&self, sign: &VitalSign) -> &str {
        self.typed.get(sign.words[0]).map_or("", String::as_str)
    }

    fn wrong(&self, sign: &VitalSign) -> &str {
        let mistake = self.mistakes.iter().find(|mistake| mistake.field == sign.words[0]);
        mistake.map_or("", |mistake| &mistake.message)
    }

    /// The newest value of a sign, in words; empty when there is none.
    fn last(&self, sign: &VitalSign) -> String {
        let newest = self.sheet.newest(sign.words[0]);
        newest
            .map(|value| format!("{} · {}", value.text, moment::ago(&value.taken, self.now_ms)))
            .unwrap_or_default()
    }

    /// Those that were entered at last, which may be wrong.
    fn correctable(&self) -> impl Iterator<Item = &Value> {
        self.sheet.newest_set()
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let page = VitalsPage { is_saved: asked.saved, ..VitalsPage::read(session, &patient)? };
        Ok(html(&page)?.into_response())
    })
    .await
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    with_session(app, headers, move |session| {
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        PatientContext::check(session, &patient, "", &text("context"))?;
        let mut page = VitalsPage::read(session, &patient)?;
        let refused = match Row::read(text) {
            Err(mistakes) => mistakes,
            Ok(row) => {
                let doubts = row.doubts(&page.sheet.last());
                page.is_doubt = !doubts.is_empty() && text("sure") != sure(&form);
                match page.is_doubt {
                    true => doubts,
                    false => match entry::add(session, &patient, &row) {
                        Ok(()) => return Ok(to_page(&patient)),
                        Err(error) => vec![as_mistake(error, "bp")?],
                    },
                }
            }
        };
        page.mistakes = refused;
        page.typed = form;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
    })
    .await
}

/// What is asked about once more: the values that were doubted. Others are doubted anew.
fn sure(typed: &HashMap<String, String>) -> String {
    ["w", "h"]
        .iter()
        .map(|word| typed.get(*word).map_or("", |text| text.trim()))
        .collect::<Vec<_>>()
        .join("/")
}

impl VitalsPage {
    /// What a form says that is sent once more in spite of doubts; empty when there were none.
    fn sure(&self) -> String {
        if self.is_doubt { sure(&self.typed) } else { String::new() }
    }
}

fn to_page(patient: &str) -> Response {
    Redirect::to(&format!("/p/{patient}/vitals?saved=true")).into_response()
}

pub(crate) async fn correct(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, observation)): Path<(String, String)>,
    Form(form): Form<ChangeForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let place = (&*patient, &*observation, form.version());
        let refusal = match entry::entered_in_error(session, place, &form.reason) {
            Ok(Ok(())) => return Ok(to_page(&patient)),
            Ok(Err(Refusal::Mistake(mistake))) => Refusal::Mistake(Mistake { field: "reason", ..mistake }),
            Ok(Err(refusal)) => refusal,
            Err(error) => as_mistake(error, "act")?.into(),
        };
        let mut page = VitalsPage::read(session, &patient)?;
        let failed = Failed { id: observation, form, refusal };
        let status = failed.status();
        page.failed = LastChange(Some(failed));
        Ok((status, html(&page)?).into_response())
    })
    .await
}
