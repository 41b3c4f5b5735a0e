//! One measurement over time: the line with its reference band, and the same as a table.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::line_chart::LineChart;
use crate::page::{html, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::banner::Banner;
use clinic::chart::observation::Value;
use clinic::chart::{identity, trend};

#[derive(Template)]
#[template(path = "trend.html")]
struct TrendPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    code: String,
    name: String,
    unit: String,
    values: Vec<Value>,
    line: Option<LineChart>,
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, code)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, Some(&patient))?;
        let (banner, allergies) = identity(session, &patient, session.record().now_ms())?;
        let values = trend(session, &patient, &code)?;
        let Some(newest) = values.first() else {
            return Err(Failure::not_found("Nothing of this kind was measured in this patient."));
        };
        let (name, unit) = (newest.name.clone(), newest.unit.clone());
        let line = LineChart::trend(&values);
        let allergies = AllergyLine::of(&allergies);
        html(&TrendPage { shell, banner, allergies, code, name, unit, values, line })
    })
    .await
}
