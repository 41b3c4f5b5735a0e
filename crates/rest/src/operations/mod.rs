//! The operations of the API, one file each; [`OPERATIONS`] is the table that everything else is made from.

mod care_date;
mod code_input;
mod docref;
mod everything;
mod expand;
mod export;
mod import;
mod lastn;
mod lookup;
mod meta;
mod subscription_binding;
mod subscription_events;
mod subscription_status;
mod subsumes;
mod translate;
mod validate;
mod validate_code;

use crate::answer::Answer;
use crate::bulk::Jobs;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::outline::operation_paths;
use axum::http::{StatusCode, header};
use record::Session;
use record::job::Job;

/// A row of the table.
pub(crate) struct Operation {
    /// The name, without `$`.
    pub name: &'static str,
    /// The types it is for; empty: every type.
    pub types: &'static [&'static str],
    /// Where it can be called.
    pub levels: &'static [Level],
    /// True when it changes data: then it cannot be called by GET.
    pub affects_state: bool,
    /// The canonical URL of its definition.
    pub definition: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it is given.
    pub parameters: &'static [Parameter],
    /// True when all search parameters of the type are parameters too.
    pub takes_search_parameters: bool,
    /// True when the body may also be a plain JSON object, whose members are the parameters.
    pub takes_plain_object: bool,
    /// Does it.
    pub run: fn(&Call, &Session, &Inputs) -> Result<Answer, Failure>,
}

/// A parameter of an operation.
pub(crate) struct Parameter {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub kind: &'static str,
    /// What it means.
    pub summary: &'static str,
}

/// Where an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// `/$name`
    System,
    /// `/Type/$name`
    Type,
    /// `/Type/id/$name`
    Instance,
}

impl Level {
    /// The level in words and as a path pattern.
    pub fn path(self) -> &'static str {
        match self {
            Self::System => "/",
            Self::Type => "/{type}/",
            Self::Instance => "/{type}/{id}/",
        }
    }
}

const fn parameter(name: &'static str, kind: &'static str, summary: &'static str) -> Parameter {
    Parameter { name, kind, summary }
}

const BASE: Operation = Operation {
    name: "",
    types: &[],
    levels: &[Level::Type, Level::Instance],
    affects_state: false,
    definition: "",
    summary: "",
    parameters: &[],
    takes_search_parameters: false,
    takes_plain_object: false,
    run: validate::run,
};

const INSTANCE: &[Level] = &[Level::Instance];
const TYPE: &[Level] = &[Level::Type];
const SYSTEM: &[Level] = &[Level::System];

/// Every operation.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "validate",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-validate",
        summary: "Says whether a resource would be accepted, and what is wrong with it.",
        parameters: validate::PARAMETERS,
        run: validate::run,
        ..BASE
    },
    Operation {
        name: "everything",
        types: &["Patient"],
        levels: INSTANCE,
        definition: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
        summary: "The whole record of a patient, with what it refers to, in pages.",
        parameters: everything::PATIENT_PARAMETERS,
        run: everything::run,
        ..BASE
    },
    Operation {
        name: "everything",
        types: &["Encounter"],
        levels: INSTANCE,
        definition: "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
        summary: "All that belongs to an encounter, with what it refers to, in pages.",
        parameters: everything::ENCOUNTER_PARAMETERS,
        run: everything::run,
        ..BASE
    },
    Operation {
        name: "meta",
        levels: INSTANCE,
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
        summary: "Profiles, tags and security labels of a resource.",
        run: meta::get,
        ..BASE
    },
    Operation {
        name: "meta-add",
        levels: INSTANCE,
        affects_state: true,
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
        summary: "Adds profiles, tags and security labels to a resource.",
        parameters: meta::PARAMETERS,
        run: meta::add,
        ..BASE
    },
    Operation {
        name: "meta-delete",
        levels: INSTANCE,
        affects_state: true,
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
        summary: "Removes profiles, tags and security labels from a resource.",
        parameters: meta::PARAMETERS,
        run: meta::delete,
        ..BASE
    },
    Operation {
        name: "lastn",
        types: &["Observation"],
        levels: TYPE,
        definition: "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
        summary: "The last observations of each code.",
        parameters: lastn::PARAMETERS,
        takes_search_parameters: true,
        run: lastn::run,
        ..BASE
    },
    Operation {
        name: "docref",
        types: &["DocumentReference"],
        levels: TYPE,
        definition: "http://hl7.org/fhir/us/core/OperationDefinition/docref",
        summary: "The documents of a patient that there are: the latest of each type, or all of a time of care. None is \
                  generated.",
        parameters: docref::PARAMETERS,
        run: docref::run,
        ..BASE
    },
    Operation {
        name: "expand",
        types: &["ValueSet"],
        definition: "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
        summary: "The codes of a value set.",
        parameters: expand::PARAMETERS,
        run: expand::run,
        ..BASE
    },
    Operation {
        name: "validate-code",
        types: &["ValueSet"],
        definition: "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
        summary: "Whether a code is in a value set.",
        parameters: validate_code::VALUE_SET_PARAMETERS,
        run: validate_code::in_value_set,
        ..BASE
    },
    Operation {
        name: "validate-code",
        types: &["CodeSystem"],
        definition: "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",
        summary: "Whether a code is in a code system.",
        parameters: validate_code::CODE_SYSTEM_PARAMETERS,
        run: validate_code::in_code_system,
        ..BASE
    },
    Operation {
        name: "lookup",
        types: &["CodeSystem"],
        levels: TYPE,
        definition: "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
        summary: "What is known of a code.",
        parameters: lookup::PARAMETERS,
        run: lookup::run,
        ..BASE
    },
    Operation {
        name: "subsumes",
        types: &["CodeSystem"],
        definition: "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",
        summary: "How two codes of a system relate.",
        parameters: subsumes::PARAMETERS,
        run: subsumes::run,
        ..BASE
    },
    Operation {
        name: "translate",
        types: &["ConceptMap"],
        definition: "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
        summary: "A code of one system as codes of another.",
        parameters: translate::PARAMETERS,
        run: translate::run,
        ..BASE
    },
    Operation {
        name: "export",
        levels: SYSTEM,
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
        summary: "All resources as files, made in the background.",
        parameters: export::SYSTEM_PARAMETERS,
        run: export::of_system,
        ..BASE
    },
    Operation {
        name: "export",
        types: &["Patient"],
        levels: TYPE,
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
        summary: "The records of all patients, or of some, as files, made in the background.",
        parameters: export::PATIENT_PARAMETERS,
        run: export::of_patients,
        ..BASE
    },
    Operation {
        name: "export",
        types: &["Group"],
        levels: INSTANCE,
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
        summary: "The records of a group's patients as files, made in the background.",
        parameters: export::PATIENT_PARAMETERS,
        run: export::of_group,
        ..BASE
    },
    Operation {
        name: "import",
        levels: SYSTEM,
        affects_state: true,
        definition: "https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md",
        summary: "Resources from files, put at their ids in the background.",
        parameters: import::PARAMETERS,
        takes_plain_object: true,
        run: import::run,
        ..BASE
    },
    Operation {
        name: "status",
        types: &["Subscription"],
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status",
        summary: "How subscriptions stand: their status, and how many events there were.",
        parameters: subscription_status::PARAMETERS,
        run: subscription_status::run,
        ..BASE
    },
    Operation {
        name: "events",
        types: &["Subscription"],
        levels: INSTANCE,
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events",
        summary: "Events of a subscription, such as those that its receiver missed.",
        parameters: subscription_events::PARAMETERS,
        run: subscription_events::run,
        ..BASE
    },
    Operation {
        name: "get-ws-binding-token",
        types: &["Subscription"],
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token",
        summary: "A token by which a websocket without a bearer token follows subscriptions, once.",
        parameters: subscription_binding::PARAMETERS,
        run: subscription_binding::run,
        ..BASE
    },
];

impl Operation {
    /// True when the operation is for a type, or its resources.
    pub fn is_for(&self, type_name: &str) -> bool {
        !self.is_of_system() && (self.types.is_empty() || self.types.contains(&type_name))
    }

    /// True when the operation is for the system as a whole.
    pub fn is_of_system(&self) -> bool {
        self.levels.contains(&Level::System)
    }
}

/// Runs the operation that the path names.
pub(crate) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let operation = find(call)?;
    if operation.affects_state && call.method == "GET" {
        let what = format!("${} changes data and cannot be called by GET", operation.name);
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", what)
            .mended_by("call it by POST")
            .with_header(header::ALLOW, "POST, OPTIONS"));
    }
    (operation.run)(call, session, &Inputs::read(call, operation)?)
}

fn find(call: &Call) -> Result<&'static Operation, Failure> {
    let name = call.place.operation.as_deref().unwrap_or_default();
    let fits = |row: &&Operation| {
        let is_here = match (call.place.type_id, &call.place.id) {
            (None, _) => row.is_of_system(),
            (Some(type_id), None) => row.is_for(type_id.name()) && row.levels.contains(&Level::Type),
            (Some(type_id), Some(_)) => row.is_for(type_id.name()) && row.levels.contains(&Level::Instance),
        };
        row.name == name && is_here
    };
    OPERATIONS.iter().find(fits).ok_or_else(|| {
        let elsewhere: Vec<_> =
            OPERATIONS.iter().filter(|row| row.name == name).flat_map(operation_paths).collect();
        let advice = match elsewhere.as_slice() {
            [] => "/metadata lists the operations".to_owned(),
            places => format!("call it at {}", places.join(", ")),
        };
        Failure::new(StatusCode::NOT_FOUND, "not-supported", format!("there is no operation ${name} here"))
            .mended_by(advice)
    })
}

/// The jobs that an operation's work is given to, when the client says that it can wait for it.
fn in_background<'a>(call: &'a Call, what: &str) -> Result<&'a Jobs, Failure> {
    if !call.prefer.is_async {
        return Err(Failure::bad_request(format!("an {what} is not answered at once"))
            .mended_by(
                "send the header 'Prefer: respond-async', and ask at the Content-Location of the answer",
            )
            .at("http.Prefer"));
    }
    call.service.jobs.as_ref().ok_or_else(|| {
        let what = format!("this server has no folder for {what}s");
        Failure::new(StatusCode::NOT_IMPLEMENTED, "not-supported", what)
    })
}

/// The answer that says where the outcome of a job will be.
fn accepted(call: &Call, job: &Job) -> Answer {
    let place = format!("{}/_job/{}", call.service.base_url, job.id);
    Answer::empty(StatusCode::ACCEPTED).with_header(header::CONTENT_LOCATION, &place)
}

/// A Parameters resource of parameters.
pub(crate) fn parameters(parameters: Vec<fhir::Value>) -> Answer {
    let resource =
        fhir::object! { "resourceType" => "Parameters", "parameter" => fhir::Value::Array(parameters) };
    Answer::resource(resource.to_json())
}
