//! SMART App Launch 2.2.0, as far as it can be asked without a person at a browser: discovery, and programs that work by
//! themselves.

use super::{Question, Service};
use crate::client::{Client, Exchange, FORM, query};
use crate::finding::Check;
use anyhow::Result;
use hyper::Method;
use serde_json::Value;

/// The kind of assertion that a program shows.
const ASSERTION_KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// An origin that no server knows.
const ORIGIN: (&str, &str) = ("origin", "https://elsewhere.example.org");
/// What the registered program may do.
const SCOPE: &str = "system/*.rs";
/// The longest life of a token of a program, in seconds ("SHALL be short-lived", "no more than 300").
const LIFE_MAX_S: u64 = 300;

/// The server that is asked, and the program that is registered there, if one is.
pub struct Smart {
    /// Without a token.
    client: Client,
    /// With the token that may see all.
    bearer: Client,
    service: Option<Service>,
    /// The answer of `.well-known/smart-configuration`.
    configuration: Exchange,
    assertions: u32,
}

impl Smart {
    /// Reads the server's configuration.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn new(bearer: Client, service: Option<Service>) -> Result<Self> {
        let mut client = bearer.with_token(None)?;
        let configuration = client.get(".well-known/smart-configuration")?;
        Ok(Self { client, bearer, service, configuration, assertions: 0 })
    }

    fn text(&self, name: &str) -> &str {
        self.configuration.body[name].as_str().unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.configuration.body[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn has(&self, list: &str, name: &str) -> bool {
        self.list(list).contains(&name)
    }

    fn can(&self, capability: &str) -> bool {
        self.has("capabilities", capability)
    }

    /// Judges the configuration.
    fn see(&self, check: &mut Check, is_right: bool, expected: &str) {
        check.see(is_right, &self.configuration, expected);
    }

    /// What a program asks for a token with, each time with an id of its own. `None` when none is registered.
    fn claims(&mut self) -> Option<Value> {
        self.assertions += 1;
        let id = format!("conformance-{}", self.assertions);
        let audience = self.text("token_endpoint").to_owned();
        Some(self.service.as_ref()?.claims(&audience, &id))
    }

    fn sign(&self, claims: &Value) -> Result<String> {
        self.service.as_ref().map_or(Ok(String::new()), |service| service.sign(claims))
    }

    fn form(&mut self, endpoint: &str, fields: &[(&str, &str)]) -> Result<Exchange> {
        let place = self.text(endpoint).to_owned();
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.client.send(Method::POST, &place, &[("content-type", FORM)], &query(&fields))
    }

    fn token_by(&mut self, assertion: &str, scope: &str) -> Result<Exchange> {
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", scope),
            ("client_assertion_type", ASSERTION_KIND),
            ("client_assertion", assertion),
        ];
        self.form("token_endpoint", &fields)
    }

    /// A token's answer, of the registered program; `None` when none is registered.
    fn token(&mut self, scope: &str) -> Result<Option<Exchange>> {
        let Some(claims) = self.claims() else { return Ok(None) };
        let assertion = self.sign(&claims)?;
        self.token_by(&assertion, scope).map(Some)
    }
}

fn is_absolute(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn is_error(answer: &Exchange, error: &str) -> bool {
    [400, 401].contains(&answer.status) && answer.body["error"] == error
}

/// A question about the configuration alone.
macro_rules! configured {
    ($ids:expr, $name:expr, $test:expr) => {
        Question {
            ids: &$ids,
            name: $name,
            ask: |smart, check| {
                let test: fn(&Smart) -> bool = $test;
                smart.see(check, test(smart), $name);
                Ok(())
            },
        }
    };
}

/// A question about the token of a program that works by itself.
macro_rules! token {
    ($ids:expr, $name:expr, $test:expr) => {
        Question {
            ids: &$ids,
            name: $name,
            ask: |smart, check| {
                let test: fn(&Exchange) -> bool = $test;
                if let Some(answer) = smart.token(SCOPE)? {
                    check.see(test(&answer), &answer, $name);
                }
                Ok(())
            },
        }
    };
}

/// What is asked.
pub const QUESTIONS: &[Question<Smart>] = &[
    configured!([14, 394], "code_challenge_methods_supported has S256", |smart| smart
        .has("code_challenge_methods_supported", "S256")),
    configured!([15], "code_challenge_methods_supported has no plain", |smart| !smart
        .has("code_challenge_methods_supported", "plain")),
    configured!([30, 228, 372, 373], "200 with a JSON object", |smart| smart.configuration.status == 200
        && smart.configuration.body.is_object()),
    configured!([377, 380], "content-type application/json", |smart| smart
        .configuration
        .header("content-type")
        .starts_with("application/json")),
    configured!([378], "every endpoint is an absolute URL", |smart| {
        let fields = smart.configuration.body.as_object().into_iter().flatten();
        let mut endpoints = fields.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
        endpoints.all(|(_, url)| url.as_str().is_some_and(is_absolute))
    }),
    configured!([381], "issuer, where sso-openid-connect is", |smart| !smart.can("sso-openid-connect")
        || is_absolute(smart.text("issuer"))),
    configured!([382], "jwks_uri, where sso-openid-connect is", |smart| !smart.can("sso-openid-connect")
        || is_absolute(smart.text("jwks_uri"))),
    configured!([383], "authorization_endpoint, where a launch is", |smart| !(smart.can("launch-ehr")
        || smart.can("launch-standalone"))
        || is_absolute(smart.text("authorization_endpoint"))),
    configured!([384], "grant_types_supported", |smart| {
        let known = ["authorization_code", "client_credentials"];
        smart.list("grant_types_supported").iter().any(|kind| known.contains(kind))
    }),
    configured!([385, 286], "token_endpoint", |smart| is_absolute(smart.text("token_endpoint"))),
    configured!([393], "capabilities", |smart| !smart.list("capabilities").is_empty()),
    configured!([285], "capability client-confidential-asymmetric", |smart| smart
        .can("client-confidential-asymmetric")),
    configured!([287], "scopes_supported", |smart| !smart.list("scopes_supported").is_empty()),
    configured!([288], "token_endpoint_auth_methods_supported has private_key_jwt", |smart| smart
        .has("token_endpoint_auth_methods_supported", "private_key_jwt")),
    configured!([289], "token_endpoint_auth_signing_alg_values_supported has RS384 or ES384", |smart| {
        let name = "token_endpoint_auth_signing_alg_values_supported";
        smart.has(name, "RS384") || smart.has(name, "ES384")
    }),
    Question { ids: &[374], name: "JSON whatever is accepted", ask: json_always },
    Question { ids: &[16], name: "discovery is for any origin", ask: discovery_for_any_origin },
    Question {
        ids: &[48],
        name: "the authorization endpoint takes GET",
        ask: |smart, check| authorize(smart, check, Method::GET),
    },
    Question {
        ids: &[49, 354],
        name: "the authorization endpoint takes POST",
        ask: |smart, check| authorize(smart, check, Method::POST),
    },
    Question { ids: &[207], name: "keys are bare JWKs", ask: bare_keys },
    Question { ids: &[94, 265], name: "a token that is none is refused", ask: refused_token },
    Question { ids: &[95, 266], name: "a token's scope bounds what it reads", ask: scope_bounds },
    Question { ids: &[251], name: "an error is told as OAuth 2 has it", ask: oauth_error },
    token!([73, 84, 85, 253, 254], "200 with an access_token", |answer| answer.status == 200
        && answer.body["access_token"].as_str().is_some_and(|token| !token.is_empty())),
    token!([75, 255], "token_type bearer", |answer| answer.body["token_type"]
        .as_str()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))),
    token!([88, 256], "expires_in in seconds", |answer| answer.body["expires_in"].is_u64()),
    token!([78, 258], "scope", |answer| answer.body["scope"].as_str().is_some_and(|scope| !scope.is_empty())),
    token!([261], "expires_in of 300 at most", |answer| answer.body["expires_in"]
        .as_u64()
        .is_some_and(|life_s| life_s <= LIFE_MAX_S)),
    token!([86], "cache-control no-store", |answer| answer.header("cache-control").contains("no-store")),
    token!([87], "pragma no-cache", |answer| answer.header("pragma").contains("no-cache")),
    token!([249, 310, 357], "an assertion signed by ES384 is taken", |answer| answer.status == 200),
    Question {
        ids: &[335, 340],
        name: "another's signature is refused",
        ask: |smart, check| {
            let Some(claims) = smart.claims() else { return Ok(()) };
            let assertion = Service::new()?.sign(&claims)?;
            refused(smart, check, &assertion)
        },
    },
    Question { ids: &[336], name: "an assertion is taken once", ask: taken_once },
    Question {
        ids: &[337],
        name: "an unknown issuer is refused",
        ask: |smart, check| {
            let Some(mut claims) = smart.claims() else { return Ok(()) };
            claims["iss"] = "nobody".into();
            let assertion = smart.sign(&claims)?;
            refused(smart, check, &assertion)
        },
    },
    Question { ids: &[240, 241, 250], name: "no more scopes than the program has", ask: no_more_scopes },
    Question {
        ids: &[271, 272, 273, 274, 275, 276],
        name: "introspection tells active, scope, client_id and exp",
        ask: introspected,
    },
    Question { ids: &[282], name: "introspection takes a bearer token", ask: introspected_by_bearer },
];

fn json_always(smart: &mut Smart, check: &mut Check) -> Result<()> {
    for accepted in ["text/html", "application/fhir+xml"] {
        let place = ".well-known/smart-configuration";
        let answer = smart.client.send(Method::GET, place, &[("accept", accepted)], "")?;
        check.see(answer.status == 200 && answer.body.is_object(), &answer, "200 with a JSON object");
    }
    Ok(())
}

fn discovery_for_any_origin(smart: &mut Smart, check: &mut Check) -> Result<()> {
    for place in [".well-known/smart-configuration", "metadata"] {
        let answer = smart.client.send(Method::GET, place, &[ORIGIN], "")?;
        let allowed = answer.header("access-control-allow-origin");
        let is_right = [ORIGIN.1, "*"].contains(&allowed);
        check.judge(is_right, &answer.request, "access-control-allow-origin", || format!("'{allowed}'"));
    }
    Ok(())
}

/// A request of an unknown program is refused in words, not as a method that is not there.
fn authorize(smart: &mut Smart, check: &mut Check, method: Method) -> Result<()> {
    let place = smart.text("authorization_endpoint").to_owned();
    if place.is_empty() {
        return Ok(());
    }
    let form = "response_type=code&client_id=nobody";
    let answer = match method {
        Method::POST => smart.client.send(Method::POST, &place, &[("content-type", FORM)], form)?,
        other => smart.client.send(other, &format!("{place}?{form}"), &[], "")?,
    };
    let is_taken = ![404, 405, 501].contains(&answer.status) && answer.status < 500;
    check.see(is_taken, &answer, "an answer about the request, not about the method");
    Ok(())
}

fn bare_keys(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let place = smart.text("jwks_uri").to_owned();
    if !smart.can("sso-openid-connect") {
        return Ok(());
    }
    let answer = smart.client.get(&place)?;
    let keys: Vec<&Value> = answer.body["keys"].as_array().into_iter().flatten().collect();
    let is_bare =
        |key: &&Value| key["kty"].is_string() && key.get("x5c").is_none() && key.get("x5u").is_none();
    check.see(!keys.is_empty() && keys.iter().all(is_bare), &answer, "keys without certificates");
    Ok(())
}

fn refused_token(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let mut client = smart.client.with_token(Some("no-token-of-this-server"))?;
    let answer = client.get("Patient")?;
    check.see(answer.status == 401, &answer, "401");
    Ok(())
}

fn scope_bounds(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let Some(answer) = smart.token("system/Patient.rs")? else { return Ok(()) };
    let mut client = smart.client.with_token(answer.body["access_token"].as_str())?;
    let (allowed, other) = (client.get("Patient?_count=1")?, client.get("Observation?_count=1")?);
    check.see(allowed.status == 200, &allowed, "200, for a token of system/Patient.rs");
    check.see([401, 403].contains(&other.status), &other, "403, for a token of system/Patient.rs");
    Ok(())
}

fn oauth_error(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let answer = smart.form("token_endpoint", &[("grant_type", "nonsense")])?;
    let is_right = [400, 401].contains(&answer.status) && answer.body["error"].is_string();
    check.see(is_right, &answer, "400 or 401 with error");
    Ok(())
}

fn refused(smart: &mut Smart, check: &mut Check, assertion: &str) -> Result<()> {
    let answer = smart.token_by(assertion, SCOPE)?;
    check.see(is_error(&answer, "invalid_client"), &answer, "400 or 401 with error invalid_client");
    Ok(())
}

fn taken_once(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let Some(claims) = smart.claims() else { return Ok(()) };
    let assertion = smart.sign(&claims)?;
    let first = smart.token_by(&assertion, SCOPE)?;
    check.see(first.status == 200, &first, "200 the first time");
    refused(smart, check, &assertion)
}

fn no_more_scopes(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let Some(answer) = smart.token("system/*.cruds")? else { return Ok(()) };
    let is_narrowed = answer.status == 200 && answer.body["scope"] == SCOPE;
    check.see(
        is_narrowed || is_error(&answer, "invalid_scope"),
        &answer,
        "invalid_scope, or the scope that it has",
    );
    Ok(())
}

/// An introspection by the program's own assertion.
fn introspected(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let Some(token) = smart.token(SCOPE)? else { return Ok(()) };
    let Some(claims) = smart.claims() else { return Ok(()) };
    let assertion = smart.sign(&claims)?;
    let token = token.body["access_token"].as_str().unwrap_or_default();
    let shown = [("client_assertion_type", ASSERTION_KIND), ("client_assertion", assertion.as_str())];
    let answer = smart.form("introspection_endpoint", &[&[("token", token)], &shown[..]].concat())?;
    let about = &answer.body;
    let id = smart.service.as_ref().map(|service| service.id.as_str());
    let is_right = about["active"] == true
        && about["scope"] == SCOPE
        && about["client_id"].as_str() == id
        && about["exp"].is_u64();
    check.see(answer.status == 200 && is_right, &answer, "active, scope, client_id and exp");
    Ok(())
}

fn introspected_by_bearer(smart: &mut Smart, check: &mut Check) -> Result<()> {
    let Some(token) = smart.token(SCOPE)? else { return Ok(()) };
    let token = token.body["access_token"].as_str().unwrap_or_default().to_owned();
    let place = smart.text("introspection_endpoint").to_owned();
    let form = query(&[("token".to_owned(), token)]);
    let answer = smart.bearer.send(Method::POST, &place, &[("content-type", FORM)], &form)?;
    check.see(answer.status == 200 && answer.body["active"] == true, &answer, "200 with active true");
    Ok(())
}
