//! The problem list where it is kept: what is on it, a search for what is to be added, and the changes of each line.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::list_page::{ChangeForm, Failed, LastChange, as_mistake, date_in_words, lifetime};
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::note::problem_search;
use clinic::problem_list::change::{self, Said};
use clinic::problem_list::likeness::{self, Likeness};
use clinic::problem_list::{self, ListedProblem, NewProblem, ProblemList};
use clinic::typed_line::{self, Mistake};
use record::Session;
use serde::Deserialize;

/// How many diagnoses a search shows.
const CANDIDATES: usize = 8;

#[derive(Template)]
#[template(path = "problem_list.html")]
struct ProblemsPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    /// What a form about this patient carries.
    context: String,
    may_write: bool,
    list: ProblemList,
    adding: Adding,
    failed: LastChange,
    /// The line that was changed or asked for; empty: none.
    look: String,
}

/// A problem that is being added.
#[derive(Default)]
struct Adding {
    asked: Asked,
    /// The onset as it was understood; empty when nothing was.
    onset_words: String,
    /// What could be meant.
    candidates: Vec<Candidate>,
    /// What is on the list already, or nearly.
    alike: Vec<Alike>,
    /// The one that is to be added, when it is like others.
    new: Option<NewProblem>,
    mistake: Option<Mistake>,
}

/// A diagnosis that could be meant.
struct Candidate {
    name: String,
    code: String,
    /// What of it is on the list; empty: nothing.
    on_the_list: String,
}

/// A line that a new problem is like.
struct Alike {
    problem: ListedProblem,
    likeness: Likeness,
}

/// What the address or the form says of what is to be added.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    find: String,
    #[serde(default)]
    onset: String,
    /// The line that was changed or asked for.
    #[serde(default)]
    look: String,
}

/// What adds a problem.
#[derive(Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    context: String,
    #[serde(flatten)]
    asked: Asked,
    /// The code that was chosen; empty: none, the words are the problem; `None`: nothing was chosen yet.
    code: Option<String>,
    /// Whether it is to be added though it is like others; empty: that is not said.
    #[serde(default)]
    anyway: String,
}

impl ProblemsPage {
    /// What is wrong with a field of what is being added; empty when nothing is.
    fn wrong_new(&self, field: &str) -> &str {
        let mistake = self.adding.mistake.as_ref().filter(|mistake| mistake.field == field);
        mistake.map_or("", |mistake| &mistake.message)
    }

    /// How the line that was changed stands now, with its dates in words; empty when none was.
    fn told(&self) -> String {
        if self.look.is_empty() {
            return String::new();
        }
        let Some(problem) = self.list.of_id(&self.look) else {
            return "That problem is not on the list any more.".to_owned();
        };
        let state = if problem.is_active { "active" } else { "resolved" };
        let mut told = format!("{}: {state}", problem.name);
        for (what, date) in [("onset", &problem.onset), ("resolved on", &problem.abatement)] {
            if !date.is_empty() {
                told.push_str(&format!(", {what} {}", date_in_words(date)));
            }
        }
        told + "."
    }

    /// Whether the resolved ones are to be seen at once.
    fn shows_resolved(&self) -> bool {
        self.list.resolved().any(|one| one.id == self.look || self.failed.is_of(&one.id))
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let mut page = ProblemsPage::read(session, &patient)?;
        page.look.clone_from(&asked.look);
        page.adding = page.search(session, asked)?;
        page.answer(StatusCode::OK)
    })
    .await
}

impl ProblemsPage {
    fn read(session: &Session, patient: &str) -> Result<Self, Failure> {
        let shell = Shell::following(session, Some(patient))?;
        let (banner, allergies) = identity(session, patient, session.record().now_ms())
            .map_err(|error| Failure::of_patient(error, session, patient))?;
        Ok(Self {
            shell,
            banner,
            allergies: AllergyLine::of(&allergies),
            context: PatientContext::of(session, patient, "")?,
            may_write: session.may_create(type_named("Condition")?),
            list: ProblemList::read(session, patient)?,
            adding: Adding::default(),
            failed: LastChange::default(),
            look: String::new(),
        })
    }

    fn answer(&self, status: StatusCode) -> Result<Response, Failure> {
        Ok((status, html(self)?).into_response())
    }

    /// What could be meant by what is asked for.
    fn search(&self, session: &Session, asked: Asked) -> Result<Adding, Failure> {
        let life = lifetime(&self.banner, session.record().now_ms())?;
        let mut adding = Adding { asked, ..Adding::default() };
        match life.read("onset", &adding.asked.onset) {
            Ok(onset) => adding.onset_words = onset.map(clinic::typed_date::in_words).unwrap_or_default(),
            Err(mistake) => adding.mistake = Some(mistake),
        }
        match typed_line::line("find", &adding.asked.find) {
            Ok(find) => adding.candidates = self.candidates(session, &find),
            Err(mistake) => adding.mistake = Some(mistake),
        }
        Ok(adding)
    }

    fn candidates(&self, session: &Session, find: &str) -> Vec<Candidate> {
        let found = problem_search::find(session.record().terminology(), find, CANDIDATES);
        let candidate = |one: problem_search::Diagnosis| {
            let new = NewProblem { name: one.name, code: Some(one.code.clone()), onset: None };
            let alike = likeness::alike(self.list.problems.iter(), &new);
            let on_the_list = alike.first().map(|(known, _)| known.name.clone()).unwrap_or_default();
            Candidate { name: new.name, code: one.code, on_the_list }
        };
        found.into_iter().map(candidate).collect()
    }
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<AddForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let mut page = ProblemsPage::read(session, &patient)?;
        page.adding = page.search(session, form.asked.clone())?;
        let Some(code) = &form.code else { return page.answer(StatusCode::OK) };
        let life = lifetime(&page.banner, session.record().now_ms())?;
        let typed = (form.asked.find.as_str(), code.as_str(), form.asked.onset.as_str());
        let new = match NewProblem::read(session.record().terminology(), typed, life) {
            Ok(new) => new,
            Err(mistake) => return page.refuse(mistake),
        };
        if form.anyway.is_empty() && page.is_like_others(&new) {
            return page.answer(StatusCode::OK);
        }
        match problem_list::add(session, &patient, &new) {
            Ok(id) => Ok(to_line(&patient, &id)),
            Err(error) => page.refuse(as_mistake(error, "find")?),
        }
    })
    .await
}

impl ProblemsPage {
    fn refuse(mut self, mistake: Mistake) -> Result<Response, Failure> {
        self.adding.mistake = Some(mistake);
        self.answer(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Whether a new problem is like others; then the page asks about it.
    fn is_like_others(&mut self, new: &NewProblem) -> bool {
        let alike = likeness::alike(self.list.problems.iter(), new);
        let alike = alike.into_iter().map(|(problem, likeness)| Alike { problem: problem.clone(), likeness });
        self.adding.alike = alike.collect();
        self.adding.new = Some(new.clone());
        !self.adding.alike.is_empty()
    }
}

/// To a line, as it stands now.
fn to_line(patient: &str, id: &str) -> Response {
    Redirect::to(&format!("/p/{patient}/problems?look={id}#problem-{id}")).into_response()
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, problem)): Path<(String, String)>,
    Form(form): Form<ChangeForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let mut page = ProblemsPage::read(session, &patient)?;
        let life = lifetime(&page.banner, session.record().now_ms())?;
        let said = Said { act: &form.act, date: &form.date, reason: &form.reason };
        let applied = change::apply(session, (&patient, &problem, form.version()), &said, life);
        let refusal = match applied {
            Ok(Ok(())) => return Ok(to_line(&patient, &problem)),
            Ok(Err(refusal)) => refusal,
            Err(error) => as_mistake(error, "act")?.into(),
        };
        let failed = Failed { id: problem, form, refusal };
        let status = failed.status();
        page.failed = LastChange(Some(failed));
        page.answer(status)
    })
    .await
}
