//! An order, with an authorization for each of its names (RFC 8555 §7.1.3 to §7.1.6).

use super::signed_request::decode;
use super::signer::Signer;
use serde_json::{Value, json};
use std::time::Duration;

/// An order.
pub struct Order {
    number: usize,
    authorizations: Vec<Authorization>,
    /// The chain that it got, in PEM.
    pub certificate: Option<String>,
}

/// Whether a name was found to lead to whoever orders.
struct Authorization {
    host: String,
    token: String,
    /// What came of the look at it; nothing yet.
    outcome: Option<Result<(), String>>,
}

impl Order {
    /// The order of an account.
    pub fn new(number: usize, account: usize, payload: &Value) -> Self {
        let identifiers = payload["identifiers"].as_array().cloned().unwrap_or_default();
        let authorization = |(at, identifier): (usize, &Value)| Authorization {
            host: identifier["value"].as_str().unwrap_or_default().to_owned(),
            token: format!("token-{account}-{number}-{at}"),
            outcome: None,
        };
        let authorizations = identifiers.iter().enumerate().map(authorization).collect();
        Self { number, authorizations, certificate: None }
    }

    /// The host and the token of a proof that is to be looked for.
    pub fn sought(&self, at: usize) -> Option<(String, String)> {
        let authorization = self.authorizations.get(at).filter(|one| one.outcome.is_none())?;
        Some((authorization.host.clone(), authorization.token.clone()))
    }

    /// Notes what came of the look at a proof.
    pub fn write_down(&mut self, at: usize, outcome: Result<(), String>) {
        self.authorizations[at].outcome = Some(outcome);
    }

    fn status(&self) -> &'static str {
        let outcomes = || self.authorizations.iter().map(|one| &one.outcome);
        match () {
            () if self.certificate.is_some() => "valid",
            () if outcomes().any(|outcome| matches!(outcome, Some(Err(_)))) => "invalid",
            () if outcomes().all(|outcome| matches!(outcome, Some(Ok(())))) => "ready",
            () => "pending",
        }
    }

    /// Signs the certificate, if all names are proven.
    pub fn finalize(&mut self, payload: &Value, signer: &Signer, lifetime: Duration) -> Result<(), String> {
        if self.status() != "ready" {
            return Err(format!("the order is {}", self.status()));
        }
        let request = payload["csr"].as_str().and_then(decode).ok_or("there is no request")?;
        let hosts: Vec<String> = self.authorizations.iter().map(|one| one.host.clone()).collect();
        self.certificate = Some(signer.sign(&request, &hosts, lifetime)?);
        Ok(())
    }

    /// It as its account sees it.
    pub fn shown(&self, base_url: &str) -> Value {
        let number = self.number;
        let count = self.authorizations.len();
        let identifiers: Vec<Value> =
            self.authorizations.iter().map(|one| json!({ "type": "dns", "value": one.host })).collect();
        let authorizations: Vec<String> =
            (0..count).map(|at| format!("{base_url}/authorization/{number}/{at}")).collect();
        let mut shown = json!({
            "status": self.status(),
            "identifiers": identifiers,
            "authorizations": authorizations,
            "finalize": format!("{base_url}/finalize/{number}"),
        });
        if self.certificate.is_some() {
            shown["certificate"] = format!("{base_url}/certificate/{number}").into();
        }
        shown
    }

    /// One of its authorizations, with the proofs that may be given.
    pub fn authorization_shown(&self, base_url: &str, at: usize) -> Value {
        let authorization = &self.authorizations[at];
        let challenge = self.challenge_shown(base_url, at);
        let status =
            if challenge["status"] == "processing" { json!("pending") } else { challenge["status"].clone() };
        // Two are offered, as by authorities that there are.
        let other = json!({ "type": "http-01", "url": format!("{base_url}/other/{at}"), "token": "x", "status": "pending" });
        json!({
            "identifier": { "type": "dns", "value": authorization.host },
            "status": status,
            "challenges": [other, challenge],
        })
    }

    /// The proof that is asked for.
    pub fn challenge_shown(&self, base_url: &str, at: usize) -> Value {
        let authorization = &self.authorizations[at];
        let url = format!("{base_url}/challenge/{}/{at}", self.number);
        let mut shown =
            json!({ "type": "tls-alpn-01", "url": url, "token": authorization.token, "status": "pending" });
        match &authorization.outcome {
            None => {}
            Some(Ok(())) => shown["status"] = "valid".into(),
            Some(Err(what)) => {
                shown["status"] = "invalid".into();
                shown["error"] = json!({ "type": "urn:ietf:params:acme:error:unauthorized", "detail": what, "status": 403 });
            }
        }
        shown
    }
}
