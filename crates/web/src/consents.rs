//! What a patient keeps from others: the directives of their Consents in words, a form for a new one, and their end.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, type_named, with_session};
use crate::shell::Shell;
use crate::{patients, words};
use access::Directive;
use access::consent::{Kept, Meaning, Part, Recipient};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::chart::visit::Visit;
use clinic::directive::{self, PARTS, What};
use fhir::schema::schema;
use fhir::{Document, Node};
use record::resource::instant;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Error, Expect, Session};
use serde::Deserialize;

/// Of each kind to choose from at a time.
const EACH_SHOWN: &str = "50";

/// Visits to choose from: the latest.
const VISITS_SHOWN: &str = "20";

/// From whom a patient may keep something: a type, what its list is called, and the parameters by which it is put in order and
/// found by name.
const RECIPIENTS: [(&str, &str, &str, &str); 3] = [
    ("Practitioner", "Members of staff", "family", "name"),
    ("Organization", "Organizations", "name", "name"),
    ("CareTeam", "Care teams of the patient", "-_lastUpdated", ""),
];

#[derive(Template)]
#[template(path = "consents.html")]
struct ConsentsPage {
    shell: Shell,
    banner: Banner,
    problem: String,
    rows: Vec<Row>,
    may_write: bool,
    find: String,
    /// From whom to choose: what a list is called, and references with names.
    recipients: Vec<(&'static str, Vec<(String, String)>)>,
    /// Visits to choose from: id and words.
    visits: Vec<(String, String)>,
    form: ConsentForm,
}

/// A Consent in words.
struct Row {
    id: String,
    since: String,
    is_active: bool,
    /// From whom, and what.
    kept: Vec<(String, String)>,
    /// Elements that would make it narrower and are not understood.
    not_understood: String,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    find: String,
}

/// A new directive.
#[derive(Deserialize, Default)]
pub(crate) struct ConsentForm {
    /// Whose record the form was shown for.
    #[serde(default)]
    patient: String,
    /// From whom; `programs`: from programs that work by themselves; `health-plans`: from programs of those.
    #[serde(default)]
    from: String,
    /// What: the name of a part, or `visit/` and the id of one.
    #[serde(default)]
    part: String,
}

const PROGRAMS: &str = "programs";
const HEALTH_PLANS: &str = "health-plans";
const VISIT: &str = "visit/";

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        page(session, &patient, StatusCode::OK, String::new(), &asked.find, ConsentForm::default())
    })
    .await
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Form(form): Form<ConsentForm>,
) -> Response {
    with_session(app, headers, move |session| {
        if form.patient != patient {
            let problem = patients::OTHER_PATIENT.to_owned();
            return page(session, &patient, StatusCode::CONFLICT, problem, "", ConsentForm::default());
        }
        match keep(session, &patient, &form) {
            Ok(()) => Ok(Redirect::to(&format!("/p/{patient}/consents")).into_response()),
            Err(Error::Request { message, .. }) => {
                page(session, &patient, StatusCode::UNPROCESSABLE_ENTITY, message, "", form)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

pub(crate) async fn end(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, consent)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| {
        let key = record::bundle::key(type_named("Consent")?, &consent)?;
        let found = session.read(&key)?;
        let document = found.document().ok_or_else(Failure::bug)?;
        if patient_of(&document) != Some(format!("Patient/{patient}")) {
            return Err(Failure::not_found("This consent is not of this patient."));
        }
        let ended = directive::ended(&document);
        let expect = Expect::Version(found.version());
        let action = WriteAction::Update { target: Target::Key(key), resource: ended.root(), expect };
        session.write(WriteRequest { action, full_url: None })?;
        Ok(Redirect::to(&format!("/p/{patient}/consents")).into_response())
    })
    .await
}

/// Writes a directive down.
fn keep(session: &Session, patient: &str, form: &ConsentForm) -> Result<(), Error> {
    let mistake = |field: &str, how: &str| Error::request(field, how);
    let what = match form.part.strip_prefix(VISIT) {
        Some(visit) if is_of_patient(session, visit, patient)? => What::Visit(visit),
        Some(_) => return Err(mistake("part", "this visit is not of this patient")),
        None => What::Part(
            directive::part(&form.part).ok_or_else(|| mistake("part", "choose what is to be kept"))?,
        ),
    };
    let from = match form.from.as_str() {
        "" => return Err(mistake("from", "choose from whom")),
        PROGRAMS => Recipient::Programs,
        HEALTH_PLANS => Recipient::HealthPlans,
        somebody => Recipient::Named(vec![somebody.to_owned()]),
    };
    let since = instant(session.record().now_ms()).to_string();
    let consent = directive::consent(patient, &from, &what, &since);
    let type_id = type_named("Consent").map_err(|_| mistake("", "there are no Consents here"))?;
    let action = WriteAction::Create { type_id, resource: consent.root(), unless: None };
    session.write(WriteRequest { action, full_url: None }).map(|_| ())
}

fn page(
    session: &Session,
    patient: &str,
    status: StatusCode,
    problem: String,
    find: &str,
    form: ConsentForm,
) -> Result<Response, Failure> {
    let banner = patients::shown(session, patient)?;
    let consent = type_named("Consent")?;
    let found = session.find(consent, &[("patient", &format!("Patient/{patient}")), ("_count", "200")])?;
    let documents = found.matches.iter().filter_map(record::Resource::document);
    let rows = documents.map(|document| row(session, &document)).collect::<Result<Vec<_>, Failure>>()?;
    let may_write = session.may_create(consent);
    let (mut recipients, mut visits_of) = (Vec::new(), Vec::new());
    if may_write {
        visits_of = visits(session, patient)?;
        for one in RECIPIENTS {
            let found = recipients_of(session, patient, one, find)?;
            recipients.extend((!found.is_empty()).then_some((one.1, found)));
        }
    }
    let find = find.to_owned();
    let shell = Shell::of(Some(session));
    let page =
        ConsentsPage { shell, banner, problem, rows, may_write, find, recipients, visits: visits_of, form };
    Ok((status, html(&page)?).into_response())
}

fn row(session: &Session, consent: &Document) -> Result<Row, Failure> {
    let root = consent.root();
    let text = |name: &str| root.get_str(name).unwrap_or_default().into_owned();
    let directives = Directive::read(consent, session.record().base_url());
    let mut kept = Vec::new();
    for one in &directives {
        let from = match &one.from {
            Recipient::Programs => "programs that work by themselves".to_owned(),
            Recipient::HealthPlans => "programs of health plans".to_owned(),
            Recipient::Named(named) => {
                let names = named.iter().map(|name| name_of(session, name));
                names.collect::<Result<Vec<_>, _>>()?.join(", ")
            }
        };
        kept.push((from, in_words(session, &one.what)?));
    }
    let not_understood: Vec<&str> =
        directives.iter().flat_map(|one| &one.not_understood).map(String::as_str).collect();
    Ok(Row {
        id: text("id"),
        since: words::date(text("dateTime").get(..10).unwrap_or_default()),
        is_active: !directives.is_empty(),
        kept,
        not_understood: not_understood.join(", "),
    })
}

/// A part of a record in words: one of those of the form, or its types, resources and labels.
fn in_words(session: &Session, part: &Part) -> Result<String, Failure> {
    let types: Vec<&str> = part.types.iter().map(|type_id| type_id.name()).collect();
    let labels: Vec<&str> = part.labels.iter().filter_map(|label| label.rsplit('|').next()).collect();
    let known = PARTS.iter().find(|known| part.resources.is_empty() && known.is_of(&types, &labels));
    if let Some(known) = known {
        return Ok(known.words.to_owned());
    }
    let resources = part.resources.iter().map(|kept| kept_in_words(session, kept));
    let resources = resources.collect::<Result<Vec<_>, _>>()?;
    let named = types.into_iter().map(str::to_owned).chain(resources);
    let marked = labels.into_iter().map(|label| format!("what is marked {label}"));
    Ok(named.chain(marked).collect::<Vec<_>>().join(", "))
}

fn kept_in_words(session: &Session, kept: &Kept) -> Result<String, Failure> {
    let name = match read(session, &format!("{}/{}", kept.type_id.name(), kept.id))? {
        Some(visit) if kept.type_id.name() == "Encounter" => visit_in_words(&Visit::read(&visit)),
        _ => format!("{}/{}", kept.type_id.name(), kept.id),
    };
    Ok(match kept.meaning {
        Meaning::Instance => name,
        Meaning::Related => format!("{name} and what it refers to"),
        Meaning::Dependents => format!("{name} and all that was done in it"),
    })
}

fn visit_in_words(visit: &Visit) -> String {
    format!("the visit of {}: {}", words::date(&visit.date), visit.kind)
}

/// The latest visits of a patient.
fn visits(session: &Session, patient: &str) -> Result<Vec<(String, String)>, Failure> {
    let of = format!("Patient/{patient}");
    let asked = [("patient", of.as_str()), ("_sort", "-date"), ("_count", VISITS_SHOWN)];
    let encounter = type_named("Encounter")?;
    if !session.may_search(encounter) {
        return Ok(Vec::new());
    }
    let found = session.find(encounter, &asked)?;
    let visits = found.matches.iter().filter_map(record::Resource::document).map(|one| Visit::read(&one));
    Ok(visits.map(|visit| (visit.id.clone(), visit_in_words(&visit))).collect())
}

/// Whether a visit is of a patient.
fn is_of_patient(session: &Session, visit: &str, patient: &str) -> Result<bool, Error> {
    let encounter =
        type_named("Encounter").map_err(|_| Error::request("part", "there are no visits here"))?;
    let of = format!("Patient/{patient}");
    Ok(!session.find(encounter, &[("_id", visit), ("patient", &of)])?.matches.is_empty())
}

/// Those of a kind to choose from: reference and name.
fn recipients_of(
    session: &Session,
    patient: &str,
    (type_name, _, order, by_name): (&str, &str, &str, &str),
    find: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let (type_id, of) = (type_named(type_name)?, format!("Patient/{patient}"));
    if !session.may_search(type_id) {
        return Ok(Vec::new());
    }
    let mut asked = vec![("_count", EACH_SHOWN), ("_sort", order)];
    match by_name {
        "" => asked.push(("patient", &of)),
        _ if find.trim().is_empty() => {}
        parameter => asked.push((parameter, find.trim())),
    }
    let found = session.find(type_id, &asked)?;
    let named = |one: &record::Resource| Some((one.key().to_string(), name(&one.document()?)));
    Ok(found.matches.iter().filter_map(named).collect())
}

/// The name of somebody of the record, or their reference when they may not be seen.
fn name_of(session: &Session, reference: &str) -> Result<String, Failure> {
    Ok(read(session, reference)?.map_or_else(|| reference.to_owned(), |one| name(&one)))
}

/// A resource by its name; `None` when it may not be seen, or is not there.
fn read(session: &Session, reference: &str) -> Result<Option<Document>, Failure> {
    let key = reference
        .split_once('/')
        .and_then(|(type_name, id)| record::bundle::key(schema().resource_named(type_name)?, id).ok());
    let Some(key) = key else { return Ok(None) };
    match session.read(&key) {
        Ok(found) => Ok(found.document()),
        Err(Error::NotFound(_) | Error::Gone { .. } | Error::Denied(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn name(document: &Document) -> String {
    let root = document.root();
    // Organizations and teams are called by a text.
    if let Some(name) = root.get_str("name").filter(|name| !name.is_empty()) {
        return name.into_owned();
    }
    let whole = |name: Node<'_>| {
        let parts = ["prefix", "given"].into_iter().flat_map(|part| name.each_of(part).collect::<Vec<_>>());
        let parts = parts.filter_map(|part| Some(part.as_str()?.into_owned()));
        let family = name.get_str("family").map(std::borrow::Cow::into_owned);
        let text = parts.chain(family).collect::<Vec<_>>().join(" ");
        if text.is_empty() { name.get_str("text").unwrap_or_default().into_owned() } else { text }
    };
    let named = root.each_of("name").next().map(whole).filter(|name| !name.is_empty());
    named.unwrap_or_else(|| root.get_str("id").unwrap_or_default().into_owned())
}

fn patient_of(consent: &Document) -> Option<String> {
    Some(consent.root().get("patient")?.get_str("reference")?.into_owned())
}
