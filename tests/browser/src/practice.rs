//! The practice that all tests look at: the demo's, with some patients of the tests' own.

use crate::browser::{Browser, Script};
use crate::http::{Answer, Client};
use crate::{companion, made_up, program};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A demo that is being served.
pub struct Practice {
    /// Where.
    pub address: SocketAddr,
    base: String,
    /// Its data folder.
    data: PathBuf,
    /// The code that the demo printed.
    pub code: String,
    /// The code for those who only look.
    pub guest_code: String,
    token: OnceLock<String>,
    ordinary: OnceLock<String>,
}

/// The demo's patients.
const PATIENTS: &str = "12";

/// The one practice of this run; made and started by the first who asks.
pub fn practice() -> &'static Practice {
    static PRACTICE: OnceLock<Practice> = OnceLock::new();
    PRACTICE.get_or_init(|| {
        let practice = Practice::start();
        let answer = practice.program().post("/fhir", &made_up::bundle());
        assert_eq!(answer.status, 200, "{}", answer.text());
        practice
    })
}

impl Practice {
    /// A practice of one test's own.
    pub fn start() -> Self {
        Self::start_with(None, &[])
    }

    /// One that is reached by a name.
    pub fn start_named() -> Self {
        Self::start_with(Some("localhost"), &[])
    }

    /// One that is reached by a name, or else by its address, with settings by their variables.
    pub fn start_with(name: Option<&str>, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made").keep();
        let data = folder.join("data");
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut demo =
            program::bare(&folder, ["demo", "--patients", PATIENTS, "--listen", &address.to_string()]);
        // The made up patients' days are those of UTC.
        demo.arg("--data")
            .arg(&data)
            .env("TZ", "UTC")
            .env("CHIRON_REQUESTS_PER_MINUTE", "0")
            .envs(settings.iter().copied());
        let base = format!("http://{}:{}", name.unwrap_or("127.0.0.1"), address.port());
        demo.env("CHIRON_BASE_URL", &base);
        let lines = companion::start(&demo, &folder, |line| line.contains("to look only"));
        let code = |mark: &str| {
            let line = lines.iter().find(|line| line.contains(mark)).expect("a line with a code");
            line.rsplit(' ').next().unwrap_or_default().to_owned()
        };
        let (guest_code, code) = (code("to look only"), code("Sign in"));
        Self { address, base, data, code, guest_code, token: OnceLock::new(), ordinary: OnceLock::new() }
    }

    /// The address of its pages.
    pub fn base(&self) -> String {
        self.base.clone()
    }

    /// A program that may do everything through the FHIR API.
    pub fn program(&self) -> Client {
        let token = self.token.get_or_init(|| {
            let answer = self.command(&["token", "--scope", "system/*.cruds"]);
            answer["token"].as_str().expect("a token").to_owned()
        });
        Client::new(self.address).with_token(token)
    }

    /// The answer of a command of the program on its data.
    pub fn command(&self, arguments: &[&str]) -> Value {
        program::succeed(&self.data, arguments)
    }

    /// The resources of a search.
    pub fn found(&self, search: &str) -> Vec<Value> {
        let bundle = self.program().get_json(&format!("/fhir/{search}"));
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|mut entry| entry["resource"].take()).collect()
    }

    /// The cookie of somebody who signed in with a code.
    fn cookie(&self, code: &str) -> String {
        let answer = sign_in(&mut Client::new(self.address), code);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// A plain client that is signed in.
    pub fn signed_in(&self) -> Client {
        Client::new(self.address).with_header("cookie", &self.cookie(&self.code))
    }

    /// A plain client of somebody who only looks.
    pub fn guest(&self) -> Client {
        Client::new(self.address).with_header("cookie", &self.cookie(&self.guest_code))
    }

    /// A browser that is signed in.
    pub fn browser(&self, test: &str) -> Option<Browser> {
        self.browser_with(test, Script::On)
    }

    /// A browser that is signed in, with or without JavaScript.
    pub fn browser_with(&self, test: &str, script: Script) -> Option<Browser> {
        let browser = Browser::start(test, &self.base(), script)?;
        browser.open("/sign-in");
        let cookie = self.cookie(&self.code);
        let (name, value) = cookie.split_once('=').expect("a cookie has a name");
        browser.set_cookie(name, value);
        Some(browser)
    }

    /// A patient of the demo: grown up, with results, problems and medications.
    pub fn ordinary_patient(&self) -> &str {
        self.ordinary.get_or_init(|| self.busiest_patient())
    }

    fn busiest_patient(&self) -> String {
        let orders = self.found("MedicationRequest?status=active&_count=100");
        let mut patients: Vec<_> =
            orders.iter().filter_map(|one| one["subject"]["reference"].as_str()).collect();
        patients.sort_unstable();
        let often = |one: &&str| patients.iter().filter(|other| *other == one).count();
        let busiest = patients.iter().copied().filter(|one| !made_up::is_made_up(one)).max_by_key(often);
        busiest.and_then(|name| name.strip_prefix("Patient/")).expect("a patient with medications").to_owned()
    }
}

/// Sends the sign-in form.
pub fn sign_in(client: &mut Client, code: &str) -> Answer {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    client.send("POST", "/sign-in", &form, format!("code={code}").as_bytes())
}
