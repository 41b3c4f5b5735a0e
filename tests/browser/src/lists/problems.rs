//! The problem list (LR01): through the pages, by hand and by forms.

use super::{HOSTILE, assert_no_complaints, assert_refused, patient, send, written};
use crate::browser::{Browser, ENTER, Script};
use crate::http::{Client, hidden};
use crate::joining::look;
use crate::practice::practice;
use serde_json::{Value, json};

/// The names of a group of lines.
fn lines(browser: &Browser, group: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll('{group} .entry .what b')].map(one => one.textContent)"
    );
    serde_json::from_value(browser.script(&script)).unwrap()
}

const ACTIVE: &str = "section > .entries";
const PAST: &str = ".past";

/// Searches for a problem and chooses the first that could be meant: two actions and one field.
fn add(browser: &Browser, words: &str) {
    browser.type_into("input[name=find]", &format!("{words}{ENTER}"));
    browser.wait("return !!document.querySelector('.candidates button')");
    browser.click(".candidates button");
    browser.wait("return !document.querySelector('.candidates')");
}

/// What the forms of a page carry.
fn context(client: &mut Client, place: &str) -> String {
    hidden(&client.get(&format!("{place}?find=gout")).text(), "context")
}

fn statuses(patient: &str) -> Vec<(String, String, String)> {
    let code =
        |one: &Value, name: &str| one[name]["coding"][0]["code"].as_str().unwrap_or_default().to_owned();
    let found = practice().found(&format!("Condition?patient={patient}"));
    let read = |one: &Value| {
        assert!(
            one["meta"]["profile"][0].as_str().unwrap_or_default().contains("us-core-condition"),
            "{one}"
        );
        (
            one["code"]["text"].as_str().unwrap().to_owned(),
            code(one, "clinicalStatus"),
            code(one, "verificationStatus"),
        )
    };
    found.iter().map(read).collect()
}

#[test]
fn lr01_problems_are_kept_by_hand() {
    let Some(browser) = practice().browser("lr01_problems_are_kept_by_hand") else { return };
    keep(&browser, &patient("problems"), true);
    assert_no_complaints(&browser);
}

#[test]
fn lr01_problems_are_kept_without_javascript() {
    let test = "lr01_problems_are_kept_without_javascript";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    keep(&browser, &patient("plain-problems"), false);
}

/// Adds, is asked about a duplicate, resolves, opens again, dates, and takes back an error.
fn keep(browser: &Browser, id: &str, with_pictures: bool) {
    let picture = |name: &str| {
        if with_pictures {
            look(browser, name);
        }
    };
    let hypertension = "Essential (primary) hypertension";
    browser.open(&format!("/p/{id}"));
    // Three actions and one field: to the list, find, choose.
    browser.click("#h-problems a");
    browser.wait("return location.pathname.endsWith('/problems')");
    picture("problems-empty");
    browser.type_into("input[name=onset]", "7/4/85");
    browser.type_into("input[name=find]", &format!("htn{ENTER}"));
    browser.wait("return !!document.querySelector('.candidates button')");
    assert!(browser.text(".add-line").contains("July 4, 1985"), "what was understood is said");
    picture("problems-candidates");
    browser.click(".candidates button");
    browser.wait("return !!document.querySelector('.told')");
    assert!(browser.text(".told").contains("active, onset July 4, 1985"), "{}", browser.text(".told"));
    assert_eq!(lines(browser, ACTIVE), [hypertension]);
    assert!(
        browser.text(".entry").contains("ICD-10-CM I10") && browser.text(".entry").contains("04-Jul-1985")
    );
    assert!(browser.text(".entry .by").contains("by "), "{}", browser.text(".entry .by"));
    for words in ["asthma", "gerd", "hyperlipidemia"] {
        add(browser, words);
    }
    picture("problems-filled");

    // Another name of what is there: the page asks.
    browser.type_into("input[name=find]", &format!("high blood pressure{ENTER}"));
    browser.wait("return !!document.querySelector('.candidates button')");
    browser.click(".candidates button");
    browser.wait("return !!document.querySelector('.question')");
    assert!(browser.text(".question").contains("the same code"), "{}", browser.text(".question"));
    picture("problems-alike");
    browser.click(".question a.button");
    browser.wait("return !!document.querySelector('.looked-at')");
    assert_eq!(browser.script("return document.querySelector('.looked-at b').textContent"), hypertension);
    assert_eq!(statuses(id).len(), 4, "nothing was added");

    // Resolved today, seen as such, and active again: one action each.
    browser.click(".looked-at .quick button");
    browser.wait("return !!document.querySelector('.past[open] .looked-at')");
    assert!(!lines(browser, ACTIVE).contains(&hypertension.to_owned()));
    assert_eq!(lines(browser, PAST), [hypertension]);
    picture("problems-resolved");
    browser.click(".past .quick button");
    browser.wait("return !document.querySelector('.past')");
    assert!(lines(browser, ACTIVE).contains(&hypertension.to_owned()));

    // A slip is said beside its field; then the right day counts.
    browser.click(".looked-at .change summary");
    browser
        .type_into(".looked-at .change form:nth-of-type(2) input[name=date]", &format!("25/12/2020{ENTER}"));
    browser.wait("return !!document.querySelector('.change .problem')");
    assert!(
        browser.text(".change .problem").contains("December 25, 2020"),
        "{}",
        browser.text(".change .problem")
    );
    assert_eq!(browser.script("return document.querySelector('.change [aria-invalid]').value"), "25/12/2020");
    picture("problems-slip");
    browser.script("document.querySelector('.change [aria-invalid]').value = ''");
    browser.type_into(".change [aria-invalid]", &format!("12/25/2020{ENTER}"));
    browser.wait("return !!document.querySelector('.past[open]')");
    assert!(browser.text(".told").contains("resolved on December 25, 2020"), "{}", browser.text(".told"));

    // Entered in error: with a reason, and then it is not on the list.
    browser.click(".looked-at .change summary");
    browser.type_into(".looked-at input[name=reason]", &format!("white coat{ENTER}"));
    browser.wait("return !document.querySelector('.past')");
    assert!(browser.text(".told").contains("not on the list any more"));
    let in_error: Vec<_> = statuses(id).into_iter().filter(|one| one.2 == "entered-in-error").collect();
    assert_eq!(in_error, [(hypertension.to_owned(), String::new(), "entered-in-error".to_owned())]);
    browser.open(&format!("/p/{id}"));
    assert!(!browser.text("#profile").contains(hypertension));
}

#[test]
fn lr01_what_is_alike_can_be_added_all_the_same_or_made_active_again() {
    let id = patient("alike");
    let place = format!("/p/{id}/problems");
    let mut client = practice().signed_in();
    let context = context(&mut client, &place);
    let mut add = |code: &str, anyway: &str| {
        let fields = [
            ("context", context.as_str()),
            ("find", "diabetes"),
            ("onset", "2019"),
            ("code", code),
            ("anyway", anyway),
        ];
        send(&mut client, &place, &fields)
    };
    assert_eq!(add("E11.9", "").status, 303);
    let asked = add("E11.42", "");
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("broader, narrower"), "{}", asked.text());
    assert_eq!(statuses(&id).len(), 1, "it asks first");
    assert_eq!(add("E11.42", "yes").status, 303);
    assert_eq!(statuses(&id).len(), 2);
    let twice = add("E11.42", "");
    assert!(
        twice.status == 200 && twice.text().contains("the same code"),
        "a form that is sent twice adds once"
    );
}

#[test]
fn lr01_two_people_do_not_overwrite_each_other_and_what_was_typed_is_kept() {
    let id = patient("two-people");
    let place = format!("/p/{id}/problems");
    let mut client = practice().signed_in();
    let context = context(&mut client, &place);
    let added = send(&mut client, &place, &[("context", &context), ("find", "gout"), ("code", "M10.9")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let problem = practice().found(&format!("Condition?patient={id}"))[0]["id"].as_str().unwrap().to_owned();
    let line = format!("{place}/{problem}");
    let mut change = |act: &str, date: &str, version: &str| {
        let fields = [("context", context.as_str()), ("version", version), ("act", act), ("date", date)];
        send(&mut client, &line, &fields)
    };
    assert_eq!(change("onset", "2001", "1").status, 303);
    let late = change("resolve", "Mar 2020", "1");
    assert_eq!(late.status, 409);
    assert!(
        late.text().contains("Somebody changed this line") && late.text().contains("Mar 2020"),
        "{}",
        late.text()
    );
    assert_eq!(hidden(&late.text(), "version"), "2", "what it is now can be saved over");
    for version in ["", "x", "99999999999", "-1"] {
        assert_eq!(change("resolve", "2020", version).status, 409);
    }
    assert_eq!(change("resolve", "Mar 2020", "2").status, 303);
}

/// G9: a form that was made for one chart writes to no other.
#[test]
fn lr01_a_form_of_one_chart_changes_no_list_of_another() {
    let (one, other) = (patient("list-one"), patient("list-other"));
    let mut client = practice().signed_in();
    let mut of = |id: &str| context(&mut client, &format!("/p/{id}/problems"));
    let (of_one, of_other) = (of(&one), of(&other));
    let added = send(
        &mut client,
        &format!("/p/{one}/problems"),
        &[("context", &of_one), ("find", "gout"), ("code", "")],
    );
    assert_eq!(added.status, 303, "{}", added.text());
    let problem = practice().found(&format!("Condition?patient={one}"))[0]["id"].as_str().unwrap().to_owned();
    for context in [of_one.as_str(), "", "0123456789abcdef0123456789abcdef"] {
        for path in [format!("/p/{other}/problems"), format!("/p/{other}/problems/{problem}")] {
            let fields =
                [("context", context), ("find", "gout"), ("code", ""), ("act", "resolve"), ("version", "1")];
            assert_eq!(send(&mut client, &path, &fields).status, 409, "{path}");
        }
    }
    let elsewhere = [("context", of_other.as_str()), ("act", "resolve"), ("version", "1")];
    assert_eq!(send(&mut client, &format!("/p/{other}/problems/{problem}"), &elsewhere).status, 404);
    assert_eq!(practice().found(&format!("Condition?patient={other}")), Vec::<Value>::new());
    assert_eq!(statuses(&one)[0].1, "active");
}

#[test]
fn lr01_hostile_values_are_answered_beside_their_field_and_the_rest_is_kept() {
    let id = patient("hostile-problems");
    let place = format!("/p/{id}/problems");
    let mut client = practice().signed_in();
    let context = context(&mut client, &place);
    let added = send(&mut client, &place, &[("context", &context), ("find", "gout"), ("code", "M10.9")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let problem = practice().found(&format!("Condition?patient={id}"))[0]["id"].as_str().unwrap().to_owned();
    let line = format!("{place}/{problem}");
    let long = "9".repeat(5_000);
    for value in HOSTILE.into_iter().chain([long.as_str()]) {
        let onset = [("context", context.as_str()), ("find", "gout attack"), ("code", ""), ("onset", value)];
        let refused = send(&mut client, &place, &onset);
        assert_refused(&refused, value);
        assert!(refused.text().contains("gout attack"), "the rest is kept");
        let code =
            [("context", context.as_str()), ("find", "gout attack"), ("code", value), ("onset", "2001")];
        let refused = send(&mut client, &place, &code);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(
            refused.text().contains("find-wrong") && refused.text().contains("2001"),
            "{}",
            refused.text()
        );
        for (act, field) in [("onset", "date"), ("resolve", "date")] {
            let fields = [("context", context.as_str()), ("version", "1"), ("act", act), (field, value)];
            assert_refused(&send(&mut client, &line, &fields), value);
        }
        let act = [("context", context.as_str()), ("version", "1"), ("act", value)];
        assert_eq!(send(&mut client, &line, &act).status, 422);
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("find", value), ("onset", value), ("look", value)])
            .finish();
        let searched = client.get(&format!("{place}?{query}"));
        assert_eq!(searched.status, 200, "{}", searched.text());
        assert!(searched.text().contains(&written(value)) && !searched.text().contains("<script>hacked"));
    }
    for value in [HOSTILE[1], HOSTILE[3], long.as_str()] {
        let words = [("context", context.as_str()), ("find", value), ("code", ""), ("onset", "2001")];
        let refused = send(&mut client, &place, &words);
        assert_refused(&refused, value);
        assert!(refused.text().contains("2001"), "the rest is kept");
        let reason = [("context", context.as_str()), ("version", "1"), ("act", "error"), ("reason", value)];
        assert_refused(&send(&mut client, &line, &reason), value);
    }
    assert_eq!(statuses(&id).len(), 1, "nothing was written");
    // What is only odd is a text like any other.
    let odd = [("context", context.as_str()), ("find", HOSTILE[0]), ("code", ""), ("onset", "")];
    assert_eq!(send(&mut client, &place, &odd).status, 303);
    let page = client.get(&place).text();
    assert!(page.contains(&written(HOSTILE[0])) && !page.contains("<script>hacked"));
}

#[test]
fn lr01_who_may_only_look_sees_the_list_and_no_form() {
    let id = patient("looked-at");
    let condition = json!({ "resourceType": "Condition", "subject": { "reference": format!("Patient/{id}") },
        "code": { "text": "Gout" } });
    assert_eq!(practice().program().post("/fhir/Condition", &condition).status, 201);
    let mut guest = practice().guest();
    let page = guest.get(&format!("/p/{id}/problems")).text();
    assert!(page.contains("Gout") && !page.contains("Resolve") && !page.contains("Add a problem"), "{page}");
    assert!(!guest.get(&format!("/p/{id}")).text().contains("Change the problem list"));
}
