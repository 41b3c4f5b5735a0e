//! The inbox: what waits for somebody, beside what must be known to decide it.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::list_page::as_mistake;
use crate::page::{encoded, html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use crate::{moment, words};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::Chart;
use clinic::inbox::act::{self, NewTask, Said, WAYS};
use clinic::inbox::review::Review;
use clinic::inbox::{self, Inbox, Item, QUEUES, Queue, What};
use clinic::list_entry::Refusal;
use clinic::person::{self, Person};
use clinic::typed_date;
use clinic::typed_line::Mistake;
use fhir::date_time::Date;
use record::resource::instant;
use record::{Error, Session};
use serde::Deserialize;

/// Problems and medications that stand beside an item.
const BESIDE: usize = 10;

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    shell: Shell,
    asked: Asked,
    inbox: Inbox,
    /// The item that is looked at.
    open: Option<Open>,
    /// What the reader did with the item before.
    before: Option<Before>,
    /// Whether the reader may do anything with it.
    may_write: bool,
    /// Practitioners that an item can be given to.
    people: Vec<Person>,
    failed: Option<(ItemForm, Refusal)>,
    now_ms: i64,
}

/// An item, and what must be known to decide it.
struct Open {
    item: Item,
    /// Whether it still waits.
    is_waiting: bool,
    review: Option<Review>,
    beside: Option<Beside>,
    context: String,
    /// The items before and behind it in the queue.
    previous: String,
    next: String,
}

/// What is known of the patient.
struct Beside {
    allergies: AllergyLine,
    problems: Vec<String>,
    medications: Vec<(String, String)>,
    last_visit: String,
}

/// An item that was done a moment ago.
struct Before {
    item: Item,
    context: String,
}

/// What the address says.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    queue: String,
    #[serde(default)]
    item: String,
    /// The item that was done.
    #[serde(default)]
    done: String,
}

/// What a form of an item sends.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct ItemForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    queue: String,
    /// The item that comes after this one.
    #[serde(default)]
    next: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    told: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    date: String,
}

impl Asked {
    fn queue(&self) -> Queue {
        inbox::queue(&self.queue).unwrap_or(Queue::Mine)
    }

    fn is_of(&self, queue: &str) -> bool {
        self.queue == queue
    }

    fn of_queue(&self, item: &str) -> String {
        format!("/inbox?queue={}&item={}", encoded(&self.queue), encoded(item))
    }
}

impl InboxPage {
    /// Since when an item waits, in words.
    fn ago(&self, item: &Item) -> String {
        moment::ago(&instant(item.since_ms).to_string(), self.now_ms)
    }

    fn said_ago(&self, note: &inbox::Note) -> String {
        moment::ago(&note.time, self.now_ms)
    }

    /// Whether a form that was refused said that the patient was told in this way.
    fn is_told(&self, way: &str) -> bool {
        self.typed("sign", "told") == way
    }

    fn due(&self, item: &Item) -> String {
        due(item, self.now_ms)
    }

    /// How old the oldest item of the queue is; empty when there is none.
    fn oldest(&self) -> String {
        self.inbox
            .items
            .iter()
            .min_by_key(|item| item.since_ms)
            .map(|item| self.ago(item))
            .unwrap_or_default()
    }

    /// Whether the count of a queue is to catch the eye.
    fn is_pressing(&self, queue: &str, count: &usize) -> bool {
        inbox::queue(queue) == Some(Queue::Overdue) && *count > 0
    }

    fn is_open(&self, item: &Item) -> bool {
        self.open.as_ref().is_some_and(|open| open.item.id == item.id)
    }

    /// What was typed into a field of a form that was refused.
    fn typed(&self, act: &str, field: &str) -> &str {
        match &self.failed {
            Some((form, _)) if form.act == act => match field {
                "comment" => &form.comment,
                "to" => &form.to,
                "words" => &form.words,
                "date" => &form.date,
                "told" => &form.told,
                _ => "",
            },
            _ => "",
        }
    }

    /// Whether a form was refused.
    fn failed_act(&self, act: &str) -> bool {
        self.failed.as_ref().is_some_and(|(form, _)| form.act == act)
    }

    /// What is wrong with a field of a form; empty when nothing is.
    fn wrong(&self, act: &str, field: &str) -> &str {
        match &self.failed {
            Some((form, Refusal::Mistake(mistake))) if form.act == act && mistake.field == field => {
                &mistake.message
            }
            _ => "",
        }
    }

    /// What is to be said at the top; empty: nothing.
    fn said(&self) -> &str {
        const FIELDS: [&str; 5] = ["comment", "to", "words", "date", "told"];
        match &self.failed {
            Some((_, Refusal::ChangedMeanwhile)) => {
                "It was changed since you opened it. Below it stands as it is now, and what you typed is kept. Look at it again."
            }
            Some((_, Refusal::Mistake(mistake))) if !FIELDS.contains(&mistake.field) => &mistake.message,
            _ => "",
        }
    }

    fn read(session: &Session, asked: Asked) -> Result<Self, Failure> {
        let shell = Shell::following(session, None)?;
        if !shell.has_inbox {
            let message = "The inbox is for those who work with tasks of the practice.";
            return Err(Failure::told(StatusCode::FORBIDDEN, "Not for you", message));
        }
        let now_ms = session.record().now_ms();
        let mut asked = asked;
        if asked.queue.is_empty() {
            // Who is nobody in the record has none of their own.
            let has_own = session.actor().person.is_some();
            (if has_own { "mine" } else { "all" }).clone_into(&mut asked.queue);
        }
        let inbox = Inbox::read(session, asked.queue())?;
        let shown = match asked.item.is_empty() {
            true => inbox.items.first().map(|item| item.id.clone()),
            false => Some(asked.item.clone()),
        };
        let open = shown.map(|id| Open::read(session, &inbox, &id)).transpose()?;
        let before = match asked.done.is_empty() {
            true => None,
            false => Before::read(session, &asked.done)?,
        };
        let people = match open {
            Some(_) => practitioners(session)?,
            None => Vec::new(),
        };
        let may_write = session.may_create(type_named("Task")?);
        Ok(Self { shell, asked, inbox, open, before, may_write, people, failed: None, now_ms })
    }
}

impl Open {
    fn read(session: &Session, inbox: &Inbox, id: &str) -> Result<Self, Failure> {
        let (item, is_waiting) = inbox::item(session, id)?;
        let review = match &item.focus {
            Some(focus) => match Review::read(session, focus) {
                Ok(review) => Some(review),
                // The task is there; what it is about is gone, or closed to the reader.
                Err(Error::NotFound(_) | Error::Denied(_) | Error::Gone { .. }) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let patient = item.patient.as_ref().map(|patient| patient.id.clone());
        let beside = patient.as_deref().map(|id| Beside::read(session, id)).transpose()?.flatten();
        let at = inbox.items.iter().position(|one| one.id == id);
        let of =
            |at: Option<usize>| at.and_then(|at| Some(inbox.items.get(at)?.id.clone())).unwrap_or_default();
        Ok(Self {
            context: PatientContext::of(session, patient.as_deref().unwrap_or_default(), "")?,
            previous: of(at.and_then(|at| at.checked_sub(1))),
            next: of(at.map_or(Some(0), |at| Some(at + 1))),
            item,
            is_waiting,
            review,
            beside,
        })
    }

    fn is_result(&self) -> bool {
        self.item.what == What::Result
    }

    /// What its first button says it is done by.
    fn decision(&self) -> &'static str {
        if self.is_result() { "sign" } else { "done" }
    }

    fn is_order(&self) -> bool {
        self.item.what == What::Order
    }

    /// What is signed, as the form says it again.
    fn seen(&self) -> &str {
        self.review.as_ref().map_or("", |review| &review.seen)
    }
}

impl Beside {
    /// What the reader may see of the patient; `None`: nothing.
    fn read(session: &Session, patient: &str) -> Result<Option<Self>, Failure> {
        let chart = match Chart::read(session, patient, session.record().now_ms()) {
            Ok(chart) => chart,
            Err(Error::NotFound(_) | Error::Denied(_) | Error::Gone { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let problems = chart.active_problems();
        let medications = chart.current_medications();
        Ok(Some(Self {
            allergies: AllergyLine::of(&chart.allergies),
            problems: problems.iter().take(BESIDE).map(|problem| problem.name.clone()).collect(),
            medications: medications
                .iter()
                .take(BESIDE)
                .map(|one| (one.name.clone(), one.instructions.clone()))
                .collect(),
            last_visit: chart.visits.first().map(|visit| visit.date.clone()).unwrap_or_default(),
        }))
    }
}

impl Before {
    /// What was done a moment ago, when it can still be taken back.
    fn read(session: &Session, id: &str) -> Result<Option<Self>, Failure> {
        let (item, is_waiting) = match inbox::item(session, id) {
            Ok(found) => found,
            Err(Error::NotFound(_) | Error::Denied(_) | Error::Gone { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let patient = item.patient.as_ref().map(|patient| patient.id.clone()).unwrap_or_default();
        let context = PatientContext::of(session, &patient, "")?;
        Ok((!is_waiting).then_some(Self { item, context }))
    }
}

/// What waits in the reader's own queue, in words; empty when nothing does.
pub(crate) fn waiting(session: &Session) -> Result<String, Failure> {
    let items = match inbox::mine(session) {
        Ok(items) => items,
        Err(Error::Denied(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let kinds = [(What::Result, "result"), (What::Order, "order without its result"), (What::Task, "task")];
    let kinds = kinds.iter().filter_map(|(what, words)| {
        let of_kind: Vec<&Item> = items.iter().filter(|item| item.what == *what).collect();
        let urgent = of_kind.iter().filter(|item| item.is_urgent).count();
        let several = words.replacen("order ", "orders ", 1);
        let several = if several == *words {
            format!("{words}s")
        } else {
            several.replace("its result", "their results")
        };
        match (of_kind.len(), urgent) {
            (0, _) => None,
            (1, 0) => Some(format!("1 {words}")),
            (count, 0) => Some(format!("{count} {several}")),
            (1, _) => Some(format!("1 urgent {words}")),
            (count, urgent) => Some(format!("{count} {several}, {urgent} urgent")),
        }
    });
    Ok(kinds.collect::<Vec<_>>().join(" · "))
}

/// What requires action for a patient; nothing for who works with no tasks.
pub(crate) fn requires_action(session: &Session, patient: &str) -> Result<Vec<ActionLine>, Failure> {
    let items = match inbox::of_patient(session, patient) {
        Ok(items) => items,
        Err(Error::Denied(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let now_ms = session.record().now_ms();
    let line = |item: Item| ActionLine {
        address: format!("/inbox?queue=all&item={}", encoded(&item.id)),
        what: match item.what {
            What::Result => "To sign: ",
            What::Order => "No result: ",
            What::Task => "",
        },
        when: due(&item, now_ms),
        item,
    };
    Ok(items.into_iter().map(line).collect())
}

/// Something that requires action, on a chart.
pub(crate) struct ActionLine {
    pub item: Item,
    pub address: String,
    pub what: &'static str,
    pub when: String,
}

/// What an item is about: a test by its short name, a task in its own words.
pub(crate) fn title(item: &Item) -> String {
    match item.what {
        What::Result | What::Order if !item.code.is_empty() => words::test_name(&item.code, &item.title),
        _ => item.title.clone(),
    }
}

/// When an item is due, as a reader says it.
fn due(item: &Item, now_ms: i64) -> String {
    match item.due_ms {
        Some(due_ms) if due_ms < now_ms => {
            format!("due {}", moment::ago(&instant(due_ms).to_string(), now_ms))
        }
        Some(due_ms) => format!("due {}", moment::day(due_ms)),
        None => String::new(),
    }
}

/// The practitioners that an item can be given to: those that a list can show. Others are found by their names.
fn practitioners(session: &Session) -> Result<Vec<Person>, Failure> {
    match person::practitioners(session) {
        Ok(people) => Ok(people),
        Err(Error::Denied(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| html(&InboxPage::read(session, asked)?)).await
}

pub(crate) async fn act(
    State(app): State<App>,
    headers: HeaderMap,
    Path(task): Path<String>,
    Form(form): Form<ItemForm>,
) -> Response {
    with_session(app, headers, move |session| {
        let (item, is_waiting) = inbox::item(session, &task)?;
        let patient = item.patient.as_ref().map(|patient| patient.id.clone()).unwrap_or_default();
        PatientContext::check(session, &patient, "", &form.context)?;
        let asked = Asked { queue: form.queue.clone(), ..Asked::default() };
        if form.act == "undo" {
            act::take_back(session, &item)?;
            return Ok(Redirect::to(&asked.of_queue(&task)).into_response());
        }
        let done = match is_waiting {
            true => apply(session, &item, &form),
            // Somebody else was quicker.
            false => Ok(Err(Refusal::ChangedMeanwhile)),
        };
        let refusal = match done {
            Ok(Ok(stays)) => {
                let next = if stays { &task } else { &form.next };
                let done = if stays { String::new() } else { format!("&done={}", encoded(&task)) };
                return Ok(Redirect::to(&(asked.of_queue(next) + &done)).into_response());
            }
            Ok(Err(refusal)) => refusal,
            Err(error) => as_mistake(error, "act")?.into(),
        };
        let status = match refusal {
            Refusal::ChangedMeanwhile => StatusCode::CONFLICT,
            Refusal::Mistake(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut page = InboxPage::read(session, Asked { item: task, ..asked })?;
        page.failed = Some((form, refusal));
        Ok((status, html(&page)?).into_response())
    })
    .await
}

/// Does what a form says; gives whether its item is still the one to be looked at.
fn apply(session: &Session, item: &Item, form: &ItemForm) -> Result<Result<bool, Refusal>, Error> {
    let at = (item, form.version.parse().unwrap_or_default());
    let is_result = item.what == What::Result;
    let done = match &*form.act {
        "sign" | "done" if is_result == (form.act == "sign") => {
            let said = Said { comment: form.comment.clone(), told: form.told.clone() };
            act::complete(session, at, &form.seen, &said)?.map(|()| false)
        }
        "revoke" => act::revoke(session, at, &form.comment)?.map(|()| false),
        "forward" => match recipient(session, &form.to)? {
            Ok(person) => act::forward(session, at, &person, &form.words)?.map(|()| false),
            Err(mistake) => Err(mistake.into()),
        },
        "put-off" => match day_to_come(session, &form.date) {
            Ok(Some(date)) => act::put_off(session, at, date)?.map(|()| false),
            Ok(None) => Err(Mistake::new("date", "say until when, such as t+1w or 7/4").into()),
            Err(mistake) => Err(mistake.into()),
        },
        "add" => add(session, item, form)?.map(|()| true),
        _ => return Err(Error::request("act", "this cannot be done with it")),
    };
    Ok(done)
}

/// Adds a task about the same patient and result.
fn add(session: &Session, item: &Item, form: &ItemForm) -> Result<Result<(), Refusal>, Error> {
    let owner = match form.to.trim().is_empty() {
        true => Ok(own(session)),
        false => recipient(session, &form.to)?.map(Some),
    };
    let (owner, due) = match (owner, day_to_come(session, &form.date)) {
        (Ok(owner), Ok(due)) => (owner, due),
        (Err(mistake), _) | (_, Err(mistake)) => return Ok(Err(mistake.into())),
    };
    let new = NewTask {
        words: &form.words,
        patient: item.patient.as_ref().map(|patient| &*patient.id),
        owner: owner.as_ref(),
        due,
        focus: item.focus.as_ref(),
    };
    act::add(session, &new)
}

/// The reader, when they are somebody in the record.
fn own(session: &Session) -> Option<Person> {
    let actor = session.actor();
    let reference = actor.person.as_ref()?.to_string();
    Some(Person { reference, name: actor.name.clone(), kind: "practitioner", detail: String::new() })
}

/// The one practitioner whom words name.
fn recipient(session: &Session, words: &str) -> Result<Result<Person, Mistake>, Error> {
    let mut found = person::find(session, words)?;
    found.retain(|person| person.reference.starts_with("Practitioner/"));
    if let Some(exact) = found.iter().position(|person| person.name == words.trim()) {
        return Ok(Ok(found.swap_remove(exact)));
    }
    Ok(match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Mistake::new("to", "nobody here has that name; choose one of the list")),
        _ => Err(Mistake::new("to", "several people have names like that; choose one of the list")),
    })
}

/// A day that was typed, today or later; `None` when none was.
fn day_to_come(session: &Session, typed: &str) -> Result<Option<Date>, Mistake> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let today = moment::today(session.record().now_ms());
    let today = today.ok_or_else(|| Mistake::new("date", "the server's clock is wrong"))?;
    let date = typed_date::read(typed, today).map_err(|message| Mistake::new("date", message))?;
    match date.last_day() >= today.first_day() {
        true => Ok(Some(date)),
        false => Err(Mistake::new("date", "this day is over; name one to come")),
    }
}
