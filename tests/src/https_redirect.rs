//! The listener that leads from HTTP to HTTPS (criterion d9), asked by browsers and by those who want to lead others away.

use crate::harness::folder::new_folder;
use crate::harness::server::{Server, free_address};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

const BASE_URL: &str = "https://chart.practice.example";

/// Everything that is answered to bytes.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn location(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| line.strip_prefix("location: "))
}

/// Starts a server behind a proxy that ends TLS, with a listener that leads there.
fn serve(folder: &Path) -> (Server, SocketAddr) {
    let redirect = free_address();
    let listen = redirect.to_string();
    let arguments = ["serve", "--behind-proxy", "--base-url", BASE_URL, "--http-redirect-listen", &listen];
    let server = Server::start_as(&folder.join("data"), &arguments);
    // Who is asked to end before it answers does so in no order.
    assert_eq!(server.client().get("/fhir/metadata").status, 200);
    (server, redirect)
}

#[test]
fn d9_plain_http_leads_to_the_configured_address_with_path_and_query() {
    let folder = new_folder();
    let (server, address) = serve(folder.path());
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/patients?name=Mor%C3%A9no&_count=5"),
        ("HEAD", "/fhir/Patient/1/_history/2"),
        ("GET", "/a%0d%0aset-cookie:%20x=y"),
    ] {
        let answer =
            ask(address, &format!("{method} {path} HTTP/1.1\r\nHost: chart.practice.example\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 308 ") && answer.ends_with("\r\n\r\n"), "{answer}");
        assert_eq!(location(&answer), Some(&*format!("{BASE_URL}{path}")), "{answer}");
        assert!(!answer.contains("set-cookie: ") && !answer.contains("strict-transport"), "{answer}");
    }
    server.stop();
}

#[test]
fn d9_no_host_that_somebody_makes_up_is_led_to() {
    let folder = new_folder();
    let (server, address) = serve(folder.path());
    for (request, leads_to) in [
        ("GET /x HTTP/1.1\r\nHost: evil.example", Some("/x")),
        ("GET /x HTTP/1.1\r\nHost: chart.practice.example\r\nHost: evil.example", Some("/x")),
        (
            "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example",
            Some("/x"),
        ),
        ("GET http://evil.example/x?y HTTP/1.1\r\nHost: evil.example", Some("/x?y")),
        ("GET http://evil.example HTTP/1.1\r\nHost: evil.example", Some("/")),
        ("GET http://evil.example?x HTTP/1.1\r\nHost: evil.example", None),
        ("GET //evil.example/x HTTP/1.1\r\nHost: a", Some("//evil.example/x")),
        ("GET /x HTTP/1.0", Some("/x")),
        ("GET .evil.example/ HTTP/1.1\r\nHost: a", None),
        ("GET @evil.example/ HTTP/1.1\r\nHost: a", None),
        ("GET :80@evil.example HTTP/1.1\r\nHost: a", None),
        ("GET evil.example HTTP/1.1\r\nHost: a", None),
        ("GET * HTTP/1.1\r\nHost: a", None),
    ] {
        let answer = ask(address, &format!("{request}\r\nConnection: close\r\n\r\n"));
        match leads_to {
            Some(path) => {
                assert_eq!(location(&answer), Some(&*format!("{BASE_URL}{path}")), "{request}: {answer}");
            }
            // It is refused, or led to the right host.
            None => {
                let is_there = location(&answer).is_none_or(|to| to.starts_with(&format!("{BASE_URL}/")));
                assert!(is_there, "{request}: {answer}");
            }
        }
    }
    server.stop();
}

#[test]
fn d9_what_was_sent_in_plain_text_is_not_taken() {
    let folder = new_folder();
    let (server, address) = serve(folder.path());
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let request = format!(
            "{method} /sign-in HTTP/1.1\r\nHost: chart.practice.example\r\nContent-Length: 6\r\n\r\nname=a"
        );
        let answer = ask(address, &request);
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("begins with https://"), "{answer}");
        assert_eq!(location(&answer), None, "{answer}");
    }
    // The practice itself is served as before.
    assert_eq!(server.client().get("/fhir/metadata").status, 200);
    server.stop();
}
