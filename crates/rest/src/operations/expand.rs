//! `ValueSet/$expand` (<https://hl7.org/fhir/R4/valueset-operation-expand.html>).

use super::code_input::{failure, languages};
use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use fhir::Document;
use record::Session;
use record::resource::instant;
use terminology::{ExpansionRequest, ValueSet};

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("url", "uri", "the value set's canonical, possibly with |version"),
    parameter("valueSetVersion", "string", "the version of the value set"),
    parameter("valueSet", "ValueSet", "the value set itself"),
    parameter("filter", "string", "words that a code or its display must begin words with"),
    parameter("offset", "integer", "how many codes to pass over"),
    parameter("count", "integer", "how many codes to give at most"),
    parameter("activeOnly", "boolean", "leave out codes that are out of use"),
    parameter("includeDesignations", "boolean", "give designations"),
    parameter("includeDefinition", "boolean", "give definitions"),
    parameter("property", "string", "a property to give with each code; may be repeated"),
    parameter("displayLanguage", "code", "languages of the displays"),
    parameter("excludeNested", "boolean", "codes are given as a list in any case"),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let request = ExpansionRequest {
        filter: inputs.text("filter").map(str::to_owned),
        offset: inputs.number("offset")?.unwrap_or_default(),
        count: inputs.number("count")?,
        active_only: inputs.flag("activeOnly")?,
        include_designations: inputs.flag("includeDesignations")?,
        include_definition: inputs.flag("includeDefinition")?,
        properties: inputs.texts("property").map(str::to_owned).collect(),
        languages: languages(inputs),
        timestamp: instant(session.record().now_ms()).to_string(),
        ..ExpansionRequest::default()
    };
    let terminology = session.record().terminology();
    let expansion = match given(call, session, inputs)? {
        Given::Resource(value_set) => terminology.expand_value_set(value_set, &request),
        Given::Url(canonical) => terminology.expand(&canonical, &request),
    };
    Ok(Answer::resource(expansion.map_err(|error| failure(&error))?.to_json()))
}

/// A value set as a request names it.
pub(super) enum Given {
    /// By its content: in the request, or the resource in the path.
    Resource(ValueSet),
    /// By its canonical.
    Url(String),
}

/// The value set that a request names.
pub(super) fn given(call: &Call, session: &Session, inputs: &Inputs) -> Result<Given, Failure> {
    if call.place.id.is_some() {
        let document = session.read(&call.place.key()?)?.document().ok_or_else(Failure::internal)?;
        return read(&document).map(Given::Resource);
    }
    if let Some(document) = inputs.tree("valueSet").or_else(|| inputs.tree("resource")) {
        return read(document).map(Given::Resource);
    }
    let url = inputs.text("url").ok_or_else(|| Failure::missing("url", "give url or valueSet"))?;
    Ok(Given::Url(match inputs.text("valueSetVersion") {
        Some(version) if !url.contains('|') => format!("{url}|{version}"),
        _ => url.to_owned(),
    }))
}

fn read(document: &Document) -> Result<ValueSet, Failure> {
    ValueSet::from_node(document.root())
        .ok_or_else(|| Failure::parameter("valueSet", "send a ValueSet resource"))
}
