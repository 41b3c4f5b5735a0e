//! All results: tests down, days across, the newest at the left where it is read first.

use crate::App;
use crate::chart::AllergyLine;
use crate::line_chart::LineChart;
use crate::page::{html, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::Chart;
use clinic::chart::banner::Banner;
use clinic::chart::observation::{Series, Value};

/// Columns of the grid.
const DAYS: usize = 8;

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    days: Vec<String>,
    series: Vec<Series>,
}

impl ResultsPage {
    /// What was found of a test on a day; the last word of the day counts.
    fn value_on<'a>(&self, series: &'a Series, day: &str) -> Option<&'a Value> {
        series.values.iter().find(|value| value.date == day)
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, Some(&patient))?;
        let chart = Chart::read(session, &patient, session.record().now_ms())?;
        let mut days: Vec<String> = chart
            .results
            .iter()
            .flat_map(|series| series.values.iter().map(|value| value.date.clone()))
            .collect();
        days.sort_unstable_by(|one, two| two.cmp(one));
        days.dedup();
        days.truncate(DAYS);
        let allergies = AllergyLine::of(&chart.allergies);
        let (banner, series) = (chart.banner, chart.results);
        html(&ResultsPage { shell, banner, allergies, days, series })
    })
    .await
}
