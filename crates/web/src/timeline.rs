//! All that happened to a patient, in one line, and the search of it.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::page::{encoded, html, with_session};
use crate::shell::Shell;
use crate::words;
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use clinic::chart::banner::Banner;
use clinic::chart::identity;
use clinic::timeline::query::Query;
use clinic::timeline::{Entry, Found, Kind, Link, PAGE, Timeline};

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    asked: Asked,
    timeline: Timeline,
}

/// What the address says.
#[derive(Clone, Default)]
struct Asked {
    q: String,
    kinds: Vec<Kind>,
    page: usize,
}

/// What happened on one day.
struct Day<'a> {
    date: &'a str,
    /// The year that begins with it on this page; empty: none does.
    begins: &'a str,
    entries: &'a [Found],
}

impl Asked {
    /// Reads an address, in which several kinds may be named.
    fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => asked.q = value.trim().to_owned(),
                "kind" => asked.kinds.extend(Kind::named(&value).filter(|kind| !asked.kinds.contains(kind))),
                "page" => asked.page = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        asked
    }

    fn address(&self, patient: &str, kinds: &[Kind], page: usize) -> String {
        let mut address = format!("/p/{patient}/timeline?q={}", encoded(&self.q));
        for kind in kinds {
            address.push_str(&format!("&kind={}", kind.name()));
        }
        if page > 0 {
            address.push_str(&format!("&page={page}"));
        }
        address
    }
}

impl TimelinePage {
    /// To the same, with a kind more or less.
    fn with(&self, kind: &Kind) -> String {
        let mut kinds = self.asked.kinds.clone();
        match kinds.iter().position(|one| one == kind) {
            Some(at) => {
                kinds.remove(at);
            }
            None => kinds.push(*kind),
        }
        self.asked.address(&self.banner.id, &kinds, 0)
    }

    fn shows(&self, kind: &Kind) -> bool {
        self.asked.kinds.contains(kind)
    }

    fn at(&self, page: &usize) -> String {
        self.asked.address(&self.banner.id, &self.asked.kinds, *page)
    }

    /// To the page before, and the page behind; empty where there is none.
    fn newer(&self) -> String {
        self.asked.page.checked_sub(1).map(|page| self.at(&page)).unwrap_or_default()
    }

    fn older(&self) -> String {
        let page = self.asked.page.saturating_add(1);
        if page.saturating_mul(PAGE) < self.timeline.total { self.at(&page) } else { String::new() }
    }

    /// Entries of a day together.
    fn days(&self) -> Vec<Day<'_>> {
        let of_day = self.timeline.entries.chunk_by(|one, two| day(&one.entry) == day(&two.entry));
        let mut year = "";
        let day = |entries| {
            let date = first_day(entries);
            let begins =
                date.get(..4).filter(|of| *of != year && self.asked.q.is_empty()).unwrap_or_default();
            year = date.get(..4).unwrap_or_default();
            Day { date, begins, entries }
        };
        of_day.map(day).collect()
    }

    /// Where the source of an entry is; empty when there is no page of it.
    fn place(&self, entry: &Entry) -> String {
        let patient = &self.banner.id;
        match &entry.link {
            Link::Document(id) => format!("/p/{patient}/documents/{id}"),
            Link::Test(code) => format!("/p/{patient}/results/{}", encoded(code)),
            Link::Results => format!("/p/{patient}/results"),
            Link::Vitals => format!("/p/{patient}/vitals"),
            Link::Visit(id) => format!("/p/{patient}/visits/{id}"),
            Link::Problem(id) => format!("/p/{patient}/problems?look={id}#problem-{id}"),
            Link::Medications => format!("/p/{patient}/medications"),
            Link::Allergy(id) => format!("/p/{patient}/allergies?look={id}#allergy-{id}"),
            Link::None => String::new(),
        }
    }

    /// The name of an entry: a test by its short name.
    fn title(&self, entry: &Entry) -> String {
        if entry.code.is_empty() { entry.title.clone() } else { words::test_name(&entry.code, &entry.title) }
    }
}

fn first_day(entries: &[Found]) -> &str {
    entries.first().map_or("", |found| day(&found.entry))
}

fn day(entry: &Entry) -> &str {
    entry.date.get(..10).unwrap_or(&entry.date)
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(patient): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    with_session(app, headers, move |session| {
        let asked = Asked::read(&query.unwrap_or_default());
        let shell = Shell::following(session, Some(&patient))?;
        let (banner, allergies) = identity(session, &patient, session.record().now_ms())
            .map_err(|error| Failure::of_patient(error, session, &patient))?;
        let allergies = AllergyLine::of(&allergies);
        let timeline = Timeline::read(session, &patient, (&Query::read(&asked.q), &asked.kinds), asked.page)?;
        html(&TimelinePage { shell, banner, allergies, asked, timeline })
    })
    .await
}
