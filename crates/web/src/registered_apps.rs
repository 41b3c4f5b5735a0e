//! The apps that the practice knows: add, change, suspend. For administrators.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use identity::IdentityError;
use identity::oauth::clients::secret_proof;
use identity::oauth::{Client, ClientState, Clients, Endpoints, Proof};
use record::Session;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "registered_apps.html")]
struct RegisteredPage {
    shell: Shell,
    problem: String,
    /// The app that was just registered or given a new secret: its id, and the secret if it has one.
    told: Option<(String, String, String)>,
    apps: Vec<Client>,
    form: AppForm,
    roles: Vec<String>,
    fhir: String,
}

#[derive(Template)]
#[template(path = "registered_app.html")]
struct RegisteredAppPage {
    shell: Shell,
    problem: String,
    app: Client,
    form: AppForm,
}

/// What the forms send.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct AppForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    redirect_uris: String,
    #[serde(default)]
    launch_uri: String,
    #[serde(default)]
    scopes: String,
    #[serde(default)]
    keys: String,
    #[serde(default)]
    role: String,
    /// Whose app it is; empty: nobody's.
    #[serde(default)]
    organization: String,
}

/// What was done: the app with its secret, if it was told one.
type Done = Result<Option<(Client, Option<String>)>, IdentityError>;

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| page(session, Ok(None), AppForm::default())).await
}

pub(crate) async fn add(State(app): State<App>, headers: HeaderMap, Form(form): Form<AppForm>) -> Response {
    with_session(app, headers, move |session| {
        let added = described(&form).and_then(|(client, secret)| {
            let client = Clients::new(session).add(client)?;
            Ok(Some((client, secret)))
        });
        let form = if added.is_ok() { AppForm::default() } else { form };
        page(session, added, form)
    })
    .await
}

pub(crate) async fn show_one(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    with_session(app, headers, move |session| one(session, &id, None)).await
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(form): Form<AppForm>,
) -> Response {
    with_session(app, headers, move |session| {
        let keys = keys(&form);
        let changed = keys.and_then(|keys| {
            Clients::new(session).change(&id, |client| {
                client.name = form.name.trim().to_owned();
                client.redirect_uris = lines(&form.redirect_uris);
                client.launch_uri = text(&form.launch_uri);
                client.scopes = lines(&form.scopes).join(" ");
                client.organization = text(&form.organization);
                if let (Proof::Keys(_) | Proof::KeysAt(_), Some(keys)) = (&client.proof, &keys) {
                    client.proof = keys.clone();
                }
            })
        });
        match changed {
            Ok(client) => page(session, Ok(Some((client, None))), AppForm::default()),
            Err(IdentityError::Mistake(problem)) => one(session, &id, Some((problem, form))),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

pub(crate) async fn suspend(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    act(app, headers, move |clients| clients.suspend(&id).map(|_| None)).await
}

pub(crate) async fn resume(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    act(app, headers, move |clients| clients.resume(&id).map(|_| None)).await
}

pub(crate) async fn renew_secret(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    act(app, headers, move |clients| {
        clients.renew_secret(&id).map(|(client, secret)| Some((client, Some(secret))))
    })
    .await
}

async fn act(
    app: App,
    headers: HeaderMap,
    work: impl FnOnce(&Clients<'_>) -> Done + Send + 'static,
) -> Response {
    with_session(app, headers, move |session| page(session, work(&Clients::new(session)), AppForm::default()))
        .await
}

/// The app that a form describes, and its secret if it has one.
fn described(form: &AppForm) -> Result<(Client, Option<String>), IdentityError> {
    let (proof, secret) = match form.kind.as_str() {
        "secret" => {
            let (secret, proof) = secret_proof();
            (proof, Some(secret))
        }
        "key" | "service" => match keys(form)? {
            Some(keys) => (keys, None),
            None => {
                return Err(IdentityError::Mistake(
                    "Give the app's public keys, or their address.".to_owned(),
                ));
            }
        },
        _ => (Proof::None, None),
    };
    let client = Client {
        id: String::new(),
        name: form.name.trim().to_owned(),
        proof,
        redirect_uris: lines(&form.redirect_uris),
        launch_uri: text(&form.launch_uri),
        scopes: lines(&form.scopes).join(" "),
        role: (form.kind == "service").then(|| form.role.clone()),
        organization: text(&form.organization),
        state: ClientState::Active,
        made_ms: 0,
    };
    Ok((client, secret))
}

/// The public keys: a set, or the address of one.
fn keys(form: &AppForm) -> Result<Option<Proof>, IdentityError> {
    match form.keys.trim() {
        "" => Ok(None),
        url if url.starts_with("https://") || url.starts_with("http://") => {
            Ok(Some(Proof::KeysAt(url.to_owned())))
        }
        set => match serde_json::from_str(set) {
            Ok(set) => Ok(Some(Proof::Keys(set))),
            Err(_) => Err(IdentityError::Mistake("The keys are neither JSON nor an address.".to_owned())),
        },
    }
}

fn lines(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn text(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn page(session: &Session, done: Done, form: AppForm) -> Result<Response, Failure> {
    session.require_administrator()?;
    let (status, problem, told) = match done {
        Ok(told) => (StatusCode::OK, String::new(), told),
        Err(IdentityError::Mistake(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem, None),
        Err(error) => return Err(error.into()),
    };
    let page = RegisteredPage {
        shell: Shell::of(Some(session)),
        problem,
        told: told.map(|(client, secret)| (client.name, client.id, secret.unwrap_or_default())),
        apps: Clients::new(session).all()?,
        form,
        roles: session.record().roles(),
        fhir: Endpoints::of(session.record()).fhir,
    };
    Ok((status, html(&page)?).into_response())
}

fn one(session: &Session, id: &str, refused: Option<(String, AppForm)>) -> Result<Response, Failure> {
    session.require_administrator()?;
    let app = Clients::new(session).find(id)?;
    let app = app.ok_or_else(|| Failure::not_found("There is no such app."))?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (problem, form) = refused.unwrap_or_else(|| (String::new(), filled(&app)));
    let page = RegisteredAppPage { shell: Shell::of(Some(session)), problem, app, form };
    Ok((status, html(&page)?).into_response())
}

fn filled(app: &Client) -> AppForm {
    let keys = match &app.proof {
        Proof::Keys(set) => set.to_string(),
        Proof::KeysAt(url) => url.clone(),
        Proof::None | Proof::Secret(_) => String::new(),
    };
    AppForm {
        name: app.name.clone(),
        kind: String::new(),
        redirect_uris: app.redirect_uris.join("\n"),
        launch_uri: app.launch_uri.clone().unwrap_or_default(),
        scopes: app.scopes.clone(),
        keys,
        role: app.role.clone().unwrap_or_default(),
        organization: app.organization.clone().unwrap_or_default(),
    }
}

impl RegisteredAppPage {
    fn has_secret(&self) -> bool {
        matches!(self.app.proof, Proof::Secret(_))
    }

    fn has_keys(&self) -> bool {
        matches!(self.app.proof, Proof::Keys(_) | Proof::KeysAt(_))
    }

    fn is_suspended(&self) -> bool {
        self.app.state == ClientState::Suspended
    }
}
