//! The audit of one patient's record: the rows that are about them, without what they say of others.

use record::ResourceKey;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Whose audit is told.
pub struct Subject<'a> {
    /// The patient's id.
    pub patient: &'a str,
    /// The patient's own resources.
    pub own: &'a BTreeSet<ResourceKey>,
    /// The same as they are named, with those that they refer to.
    pub shown: &'a BTreeSet<String>,
}

impl Subject<'_> {
    /// A row of the log of reads, when it is about the patient.
    pub fn read(&self, row: &str) -> Option<Value> {
        // What was shown of a patient is logged with their id; what was not there, by its name alone.
        if !row.contains(self.patient) && !row.contains("\"failed\"") {
            return None;
        }
        let row = object(row)?;
        let is_about = texts(&row, "of").any(|id| id == self.patient)
            || texts(&row, "what").any(|name| self.own.iter().any(|key| key.to_string() == name));
        is_about.then(|| self.without_others(row, []).into())
    }

    /// The row of a commit, with the versions that it made of the patient's resources.
    pub fn write(&self, row: &str, commit: u64, changes: &[(ResourceKey, u32)]) -> Option<Value> {
        let (own, others): (Vec<_>, Vec<_>) = changes.iter().partition(|(key, _)| self.own.contains(key));
        let changed: Vec<String> =
            own.iter().map(|(key, version)| format!("{key}/_history/{version}")).collect();
        let others = others.iter().map(|(key, _)| key.to_string());
        let mut row = self.without_others(object(row)?, others);
        row.insert("commit".to_owned(), commit.into());
        row.insert("changed".to_owned(), changed.into());
        Some(row.into())
    }

    /// A row without the names of others' resources; and without the query when it may name others.
    fn without_others(
        &self,
        mut row: Map<String, Value>,
        changed: impl IntoIterator<Item = String>,
    ) -> Map<String, Value> {
        let is_shown = |name: &str| self.shown.contains(name);
        let others = texts(&row, "of").any(|id| id != self.patient)
            || texts(&row, "what").any(|name| !is_shown(name))
            || changed.into_iter().any(|name| !is_shown(&name));
        keep(&mut row, "of", |id| id == self.patient);
        keep(&mut row, "what", is_shown);
        if others {
            row.remove("query");
        }
        row
    }
}

fn object(row: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(row) {
        Ok(Value::Object(row)) => Some(row),
        _ => None,
    }
}

fn texts<'a>(row: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn keep(row: &mut Map<String, Value>, name: &str, is_kept: impl Fn(&str) -> bool) {
    if let Some(Value::Array(items)) = row.get_mut(name) {
        items.retain(|item| item.as_str().is_some_and(&is_kept));
        if items.is_empty() {
            row.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::schema::schema;
    use serde_json::json;

    #[test]
    fn a_row_tells_of_the_patient_and_of_nobody_else() {
        let key = |name: &str| {
            let (type_name, id) = name.split_once('/').unwrap();
            ResourceKey::new(schema().resource_named(type_name).unwrap(), id)
        };
        let own = BTreeSet::from([key("Patient/a"), key("Observation/1")]);
        let shown = ["Patient/a", "Observation/1", "Practitioner/p"].map(str::to_owned).into();
        let subject = Subject { patient: "a", own: &own, shown: &shown };
        let alone = json!({"t": 1, "who": "x", "do": "S", "what": ["Observation/1"], "of": ["a"], "query": "Observation?patient=a"});
        assert_eq!(subject.read(&alone.to_string()), Some(alone));
        let both =
            json!({"t": 1, "what": ["Observation/1", "Observation/2"], "of": ["a", "b"], "query": "_id=a,b"});
        assert_eq!(
            subject.read(&both.to_string()),
            Some(json!({"t": 1, "what": ["Observation/1"], "of": ["a"]}))
        );
        let missed = json!({"t": 1, "what": ["Observation/1"], "failed": true});
        assert_eq!(subject.read(&missed.to_string()), Some(missed));
        for other in
            [json!({"what": ["Patient/b"], "of": ["ab"]}), json!({"what": ["Observation/3"], "failed": true})]
        {
            assert_eq!(subject.read(&other.to_string()), None, "{other}");
        }
        let row = json!({"t": 1, "do": "E", "query": "Patient?name=b"}).to_string();
        let changes = [(key("Observation/1"), 2), (key("Patient/b"), 1)];
        let written = json!({"t": 1, "do": "E", "commit": 7, "changed": ["Observation/1/_history/2"]});
        assert_eq!(subject.write(&row, 7, &changes), Some(written));
    }
}
