//! What must hold for any bytes at all, tried on the corpus and on mutations of it.

use crate::corpus;
use fhir::{Document, Limits, Node, Value, xml};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Reads bytes as JSON. What is read keeps its bytes, can be walked, and is the same when built anew.
pub fn fuzz_json(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes) else { return };
    assert_eq!(document.text().as_bytes(), bytes);
    walk(document.root());
    let value = Value::from(&document);
    let again = value.to_document();
    assert_eq!(Value::from(&again), value);
    assert_eq!(Value::from(&Document::from_node(document.root())), value);
    if let Ok(text) = xml::to_xml(&document) {
        roxmltree::Document::parse(&text).expect("another reader finds it well-formed");
        xml::from_xml(text.as_bytes(), Limits::default()).expect("what was written as XML is XML");
    }
}

/// Reads bytes as XML. What is read can be written as XML and comes back the same.
pub fn fuzz_xml(bytes: &[u8]) {
    let Ok(document) = xml::from_xml(bytes, Limits::default()) else { return };
    let text = xml::to_xml(&document).expect("what came from XML goes to XML");
    roxmltree::Document::parse(&text).expect("another reader finds it well-formed");
    let again = xml::from_xml(text.as_bytes(), Limits::default()).expect("what was written as XML is XML");
    // Elements are written in the order of their definitions, so compare what is written the second time.
    assert_eq!(xml::to_xml(&again).expect("what came from XML goes to XML"), text);
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

/// Pieces that mean something to one of the readers.
const PIECES: [&str; 28] = [
    "\"",
    "\\",
    "\\u",
    "\\ud83d",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-",
    "1e",
    ".",
    "\u{0}",
    "é",
    "<",
    "</",
    "/>",
    "&",
    "&#x41;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x>",
    " xmlns=\"\"",
    "<name>",
];

#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, usize),
    Splice(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<usize>();
    prop_oneof![
        (at, any::<u8>()).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (at, 1_usize..40).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at, 1_usize..40).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (at, 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (at, at).prop_map(|(at, other)| Mutation::Splice(at, other)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation, other: &[u8]) {
    let place = |at: usize, length: usize| at % (length + 1);
    match *mutation {
        Mutation::Flip(at, bits) if !bytes.is_empty() => {
            let at = at % bytes.len();
            bytes[at] ^= bits;
        }
        Mutation::Flip(..) => {}
        Mutation::Remove(at, length) => {
            let at = place(at, bytes.len());
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Mutation::Repeat(at, length) => {
            let at = place(at, bytes.len());
            let part = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, part);
        }
        Mutation::Insert(at, piece) => {
            let at = place(at, bytes.len());
            bytes.splice(at..at, PIECES[piece].bytes());
        }
        Mutation::Splice(at, from) => {
            let (at, from) = (place(at, bytes.len()), place(from, other.len()));
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

/// The beginnings of all inputs of a kind.
fn inputs(kind: &str) -> Vec<Vec<u8>> {
    let folders = [format!("{kind}/accept"), format!("{kind}/refuse")];
    let files = folders.iter().flat_map(|folder| corpus::files(folder));
    files.map(|(_, bytes)| bytes[..bytes.len().min(4096)].to_vec()).collect()
}

fn check(kind: &str, read: fn(&[u8]), which: (usize, usize), mutations: &[Mutation]) {
    static INPUTS: LazyLock<HashMap<&str, Vec<Vec<u8>>>> =
        LazyLock::new(|| ["json", "xml"].map(|kind| (kind, inputs(kind))).into());
    let inputs = &INPUTS[kind];
    let (mut bytes, other) = (inputs[which.0 % inputs.len()].clone(), &inputs[which.1 % inputs.len()]);
    for mutation in mutations {
        mutate(&mut bytes, mutation, other);
    }
    read(&bytes);
}

/// How many mutations are tried: 4,000, or as many as `FUZZ_CASES` says.
fn cases() -> u32 {
    std::env::var("FUZZ_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn mutated_json_never_breaks_the_reader(
        which: (usize, usize), mutations in proptest::collection::vec(mutation(), 1..6),
    ) {
        check("json", fuzz_json, which, &mutations);
    }

    #[test]
    fn mutated_xml_never_breaks_the_reader(
        which: (usize, usize), mutations in proptest::collection::vec(mutation(), 1..6),
    ) {
        check("xml", fuzz_xml, which, &mutations);
    }

    #[test]
    fn any_bytes_never_break_the_readers(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz_json(&bytes);
        fuzz_xml(&bytes);
    }
}
