//! Binaries as they are (R4 binary §2.36.6): in and out in any form, whole and in parts.

use crate::practice::{Ask, Got, Practice, ask};
use fhir::Document;

const LENGTH: usize = 200_000;

/// Bytes that no two places of which look alike.
fn bytes() -> Vec<u8> {
    (0..=250u8).map(|step| step.wrapping_mul(17)).cycle().take(LENGTH).collect()
}

fn upload<'a>(method: &'a str, path: &str, media_type: &'a str, bytes: Vec<u8>) -> Ask<'a> {
    Ask { body: bytes, ..ask(method, path).with("content-type", media_type) }
}

fn practice_with_scan() -> Practice {
    let practice = Practice::new();
    let made = practice.send(&upload("PUT", "/Binary/scan", "image/png", bytes()));
    assert_eq!(made.status, 201, "{}", made.text());
    practice
}

fn native(practice: &Practice, headers: &[(&str, &str)]) -> Got {
    let asked = ask("GET", "/Binary/scan").with("accept", "image/*");
    practice.send(&headers.iter().fold(asked, |asked, (name, value)| asked.with(name, value)))
}

#[test]
fn content_comes_back_as_it_was_sent() {
    let practice = practice_with_scan();
    let got = native(&practice, &[("accept-encoding", "gzip")]);
    assert!(got.status == 200 && got.bytes == bytes());
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "200000"),
        ("etag", "\"1\""),
        ("accept-ranges", "bytes"),
        ("content-encoding", ""),
        ("content-disposition", "attachment"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(got.header(name), value, "{name}");
    }
    let head = practice.send(&ask("HEAD", "/Binary/scan").with("accept", "image/png"));
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.bytes.len()), (200, "200000", 0));
    let known = native(&practice, &[("if-none-match", got.header("etag"))]);
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
    let version = practice.send(&ask("GET", "/Binary/scan/_history/1").with("accept", "image/png"));
    assert!(version.bytes == bytes());
}

#[test]
fn parts_are_given_and_impossible_ones_refused() {
    let practice = practice_with_scan();
    let whole = bytes();
    for (range, part, said) in [
        ("bytes=0-9", 0..10, "bytes 0-9/200000"),
        ("bytes=199990-", 199_990..LENGTH, "bytes 199990-199999/200000"),
        ("bytes=-5", LENGTH - 5..LENGTH, "bytes 199995-199999/200000"),
        ("bytes=70000-180000", 70_000..180_001, "bytes 70000-180000/200000"),
    ] {
        let got = native(&practice, &[("range", range), ("accept-encoding", "gzip")]);
        assert!(got.status == 206 && got.bytes == whole[part.clone()], "{range}");
        assert_eq!(got.header("content-range"), said);
        assert_eq!(got.header("content-length"), part.len().to_string());
    }
    let refused = native(&practice, &[("range", "bytes=200000-")]);
    assert_eq!((refused.status.as_u16(), refused.header("content-range")), (416, "bytes */200000"));
    let date = native(&practice, &[]).header("last-modified").to_owned();
    for (condition, status) in [("\"1\"", 206), ("\"2\"", 200), ("W/\"1\"", 200), (date.as_str(), 206)] {
        let got = native(&practice, &[("range", "bytes=1-2"), ("if-range", condition)]);
        assert_eq!(got.status, status, "{condition}");
    }
}

#[test]
fn the_resource_has_the_content_as_base64_in_every_format() {
    let practice = practice_with_scan();
    let json = practice.get("/Binary/scan");
    let data = json.at("data");
    assert_eq!((data.len(), json.header("content-length")), (266_668, json.bytes.len().to_string().as_str()));
    assert_eq!((json.header("etag"), json.at("contentType").as_str()), ("W/\"1\"", "image/png"));
    let pretty = practice.get("/Binary/scan?_pretty=true");
    assert!(pretty.text().contains('\n') && pretty.at("data") == data);
    let xml = practice.send(&ask("GET", "/Binary/scan").with("accept", "application/fhir+xml"));
    assert!(xml.text().contains(&format!("<data value=\"{data}\"/>")));
    let found = practice.get("/Binary?_id=scan");
    assert!(found.at("entry.0.resource.data") == data);
    assert!(practice.get("/Binary/scan/_history").at("entry.0.resource.data") == data);
    let bundle = r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Binary/scan"}}]}"#;
    assert!(practice.post("", bundle).at("entry.0.resource.data") == data);
    // The same by JSON and by XML is the same.
    let again = practice.put("/Binary/scan", &json.text());
    assert_eq!((again.status.as_u16(), again.header("etag")), (200, "W/\"1\""));
    let again = practice.send(&ask("PUT", "/Binary/scan").body("application/fhir+xml", &xml.text()));
    assert_eq!((again.status.as_u16(), again.header("etag")), (200, "W/\"1\""));
    assert!(native(&practice, &[]).bytes == bytes());
}

#[test]
fn base64_in_lines_comes_back_in_lines_and_as_bytes() {
    let practice = Practice::new();
    let line = "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu";
    let lines = vec![line; 3000];
    let json = format!(
        r#"{{"resourceType":"Binary","id":"scan","contentType":"text/plain","data":"{}"}}"#,
        lines.join("\\r\\n")
    );
    practice.fill(&[&json]);
    assert_eq!(practice.get("/Binary/scan").at("data"), lines.join("\r\n"));
    let native =
        practice.send(&ask("GET", "/Binary/scan").with("accept", "text/plain").with("range", "bytes=0-8"));
    assert_eq!((native.text().as_str(), native.header("content-range")), ("Many hand", "bytes 0-8/81000"));
    let xml = practice.send(&ask("GET", "/Binary/scan").with("accept", "application/fhir+xml"));
    let back = fhir::xml::from_xml(&xml.bytes, fhir::Limits::UNBOUNDED).unwrap();
    assert!(back.root().get_str("data").unwrap() == lines.join("\r\n"));
}

#[test]
fn what_is_too_long_or_not_allowed_is_refused_before_it_is_kept() {
    let settings =
        rest::Settings { binary_bytes_max: 100_000, body_bytes_max: 1_000, ..rest::Settings::default() };
    let practice = Practice::with(settings);
    let fitting = practice.send(&upload("POST", "/Binary", "image/png", vec![1; 100_000]));
    assert_eq!(fitting.status, 201, "{}", fitting.text());
    let long = practice.send(&upload("POST", "/Binary", "image/png", vec![1; 100_001]));
    assert_eq!((long.status.as_u16(), long.at("issue.0.code").as_str()), (413, "too-long"));
    let request = upload("POST", "/Binary", "image/png", vec![1; 10]).request();
    assert_eq!(practice.send_as_is(request).status, 401);
    let elsewhere = practice.send(&upload("POST", "/Patient", "image/png", vec![1; 10]));
    assert_eq!(elsewhere.status, 415);
    let empty = practice.send(&upload("POST", "/Binary", "text/plain", Vec::new()));
    assert_eq!((empty.status.as_u16(), empty.at("data").as_str()), (201, ""));
}

#[test]
fn the_security_context_and_conditions_of_a_write_hold_for_content_too() {
    let practice = practice_with_scan();
    let sent = upload("PUT", "/Binary/scan", "text/html; charset=utf-8", b"<script>".to_vec());
    let stale = practice.send(&sent.clone().with("if-match", "W/\"7\""));
    assert_eq!(stale.status, 412);
    let changed = practice.send(&sent.with("if-match", "W/\"1\"").with("x-security-context", "Patient/p1"));
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "W/\"2\""), "{}", changed.text());
    let resource = practice.get("/Binary/scan");
    assert_eq!(resource.at("securityContext.reference"), "Patient/p1");
    let native = native(&practice, &[]);
    assert_eq!(
        (native.header("content-type"), native.text().as_str()),
        ("text/html; charset=utf-8", "<script>")
    );
    assert_eq!(native.header("content-disposition"), "attachment");
}

#[test]
fn a_transaction_writes_and_returns_long_contents() {
    let practice = Practice::new();
    let data = "QUJD".repeat(30_000);
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"fullUrl":"urn:uuid:0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000","resource":{{"resourceType":"Binary","contentType":"text/plain","data":"{data}"}},"request":{{"method":"POST","url":"Binary"}}}},
        {{"resource":{{"resourceType":"DocumentReference","status":"current","content":[{{"attachment":{{"contentType":"text/plain","url":"urn:uuid:0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000","data":"{data}"}}}}]}},"request":{{"method":"POST","url":"DocumentReference"}}}}]}}"#
    );
    let asked = ask("POST", "").json(&bundle).with("prefer", "return=representation");
    let got = practice.send(&asked);
    assert_eq!(got.status, 200, "{}", got.text());
    assert!(got.at("entry.0.resource.data") == data);
    assert!(got.at("entry.1.resource.content.0.attachment.data") == data);
    assert!(Document::parse(got.bytes).is_ok());
}
