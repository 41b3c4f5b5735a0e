//! The note of a visit: written in one field, read as it is written, signed with one action.

use crate::App;
use crate::chart::{AllergyLine, MEDICATIONS, PROBLEMS};
use crate::failure::{self, Failure};
use crate::line_chart::LineChart;
use crate::list_page::MayChange;
use crate::moment;
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::patients;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::Chart;
use clinic::chart::allergy::Allergies;
use clinic::chart::banner::Banner;
use clinic::chart::visit::Visit;
use clinic::note::command::{COMMANDS, Entry};
use clinic::note::draft::{Choice, Draft, Saved};
use clinic::note::known::Known;
use clinic::note::signing::{self, UNDO_MS, Unready};
use clinic::note::suggestion::{self, Suggestion, suggest};
use clinic::note::{Note, Part, TEXT_BYTES_MAX};
use clinic::visit;
use record::Session;
use serde::Deserialize;
use std::time::Duration;

#[derive(Template)]
#[template(path = "visit_note.html")]
struct VisitPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    chart: Chart,
    visit: Visit,
    draft: Draft,
    basket: Vec<BasketLine>,
    /// What was wrong with the last try; empty: nothing.
    problem: String,
    context: String,
    may_change: MayChange,
    now_ms: i64,
}

/// What the script puts anew while somebody writes.
#[derive(Template)]
#[template(path = "visit_basket.html")]
struct BasketPart {
    draft: Draft,
    basket: Vec<BasketLine>,
}

#[derive(Template)]
#[template(path = "visit_suggestions.html")]
struct SuggestionsPart {
    suggestions: Vec<Suggestion>,
}

/// A command of the note, as it will be done.
struct BasketLine {
    /// The line of the note.
    number: usize,
    /// What kind, in a word; empty for what is not understood.
    kind: &'static str,
    /// What it says, or what to do about it.
    text: String,
    /// Whether it is for the problem above it.
    is_nested: bool,
    /// What could be meant by a problem without a code.
    suggestions: Vec<Suggestion>,
}

/// A draft as other pages name it.
pub(crate) struct DraftLine {
    pub visit: String,
    pub is_being_signed: bool,
    pub saved: String,
    pub context: String,
}

/// What the forms of a visit send.
#[derive(Default, Deserialize)]
pub(crate) struct NoteForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    text: String,
    /// The revision of the draft that the window shows.
    #[serde(default)]
    revision: u32,
    /// A line to be put in the place of another: its number, a space, the line; empty: none.
    #[serde(default)]
    replace: String,
    /// Which of two texts to go on with; empty: that is not asked.
    #[serde(default)]
    choice: String,
}

/// What begins a visit.
#[derive(Deserialize)]
pub(crate) struct BeginForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    kind: String,
}

/// A line that is being typed.
#[derive(Deserialize)]
pub(crate) struct LineForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    line: String,
}

/// Says that the script asks for the part alone.
const PART: &str = "x-part";

impl VisitPage {
    fn ago(&self, recorded: &str) -> String {
        moment::ago(recorded, self.now_ms)
    }
}

pub(crate) fn saved(draft: &Draft) -> String {
    match draft.saved_ms {
        0 => "Nothing written yet".to_owned(),
        at => format!("Saved {}", moment::time(at)),
    }
}

/// How many of a patient's visits are looked at for drafts: those that are not over, and so many of the newest.
const DRAFTED: usize = 5;

/// The reader's drafts about a patient, whose visits are given newest first.
pub(crate) fn drafts_of(
    session: &Session,
    patient: &str,
    visits: &[Visit],
) -> Result<Vec<DraftLine>, Failure> {
    let now_ms = session.record().now_ms();
    let mut lines = Vec::new();
    for (at, visit) in visits.iter().enumerate() {
        if at >= DRAFTED && visit.status != "in-progress" {
            continue;
        }
        let draft = Draft::of(session, patient, &visit.id)?;
        if draft.revision > 0 {
            lines.push(DraftLine {
                context: PatientContext::of(session, patient, &draft.visit)?,
                is_being_signed: draft.signed_at_ms.is_some_and(|at| at + UNDO_MS > now_ms),
                saved: moment::day_and_time(draft.saved_ms),
                visit: draft.visit,
            });
        }
    }
    Ok(lines)
}

/// A note that its author has not signed, on the first page.
pub(crate) struct UnsignedLine {
    pub banner: Banner,
    pub address: String,
    pub saved: String,
}

/// The reader's notes that are not signed, the one that was written at last first.
pub(crate) fn unsigned(session: &Session) -> Result<Vec<UnsignedLine>, Failure> {
    const MOST: usize = 12;
    let mut lines = Vec::new();
    for draft in Draft::all(session)?.into_iter().take(MOST) {
        // Who may not see the patient any more sees no name.
        let Ok(banner) = patients::shown(session, &draft.patient) else { continue };
        lines.push(UnsignedLine {
            banner,
            address: format!("/p/{}/v/{}", draft.patient, draft.visit),
            saved: moment::day_and_time(draft.saved_ms),
        });
    }
    Ok(lines)
}

pub(crate) async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<BeginForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let kind = visit::kind(&form.kind).unwrap_or(&visit::KINDS[0]);
        let visit = visit::begin(session, &patient, kind)?;
        Ok(Redirect::to(&format!("/p/{patient}/v/{visit}")).into_response())
    })
    .await
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| page(session, &patient, &visit, StatusCode::OK, String::new()))
        .await
}

fn page(
    session: &Session,
    patient: &str,
    visit: &str,
    status: StatusCode,
    problem: String,
) -> Result<Response, Failure> {
    let shell = Shell::following(session, Some(patient))?;
    let now_ms = session.record().now_ms();
    let chart = Chart::read(session, patient, now_ms)
        .map_err(|error| Failure::of_patient(error, session, patient))?;
    let visit = visit::of_patient(session, patient, visit)?;
    let mut draft = Draft::of(session, patient, &visit.id)?;
    if draft.revision == 0 && visit.status == "finished" {
        let way = format!("/p/{patient}");
        return Err(Failure::told(
            StatusCode::CONFLICT,
            "This visit is over",
            "Its note is signed; add to it there.",
        )
        .with_way_on("To the chart", way));
    }
    if draft.revision == 0 {
        TEMPLATE.clone_into(&mut draft.text);
    }
    let problem = match draft.refused.as_str() {
        refused if problem.is_empty() && !refused.is_empty() => format!("Not signed: {refused}"),
        _ => problem,
    };
    let page = VisitPage {
        shell,
        banner: chart.banner.clone(),
        allergies: AllergyLine::of(&chart.allergies),
        basket: basket(session, &draft)?,
        context: PatientContext::of(session, patient, &visit.id)?,
        may_change: MayChange::of(session)?,
        chart,
        visit,
        draft,
        problem,
        now_ms,
    };
    Ok((status, html(&page)?).into_response())
}

/// What a note begins with.
const TEMPLATE: &str = "# Subjective\n\n# Objective\n\n# Assessment and plan\n\n";

/// What the commands of a draft will do.
fn basket(session: &Session, draft: &Draft) -> Result<Vec<BasketLine>, Failure> {
    let note = Note::read(&draft.text);
    let known = Known::of(session, &draft.patient)?;
    let mut lines = Vec::new();
    for line in &note.lines {
        let (kind, text, suggestions, is_for_problem) = match &line.part {
            Part::Entry(entry) => match known.mistake(entry) {
                Some(message) => ("", message, Vec::new(), false),
                None => {
                    let suggestions = meanings(session, &known, entry);
                    let notices = entry.notices().iter().map(|notice| format!(" ({notice})"));
                    let text = entry.text() + &notices.collect::<String>();
                    (entry.kind(), text, suggestions, entry.is_for_problem())
                }
            },
            Part::Mistake { message, .. } => ("", message.clone(), Vec::new(), false),
            _ => continue,
        };
        let text = text.trim_start_matches("* ");
        // The word for its kind stands before it already.
        let text = text.strip_prefix(kind).unwrap_or(text).trim_start_matches([':', ' ']).to_owned();
        let is_nested = is_for_problem && line.problem.is_some();
        lines.push(BasketLine { number: line.number, kind, text, is_nested, suggestions });
    }
    Ok(lines)
}

/// What could be meant by a problem that has no code.
fn meanings(session: &Session, known: &Known, entry: &Entry) -> Vec<Suggestion> {
    const MOST: usize = 3;
    match entry {
        Entry::Problem(problem) if problem.code.is_none() => {
            let mut found = suggestion::meanings(session.record().terminology(), known, &problem.name);
            found.truncate(MOST);
            found
        }
        _ => Vec::new(),
    }
}

pub(crate) async fn save(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
    Form(form): Form<NoteForm>,
) -> Response {
    let is_part = headers.contains_key(PART);
    with_session(app, headers, move |session| {
        let draft = match kept(session, &patient, &visit, &form)? {
            Ok((draft, _)) if !is_part => {
                let place = format!("/p/{}/v/{}", draft.patient, draft.visit);
                return Ok(Redirect::to(&place).into_response());
            }
            Ok((draft, _)) => draft,
            Err(problem) => {
                return page(session, &patient, &visit, StatusCode::UNPROCESSABLE_ENTITY, problem);
            }
        };
        let basket = basket(session, &draft)?;
        html(&BasketPart { draft, basket })
    })
    .await
}

/// Keeps what a form sends; or says what is wrong with it.
fn kept(
    session: &Session,
    patient: &str,
    visit: &str,
    form: &NoteForm,
) -> Result<Result<(Draft, Saved), String>, Failure> {
    PatientContext::check(session, patient, visit, &form.context)?;
    let visit = visit::of_patient(session, patient, visit)?;
    if !session.may_create(type_named("DocumentReference")?) {
        return Err(Failure::told(
            StatusCode::FORBIDDEN,
            "Not for you",
            "You may read notes, and write none.",
        ));
    }
    if form.text.len() > TEXT_BYTES_MAX {
        return Ok(Err(format!(
            "A note has {} kB at most; keep the rest as a document.",
            TEXT_BYTES_MAX / 1024
        )));
    }
    // Browsers send the ends of lines as CR LF.
    let mut text = form.text.replace("\r\n", "\n");
    if let Some((number, line)) = form.replace.split_once(' ')
        && let Ok(number) = number.parse::<usize>()
    {
        let lines = text.split('\n').enumerate();
        let replaced: Vec<&str> = lines.map(|(at, old)| if at + 1 == number { line } else { old }).collect();
        text = replaced.join("\n");
    }
    let saved = Draft::save(session, (patient, &visit.id), &text, form.revision)?;
    let choice = match form.choice.as_str() {
        "draft" => Choice::Draft,
        "other" => Choice::Other,
        _ => return Ok(Ok(saved)),
    };
    match saved.0.choose(session, choice)? {
        Some(draft) => Ok(Ok((draft, Saved::Kept))),
        None => Ok(Err("The note was changed in another window meanwhile. Look at it once more.".to_owned())),
    }
}

pub(crate) async fn line(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
    Form(form): Form<LineForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, &visit, &form.context)?;
        let suggestions = suggest(session, &patient, &form.line)?;
        html(&SuggestionsPart { suggestions })
    })
    .await
}

pub(crate) async fn sign(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
    Form(form): Form<NoteForm>,
) -> Response {
    let runtime = tokio::runtime::Handle::current();
    with_session(app, headers, move |session| {
        let again =
            |problem: String| page(session, &patient, &visit, StatusCode::UNPROCESSABLE_ENTITY, problem);
        let draft = match kept(session, &patient, &visit, &form)? {
            Ok((draft, Saved::Kept)) => draft,
            Ok((_, Saved::Beside)) => return again(in_words(&Unready::TwoTexts)),
            Err(problem) => return again(problem),
        };
        match signing::begin(session, draft)? {
            Ok(draft) => {
                hold(&runtime, session, draft);
                Ok(Redirect::to(&format!("/p/{patient}")).into_response())
            }
            Err(unready) => again(in_words(&unready)),
        }
    })
    .await
}

fn in_words(unready: &Unready) -> String {
    match unready {
        Unready::Empty => "Nothing is written yet.".to_owned(),
        Unready::TwoTexts => {
            "This note was written in two windows. Both texts are below: choose one, then sign.".to_owned()
        }
        Unready::Mistake(line, message) => format!("Line {line}: {message}."),
        Unready::Changed => {
            "The note was changed in another window meanwhile. Look at it once more.".to_owned()
        }
    }
}

/// Signs when the time to take it back is over. Who stops the server before has signed nothing.
fn hold(runtime: &tokio::runtime::Handle, session: &Session, draft: Draft) {
    let (record, actor) = (session.record().clone(), session.actor().clone());
    let origin = session.origin().clone();
    runtime.spawn(async move {
        tokio::time::sleep(Duration::from_millis(UNDO_MS.unsigned_abs())).await;
        let signed = tokio::task::spawn_blocking(move || {
            let session = record.session(actor, origin);
            let signed = signing::finish(&session, draft);
            if let Err(error) = &signed {
                // The text of the error may name a patient's data.
                tracing::error!("a note was not signed: {}", failure::kind(error));
            }
        });
        let _ = signed.await;
    });
}

pub(crate) async fn undo(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
    Form(form): Form<NoteForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, &visit, &form.context)?;
        let draft = Draft::of(session, &patient, &visit)?;
        match signing::take_back(session, draft)? {
            true => Ok(Redirect::to(&format!("/p/{patient}/v/{visit}")).into_response()),
            false => Err(Failure::told(
                StatusCode::CONFLICT,
                "Signed already",
                "The ten seconds were over: the note is signed. Add to it instead.",
            )
            .with_way_on("To the chart", format!("/p/{patient}"))),
        }
    })
    .await
}
