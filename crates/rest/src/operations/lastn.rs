//! `Observation/$lastn`: the last observations of each code.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bundle_writer::BundleWriter;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::search_bundle::{links, push_all};
use crate::subset::Subset;
use fhir::{Document, Node};
use record::resource::instant;
use record::{Resource, Session};
use search::parse::Handling;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("max", "positiveInt", "how many observations of each code; 1 when absent"),
    parameter("patient", "reference", "whose observations; this or subject must be given"),
    parameter("subject", "reference", "whose observations"),
    parameter("category", "token", "of which category; this or code must be given"),
    parameter("code", "token", "of which codes"),
];

/// Observations looked at in one step.
const STEP_COUNT: &str = "500";

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let max = match inputs.number("max")? {
        None => 1,
        Some(0) => return Err(Failure::parameter("max", "write at least 1")),
        Some(max) => max,
    };
    for (one, other) in [("patient", "subject"), ("category", "code")] {
        let is_given = |name: &str| inputs.text(name).is_some();
        if !is_given(one) && !is_given(other) {
            return Err(Failure::missing(one, format!("give {one} or {other}")));
        }
    }
    let mut pairs = inputs.search_parameters(&["max", "_sort", "_count"]);
    pairs.push(("_sort".to_owned(), "-date".to_owned()));
    pairs.push(("_count".to_owned(), STEP_COUNT.to_owned()));
    let mut request = session.parse_search(call.place.type_id, None, &pairs, Handling::Strict)?;
    let mut groups = Groups::new("code", max);
    let mut last = Vec::new();
    loop {
        let found = session.search(&request)?;
        for resource in found.matches {
            if let Some(document) = resource.document()
                && groups.takes(&document)
            {
                last.push(resource);
            }
        }
        match found.next {
            Some(next) => request.query.cursor = Some(next),
            None => break,
        }
    }
    answer(call, inputs, &last)
}

fn answer(call: &Call, inputs: &Inputs, resources: &[Resource]) -> Result<Answer, Failure> {
    let url = format!("{}/Observation/$lastn", call.service.base_url);
    let links = links(&url, &call.linked(inputs.to_parameters(&[])), None, None);
    let timestamp = instant(call.service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new("searchset", &timestamp, Some(resources.len() as u64), &links);
    push_all(&mut bundle, &call.service, resources, "match", &Subset::Whole)?;
    Ok(Answer::resource(bundle.finish()))
}

/// Resources grouped by a concept, such as what was observed: those that share a coding, or, without codings, the text.
pub(super) struct Groups {
    concept: &'static str,
    max: usize,
    groups: Vec<Group>,
}

struct Group {
    names: Vec<String>,
    count: usize,
}

impl Groups {
    /// Groups by the concept in an element, of each of which the first `max` are wanted.
    pub(super) fn new(concept: &'static str, max: usize) -> Self {
        Self { concept, max, groups: Vec::new() }
    }

    /// Counts a resource; true when it is among the first of its group.
    pub(super) fn takes(&mut self, resource: &Document) -> bool {
        let names = names_of(resource.root().get(self.concept));
        let known = self.groups.iter_mut().find(|group| group.names.iter().any(|name| names.contains(name)));
        match known {
            Some(group) => {
                group.count += 1;
                let new: Vec<_> = names.into_iter().filter(|name| !group.names.contains(name)).collect();
                group.names.extend(new);
                group.count <= self.max
            }
            None => {
                self.groups.push(Group { names, count: 1 });
                true
            }
        }
    }
}

fn names_of(concept: Option<Node<'_>>) -> Vec<String> {
    let Some(code) = concept else { return Vec::new() };
    let text = |node: Node<'_>, name: &str| node.get_str(name).unwrap_or_default().into_owned();
    let codings =
        code.each_of("coding").map(|coding| format!("{}|{}", text(coding, "system"), text(coding, "code")));
    let names: Vec<_> = codings.filter(|name| name != "|").collect();
    if names.is_empty() { vec![text(code, "text").to_lowercase()] } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_that_share_a_coding_are_one_group() {
        let observation = |codes: &[&str]| {
            let coding = |code: &&str| fhir::object! { "system" => "s", "code" => *code };
            let codings: Vec<_> = codes.iter().map(coding).collect();
            fhir::object! { "code" => fhir::object! { "coding" => fhir::Value::Array(codings) } }
                .to_document()
        };
        let mut groups = Groups::new("code", 2);
        assert!(groups.takes(&observation(&["a"])));
        assert!(groups.takes(&observation(&["b", "a"])));
        assert!(!groups.takes(&observation(&["b"])));
        assert!(groups.takes(&observation(&["c"])));
    }
}
