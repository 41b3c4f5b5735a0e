//! The chart over whatever resources the record took: shown, and nothing of it becomes script.

use super::Target;
use super::http::assert_is_ours;
use super::practice::{Practice, request};
use fhir::Document;
use fhir::schema::schema;
use record::Expect;
use record::write::{Target as WriteTarget, WriteAction, WriteRequest};

pub const TARGET: Target = Target {
    name: "chart",
    help: "resources, one a line, written into a record and shown in its chart: shown, and without script of theirs",
    check,
    words: &[
        "<script>",
        "</script>",
        "\\u003cscript",
        "\" onload=\"",
        "\"valueQuantity\":{\"value\":",
        "1e99",
        "-0.0",
        "\"effectiveDateTime\":\"",
        "0001",
        "9999-12-31",
        "\"reference\":\"Patient/p1\"",
        "\"status\":\"",
        "\n",
        "\"birthDate\":\"",
        "\"code\":{\"text\":\"",
        "{\"resourceType\":\"Condition\",\"id\":\"c1\",",
        "\"referenceRange\":[{\"low\":{\"value\":",
        "\"data\":\"",
        "\"contentType\":\"text/html\"",
    ],
    cases: 400,
};

const PAGES: [&str; 5] =
    ["/p/p1", "/p/p1/results", "/p/p1/results/2823-3", "/p/p1/documents/d1", "/patients?q=ames"];

/// The program's own script, on every page.
const SCRIPTS: usize = 1;

fn check(bytes: &[u8]) {
    let practice = Practice::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(document) = Document::parse(line) {
            write(&practice, &document);
        }
    }
    for page in PAGES {
        let answer = practice.pages(request(format!("GET {page}").as_bytes()).expect("a page's path"));
        assert_is_ours(&answer);
        let text = answer.text().to_lowercase();
        assert!(text.matches("<script").count() <= SCRIPTS, "{page}: {text}");
    }
}

/// Puts a resource where it says; what is refused is left out.
fn write(practice: &Practice, resource: &Document) {
    let root = resource.root();
    let type_id = resource.resource_type().and_then(|name| schema().resource_named(&name));
    let key = type_id.and_then(|type_id| record::bundle::key(type_id, &root.get_str("id")?).ok());
    if let Some(key) = key {
        let target = WriteTarget::Key(key);
        let action = WriteAction::Update { target, resource: root, expect: Expect::Any };
        let _ = practice.session.write(WriteRequest { action, full_url: None });
    }
}
