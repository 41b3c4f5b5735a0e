//! The identity provider: where people are sent to, and what they come back with.

use super::ceremony::{Ceremony, Purpose};
use super::id_token::{ALGORITHMS, Expected, Shown, check};
use super::metadata::{self, Metadata};
use super::transport::{Ask, Transport};
use crate::oauth::key_set::KeySet;
use crate::oauth::signed_token::SignedToken;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long what a provider says of itself is taken for what it was, in milliseconds.
const FRESH_MS: i64 = 3_600_000;
/// How soon its keys are fetched again when a key is not among them, in milliseconds.
const AGAIN_MS: i64 = 20_000;

/// What the practice says of its identity provider.
pub struct ProviderSettings {
    /// Its address, as it says it itself.
    pub issuer: String,
    /// What people call it.
    pub label: String,
    /// What it calls this server.
    pub client_id: String,
    /// What this server shows that it is itself by; `None` for a public client.
    pub secret: Option<String>,
    /// The claim that has a person's name there.
    pub name_claim: String,
    /// The ways of showing who one is (`acr`) of which one must be taken; empty: any.
    pub ways: Vec<String>,
}

/// The identity provider of the practice.
pub struct Provider {
    settings: ProviderSettings,
    /// Where people come back to.
    return_url: String,
    transport: Transport,
    known: Mutex<Option<Arc<Known>>>,
}

/// What was fetched of it.
struct Known {
    metadata: Metadata,
    keys: KeySet,
    fetched_ms: i64,
}

/// A way to the provider that begins.
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What it keeps meanwhile, and shows to nobody else.
    pub cookie: String,
}

/// Why nobody was shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unshown {
    /// The browser is on no such way, or not any more.
    #[error("it was not begun here")]
    NotBegun,
    /// The provider, or the person there, refused: by a code of RFC 6749 §4.1.2.1.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The provider cannot be asked, or what it says is wrong; nothing of it names a person.
    #[error("{0}")]
    Failed(String),
}

fn failed<T>(what: impl Into<String>) -> Result<T, Unshown> {
    Err(Unshown::Failed(what.into()))
}

impl Provider {
    /// A provider, from which people come back to an address of ours.
    pub fn new(settings: ProviderSettings, return_url: String, transport: Transport) -> Self {
        Self { settings, return_url, transport, known: Mutex::default() }
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Begins a way there.
    pub async fn begin(&self, purpose: Purpose, now_ms: i64) -> Result<Begun, Unshown> {
        let known = self.known(now_ms).await?;
        let ceremony = Ceremony::begin(purpose);
        let (state, nonce, challenge) = (ceremony.state(), ceremony.nonce(), ceremony.challenge());
        let ways = self.settings.ways.join(" ");
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.return_url),
            ("scope", scope(&self.settings.name_claim)),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !ways.is_empty() {
            fields.push(("acr_values", &ways));
        }
        if matches!(ceremony.purpose, Purpose::Confirm { .. }) {
            fields.extend([("prompt", "login"), ("max_age", "0")]);
        }
        let endpoint = &known.metadata.authorization_endpoint;
        let join = if endpoint.contains('?') { '&' } else { '?' };
        Ok(Begun { url: format!("{endpoint}{join}{}", form(&fields)), cookie: ceremony.cookie })
    }

    /// Receives who comes back, by what their browser kept and what the provider sent with them.
    pub async fn finish(
        &self,
        cookie: &str,
        answer: &[(String, String)],
        now_ms: i64,
    ) -> Result<(Purpose, Shown), Unshown> {
        let ceremony = Ceremony::of_cookie(cookie).ok_or(Unshown::NotBegun)?;
        let told = |name: &str| answer.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if told("state") != Some(&ceremony.state()) {
            return Err(Unshown::NotBegun);
        }
        let known = self.known(now_ms).await?;
        match told("iss") {
            Some(issuer) if issuer == self.settings.issuer => {}
            None if !known.metadata.names_itself => {}
            _ => return failed("the answer is of another issuer"),
        }
        if let Some(code) = told("error") {
            let is_word = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            return Err(Unshown::Refused(code.chars().filter(|letter| is_word(*letter)).take(60).collect()));
        }
        let Some(code) = told("code") else { return failed("the answer has no code") };
        let text = self.exchange(&known.metadata, code, &ceremony.verifier()).await?;
        let Some(token) = SignedToken::parse(&text) else {
            return failed("the token is no signed one with alg and kid");
        };
        let known = match known.keys.has(&token.key_id) {
            true => known,
            false => self.known_again(known, now_ms).await?,
        };
        let shown = check(&token, &known.keys, &self.expected(&ceremony, &ceremony.nonce()), now_ms / 1000);
        Ok((ceremony.purpose, shown.map_err(|what| Unshown::Failed(what.to_owned()))?))
    }

    fn expected<'a>(&'a self, ceremony: &Ceremony, nonce: &'a str) -> Expected<'a> {
        Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce,
            name_claim: &self.settings.name_claim,
            ways: &self.settings.ways,
            is_recent: matches!(ceremony.purpose, Purpose::Confirm { .. }),
        }
    }

    /// Exchanges a code for a token (RFC 6749 §4.1.3).
    async fn exchange(&self, metadata: &Metadata, code: &str, verifier: &str) -> Result<String, Unshown> {
        let client_id = self.settings.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.return_url),
            ("code_verifier", verifier),
        ];
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        match &self.settings.secret {
            Some(secret) if metadata.is_secret_in_form => {
                fields.extend([("client_id", client_id), ("client_secret", secret)]);
            }
            Some(secret) => {
                // Both are encoded as a form's values are (RFC 6749 §2.3.1).
                let pair = format!("{}:{}", encoded(client_id), encoded(secret));
                headers.push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))));
            }
            None => fields.push(("client_id", client_id)),
        }
        let ask = Ask { url: metadata.token_endpoint.clone(), headers, form: Some(form(&fields)) };
        let answer = self.ask(ask).await?;
        let told: Value = serde_json::from_slice(&answer)
            .map_err(|_| Unshown::Failed("what came for the code is not JSON".to_owned()))?;
        match told.get("id_token").and_then(Value::as_str) {
            Some(token) => Ok(token.to_owned()),
            None => failed("no id_token came for the code"),
        }
    }

    /// What the provider says of itself, fetched now or within the last hour.
    async fn known(&self, now_ms: i64) -> Result<Arc<Known>, Unshown> {
        let known = self.lock().clone().filter(|known| now_ms - known.fetched_ms < FRESH_MS);
        match known {
            Some(known) => Ok(known),
            None => self.fetch(now_ms).await,
        }
    }

    /// What it says now that it signs with a key that was not there.
    async fn known_again(&self, known: Arc<Known>, now_ms: i64) -> Result<Arc<Known>, Unshown> {
        match now_ms - known.fetched_ms < AGAIN_MS {
            true => Ok(known),
            false => self.fetch(now_ms).await,
        }
    }

    async fn fetch(&self, now_ms: i64) -> Result<Arc<Known>, Unshown> {
        let get = |url: &str| Ask { url: url.to_owned(), headers: Vec::new(), form: None };
        let said = self.ask(get(&metadata::address(&self.settings.issuer))).await?;
        let metadata = Metadata::read(&said, &self.settings.issuer).map_err(Unshown::Failed)?;
        let keys = self.ask(get(&metadata.keys_at)).await?;
        let keys: Value = serde_json::from_slice(&keys)
            .map_err(|_| Unshown::Failed("the provider's keys are not JSON".to_owned()))?;
        let keys = KeySet::parse(&keys, &ALGORITHMS).map_err(|error| Unshown::Failed(error.to_string()))?;
        let known = Arc::new(Known { metadata, keys, fetched_ms: now_ms });
        *self.lock() = Some(Arc::clone(&known));
        Ok(known)
    }

    async fn ask(&self, ask: Ask) -> Result<Vec<u8>, Unshown> {
        let place = ask.url.split('?').next().unwrap_or_default().to_owned();
        match (self.transport)(ask).await {
            Ok(told) if told.status == 200 => Ok(told.body),
            Ok(told) => failed(format!("{place} answered {}", told.status)),
            Err(what) => failed(format!("{place}: {what}")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked for, so that a claim is told (OpenID Connect Core §5.4).
fn scope(name_claim: &str) -> &'static str {
    match name_claim {
        "sub" => "openid",
        "email" => "openid email",
        _ => "openid profile",
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
