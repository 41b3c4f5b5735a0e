//! `Patient/$everything` and `Encounter/$everything`: a compartment with what it refers to.

use super::care_date::CareRange;
use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bundle_writer::BundleWriter;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::search_bundle::{CURSOR, links, push_all};
use crate::subset::Subset;
use record::links::linked;
use record::resource::instant;
use record::{Error, Resource, ResourceKey, Session};
use search::parse::Handling;
use std::collections::BTreeSet;

const SINCE: Parameter = parameter("_since", "instant", "only resources changed since");
const TYPES: Parameter = parameter("_type", "code", "only resources of these types, separated by commas");
const COUNT: Parameter = parameter("_count", "integer", "matches on a page");
const PAGE: Parameter = parameter(CURSOR, "string", "where the page begins: follow the links of an answer");

pub(super) const PATIENT_PARAMETERS: &[Parameter] = &[
    parameter("start", "date", "only care given on or after this date"),
    parameter("end", "date", "only care given on or before this date"),
    SINCE,
    TYPES,
    COUNT,
    PAGE,
];

pub(super) const ENCOUNTER_PARAMETERS: &[Parameter] = &[SINCE, TYPES, COUNT, PAGE];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let key = call.place.key()?;
    session.read(&key)?;
    let mut pairs = inputs.search_parameters(&["start", "end", "_since"]);
    pairs.extend(inputs.text("_since").map(|since| ("_lastUpdated".to_owned(), format!("ge{since}"))));
    let compartment = (key.type_id, &*key.id);
    let mut request = session.parse_search(None, Some(compartment), &pairs, Handling::Strict)?;
    if request.query.count == 0 {
        return Err(Failure::parameter("_count", "write at least 1"));
    }
    let mut range = CareRange::new(inputs.text("start"), inputs.text("end"));
    let (matches, next) = loop {
        let found = session.search(&request)?;
        let mut matches = Vec::new();
        for resource in found.matches {
            if range.contains(session, &resource)? {
                matches.push(resource);
            }
        }
        // A page on which nothing is in range is not worth a round trip.
        if !matches.is_empty() || found.next.is_none() {
            break (matches, found.next);
        }
        request.query.cursor = found.next;
    };
    let included = referenced(call, session, &matches)?;
    let kept = call.linked(inputs.to_parameters(&[CURSOR]));
    let url = format!("{}/$everything", call.full_url(&key));
    let cursor = inputs.text(CURSOR);
    let links = links(&url, &kept, cursor, next.as_deref());
    let total = (cursor.is_none() && next.is_none()).then_some(matches.len() as u64);
    let timestamp = instant(session.record().now_ms()).to_string();
    let mut bundle = BundleWriter::new("searchset", &timestamp, total, &links);
    push_all(&mut bundle, &call.service, &matches, "match", &Subset::Whole)?;
    push_all(&mut bundle, &call.service, &included, "include", &Subset::Whole)?;
    Ok(Answer::resource(bundle.finish()))
}

/// What resources refer to outside of the compartment: practitioners, organisations, medications, the files of attachments and the like. What
/// the actor may not read, and what is not there, is left out.
fn referenced(call: &Call, session: &Session, resources: &[Resource]) -> Result<Vec<Resource>, Failure> {
    let members = search::compartment::types_in(call.place.only_type()?);
    let base_url = &call.service.base_url;
    let documents = resources.iter().filter_map(Resource::document);
    let keys: BTreeSet<ResourceKey> = documents.flat_map(|document| linked(&document, base_url)).collect();
    let mut found = Vec::new();
    for key in keys.into_iter().filter(|key| !members.contains(&key.type_id)) {
        match session.read(&key) {
            Ok(resource) => found.push(resource),
            Err(Error::NotFound(_) | Error::Gone { .. } | Error::Denied(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
