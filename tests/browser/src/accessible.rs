//! Every page against the rules of axe-core: WCAG 2.2 A and AA, in the light and in the dark (check 6).

use crate::browser::Browser;
use crate::made_up::{CROWDED, DECEASED, EMPTY, INFANT};
use crate::practice::practice;
use crate::security::{FORMS, addresses};
use serde_json::Value;

const AXE: &str = include_str!("../fixtures/axe-core/axe.min.js");

/// Ends of addresses at which the script asks and no page is.
const NO_PAGES: [&str; 4] = ["{name}", "/session", "/passkey", "/file"];

/// All rules of WCAG 2.2 A and AA.
const ALL: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";
/// Those that the dark can break.
const OF_COLOUR: &str = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

/// What is wrong on the page that is shown, as lines.
fn violations(browser: &Browser, rules: &str) -> Vec<String> {
    let ask = format!(
        "const done = arguments[arguments.length - 1]; \
         axe.run({{ runOnly: {rules}, resultTypes: ['violations'] }}) \
         .then((found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => \
             rule.id + ': ' + node.html.slice(0, 160) + ' ' + [...node.any, ...node.all, ...node.none][0]?.message))), \
         (error) => done(['axe failed: ' + error]));"
    );
    let found = browser.script_later(&format!("{AXE};{ask}"));
    found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn check06_no_page_breaks_a_rule_of_axe() {
    let Some(browser) = practice().browser("check06_no_page_breaks_a_rule_of_axe") else { return };
    let mut pages: Vec<String> = addresses()
        .into_iter()
        .filter(|(path, _)| !FORMS.contains(path) && !NO_PAGES.iter().any(|end| path.ends_with(end)))
        .map(|(_, address)| address)
        .collect();
    let ordinary = practice().ordinary_patient();
    pages.extend([EMPTY, INFANT, DECEASED, ordinary].map(|id| format!("/p/{id}")));
    pages.extend(["/patients?q=w", "/patients?q=zzzzqx"].map(str::to_owned));
    pages.push(format!("/p/{CROWDED}/results/4548-4"));
    let mut wrong = Vec::new();
    for (shade, rules) in [("light", ALL), ("dark", OF_COLOUR)] {
        browser.is_dark(shade == "dark");
        for page in &pages {
            browser.open(page);
            wrong.extend(
                violations(&browser, rules).into_iter().map(|line| format!("{page} ({shade}) {line}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}

/// The states of a note: begun, with suggestions, with mistakes, being signed.
#[test]
fn check06_no_state_of_a_note_breaks_a_rule_of_axe() {
    let Some(browser) = practice().browser("check06_no_state_of_a_note_breaks_a_rule_of_axe") else { return };
    let id = crate::visit_note::patient("axe");
    let mut wrong = Vec::new();
    let mut look = |state: &str| {
        wrong.extend(violations(&browser, ALL).into_iter().map(|line| format!("{state} {line}")));
    };
    crate::visit_note::begin(&browser, &id);
    look("begun");
    browser.keys("/dx pain");
    browser.wait("return document.querySelectorAll('[role=option]').length > 1");
    look("suggestions");
    browser.type_into("textarea[name=text]", "\u{E00C}\n/xyz\n/lab a1c");
    browser.wait("return document.querySelectorAll('.basket li').length === 3");
    look("mistakes");
    browser.click("[data-sign]");
    browser.wait("return !!document.querySelector('.problem')");
    look("refused");
    browser.script("document.querySelector('textarea').value = 'A note.'");
    browser.click("[data-sign]");
    browser.wait("return !!document.querySelector('.pending')");
    look("being signed");
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}
