//! An app of somebody else: two static pages at a place of their own, which do all by the library fhirclient.

use crate::practice::Practice;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

const LIBRARY: &str = include_str!("../fixtures/fhirclient/fhir-client.pure.min.js");
const LAUNCH: &str = include_str!("../fixtures/smart-app/launch.html");
const PAGE: &str = include_str!("../fixtures/smart-app/index.html");

/// What it is called.
pub const NAME: &str = "Results at a glance";

/// An app that is registered and served.
pub struct SmartApp {
    /// Its client id.
    pub id: String,
    /// The page that begins a launch.
    pub launch_page: String,
}

impl SmartApp {
    /// Serves an app that asks for these scopes. It knows where the record is only if it is told; otherwise the launch says it.
    pub fn start(practice: &Practice, scope: &str, record: Option<&str>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it has an address"));
        let launch_page = format!("{base}/launch.html");
        let added = practice.command(&[
            "app",
            "add",
            NAME,
            "--redirect",
            &format!("{base}/"),
            "--launch",
            &launch_page,
        ]);
        let id = added["id"].as_str().expect("an app has an id").to_owned();
        let settings = json!({ "clientId": id, "scope": scope, "iss": record });
        let settings = Arc::new(format!("const settings = {settings};"));
        std::thread::spawn(move || {
            // A browser opens connections before it has something to ask: none may hold up another.
            for stream in listener.incoming().flatten() {
                let settings = Arc::clone(&settings);
                std::thread::spawn(move || answer(stream, &settings));
            }
        });
        Self { id, launch_page }
    }
}

/// Answers the one request of a connection.
fn answer(stream: TcpStream, settings: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::from("its headers");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let (status, kind, body) = match target.split('?').next().unwrap_or_default() {
        "/" => ("200 OK", "text/html", PAGE),
        "/launch.html" => ("200 OK", "text/html", LAUNCH),
        "/fhir-client.js" => ("200 OK", "text/javascript", LIBRARY),
        "/settings.js" => ("200 OK", "text/javascript", settings),
        // The browser asks by itself for a picture.
        "/favicon.ico" => ("204 No Content", "image/png", ""),
        _ => ("404 Not Found", "text/plain", ""),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    reader.get_mut().write_all(head.as_bytes())?;
    reader.get_mut().write_all(body.as_bytes())
}
