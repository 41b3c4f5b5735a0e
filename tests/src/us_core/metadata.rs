//! What US Core demands of a server, by profile: the lists that Inferno's US Core test kit makes of each version of the guide.

use crate::harness::shared_data::archive;
use serde_json::Value;

/// A version of the guide.
pub struct Guide {
    /// What is demanded of each profile.
    pub groups: Vec<Group>,
}

/// What is demanded of a profile.
pub struct Group {
    /// Its name, such as `us_core_condition_encounter_diagnosis`.
    pub name: String,
    /// The resource type.
    pub resource: String,
    /// The profile's canonical.
    pub profile: String,
    /// True when its resources are found by references alone, and not by a patient.
    pub is_delayed: bool,
    /// Interactions with how much they are demanded.
    pub interactions: Vec<(String, Expectation)>,
    /// Searches by several parameters together.
    pub searches: Vec<Search>,
    /// `_include` and `_revinclude`.
    pub includes: Vec<String>,
    /// Whatever refers to what is found.
    pub reverse_includes: Vec<String>,
    /// What must be seen somewhere in the data, as it stands in the list.
    pub must_supports: Value,
    definitions: Value,
}

/// How much something is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expectation {
    Shall,
    Should,
    May,
}

/// Parameters that are asked together.
pub struct Search {
    pub names: Vec<String>,
    pub expectation: Expectation,
}

/// What is known of a search parameter.
pub struct Parameter {
    /// Where in the resource its values stand.
    pub paths: Vec<String>,
    /// The type of the values there.
    pub kind: String,
    /// The values that a server must know; none: any.
    pub values: Vec<String>,
    /// Comparators that are demanded.
    pub comparators: Vec<String>,
    /// Whether several values, with commas, are demanded.
    pub is_multiple_or: bool,
}

impl Guide {
    /// Reads the lists of a version; `None` when they are not at hand.
    pub fn read(scenario: &str, version: &str) -> Option<Self> {
        let path = archive(scenario, "inferno-uscore-yardstick/uscore.tar.zst")?;
        let file = zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap();
        let wanted = format!("generated/{version}/metadata.yml");
        let found = crate::harness::shared_data::unpack(file, |path| path.ends_with(&wanted));
        let (_, text) = found.first().expect("the version is in the archive");
        let read: Value = serde_yaml_ng::from_str(text).unwrap();
        let groups = read[":groups"].as_array().unwrap().iter().map(Group::of).collect();
        Some(Self { groups })
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn expectation(value: &Value) -> Expectation {
    match value.as_str() {
        Some("SHALL") => Expectation::Shall,
        Some("SHOULD") => Expectation::Should,
        _ => Expectation::May,
    }
}

impl Group {
    fn of(value: &Value) -> Self {
        let interaction = |one: &Value| (text(one, ":code"), expectation(&one[":expectation"]));
        let search = |one: &Value| Search {
            names: texts(&one[":names"]),
            expectation: expectation(&one[":expectation"]),
        };
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        Self {
            name: text(value, ":name"),
            resource: text(value, ":resource"),
            profile: text(value, ":profile_url"),
            is_delayed: value[":is_delayed"].as_bool().unwrap_or_default(),
            interactions: list(":interactions").iter().map(interaction).collect(),
            searches: list(":searches").iter().map(search).collect(),
            includes: texts(&value[":include_params"]),
            reverse_includes: texts(&value[":revincludes"]),
            must_supports: value[":must_supports"].clone(),
            definitions: value[":search_definitions"].clone(),
        }
    }

    /// What is known of a search parameter.
    pub fn parameter(&self, name: &str) -> Parameter {
        let definition = &self.definitions[format!(":{name}")];
        let demanded = |(name, how): (&String, &Value)| {
            (how.as_str() == Some("SHALL")).then(|| name.trim_start_matches(':').to_owned())
        };
        Parameter {
            paths: texts(&definition[":paths"]),
            kind: text(definition, ":type"),
            values: texts(&definition[":values"]),
            comparators: definition[":comparators"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(demanded)
                .collect(),
            is_multiple_or: definition[":multiple_or"].as_str() == Some("SHALL"),
        }
    }
}
