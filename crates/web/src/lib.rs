//! The pages for staff and patients: HTML out, forms in.
//!
//! A page is a file with its template beside it, and a row of [`PAGES`]. Pages are whole without JavaScript; the one
//! script adds keys, search as you type, and what changes meanwhile.

mod assets;
mod chart;
mod document;
mod failure;
mod flag;
mod line_chart;
mod live;
mod moment;
mod page;
mod patient_search;
mod patients;
mod results;
mod session_cookie;
mod shell;
mod sign_in;
mod trend;
mod words;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
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
}

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
    Page {
        path: "/sign-in",
        purpose: "sign in with a code",
        answer: || get(sign_in::show).post(sign_in::sign_in),
    },
    Page { path: "/sign-out", purpose: "end the session", answer: || post(sign_in::sign_out) },
    Page { path: "/patients", purpose: "find a patient", answer: || get(patients::show) },
    Page { path: "/p/{patient}", purpose: "the chart cockpit", answer: || get(chart::show) },
    Page { path: "/p/{patient}/results", purpose: "all results", answer: || get(results::show) },
    Page { path: "/p/{patient}/results/{code}", purpose: "one result's trend", answer: || get(trend::show) },
    Page {
        path: "/p/{patient}/documents/{document}",
        purpose: "a note or document",
        answer: || get(document::show),
    },
    Page { path: "/live", purpose: "what changes while a page is open", answer: || get(live::follow) },
    Page { path: "/assets/{name}", purpose: "style and script", answer: || get(assets::show) },
];

/// The pages as routes.
pub fn router(record: Arc<Record>) -> Router {
    let app = App { record, followers: live::places() };
    let routes = PAGES.iter().fold(Router::new(), |router, page| router.route(page.path, (page.answer)()));
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    routes.layer(axum::middleware::from_fn(page::harden)).layer(compression).with_state(app)
}
