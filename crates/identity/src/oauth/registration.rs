//! A program registers by itself (RFC 7591), where the practice's settings let it.

use super::client::{Client, ClientState, Proof};
use super::clients::{Clients, secret_proof};
use super::{new_secret, refuse};
use crate::{IdentityError, mistake};
use record::Session;
use record::credential::hash;
use record::private_documents::DocumentChange;
use serde_json::{Value, json};

/// Whether programs may register by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// No.
    #[default]
    Off,
    /// Those to whom an administrator gave a token for it, which is good once.
    ByToken,
    /// All, for people only.
    Open,
}

impl Registration {
    /// Reads `off`, `token` or `open`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::Off),
            "token" => Some(Self::ByToken),
            "open" => Some(Self::Open),
            _ => None,
        }
    }
}

const SPACE: &str = "oauth-registration-token";
/// How long a token for a registration holds, in milliseconds: two weeks.
const VALID_MS: i64 = 14 * 24 * 3_600_000;

/// Makes a token with which one program may register; it is kept nowhere. For administrators.
pub fn invite(session: &Session) -> Result<String, IdentityError> {
    session.require_administrator()?;
    let token = new_secret();
    let until = (session.record().now_ms() + VALID_MS).to_string();
    let made =
        DocumentChange { space: SPACE, key: hash(&token), before: None, after: Some(until.into_bytes()) };
    match session.change_documents(vec![made], "an app may register")? {
        true => Ok(token),
        false => mistake("The token could not be made. Try again."),
    }
}

/// Registers a program as it describes itself (RFC 7591 §2); gives what it is told (§3.2.1).
///
/// # Errors
/// `access_denied` where the settings do not let it, `invalid_token`, `invalid_redirect_uri`, `invalid_client_metadata`.
pub fn register(
    session: &Session,
    how: Registration,
    token: Option<&str>,
    described: &Value,
) -> Result<Value, IdentityError> {
    match how {
        Registration::Off => {
            return refuse("access_denied", "apps are registered by the practice's administrator");
        }
        Registration::ByToken => use_token(session, token)?,
        Registration::Open => {}
    }
    let (client, secret) = read(described)?;
    let client = match Clients::new(session).put_new(client) {
        Err(IdentityError::Mistake(what)) if what.contains("address") => {
            return refuse("invalid_redirect_uri", what);
        }
        Err(IdentityError::Mistake(what)) => return refuse("invalid_client_metadata", what),
        done => done?,
    };
    let mut answer = json!({
        "client_id": client.id, "client_id_issued_at": client.made_ms / 1000, "client_name": client.name,
        "redirect_uris": client.redirect_uris, "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": client.allowed().to_string(),
        "token_endpoint_auth_method": method(&client.proof),
    });
    match (&client.proof, secret) {
        (_, Some(secret)) => {
            answer["client_secret"] = secret.into();
            answer["client_secret_expires_at"] = 0.into();
        }
        (Proof::Keys(keys), None) => answer["jwks"] = keys.clone(),
        (Proof::KeysAt(url), None) => answer["jwks_uri"] = url.as_str().into(),
        _ => {}
    }
    if let Some(url) = &client.launch_uri {
        answer["initiate_login_uri"] = url.as_str().into();
    }
    Ok(answer)
}

fn method(proof: &Proof) -> &'static str {
    match proof {
        Proof::None => "none",
        Proof::Secret(_) => "client_secret_basic",
        Proof::Keys(_) | Proof::KeysAt(_) => "private_key_jwt",
    }
}

/// The program, and its secret if it is to have one.
fn read(described: &Value) -> Result<(Client, Option<String>), IdentityError> {
    let text = |name: &str| described.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| -> Option<Vec<String>> {
        let all = described.get(name)?.as_array()?.iter();
        all.map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let unfit = |what: &str| refuse("invalid_client_metadata", what);
    let grants = list("grant_types").unwrap_or_default();
    if grants.iter().any(|one| !["authorization_code", "refresh_token"].contains(&one.as_str())) {
        return unfit(
            "grant_types may be authorization_code and refresh_token; others are registered by the administrator",
        );
    }
    let mut secret = None;
    let proof = match text("token_endpoint_auth_method").as_deref() {
        Some("none") => Proof::None,
        None | Some("client_secret_basic" | "client_secret_post") => {
            let (made, proof) = secret_proof();
            secret = Some(made);
            proof
        }
        Some("private_key_jwt") => match (described.get("jwks"), text("jwks_uri")) {
            (Some(keys), None) => Proof::Keys(keys.clone()),
            (None, Some(url)) => Proof::KeysAt(url),
            _ => return unfit("give jwks or jwks_uri"),
        },
        Some(_) => {
            return unfit(
                "token_endpoint_auth_method may be none, client_secret_basic, client_secret_post, private_key_jwt",
            );
        }
    };
    let client = Client {
        id: String::new(),
        name: text("client_name").unwrap_or_else(|| "An app without a name".to_owned()),
        proof,
        redirect_uris: list("redirect_uris").unwrap_or_default(),
        launch_uri: text("initiate_login_uri").or_else(|| text("launch_uri")),
        scopes: text("scope").unwrap_or_default(),
        role: None,
        organization: None,
        state: ClientState::Active,
        made_ms: 0,
    };
    Ok((client, secret))
}

fn use_token(session: &Session, token: Option<&str>) -> Result<(), IdentityError> {
    let unknown =
        || refuse("invalid_token", "send a token for the registration that the administrator has made");
    let Some(token) = token else { return unknown() };
    let key = hash(token);
    let Some(content) = session.record().private_document(SPACE, &key)? else { return unknown() };
    let until = std::str::from_utf8(&content).ok().and_then(|text| text.parse::<i64>().ok());
    let used = DocumentChange::removal(SPACE, key, content);
    let is_first = session.change_documents(vec![used], "a token for a registration is used")?;
    match is_first && until.is_some_and(|until| until > session.record().now_ms()) {
        true => Ok(()),
        false => unknown(),
    }
}
