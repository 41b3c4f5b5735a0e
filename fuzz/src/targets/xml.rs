//! FHIR XML: what is read can be written as XML and comes back the same.

use super::Target;
use fhir::{Limits, xml};

pub const TARGET: Target = Target {
    name: "xml",
    help: "FHIR XML: what is read can be written, is well-formed to another reader, and reads the same again",
    check,
    words: &[
        "<",
        "</",
        "/>",
        ">",
        "&",
        "&amp;",
        "&#x41;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE x>",
        "<?xml",
        " xmlns=\"\"",
        " xmlns:x=\"http://hl7.org/fhir\"",
        "<name>",
        " value=\"\"",
        "<div",
        " id=\"1\"",
        "\u{0}",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(document) = xml::from_xml(bytes, Limits::default()) else { return };
    let text = xml::to_xml(&document).expect("what came from XML goes to XML");
    assert_well_formed(&text);
    let again = xml::from_xml(text.as_bytes(), Limits::default()).expect("what was written as XML is XML");
    // Elements are written in the order of their definitions, so compare what is written the second time.
    assert_eq!(xml::to_xml(&again).expect("what came from XML goes to XML"), text);
}

/// Another reader finds it well-formed.
pub fn assert_well_formed(text: &str) {
    roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error} in {text}"));
}
