//! The pages in a real browser: the program is built and started, and Chromium is driven over WebDriver.
//!
//! Needs `chromium` and `chromedriver`. Without them every test says by name that it is skipped; with `CI=true` that is
//! a failure. Pictures of the pages are left in `target/screenshots`.

#[allow(dead_code)] // Shared with the scenarios, which use all of it.
#[path = "../../src/harness/http.rs"]
mod http;
#[allow(dead_code)] // Likewise.
#[path = "../../src/harness/openid_provider.rs"]
mod openid_provider;
#[allow(dead_code)] // Likewise.
#[path = "../../src/harness/program.rs"]
mod program;

mod browser;
mod companion;
mod made_up;
mod practice;
mod smart_app;

mod accessible;
mod chart_page;
mod growth_page;
mod hostile;
mod idle_page;
mod inbox;
mod joining;
mod launches;
mod lists;
mod live_page;
mod medications;
mod openid;
mod palette;
mod passkeys;
mod patient_search;
mod readable;
mod screenshots;
mod security;
mod signing_in;
mod tasks;
mod timeline;
mod today;
mod trend_page;
mod visit_note;
mod visit_summary;
mod vitals;
mod weight;
mod without_script;
