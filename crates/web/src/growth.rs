//! How a child grows: each of four measurements on the chart of its age and sex, and as a table.

use crate::App;
use crate::chart::AllergyLine;
use crate::flag::{Mark, mark};
use crate::growth_ages::Ages;
use crate::growth_chart::{self, GrowthChart};
use crate::growth_words as said;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::banner::Banner;
use clinic::chart::growth::{Growth, Measured, is_growing};
use clinic::chart::identity;
use clinic::chart::observation::Flag;
use clinic::growth::{Age, KINDS, Kind, Sex};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "growth.html")]
struct GrowthPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    kind: &'static Kind,
    tabs: Vec<Tab>,
    /// The ages that there are charts for.
    ages: Vec<&'static Ages>,
    /// Those that are drawn, and the drawing.
    drawing: Option<(&'static Ages, GrowthChart)>,
    /// What the drawing says in words: its title, and what is on it.
    title: String,
    description: String,
    /// Why there is no drawing, or what it must be read with; empty: nothing.
    notice: String,
    lines: Vec<Line>,
}

/// What the address asks for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    chart: String,
    #[serde(default)]
    ages: String,
}

/// A way to one of the charts, with what was measured last.
struct Tab {
    kind: &'static Kind,
    newest: Option<Line>,
    /// A key leads to the chart behind the one that is shown.
    is_next: bool,
}

/// A measurement as it is read.
struct Line {
    date: String,
    age: String,
    /// The age that a child born early is compared at; empty for others.
    corrected: String,
    value: String,
    unit: String,
    /// As it was recorded, when that was in another unit; else empty.
    recorded: String,
    /// Whose chart it is compared by; empty when by none.
    reference: &'static str,
    percentile: String,
    z_score: String,
    mark: Mark,
}

/// Beyond so many standard deviations a measurement asks to be seen.
const USUAL: f64 = 2.0;

impl Line {
    fn of(kind: &Kind, measured: &Measured, growth: &Growth) -> Self {
        let (digits, unit) = &measured.recorded;
        let is_converted = measured.value.is_some_and(|value| digits.parse() != Ok(value));
        let places = if kind.unit == "kg" { 2 } else { 1 };
        let converted = measured.value.filter(|_| is_converted);
        let z = measured.z_score;
        let flag = match z {
            Some(z) if z > USUAL => Flag::High,
            Some(z) if z < -USUAL => Flag::Low,
            _ => Flag::None,
        };
        Self {
            date: measured.date.clone(),
            age: measured.age.map(said::age).unwrap_or_default(),
            corrected: measured.place.map(|at| said::corrected(at, growth.gestation)).unwrap_or_default(),
            value: match measured.value {
                Some(value) if is_converted || decimals(digits) > places => format!("{value:.places$}"),
                _ => digits.clone(),
            },
            unit: words::unit(if measured.value.is_some() { kind.unit } else { unit }),
            recorded: converted.map(|_| format!("{digits} {}", plain(unit))).unwrap_or_default(),
            reference: z.and(measured.place).map(|at| said::short(at.reference)).unwrap_or_default(),
            percentile: measured.percentile().map(said::percentile).unwrap_or_default(),
            z_score: z.map(said::z_score).unwrap_or_default(),
            mark: mark(&flag),
        }
    }
}

/// Machines report more digits than anyone measured; the record keeps them all.
fn decimals(digits: &str) -> usize {
    digits.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// UCUM puts customary units into brackets, and says which pound and which inch: here all are the same.
fn plain(unit: &str) -> String {
    let inner = unit.trim_start_matches('[').trim_end_matches(']');
    inner.split('_').next().unwrap_or_default().to_owned()
}

/// Whether a patient's chart leads here: up to the twentieth birthday.
pub(crate) fn is_offered(banner: &Banner, now_ms: &i64) -> bool {
    is_growing(banner, *now_ms)
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, Some(&patient))?;
        let now_ms = session.record().now_ms();
        let (banner, allergies) = identity(session, &patient, now_ms)?;
        let growth = Growth::read(session, &banner, now_ms)?;
        html(&GrowthPage::of(shell, banner, AllergyLine::of(&allergies), &growth, &asked))
    })
    .await
}

impl GrowthPage {
    fn of(shell: Shell, banner: Banner, allergies: AllergyLine, growth: &Growth, asked: &Asked) -> Self {
        let kind = Kind::of_key(&asked.chart);
        let measured = growth.of_kind(kind);
        let sex = growth.sex.filter(|_| growth.place.is_some() && !measured.is_empty());
        let ages = sex.map(|sex| Ages::of(kind, sex, growth)).unwrap_or_default();
        let chosen = Ages::choose(&ages, &asked.ages, growth, measured);
        let drawing =
            sex.zip(chosen).map(|(sex, ages)| (sex, ages, GrowthChart::draw(kind, sex, ages, measured)));
        let lines: Vec<_> = measured.iter().map(|one| Line::of(kind, one, growth)).collect();
        let (title, description) = match &drawing {
            Some((sex, ages, chart)) => (title(kind, *sex, ages), description(chart)),
            None => (String::new(), String::new()),
        };
        Self {
            notice: notice(kind, growth, drawing.is_some(), &banner),
            tabs: tabs(kind, growth),
            drawing: drawing.map(|(_, ages, chart)| (ages, chart)),
            shell,
            banner,
            allergies,
            kind,
            ages,
            title,
            description,
            lines,
        }
    }
}

fn tabs(shown: &Kind, growth: &Growth) -> Vec<Tab> {
    let at = KINDS.iter().position(|kind| kind.key == shown.key).unwrap_or_default();
    let tab = |(nth, kind): (usize, &'static Kind)| Tab {
        kind,
        newest: growth.of_kind(kind).first().map(|one| Line::of(kind, one, growth)),
        is_next: nth == (at + 1) % KINDS.len(),
    };
    KINDS.iter().enumerate().map(tab).collect()
}

fn title(kind: &Kind, sex: Sex, ages: &Ages) -> String {
    let (children, name) = (said::children(ages.reference, sex), kind.name);
    let (ages, reference) = (ages.name.to_lowercase(), said::long(ages.reference));
    format!("{name} for age, {children}, {ages} · {reference}")
}

fn description(chart: &GrowthChart) -> String {
    let labels: Vec<_> = chart.curves.iter().map(|curve| curve.label.as_str()).collect();
    let (lines, drawn) = (labels.join(", "), chart.drawn);
    match (drawn, chart.of) {
        (0, _) => format!("Lines: {lines} percentile. Nothing was measured at these ages."),
        (drawn, of) if drawn < of => {
            format!("Lines: {lines} percentile. The newest {drawn} of {of} measurements are drawn.")
        }
        _ => format!("Lines: {lines} percentile. {drawn} measured; the table has the same values."),
    }
}

/// What keeps percentiles from being said, the first reason that there is; else how a child born early is compared.
fn notice(kind: &Kind, growth: &Growth, is_drawn: bool, banner: &Banner) -> String {
    if growth.of_kind(kind).is_empty() {
        return String::new();
    }
    let gender = if banner.gender.is_empty() { "not recorded" } else { banner.gender.as_str() };
    match (growth.age, growth.sex, growth.gestation) {
        (None, ..) => "Growth charts go by age, and no whole date of birth is recorded.".to_owned(),
        (Some(age), ..) if age.months() > Age::TWENTY_YEARS => "Growth charts end at 20 years.".to_owned(),
        (_, None, _) => format!(
            "Growth charts are by sex, and none is chosen: the recorded sex is {gender}. Percentiles are left out."
        ),
        _ if !is_drawn => format!("There is no chart of {} at this age.", kind.words),
        (.., Some(gestation)) if gestation.is_preterm() => {
            let (weeks, days) = gestation.weeks_and_days();
            format!(
                "Born at {weeks} {days}/7 weeks: compared by Fenton's chart to 50 weeks after the last menstruation, \
                 then to 2 years at the corrected age."
            )
        }
        _ => String::new(),
    }
}
