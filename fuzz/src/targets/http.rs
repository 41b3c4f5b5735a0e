//! Requests to the API and to the pages: whatever is asked, the answer is whole and no fault of ours.

use super::Target;
use super::practice::{Answer, Practice, request};
use fhir::{Document, Limits, xml};

pub const API: Target = Target {
    name: "api",
    help: "a request to the FHIR API: paths, headers, cursors, bodies; the answer is never a fault of ours",
    check: check_api,
    words: &[
        "GET /fhir/",
        "POST /fhir",
        "PUT /fhir/Patient/p1",
        "PATCH ",
        "DELETE ",
        "?",
        "&",
        "_format=xml",
        "_cursor=",
        "_summary=",
        "_elements=",
        "$validate",
        "$everything",
        "_history",
        "_search",
        "\nAccept: ",
        "\nPrefer: return=",
        "\nIf-Match: W/\"1\"",
        "\nIf-None-Exist: ",
        "\nIf-Modified-Since: ",
        "\nContent-Type: application/fhir+json",
        "\nContent-Type: application/fhir+xml",
        "\nContent-Encoding: gzip",
        "\nAuthorization: Bearer ",
        ";q=0.",
        "\n\n",
        "{\"resourceType\":\"",
        "\"fullUrl\":\"urn:uuid:",
        "\"ifNoneExist\":\"",
        "\"request\":{\"method\":\"",
    ],
    cases: 2_000,
};

pub const PAGES: Target = Target {
    name: "pages",
    help: "a request to the pages: cookies, forms, what is typed; the answer is never a fault of ours",
    check: check_pages,
    words: &[
        "GET /",
        "POST /sign-in",
        "/patients?q=",
        "/p/p1",
        "/results",
        "/documents/d1",
        "%",
        "+",
        "&",
        "\nCookie: chiron-session=",
        ";",
        "=",
        "\nSec-Fetch-Site: cross-site",
        "\n\n",
        "code=",
        "7/4/1985",
        "\nContent-Type: application/x-www-form-urlencoded",
    ],
    cases: 2_000,
};

fn check_api(bytes: &[u8]) {
    let Some(request) = request(bytes) else { return };
    let is_head = request.method() == "HEAD";
    let answer = Practice::new().api(request);
    assert_is_ours(&answer);
    if is_head || answer.bytes.is_empty() {
        return;
    }
    let kind = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    // A Binary is given as its own type, whose bytes are its own too.
    match kind.as_str() {
        "application/fhir+json" => {
            Document::parse_with(answer.bytes, Limits::UNBOUNDED).expect("an answer said to be JSON is JSON");
        }
        "application/fhir+xml" if answer.status() >= 400 => {
            xml::from_xml(&answer.bytes, Limits::UNBOUNDED).expect("a refusal said to be XML is XML");
        }
        _ => {}
    }
}

fn check_pages(bytes: &[u8]) {
    if let Some(request) = request(bytes) {
        assert_is_ours(&Practice::new().pages(request));
    }
}

/// Nothing broke, and what is missing in us is said to be missing.
pub fn assert_is_ours(answer: &Answer) {
    assert_ne!(answer.status(), 500, "{}", answer.text());
    assert_ne!(answer.status(), 503, "{}", answer.text());
}
