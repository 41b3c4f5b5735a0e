//! What a version of US Core demands, group by group: the tables (`metadata.yml`) that Inferno's US Core Test Kit
//! derives from its CapabilityStatement and profiles.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_yaml_ng::Value;
use std::collections::BTreeMap;

/// A version's groups.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    #[serde(rename = ":groups")]
    pub groups: Vec<Group>,
}

/// What is demanded of the resources of one profile.
#[derive(Debug, Deserialize)]
pub struct Group {
    #[serde(rename = ":name")]
    pub name: String,
    /// The resource's type.
    #[serde(rename = ":resource")]
    pub resource: String,
    #[serde(rename = ":profile_url")]
    pub profile_url: String,
    #[serde(rename = ":profile_version")]
    pub profile_version: String,
    /// True when its resources are found by references of others, not by patient.
    #[serde(rename = ":is_delayed")]
    pub is_delayed: bool,
    #[serde(rename = ":interactions")]
    pub interactions: Vec<Named>,
    #[serde(rename = ":operations")]
    pub operations: Vec<Named>,
    #[serde(rename = ":searches")]
    pub searches: Vec<Search>,
    #[serde(rename = ":search_definitions")]
    search_definitions: BTreeMap<String, Definition>,
    #[serde(rename = ":include_params")]
    pub includes: Vec<String>,
    #[serde(rename = ":revincludes")]
    pub revincludes: Vec<String>,
    #[serde(rename = ":must_supports")]
    pub must_supports: MustSupports,
    #[serde(rename = ":resource_conformance_expectation")]
    pub expectation: String,
}

/// An interaction or operation, with SHALL, SHOULD or MAY.
#[derive(Debug, Deserialize)]
pub struct Named {
    #[serde(rename = ":code")]
    pub code: String,
    #[serde(rename = ":expectation")]
    pub expectation: String,
}

/// A search by parameters together.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(rename = ":names")]
    pub names: Vec<String>,
    #[serde(rename = ":expectation")]
    pub expectation: String,
}

/// What a search parameter looks at.
#[derive(Debug, Deserialize)]
pub struct Definition {
    #[serde(rename = ":paths")]
    pub paths: Vec<String>,
    #[serde(rename = ":comparators")]
    comparators: BTreeMap<String, String>,
    #[serde(rename = ":values")]
    values: Vec<Value>,
    /// The data type at the paths.
    #[serde(rename = ":type")]
    pub kind: String,
    #[serde(rename = ":multiple_or")]
    pub multiple_or: String,
    #[serde(rename = ":chain", default)]
    pub chain: Vec<Chain>,
}

/// A parameter of the resource that a reference leads to.
#[derive(Debug, Deserialize)]
pub struct Chain {
    #[serde(rename = ":chain")]
    pub name: String,
    #[serde(rename = ":expectation")]
    pub expectation: String,
}

/// What a server must be able to show.
#[derive(Debug, Deserialize)]
pub struct MustSupports {
    #[serde(rename = ":extensions")]
    pub extensions: Vec<Extension>,
    #[serde(rename = ":slices")]
    pub slices: Vec<Slice>,
    #[serde(rename = ":elements")]
    pub elements: Vec<Element>,
    #[serde(rename = ":choices", default)]
    pub choices: Option<Vec<Choice>>,
}

/// An extension by its place and URL.
#[derive(Debug, Deserialize)]
pub struct Extension {
    #[serde(rename = ":id")]
    pub id: String,
    #[serde(rename = ":path")]
    pub path: String,
    #[serde(rename = ":url")]
    pub url: String,
}

/// Those of the elements at a path that a discriminator picks.
#[derive(Debug, Deserialize)]
pub struct Slice {
    #[serde(rename = ":slice_id")]
    pub id: String,
    #[serde(rename = ":slice_name")]
    pub name: String,
    #[serde(rename = ":path")]
    pub path: String,
    #[serde(rename = ":discriminator")]
    pub discriminator: Discriminator,
}

/// How an element is known to be of a slice.
#[derive(Debug, Deserialize)]
pub struct Discriminator {
    #[serde(rename = ":type")]
    pub kind: String,
    #[serde(rename = ":path", default)]
    pub path: Option<String>,
    #[serde(rename = ":code", default)]
    pub code: Option<String>,
    #[serde(rename = ":system", default)]
    pub system: Option<String>,
    #[serde(rename = ":values", default)]
    pub values: Vec<DiscriminatorValue>,
}

/// A value at a path, or a coding of a required binding.
#[derive(Debug, Deserialize)]
pub struct DiscriminatorValue {
    #[serde(rename = ":path", default)]
    pub path: Option<String>,
    #[serde(rename = ":value", default)]
    value: Option<Value>,
    #[serde(rename = ":system", default)]
    pub system: Option<String>,
    #[serde(rename = ":code", default)]
    pub code: Option<String>,
}

/// An element by its path.
#[derive(Debug, Deserialize)]
pub struct Element {
    #[serde(rename = ":path")]
    pub path: String,
    #[serde(rename = ":fixed_value", default)]
    fixed_value: Option<Value>,
    #[serde(rename = ":target_profiles", default)]
    pub target_profiles: Vec<String>,
}

/// Elements one of which is enough.
#[derive(Debug, Deserialize)]
pub struct Choice {
    #[serde(rename = ":paths", default)]
    pub paths: Vec<String>,
    #[serde(rename = ":extension_ids", default)]
    pub extension_ids: Vec<String>,
}

impl Metadata {
    /// Reads a version's table.
    ///
    /// # Errors
    /// When it is not written as this program expects.
    pub fn parse(text: &str) -> Result<Self> {
        serde_yaml_ng::from_str(text).context("metadata.yml")
    }

    /// The type of resource that a profile is of, for profiles that have a group here or are FHIR's own.
    pub fn type_of_profile(&self, profile: &str) -> Option<&str> {
        let group = self.groups.iter().find(|group| group.profile_url == profile);
        group.map(|group| group.resource.as_str())
    }
}

impl Group {
    /// What a search parameter looks at.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.search_definitions.get(&format!(":{name}"))
    }

    /// The parameter of the first search whose values are the group's own (a code, a category, an intent), when the
    /// resources of the group are found by it.
    pub fn fixed_parameter(&self) -> Option<&str> {
        if self.is_delayed || self.resource == "Patient" {
            return None;
        }
        let names = &self.searches.first()?.names;
        names.iter().find(|name| *name != "patient").map(String::as_str)
    }

    /// True when its resources are found by patient.
    pub fn is_by_patient(&self) -> bool {
        self.definition("patient").is_some() || self.resource == "Patient"
    }
}

impl Definition {
    /// The values that the group's resources may have.
    pub fn values(&self) -> Vec<String> {
        self.values.iter().map(text).collect()
    }

    /// The comparators that a server SHALL have.
    pub fn required_comparators(&self) -> impl Iterator<Item = &str> {
        let required = self.comparators.iter().filter(|(_, expectation)| *expectation == "SHALL");
        required.map(|(name, _)| name.trim_start_matches(':'))
    }

    /// True for codes and codings.
    pub fn is_token(&self) -> bool {
        ["CodeableConcept", "Coding", "Identifier"].contains(&self.kind.as_str())
    }
}

impl Element {
    /// The value that the element must have.
    pub fn fixed_value(&self) -> Option<String> {
        self.fixed_value.as_ref().map(text)
    }
}

impl DiscriminatorValue {
    /// The value at the path.
    pub fn value(&self) -> Option<String> {
        self.value.as_ref().map(text)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        _ => String::new(),
    }
}
