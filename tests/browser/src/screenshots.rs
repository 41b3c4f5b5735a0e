//! Pictures of the pages for people to look at, in `target/screenshots`.

use crate::made_up::{CROWDED, DECEASED, EMPTY, INFANT, LONG_NAME};
use crate::practice::practice;

#[test]
fn pictures_are_taken() {
    let Some(browser) = practice().browser("pictures_are_taken") else { return };
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let ordinary = practice().ordinary_patient();
    let pages = [
        ("patients", "/patients".to_owned()),
        ("search", "/patients?q=f".to_owned()),
        ("ordinary", format!("/p/{ordinary}")),
        ("crowded", format!("/p/{CROWDED}")),
        ("empty", format!("/p/{EMPTY}")),
        ("long-name", format!("/p/{LONG_NAME}")),
        ("infant", format!("/p/{INFANT}")),
        ("deceased", format!("/p/{DECEASED}")),
        ("results", format!("/p/{CROWDED}/results")),
        ("trend", format!("/p/{CROWDED}/results/4548-4")),
        ("document", format!("/p/{CROWDED}/documents/crowded-note")),
        ("people", "/people".to_owned()),
        ("roles", "/people/roles?role=nurse&and=biller".to_owned()),
        ("roles-edit", "/people/roles/edit".to_owned()),
        ("audit", "/audit".to_owned()),
        ("audit-patient", format!("/audit?patient={CROWDED}&sort=who")),
        ("audit-empty", "/audit?address=192.0.2.99".to_owned()),
        ("audit-unusual", "/audit/unusual?opens=0&closes=1".to_owned()),
        ("disclosures", format!("/p/{CROWDED}/disclosures")),
        ("consents", format!("/p/{CROWDED}/consents")),
        ("who-looked", "/who-looked".to_owned()),
        ("emergencies", "/privacy/emergencies".to_owned()),
    ];
    let windows =
        [("desktop", (1366, 768, false)), ("dark", (1366, 768, false)), ("phone", (390, 844, true))];
    for (window, (width, height, is_mobile)) in windows {
        browser.size(width, height, is_mobile);
        browser.is_dark(window == "dark");
        for (name, page) in &pages {
            browser.open(page);
            let picture = browser.picture(is_mobile);
            assert!(picture.len() > 4_000, "{name} is an empty picture");
            std::fs::write(folder.join(format!("{window}-{name}.png")), picture).unwrap();
        }
    }
}
