//! Hashes on what is sent and received (RFC 9530; 45 CFR 170.315(d)(8)).

use crate::practice::{Ask, Practice, ask};
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use rest::Authenticated;
use sha2::{Digest, Sha256, Sha512};
use std::io::Write;
use tower::ServiceExt;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Lovelace"}]}"#;

fn sha256(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)))
}

fn sha512(bytes: &[u8]) -> String {
    format!("sha-512=:{}:", STANDARD.encode(Sha512::digest(bytes)))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put() -> Ask<'static> {
    ask("PUT", "/Patient/p").json(PATIENT)
}

#[test]
fn d8_a_body_that_was_altered_on_its_way_is_refused_and_nothing_is_written() {
    let practice = Practice::new();
    let other = PATIENT.replace("Lovelace", "Byron");
    for (field, value) in [
        ("content-digest", sha256(other.as_bytes())),
        ("content-digest", sha512(other.as_bytes())),
        ("repr-digest", sha256(other.as_bytes())),
        ("content-digest", format!("{}, {}", sha256(PATIENT.as_bytes()), sha512(other.as_bytes()))),
        ("content-digest", "sha-256=:AAAA:".to_owned()),
    ] {
        let got = practice.send(&put().with(field, &value));
        assert_eq!(got.status, 400, "{value}: {}", got.text());
        assert!(got.text().contains("are not those that were sent"), "{}", got.text());
        assert!(
            got.at("issue.0.expression.0").eq_ignore_ascii_case(&format!("http.{field}")),
            "{}",
            got.text()
        );
    }
    assert_eq!(practice.get("/Patient/p").status, 404);
}

#[test]
fn d8_a_body_that_came_as_it_was_sent_is_written() {
    let practice = Practice::new();
    for value in [
        sha256(PATIENT.as_bytes()),
        format!("{};a=1,  {}", sha512(PATIENT.as_bytes()), sha256(PATIENT.as_bytes())),
        // An algorithm that nobody should trust says nothing.
        "md5=:AAAA:".to_owned(),
    ] {
        let got = practice.send(&put().with("content-digest", &value).with("repr-digest", &value));
        assert!(got.status.is_success(), "{value}: {}", got.text());
    }
}

#[test]
fn d8_a_hash_that_cannot_be_read_is_told_and_not_passed_over() {
    let practice = Practice::new();
    for value in ["sha-256", "sha-256=abc", "sha-256=:not base64:", "sha-256=:AAAA"] {
        let got = practice.send(&put().with("content-digest", value));
        assert_eq!(got.status, 400, "{value}");
        assert!(got.text().contains("no base64 between two colons"), "{}", got.text());
    }
    assert_eq!(practice.get("/Patient/p").status, 404);
}

#[test]
fn d8_the_hash_of_a_compressed_body_is_of_the_bytes_on_the_wire() {
    let practice = Practice::new();
    let sent = gzip(PATIENT.as_bytes());
    let compressed = |hash: &str| {
        let ask = Ask { body: sent.clone(), ..put() };
        practice.send(&ask.with("content-encoding", "gzip").with("content-digest", hash)).status.as_u16()
    };
    assert_eq!(compressed(&sha256(PATIENT.as_bytes())), 400);
    assert_eq!(compressed(&sha256(&sent)), 201);
}

#[test]
fn d8_content_that_was_altered_is_not_kept() {
    let practice = Practice::new();
    let bytes = b"\x89PNG and what follows".repeat(20_000);
    let upload = |hash: &str| {
        let ask = ask("PUT", "/Binary/scan").with("content-type", "image/png").with("content-digest", hash);
        practice.send(&Ask { body: bytes.clone(), ..ask }).status.as_u16()
    };
    assert_eq!(upload(&sha256(b"something else")), 400);
    assert_eq!(practice.get("/Binary/scan").status, 404);
    assert_eq!(upload(&sha256(&bytes)), 201);
}

#[test]
fn d8_every_answer_carries_the_hash_of_its_bytes() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    for (method, path) in [
        ("GET", "/Patient/p"),
        ("GET", "/Patient?name=lovelace"),
        ("GET", "/metadata"),
        ("GET", "/Patient/nobody"),
        ("GET", "/Patient?nonsense=1"),
        ("DELETE", "/Patient/p"),
    ] {
        for encoding in ["identity", "gzip"] {
            let got = practice.send(&ask(method, path).with("accept-encoding", encoding));
            assert_eq!(got.header("content-digest"), sha256(&got.bytes), "{method} {path} {encoding}");
        }
    }
    let compressed = practice.send(&ask("GET", "/metadata").with("accept-encoding", "gzip"));
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert_eq!(compressed.header("content-length"), compressed.bytes.len().to_string());
}

#[test]
fn d8_a_client_chooses_the_algorithm_or_none() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    for (wanted, is_512) in
        [("sha-512=10, sha-256=3", true), ("sha-256=5,sha-512=4", false), ("md5=9, sha-512=1", true)]
    {
        let got = practice.send(&ask("GET", "/Patient/p").with("want-content-digest", wanted));
        let expected = if is_512 { sha512(&got.bytes) } else { sha256(&got.bytes) };
        assert_eq!(got.header("content-digest"), expected, "{wanted}");
    }
    let got = practice.send(&ask("GET", "/Patient/p").with("want-content-digest", "sha-256=0"));
    assert_eq!(got.header("content-digest"), "");
    let head = practice.send(&ask("HEAD", "/Patient/p"));
    assert_eq!((head.status.as_u16(), head.header("content-digest")), (200, ""));
}

/// What is sent as it is read cannot be hashed before: its hash follows, for those who take trailers.
#[test]
fn d8_the_hash_of_long_content_follows_it() {
    let practice = Practice::new();
    let bytes = b"\x89PNG and what follows".repeat(20_000);
    let upload = Ask { body: bytes.clone(), ..ask("PUT", "/Binary/scan").with("content-type", "image/png") };
    assert_eq!(practice.send(&upload).status, 201);
    let get = ask("GET", "/Binary/scan").with("accept", "image/png").with("te", "trailers");
    let mut request: Request<Body> = get.with("range", "bytes=10-99999").request();
    request.extensions_mut().insert(Authenticated(access::Actor::local_administrator()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (headers, collected) = runtime.block_on(async {
        let (parts, body) = practice.router.clone().oneshot(request).await.unwrap().into_parts();
        (parts.headers, body.collect().await.unwrap())
    });
    assert_eq!(headers.get("trailer"), Some(&HeaderValue::from_static("content-digest")));
    let trailer = collected.trailers().unwrap().get("content-digest").unwrap().clone();
    let got = collected.to_bytes();
    assert!(got == bytes[10..100_000]);
    assert_eq!(trailer, sha256(&got).as_str());
}
