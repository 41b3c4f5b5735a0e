//! A visit, as its patient takes it home: on screen and on paper.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::chart::observation::Value;
use clinic::visit_summary::{Line, VisitSummary};

#[derive(Template)]
#[template(path = "visit_summary.html")]
struct VisitSummaryPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    summary: VisitSummary,
    /// The day on which it is printed.
    printed: String,
}

impl VisitSummaryPage {
    /// What becomes of medications, most important first, each with its words.
    fn changes(&self) -> Vec<(&'static str, &[Line])> {
        let summary = &self.summary;
        let all = [
            ("Start taking", summary.begun.as_slice()),
            ("Stop taking", summary.stopped.as_slice()),
            ("Go on as before, with a new prescription", summary.renewed.as_slice()),
        ];
        all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
    }

    fn measured(&self, value: &Value) -> String {
        format!("{}: {} {}", words::test_name(&value.code, &value.name), value.text, words::unit(&value.unit))
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, visit)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::of(Some(session));
        let (banner, allergies) = identity(session, &patient, session.record().now_ms())
            .map_err(|error| Failure::of_patient(error, session, &patient))?;
        let allergies = AllergyLine::of(&allergies);
        let summary = VisitSummary::read(session, &patient, &visit)?;
        let printed = crate::moment::day(session.record().now_ms());
        html(&VisitSummaryPage { shell, banner, allergies, summary, printed })
    })
    .await
}
