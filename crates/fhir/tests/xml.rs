//! What XML means in JSON, and what of JSON cannot be said in XML.

use crate::corpus;
use fhir::{Document, Limits, xml};

#[test]
fn each_accepted_input_means_its_json() {
    let meanings = corpus::files_below("tests/corpus", "xml/meaning");
    let mut found = Vec::new();
    for (name, bytes) in corpus::files("xml/accept") {
        let document = xml::from_xml(&bytes, Limits::default()).unwrap();
        found.push((
            name.replace("accept", "meaning").replace(".xml", ".json"),
            format!("{}\n", document.text()),
        ));
    }
    if std::env::var_os("WRITE_MEANINGS").is_some() {
        for (name, text) in &found {
            std::fs::write(format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR")), text).unwrap();
        }
    }
    for (name, text) in &found {
        let meaning =
            meanings.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no {name}: {text}"));
        assert_eq!(text.as_bytes(), meaning.1, "{name}: {text}");
    }
    assert_eq!(found.len(), meanings.len());
}

#[test]
fn elements_are_written_in_the_order_of_their_definitions() {
    let document = Document::parse(
        r#"{"birthDate":"2000","name":[{"given":["B"],"family":"A","id":"n"}],"_birthDate":{"id":"b"},"active":true,
        "extension":[{"valueString":"x\n\"<&>","url":"u"}],"id":"1","resourceType":"Patient",
        "text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a&nbsp;&lt;&copy;</div>","status":"generated"}}"#,
    )
    .unwrap();
    let expected = concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="1"/>"#,
        r#"<text><status value="generated"/>"#,
        "<div xmlns=\"http://www.w3.org/1999/xhtml\">a\u{a0}&lt;©</div></text>",
        r#"<extension url="u"><valueString value="x&#10;&quot;&lt;&amp;&gt;"/></extension>"#,
        r#"<active value="true"/><name id="n"><family value="A"/><given value="B"/></name>"#,
        r#"<birthDate id="b" value="2000"/></Patient>"#,
    );
    assert_eq!(xml::to_xml(&document).unwrap(), expected);
    let pretty = xml::to_pretty_xml(&document).unwrap();
    assert!(
        pretty.contains(
            "\n  <name id=\"n\">\n    <family value=\"A\"/>\n    <given value=\"B\"/>\n  </name>\n"
        ),
        "{pretty}"
    );
    assert_eq!(xml::node_to_xml(document.root()).unwrap(), expected);
}

#[test]
fn what_xml_cannot_say_is_refused_with_its_place() {
    let table = [
        (r#"{"resourceType":"Patient","shoeSize":4}"#, "Patient", "no member \"shoeSize\""),
        (r#"{"resourceType":"Patient","name":[{"_period":{}}]}"#, "Patient.name[0]", "no member \"_period\""),
        (r#"{"resourceType":"Doctor"}"#, "Doctor", "no resource type"),
        (r#"{"id":"1"}"#, "", "no resource type"),
        ("[]", "", "no resource type"),
        (r#"{"resourceType":"Patient","active":"true"}"#, "Patient.active", "true or false belongs here"),
        (r#"{"resourceType":"Patient","birthDate":2000}"#, "Patient.birthDate", "a string belongs here"),
        (r#"{"resourceType":"Patient","active":null}"#, "Patient.active", "true or false belongs here"),
        (r#"{"resourceType":"Patient","name":{"family":"A"}}"#, "Patient.name", "an array belongs here"),
        (r#"{"resourceType":"Patient","gender":["male"]}"#, "Patient.gender", "a string belongs here"),
        (r#"{"resourceType":"Patient","name":[]}"#, "Patient.name", "empty array"),
        (r#"{"resourceType":"Patient","name":["A"]}"#, "Patient.name[0]", "an object belongs here"),
        (
            r#"{"resourceType":"Patient","name":[{"given":["A",null]}]}"#,
            "Patient.name[0].given[1]",
            "null stands",
        ),
        (r#"{"resourceType":"Patient","_active":4}"#, "Patient.active", "an object belongs here"),
        (
            "{\"resourceType\":\"Patient\",\"id\":\"a\\u0001\"}",
            "Patient.id",
            "a character that XML cannot hold",
        ),
        (
            "{\"resourceType\":\"Patient\",\"id\":\"\\uFFFE\"}",
            "Patient.id",
            "a character that XML cannot hold",
        ),
        (
            r#"{"resourceType":"Patient","extension":[{"_url":{"id":"x"}}]}"#,
            "Patient.extension[0].url",
            "no extensions",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"plain"}}"#,
            "Patient.text.div",
            "a narrative is one div",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div>x</div>"}}"#,
            "Patient.text.div",
            "a div in the namespace",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><br></div>"}}"#,
            "Patient.text.div",
            "not well-formed",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">&bogus;</div>"}}"#,
            "Patient.text.div",
            "the entity \"bogus\"",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"/><p/>"}}"#,
            "Patient.text.div",
            "a narrative is one div",
        ),
        (
            r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"X"}}]}"#,
            "Bundle.entry[0].resource",
            "no resource",
        ),
    ];
    for (text, path, words) in table {
        let error = xml::to_xml(&Document::parse(text).unwrap())
            .err()
            .unwrap_or_else(|| panic!("{text} was written"));
        assert_eq!(error.path, path, "{text}");
        assert!(error.problem.to_string().contains(words), "{text}: {}", error.problem);
    }
}

#[test]
fn sizes_are_limited() {
    let text = br#"<Patient xmlns="http://hl7.org/fhir"><name><family value="A"/></name></Patient>"#;
    let refused = |limits| xml::from_xml(text, limits).unwrap_err().problem.to_string();
    assert!(refused(Limits { bytes: 10, depth: 64 }).contains("more than the 10 allowed"));
    assert!(refused(Limits { bytes: 1000, depth: 2 }).contains("more than 2 deep"));
    assert!(xml::from_xml(text, Limits { bytes: 1000, depth: 3 }).is_ok());
}
