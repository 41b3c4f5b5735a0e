//! Search (R4 search): of one type, of several, or in a compartment; by GET or by a form.

use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::presentation::OUTER_PARAMETERS;
use crate::route::Member;
use crate::search_bundle::search_bundle;
use axum::http::StatusCode;
use fhir::schema::TypeId;
use record::Session;

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let mut parameters = call.query.clone();
    if call.method == "POST" {
        let mut form = call.body.form()?;
        form.take(&OUTER_PARAMETERS);
        parameters.0.append(&mut form.0);
    }
    let (type_id, compartment) = scope(call)?;
    let compartment = compartment.as_ref().map(|(type_id, id)| (*type_id, id.as_str()));
    let request = session.parse_search(type_id, compartment, &parameters.0, call.handling())?;
    if request.query.types.is_empty() && request.query.clauses.is_empty() && !names_types(&parameters) {
        return Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "too-costly",
            "the search names neither a type nor a condition",
        )
        .mended_by("name types with _type, or a type in the path, such as /Patient?name=…"));
    }
    let found = session.search(&request)?;
    Ok(Answer::resource(search_bundle(call, &url(call), &request, &found)?))
}

fn names_types(parameters: &Parameters) -> bool {
    parameters.get("_type").is_some()
}

/// A compartment: its type and the id of the resource whose it is.
type Compartment = (TypeId, String);

/// The type searched and the compartment searched in.
fn scope(call: &Call) -> Result<(Option<TypeId>, Option<Compartment>), Failure> {
    let Some(member) = call.place.member else { return Ok((call.place.type_id, None)) };
    let key = call.place.key()?;
    if !search::compartment::compartments().contains(&key.type_id) {
        return Err(Failure::not_found(format!("{} is no compartment", key.type_id.name())).mended_by(
            "search in the compartment of a patient, encounter, practitioner, related person or device",
        ));
    }
    let type_id = match member {
        Member::Type(type_id) => Some(type_id),
        Member::All => None,
    };
    Ok((type_id, Some((key.type_id, key.id.into()))))
}

/// The URL of the search without its parameters: that of the search by GET.
fn url(call: &Call) -> String {
    let base = &call.service.base_url;
    let type_name = |type_id: Option<TypeId>| type_id.map_or("", TypeId::name);
    match (call.place.member, &call.place.id) {
        (Some(member), Some(id)) => {
            let member = match member {
                Member::Type(type_id) => type_id.name(),
                Member::All => "*",
            };
            format!("{base}/{}/{id}/{member}", type_name(call.place.type_id))
        }
        _ if call.place.type_id.is_some() => format!("{base}/{}", type_name(call.place.type_id)),
        _ => base.clone(),
    }
}
