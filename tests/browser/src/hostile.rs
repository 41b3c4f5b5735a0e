//! Every text of a record is one that would run as a script, and on no page is it more than a text.

use crate::browser::Script;
use crate::made_up::{self, CROWDED};
use crate::practice::Practice;
use crate::security::addresses;
use fhir::{Document, Element};
use serde_json::{Value, json};
use std::ops::Range;

/// A text that ends a text, an attribute of either quotes, and a tag, wherever it stands as it is.
const HOSTILE: &str = "x7\"y7'z7><script>hacked=1</script><img src=x onerror='hacked=1'>";
/// What of it must be nowhere on a page.
const RAW: [&str; 4] = ["x7\"", "y7'", "z7>", "<script>hacked"];
/// How pages write it.
const WRITTEN: &str = "x7&#34;y7&#39;z7&#62;&#60;script";

/// Types whose values are texts of any content.
const TEXTS: [&str; 2] = ["string", "markdown"];

/// The made up patients with that text in every place that takes one.
fn bundle() -> Value {
    let mut bundle = made_up::bundle();
    let mut places = 0;
    for entry in bundle["entry"].as_array_mut().unwrap() {
        let document = Document::parse(entry["resource"].to_string()).unwrap();
        let mut texts = Vec::new();
        find(Element::resource(&document).unwrap(), &mut texts);
        places += texts.len();
        let mut json = document.text().to_owned();
        texts.sort_by_key(|range| std::cmp::Reverse(range.start));
        for range in texts {
            json.replace_range(range, &json!(HOSTILE).to_string());
        }
        entry["resource"] = serde_json::from_str(&json).unwrap();
    }
    assert!(places > 500, "the patients have many texts: {places}");
    bundle
}

fn find(element: Element<'_>, texts: &mut Vec<Range<usize>>) {
    for (name, child) in element.children() {
        match child.value {
            // That one is a string whose content is ruled.
            Some(node) if TEXTS.contains(&child.type_name()) && name != "reference" => {
                texts.push(node.range());
            }
            _ => find(child, texts),
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[test]
fn no_text_of_a_hostile_record_runs_on_a_page() {
    let practice = Practice::start();
    let put = practice.program().post("/fhir", &bundle());
    assert_eq!(put.status, 200, "{}", put.text());
    let mut client = practice.signed_in();
    // People and apps of that name, too.
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for (path, fields) in [
        ("/people", vec![("name", HOSTILE), ("role", "nurse")]),
        ("/apps/registered", vec![("name", HOSTILE), ("redirect_uris", "https://app.example.org/back")]),
    ] {
        let made = client.send("POST", path, &[kind], form(&fields).as_bytes());
        assert!([200, 303].contains(&made.status), "{path}: {}", made.text());
    }
    let search = format!("/patients?{}", form(&[("q", HOSTILE)]));
    let all = addresses().into_iter().map(|(_, address)| address).chain([search, "/patients?q=x".to_owned()]);
    let mut shown = Vec::new();
    for address in all {
        let answer = client.get(&address);
        // A file is no page: browsers are told so, and that they are not to guess.
        if !answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{address}");
            continue;
        }
        let page = answer.text();
        for raw in RAW {
            assert!(!page.contains(raw), "{address} has {raw}");
        }
        shown.extend(page.contains(WRITTEN).then_some(address));
    }
    for path in [
        &format!("/p/{CROWDED}"),
        &format!("/p/{CROWDED}/results"),
        "/patients",
        "/people",
        "/apps/registered",
    ] {
        assert!(shown.iter().any(|address| address == path), "{path} shows the texts: {shown:?}");
    }

    let Some(browser) = practice.browser_with("no_text_of_a_hostile_record_runs_on_a_page", Script::On)
    else {
        return;
    };
    for address in shown {
        browser.open(&address);
        browser.wait("return document.readyState === 'complete'");
        assert_eq!(browser.script("return window.hacked === undefined"), true, "{address}");
        assert_eq!(browser.script("return document.querySelectorAll('img[src=x]').length"), 0, "{address}");
    }
    // What the script brings into a page.
    browser.open("/people");
    browser.type_into(".find [name=q]", "x7");
    browser.wait("return document.body.innerText.includes('hacked=1')");
    assert_eq!(browser.script("return window.hacked === undefined"), true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
