//! What a resource refers to: by references anywhere in it, and by the URLs of its attachments.

use fhir::schema::schema;
use fhir::{Document, Kind, Node};
use std::collections::BTreeSet;
use store::ResourceKey;

/// The resources of this server that a document refers to. `base_url`: absolute references to it are local.
pub fn linked(document: &Document, base_url: &str) -> BTreeSet<ResourceKey> {
    let mut found = BTreeSet::new();
    visit(document.root(), &mut |name, text| {
        let key = local_key(text, base_url);
        // The URL of an attachment leads to a Binary; other URLs are names.
        found.extend(key.filter(|key| name == "reference" || key.type_id.name() == "Binary"));
    });
    found
}

/// Calls for every `reference` and `url` of a tree, with its name.
fn visit(node: Node<'_>, found: &mut dyn FnMut(&str, &str)) {
    match node.kind() {
        Kind::Object => {
            for (name, value) in node.members() {
                match value.as_str() {
                    Some(text) if name == "reference" || name == "url" => found(&name, &text),
                    Some(_) => {}
                    None => visit(value, found),
                }
            }
        }
        Kind::Array => node.items().for_each(|item| visit(item, found)),
        _ => {}
    }
}

/// The resource of this server that a reference leads to.
pub fn local_key(reference: &str, base_url: &str) -> Option<ResourceKey> {
    let relative = reference.strip_prefix(base_url).map_or(reference, |rest| rest.trim_start_matches('/'));
    let mut parts = relative.split('/');
    let type_id = schema().resource_named(parts.next()?)?;
    crate::bundle::key(type_id, parts.next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_this_server_are_followed() {
        let key = |text| local_key(text, "http://a/fhir").map(|key| key.to_string());
        assert_eq!(key("Practitioner/1").as_deref(), Some("Practitioner/1"));
        assert_eq!(key("http://a/fhir/Practitioner/1/_history/2").as_deref(), Some("Practitioner/1"));
        assert_eq!(key("http://b/fhir/Practitioner/1"), None);
        assert_eq!(key("#contained"), None);
        assert_eq!(key("urn:uuid:1"), None);
    }

    #[test]
    fn attachments_lead_to_their_files() {
        let json = r#"{"resourceType":"DocumentReference","url":"Patient/1","author":[{"reference":"Practitioner/a"}],
            "content":[{"attachment":{"url":"Binary/b"}},{"attachment":{"url":"http://a/fhir/Binary/c"}}]}"#;
        let found = linked(&Document::parse(json).unwrap(), "http://a/fhir");
        let names: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["Binary/b", "Binary/c", "Practitioner/a"]);
    }
}
