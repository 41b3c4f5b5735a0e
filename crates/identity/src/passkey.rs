//! Passkeys (Web Authentication Level 3): a key pair that a device keeps and uses after it has seen that it is its person.
//!
//! The device signs a challenge that is good once, for minutes, and for one site. What signs and what is checked is the work
//! of `webauthn_rp`; here is which site, which account, and what is kept.

use crate::account::Account;
use crate::{IdentityError, mistake};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle,
    Username,
};
use webauthn_rp::request::{
    AsciiDomain, ExtensionInfo, FixedCapHashSet, InsertResult, PublicKeyCredentialDescriptor, RpId,
};
use webauthn_rp::response::auth::{DiscoverableAuthentication, NonDiscoverableAuthentication};
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions,
    PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
};

/// Ceremonies that are open at a time, of each kind; each ends by itself after five minutes.
const OPEN_MAX: usize = 50_000;
/// Passkeys of one account.
const EACH_MAX: usize = 20;
/// Bytes of an answer: the largest keys and a few extensions are a tenth of it.
const ANSWER_BYTES: usize = 64 << 10;

/// An account's id as authenticators keep it: the bytes of a UUID say nothing of the person (§14.6.1).
type Handle = UserHandle<16>;
type PublicKey = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

/// A passkey, as it can be checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passkey {
    /// The credential id, which the authenticator made.
    id: Vec<u8>,
    /// What its person calls it.
    pub name: String,
    /// The public key, and what was settled when it was made.
    fixed: Vec<u8>,
    /// What changes with use, the signature counter above all.
    changing: Vec<u8>,
    /// How the authenticator is reached.
    transports: u8,
    /// When it was added, in milliseconds since 1970.
    pub added_ms: i64,
    /// When it was used last.
    pub used_ms: Option<i64>,
}

impl Passkey {
    /// What stands for it in forms.
    pub fn key(&self) -> String {
        self.id.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn descriptor(&self) -> Option<PublicKeyCredentialDescriptor<Vec<u8>>> {
        let id = CredentialId::<Vec<u8>>::decode(self.id.clone()).ok()?;
        Some(PublicKeyCredentialDescriptor { id, transports: AuthTransports::decode(self.transports).ok()? })
    }
}

/// Where passkeys hold: what browsers call the site and the origin of its pages.
#[derive(Debug)]
pub struct Site {
    id: RpId,
    origin: String,
}

impl Site {
    /// The site of a URL; `None` where browsers have no passkeys: at a bare address, or without TLS (§5.1.3, §5.1.4).
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?.to_lowercase();
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse::<u16>().ok()?),
            None => (authority.as_str(), 0),
        };
        let (usual, is_secure) = match scheme {
            "https" => (443, true),
            "http" => (80, host == "localhost"),
            _ => return None,
        };
        let is_name = host.rsplit('.').next()?.bytes().any(|byte| byte.is_ascii_alphabetic());
        if !is_secure || !is_name {
            return None;
        }
        let id = RpId::Domain(AsciiDomain::try_from(host.to_owned()).ok()?);
        let port = if port == 0 || port == usual { String::new() } else { format!(":{port}") };
        Some(Self { id, origin: format!("{scheme}://{host}{port}") })
    }
}

/// The ceremonies of a site that are open: challenges that were given out and not used. In memory, for whoever asks for one
/// need not have signed in; another process knows nothing of them.
#[derive(Debug)]
pub struct Ceremonies {
    site: Site,
    additions: Mutex<FixedCapHashSet<RegistrationServerState<16>>>,
    uses: Mutex<FixedCapHashSet<DiscoverableAuthenticationServerState>>,
}

fn lock<T>(open: &Mutex<T>) -> MutexGuard<'_, T> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A use of a passkey that was answered: whose it would be, before anything is checked.
#[derive(Debug)]
pub struct Answer {
    answer: DiscoverableAuthentication<16>,
    /// The id of the account that the authenticator names.
    pub account: String,
}

impl Answer {
    /// Reads what a browser sends (AuthenticationResponseJSON); `None` when it is no such thing.
    pub fn read(json: &str) -> Option<Self> {
        let json = Some(json).filter(|json| json.len() <= ANSWER_BYTES)?;
        // The library takes an answer without user for a discoverable one, and panics when it is asked for the user.
        let any = NonDiscoverableAuthentication::<16>::from_json_relaxed(json.as_bytes()).ok()?;
        any.response().user_handle()?;
        let answer = DiscoverableAuthentication::<16>::from_json_relaxed(json.as_bytes()).ok()?;
        let account = uuid::Uuid::from_bytes(answer.response().user_handle().encode().ok()?).to_string();
        Some(Self { answer, account })
    }
}

impl Ceremonies {
    /// None yet, for a site.
    pub fn new(site: Site) -> Self {
        let (additions, uses) = (FixedCapHashSet::new(OPEN_MAX), FixedCapHashSet::new(OPEN_MAX));
        Self { site, additions: Mutex::new(additions), uses: Mutex::new(uses) }
    }

    /// Begins to add a passkey to an account; gives what the browser is to be told (PublicKeyCredentialCreationOptionsJSON).
    pub fn begin_addition(&self, account: &Account) -> Result<String, IdentityError> {
        if account.passkeys.len() >= EACH_MAX {
            return mistake(format!("An account has at most {EACH_MAX} passkeys. Remove one first."));
        }
        let Some(handle) = handle(&account.id) else { return mistake("This account cannot have passkeys.") };
        let shown = if account.sign_in_name.is_empty() { &account.name } else { &account.sign_in_name };
        let Ok(name) = Username::try_from(shown.as_str()) else {
            return mistake("Take a sign-in name of letters, digits, dots or hyphens, such as ida.ames.");
        };
        let display_name = Nickname::try_from(account.name.as_str()).ok();
        let user = PublicKeyCredentialUserEntity { name, id: &handle, display_name };
        let others = account.passkeys.iter().filter_map(Passkey::descriptor).collect();
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.site.id, user, others);
        // What cannot be protected so, as the keys that computers and phones keep, is checked on each use all the same.
        options.extensions.cred_protect =
            CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (open, told) =
            options.start_ceremony().map_err(|error| IdentityError::Mistake(error.to_string()))?;
        keep(lock(&self.additions).insert_or_replace_all_expired(open))?;
        Ok(serde_json::to_string(&told).expect("options are JSON"))
    }

    /// Ends it: what the browser answered (RegistrationResponseJSON) becomes a passkey of the account.
    pub fn add(
        &self,
        account: &Account,
        (name, json): (&str, &str),
        now_ms: i64,
    ) -> Result<Passkey, IdentityError> {
        let refused = || IdentityError::Mistake("This passkey was not accepted. Try again.".to_owned());
        let json = Some(json).filter(|json| json.len() <= ANSWER_BYTES).ok_or_else(refused)?;
        let answer = Registration::from_json_relaxed(json.as_bytes()).map_err(|_| refused())?;
        let challenge = answer.challenge_relaxed().map_err(|_| refused())?;
        let Some(open) = lock(&self.additions).take(&challenge) else {
            return mistake("That took too long. Try again.");
        };
        let origins = [self.site.origin.as_str()];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = open.verify(&self.site.id, &answer, &options).map_err(|_| refused())?;
        if Some(made.user_id()) != handle(&account.id).as_ref() {
            return Err(refused());
        }
        let name = name.trim();
        let Ok(fixed) = made.static_state().encode();
        let Ok(changing) = made.dynamic_state().encode();
        let Ok(transports) = made.transports().encode();
        Ok(Passkey {
            id: made.id().as_ref().to_vec(),
            name: if name.is_empty() { "Passkey".to_owned() } else { name.chars().take(60).collect() },
            fixed,
            changing: changing.to_vec(),
            transports,
            added_ms: now_ms,
            used_ms: None,
        })
    }

    /// Begins to use a passkey, whosever it is (PublicKeyCredentialRequestOptionsJSON).
    pub fn begin_use(&self) -> Result<String, IdentityError> {
        let begun = DiscoverableCredentialRequestOptions::passkey(&self.site.id).start_ceremony();
        let (open, told) = begun.map_err(|error| IdentityError::Mistake(error.to_string()))?;
        keep(lock(&self.uses).insert_or_replace_all_expired(open))?;
        Ok(serde_json::to_string(&told).expect("options are JSON"))
    }

    /// Ends it: whether a passkey of this account signed, with its person seen to. The account's passkey is then as it is after
    /// use, and to be put. An error says what is wrong, for the audit log.
    pub fn check(&self, account: &mut Account, answer: &Answer, now_ms: i64) -> Result<(), String> {
        let answer = &answer.answer;
        let challenge = answer.challenge_relaxed().map_err(|_| "an unreadable challenge".to_owned())?;
        let open = lock(&self.uses).take(&challenge).ok_or("a challenge that was used or is over")?;
        let id = answer.raw_id();
        let passkey = account.passkeys.iter_mut().find(|one| one.id == id.as_ref());
        let passkey = passkey.ok_or("a passkey that is not the account's")?;
        let handle = handle(&account.id).ok_or("an account without handle")?;
        let unreadable = || "a passkey that cannot be read".to_owned();
        let fixed = StaticState::<PublicKey>::decode(&passkey.fixed).map_err(|_| unreadable())?;
        let changing = passkey.changing.as_slice().try_into().map_err(|_| unreadable())?;
        let changing = DynamicState::decode(changing).map_err(|_| unreadable())?;
        let mut known =
            AuthenticatedCredential::new(id, &handle, fixed, changing).map_err(|_| unreadable())?;
        let origins = [self.site.origin.as_str()];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        open.verify(&self.site.id, answer, &mut known, &options).map_err(|error| error.to_string())?;
        let Ok(changing) = known.dynamic_state().encode();
        passkey.changing = changing.to_vec();
        passkey.used_ms = Some(now_ms);
        Ok(())
    }
}

fn keep(inserted: InsertResult) -> Result<(), IdentityError> {
    match inserted {
        InsertResult::Success => Ok(()),
        _ => mistake("Too many people sign in at the moment. Try again in a few minutes."),
    }
}

fn handle(account: &str) -> Option<Handle> {
    let Ok(handle) = Handle::decode(*uuid::Uuid::parse_str(account).ok()?.as_bytes());
    Some(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_hold_where_browsers_have_them() {
        let origin = |url| Site::of_url(url).map(|site| (site.id.as_ref().to_owned(), site.origin));
        let is = |id: &str, origin: &str| Some((id.to_owned(), origin.to_owned()));
        assert_eq!(origin("https://emr.example.org/fhir"), is("emr.example.org", "https://emr.example.org"));
        assert_eq!(origin("https://EMR.example.org:443/"), is("emr.example.org", "https://emr.example.org"));
        assert_eq!(origin("https://e.example:8443"), is("e.example", "https://e.example:8443"));
        assert_eq!(origin("http://localhost:8080/fhir"), is("localhost", "http://localhost:8080"));
        for without in
            ["http://emr.example.org", "https://10.0.0.1/fhir", "https://[::1]:8080", "ftp://a.b", ""]
        {
            assert!(Site::of_url(without).is_none(), "{without}");
        }
    }
}
