//! The list of allergies (LR03): through the pages, by hand and by forms.

use super::{HOSTILE, assert_no_complaints, assert_refused, patient, send, written};
use crate::browser::{Browser, ENTER, Script};
use crate::http::{Client, hidden};
use crate::joining::look;
use crate::practice::practice;
use serde_json::Value;

fn state(browser: &Browser) -> String {
    browser.script("return document.querySelector('.state').dataset.state").as_str().unwrap().to_owned()
}

/// What the record holds: what it is about, its clinical status, its verification.
fn statuses(patient: &str) -> Vec<(String, String, String)> {
    let code =
        |one: &Value, name: &str| one[name]["coding"][0]["code"].as_str().unwrap_or_default().to_owned();
    let found = practice().found(&format!("AllergyIntolerance?patient={patient}"));
    let read = |one: &Value| {
        assert!(
            one["meta"]["profile"][0].as_str().unwrap_or_default().ends_with("us-core-allergyintolerance"),
            "{one}"
        );
        let text = one["code"]["text"].as_str().unwrap_or_default().to_owned();
        (text, code(one, "clinicalStatus"), code(one, "verificationStatus"))
    };
    let mut statuses: Vec<_> = found.iter().map(read).collect();
    statuses.sort();
    statuses
}

fn status_of(patient: &str, substance: &str) -> (String, String) {
    let found = statuses(patient).into_iter().find(|one| one.0 == substance);
    found.map(|(_, clinical, verified)| (clinical, verified)).unwrap_or_default()
}

fn pair(one: &str, two: &str) -> (String, String) {
    (one.to_owned(), two.to_owned())
}

/// What the forms of a page carry.
fn context(client: &mut Client, place: &str) -> String {
    hidden(&client.get(place).text(), "context")
}

#[test]
fn lr03_allergies_are_kept_by_hand() {
    let Some(browser) = practice().browser("lr03_allergies_are_kept_by_hand") else { return };
    keep(&browser, &patient("allergies"), true);
    assert_no_complaints(&browser);
}

#[test]
fn lr03_allergies_are_kept_without_javascript() {
    let test = "lr03_allergies_are_kept_without_javascript";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    keep(&browser, &patient("plain-allergies"), false);
}

/// Says that there is none, adds, is asked about the same, ends, refutes, and takes back an error.
fn keep(browser: &Browser, id: &str, with_pictures: bool) {
    let picture = |name: &str| {
        if with_pictures {
            look(browser, name);
        }
    };
    let chip = |name: &str, value: &str| browser.click(&format!("label:has([name={name}][value={value}])"));
    browser.open(&format!("/p/{id}"));
    browser.click("#h-allergies a");
    browser.wait("return location.pathname.endsWith('/allergies')");
    assert_eq!(state(browser), "Not recorded: ask");
    picture("allergies-empty");
    browser.click(".state button");
    browser.wait("return document.querySelector('.state').dataset.state === 'No known allergies'");
    assert!(browser.text(".banner .allergies").contains("No known allergies"));
    picture("allergies-none-known");

    // From the chart: to the list, severity, kind, add. Four actions and one field.
    browser.open(&format!("/p/{id}"));
    browser.click("#h-allergies a");
    browser.wait("return location.pathname.endsWith('/allergies')");
    chip("severity", "severe");
    chip("category", "medication");
    browser.type_into("input[name=substance]", &format!("penicillin{ENTER}"));
    browser.wait("return document.querySelector('.state').dataset.state === 'Known allergies'");
    assert!(browser.text(".banner .allergies").contains("penicillin"));
    assert_eq!(
        status_of(id, "No known allergies"),
        pair("inactive", "confirmed"),
        "it ended with the first one"
    );
    assert_eq!(
        browser.script("return !document.querySelector('.state button')"),
        true,
        "none cannot be said now"
    );
    for (substance, reaction, severity) in
        [("latex", "contact dermatitis", "mild"), ("peanut", "anaphylaxis", "severe")]
    {
        browser.type_into("input[name=substance]", substance);
        chip("severity", severity);
        chip("criticality", if severity == "mild" { "low" } else { "high" });
        browser.type_into("input[name=reaction]", &format!("{reaction}{ENTER}"));
        browser
            .wait(&format!("return document.querySelector('.told')?.textContent.startsWith('{substance}')"));
    }
    picture("allergies-filled");

    browser.type_into("input[name=substance]", &format!("Penicillin{ENTER}"));
    browser.wait("return !!document.querySelector('.question')");
    picture("allergies-alike");
    browser.click(".question a.button");
    browser.wait("return !!document.querySelector('.looked-at')");
    assert_eq!(statuses(id).len(), 4, "nothing was added");
    end(browser, id, &picture);
}

/// The allergy that is looked at: a slip, refuted, active again, entered in error.
fn end(browser: &Browser, id: &str, picture: &dyn Fn(&str)) {
    browser.click(".looked-at .change summary");
    browser.click(".looked-at form:has([value=error]) button");
    browser.wait("return !!document.querySelector('.change .problem')");
    assert!(browser.text(".change .problem").contains("write why"));
    picture("allergies-slip");
    browser.type_into(
        ".change[open] form:has([value=refute]) input[name=reason]",
        &format!("tolerated amoxicillin{ENTER}"),
    );
    browser.wait("return !!document.querySelector('.past[open] .looked-at')");
    assert_eq!(status_of(id, "penicillin"), pair("inactive", "refuted"));
    assert!(!browser.text(".banner .allergies").contains("penicillin"));
    assert!(browser.text(".past").contains("tolerated amoxicillin"));
    picture("allergies-refuted");
    browser.click(".past .quick button");
    browser.wait("return !document.querySelector('.past')");
    assert_eq!(status_of(id, "penicillin"), pair("active", "confirmed"));

    browser.click(".looked-at .change summary");
    browser
        .type_into(".looked-at form:has([value=error]) input[name=reason]", &format!("wrong patient{ENTER}"));
    browser.wait("return document.querySelector('.told')?.textContent.includes('not on the list any more')");
    assert_eq!(status_of(id, "penicillin"), pair("", "entered-in-error"));
    browser.open(&format!("/p/{id}"));
    assert!(browser.text("#h-allergies + ul, [aria-labelledby=h-allergies]").contains("latex"));
    assert!(!browser.text("[aria-labelledby=h-allergies]").contains("penicillin"));
}

#[test]
fn lr03_none_is_not_said_while_an_allergy_stands_and_nobody_overwrites_another() {
    let id = patient("standing");
    let place = format!("/p/{id}/allergies");
    let mut client = practice().signed_in();
    let context = context(&mut client, &place);
    let added = send(&mut client, &place, &[("context", &context), ("substance", "latex")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let refused = send(&mut client, &place, &[("context", &context), ("none", "yes")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("there is an active allergy (latex)"), "{}", refused.text());
    assert_eq!(statuses(&id).len(), 1);
    let allergy =
        practice().found(&format!("AllergyIntolerance?patient={id}"))[0]["id"].as_str().unwrap().to_owned();
    let line = format!("{place}/{allergy}");
    let mut change = |act: &str, reason: &str, version: &str| {
        let fields = [("context", context.as_str()), ("version", version), ("act", act), ("reason", reason)];
        send(&mut client, &line, &fields)
    };
    assert_eq!(change("inactivate", "", "1").status, 303);
    let late = change("error", "wrong patient", "1");
    assert_eq!(late.status, 409);
    assert!(late.text().contains("Somebody changed this line") && late.text().contains("wrong patient"));
    for version in ["", "x", "99999999999"] {
        assert_eq!(change("refute", "", version).status, 409);
    }
    assert_eq!(statuses(&id)[0].1, "inactive");
}

/// G9: a form that was made for one chart writes to no other.
#[test]
fn lr03_a_form_of_one_chart_changes_no_list_of_another() {
    let (one, other) = (patient("allergic-one"), patient("allergic-other"));
    let mut client = practice().signed_in();
    let (of_one, of_other) = {
        let mut of = |id: &str| context(&mut client, &format!("/p/{id}/allergies"));
        (of(&one), of(&other))
    };
    let added =
        send(&mut client, &format!("/p/{one}/allergies"), &[("context", &of_one), ("substance", "latex")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let allergy =
        practice().found(&format!("AllergyIntolerance?patient={one}"))[0]["id"].as_str().unwrap().to_owned();
    for context in [of_one.as_str(), "", "0123456789abcdef0123456789abcdef"] {
        for path in [format!("/p/{other}/allergies"), format!("/p/{other}/allergies/{allergy}")] {
            for said in [("substance", "latex"), ("none", "yes"), ("act", "refute")] {
                let fields = [("context", context), ("version", "1"), said];
                assert_eq!(send(&mut client, &path, &fields).status, 409, "{path}");
            }
        }
    }
    let elsewhere = [("context", of_other.as_str()), ("act", "refute"), ("version", "1")];
    assert_eq!(send(&mut client, &format!("/p/{other}/allergies/{allergy}"), &elsewhere).status, 404);
    assert_eq!(practice().found(&format!("AllergyIntolerance?patient={other}")), Vec::<Value>::new());
    assert_eq!(statuses(&one)[0].1, "active");
}

#[test]
fn lr03_hostile_values_are_answered_beside_their_field_and_the_rest_is_kept() {
    let id = patient("hostile-allergies");
    let place = format!("/p/{id}/allergies");
    let mut client = practice().signed_in();
    let context = context(&mut client, &place);
    let added = send(&mut client, &place, &[("context", &context), ("substance", "latex")]);
    assert_eq!(added.status, 303, "{}", added.text());
    let allergy =
        practice().found(&format!("AllergyIntolerance?patient={id}"))[0]["id"].as_str().unwrap().to_owned();
    let line = format!("{place}/{allergy}");
    let long = "x".repeat(5_000);
    for value in HOSTILE.into_iter().chain([long.as_str()]) {
        for field in ["category", "severity", "criticality"] {
            let fields = [
                ("context", context.as_str()),
                ("substance", "nickel"),
                ("reaction", "itch"),
                (field, value),
            ];
            let refused = send(&mut client, &place, &fields);
            assert_eq!(refused.status, 422, "{field} {value:?}");
            let page = refused.text();
            assert!(
                page.contains("choose one of these") && page.contains("nickel") && page.contains("itch"),
                "{page}"
            );
            assert!(!page.contains("<script>hacked"));
        }
        let act = [("context", context.as_str()), ("version", "1"), ("act", value)];
        assert_eq!(send(&mut client, &line, &act).status, 422);
    }
    for value in [HOSTILE[1], HOSTILE[3], long.as_str()] {
        for (field, other) in [("substance", "reaction"), ("reaction", "substance")] {
            let fields =
                [("context", context.as_str()), (field, value), (other, "nickel"), ("severity", "mild")];
            let refused = send(&mut client, &place, &fields);
            assert_refused(&refused, value);
            assert!(refused.text().contains("nickel") && refused.text().contains("value=\"mild\" checked"));
        }
        for act in ["inactivate", "refute", "error"] {
            let fields = [("context", context.as_str()), ("version", "1"), ("act", act), ("reason", value)];
            assert_refused(&send(&mut client, &line, &fields), value);
        }
    }
    let nothing =
        send(&mut client, &place, &[("context", &context), ("substance", " "), ("reaction", "itch")]);
    assert!(
        nothing.status == 422 && nothing.text().contains("write to what") && nothing.text().contains("itch")
    );
    assert_eq!(statuses(&id).len(), 1, "nothing was written");
    let odd = [("context", context.as_str()), ("substance", HOSTILE[0]), ("reaction", HOSTILE[2])];
    assert_eq!(send(&mut client, &place, &odd).status, 303);
    let page = client.get(&place).text();
    assert!(page.contains(&written(HOSTILE[0])) && !page.contains("<script>hacked"));
}

#[test]
fn lr03_who_may_only_look_sees_the_list_and_no_form() {
    let id = patient("allergic-looked-at");
    let place = format!("/p/{id}/allergies");
    let page = practice().guest().get(&place).text();
    assert!(page.contains("Not recorded: ask") && !page.contains("No known allergies"), "{page}");
    assert!(!page.contains("name=\"substance\""));
}
