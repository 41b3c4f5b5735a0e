//! `$validate` (R4 resource-operation-validate): against the definition of the resource's type, the profiles that the
//! request names, those that the resource declares and those that the practice demands.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::operation_outcome::{Issue, operation_outcome};
use fhir::Document;
use record::Session;
use validation::{Declared, Extensions, Settings, validate};

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("resource", "Resource", "the resource; at a resource's own URL, absent: that resource"),
    parameter("mode", "code", "create or update: what the resource is to be used for"),
    parameter(
        "profile",
        "uri",
        "profiles to meet, by canonical URL: built in, or StructureDefinitions of the practice",
    ),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let document = match inputs.tree("resource") {
        Some(document) => document.clone(),
        None if call.place.id.is_some() => {
            session.read(&call.place.key()?)?.document().ok_or_else(Failure::internal)?
        }
        None => return Err(Failure::missing("resource", "send the resource, alone or as a parameter")),
    };
    let mut issues = mode_issues(call, inputs, &document)?;
    let settings = Settings {
        profiles: inputs.texts("profile").filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        declared: Declared::Check,
        is_thorough: true,
        extensions: Extensions::Known,
        ..session.record().validation().clone()
    };
    let outcome = validate(&document, &session.validation_ports(), &settings);
    issues.extend(outcome.issues.iter().map(Issue::of_finding));
    if issues.is_empty() {
        issues.push(Issue::information("the resource is valid"));
    }
    Ok(Answer::resource(operation_outcome(&issues)))
}

/// What is wrong with the resource for the use it is meant for.
fn mode_issues(call: &Call, inputs: &Inputs, document: &Document) -> Result<Vec<Issue>, Failure> {
    let mut issues = Vec::new();
    let mut wrong = |what: String, details: &str, expression: &str| {
        issues.push(Issue {
            details: details.to_owned(),
            expression: expression.to_owned(),
            ..Issue::error("invalid", what)
        });
    };
    let type_id = call.place.only_type()?;
    let found = document.resource_type().unwrap_or_default();
    if *found != *type_id.name() {
        let what = format!("the resource is of type '{found}', the URL is for {}", type_id.name());
        wrong(what, "make them agree", "Resource");
    }
    let id = document.root().get_str("id");
    match (inputs.text("mode"), &call.place.id, id.as_deref()) {
        (None | Some("create"), _, _) => {}
        (Some("update"), Some(expected), Some(found)) if expected == found => {}
        (Some("update"), Some(_), Some(_)) => {
            wrong("the resource has another id than the URL".to_owned(), "make them agree", "Resource.id");
        }
        (Some("update"), None, Some(_)) => {}
        (Some("update"), _, None) => {
            wrong(
                "a resource for an update needs its id".to_owned(),
                "give it the id that it has here",
                "Resource.id",
            );
        }
        (Some(_), ..) => {
            return Err(Failure::parameter("mode", "write create or update; other modes are not supported"));
        }
    }
    Ok(issues)
}
