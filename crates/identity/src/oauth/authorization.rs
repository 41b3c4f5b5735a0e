//! A program asks a person for leave (RFC 6749 §4.1, RFC 7636, RFC 9207, SMART App Launch 2.2): what it asks is checked, and
//! what the person decides becomes a grant and a code.

use super::address::with_parameters;
use super::client::{Client, ClientState};
use super::clients::Clients;
use super::endpoints::Endpoints;
use super::grant::{Code, Grant, Holder};
use super::grants::Grants;
use super::launch::{self, Found};
use super::new_secret;
use super::scope_list::{ScopeList, Word};
use crate::{IdentityError, mistake};
use access::scope::Context;
use record::Session;
use record::credential::hash;

/// How long a code holds, in milliseconds.
const CODE_MS: i64 = 60_000;

/// What a program asks for, checked.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// The program.
    pub client: Client,
    /// Where the browser goes back to.
    pub redirect_uri: String,
    /// What it asks for, less what it may not have.
    pub scopes: ScopeList,
    /// What was open when it was opened from a chart.
    pub launch: Option<Found>,
    state: Option<String>,
    challenge: String,
    nonce: Option<String>,
}

/// Why a program's request cannot be shown to a person.
#[derive(Debug)]
pub enum Unfit {
    /// To be told to the person: where the program is, is not known for sure.
    Told(String),
    /// To be told to the program: the browser is to go to this address.
    SentBack(String),
}

/// What a person decided.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// What they let the program have; within what it asked for.
    pub scopes: ScopeList,
    /// The id of the patient whose record it is given.
    pub patient: Option<String>,
    /// The name of the page session in which it was decided.
    pub session: String,
}

impl AuthorizationRequest {
    /// Reads a request from its parameters.
    pub fn read(
        session: &Session,
        parameters: &[(String, String)],
    ) -> Result<Result<Self, Unfit>, IdentityError> {
        let get = |name: &str| {
            parameters
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
                .filter(|v| !v.is_empty())
        };
        let told = |what: &str| Ok(Err(Unfit::Told(what.to_owned())));
        let Some(client) = get("client_id").map(|id| Clients::new(session).find(id)).transpose()?.flatten()
        else {
            return told("The app that sent you here is not registered with this practice.");
        };
        if client.state != ClientState::Active {
            return told("The app that sent you here has been suspended by this practice.");
        }
        let redirect_uri = match get("redirect_uri") {
            Some(uri) if client.redirect_uris.iter().any(|known| known == uri) => uri.to_owned(),
            _ => {
                return told(
                    "The app that sent you here gave an address to come back to that is not registered.",
                );
            }
        };
        let state = get("state").map(str::to_owned);
        let endpoints = Endpoints::of(session.record());
        let back = |code: &'static str, what: &str| {
            let url = error_url(&endpoints, &redirect_uri, state.as_deref(), (code, what));
            Ok(Err(Unfit::SentBack(url)))
        };
        if let Some((code, what)) = unfit(parameters, &get, &endpoints) {
            return back(code, what);
        }
        let asked = ScopeList::parse(get("scope").unwrap_or_default());
        let launch = match get("launch") {
            Some(handle) => match launch::find(session.record(), &client, handle)? {
                Some(found) => Some(found),
                None => {
                    return back(
                        "invalid_request",
                        "launch is unknown, used or over; open the app from a chart again",
                    );
                }
            },
            None if asked.has(Word::Launch) => {
                return back(
                    "invalid_request",
                    "the scope launch needs the parameter launch; without it ask for launch/patient",
                );
            }
            None => None,
        };
        let scopes = asked.within(&client.allowed()).with_resources(|_, scope| match scope.context() {
            Context::System => Vec::new(),
            _ => vec![scope.clone()],
        });
        if scopes.is_empty() {
            return back("invalid_scope", "none of the scopes is known and allowed for this client");
        }
        let challenge = get("code_challenge").unwrap_or_default().to_owned();
        let nonce = get("nonce").map(str::to_owned);
        Ok(Ok(Self { client, redirect_uri, scopes, launch, state, challenge, nonce }))
    }

    /// Whether the program wants one patient's record.
    pub fn wants_patient(&self) -> bool {
        let of_patient = self.scopes.resources().any(|scope| scope.context() == Context::Patient);
        of_patient || self.scopes.has_any(&[Word::LaunchPatient, Word::Launch])
    }

    /// Where the browser goes when the person says no.
    pub fn refused(&self, session: &Session) -> String {
        self.error_url(session, ("access_denied", "the person does not let the app in"))
    }

    /// Where the browser goes when something is wrong that shows only later.
    pub fn error_url(&self, session: &Session, error: (&'static str, &str)) -> String {
        error_url(&Endpoints::of(session.record()), &self.redirect_uri, self.state.as_deref(), error)
    }

    /// Keeps what the person decided; gives where the browser goes, with a code.
    pub fn grant(&self, session: &Session, decision: &Decision) -> Result<String, IdentityError> {
        let record = session.record();
        if !decision
            .scopes
            .resources()
            .all(|scope| self.scopes.resources().any(|asked| scope.is_within(asked)))
            || Word::ALL.iter().any(|word| decision.scopes.has(*word) && !self.scopes.has(*word))
        {
            return mistake("More was let than the app asked for.");
        }
        let (id, code, now_ms) = (record.new_id(), new_secret(), record.now_ms());
        let person = session.actor().person.as_ref();
        let is_encounter_wanted = decision.scopes.has_any(&[Word::Launch, Word::LaunchEncounter]);
        let encounter = self.launch.as_ref().and_then(|found| found.launch.encounter.clone());
        let grant = Grant {
            id: id.clone(),
            client: self.client.id.clone(),
            holder: Holder::of(session.actor()),
            // Who is nobody in the record cannot be named.
            scopes: decision
                .scopes
                .without(if person.is_some() { &[] } else { &[Word::FhirUser] })
                .to_string(),
            patient: decision.patient.clone(),
            encounter: encounter.filter(|_| is_encounter_wanted),
            made_ms: now_ms,
            used_ms: now_ms,
            code: Some(Code {
                hash: hash(&code),
                challenge: self.challenge.clone(),
                redirect_uri: self.redirect_uri.clone(),
                nonce: self.nonce.clone(),
                expires_ms: now_ms + CODE_MS,
                is_used: false,
            }),
            refresh: super::token::promised(&decision.scopes, &decision.session),
            tokens: Vec::new(),
        };
        let grants = Grants::new(session);
        let used = self.launch.iter().map(Found::used).collect();
        let what = format!("app {} is let in", self.client.id);
        if !grants.put(None, &grant, used, &what)? {
            return mistake("This app was opened already. Open it again from the chart.");
        }
        grants.forget_dead()?;
        let endpoints = Endpoints::of(record);
        let code = format!("{id}.{code}");
        Ok(answer_url(&endpoints, &self.redirect_uri, self.state.as_deref(), &[("code", &code)]))
    }
}

/// Whether a parameter is there twice (RFC 6749 §3.1, §3.2: it must not be).
pub fn is_repeated(parameters: &[(String, String)]) -> bool {
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// What of the parameters does not fit, with the code that says so.
fn unfit<'a>(
    parameters: &'a [(String, String)],
    get: &dyn Fn(&str) -> Option<&'a str>,
    endpoints: &Endpoints,
) -> Option<(&'static str, &'static str)> {
    let audience = get("aud").or(get("resource"));
    let is_challenge = |text: &str| {
        text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let is_long = parameters.iter().any(|(_, value)| value.len() > 8192);
    let rows = [
        (is_repeated(parameters), "invalid_request", "a parameter is there twice"),
        (is_long, "invalid_request", "a parameter is too long"),
        (get("response_type").is_none(), "invalid_request", "response_type is missing; send code"),
        (get("response_type") != Some("code"), "unsupported_response_type", "response_type must be code"),
        (
            get("response_mode").is_some_and(|mode| mode != "query"),
            "invalid_request",
            "response_mode must be query",
        ),
        (get("request").is_some(), "request_not_supported", "send the parameters plain"),
        (get("request_uri").is_some(), "request_uri_not_supported", "send the parameters plain"),
        (get("state").is_none(), "invalid_request", "state is missing; send an unpredictable value"),
        (audience.is_none(), "invalid_request", "aud is missing; send the address of the FHIR API"),
        (
            audience.is_some_and(|aud| !endpoints.is_fhir(aud)),
            "invalid_request",
            "aud is not the address of this FHIR API",
        ),
        (get("code_challenge").is_none(), "invalid_request", "code_challenge is missing: PKCE is required"),
        (
            get("code_challenge_method") != Some("S256"),
            "invalid_request",
            "code_challenge_method must be S256",
        ),
        (
            !get("code_challenge").is_some_and(is_challenge),
            "invalid_request",
            "code_challenge is no SHA-256 in base64url",
        ),
        (get("prompt") == Some("none"), "interaction_required", "the person must be asked"),
    ];
    rows.into_iter().find(|(is_so, _, _)| *is_so).map(|(_, code, what)| (code, what))
}

fn error_url(endpoints: &Endpoints, to: &str, state: Option<&str>, (code, what): (&str, &str)) -> String {
    answer_url(endpoints, to, state, &[("error", code), ("error_description", what)])
}

/// An answer to the program, with what it sent and who answers.
fn answer_url(endpoints: &Endpoints, to: &str, state: Option<&str>, answer: &[(&str, &str)]) -> String {
    let mut parameters = answer.to_vec();
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", &endpoints.issuer));
    with_parameters(to, &parameters)
}
