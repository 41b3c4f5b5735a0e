//! Before anything is typed, the page of patients shows the day.

use crate::made_up::EMPTY;
use crate::practice::practice;
use serde_json::Value;

#[test]
fn the_day_stands_where_nothing_was_typed_yet() {
    let Some(browser) = practice().browser("the_day_stands_where_nothing_was_typed_yet") else { return };
    browser.open("/patients");
    let rows =
        browser.script("return [...document.querySelectorAll('.day tbody tr')].map(row => row.innerText)");
    let rows: Vec<&str> = rows.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let at = |name: &str| rows.iter().position(|row| row.contains(name));
    let (early, late) =
        (at("NEWCOMER, Nell").expect("an appointment"), at("FULLCHART, Frances Maria").expect("another"));
    assert!(early < late, "{rows:?}");
    for (row, expected) in
        [(early, ["00:00", "Follow-up", "arrived"]), (late, ["23:00", "Whitfield", "booked"])]
    {
        assert!(
            expected.iter().all(|expected| rows[row].to_lowercase().contains(&expected.to_lowercase())),
            "{rows:?}"
        );
    }
    assert_eq!(at("WOLFESCHLEGEL"), None, "tomorrow is not today");
    browser.click(&format!(".day a[href='/p/{EMPTY}']"));
    browser.wait("return location.pathname.startsWith('/p/')");
    assert!(browser.text(".banner h1").starts_with("NEWCOMER, Nell"));
}
