//! Which program asks: the ways by which it shows that it is itself (RFC 6749 §2.3, RFC 7523).

use super::client::{Client, ClientState, Proof};
use super::clients::Clients;
use super::key_set::{ALGORITHMS, KeySet};
use super::{assertion, is_secret, refuse};
use crate::IdentityError;
use record::Session;

/// What a request says of the program that sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Only its id.
    Id(String),
    /// Its id and its secret.
    Secret(String, String),
    /// A token that it signed; with the id that the request names beside, if any.
    Assertion(String, Option<String>),
}

impl Shown {
    /// The id of the program, as it says itself.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Id(id) | Self::Secret(id, _) => Some(id.clone()),
            Self::Assertion(token, _) => assertion::claimed_client(token),
        }
    }
}

/// Finds the program and checks that it is itself. `keys` are those at the address that it registered, when it did.
///
/// # Errors
/// `invalid_client`; it is not told whether there is such a program.
pub fn check(session: &Session, shown: &Shown, keys: Option<&KeySet>) -> Result<Client, IdentityError> {
    let unknown = || refuse("invalid_client", "the client is unknown, suspended, or its proof is wrong");
    let Some(client) = shown.id().map(|id| Clients::new(session).find(&id)).transpose()?.flatten() else {
        return unknown();
    };
    if client.state != ClientState::Active {
        return unknown();
    }
    match (&client.proof, shown) {
        (Proof::None, Shown::Id(_)) => {}
        (Proof::Secret(kept), Shown::Secret(_, secret)) if is_secret(secret, kept) => {}
        (Proof::Keys(_) | Proof::KeysAt(_), Shown::Assertion(_, Some(id))) if *id != client.id => {
            return refuse("invalid_client", "client_id is not the one of the assertion");
        }
        (Proof::Keys(set), Shown::Assertion(token, _)) => {
            assertion::check(session, &client, token, &KeySet::parse(set, &ALGORITHMS)?)?;
        }
        (Proof::KeysAt(_), Shown::Assertion(token, _)) => match keys {
            Some(keys) => assertion::check(session, &client, token, keys)?,
            None => {
                return refuse("invalid_client", "the client's keys could not be fetched from their address");
            }
        },
        _ => return unknown(),
    }
    Ok(client)
}
