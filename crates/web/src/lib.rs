//! The pages for staff and patients: HTML out, forms in.
//!
//! A page is a file with its template beside it, and a row of [`PAGES`]. Pages are whole without JavaScript; the one
//! script adds keys, search as you type, passkeys, and what changes meanwhile.

mod allergy_list;
mod apps;
mod assets;
mod audit;
mod authorize;
mod chart;
mod consent;
mod consents;
mod cookie;
mod disclosures;
mod document;
mod emergency;
mod failure;
mod flag;
mod growth;
mod growth_ages;
mod growth_chart;
mod growth_words;
mod inbox;
mod join;
mod line_chart;
mod list_page;
mod live;
mod medication_list;
mod moment;
mod open_app;
mod openid;
mod page;
mod patient_context;
mod patient_search;
mod patients;
mod people;
mod problem_list;
mod recent_sign_in;
mod registered_apps;
mod results;
mod roles;
mod scope_words;
mod security;
mod session_end;
mod shell;
mod sign_in;
mod timeline;
mod trend;
mod unusual;
mod visit_note;
mod visit_summary;
mod vitals;
mod who_looked;
mod words;

pub use people::join_url;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use identity::openid::Provider;
use identity::{IdleTimes, Pace, SignIn};
use record::Record;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// What every page works with.
#[derive(Clone)]
pub(crate) struct App {
    pub record: Arc<Record>,
    /// Places for pages that follow what changes.
    pub followers: Arc<Semaphore>,
    /// Where people come in.
    pub door: Arc<SignIn>,
    /// How long sessions hold without use.
    pub idle: Arc<IdleTimes>,
    /// How much may be asked in a while.
    pub pace: Arc<Pace>,
    /// The hospital's identity provider, by which people may sign in.
    pub provider: Option<Arc<Provider>>,
}

impl App {
    /// What people call the identity provider; empty when there is none.
    pub(crate) fn openid_label(&self) -> String {
        self.provider.as_ref().map(|provider| provider.label().to_owned()).unwrap_or_default()
    }
}

/// How the pages are to behave.
pub struct Settings {
    /// How long sessions hold without use.
    pub idle: IdleTimes,
    /// How much may be asked in a while.
    pub pace: Arc<Pace>,
    /// The hospital's identity provider, which sends people back to [`OPENID_RETURN`]; `None`: there is none.
    pub provider: Option<Provider>,
}

/// Where the identity provider sends people back to.
pub const OPENID_RETURN: &str = "/sign-in/openid/return";

/// A page: where it is, what it is for, and how it answers.
pub struct Page {
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    answer: fn() -> MethodRouter<App>,
}

/// All pages.
pub const PAGES: &[Page] = &[
    Page { path: "/", purpose: "to the first page", answer: || get(patients::home) },
    Page { path: "/sign-in", purpose: "sign in", answer: || get(sign_in::show).post(sign_in::sign_in) },
    Page {
        path: "/sign-in/passkey",
        purpose: "begin to sign in with a passkey",
        answer: || post(sign_in::begin_passkey),
    },
    Page {
        path: "/sign-in/openid",
        purpose: "sign in at the identity provider",
        answer: || get(openid::sign_in),
    },
    Page { path: OPENID_RETURN, purpose: "come back from it", answer: || get(openid::come_back) },
    Page { path: "/sign-in/done", purpose: "signed in beside a page", answer: || get(openid::done) },
    Page {
        path: "/session",
        purpose: "until when one is signed in",
        answer: || get(session_end::show).post(session_end::show),
    },
    Page { path: "/sign-out", purpose: "end the session", answer: || post(sign_in::sign_out) },
    Page {
        path: "/join/{secret}",
        purpose: "follow an invitation",
        answer: || get(join::show).post(join::join),
    },
    Page {
        path: "/join/{secret}/passkey",
        purpose: "begin to join with a passkey",
        answer: || post(join::begin_passkey),
    },
    Page {
        path: "/join/{secret}/openid",
        purpose: "join at the identity provider",
        answer: || get(openid::follow_invitation),
    },
    Page {
        path: "/confirm/openid",
        purpose: "show at the identity provider who one is",
        answer: || get(openid::confirm),
    },
    Page {
        path: "/security/openid",
        purpose: "be known by the identity provider",
        answer: || get(openid::link),
    },
    Page {
        path: "/confirm",
        purpose: "show again who one is",
        answer: || get(recent_sign_in::show).post(recent_sign_in::confirm),
    },
    Page {
        path: "/security",
        purpose: "what one signs in with, and where one is",
        answer: || get(security::show),
    },
    Page {
        path: "/security/passkey",
        purpose: "begin to add a passkey",
        answer: || post(security::begin_passkey),
    },
    Page { path: "/security/{change}", purpose: "change one of these", answer: || post(security::change) },
    Page { path: "/people", purpose: "who signs in", answer: || get(people::show).post(people::invite) },
    Page { path: "/people/roles", purpose: "what the roles may do", answer: || get(roles::show) },
    Page {
        path: "/people/roles/edit",
        purpose: "change what the roles may do",
        answer: || get(roles::edit).post(roles::change),
    },
    Page { path: "/people/roles/put-back", purpose: "put back the roles", answer: || post(roles::put_back) },
    Page { path: "/people/{id}/reset", purpose: "invite a person anew", answer: || post(people::reset) },
    Page { path: "/people/{id}/close", purpose: "close a person's account", answer: || post(people::close) },
    Page { path: "/audit", purpose: "who did what", answer: || get(audit::show) },
    Page { path: "/audit/file", purpose: "who did what, as a file", answer: || get(audit::file) },
    Page { path: "/audit/unusual", purpose: "looks out of the ordinary", answer: || get(unusual::show) },
    Page { path: "/who-looked", purpose: "who looked at my record", answer: || get(who_looked::show) },
    Page {
        path: "/p/{patient}/disclosures",
        purpose: "what was given to others",
        answer: || get(disclosures::show).post(disclosures::add),
    },
    Page {
        path: "/p/{patient}/disclosures/file",
        purpose: "what was given to others, as a file",
        answer: || get(disclosures::file),
    },
    Page {
        path: "/emergency",
        purpose: "emergency access to a record",
        answer: || get(emergency::show).post(emergency::break_glass),
    },
    Page {
        path: "/privacy/emergencies",
        purpose: "what was opened in emergencies",
        answer: || get(emergency::list),
    },
    Page {
        path: "/privacy/emergencies/{id}",
        purpose: "review an emergency",
        answer: || post(emergency::review),
    },
    Page { path: "/patients", purpose: "find a patient", answer: || get(patients::show) },
    Page { path: "/p/{patient}", purpose: "the chart cockpit", answer: || get(chart::show) },
    Page { path: "/p/{patient}/visits", purpose: "begin a visit", answer: || post(visit_note::begin) },
    Page { path: "/p/{patient}/v/{visit}", purpose: "the note of a visit", answer: || get(visit_note::show) },
    Page {
        path: "/p/{patient}/v/{visit}/draft",
        purpose: "keep what is written",
        answer: || post(visit_note::save),
    },
    Page {
        path: "/p/{patient}/v/{visit}/line",
        purpose: "what a line could become",
        answer: || post(visit_note::line),
    },
    Page { path: "/p/{patient}/v/{visit}/sign", purpose: "sign a note", answer: || post(visit_note::sign) },
    Page {
        path: "/p/{patient}/v/{visit}/undo",
        purpose: "take a signature back",
        answer: || post(visit_note::undo),
    },
    Page { path: "/p/{patient}/results", purpose: "all results", answer: || get(results::show) },
    Page { path: "/p/{patient}/results/{code}", purpose: "one result's trend", answer: || get(trend::show) },
    Page { path: "/p/{patient}/growth", purpose: "growth charts", answer: || get(growth::show) },
    Page {
        path: "/p/{patient}/documents/{document}",
        purpose: "a note or document",
        answer: || get(document::show),
    },
    Page {
        path: "/p/{patient}/documents/{document}/add",
        purpose: "add to a signed note",
        answer: || post(document::add),
    },
    Page {
        path: "/p/{patient}/problems",
        purpose: "the problem list, where it is kept",
        answer: || get(problem_list::show).post(problem_list::add),
    },
    Page {
        path: "/p/{patient}/problems/{problem}",
        purpose: "change a problem",
        answer: || post(problem_list::change),
    },
    Page {
        path: "/p/{patient}/allergies",
        purpose: "the list of allergies, where it is kept",
        answer: || get(allergy_list::show).post(allergy_list::add),
    },
    Page {
        path: "/p/{patient}/allergies/{allergy}",
        purpose: "change an allergy",
        answer: || post(allergy_list::change),
    },
    Page {
        path: "/p/{patient}/consents",
        purpose: "what the patient keeps from others",
        answer: || get(consents::show).post(consents::add),
    },
    Page {
        path: "/p/{patient}/consents/{consent}/end",
        purpose: "end what is kept from others",
        answer: || post(consents::end),
    },
    Page {
        path: "/p/{patient}/apps/{client}",
        purpose: "open an app from the chart",
        answer: || post(open_app::open),
    },
    Page {
        path: "/oauth/authorize",
        purpose: "an app asks for leave",
        answer: || get(authorize::ask).post(authorize::ask),
    },
    Page {
        path: "/oauth/consent",
        purpose: "decide what an app may do",
        answer: || get(consent::show).post(consent::decide),
    },
    Page { path: "/apps", purpose: "my apps", answer: || get(apps::show) },
    Page { path: "/apps/{grant}/end", purpose: "end an app's access", answer: || post(apps::end) },
    Page {
        path: "/apps/registered",
        purpose: "the apps that the practice knows",
        answer: || get(registered_apps::show).post(registered_apps::add),
    },
    Page {
        path: "/apps/registered/{client}",
        purpose: "one app that the practice knows",
        answer: || get(registered_apps::show_one).post(registered_apps::change),
    },
    Page {
        path: "/apps/registered/{client}/suspend",
        purpose: "end an app's access and let it have none",
        answer: || post(registered_apps::suspend),
    },
    Page {
        path: "/apps/registered/{client}/resume",
        purpose: "let a suspended app be used again",
        answer: || post(registered_apps::resume),
    },
    Page {
        path: "/apps/registered/{client}/secret",
        purpose: "give an app a new secret",
        answer: || post(registered_apps::renew_secret),
    },
    Page {
        path: "/inbox",
        purpose: "what waits for somebody: results, orders that are overdue, tasks",
        answer: || get(inbox::show),
    },
    Page {
        path: "/inbox/{task}",
        purpose: "sign a result, say that something is done, give it to somebody, put it off",
        answer: || post(inbox::act),
    },
    Page {
        path: "/p/{patient}/medications",
        purpose: "the medication list: several go on or end at once, and what the patient tells of",
        answer: || get(medication_list::show).post(medication_list::change),
    },
    Page {
        path: "/p/{patient}/timeline",
        purpose: "all that happened to a patient, in one line, and the search of it",
        answer: || get(timeline::show),
    },
    Page {
        path: "/p/{patient}/visits/{visit}",
        purpose: "a visit as its patient takes it home, also on paper",
        answer: || get(visit_summary::show),
    },
    Page {
        path: "/p/{patient}/vitals",
        purpose: "vital signs: a row to enter them, and those from before",
        answer: || get(vitals::show).post(vitals::add),
    },
    Page {
        path: "/p/{patient}/vitals/{observation}",
        purpose: "say that a vital sign was entered in error",
        answer: || post(vitals::correct),
    },
    Page { path: "/live", purpose: "what changes while a page is open", answer: || get(live::follow) },
    Page { path: "/assets/{name}", purpose: "style and script", answer: || get(assets::show) },
];

/// The pages as routes. Who does nothing for so long is signed out, and who asks too much is told to wait.
pub fn router(record: Arc<Record>, settings: Settings) -> Router {
    let app = App {
        door: Arc::new(SignIn::new(record.base_url())),
        record,
        followers: live::places(),
        idle: Arc::new(settings.idle),
        pace: settings.pace,
        provider: settings.provider.map(Arc::new),
    };
    let routes = PAGES.iter().fold(Router::new(), |router, page| router.route(page.path, (page.answer)()));
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    routes.layer(axum::middleware::from_fn(page::harden)).layer(compression).with_state(app)
}
