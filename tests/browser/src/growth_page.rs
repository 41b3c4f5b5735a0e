//! How a child grows: the drawing and the table say the same, by the tables that the WHO and the CDC publish (LR07).

use crate::browser::{Browser, Script};
use crate::joining::look;
use crate::made_up::{CROWDED, days_ago};
use crate::practice::practice;
use serde_json::{Value, json};

/// A patient of a test's own, so many days old.
fn patient(id: &str, gender: &str, days: i64) {
    let patient = json!({ "resourceType": "Patient", "id": id, "gender": gender, "birthDate": days_ago(days),
        "identifier": [{ "system": "https://meadowbrook.example.org/identifiers/mrn", "value": format!("G-{id}") }],
        "name": [{ "family": "Growing", "given": [id] }] });
    assert_eq!(practice().program().put(&format!("/fhir/Patient/{id}"), &patient).status, 201);
}

/// Measurements of a patient: LOINC code, UCUM unit, and on which day of life there was how much.
fn measure(id: &str, code: &str, unit: &str, measured: &[(i64, f64)], days: i64) {
    for (day, value) in measured {
        let observation = json!({ "resourceType": "Observation", "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
            "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
            "subject": { "reference": format!("Patient/{id}") }, "effectiveDateTime": days_ago(days - day),
            "valueQuantity": { "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit } });
        let answer = practice().program().post("/fhir/Observation", &observation);
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

/// The text of the first row.
fn first_row(browser: &Browser) -> String {
    browser.text("tbody tr").replace('\n', " ")
}

fn number(browser: &Browser, body: &str) -> u64 {
    browser.script(body).as_u64().unwrap_or_default()
}

/// The drawing is light and named, and has a dot for each row of its reference.
fn assert_drawn(browser: &Browser, reference: &str) {
    assert!(number(browser, "return document.querySelector('.growth svg').outerHTML.length") <= 15_000);
    let rows = format!(
        "return [...document.querySelectorAll('tbody .reference')].filter(one => one.textContent === '{reference}').length"
    );
    let dots = number(browser, "return document.querySelector('.dots').getAttribute('d').match(/M/g).length");
    assert_eq!(dots, number(browser, &rows), "{}", browser.text("tbody"));
    let parts = "return ['title', 'desc', '.band', '.median', '.child', '.newest'].map(part => !!document.querySelector('.growth svg ' + part))";
    assert_eq!(browser.script(parts), json!([true, true, true, true, true, true]));
    let labels = "return [...document.querySelectorAll('.growth text')].filter(one => /^\\d+(st|nd|rd|th)$/.test(one.textContent)).length";
    assert_eq!(browser.script(labels), 7);
}

/// On a wide screen the whole drawing is seen without scrolling.
fn assert_seen(browser: &Browser) {
    browser.size(1366, 768, false);
    let bottom = "return document.querySelector('.growth svg').getBoundingClientRect().bottom";
    assert!(browser.script(bottom).as_f64() <= Some(768.0), "{:?}", browser.script(bottom));
}

#[test]
fn lr07_an_infant_is_compared_with_the_who() {
    let test = "lr07_an_infant_is_compared_with_the_who";
    let Some(browser) = practice().browser(test) else { return };
    let (id, days) = ("growing-girl", 370);
    patient(id, "female", days);
    // A girl of 365 days and 9 kg has z = 0.04885 by the WHO's table for that day.
    let grams = [
        (0, 3210.0),
        (4, 3050.0),
        (15, 3540.0),
        (61, 5100.0),
        (122, 6420.0),
        (183, 7300.0),
        (274, 8260.0),
        (365, 9000.0),
    ];
    measure(id, "29463-7", "g", &grams, days);
    measure(id, "8306-3", "cm", &[(0, 49.5), (61, 57.3), (183, 65.6), (274, 69.2), (365, 68.0)], days);
    measure(id, "9843-4", "cm", &[(0, 34.0), (61, 38.2), (183, 42.4), (365, 45.1)], days);
    browser.open(&format!("/p/{id}"));
    browser.click("[aria-labelledby=h-vitals] a[href$='/growth']");
    browser.wait("return location.pathname.endsWith('/growth')");
    let row = first_row(&browser);
    for expected in ["12 mo", "9.00 kg", "9000.0 g", "52nd", "0.05", "WHO"] {
        assert!(row.contains(expected), "{row} does not say {expected}");
    }
    assert!(browser.text(".banner").contains("GROWING"));
    assert_drawn(&browser, "WHO");
    assert_seen(&browser);
    look(&browser, "growth-infant");
    browser.keys("c");
    browser.wait("return location.search === '?chart=length'");
    let row = first_row(&browser);
    assert!(row.contains("▼ L") && row.contains("−2."), "{row}");
    look(&browser, "growth-infant-length");
    browser.click(".ages a[href$='ages=6mo']");
    browser.wait("return location.search.endsWith('ages=6mo')");
    assert_eq!(
        number(&browser, "return document.querySelector('.dots').getAttribute('d').match(/M/g).length"),
        2
    );
    browser.open(&format!("/p/{id}/growth?chart=bmi"));
    assert!(browser.text("main").contains("No body mass index is recorded."));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn lr07_a_teenager_is_compared_with_the_cdc() {
    let test = "lr07_a_teenager_is_compared_with_the_cdc";
    let Some(browser) = practice().browser(test) else { return };
    let (id, days) = ("growing-boy", 6417);
    patient(id, "male", days);
    // CDC, statage.csv: the 75th percentile of boys of 210.5 months (6407 days).
    let year = |nth: i64, value: f64| (nth * 365 + nth / 4 + 12, value);
    let mut heights: Vec<_> = [
        (2, 88.0),
        (3, 97.0),
        (4, 104.5),
        (6, 118.0),
        (8, 131.0),
        (10, 141.0),
        (12, 152.0),
        (14, 167.5),
        (16, 178.5),
    ]
    .map(|(nth, value)| year(nth, value))
    .into();
    heights.push((6407, 180.655_525_7));
    measure(id, "8302-2", "cm", &heights, days);
    let pounds = [
        (2, 28.0),
        (4, 37.0),
        (6, 47.5),
        (8, 62.0),
        (10, 78.0),
        (12, 101.0),
        (14, 139.0),
        (16, 171.0),
        (17, 186.0),
    ]
    .map(|(nth, value)| year(nth, value));
    measure(id, "29463-7", "[lb_av]", &pounds, days);
    measure(id, "39156-5", "kg/m2", &[year(8, 16.4), year(12, 19.8), year(17, 33.4)], days);
    browser.open(&format!("/p/{id}/growth?chart=length"));
    let row = first_row(&browser);
    for expected in ["17 y 6 mo", "180.7", "75th", "0.67", "CDC"] {
        assert!(row.contains(expected), "{row} does not say {expected}");
    }
    assert_drawn(&browser, "CDC");
    assert_seen(&browser);
    look(&browser, "growth-teenager");
    browser.open(&format!("/p/{id}/growth"));
    assert!(first_row(&browser).contains("84.37 kg 186.0 lb"), "{}", first_row(&browser));
    look(&browser, "growth-teenager-weight");
    browser.open(&format!("/p/{id}/growth?chart=bmi"));
    assert!(first_row(&browser).contains("▲ H"), "{}", first_row(&browser));
    let svg = browser.script("return document.querySelector('.growth svg').textContent");
    assert!(svg.as_str().is_some_and(|text| text.contains("85th")));
    look(&browser, "growth-teenager-bmi");
    print(&browser, "growth-teenager");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Leaves the page as it is printed; the chart and whose it is lie on the first sheet.
fn print(browser: &Browser, name: &str) {
    // Letter, without the margins that the style sheet asks for, at 96 px an inch.
    browser.size(710, 920, false);
    let media = |media: &str| browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": media }));
    media("print");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::write(folder.join(format!("print-{name}.png")), browser.picture(true)).unwrap();
    let bottom = "return document.querySelector('.growth svg').getBoundingClientRect().bottom";
    assert!(browser.script(bottom).as_f64() <= Some(920.0));
    media("");
}

#[test]
fn lr07_a_child_born_early_is_compared_with_fenton_first() {
    let test = "lr07_a_child_born_early_is_compared_with_fenton_first";
    let Some(browser) = practice().browser(test) else { return };
    let (id, days) = ("growing-early", 200);
    patient(id, "male", days);
    measure(id, "11884-4", "wk", &[(0, 28.43)], days);
    let weights = [
        (0, 1120.0),
        (7, 1060.0),
        (14, 1190.0),
        (28, 1540.0),
        (42, 2010.0),
        (63, 2840.0),
        (77, 3500.0),
        (180, 6900.0),
    ];
    measure(id, "29463-7", "g", &weights, days);
    browser.open(&format!("/p/{id}/growth"));
    assert!(browser.text(".notice").contains("Born at 28 3/7 weeks"));
    assert!(first_row(&browser).contains("corrected") && first_row(&browser).contains("WHO"));
    look(&browser, "growth-early");
    browser.click(".ages a[href$='ages=preterm']");
    browser.wait("return location.search.endsWith('ages=preterm')");
    assert_drawn(&browser, "Fenton");
    look(&browser, "growth-early-preterm");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn lr07_who_has_no_chart_is_told_why() {
    let test = "lr07_who_has_no_chart_is_told_why";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    patient("growing-other", "other", 900);
    measure("growing-other", "29463-7", "kg", &[(800, 12.5)], 900);
    patient("grown-up", "female", 9000);
    measure("grown-up", "8302-2", "cm", &[(5000, 152.0), (8990, 166.0)], 9000);
    let page = |path: &str| {
        browser.open(path);
        browser.text("main").replace('\n', " ")
    };
    let other = page("/p/growing-other/growth");
    assert!(
        other.contains("none is chosen: the recorded sex is other") && other.contains("12.5 kg"),
        "{other}"
    );
    look(&browser, "growth-other");
    let adult = page("/p/grown-up/growth?chart=length");
    assert!(adult.contains("Growth charts end at 20 years.") && adult.contains("166"), "{adult}");
    look(&browser, "growth-adult");
    assert!(page(&format!("/p/{CROWDED}/growth?chart=head")).contains("No head circumference is recorded."));
    look(&browser, "growth-empty");
    let drawings = browser.script("return document.querySelectorAll('.growth svg').length");
    assert_eq!(drawings, Value::from(0));
    let link = "return document.querySelectorAll(\"[aria-labelledby=h-vitals] a[href$='/growth']\").length";
    browser.open("/p/grown-up");
    assert_eq!(browser.script(link), 0);
    browser.open("/p/growing-other");
    assert_eq!(browser.script(link), 1);
}

#[test]
fn lr07_a_crowded_chart_stays_light_and_says_what_it_leaves_out() {
    let (id, days) = ("growing-crowded", 7000);
    patient(id, "male", days);
    let weight = |nth: i64| {
        json!({ "resourceType": "Observation", "status": "final",
            "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7" }] },
            "subject": { "reference": format!("Patient/{id}") }, "effectiveDateTime": days_ago(days - 800 - nth * 20),
            "valueQuantity": { "value": 12.0 + 0.17 * f64::from(i32::try_from(nth).unwrap()), "unit": "kg",
                "system": "http://unitsofmeasure.org", "code": "kg" } })
    };
    let entry =
        |nth| json!({ "resource": weight(nth), "request": { "method": "POST", "url": "Observation" } });
    let entries: Vec<Value> = (0..300).map(entry).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    let answer = practice().program().post("/fhir", &bundle);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = practice().signed_in().get(&format!("/p/{id}/growth")).text();
    let svg = &page[page.find("<svg viewBox").unwrap()..page.find("</svg>").unwrap()];
    println!("{} bytes", svg.len());
    assert!(svg.len() <= 15_000, "{} bytes", svg.len());
    assert!(page.contains("The newest 200 of 300 measurements are drawn."));
    assert_eq!(page.matches("<td class=\"date\"><time").count(), 300);
}
