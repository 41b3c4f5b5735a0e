//! What a patient keeps from others: the directives of their Consents in words, a form for a new one, and their end.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, type_named, with_session};
use crate::shell::Shell;
use crate::{patients, words};
use access::Directive;
use access::consent::Part;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::directive::{self, PARTS};
use fhir::schema::schema;
use fhir::{Document, Node};
use record::resource::instant;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Error, Expect, Session};
use serde::Deserialize;

/// Members of staff to choose from at a time.
const STAFF_SHOWN: &str = "50";

#[derive(Template)]
#[template(path = "consents.html")]
struct ConsentsPage {
    shell: Shell,
    banner: Banner,
    problem: String,
    rows: Vec<Row>,
    may_write: bool,
    find: String,
    staff: Vec<(String, String)>,
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
    /// From whom; `programs`: from programs that work by themselves.
    #[serde(default)]
    from: String,
    #[serde(default)]
    part: String,
}

const PROGRAMS: &str = "programs";

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
    let part = directive::part(&form.part).ok_or_else(|| mistake("part", "choose what is to be kept"))?;
    let from = match form.from.as_str() {
        "" => return Err(mistake("from", "choose from whom")),
        PROGRAMS => None,
        somebody => Some(somebody),
    };
    let since = instant(session.record().now_ms()).to_string();
    let consent = directive::consent(patient, from, part, &since);
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
    let staff = if may_write { staff(session, find)? } else { Vec::new() };
    let find = find.to_owned();
    let shell = Shell::of(Some(session));
    let page = ConsentsPage { shell, banner, problem, rows, may_write, find, staff, form };
    Ok((status, html(&page)?).into_response())
}

fn row(session: &Session, consent: &Document) -> Result<Row, Failure> {
    let root = consent.root();
    let text = |name: &str| root.get_str(name).unwrap_or_default().into_owned();
    let directives = Directive::read(consent, session.record().base_url());
    let mut kept = Vec::new();
    for one in &directives {
        let mut names = Vec::new();
        for from in &one.from {
            names.push(name_of(session, from)?);
        }
        let from =
            if names.is_empty() { "programs that work by themselves".to_owned() } else { names.join(", ") };
        kept.push((from, in_words(&one.what)));
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

/// A part of a record in words: one of those of the form, or its types and labels.
fn in_words(part: &Part) -> String {
    let types: Vec<&str> = part.types.iter().map(|type_id| type_id.name()).collect();
    let labels: Vec<&str> = part.labels.iter().filter_map(|label| label.rsplit('|').next()).collect();
    let known = PARTS.iter().find(|known| part.resources.is_empty() && known.is_of(&types, &labels));
    if let Some(known) = known {
        return known.words.to_owned();
    }
    let resources: Vec<String> =
        part.resources.iter().map(|(of, id)| format!("{}/{id}", of.name())).collect();
    let named = types.into_iter().map(str::to_owned).chain(resources);
    let marked = labels.into_iter().map(|label| format!("what is marked {label}"));
    named.chain(marked).collect::<Vec<_>>().join(", ")
}

/// Members of staff to choose from: reference and name.
fn staff(session: &Session, find: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut asked = vec![("_count", STAFF_SHOWN), ("_sort", "family")];
    if !find.trim().is_empty() {
        asked.push(("name", find.trim()));
    }
    let found = session.find(type_named("Practitioner")?, &asked)?;
    let named = |one: &record::Resource| Some((one.key().to_string(), name(&one.document()?)));
    Ok(found.matches.iter().filter_map(named).collect())
}

/// The name of somebody of the record, or their reference when they may not be seen.
fn name_of(session: &Session, reference: &str) -> Result<String, Failure> {
    let key = reference
        .split_once('/')
        .and_then(|(type_name, id)| record::bundle::key(schema().resource_named(type_name)?, id).ok());
    let Some(key) = key else { return Ok(reference.to_owned()) };
    match session.read(&key) {
        Ok(found) => Ok(found.document().map(|one| name(&one)).unwrap_or_default()),
        Err(Error::NotFound(_) | Error::Gone { .. } | Error::Denied(_)) => Ok(reference.to_owned()),
        Err(error) => Err(error.into()),
    }
}

fn name(document: &Document) -> String {
    let root = document.root();
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
