//! A program as the scenarios play it, with the person's browser.

use crate::harness::http::{Answer, Client};
use crate::harness::program;
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::Value;

/// Where the browser comes back to.
pub const BACK: &str = "https://app.example.org/callback";
/// What only the program knows.
pub const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0123456789";

/// A program that is registered.
pub struct App {
    pub id: String,
    pub secret: Option<String>,
}

impl App {
    /// Registers a program by the command.
    pub fn add(server: &Server, arguments: &[&str]) -> Self {
        let all = [&["app", "add", "Growth chart"], arguments].concat();
        let answer = program::succeed(server.data(), all);
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Self { id: text("id").unwrap(), secret: text("secret") }
    }

    /// One without a secret.
    pub fn public(server: &Server) -> Self {
        Self::add(server, &["--redirect", BACK])
    }

    /// One with a secret.
    pub fn confidential(server: &Server) -> Self {
        Self::add(server, &["--redirect", BACK, "--secret"])
    }

    /// What it asks for when all is right.
    pub fn asks(&self, server: &Server, scope: &str) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.id.clone()),
            ("redirect_uri", BACK.to_owned()),
            ("scope", scope.to_owned()),
            ("state", "some state".to_owned()),
            ("aud", fhir(server)),
            ("code_challenge", challenge(VERIFIER)),
            ("code_challenge_method", "S256".to_owned()),
        ]
    }

    /// A request to the token endpoint, in the program's own name.
    pub fn post(&self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
        match &self.secret {
            Some(secret) => {
                let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)));
                post_with(&mut server.client(), path, fields, &[("authorization", &basic)])
            }
            None => post(&mut server.client(), path, &[fields, &[("client_id", self.id.as_str())]].concat()),
        }
    }

    /// Tokens for a code.
    pub fn exchange(&self, server: &Server, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.post(server, "/oauth/token", &fields)
    }

    /// Tokens for a refresh token.
    pub fn refresh(&self, server: &Server, token: &str) -> Answer {
        self.post(server, "/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Tokens that a signed-in person lets it have, for a patient.
    pub fn tokens(&self, server: &Server, pages: &mut Client, scope: &str, patient: &str) -> Value {
        let code = code(&consent(pages, &self.asks(server, scope), patient, &|_| true));
        let answer = self.exchange(server, &code);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// The address of the FHIR API.
pub fn fhir(server: &Server) -> String {
    format!("http://{}/fhir", server.address())
}

/// What a program shows of a verifier.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Fields as a form.
pub fn form<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name.as_ref(), value.as_ref());
    }
    form.finish()
}

/// Sends a form.
pub fn post(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    post_with(client, path, fields, &[])
}

fn post_with(client: &mut Client, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    client.send("POST", path, &[headers, &[kind]].concat(), form(fields).as_bytes())
}

/// What a program asks for, sent by the browser: the first answer.
pub fn ask(client: &mut Client, asks: &[(&str, String)]) -> Answer {
    client.get(&format!("/oauth/authorize?{}", form(asks)))
}

/// The consent page to which the browser goes on by itself.
pub fn consent_page(pages: &mut Client, asks: &[(&str, String)], patient: &str) -> Answer {
    let first = ask(pages, asks);
    assert_eq!(first.status, 200, "{}", first.text());
    let to = between(&first.text(), "content=\"0; url=", "\"").replace("&amp;", "&").replace("&#38;", "&");
    assert!(to.starts_with("/oauth/consent?request="), "{to}");
    pages.get(&if patient.is_empty() { to } else { format!("{to}&patient={patient}") })
}

/// Lets a program have what is asked for, as far as `lets` says of each line of the page; gives where the browser is sent.
pub fn consent(
    pages: &mut Client,
    asks: &[(&str, String)],
    patient: &str,
    lets: &dyn Fn(&str) -> bool,
) -> String {
    let page = consent_page(pages, asks, patient);
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let request = form(asks);
    let mut fields = vec![("request", request.as_str()), ("decision", "allow")];
    if !patient.is_empty() {
        fields.push(("patient", patient));
    }
    let ticks: Vec<&str> =
        text.split("name=\"scope\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    fields.extend(ticks.into_iter().filter(|tick| lets(tick)).map(|tick| ("scope", tick)));
    if text.contains("name=\"offline\"") && lets("offline") {
        fields.push(("offline", "yes"));
    }
    let decided = post(pages, "/oauth/consent", &fields);
    assert_eq!(decided.status, 303, "{}", decided.text());
    decided.header("location").unwrap().to_owned()
}

/// A parameter of the address that a browser is sent to.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// The code in it.
pub fn code(url: &str) -> String {
    assert!(url.starts_with(BACK), "{url}");
    parameter(url, "code").unwrap_or_else(|| panic!("no code in {url}"))
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let from = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    &text[from..from + text[from..].find(after).unwrap()]
}

/// The claims of a signed token.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Checks that a program was refused, and with what.
pub fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
