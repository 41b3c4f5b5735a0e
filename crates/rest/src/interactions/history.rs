//! History (R4 http §3.1.0.12): versions of a resource, a type or everything, newest first.

use crate::answer::{Answer, etag};
use crate::bundle_writer::{BundleEntry, BundleWriter};
use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::presentation::PARAMETERS;
use crate::search_bundle::{CURSOR, links};
use crate::subset::Subset;
use axum::http::StatusCode;
use fhir::Value;
use fhir::date_time::{DateTime, Instant};
use record::resource::instant;
use record::{HistoryPage, HistoryScope, Resource, Session};
use std::collections::HashSet;

/// Versions on a page when `_count` says nothing, and at most.
const DEFAULT_COUNT: usize = 50;
const MAX_COUNT: usize = 1000;
/// Versions that are looked through at most for what was current in a type or in everything.
const LOOKED_AT_MAX: usize = 10_000;

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let known: Vec<&str> = super::HISTORY_PARAMETERS.iter().chain(&PARAMETERS).copied().collect();
    if let Some(name) = call.query.unknown(&known) {
        return Err(Failure::bad_request(format!("history has no parameter '{name}'"))
            .mended_by(format!("use {}", known.join(", ")))
            .at(&format!("http.{name}")));
    }
    let scope = match (call.place.type_id, &call.place.id) {
        (Some(_), Some(_)) => HistoryScope::Resource(call.place.key()?),
        (Some(type_id), None) => HistoryScope::Type(type_id),
        _ => HistoryScope::System,
    };
    let asked = Asked::read(&call.query)?;
    let versions = match asked.at_ms {
        Some((low_ms, high_ms)) => current_at(session, &scope, low_ms, high_ms, &call.query)?,
        None => {
            // One more than is shown tells whether there is a next page.
            let page = HistoryPage { count: asked.count.saturating_add(1), ..asked.page };
            session.history(&scope, &page, &call.query.to_query())?
        }
    };
    write(call, &scope, versions, if asked.at_ms.is_some() { usize::MAX } else { asked.count })
}

/// The parameters of a history.
struct Asked {
    page: HistoryPage,
    count: usize,
    /// `_at` as a span of time.
    at_ms: Option<(i64, i64)>,
}

impl Asked {
    fn read(query: &Parameters) -> Result<Self, Failure> {
        let since_ms =
            query.get("_since").map(|text| moment(text, "_since").map(|(low_ms, _)| low_ms)).transpose()?;
        let before_ms = query
            .get("_before")
            .map(|text| moment(text, "_before").map(|(low_ms, _)| low_ms - 1))
            .transpose()?;
        let at_ms = query.get("_at").map(|text| moment(text, "_at")).transpose()?;
        let before = query.get(CURSOR).map(|text| {
            cursor(text)
                .ok_or_else(|| Failure::parameter(CURSOR, "follow the links of an answer as they are"))
        });
        let count = match query.get("_count").map(str::parse::<usize>) {
            None => DEFAULT_COUNT,
            Some(Ok(count)) => count.clamp(1, MAX_COUNT),
            Some(Err(_)) => return Err(Failure::parameter("_count", "write a whole number, such as 20")),
        };
        let page = HistoryPage { since_ms, until_ms: before_ms, count, before: before.transpose()? };
        Ok(Self { page, count, at_ms })
    }
}

/// The span of a moment or date: first millisecond and the one behind the last.
fn moment(text: &str, name: &str) -> Result<(i64, i64), Failure> {
    // A plus sign that was not escaped arrives as a blank.
    let text = text.replace(' ', "+");
    let how = "write an instant, such as 2025-03-01T09:00:00Z, or a date";
    if let Ok(instant) = Instant::parse(&text) {
        return Ok((instant.ms(), instant.ms() + 1));
    }
    DateTime::parse(&text).map(|moment| moment.range_ms(0)).map_err(|_| Failure::parameter(name, how))
}

fn cursor(text: &str) -> Option<(u64, u32)> {
    let (sequence, position) = text.split_once('-')?;
    Some((sequence.parse().ok()?, position.parse().ok()?))
}

/// The versions that were current at some time of a span (`_at`), on one page. In a type or in everything, what was
/// deleted before is left out.
fn current_at(
    session: &Session,
    scope: &HistoryScope,
    low_ms: i64,
    high_ms: i64,
    query: &Parameters,
) -> Result<Vec<Resource>, Failure> {
    let is_one = matches!(scope, HistoryScope::Resource(_));
    let count = if is_one { usize::MAX } else { LOOKED_AT_MAX + 1 };
    let page = HistoryPage { until_ms: Some(high_ms - 1), count, ..HistoryPage::default() };
    let mut versions = session.history(scope, &page, &query.to_query())?;
    if !is_one && versions.len() > LOOKED_AT_MAX {
        let what = format!("more than {LOOKED_AT_MAX} versions were made until then");
        return Err(Failure::new(StatusCode::BAD_REQUEST, "too-costly", what)
            .mended_by("ask for the history of one resource, or use _since and _before")
            .at("http._at"));
    }
    // Of what was there when the span began, the newest version was current.
    let mut seen = HashSet::new();
    versions.retain(|version| {
        let is_newest = version.updated_ms() > low_ms || seen.insert(version.key().clone());
        let was_gone = version.is_deleted() && version.updated_ms() <= low_ms;
        is_newest && (is_one || !was_gone)
    });
    Ok(versions)
}

fn write(
    call: &Call,
    scope: &HistoryScope,
    mut versions: Vec<Resource>,
    count: usize,
) -> Result<Answer, Failure> {
    let has_more = versions.len() > count;
    versions.truncate(count);
    let last = versions.last().filter(|_| has_more).map(|version| {
        let (sequence, position) = version.place();
        format!("{sequence}-{position}")
    });
    let cursor = call.query.get(CURSOR);
    let total = (cursor.is_none() && !has_more).then_some(versions.len() as u64);
    let mut kept = call.query.clone();
    kept.take(&[CURSOR]);
    let links = links(&url(call, scope), &call.linked(kept), cursor, last.as_deref());
    let timestamp = instant(call.service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new("history", &timestamp, total, &links);
    let subset = Subset::read(&call.query)?;
    for version in &versions {
        push(&mut bundle, call, version, &subset)?;
    }
    Ok(Answer::resource(bundle.finish()))
}

/// Adds a version as an entry.
pub(super) fn push(
    bundle: &mut BundleWriter,
    call: &Call,
    version: &Resource,
    subset: &Subset,
) -> Result<(), Failure> {
    let key = version.key();
    let (method, url, status) = match version.version() {
        _ if version.is_deleted() => ("DELETE", key.to_string(), "204"),
        1 => ("PUT", key.to_string(), "201"),
        _ => ("PUT", key.to_string(), "200"),
    };
    let request = fhir::object! { "method" => method, "url" => url };
    let response: Value = fhir::object! {
        "status" => status,
        "etag" => etag(version.version()),
        "lastModified" => instant(version.updated_ms()).to_string(),
    };
    let json = subset.of(version)?;
    bundle.push(&BundleEntry {
        full_url: &call.full_url(key),
        resource: &json,
        request: Some(request),
        response: Some(response),
        ..BundleEntry::default()
    });
    Ok(())
}

fn url(call: &Call, scope: &HistoryScope) -> String {
    let base = &call.service.base_url;
    match scope {
        HistoryScope::Resource(key) => format!("{base}/{key}/_history"),
        HistoryScope::Type(type_id) => format!("{base}/{}/_history", type_id.name()),
        HistoryScope::System => format!("{base}/_history"),
    }
}
