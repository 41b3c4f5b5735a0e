//! The demands of a profile, asked one by one over HTTP.

use super::elements::{at, declares, name_of};
use super::metadata::{Expectation, Group, Guide, Search};
use super::report::Report;
use super::values::{Asked, compared, has, is_date, values};
use crate::harness::http::Client;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Met; not met, and why; or nothing to try it with.
type Met = Result<(), Option<String>>;

/// Resources of a profile that are looked at for reads and validation.
const LOOKED_AT: usize = 10;

/// A server that is asked.
pub struct Asking<'a> {
    pub client: Client,
    pub guide: &'a Guide,
    pub capabilities: Value,
    pub patients: Vec<String>,
    /// The version of the profiles that the server has, such as `6.1.0`; none: it has not these.
    pub profiles: Option<&'static str>,
    pub report: Report,
}

impl Asking<'_> {
    /// Asks for everything.
    pub fn all(&mut self) {
        let guide = self.guide;
        for group in &guide.groups {
            self.capability(group);
            let resources = self.resources(group);
            self.interactions(group, &resources);
            for search in &group.searches {
                self.search(group, search, &resources);
            }
            self.includes(group, &resources);
            self.must_supports(group, &resources);
            self.valid(group, &resources);
            self.references(group, &resources);
        }
    }

    fn note(&mut self, group: &Group, demand: &str, met: Met) {
        self.report.note(&group.name, demand, met);
    }

    /// What the server says of itself.
    fn capability(&mut self, group: &Group) {
        let declared = self.capabilities["rest"][0]["resource"].as_array().into_iter().flatten();
        let row = declared
            .into_iter()
            .find(|one| one["type"] == group.resource.as_str())
            .cloned()
            .unwrap_or_default();
        let codes = |list: &str, name: &str| -> BTreeSet<String> {
            row[list]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one[name].as_str().map(str::to_owned))
                .collect()
        };
        let (interactions, parameters) = (codes("interaction", "code"), codes("searchParam", "name"));
        for (code, _) in group.interactions.iter().filter(|(_, how)| *how != Expectation::May) {
            let met =
                interactions.contains(code).then_some(()).ok_or_else(|| Some("is not declared".to_owned()));
            self.note(group, &format!("declares {code}"), met);
        }
        let names: BTreeSet<&String> = group.searches.iter().flat_map(|search| &search.names).collect();
        for name in names {
            let is_declared = parameters.contains(name) || name == "_id";
            let met = is_declared.then_some(()).ok_or_else(|| Some("is not declared".to_owned()));
            self.note(group, &format!("declares the parameter {name}"), met);
        }
    }

    /// The resources of a group: those that say that they keep to its profile, or else all that its first search finds.
    fn resources(&mut self, group: &Group) -> Vec<Value> {
        let paths: Vec<String> = match (&*group.resource, group.is_delayed) {
            ("Patient", _) | (_, true) => vec![format!("/fhir/{}?_count=200", group.resource)],
            _ => {
                let with: Vec<String> = self.first_values(group);
                let one = |patient: &String| {
                    with.iter()
                        .map(|with| format!("/fhir/{}?patient={patient}{with}&_count=200", group.resource))
                        .collect::<Vec<_>>()
                };
                self.patients.iter().flat_map(one).collect()
            }
        };
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        for path in paths {
            for resource in self.found(&path).unwrap_or_default() {
                found.insert(name_of(&resource), resource);
            }
        }
        let all: Vec<Value> =
            found.into_values().filter(|one| one["resourceType"] == group.resource.as_str()).collect();
        let declared: Vec<Value> = all.iter().filter(|one| declares(one, &group.profile)).cloned().collect();
        if declared.is_empty() { all } else { declared }
    }

    /// What the first demanded search asks for besides the patient: each of the values that a server must know.
    fn first_values(&self, group: &Group) -> Vec<String> {
        let first = group
            .searches
            .iter()
            .find(|search| search.expectation == Expectation::Shall && search.names[0] == "patient");
        let Some(name) = first.and_then(|search| search.names.get(1)) else { return vec![String::new()] };
        match group.parameter(name).values.as_slice() {
            [] => vec![String::new()],
            values => values.iter().map(|value| format!("&{name}={}", encoded(value))).collect(),
        }
    }

    /// The matches of a search, of all its pages.
    fn found(&mut self, path: &str) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let answer = self.client.get(&path);
            if answer.status != 200 {
                return Err(format!("{path}: {} {}", answer.status, brief(&answer.text())));
            }
            let bundle = answer.json();
            found.extend(entries(&bundle));
            let links = bundle["link"].as_array().into_iter().flatten();
            let link = links
                .into_iter()
                .find(|link| link["relation"] == "next")
                .and_then(|link| link["url"].as_str());
            next = link.map(|url| url[url.find("/fhir").unwrap_or_default()..].to_owned());
        }
        Ok(found)
    }

    fn interactions(&mut self, group: &Group, resources: &[Value]) {
        let codes = group
            .interactions
            .iter()
            .filter(|(_, how)| *how != Expectation::May)
            .map(|(code, _)| code.as_str());
        for code in codes.filter(|code| ["read", "vread", "history-instance"].contains(code)) {
            let Some(resource) = resources.first() else {
                self.note(group, code, Err(None));
                continue;
            };
            let name = name_of(resource);
            let version = resource["meta"]["versionId"].as_str().unwrap_or_default();
            let path = match code {
                "read" => format!("/fhir/{name}"),
                "vread" => format!("/fhir/{name}/_history/{version}"),
                _ => format!("/fhir/{name}/_history"),
            };
            let answer = self.client.get(&path);
            let is_there = |one: &Value| name_of(one) == name;
            let is_right = answer.status == 200
                && (is_there(&answer.json()) || entries(&answer.json()).iter().any(is_there));
            let met = is_right.then_some(()).ok_or_else(|| Some(format!("{path}: {}", answer.status)));
            self.note(group, code, met);
        }
    }

    /// A search by several parameters: with values that one resource has together, in every form that is demanded.
    fn search(&mut self, group: &Group, search: &Search, resources: &[Value]) {
        let demand = format!("search by {}", search.names.join("+"));
        let known = |resource: &Value| -> Option<Vec<Asked>> {
            search
                .names
                .iter()
                .map(|name| values(&group.parameter(name), resource).into_iter().next())
                .collect()
        };
        let Some((resource, asked)) = resources.iter().find_map(|one| Some((one, known(one)?))) else {
            self.note(group, &demand, Err(None));
            return;
        };
        let short: Vec<(String, String)> =
            search.names.iter().cloned().zip(asked.iter().map(|one| one.short.clone())).collect();
        let met = self.finds(group, &short, resource);
        self.note(group, &demand, met);
        let by_post = self.finds_by_post(group, &short, resource);
        self.note(group, &format!("{demand} by POST"), by_post);
        for (at, (name, value)) in search.names.iter().zip(&asked).enumerate() {
            let parameter = group.parameter(name);
            let with = |value: String| {
                let mut pairs = short.clone();
                pairs[at].1 = value;
                pairs
            };
            if let Some(long) = &value.long {
                let met = self.finds(group, &with(long.clone()), resource);
                self.note(group, &format!("{demand} with {name} in full"), met);
            }
            for comparator in &parameter.comparators {
                if let Some(value) = compared(comparator, &value.short).filter(|_| is_date(&parameter)) {
                    let met = self.finds(group, &with(value), resource);
                    self.note(group, &format!("{demand} with {comparator} of {name}"), met);
                }
            }
            if parameter.is_multiple_or {
                let mut all: Vec<String> = parameter.values.clone();
                all.extend(resources.iter().flat_map(|one| values(&parameter, one)).map(|one| one.short));
                all.push(value.short.clone());
                let all: BTreeSet<String> = all.into_iter().collect();
                let joined = all.iter().take(8).chain([&value.short]).cloned().collect::<Vec<_>>().join(",");
                let met = self.finds(group, &with(joined), resource);
                self.note(group, &format!("{demand} with several of {name}"), met);
            }
        }
    }

    /// Whether a search finds a resource, and nothing that does not fit.
    fn finds(&mut self, group: &Group, pairs: &[(String, String)], wanted: &Value) -> Met {
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let path = format!("/fhir/{}?{}", group.resource, query.join("&"));
        let found = self.found(&path)?;
        check(group, pairs, &found, wanted).map_err(|why| Some(format!("{path}: {why}")))
    }

    fn finds_by_post(&mut self, group: &Group, pairs: &[(String, String)], wanted: &Value) -> Met {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.iter().chain([&("_count".to_owned(), "200".to_owned())]))
            .finish();
        let path = format!("/fhir/{}/_search", group.resource);
        let answer = self.client.send(
            "POST",
            &path,
            &[("content-type", "application/x-www-form-urlencoded")],
            body.as_bytes(),
        );
        if answer.status != 200 {
            return Err(Some(format!("{path}: {}", answer.status)));
        }
        check(group, pairs, &entries(&answer.json()), wanted)
            .map_err(|why| Some(format!("{path} {body}: {why}")))
    }

    /// What refers to what is found, and what it refers to, comes along.
    fn includes(&mut self, group: &Group, resources: &[Value]) {
        for reverse in &group.reverse_includes {
            let (from, parameter) = reverse.split_once(':').unwrap();
            let mut met = Err(None);
            for resource in resources.iter().take(LOOKED_AT) {
                let name = name_of(resource);
                let refers = self.found(&format!("/fhir/{from}?{parameter}={name}")).unwrap_or_default();
                if let Some(first) = refers.first() {
                    let id = resource["id"].as_str().unwrap_or_default();
                    let path = format!("/fhir/{}?_id={id}&_revinclude={reverse}", group.resource);
                    met = self.brings(&path, &name_of(first));
                    break;
                }
            }
            self.note(group, &format!("_revinclude {reverse}"), met);
        }
        for include in &group.includes {
            let parameter = include.split(':').nth(1).unwrap_or_default();
            let refers = |one: &&Value| {
                let found = at(one, &format!("{parameter}Reference.reference"))
                    .into_iter()
                    .chain(at(one, &format!("{parameter}.reference")));
                found
                    .into_iter()
                    .filter_map(Value::as_str)
                    .any(|to| is_local(to) && include.split(':').nth(2).is_none_or(|of| to.starts_with(of)))
            };
            let met = match resources.iter().find(refers) {
                None => Err(None),
                Some(resource) => {
                    let name = format!("{parameter}Reference.reference");
                    let of = include.split(':').nth(2).unwrap_or_default();
                    let to = at(resource, &name)
                        .into_iter()
                        .chain(at(resource, &format!("{parameter}.reference")));
                    let to = to
                        .into_iter()
                        .filter_map(Value::as_str)
                        .find(|to| is_local(to) && to.starts_with(of))
                        .unwrap_or_default()
                        .to_owned();
                    let id = resource["id"].as_str().unwrap_or_default();
                    self.brings(&format!("/fhir/{}?_id={id}&_include={include}", group.resource), &to)
                }
            };
            self.note(group, &format!("_include {include}"), met);
        }
    }

    fn brings(&mut self, path: &str, wanted: &str) -> Met {
        let found = self.found(path)?;
        let is_there = found.iter().any(|one| name_of(one) == wanted);
        is_there.then_some(()).ok_or_else(|| Some(format!("{path}: {wanted} does not come along")))
    }

    /// Everything that must be supported is seen somewhere in the data. What is not seen is for lack of data: the server gives back
    /// what it was given.
    fn must_supports(&mut self, group: &Group, resources: &[Value]) {
        let list = |name: &str| group.must_supports[name].as_array().cloned().unwrap_or_default();
        let seen = |path: &str| resources.iter().any(|one| !at(one, path).is_empty());
        for element in list(":elements") {
            let path = element[":path"].as_str().unwrap_or_default().to_owned();
            let fixed = &element[":fixed_value"];
            let is_seen = match fixed {
                Value::Null => seen(&path),
                fixed => resources.iter().any(|one| at(one, &path).contains(&fixed)),
            };
            self.note(group, &format!("has {path}"), is_seen.then_some(()).ok_or(None));
        }
        for extension in list(":extensions") {
            let url = extension[":url"].as_str().unwrap_or_default().to_owned();
            let is_seen = resources.iter().any(|one| one.to_string().contains(&format!("\"url\":\"{url}\"")));
            self.note(group, &format!("has the extension {url}"), is_seen.then_some(()).ok_or(None));
        }
    }

    /// Resources are valid against the profile, as the server says when it is asked.
    fn valid(&mut self, group: &Group, resources: &[Value]) {
        let Some(version) = self.profiles else { return };
        for resource in resources.iter().filter(|one| declares(one, &group.profile)).take(LOOKED_AT) {
            let path = format!("/fhir/{}/$validate?profile={}|{version}", group.resource, group.profile);
            let answer = self.client.post(&path, resource);
            let issues = answer.json();
            let errors = issues["issue"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| one["severity"] == "error" || one["severity"] == "fatal");
            let errors: Vec<String> =
                errors.map(|one| format!("{} {}", one["diagnostics"], one["details"]["text"])).collect();
            let is_valid = answer.status == 200 && errors.is_empty();
            let met = is_valid
                .then_some(())
                .ok_or_else(|| Some(format!("{}: {} {errors:?}", name_of(resource), answer.status)));
            self.note(group, "is valid", met);
        }
    }

    /// References to be supported lead to something.
    fn references(&mut self, group: &Group, resources: &[Value]) {
        let elements = group.must_supports[":elements"].as_array().cloned().unwrap_or_default();
        for element in elements.iter().filter(|one| one[":types"].to_string().contains("Reference")) {
            let path = element[":path"].as_str().unwrap_or_default();
            let all: BTreeSet<String> = resources
                .iter()
                .flat_map(|one| at(one, &format!("{path}.reference")))
                .filter_map(Value::as_str)
                .filter(|to| is_local(to))
                .map(str::to_owned)
                .collect();
            let mut met = Err(None);
            for to in all.iter().take(LOOKED_AT) {
                met = match self.client.get(&format!("/fhir/{to}")).status {
                    200 => Ok(()),
                    // The examples refer to some that are not among them.
                    404 => continue,
                    status => Err(Some(format!("{to}: {status}"))),
                };
                break;
            }
            self.note(group, &format!("{path} leads to a resource"), met);
        }
    }
}

/// A reference that leads to this server.
fn is_local(reference: &str) -> bool {
    reference.contains('/') && !reference.contains(':')
}

/// The resources of a bundle.
fn entries(bundle: &Value) -> Vec<Value> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.map(|entry| entry["resource"].clone()).filter(|one| !one.is_null()).collect()
}

fn check(group: &Group, pairs: &[(String, String)], found: &[Value], wanted: &Value) -> Result<(), String> {
    let name = name_of(wanted);
    if !found.iter().any(|one| name_of(one) == name) {
        return Err(format!("{name} is not among {} found", found.len()));
    }
    for (parameter, value) in pairs {
        let known = group.parameter(parameter);
        let fits = |one: &&Value| value.split(',').any(|value| has(&known, one, value));
        if let Some(wrong) = found.iter().find(|one| !fits(one)) {
            return Err(format!("{} does not fit {parameter}={value}", name_of(wrong)));
        }
    }
    Ok(())
}

fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

fn brief(text: &str) -> String {
    text.chars().take(200).collect()
}
