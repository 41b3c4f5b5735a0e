//! A version without the elements that an actor's roles do not show (45 CFR 164.502(b), minimum necessary).

use crate::body::splice;
use fhir::{Document, Limits, Node};
use std::sync::Arc;
use store::{Body, Version};

/// What marks an incomplete resource (R4 resource, `SUBSETTED`): it must not be written back.
const SUBSETTED: &str =
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

/// The version without elements at the top of the resource, and marked as incomplete when it had one of them.
pub(crate) fn without(version: Version, names: &[String]) -> Version {
    let Ok(Some(document)) = version.document() else { return version };
    let root = document.root();
    let is_hidden = |name: &str| names.iter().any(|hidden| hidden == name.trim_start_matches('_'));
    let hidden: Vec<String> =
        root.members().map(|(name, _)| name.into_owned()).filter(|name| is_hidden(name)).collect();
    if hidden.is_empty() {
        return version;
    }
    let kept: Vec<String> = root
        .members()
        .filter(|(name, _)| !is_hidden(name) && name != "meta")
        .map(|(name, value)| format!("\"{name}\":{}", value.raw()))
        .collect();
    let mut members = kept;
    let place = members.iter().position(|member| member.starts_with("\"id\"")).map_or(0, |place| place + 1);
    members.insert(place, format!("\"meta\":{}", marked(root)));
    let text = format!("{{{}}}", members.join(","));
    let shown = Document::parse_with(text, Limits::UNBOUNDED).expect("members of a resource make a resource");
    let splice = splice(&shown);
    Version { body: Some(Arc::new(Body::new(shown.shared_text()))), splice, ..version }
}

/// `meta` with the mark among its tags.
fn marked(root: Node<'_>) -> String {
    let Some(meta) = root.get("meta") else { return format!("{{\"tag\":[{SUBSETTED}]}}") };
    let others = meta
        .members()
        .filter(|(name, _)| name != "tag")
        .map(|(name, value)| format!("\"{name}\":{},", value.raw()));
    let tags: Vec<&str> = meta.each_of("tag").map(Node::raw).chain([SUBSETTED]).collect();
    format!("{{{}\"tag\":[{}]}}", others.collect::<String>(), tags.join(","))
}
