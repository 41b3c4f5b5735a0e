//! The chart that a history is written into: resources with ids, and what later visits must remember.

use crate::coding::{reference, us_core};
use crate::content::{Drug, Vaccine};
use crate::date::Date;
use crate::people::Person;
use crate::practice::Practice;
use crate::random::{Random, hash_text, seed_of};
use fhir::{Object, Value, array, object};

/// A drug that the patient takes.
pub(crate) struct Treatment {
    pub drug: &'static Drug,
    /// The position of the MedicationRequest in the chart.
    pub entry: usize,
    /// When it was last prescribed.
    pub written: Date,
    /// The condition it is for.
    pub reason: Option<String>,
}

/// A diagnosis in the problem list.
pub(crate) struct Problem {
    pub key: &'static str,
    pub reference: String,
    entry: usize,
}

/// The resources of one patient as they come to be.
pub(crate) struct Chart<'p> {
    pub practice: &'p Practice,
    pub person: Person,
    /// `Patient/id`.
    pub patient: String,
    pub random: Random,
    pub treatments: Vec<Treatment>,
    pub problems: Vec<Problem>,
    /// Doses given: vaccine and day.
    pub doses: Vec<(&'static Vaccine, Date)>,
    /// What notes say of allergies.
    pub allergies: Vec<&'static str>,
    /// Substances that must not be prescribed: `penicillin` or `sulfa`.
    pub avoided: Vec<&'static str>,
    /// How likely what is not needed at a visit is left out, where few resources are wanted; 0 by itself.
    sparing: f64,
    entries: Vec<Value>,
    counts: Vec<(&'static str, u64)>,
}

impl<'p> Chart<'p> {
    /// An empty chart.
    pub(crate) fn new(practice: &'p Practice, person: &Person) -> Self {
        Self {
            practice,
            patient: practice.reference("Patient", u64::from(person.index)),
            random: Random::new(&[person.seed, hash_text("history")]),
            person: person.clone(),
            treatments: Vec::new(),
            problems: Vec::new(),
            doses: Vec::new(),
            allergies: Vec::new(),
            avoided: Vec::new(),
            sparing: (1.0 - practice.pace()).clamp(0.0, 0.7),
            entries: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// True when something is to be left out.
    pub(crate) fn spares(&mut self) -> bool {
        self.sparing > 0.0 && self.random.chance(self.sparing)
    }

    /// How many resources there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The next id of a type, for a resource that others point at before it is written.
    pub(crate) fn reserve(&mut self, type_name: &'static str) -> String {
        let at = self.counts.iter().position(|(name, _)| *name == type_name).unwrap_or_else(|| {
            self.counts.push((type_name, 0));
            self.counts.len() - 1
        });
        self.counts[at].1 += 1;
        let number = seed_of(&[hash_text("chart"), u64::from(self.person.index), self.counts[at].1]);
        self.practice.id(type_name, number)
    }

    /// Writes the Patient, whose id follows from its position alone.
    pub(crate) fn put_patient(&mut self, fields: Object) {
        let id = self.practice.patient_id(self.person.index);
        self.put("Patient", &id, Some("patient"), fields);
    }

    /// Writes a resource under a reserved id and gives its position. The profile is the end of a US Core name.
    pub(crate) fn put(&mut self, type_name: &str, id: &str, profile: Option<&str>, fields: Object) -> usize {
        self.entries.push(resource(type_name, id, profile, fields));
        self.entries.len() - 1
    }

    /// Writes a resource and gives `Type/id`.
    pub(crate) fn add(&mut self, type_name: &'static str, profile: Option<&str>, fields: Object) -> String {
        let id = self.reserve(type_name);
        self.put(type_name, &id, profile, fields);
        format!("{type_name}/{id}")
    }

    /// `Type/id` of the resource at a position.
    pub(crate) fn reference_at(&self, entry: usize) -> String {
        let text = |name| self.entries[entry].get(name).and_then(Value::as_str).unwrap_or_default();
        format!("{}/{}", text("resourceType"), text("id"))
    }

    /// Changes a member of a resource that is in the chart.
    pub(crate) fn change(&mut self, entry: usize, name: &str, value: impl Into<Value>) {
        if let Some(object) = self.entries[entry].as_object_mut() {
            object.set(name, value);
        }
    }

    /// Remembers a diagnosis.
    pub(crate) fn remember(&mut self, key: &'static str, reference: String, entry: usize) {
        self.problems.push(Problem { key, reference, entry });
    }

    /// The Condition of a diagnosis in the problem list.
    pub(crate) fn problem(&self, key: &str) -> Option<String> {
        self.problems.iter().find(|problem| problem.key == key).map(|problem| problem.reference.clone())
    }

    /// Takes a diagnosis off the list of active problems on a day.
    pub(crate) fn resolve(&mut self, key: &str, on: Date) {
        if let Some(at) = self.problems.iter().position(|problem| problem.key == key) {
            let problem = self.problems.remove(at);
            let status = crate::coding::code_only(&crate::coding::hl7("condition-clinical"), "resolved");
            self.change(problem.entry, "clinicalStatus", status);
            self.change(problem.entry, "abatementDateTime", on.to_string());
        }
    }

    /// True when the patient takes a drug.
    pub(crate) fn takes(&self, key: &str) -> bool {
        self.treatments.iter().any(|treatment| treatment.drug.key == key)
    }

    /// An object with the member that ties it to the patient.
    pub(crate) fn about(&self, member: &str) -> Object {
        let mut fields = Object::new();
        fields.set(member, reference(&self.patient));
        fields
    }

    /// The resources.
    pub(crate) fn into_resources(self) -> Vec<Value> {
        self.entries
    }
}

/// A resource with its type, id and profile in front of its members.
pub(crate) fn resource(type_name: &str, id: &str, profile: Option<&str>, mut fields: Object) -> Value {
    fields.set_at(0, "resourceType", type_name);
    fields.set_at(1, "id", id);
    if let Some(profile) = profile {
        fields.set_at(2, "meta", object! { "profile" => array![us_core(profile)] });
    }
    Value::Object(fields)
}

/// A transaction Bundle that puts every resource under its id.
pub(crate) fn bundle_of(resources: Vec<Value>) -> Value {
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    object! { "resourceType" => "Bundle", "type" => "transaction", "entry" => entries }
}

fn entry(resource: Value) -> Value {
    let text = |name| resource.get(name).and_then(Value::as_str).unwrap_or_default();
    let url = format!("{}/{}", text("resourceType"), text("id"));
    object! {
        "fullUrl" => format!("https://meadowbrook.example.org/fhir/{url}"),
        "resource" => resource,
        "request" => object! { "method" => "PUT", "url" => url },
    }
}
