//! A client of WebDriver (W3C) for one Chromium: what the tests do with a page.

use crate::companion;
use crate::http::Client;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Keys as WebDriver writes them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{E007}";
/// The arrow down key.
pub const ARROW_DOWN: &str = "\u{E015}";
/// The arrow up key.
pub const ARROW_UP: &str = "\u{E013}";

const FLAGS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How the browser is set up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// As usual.
    On,
    /// No page's JavaScript runs.
    Off,
}

/// A browser with a profile of its own, gone at its end.
pub struct Browser {
    session: String,
    base: String,
    _profile: tempfile::TempDir,
}

/// What is said of a page that holds nothing wrong.
type Log = Vec<String>;

impl Browser {
    /// Starts a browser on a server's pages. `None`, and said so by the test's name, when no browser is installed.
    pub fn start(test: &str, base: &str, script: Script) -> Option<Self> {
        if !is_there("chromedriver") || !is_there("chromium") {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no chromium or no chromedriver");
            println!("skipped: {test} needs chromium and chromedriver");
            return None;
        }
        let profile = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let setting = if script == Script::Off { 2 } else { 1 };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "args": flags,
                "prefs": { "profile.managed_default_content_settings.javascript": setting },
            },
        } } });
        let answer = command("POST", "/session", &capabilities);
        let session = answer["sessionId"].as_str().expect("a session").to_owned();
        let browser = Self { session, base: base.to_owned(), _profile: profile };
        browser.size(1366, 768, false);
        Some(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        command("POST", &format!("/session/{}{path}", self.session), body)
    }

    fn get(&self, path: &str) -> Value {
        command("GET", &format!("/session/{}{path}", self.session), &Value::Null)
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// The size of the page in CSS pixels, on a desktop or a telephone.
    pub fn size(&self, width: u32, height: u32, is_mobile: bool) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Light or dark, as the user's system asks for.
    pub fn is_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Opens a page of the server and waits until it is loaded.
    pub fn open(&self, path: &str) {
        self.go(&format!("{}{path}", self.base));
    }

    /// Opens a page of anybody and waits until it is loaded.
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The path and query of the page that is shown.
    pub fn path(&self) -> String {
        let url = self.get("/url");
        let url = url.as_str().expect("a page has an address");
        url.strip_prefix(&self.base).unwrap_or(url).to_owned()
    }

    /// The window that is looked at.
    pub fn window(&self) -> String {
        self.get("/window").as_str().expect("a window has a handle").to_owned()
    }

    /// Opens another window and looks at it.
    pub fn new_window(&self) {
        let made = self.post("/window/new", &json!({ "type": "window" }));
        self.look_at(made["handle"].as_str().expect("a window has a handle"));
    }

    /// Waits until there is another window than the one that is looked at, and looks at it.
    pub fn look_at_other(&self) {
        let (window, begun) = (self.window(), Instant::now());
        loop {
            let handles = self.get("/window/handles");
            let mut handles = handles.as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(other) = handles.find(|handle| *handle != window) {
                return self.look_at(other);
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "no other window opens");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Looks at a window.
    pub fn look_at(&self, window: &str) {
        self.post("/window", &json!({ "handle": window }));
    }

    /// Back in the history.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// The result of a function body in the page.
    pub fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// What a function body in the page hands to the last of its arguments, which is a function, some time later.
    pub fn script_later(&self, body: &str) -> Value {
        self.post("/execute/async", &json!({ "script": body, "args": [] }))
    }

    /// Waits until a function body in the page gives something true.
    pub fn wait(&self, body: &str) {
        let begun = Instant::now();
        while self.script(body) != json!(true) {
            assert!(begun.elapsed() < Duration::from_secs(10), "never true: {body}\n{}", self.text("body"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn find(&self, selector: &str) -> String {
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().and_then(|element| element.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {selector}")).to_owned()
    }

    /// The text of the first element that a selector finds, as it is seen.
    pub fn text(&self, selector: &str) -> String {
        let element = self.find(selector);
        self.get(&format!("/element/{element}/text")).as_str().unwrap_or_default().to_owned()
    }

    /// Clicks an element.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into an element, after what is there.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn keys(&self, keys: &str) {
        let press = |key: char| {
            let key = key.to_string();
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Takes over a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let cookie =
            json!({ "name": name, "value": value, "path": "/", "httpOnly": true, "sameSite": "Strict" });
        self.post("/cookie", &json!({ "cookie": cookie }));
    }

    /// Errors and violations of the content security policy since the last look.
    pub fn complaints(&self) -> Log {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let is_bad = |entry: &Value| entry["level"] == "SEVERE" || entry["source"] == "security";
        entries.iter().filter(|entry| is_bad(entry)).map(|entry| entry["message"].to_string()).collect()
    }

    /// A picture of the page as PNG: what is seen, or the whole length of it.
    pub fn picture(&self, is_whole: bool) -> Vec<u8> {
        use base64::Engine;
        let size = self.script("return [innerWidth, document.documentElement.scrollHeight]");
        let mut parameters = json!({ "format": "png", "captureBeyondViewport": is_whole });
        if is_whole {
            parameters["clip"] = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        }
        let data = self.devtools("Page.captureScreenshot", &parameters);
        let data = data["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(data).expect("a picture in base64")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let path = format!("/session/{}", self.session);
        let _ = Client::new(driver()).try_send("DELETE", &path, &[], b"");
    }
}

/// A WebDriver command that must succeed.
fn command(method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers = [("content-type", "application/json")];
    let answer = Client::new(driver()).send(method, path, &headers, body.as_bytes());
    let mut value = answer.json();
    assert_eq!(answer.status, 200, "{method} {path} {body}: {}", value["value"]["message"]);
    value["value"].take()
}

/// Where the driver listens; started by the first who asks.
fn driver() -> std::net::SocketAddr {
    static PORT: OnceLock<u16> = OnceLock::new();
    let port = PORT.get_or_init(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made").keep();
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0");
        let lines = companion::start(&driver, &folder, |line| line.contains("successfully on port"));
        let line = lines.last().expect("the line that says the port");
        let digits = line.trim_end_matches('.').rsplit(' ').next().unwrap_or_default();
        digits.parse().expect("a port")
    });
    std::net::SocketAddr::from(([127, 0, 0, 1], *port))
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
