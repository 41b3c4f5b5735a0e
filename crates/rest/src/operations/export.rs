//! `$export` (FHIR Bulk Data Access 2.0): of the system, of patients, of a group. Its answer says where the files will be.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bulk::{ExportOrder, Whose, patient_type};
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use axum::http::StatusCode;
use fhir::Document;
use record::Session;
use std::collections::BTreeSet;

const TYPES: Parameter = parameter("_type", "string", "only resources of these types, separated by commas");
const SINCE: Parameter = parameter("_since", "instant", "only resources changed since");
const FILTERS: Parameter = parameter(
    "_typeFilter",
    "string",
    "searches, such as Observation?status=final, that resources of their type must match one of",
);
const ELEMENTS: Parameter = parameter("_elements", "string", "only these elements, separated by commas");
const FORMAT: Parameter =
    parameter("_outputFormat", "string", "application/fhir+ndjson, which is the only one");

pub(super) const SYSTEM_PARAMETERS: &[Parameter] = &[TYPES, SINCE, FILTERS, ELEMENTS, FORMAT];

pub(super) const PATIENT_PARAMETERS: &[Parameter] = &[
    TYPES,
    SINCE,
    FILTERS,
    ELEMENTS,
    FORMAT,
    parameter("patient", "Reference", "only of this patient; may be repeated, and only in a body"),
];

/// How many patients may be named.
const PATIENTS_MAX: usize = 1000;

pub(super) fn of_system(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    begin(call, session, inputs, "", |_| Ok(Whose::System))
}

pub(super) fn of_patients(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    begin(call, session, inputs, "/Patient", |named| match named {
        None => Ok(Whose::AllPatients),
        Some(named) => {
            for id in &named {
                session.read(&record::bundle::key(patient_type(), id)?)?;
            }
            Ok(Whose::Patients(named))
        }
    })
}

pub(super) fn of_group(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let key = call.place.key()?;
    begin(call, session, inputs, &format!("/{key}"), |named| {
        let group = session.read(&key)?.document().ok_or_else(Failure::internal)?;
        let members = members(&group, &call.service.base_url);
        let Some(named) = named else { return Ok(Whose::Patients(members)) };
        match named.iter().find(|id| !members.contains(*id)) {
            Some(id) => Err(Failure::parameter("patient", format!("Patient/{id} is no member of {key}"))),
            None => Ok(Whose::Patients(named)),
        }
    })
}

/// Begins an export of what `whose` makes of the patients that are named.
fn begin(
    call: &Call,
    session: &Session,
    inputs: &Inputs,
    path: &str,
    whose: impl FnOnce(Option<BTreeSet<String>>) -> Result<Whose, Failure>,
) -> Result<Answer, Failure> {
    let jobs = super::in_background(call, "export")?;
    if call.query.get("_summary").is_some() {
        return Err(Failure::parameter("_summary", "leave it out; _elements names what is exported"));
    }
    let base = &call.service.base_url;
    let request = call.linked(call.query.clone()).behind(&format!("{base}{path}/$export"));
    let elements = call.query.all("_elements").map(str::to_owned).collect();
    let whose = whose(named_patients(inputs, base)?)?;
    let mut order = ExportOrder::read(request, whose, inputs, elements)?;
    order.narrow(session)?;
    let job = jobs.begin(session, order.to_value(), "an export is asked for")?;
    Ok(super::accepted(call, &job))
}

/// The ids of the patients that are named; `None` when none is.
fn named_patients(inputs: &Inputs, base_url: &str) -> Result<Option<BTreeSet<String>>, Failure> {
    let wrong = |how: &str| Failure::parameter("patient", how);
    if inputs.texts("patient").next().is_some() {
        return Err(wrong("name patients by valueReference, in a Parameters resource that is sent by POST"));
    }
    let reference = |reference: &Document| {
        let id = patient_id(&reference.root().get_str("reference")?, base_url);
        id.filter(|id| !id.is_empty())
    };
    let ids = inputs.trees("patient").map(reference).collect::<Option<BTreeSet<_>>>();
    let ids = ids.ok_or_else(|| wrong("write a reference such as Patient/123"))?;
    match ids.len() {
        0 => Ok(None),
        count if count > PATIENTS_MAX => {
            Err(Failure::new(StatusCode::BAD_REQUEST, "too-costly", format!("{count} patients are named"))
                .mended_by(format!("name at most {PATIENTS_MAX}, or put them into a Group")))
        }
        _ => Ok(Some(ids)),
    }
}

/// The patients that are members of a group now.
fn members(group: &Document, base_url: &str) -> BTreeSet<String> {
    let is_active = |member: &fhir::Node<'_>| member.get("inactive").is_none_or(|flag| flag.raw() != "true");
    let members = group.root().each_of("member").filter(is_active);
    members.filter_map(|member| patient_id(&member.get("entity")?.get_str("reference")?, base_url)).collect()
}

/// The id in a reference to a patient of this server.
fn patient_id(reference: &str, base_url: &str) -> Option<String> {
    let relative = reference.strip_prefix(base_url).map_or(reference, |rest| rest.trim_start_matches('/'));
    let id = relative.strip_prefix("Patient/")?;
    Some(id.split('/').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_the_active_patients_of_this_server() {
        let json = r#"{"resourceType":"Group","member":[{"entity":{"reference":"Patient/a"}},
            {"entity":{"reference":"http://a/fhir/Patient/b/_history/2"}},{"entity":{"reference":"Device/c"}},
            {"entity":{"reference":"http://b/fhir/Patient/d"}},{"entity":{"reference":"Patient/e"},"inactive":true}]}"#;
        let group = Document::parse(json).unwrap();
        assert_eq!(members(&group, "http://a/fhir"), ["a".to_owned(), "b".to_owned()].into());
    }
}
