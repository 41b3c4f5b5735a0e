//! FHIR JSON: what is read keeps its bytes, can be walked, and is the same when built anew.

use super::Target;
use super::xml::assert_well_formed;
use fhir::{Document, Limits, Node, Value, xml};

pub const TARGET: Target = Target {
    name: "json",
    help: "FHIR JSON: bytes out are bytes in, tree to JSON and back is the same tree, its XML is XML",
    check,
    words: &[
        "\"", "\\", "\\u", "\\ud83d", "{", "}", "[", "]", ",", ":", "null", "true", "-", "1e", ".", "0",
        "\u{0}", "é", "\u{feff}", "\"_a\":", "{}", "[]",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes) else { return };
    assert_eq!(document.text().as_bytes(), bytes);
    walk(document.root());
    let value = Value::from(&document);
    let again = value.to_document();
    assert_eq!(Value::from(&again), value);
    assert_eq!(Value::from(&Document::from_node(document.root())), value);
    let pretty = Document::parse(value.to_pretty_json()).expect("what was written as JSON is JSON");
    assert_eq!(Value::from(&pretty), value);
    if let Ok(text) = xml::to_xml(&document) {
        assert_well_formed(&text);
        xml::from_xml(text.as_bytes(), Limits::default()).expect("what was written as XML is XML");
    }
}

/// Visits every value through the public ways.
fn walk(node: Node<'_>) {
    let _ = (node.scalar(), node.as_bool(), node.as_number(), node.raw().len(), node.line_column());
    for (name, member) in node.members() {
        assert!(node.get(&name).is_some_and(|found| found.same_place(member)));
        walk(member);
    }
    node.items().for_each(walk);
}
