//! The chart cockpit: with no navigation, what a clinician must know before the door opens.

use crate::App;
use crate::failure::Failure;
use crate::inbox::{self, ActionLine};
use crate::line_chart::LineChart;
use crate::list_page::MayChange;
use crate::moment;
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use crate::visit_note::{self, DraftLine};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::Chart;
use clinic::chart::allergy::Allergies;
use clinic::chart::banner::Banner;
use clinic::chart::document::DocumentItem;
use clinic::chart::observation::{Series, Value};
use clinic::chart::since_visit::SinceVisit;
use identity::oauth::{Client, Clients};

#[derive(Template)]
#[template(path = "chart.html")]
struct ChartPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    chart: Chart,
    /// The newest note with its text, for the middle.
    note: Option<DocumentItem>,
    /// Notes of the reader's about this patient that are not signed.
    drafts: Vec<DraftLine>,
    /// What a form about this patient carries.
    context: String,
    /// Whether the reader may begin a visit.
    may_write: bool,
    may_change: MayChange,
    /// What waits for somebody.
    requires: Vec<ActionLine>,
    /// Apps that can be opened from here.
    apps: Vec<Client>,
    now_ms: i64,
}

/// Results that came on one day.
struct ResultDay<'a> {
    date: &'a str,
    /// When the newest of them was taken.
    taken: &'a str,
    results: Vec<&'a Series>,
}

/// What the banner says of allergies.
pub(crate) struct AllergyLine {
    /// Nobody asked: that too must be seen.
    pub is_unknown: bool,
    pub words: &'static str,
    /// The worst ones, each with what happens.
    pub shown: Vec<(String, String)>,
    /// How many more there are.
    pub more: usize,
}

/// Allergies that fit into a banner.
const BANNER_ALLERGIES: usize = 3;
/// Rows of a list before the rest is folded away.
pub(crate) const PROBLEMS: usize = 12;
pub(crate) const MEDICATIONS: usize = 12;
const RESULTS: usize = 24;
const VISITS: usize = 6;
/// Results named in what is new since the last visit.
const NEW_RESULTS: usize = 6;

impl AllergyLine {
    pub(crate) fn of(allergies: &Allergies) -> Self {
        let (words, known) = match allergies {
            Allergies::NotRecorded => ("Not recorded: ask", Vec::new()),
            Allergies::NoneKnown => ("No known allergies", Vec::new()),
            Allergies::CannotBeSeen => ("Your role does not see them", Vec::new()),
            Allergies::Known(known) => ("", known.iter().filter(|allergy| allergy.is_active).collect()),
        };
        let words = if words.is_empty() && known.is_empty() { "None active" } else { words };
        let shown: Vec<_> = known
            .iter()
            .take(BANNER_ALLERGIES)
            .map(|one| (one.substance.clone(), one.reactions.clone()))
            .collect();
        let is_unknown = matches!(allergies, Allergies::NotRecorded | Allergies::CannotBeSeen);
        Self { is_unknown, words, more: known.len() - shown.len(), shown }
    }
}

impl ChartPage {
    /// The newest results by day, what is abnormal first among those of the same day.
    fn results(&self) -> Vec<ResultDay<'_>> {
        let mut results: Vec<_> = self.chart.results.iter().collect();
        results.sort_by(|one, two| {
            let (one, two) = (newest(one), newest(two));
            two.date.cmp(&one.date).then(two.flag.urgency().cmp(&one.flag.urgency()))
        });
        results.truncate(RESULTS);
        let of_a_day = results.chunk_by(|one, two| newest(one).date == newest(two).date);
        let mut days = Vec::new();
        for results in of_a_day {
            let first = newest(results[0]);
            days.push(ResultDay { date: &first.date, taken: &first.taken, results: results.to_vec() });
        }
        days
    }

    fn since_visit(&self) -> Option<SinceVisit<'_>> {
        SinceVisit::of(&self.chart, &moment::today(self.now_ms)?.to_string())
    }

    /// Where it stands who looked at this record in the last thirty days.
    fn who_looked(&self) -> String {
        let from = moment::field(self.now_ms - 30 * 86_400_000);
        format!("/audit?patient={}&from={from}", self.banner.id)
    }

    fn ago(&self, recorded: &str) -> String {
        moment::ago(recorded, self.now_ms)
    }
}

/// The newest value of a series.
pub(crate) fn newest(series: &Series) -> &Value {
    &series.values[0]
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
) -> Response {
    with_session(app, headers, move |session| {
        let shell = Shell::following(session, Some(&patient))?;
        let now_ms = session.record().now_ms();
        let chart = Chart::read(session, &patient, now_ms)
            .map_err(|error| Failure::of_patient(error, session, &patient))?;
        let banner = chart.banner.clone();
        let allergies = AllergyLine::of(&chart.allergies);
        let note = chart.documents.iter().find(|document| document.text.is_some()).cloned();
        let apps = Clients::new(session).launched_from_charts()?;
        let may_write = session.may_create(type_named("Encounter")?);
        let drafts = visit_note::drafts_of(session, &patient, &chart.visits)?;
        let may_change = MayChange::of(session)?;
        let requires = inbox::requires_action(session, &patient)?;
        let context = PatientContext::of(session, &patient, "")?;
        html(&ChartPage {
            shell,
            banner,
            allergies,
            chart,
            note,
            drafts,
            context,
            may_write,
            may_change,
            requires,
            apps,
            now_ms,
        })
    })
    .await
}
