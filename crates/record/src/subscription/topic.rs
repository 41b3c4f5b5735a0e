//! The topics that programs can subscribe to: `data/subscriptions/topics.tsv`.

use super::trigger::{Kinds, Trigger, clauses};
use fhir::schema::{TypeId, schema};
use search::Ports;
use search::compartment::types_in;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A row of the table: one trigger of a topic.
struct Row {
    topic: &'static str,
    types: Vec<TypeId>,
    on: Kinds,
    before: &'static str,
    after: &'static str,
    filters: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("../../../../data/subscriptions/topics.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| row(line).expect("the topics are well-formed"))
        .collect()
});

fn row(line: &'static str) -> Option<Row> {
    let [topic, _title, types, on, before, after, filters] =
        line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    Some(Row {
        topic,
        types: match types {
            "*" => types_in(schema().resource_named("Patient")?),
            name => vec![schema().resource_named(name)?],
        },
        on: Kinds { create: on.contains('c'), update: on.contains('u'), delete: on.contains('d') },
        before,
        after,
        filters: filters.split(' ').collect(),
    })
}

/// The canonical URLs of all topics.
pub fn topic_urls() -> BTreeSet<&'static str> {
    ROWS.iter().map(|row| row.topic).collect()
}

/// The triggers of a topic, each with the filters that can be applied to it; none when there is no such topic.
pub(super) fn triggers(topic: &str, ports: &dyn Ports) -> Vec<(Trigger, &'static [&'static str])> {
    let rows = ROWS.iter().filter(|row| row.topic == topic);
    rows.flat_map(|row| {
        row.types.iter().map(|type_id| (trigger(row, *type_id, ports), row.filters.as_slice()))
    })
    .collect()
}

fn trigger(row: &Row, type_id: TypeId, ports: &dyn Ports) -> Trigger {
    let read = |query| clauses(query, type_id, ports, 0).expect("the searches of topics are understood");
    Trigger { type_id, on: row.on, before: read(row.before), after: read(row.after) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::RecordPorts;
    use fhir::Document;
    use terminology::Terminology;

    fn encounter(status: &str, class: &str) -> Document {
        let system = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        Document::parse(format!(
            r#"{{"resourceType":"Encounter","id":"e","status":"{status}","class":{{"system":"{system}","code":"{class}"}}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn every_row_is_understood() {
        let ports = RecordPorts::new("http://localhost/fhir", Terminology::built_in());
        assert!(topic_urls().iter().all(|topic| !triggers(topic, &ports).is_empty()));
        assert!(topic_urls().len() > 5 && triggers("urn:chiron:topic:nothing", &ports).is_empty());
    }

    #[test]
    fn an_admission_is_one_that_was_none_before() {
        let ports = RecordPorts::new("http://localhost/fhir", Terminology::built_in());
        let [(admission, _)] =
            triggers("urn:chiron:topic:admission", &ports).try_into().expect("one trigger");
        let (planned, admitted) = (encounter("planned", "IMP"), encounter("in-progress", "IMP"));
        let is_told =
            |before: Option<&Document>, after: Option<&Document>| admission.is_set_off(before, after, &ports);
        assert!(is_told(Some(&planned), Some(&admitted)) && is_told(None, Some(&admitted)));
        assert!(!is_told(Some(&admitted), Some(&admitted)), "it was one before");
        assert!(!is_told(None, Some(&encounter("in-progress", "AMB"))));
        assert!(!is_told(Some(&admitted), None), "a deletion");
    }
}
