//! Searches: the parameters that were understood, written into a URL again, are the same search.

use super::Target;
use super::examples::{DOCUMENTS, PORTS};
use fhir::schema::{TypeId, schema};
use search::SearchError;
use search::matcher::{NoReferences, matches};
use search::parse::{Handling, Limits, Request, parse};
use std::fmt::Write;

pub const URL: Target = Target {
    name: "search_url",
    help: "a search from a URL: what was kept of it, encoded and read again, is an equal query",
    check: check_url,
    words: &[
        "Patient?",
        "Observation?",
        "&",
        "=",
        ":exact",
        ":missing=true",
        ":not",
        ":above",
        ":in",
        "|",
        ",",
        "\\,",
        "$",
        "ge",
        "ap",
        "_has:Observation:patient:",
        "_filter=",
        "_sort=-",
        "_count=",
        "_include=",
        "_elements=",
        "_summary=",
        "_total=",
        "_type=",
        "subject:Patient.",
        "2024-02",
        "%",
        "+",
        "_lastUpdated=",
        "near=",
        "_cursor=",
        "value-quantity=",
        "code-value-quantity=",
        "_text=",
        "_content=",
        "_id=",
        "_list=",
        "identifier=",
    ],
    cases: 16_000,
};

pub const FILTER: Target = Target {
    name: "filter",
    help: "the language of _filter: read again it is an equal clause, and decides about small resources",
    check: |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        for name in ["Patient", "Observation"] {
            check_pairs(schema().resource_named(name), &[("_filter".to_owned(), text.to_owned())]);
        }
    },
    words: &[
        " and ",
        " or ",
        "not (",
        "(",
        ")",
        "name",
        "birthdate",
        "code",
        " eq ",
        " ne ",
        " co ",
        " sw ",
        " ew ",
        " gt ",
        " le ",
        " ap ",
        " sa ",
        " po ",
        " pr ",
        " in ",
        " ss ",
        " re ",
        "\"a\"",
        "2024-01-01",
        "http://loinc.org|1-8",
        "subject.",
        "[",
        "]",
        "true",
        "\\\"",
    ],
    cases: 12_000,
};

fn check_url(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (name, query) = text.split_once('?').unwrap_or(("", text));
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    check_pairs(schema().resource_named(name), &pairs);
}

fn read(
    path_type: Option<TypeId>,
    pairs: &[(String, String)],
    handling: Handling,
) -> Result<Request, SearchError> {
    parse(path_type, None, pairs, handling, &**PORTS, &Limits::default())
}

fn check_pairs(path_type: Option<TypeId>, pairs: &[(String, String)]) {
    let Ok(request) = read(path_type, pairs, Handling::Lenient) else {
        assert!(read(path_type, pairs, Handling::Strict).is_err(), "strict where lenient refuses");
        return;
    };
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.kept).finish();
    let kept: Vec<(String, String)> = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
    assert_eq!(kept, request.kept);
    let mut again =
        read(path_type, &kept, Handling::Strict).expect("what was understood is understood again");
    again.query.cursor.clone_from(&request.query.cursor);
    assert_eq!(told(&again), told(&request));
    for clause in &request.query.clauses {
        for type_id in &request.query.types {
            let _ = search::access::access(*type_id, clause, &**PORTS);
            let _ = search::access::signature_hashes(*type_id, clause);
        }
        for document in &*DOCUMENTS {
            matches(clause, document, &NoReferences, &**PORTS);
        }
    }
}

/// All of a search but what was dropped.
fn told(request: &Request) -> String {
    let mut text = format!("{:?} {:?} {:?} ", request.query, request.includes, request.summary);
    let _ = write!(text, "{:?} {:?} {:?}", request.elements, request.format, request.pretty);
    text
}
