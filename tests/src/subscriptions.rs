//! Programs are told what changes: by requests to their server, over websockets, as server-sent events; in order, also over
//! crashes, and never what they may not read.

use crate::harness::event_stream::EventStream;
use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::program;
use crate::harness::receiver::{Received, Receiver};
use crate::harness::samples::{patient, result, subscription, weight};
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{ClientRequestBuilder, Message, WebSocket};

/// A server that may notify a receiver of this machine.
fn serve(receiver: &Receiver) -> (TempDir, Server) {
    let folder = new_folder();
    allow(folder.path(), receiver);
    let server = Server::start(&folder.path().join("data"));
    (folder, server)
}

fn allow(folder: &Path, receiver: &Receiver) {
    let setting = format!("outgoing-targets = \"{}\"\n", receiver.address());
    std::fs::write(folder.join("chiron.toml"), setting).unwrap();
}

fn hook(receiver: &Receiver) -> Value {
    let endpoint = format!("http://{}/told?by=us", receiver.address());
    json!({ "type": "rest-hook", "endpoint": endpoint, "header": ["Authorization: Bearer of-theirs"] })
}

fn put(client: &mut Client, resource: &Value) {
    let path =
        format!("/fhir/{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    let answer = client.put(&path, resource);
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
}

fn wait_for_status(client: &mut Client, id: &str, status: &str) -> Value {
    let begun = Instant::now();
    loop {
        let found = client.get_json(&format!("/fhir/Subscription/{id}"));
        if found["status"] == status {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not {status}: {found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a notification says: its type, the number of events in all, and each event's number and focus.
fn said(bundle: &Value) -> (String, String, Vec<(String, String)>) {
    let status = &bundle["entry"][0]["resource"];
    let value = |name: &str| {
        let parameters = status["parameter"].as_array().unwrap();
        parameters.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    let parameters =
        status["parameter"].as_array().unwrap().iter().filter(|one| one["name"] == "notification-event");
    let event = |one: &Value| {
        let part =
            |name: &str| one["part"].as_array().unwrap().iter().find(|part| part["name"] == name).cloned();
        let number = part("event-number").unwrap()["valueString"].as_str().unwrap().to_owned();
        let focus =
            part("focus").map(|part| part["valueReference"]["reference"].as_str().unwrap().to_owned());
        let focus = focus.unwrap_or_default();
        (number, focus.rsplit('/').next().unwrap().to_owned())
    };
    (
        value("type")["valueCode"].as_str().unwrap().to_owned(),
        value("events-since-subscription-start")["valueString"].as_str().unwrap().to_owned(),
        parameters.map(event).collect(),
    )
}

fn events(bundle: &Value) -> Vec<(String, String)> {
    let (kind, _, events) = said(bundle);
    assert_eq!(kind, "event-notification", "{bundle}");
    events
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(number, id)| ((*number).to_owned(), (*id).to_owned())).collect()
}

fn told(received: &Received) -> Value {
    assert_eq!(received.request, "POST /told?by=us");
    assert_eq!(received.header("authorization"), Some("Bearer of-theirs"));
    assert_eq!(received.header("content-type"), Some("application/fhir+json"));
    received.json()
}

#[test]
fn a_receiver_is_greeted_and_told_in_order_also_after_it_failed() {
    let receiver = Receiver::start();
    let (_folder, server) = serve(&receiver);
    let mut client = server.administrator();
    put(&mut client, &patient("p"));
    let mut channel = hook(&receiver);
    let max_count = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count";
    channel["extension"] = json!([{ "url": max_count, "valuePositiveInt": 2 }]);
    put(&mut client, &subscription("s", "full-resource", channel));
    let (kind, count, _) = said(&told(&receiver.next()));
    assert_eq!((kind.as_str(), count.as_str()), ("handshake", "0"));
    wait_for_status(&mut client, "s", "active");

    put(&mut client, &result("r1", "p"));
    let received = receiver.next();
    let hash = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &received.body));
    assert_eq!(received.header("content-digest"), Some(&*format!("sha-256=:{hash}:")), "d8");
    let first = told(&received);
    assert_eq!(events(&first), pairs(&[("1", "r1")]));
    assert_eq!(first["entry"][1]["resource"], client.get_json("/fhir/Observation/r1"));
    put(&mut client, &weight("no-result", "Patient/p"));

    receiver.answer(500);
    for id in ["r2", "r3", "r4"] {
        put(&mut client, &result(id, "p"));
    }
    assert_eq!(receiver.next().status, 500);
    receiver.answer(200);
    // It may have been told one or two of them when it failed.
    let mut again = Vec::new();
    while again.len() < 3 {
        let some = events(&told(&receiver.accepted()));
        assert!(some.len() <= 2, "{some:?}");
        again.extend(some);
    }
    assert_eq!(again, pairs(&[("2", "r2"), ("3", "r3"), ("4", "r4")]));
    assert!(receiver.is_silent());
    assert_eq!(client.get_json("/fhir/Subscription/s")["status"], "active");
    server.stop();
}

#[test]
fn what_was_committed_before_a_kill_is_told_after_it() {
    let receiver = Receiver::start();
    let (folder, server) = serve(&receiver);
    let mut client = server.administrator();
    put(&mut client, &patient("p"));
    put(&mut client, &subscription("s", "id-only", hook(&receiver)));
    receiver.next();
    wait_for_status(&mut client, "s", "active");
    put(&mut client, &result("r1", "p"));
    assert_eq!(events(&told(&receiver.next())), pairs(&[("1", "r1")]));
    receiver.answer(503);
    put(&mut client, &result("r2", "p"));
    receiver.next();
    put(&mut client, &result("r3", "p"));
    server.kill();
    receiver.answer(200);
    let server = Server::start(&folder.path().join("data"));
    let mut again = Vec::new();
    while again.len() < 2 {
        again.extend(events(&told(&receiver.accepted())));
    }
    // The first may have been accepted before the kill was written down: then it is told twice.
    assert_eq!(again.split_off(again.len() - 2), pairs(&[("2", "r2"), ("3", "r3")]));
    assert!(receiver.is_silent());
    // A new value of the same result is an event of its own.
    let mut client = server.administrator();
    let mut corrected = result("r3", "p");
    corrected["status"] = json!("corrected");
    put(&mut client, &corrected);
    assert_eq!(events(&told(&receiver.next())), pairs(&[("4", "r3")]));
    program::verify(server.data());
    server.stop();
}

#[test]
fn a_subscription_in_error_is_asked_for_anew_and_tells_what_was_missed() {
    let receiver = Receiver::start();
    let (_folder, server) = serve(&receiver);
    let mut client = server.administrator();
    put(&mut client, &patient("p"));
    receiver.answer(404);
    let asked = subscription("s", "id-only", hook(&receiver));
    put(&mut client, &asked);
    let failed = wait_for_status(&mut client, "s", "error");
    assert_eq!(failed["error"], "the receiver answered 404 Not Found");
    put(&mut client, &result("r1", "p"));
    let begun = Instant::now();
    let counted = |client: &mut Client| said(&client.get_json("/fhir/Subscription/s/$status")).1;
    while counted(&mut client) != "1" {
        assert!(begun.elapsed() < Duration::from_secs(20), "events are counted in error too");
        std::thread::sleep(Duration::from_millis(20));
    }
    receiver.answer(200);
    put(&mut client, &asked);
    let (kind, count, _) = said(&told(&receiver.accepted()));
    assert_eq!((kind.as_str(), count.as_str()), ("handshake", "1"));
    let served = wait_for_status(&mut client, "s", "active");
    assert_eq!(served.get("error"), None);
    put(&mut client, &result("r2", "p"));
    assert_eq!(events(&told(&receiver.next())), pairs(&[("2", "r2")]));
    let missed = client.get_json("/fhir/Subscription/s/$events?eventsUntilNumber=1");
    assert_eq!(said(&missed).2, pairs(&[("1", "r1")]));
    // What is off is told nothing, and begins at 1 when it is asked for again.
    let mut off = asked.clone();
    off["status"] = json!("off");
    put(&mut client, &off);
    put(&mut client, &result("r3", "p"));
    assert!(receiver.is_silent());
    put(&mut client, &asked);
    assert_eq!(said(&told(&receiver.next())).1, "0");
    server.stop();
}

#[test]
fn a_search_as_criteria_is_told_by_the_resource_itself() {
    let receiver = Receiver::start();
    let (_folder, server) = serve(&receiver);
    let mut client = server.administrator();
    put(&mut client, &patient("p"));
    let endpoint = format!("http://{}/fhir", receiver.address());
    let plain = |id: &str, payload: &str| {
        let mut channel = json!({ "type": "rest-hook", "endpoint": endpoint });
        if !payload.is_empty() {
            channel["payload"] = json!(payload);
        }
        json!({
            "resourceType": "Subscription", "id": id, "status": "requested", "reason": "weights",
            "criteria": "Observation?code=http://loinc.org|29463-7&subject=Patient/p", "channel": channel,
        })
    };
    put(&mut client, &plain("with", "application/fhir+json"));
    wait_for_status(&mut client, "with", "active");
    put(&mut client, &weight("w1", "Patient/p"));
    put(&mut client, &weight("w2", "Patient/q"));
    let received = receiver.next();
    assert_eq!(received.request, "PUT /fhir/Observation/w1");
    assert_eq!(received.json(), client.get_json("/fhir/Observation/w1"));
    assert!(receiver.is_silent());
    assert_eq!(client.send("DELETE", "/fhir/Subscription/with", &[], b"").status, 204);
    put(&mut client, &plain("without", ""));
    wait_for_status(&mut client, "without", "active");
    put(&mut client, &weight("w3", "Patient/p"));
    let received = receiver.next();
    assert_eq!((received.request.as_str(), received.body.len()), ("POST /fhir", 0));
    server.stop();
}

#[test]
fn heartbeats_come_while_there_is_nothing_to_tell() {
    let receiver = Receiver::start();
    let (_folder, server) = serve(&receiver);
    let mut client = server.administrator();
    let mut channel = hook(&receiver);
    let period =
        "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";
    channel["extension"] = json!([{ "url": period, "valueUnsignedInt": 1 }]);
    put(&mut client, &subscription("s", "empty", channel));
    let kinds: Vec<String> = (0..3).map(|_| said(&told(&receiver.next())).0).collect();
    assert_eq!(kinds, ["handshake", "heartbeat", "heartbeat"]);
    server.stop();
}

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

fn open_socket(server: &Server, token: Option<&str>) -> Socket {
    let uri = format!("ws://{}/fhir/_socket", server.address()).parse().unwrap();
    let mut request = ClientRequestBuilder::new(uri);
    if let Some(token) = token {
        request = request.with_header("authorization", format!("Bearer {token}"));
    }
    let (socket, _) = tungstenite::connect(request).expect("a websocket");
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    socket
}

fn say(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).unwrap();
    hear(socket)
}

fn hear(socket: &mut Socket) -> String {
    loop {
        if let Message::Text(text) = socket.read().expect("something is said in time") {
            return text.to_string();
        }
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn websockets_are_told_of_what_they_are_bound_to() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let made = program::succeed(server.data(), ["token", "--scope", "system/*.cruds"]);
    let token = made["token"].as_str().unwrap();
    let mut client = server.client().with_token(token);
    put(&mut client, &patient("p"));
    put(&mut client, &subscription("topical", "id-only", json!({ "type": "websocket" })));
    let plain = json!({
        "resourceType": "Subscription", "id": "plain", "status": "requested", "reason": "results",
        "criteria": "Observation?category=laboratory", "channel": { "type": "websocket" },
    });
    put(&mut client, &plain);
    wait_for_status(&mut client, "topical", "active");
    wait_for_status(&mut client, "plain", "active");

    let mut first = open_socket(&server, Some(token));
    assert_eq!(say(&mut first, "bind plain"), "bound plain");
    assert!(say(&mut first, "bind other").starts_with("error "));
    let mut second = open_socket(&server, None);
    assert!(say(&mut second, "bind topical").starts_with("error open the websocket with a bearer token"));
    let binding = client.get_json("/fhir/Subscription/topical/$get-ws-binding-token");
    let value = |name: &str, kind: &str| {
        let parameters = binding["parameter"].as_array().unwrap();
        parameters.iter().find(|one| one["name"] == name).unwrap()[kind].as_str().unwrap().to_owned()
    };
    assert_eq!(value("websocket-url", "valueUrl"), format!("ws://{}/fhir/_socket", server.address()));
    let bind = format!("bind-with-token {}", value("token", "valueString"));
    assert_eq!(said(&json_of(&say(&mut second, &bind))).0, "handshake");
    let mut third = open_socket(&server, None);
    assert!(say(&mut third, &bind).starts_with("error the token is unknown, used or expired"));

    put(&mut client, &result("r1", "p"));
    assert_eq!(hear(&mut first), "ping plain");
    assert_eq!(events(&json_of(&hear(&mut second))), pairs(&[("1", "r1")]));
    server.stop();
}

#[test]
fn an_event_stream_goes_on_where_it_was_left() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let made = program::succeed(server.data(), ["token", "--scope", "system/*.cruds"]);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let mut client = server.client().with_header("authorization", &bearer);
    put(&mut client, &patient("p"));
    let kind = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-channel-type";
    let own = json!({ "extension": [{ "url": kind, "valueCoding": { "code": "server-sent-events" } }] });
    put(&mut client, &subscription("s", "full-resource", json!({ "type": "websocket", "_type": own })));
    wait_for_status(&mut client, "s", "active");
    let path = "/fhir/Subscription/s/_stream";
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(EventStream::open(server.address(), path, &[]).status, 401);
    let mut stream = EventStream::open(server.address(), path, &headers);
    let event = |stream: &mut EventStream| {
        let event = stream.next().expect("an event");
        (event.id, json_of(&event.data.join("")))
    };
    assert_eq!(said(&event(&mut stream).1).0, "handshake");
    put(&mut client, &result("r1", "p"));
    let (id, bundle) = event(&mut stream);
    assert_eq!((id.as_str(), events(&bundle)), ("1", pairs(&[("1", "r1")])));
    assert_eq!(bundle["entry"][1]["resource"]["id"], "r1");
    drop(stream);
    put(&mut client, &result("r2", "p"));
    put(&mut client, &result("r3", "p"));
    let headers = [("authorization", bearer.as_str()), ("last-event-id", "1")];
    let mut again = EventStream::open(server.address(), path, &headers);
    assert_eq!(said(&event(&mut again).1).0, "handshake");
    let mut missed = Vec::new();
    while missed.len() < 2 {
        missed.extend(events(&event(&mut again).1));
    }
    assert_eq!(missed, pairs(&[("2", "r2"), ("3", "r3")]));
    server.stop();
    assert_eq!(again.next(), None);
}
