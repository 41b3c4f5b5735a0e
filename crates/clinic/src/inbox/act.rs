//! What is done with what waits: signed, done, given to somebody, put off, and taken back.

use super::review::Review;
use super::{Item, What};
use crate::author;
use crate::chart::resource_type;
use crate::fhir_parts::reference;
use crate::list_entry::{Hand, Refusal, annotate};
use crate::person::Person;
use crate::promise::{self, REVIEWED};
use crate::replacement::Replacement;
use crate::typed_line::{self, Mistake};
use fhir::date_time::Date;
use fhir::{Document, Object, Value, array, object};
use record::resource::instant;
use record::write::{WriteAction, WriteRequest};
use record::{Error, ResourceKey, Session};

/// How long a signature, or something done, can be taken back: as long as its author may look at the next item.
pub const UNDO_MS: i64 = 10 * 60_000;

/// By what way a patient was told of a result: name, words, and the code of the way (v3 ParticipationMode).
pub const WAYS: [(&str, &str, &str); 4] = [
    ("phone", "by telephone", "PHONE"),
    ("in-person", "in person", "FACE"),
    ("letter", "by letter", "MAILWRIT"),
    ("video", "by video", "VIDEOCONF"),
];

/// What is said when something is signed or done.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// A comment; empty: none.
    pub comment: String,
    /// How the patient was told, by the name of one of [`WAYS`]; empty: they were not.
    pub told: String,
}

/// Signs a result as it was seen, or says that something is done; then an order is completed with it. `seen` is what the page
/// showed of the result ([`Review::seen`]): one that changed since is not signed.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn complete(
    session: &Session,
    (item, version): (&Item, u32),
    seen: &str,
    said: &Said,
) -> Result<Result<(), Refusal>, Error> {
    let comment = match typed_line::line("comment", &said.comment) {
        Ok(comment) => comment,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let way = WAYS.iter().find(|(name, _, _)| *name == said.told);
    if way.is_none() && !said.told.is_empty() {
        return Ok(Err(Mistake::new("told", "choose one of the ways by which the patient was told").into()));
    }
    let hand = Hand::of(session);
    let mut outputs = Vec::new();
    let mut order = None;
    match (&item.focus, item.what) {
        (Some(focus), What::Result) => {
            let now = Review::read(session, focus)?;
            if now.seen != seen {
                return Ok(Err(Refusal::ChangedMeanwhile));
            }
            outputs.push(reviewed(focus, now.version));
        }
        (Some(focus), What::Order) => order = ended(session, focus, "completed", "", &hand)?,
        _ => {}
    }
    let task = changed(session, item, version, |task| {
        task.set("status", "completed");
        task.set("owner", hand.author.clone());
        task.set("executionPeriod", object! { "end" => hand.instant.as_str() });
        let before = task.get("output").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
        let outputs: Vec<Value> = before.into_iter().chain(outputs).collect();
        if !outputs.is_empty() {
            task.set("output", outputs);
        }
        if !comment.is_empty() {
            annotate(task, &comment, &hand);
        }
    })?;
    let told = way.map(|way| told(item, way, &comment, &hand).to_document());
    put(session, &[Some(task), order].into_iter().flatten().collect::<Vec<_>>(), told.as_ref())
}

/// Takes an order back, and says why; what kept track of it ends with it.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn revoke(
    session: &Session,
    (item, version): (&Item, u32),
    why: &str,
) -> Result<Result<(), Refusal>, Error> {
    let why = match typed_line::needed("comment", why, "say why the order is taken back") {
        Ok(why) => why,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let Some(focus) = item.focus.as_ref().filter(|_| item.what == What::Order) else {
        return Err(Error::request("act", "only an order can be taken back"));
    };
    let hand = Hand::of(session);
    let order = ended(session, focus, "revoked", &why, &hand)?;
    let task = changed(session, item, version, |task| {
        task.set("status", "cancelled");
        task.set("owner", hand.author.clone());
        task.set("statusReason", object! { "text" => why.as_str() });
    })?;
    put(session, &[Some(task), order].into_iter().flatten().collect::<Vec<_>>(), None)
}

/// An order that ends, with why; `None` when it is over already, or cannot be seen.
fn ended(
    session: &Session,
    order: &ResourceKey,
    status: &str,
    why: &str,
    hand: &Hand,
) -> Result<Option<Replacement>, Error> {
    let found = match session.read(order) {
        Ok(found) => found,
        Err(Error::NotFound(_) | Error::Gone { .. } | Error::Denied(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(document) = found.document() else { return Ok(None) };
    if !document.root().get_str("status").is_some_and(|status| ["active", "on-hold"].contains(&&*status)) {
        return Ok(None);
    }
    let mut value = Value::from(document.root());
    if let Some(order) = value.as_object_mut() {
        order.set("status", status);
        if !why.is_empty() {
            annotate(order, why, hand);
        }
    }
    Ok(Some(Replacement { key: order.clone(), version: found.version(), document: value.to_document() }))
}

fn reviewed(focus: &ResourceKey, seen: u32) -> Value {
    let kind = object! { "text" => REVIEWED };
    object! { "type" => kind, "valueReference" => reference(&format!("{focus}/_history/{seen}")) }
}

/// That the patient was told: a Communication about the result, which names the task.
fn told(item: &Item, (_, words, code): &(&str, &str, &str), comment: &str, hand: &Hand) -> Value {
    const MODES: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode";
    let mut communication = Object::new();
    communication.set("resourceType", "Communication");
    communication.set("basedOn", array![reference(&format!("Task/{}", item.id))]);
    communication.set("status", "completed");
    communication.set(
        "medium",
        array![object! {
            "coding" => array![object! { "system" => MODES, "code" => *code }],
            "text" => *words,
        }],
    );
    if let Some(patient) = &item.patient {
        let patient = reference(&format!("Patient/{}", patient.id));
        communication.set("subject", patient.clone());
        communication.set("recipient", array![patient]);
    }
    if let Some(focus) = &item.focus {
        communication.set("about", array![reference(&focus.to_string())]);
    }
    communication.set("sent", hand.instant.as_str());
    communication.set("sender", hand.author.clone());
    let content = if comment.is_empty() { format!("Told of {}", item.title) } else { comment.to_owned() };
    communication.set("payload", array![object! { "contentString" => content }]);
    communication.into()
}

/// Takes back what the reader signed or did a moment ago: it waits again, and what was said to the patient is an error. False
/// when it was somebody else's, or is too long ago.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn take_back(session: &Session, item: &Item) -> Result<bool, Error> {
    let key = record::bundle::key(resource_type("Task"), &item.id)?;
    let found = session.read(&key)?;
    let document = found.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let is_own = document.root().get("owner").is_some_and(|owner| author::is(session, owner));
    let is_late = found.updated_ms() + UNDO_MS < session.record().now_ms();
    if promise::is_open(document.root()) || !is_own || is_late {
        return Ok(false);
    }
    let task = changed(session, item, found.version(), |task| {
        task.set("status", "requested");
        task.remove("executionPeriod");
        task.remove("statusReason");
        let mut outputs = task.get("output").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
        outputs.pop();
        task.remove("output");
        if !outputs.is_empty() {
            task.set("output", outputs);
        }
    })?;
    let mut replacements = vec![task];
    replacements.extend(begun_again(session, item)?);
    let of_task = format!("Task/{}", item.id);
    let asked = [("based-on", &*of_task), ("status", "completed")];
    for one in session.find(resource_type("Communication"), &asked)?.matches {
        let Some(document) = one.document() else { continue };
        let mut value = Value::from(document.root());
        if let Some(communication) = value.as_object_mut() {
            communication.set("status", "entered-in-error");
        }
        replacements.push(Replacement {
            key: one.key().clone(),
            version: one.version(),
            document: value.to_document(),
        });
    }
    session.write_all(&replacements.iter().map(Replacement::request).collect::<Vec<_>>())?;
    Ok(true)
}

/// The order of an item, active again; `None` when it is of none.
fn begun_again(session: &Session, item: &Item) -> Result<Option<Replacement>, Error> {
    let Some(focus) = item.focus.as_ref().filter(|_| item.what == What::Order) else { return Ok(None) };
    let found = session.read(focus)?;
    let Some(document) = found.document() else { return Ok(None) };
    let mut value = Value::from(document.root());
    if let Some(order) = value.as_object_mut() {
        order.set("status", "active");
    }
    Ok(Some(Replacement { key: focus.clone(), version: found.version(), document: value.to_document() }))
}

/// Gives an item to somebody, with words or without.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn forward(
    session: &Session,
    (item, version): (&Item, u32),
    to: &Person,
    words: &str,
) -> Result<Result<(), Refusal>, Error> {
    let words = match typed_line::line("words", words) {
        Ok(words) => words,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let hand = Hand::of(session);
    let task = changed(session, item, version, |task| {
        task.set("owner", object! { "reference" => to.reference.as_str(), "display" => to.name.as_str() });
        annotate(task, &format!("To {}{}{words}", to.name, if words.is_empty() { "" } else { ": " }), &hand);
    })?;
    put(session, &[task], None)
}

/// Puts an item off to the end of a day.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn put_off(
    session: &Session,
    (item, version): (&Item, u32),
    until: Date,
) -> Result<Result<(), Refusal>, Error> {
    let end = instant(until.range_ms(0).1).to_string();
    let task = changed(session, item, version, |task| {
        task.set("restriction", object! { "period" => object! { "end" => end } });
    })?;
    put(session, &[task], None)
}

/// A task that somebody gives somebody, or themselves.
#[derive(Clone, Debug)]
pub struct NewTask<'a> {
    /// What is to be done.
    pub words: &'a str,
    /// The patient's id; `None`: it is about nobody.
    pub patient: Option<&'a str>,
    /// Who is to do it; `None`: whoever comes first.
    pub owner: Option<&'a Person>,
    /// By when; `None`: no day is said.
    pub due: Option<Date>,
    /// What it is about, such as a result; `None`: nothing.
    pub focus: Option<&'a ResourceKey>,
}

/// Adds a task.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn add(session: &Session, new: &NewTask<'_>) -> Result<Result<(), Refusal>, Error> {
    let words = match typed_line::needed("words", new.words, "say what is to be done") {
        Ok(words) => words,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let hand = Hand::of(session);
    let mut task = Object::new();
    task.set("resourceType", "Task");
    task.set("status", "requested");
    task.set("intent", "order");
    task.set("priority", "routine");
    task.set("description", words);
    if let Some(focus) = new.focus {
        task.set("focus", reference(&focus.to_string()));
    }
    if let Some(patient) = new.patient {
        task.set("for", reference(&format!("Patient/{patient}")));
    }
    task.set("authoredOn", hand.instant.as_str());
    task.set("lastModified", hand.instant.as_str());
    task.set("requester", hand.author.clone());
    if let Some(owner) = new.owner {
        task.set(
            "owner",
            object! { "reference" => owner.reference.as_str(), "display" => owner.name.as_str() },
        );
    }
    if let Some(due) = new.due {
        let end = instant(due.range_ms(0).1).to_string();
        task.set("restriction", object! { "period" => object! { "end" => end } });
    }
    let document = Value::from(task).to_document();
    let action =
        WriteAction::Create { type_id: resource_type("Task"), resource: document.root(), unless: None };
    session.write(WriteRequest { action, full_url: None })?;
    Ok(Ok(()))
}

/// The Task of an item, changed, in the place of the version that was looked at.
fn changed(
    session: &Session,
    item: &Item,
    version: u32,
    change: impl FnOnce(&mut Object),
) -> Result<Replacement, Error> {
    let key = record::bundle::key(resource_type("Task"), &item.id)?;
    let found = session.read(&key)?;
    let document = found.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let mut value = Value::from(document.root());
    if let Some(task) = value.as_object_mut() {
        task.set("lastModified", instant(session.record().now_ms()).to_string());
        change(task);
    }
    Ok(Replacement { key, version, document: value.to_document() })
}

fn put(
    session: &Session,
    replaced: &[Replacement],
    told: Option<&Document>,
) -> Result<Result<(), Refusal>, Error> {
    let mut requests: Vec<WriteRequest<'_>> = replaced.iter().map(Replacement::request).collect();
    if let Some(told) = told {
        let type_id = resource_type("Communication");
        let action = WriteAction::Create { type_id, resource: told.root(), unless: None };
        requests.push(WriteRequest { action, full_url: None });
    }
    match session.write_all(&requests) {
        Ok(_) => Ok(Ok(())),
        Err(error) if matches!(error.innermost(), Error::VersionConflict { .. }) => {
            Ok(Err(Refusal::ChangedMeanwhile))
        }
        Err(error) => Err(error),
    }
}
