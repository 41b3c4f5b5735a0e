//! `DocumentReference/$docref` (US Core, OperationDefinition docref): the documents of a patient.
//!
//! Documents that there are; none is generated, so that one who asks for those on demand alone gets none.

use super::care_date::CareRange;
use super::lastn::Groups;
use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bundle_writer::BundleWriter;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::search_bundle::{links, push_all};
use crate::subset::Subset;
use record::resource::instant;
use record::{Resource, Session};
use search::parse::Handling;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("patient", "id", "whose documents"),
    parameter("start", "dateTime", "of care from then on"),
    parameter("end", "dateTime", "of care until then; without start and end: the latest of each type"),
    parameter("type", "Coding", "of which types; all when absent"),
    parameter("on-demand", "boolean", "true: only documents that are made for the asker; there are none"),
    parameter("profile", "canonical", "of which formats, as the documents' content.format has it"),
];

/// Documents looked at in one step.
const STEP_COUNT: &str = "500";

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let patient = inputs.required("patient")?;
    let id = patient.strip_prefix("Patient/").unwrap_or(patient);
    let only_on_demand = inputs.flag("on-demand")?;
    let mut pairs = vec![
        ("patient".to_owned(), format!("Patient/{id}")),
        ("status".to_owned(), "current".to_owned()),
        ("_sort".to_owned(), "-date".to_owned()),
        ("_count".to_owned(), STEP_COUNT.to_owned()),
    ];
    pairs.extend(any_of("type", types(inputs)));
    pairs.extend(any_of("format", inputs.texts("profile").map(str::to_owned).collect()));
    let mut request = session.parse_search(call.place.type_id, None, &pairs, Handling::Strict)?;
    let mut range = CareRange::by(&["period"], inputs.text("start"), inputs.text("end"));
    let mut latest = Groups::new("type", 1);
    let mut documents = Vec::new();
    // Asked although nothing of it is wanted, so that who may not see documents is told so.
    loop {
        let found = session.search(&request)?;
        for resource in found.matches {
            let is_wanted = match range.is_open() {
                true => resource.document().is_some_and(|document| latest.takes(&document)),
                false => range.contains(session, &resource)?,
            };
            if is_wanted && !only_on_demand {
                documents.push(resource);
            }
        }
        match found.next {
            Some(next) if !only_on_demand => request.query.cursor = Some(next),
            _ => break,
        }
    }
    answer(call, inputs, &documents)
}

/// The types as tokens: as they stand in a URL, and as Codings in the body.
fn types(inputs: &Inputs) -> Vec<String> {
    let codings = inputs.trees("type").map(|coding| {
        let text = |name: &str| coding.root().get_str(name).unwrap_or_default().into_owned();
        match text("system").as_str() {
            "" => text("code"),
            system => format!("{system}|{}", text("code")),
        }
    });
    inputs.texts("type").map(str::to_owned).chain(codings).collect()
}

/// A parameter of a search that one of the values meets; nothing without values.
fn any_of(name: &str, values: Vec<String>) -> Option<(String, String)> {
    (!values.is_empty()).then(|| (name.to_owned(), values.join(",")))
}

fn answer(call: &Call, inputs: &Inputs, documents: &[Resource]) -> Result<Answer, Failure> {
    let url = format!("{}/DocumentReference/$docref", call.service.base_url);
    let links = links(&url, &call.linked(inputs.to_parameters(&[])), None, None);
    let timestamp = instant(call.service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new("searchset", &timestamp, Some(documents.len() as u64), &links);
    push_all(&mut bundle, &call.service, documents, "match", &Subset::Whole)?;
    Ok(Answer::resource(bundle.finish()))
}
