//! One group of requirements while it is checked: the resources that the server has of it, patient by patient, and what
//! the checks found.

use crate::client::Client;
use crate::finding::Finding;
use crate::metadata::{Group, Metadata};
use crate::pool::Pool;
use crate::search_value::of_resource;
use anyhow::Result;
use serde_json::Value;

/// Resources of a delayed group that are read by the references to them.
const REFERRED_MAX: usize = 40;

/// A group under check.
pub struct GroupRun<'a> {
    pub client: &'a mut Client,
    pub metadata: &'a Metadata,
    pub group: &'a Group,
    /// The server's CapabilityStatement.
    pub capability: &'a Value,
    /// All that was seen so far, of other groups too.
    pub pool: &'a mut Pool,
    /// The patients that have resources of the group, with these. A delayed group has one entry, without an id.
    pub by_patient: Vec<(String, Vec<Value>)>,
    pub findings: Vec<Finding>,
}

/// Parameters of a search.
pub type Parameters = Vec<(String, String)>;

impl GroupRun<'_> {
    /// Finds the group's resources.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn collect(&mut self, patients: &[String]) -> Result<()> {
        if self.group.is_by_patient() && !self.group.is_delayed {
            for patient in patients {
                let resources = self.resources_of(patient)?;
                resources.iter().for_each(|resource| self.pool.add(resource));
                if !resources.is_empty() {
                    self.by_patient.push((patient.clone(), resources));
                }
            }
            return Ok(());
        }
        let type_name = &self.group.resource;
        for reference in self.pool.referred_to(type_name, REFERRED_MAX) {
            let read = self.client.get(&reference)?;
            if read.is_resource(type_name) {
                self.pool.add(&read.body);
            }
        }
        let resources = self.pool.of_type(type_name);
        if !resources.is_empty() {
            self.by_patient.push((String::new(), resources));
        }
        Ok(())
    }

    fn resources_of(&mut self, patient: &str) -> Result<Vec<Value>> {
        let type_name = &self.group.resource;
        let mut found = Vec::new();
        for parameters in self.first_searches(patient) {
            let answer = self.client.search(type_name, &parameters)?;
            for resource in answer.of_type(type_name) {
                if !found.contains(resource) {
                    found.push(resource.clone());
                }
            }
        }
        Ok(found)
    }

    /// The searches that find the group's resources of a patient: by patient, and each value of the parameter that makes
    /// the group.
    pub fn first_searches(&self, patient: &str) -> Vec<Parameters> {
        let name = if self.group.resource == "Patient" { "_id" } else { "patient" };
        let by_patient = (name.to_owned(), patient.to_owned());
        let fixed = self.group.fixed_parameter();
        let values = fixed.and_then(|name| Some((name, self.group.definition(name)?.values())));
        match values {
            Some((name, values)) if !values.is_empty() => {
                let search = |value: String| vec![by_patient.clone(), (name.to_owned(), value)];
                values.into_iter().map(search).collect()
            }
            _ => vec![vec![by_patient]],
        }
    }

    /// The first of the searches that finds something, for each patient.
    pub fn first_that_finds(&mut self) -> Result<Vec<(String, Parameters)>> {
        let mut found = Vec::new();
        for (patient, _) in &self.by_patient {
            for parameters in self.first_searches(patient) {
                let answer = self.client.search(&self.group.resource, &parameters)?;
                if answer.of_type(&self.group.resource).next().is_some() {
                    found.push((patient.clone(), parameters));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// All resources of the group.
    pub fn resources(&self) -> impl Iterator<Item = &Value> {
        self.by_patient.iter().flat_map(|(_, resources)| resources)
    }

    /// For each patient a search by the names, with values of one resource, and that resource.
    pub fn searches_by(&self, names: &[String]) -> Vec<(Parameters, &Value)> {
        let of = |(patient, resources): &'_ (String, Vec<Value>)| -> Option<(Parameters, usize)> {
            let found = resources.iter().enumerate();
            found.filter_map(|(at, one)| Some((self.parameters(names, patient, one)?, at))).next()
        };
        let found = self.by_patient.iter();
        found.filter_map(|entry| of(entry).map(|(parameters, at)| (parameters, &entry.1[at]))).collect()
    }

    /// Parameters of these names that find a resource; `None` when it has no value for one of them.
    fn parameters(&self, names: &[String], patient: &str, resource: &Value) -> Option<Parameters> {
        let value = |name: &String| match name.as_str() {
            "patient" if !patient.is_empty() => Some(patient.to_owned()),
            name => of_resource(resource, self.group.definition(name)?),
        };
        names.iter().map(|name| Some((name.clone(), value(name)?))).collect()
    }
}
