//! Formats in and out, layouts, encodings, limits.

use crate::practice::{PATIENT, Practice, ask};
use std::io::Write;

#[test]
fn resources_go_in_and_out_as_xml() {
    let practice = Practice::new();
    let xml = r#"<Patient xmlns="http://hl7.org/fhir"><id value="p1"/><name><family value="Ames"/></name></Patient>"#;
    let made = practice.send(&ask("PUT", "/Patient/p1").body("application/fhir+xml; charset=UTF-8", xml));
    assert_eq!(made.status, 201, "{}", made.text());
    let read = practice.send(&ask("GET", "/Patient/p1").with("accept", "application/fhir+xml"));
    assert_eq!(read.header("content-type"), "application/fhir+xml;charset=utf-8");
    assert!(read.text().contains(r#"<family value="Ames"/>"#), "{}", read.text());
    assert_eq!(practice.get("/Patient/p1").at("name.0.family"), "Ames");
    let found = practice.get("/Patient?family=ames&_format=xml&_pretty=true");
    assert!(found.text().contains("\n") && found.text().contains("<total value=\"1\"/>"), "{}", found.text());
    let refused = practice.get("/Patient/never?_format=xml");
    assert!(refused.text().contains("<OperationOutcome"), "{}", refused.text());
    assert!(practice.get("/metadata?_format=xml").text().contains("<CapabilityStatement"));
}

#[test]
fn json_is_laid_out_when_asked() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    assert!(!practice.get("/Patient/p1").text().contains('\n'));
    assert!(practice.get("/Patient/p1?_pretty=true").text().contains("\n  \"id\": \"p1\""));
    practice.get("/Patient/p1?_pretty=maybe").assert_refusal(400, "value");
}

#[test]
fn unknown_formats_are_refused_with_the_known_ones() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    practice.get("/Patient/p1?_format=ttl").assert_refusal(406, "not-supported");
    let accept = practice.send(&ask("GET", "/Patient/p1").with("accept", "text/turtle"));
    accept.assert_refusal(406, "not-supported");
    assert!(accept.at("issue.0.details.text").contains("application/fhir+xml"));
    for media_type in
        ["text/plain", "application/fhir+json; fhirVersion=5.0", "application/fhir+json; charset=latin1"]
    {
        let got = practice.send(&ask("POST", "/Patient").body(media_type, PATIENT));
        got.assert_refusal(415, "not-supported");
        assert!(got.at("issue.0.details.text").contains("application/fhir+json"), "{}", got.text());
    }
    let mut silent = ask("POST", "/Patient");
    silent.body = PATIENT.as_bytes().to_vec();
    practice.send(&silent).assert_refusal(415, "not-supported");
}

#[test]
fn bodies_may_be_compressed_and_answers_are() {
    let practice = Practice::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(PATIENT.as_bytes()).unwrap();
    let mut put = ask("PUT", "/Patient/p1").json("").with("content-encoding", "gzip");
    put.body = encoder.finish().unwrap();
    assert_eq!(practice.send(&put).status, 201);
    put.body = b"no gzip".to_vec();
    practice.send(&put).assert_refusal(400, "invalid");
    let unknown = ask("PUT", "/Patient/p1").json(PATIENT).with("content-encoding", "compress");
    practice.send(&unknown).assert_refusal(415, "not-supported");
    for encoding in ["gzip", "zstd"] {
        let got = practice.send(&ask("GET", "/metadata").with("accept-encoding", encoding));
        assert_eq!(got.header("content-encoding"), encoding);
    }
}

#[test]
fn large_bodies_are_refused_also_when_they_are_small_on_the_way() {
    let practice = Practice::with(rest::Settings { body_bytes_max: 1000, ..rest::Settings::default() });
    let large = PATIENT.replace("Ames", &"A".repeat(2000));
    practice.put("/Patient/p1", &large).assert_refusal(413, "too-long");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(large.as_bytes()).unwrap();
    let mut put = ask("PUT", "/Patient/p1").json("").with("content-encoding", "gzip");
    put.body = encoder.finish().unwrap();
    assert!(put.body.len() < 1000);
    practice.send(&put).assert_refusal(413, "too-long");
}
