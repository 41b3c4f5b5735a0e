//! The key that identity tokens are signed with: RS256, which OpenID Connect Core §15.1 demands of every provider.
//!
//! `rsa` looks for the two primes, once; everything that is done with the key afterwards is done by `ring`.

use super::signed_token::{SignedToken, message};
use super::to_base64;
use crate::{IdentityError, mistake};
use access::Actor;
use record::private_documents::DocumentChange;
use record::{Origin, Record};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use serde_json::{Value, json};
use std::sync::Arc;

const SPACE: &str = "oauth-signing-key";
const CURRENT: &str = "current";
const BITS: usize = 2048;

/// The key of this installation.
pub struct SigningKey {
    pair: RsaKeyPair,
    id: String,
}

impl SigningKey {
    /// The key, which is made when somebody needs it for the first time.
    pub fn of(record: &Arc<Record>) -> Result<Self, IdentityError> {
        if let Some(kept) = record.private_document(SPACE, CURRENT)? {
            return Self::read(&kept);
        }
        let made =
            RsaPrivateKey::new(&mut SystemRandomness, BITS).ok().and_then(|key| key.to_pkcs8_der().ok());
        let Some(made) = made else { return mistake("No key could be made to sign with.") };
        let made = made.as_bytes().to_vec();
        let actor = Actor { id: "chiron".to_owned(), name: "Chiron".to_owned(), ..Actor::default() };
        let session = record.session(actor, Origin { address: String::new(), way: "rest" });
        let put =
            DocumentChange { space: SPACE, key: CURRENT.to_owned(), before: None, after: Some(made.clone()) };
        match session.change_documents(vec![put], "a key to sign identity tokens with is made")? {
            true => Self::read(&made),
            // Another process was first.
            false => Self::of(record),
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, IdentityError> {
        let Ok(pair) = RsaKeyPair::from_pkcs8(bytes) else {
            return mistake("The key to sign with is damaged.");
        };
        let public: PublicKeyComponents<Vec<u8>> = pair.public().into();
        let id = blake3::hash(&public.n).to_hex()[..16].to_owned();
        Ok(Self { pair, id })
    }

    /// The public half, as a set (RFC 7517 §5).
    pub fn public(&self) -> Value {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": to_base64(&n), "e": to_base64(&e) }] })
    }

    /// Whether it signed a token.
    pub fn has_signed(&self, token: &SignedToken<'_>) -> bool {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        token.algorithm == "RS256"
            && token.key_id == self.id
            && public.verify(&RSA_PKCS1_2048_8192_SHA256, token.message, &token.signature).is_ok()
    }

    /// Signs claims.
    pub fn sign(&self, claims: &Value) -> Result<String, IdentityError> {
        let message = message(&json!({ "alg": "RS256", "kid": self.id, "typ": "JWT" }), claims);
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let signed =
            self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        match signed {
            Ok(()) => Ok(format!("{message}.{}", to_base64(&signature))),
            Err(_) => mistake("The identity token could not be signed."),
        }
    }
}

/// The randomness of the operating system, as `rsa` takes it.
pub(super) struct SystemRandomness;

impl RngCore for SystemRandomness {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for SystemRandomness {}
