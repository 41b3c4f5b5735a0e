//! A result over time: the drawing and the table say the same.

use crate::made_up::CROWDED;
use crate::practice::practice;
use serde_json::json;

#[test]
fn the_line_and_the_table_have_the_same_values() {
    let Some(browser) = practice().browser("the_line_and_the_table_have_the_same_values") else { return };
    browser.open(&format!("/p/{CROWDED}"));
    browser.script("document.querySelector('.results a[href*=\"4548-4\"]').click()");
    browser.wait("return location.pathname.endsWith('/results/4548-4')");
    assert!(browser.text("h2").starts_with("Hemoglobin A1c"));
    let observations = practice().found(&format!("Observation?patient={CROWDED}&code=4548-4&_sort=-date"));
    let recorded: Vec<_> =
        observations.iter().map(|one| one["valueQuantity"]["value"].as_f64().unwrap()).collect();
    let table =
        "return [...document.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[1].textContent))";
    assert_eq!(browser.script(table), json!(recorded));
    // Drawn oldest first: the higher the value, the smaller its distance from the top.
    let drawn = browser
        .script("return [...document.querySelectorAll('.trend circle')].map(dot => +dot.getAttribute('cy'))");
    let drawn: Vec<f64> =
        drawn.as_array().unwrap().iter().rev().filter_map(serde_json::Value::as_f64).collect();
    assert_eq!(drawn.len(), recorded.len());
    for (one, two) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)] {
        let (more, higher) = (recorded[one] > recorded[two], drawn[one] < drawn[two]);
        assert_eq!(more, higher, "{recorded:?} {drawn:?}");
    }
    let parts = "return ['title', 'polyline', 'rect.band', 'text'].map(part => !!document.querySelector('.trend svg ' + part))";
    assert_eq!(browser.script(parts), json!([true, true, true, true]));
    assert!(
        browser.script("return document.querySelector('.trend svg').outerHTML.length").as_u64()
            < Some(15_000)
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
