//! A person decides what a program may do: which patient, which kinds of data, for how long.

use crate::App;
use crate::authorize::{read, unfit_page};
use crate::cookie::SESSION;
use crate::failure::Failure;
use crate::page::{encoded, harden_forms, html, with_session};
use crate::patients::{self, Row};
use crate::scope_words;
use crate::shell::Shell;
use access::Scope;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use identity::IdentityError;
use identity::oauth::authorization::Decision;
use identity::oauth::{AuthorizationRequest, ScopeList, Word, address};
use record::Session;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    shell: Shell,
    app: String,
    /// Where the person is sent afterwards, for them to recognise.
    host: String,
    patient: Option<Banner>,
    may_choose_patient: bool,
    lines: Vec<Line>,
    is_identity_wanted: bool,
    is_person_wanted: bool,
    is_offline_wanted: bool,
    is_online_wanted: bool,
    /// The program's parameters, as it sent them.
    request: String,
    request_encoded: String,
}

/// One thing that is asked for.
struct Line {
    /// What the form sends when it is let.
    value: String,
    what: String,
    doing: &'static str,
    whose: &'static str,
    only: String,
    /// The kinds to choose from when all are asked for.
    kinds: Vec<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "choose_patient.html")]
struct ChoosePatientPage {
    shell: Shell,
    app: String,
    request: String,
    q: String,
    found: Vec<Row>,
    has_more: bool,
}

/// What the person sent, by name.
struct Sent(Vec<(String, String)>);

impl Sent {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, RawForm(sent): RawForm) -> Response {
    with_request(app, headers, sent, |session, request, sent| {
        match patient(session, request, sent.get("patient"))? {
            Chosen::Nobody => choose(session, request, sent),
            Chosen::None => page(session, request, sent, None),
            Chosen::One(id) => page(session, request, sent, Some(&id)),
        }
    })
    .await
}

pub(crate) async fn decide(State(app): State<App>, headers: HeaderMap, RawForm(sent): RawForm) -> Response {
    let cookie = SESSION.read(&headers, app.record.base_url()).unwrap_or_default();
    with_request(app, headers, sent, move |session, request, sent| {
        let to = match sent.get("decision") {
            "allow" => {
                let patient = match patient(session, request, sent.get("patient"))? {
                    Chosen::Nobody => return choose(session, request, sent),
                    Chosen::None => None,
                    Chosen::One(id) => Some(patients::shown(session, &id)?.id),
                };
                let scopes = let_scopes(request, sent);
                let session_name = record::credential::hash(&cookie);
                let decision = Decision { scopes, patient, session: session_name };
                if decision.scopes.is_empty() {
                    request.refused(session)
                } else {
                    request.grant(session, &decision)?
                }
            }
            _ => request.refused(session),
        };
        Ok(harden_forms(Redirect::to(&to).into_response(), &address::source(&request.redirect_uri)))
    })
    .await
}

/// Runs a page's work with what the program asked for, which the person's form carries.
async fn with_request(
    app: App,
    headers: HeaderMap,
    sent: Bytes,
    work: impl FnOnce(&Session, &AuthorizationRequest, &Sent) -> Result<Response, Failure> + Send + 'static,
) -> Response {
    with_session(app, headers, move |session| {
        let sent = Sent(read(&sent));
        match AuthorizationRequest::read(session, &read(sent.get("request").as_bytes()))? {
            Ok(request) => work(session, &request, &sent),
            Err(unfit) => unfit_page(unfit),
        }
    })
    .await
}

/// Which patient's record the program is to be given.
enum Chosen {
    /// It wants none.
    None,
    /// It wants one, and none is chosen yet.
    Nobody,
    /// This one.
    One(String),
}

fn patient(session: &Session, request: &AuthorizationRequest, asked: &str) -> Result<Chosen, Failure> {
    if let Some(found) = &request.launch {
        if !found.is_of(session) {
            let message =
                "The app was opened from a chart by somebody else. Sign in as them, or open it again.";
            return Err(IdentityError::Mistake(message.to_owned()).into());
        }
        return Ok(Chosen::One(found.launch.patient.clone()));
    }
    if !request.wants_patient() {
        return Ok(Chosen::None);
    }
    Ok(match own_record(session) {
        Some(own) => Chosen::One(own.to_owned()),
        None if asked.is_empty() => Chosen::Nobody,
        None => Chosen::One(asked.to_owned()),
    })
}

/// The id of the patient who is signed in: they let programs into their own record, and into no other.
fn own_record(session: &Session) -> Option<&str> {
    let person = session.actor().person.as_ref().filter(|person| person.type_id().name() == "Patient");
    person.map(access::Person::id)
}

fn choose(session: &Session, request: &AuthorizationRequest, sent: &Sent) -> Result<Response, Failure> {
    let q = sent.get("q").to_owned();
    let request_encoded = encoded(sent.get("request"));
    let leads_to = format!("/oauth/consent?request={request_encoded}&patient=");
    let (found, has_more) = patients::find(session, &q, &leads_to)?;
    html(&ChoosePatientPage {
        shell: Shell::of(Some(session)),
        app: request.client.name.clone(),
        request: sent.get("request").to_owned(),
        q,
        found,
        has_more,
    })
}

fn page(
    session: &Session,
    request: &AuthorizationRequest,
    sent: &Sent,
    patient: Option<&str>,
) -> Result<Response, Failure> {
    let patient = patient.map(|id| patients::shown(session, id)).transpose()?;
    let source = address::source(&request.redirect_uri);
    let scopes = &request.scopes;
    let page = ConsentPage {
        shell: Shell::of(Some(session)),
        app: request.client.name.clone(),
        host: source.split("://").last().unwrap_or_default().to_owned(),
        may_choose_patient: patient.is_some() && request.launch.is_none() && own_record(session).is_none(),
        patient,
        lines: scopes.resources().enumerate().map(|(index, scope)| line(index, scope)).collect(),
        is_identity_wanted: scopes.has_any(&[Word::OpenId, Word::FhirUser, Word::Profile]),
        is_person_wanted: scopes.has(Word::OpenId) && scopes.has(Word::FhirUser),
        is_offline_wanted: scopes.has(Word::OfflineAccess),
        is_online_wanted: scopes.has(Word::OnlineAccess),
        request: sent.get("request").to_owned(),
        request_encoded: encoded(sent.get("request")),
    };
    Ok(harden_forms((StatusCode::OK, html(&page)?).into_response(), &source))
}

fn line(index: usize, scope: &Scope) -> Line {
    let choices = scope_words::KINDS.iter().take(scope_words::CHOICES);
    let (what, kinds) = match scope.type_id() {
        Some(type_id) => (scope_words::kind(type_id.name()).to_owned(), Vec::new()),
        None => {
            let kinds = choices.map(|(name, words)| (format!("{index}:{name}"), *words)).collect();
            ("everything in the record".to_owned(), kinds)
        }
    };
    Line {
        value: index.to_string(),
        what,
        doing: scope_words::doing(scope),
        whose: scope_words::whose(scope),
        only: scope_words::only(scope),
        kinds,
    }
}

/// What the person let: of scopes over every type perhaps only some types.
fn let_scopes(request: &AuthorizationRequest, sent: &Sent) -> ScopeList {
    let ticked: Vec<&str> = sent.all("scope").collect();
    let scopes = request.scopes.with_resources(|index, scope| {
        if !ticked.contains(&index.to_string().as_str()) {
            return Vec::new();
        }
        let prefix = format!("{index}:");
        let kinds: Vec<&str> = ticked.iter().filter_map(|value| value.strip_prefix(&prefix)).collect();
        let is_some = scope.type_id().is_none() && kinds.len() < scope_words::CHOICES;
        match is_some {
            true => kinds.into_iter().filter_map(|kind| scope_words::of_type(scope, kind)).collect(),
            false => vec![scope.clone()],
        }
    });
    match sent.get("offline") {
        "yes" => scopes,
        _ => scopes.without(&[Word::OfflineAccess]),
    }
}
