//! The list of allergies where it is kept: what is known, a form for one more, and the changes of each line.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::list_page::{ChangeForm, Failed, LastChange, as_mistake};
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::allergy_list::{self, AllergyList, CATEGORIES, CRITICALITIES, ListedAllergy, NewAllergy, Typed};
use clinic::allergy_list::{State as Known, change, none_known};
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::list_entry::Refusal;
use clinic::note::command::SEVERITIES;
use clinic::typed_line::Mistake;
use record::{Error, Session};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "allergy_list.html")]
struct AllergiesPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    /// What a form about this patient carries.
    context: String,
    may_write: bool,
    list: AllergyList,
    /// What is being added.
    adding: AddForm,
    mistake: Option<Mistake>,
    /// Lines to the same substance; then the page asks.
    same: Vec<ListedAllergy>,
    failed: LastChange,
    /// The line that was changed or asked for; empty: none.
    look: String,
}

/// What adds an allergy, or says that there is none.
#[derive(Default, Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    substance: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    reaction: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    criticality: String,
    /// Whether it is to be added though it is there; empty: that is not said.
    #[serde(default)]
    anyway: String,
    /// Whether it is said that there is none; empty: it is not.
    #[serde(default)]
    none: String,
}

impl AddForm {
    /// What it says of the allergy: each field and its value.
    fn fields(&self) -> [(&str, &str); 5] {
        [
            ("substance", &self.substance),
            ("reaction", &self.reaction),
            ("severity", &self.severity),
            ("category", &self.category),
            ("criticality", &self.criticality),
        ]
    }
}

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    look: String,
}

/// What a line that holds can become: its name in forms, what the reason is called, and the button.
const ENDS: [(&str, &str, &str); 3] = [
    ("inactivate", "Why it holds no more", "Make inactive"),
    ("refute", "How it was found to be none", "Refute"),
    ("error", "Why it was a mistake", "Entered in error"),
];

/// The choices of a form: the field, what it is called, and each value with its words.
type Choice = (&'static str, &'static str, Vec<(&'static str, &'static str)>);

impl AllergiesPage {
    /// What is wrong with a field of what is being added; empty when nothing is.
    fn wrong_new(&self, field: &str) -> &str {
        let mistake = self.mistake.as_ref().filter(|mistake| mistake.field == field);
        mistake.map_or("", |mistake| &mistake.message)
    }

    fn is_chosen(&self, field: &str, value: &str) -> bool {
        self.adding.fields().contains(&(field, value))
    }

    /// The lines that are typed: the field, what it is called, an example, and what was typed.
    fn lines(&self) -> [(&'static str, &'static str, &'static str, &str); 2] {
        [
            ("substance", "Add an allergy to", "penicillin, latex, peanut", &self.adding.substance),
            ("reaction", "Reaction", "hives, anaphylaxis", &self.adding.reaction),
        ]
    }

    /// Whether it is the field that one begins with, and nothing else was looked for.
    fn takes_focus(&self, field: &str) -> bool {
        field == "substance" && self.failed.0.is_none() && self.look.is_empty()
    }

    fn choices(&self) -> Vec<Choice> {
        let severities = [("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")];
        debug_assert!(severities.iter().zip(SEVERITIES).all(|((code, _), (known, _))| *code == known));
        vec![
            ("severity", "Severity", severities.to_vec()),
            ("category", "Kind", CATEGORIES.to_vec()),
            ("criticality", "Criticality: could it kill", CRITICALITIES.to_vec()),
        ]
    }

    /// What a line can become: what does not hold any more can only have been a mistake, or hold again.
    fn ends(&self, line: &ListedAllergy) -> &'static [(&'static str, &'static str, &'static str)] {
        if line.allergy.is_active { &ENDS } else { &ENDS[2..] }
    }

    /// How the line that was changed stands now; empty when none was.
    fn told(&self) -> String {
        match self.list.of_id(&self.look) {
            _ if self.look.is_empty() => String::new(),
            Some(line) => format!("{}: {}.", line.allergy.substance, line.status),
            None => "That line is not on the list any more.".to_owned(),
        }
    }

    /// Whether those that do not hold are to be seen at once.
    fn shows_past(&self) -> bool {
        self.list.past().any(|one| one.id == self.look || self.failed.is_of(&one.id))
    }

    /// What is known, in words; of a kind of substance alone when that is all that was said.
    fn state_words(&self) -> &str {
        let only = self.list.none_known.first().filter(|one| !one.says_none);
        match only {
            Some(only) if self.list.state == Known::NoneKnown => &only.allergy.substance,
            _ => self.list.state.words(),
        }
    }
}

fn category_words(code: &str) -> &str {
    CATEGORIES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

fn criticality_words(code: &str) -> &str {
    CRITICALITIES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let mut page = AllergiesPage::read(session, &patient)?;
        page.look = asked.look;
        page.answer(StatusCode::OK)
    })
    .await
}

impl AllergiesPage {
    fn read(session: &Session, patient: &str) -> Result<Self, Failure> {
        let shell = Shell::following(session, Some(patient))?;
        let (banner, allergies) = identity(session, patient, session.record().now_ms())
            .map_err(|error| Failure::of_patient(error, session, patient))?;
        Ok(Self {
            shell,
            banner,
            allergies: AllergyLine::of(&allergies),
            context: PatientContext::of(session, patient, "")?,
            may_write: session.may_create(type_named("AllergyIntolerance")?),
            list: AllergyList::read(session, patient)?,
            adding: AddForm::default(),
            mistake: None,
            same: Vec::new(),
            failed: LastChange::default(),
            look: String::new(),
        })
    }

    fn answer(&self, status: StatusCode) -> Result<Response, Failure> {
        Ok((status, html(self)?).into_response())
    }

    fn refuse(mut self, mistake: Mistake) -> Result<Response, Failure> {
        self.mistake = Some(mistake);
        self.answer(StatusCode::UNPROCESSABLE_ENTITY)
    }
}

/// To the list, or to a line of it as it stands now.
fn to_line(patient: &str, id: &str) -> Response {
    Redirect::to(&format!("/p/{patient}/allergies?look={id}#allergy-{id}")).into_response()
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<AddForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let mut page = AllergiesPage::read(session, &patient)?;
        if !form.none.is_empty() {
            return say_none(session, &patient, page);
        }
        page.adding = form;
        let typed = Typed {
            substance: &page.adding.substance,
            category: &page.adding.category,
            reaction: &page.adding.reaction,
            severity: &page.adding.severity,
            criticality: &page.adding.criticality,
        };
        let new = match NewAllergy::read(&typed) {
            Ok(new) => new,
            Err(mistake) => return page.refuse(mistake),
        };
        if page.adding.anyway.is_empty() {
            page.same = page.list.to(&new.substance).into_iter().cloned().collect();
        }
        if !page.same.is_empty() {
            return page.answer(StatusCode::OK);
        }
        match allergy_list::add(session, &patient, &new) {
            Ok(id) => Ok(to_line(&patient, &id)),
            Err(error) => page.refuse(as_mistake(error, "substance")?),
        }
    })
    .await
}

/// Says that there are no known allergies, or why that cannot be said.
fn say_none(session: &Session, patient: &str, page: AllergiesPage) -> Result<Response, Failure> {
    match none_known::say(session, patient).map_err(|error| as_mistake(error, "none")) {
        Ok(Ok(())) => Ok(Redirect::to(&format!("/p/{patient}/allergies")).into_response()),
        Ok(Err(Refusal::Mistake(mistake))) | Err(Ok(mistake)) => page.refuse(mistake),
        Ok(Err(Refusal::ChangedMeanwhile)) => page.refuse(Mistake::new("none", "say it once more")),
        Err(Err(error)) => Err(error.into()),
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, allergy)): Path<(String, String)>,
    Form(form): Form<ChangeForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, "", &form.context)?;
        let applied: Result<_, Error> =
            change::apply(session, (&patient, &allergy, form.version()), (&form.act, &form.reason));
        let refusal = match applied {
            Ok(Ok(())) => return Ok(to_line(&patient, &allergy)),
            Ok(Err(refusal)) => refusal,
            Err(error) => as_mistake(error, "act")?.into(),
        };
        let mut page = AllergiesPage::read(session, &patient)?;
        let failed = Failed { id: allergy, form, refusal };
        let status = failed.status();
        page.failed = LastChange(Some(failed));
        page.answer(status)
    })
    .await
}
