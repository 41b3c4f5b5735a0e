//! Bundles written as text: resources go in as the JSON they are, nothing is read anew.

use fhir::value::write_string;
use fhir::{Object, Value};

/// A Bundle in the making.
pub(crate) struct BundleWriter {
    text: String,
    entries: usize,
}

/// A link of a Bundle: relation and URL.
pub(crate) type Link = (&'static str, String);

/// What a Bundle's entry is made of. Empty texts are left out.
#[derive(Default)]
pub(crate) struct BundleEntry<'a> {
    pub full_url: &'a str,
    /// The resource's JSON.
    pub resource: &'a str,
    /// `search.mode`.
    pub mode: &'a str,
    pub request: Option<Value>,
    pub response: Option<Value>,
}

impl BundleWriter {
    /// Begins a Bundle of a type at a moment (an instant).
    pub fn new(kind: &str, timestamp: &str, total: Option<u64>, links: &[Link]) -> Self {
        let mut head = Object::new();
        head.set("resourceType", "Bundle");
        head.set("type", kind);
        head.set("timestamp", timestamp);
        if let Some(total) = total {
            head.set("total", i64::try_from(total).unwrap_or(i64::MAX));
        }
        if !links.is_empty() {
            let link =
                |(relation, url): &Link| fhir::object! { "relation" => *relation, "url" => url.as_str() };
            head.set("link", links.iter().map(link).collect::<Vec<_>>());
        }
        let mut text = Value::Object(head).to_json();
        text.pop();
        Self { text, entries: 0 }
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &BundleEntry<'_>) {
        self.text.push_str(if self.entries == 0 { ",\"entry\":[" } else { "," });
        self.entries += 1;
        let mut separator = '{';
        let mut member = |text: &mut String, name: &str| {
            text.push(separator);
            separator = ',';
            write_string(text, name);
            text.push(':');
        };
        if !entry.full_url.is_empty() {
            member(&mut self.text, "fullUrl");
            write_string(&mut self.text, entry.full_url);
        }
        if !entry.resource.is_empty() {
            member(&mut self.text, "resource");
            self.text.push_str(entry.resource);
        }
        if !entry.mode.is_empty() {
            member(&mut self.text, "search");
            self.text.push_str("{\"mode\":");
            write_string(&mut self.text, entry.mode);
            self.text.push('}');
        }
        for (name, value) in [("request", &entry.request), ("response", &entry.response)] {
            if let Some(value) = value {
                member(&mut self.text, name);
                self.text.push_str(&value.to_json());
            }
        }
        if separator == '{' {
            self.text.push('{');
        }
        self.text.push('}');
    }

    /// The Bundle's JSON.
    pub fn finish(mut self) -> String {
        if self.entries > 0 {
            self.text.push(']');
        }
        self.text.push('}');
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::Document;

    #[test]
    fn a_bundle_is_json_with_its_resources_as_they_were() {
        let links = [("self", "http://x/Patient?name=\"a\"".to_owned())];
        let mut bundle = BundleWriter::new("searchset", "2020-01-01T00:00:00.000Z", Some(2), &links);
        let resource = "{\"resourceType\":\"Patient\",  \"id\":\"1\"}";
        bundle.push(&BundleEntry {
            full_url: "http://x/Patient/1",
            resource,
            mode: "match",
            ..BundleEntry::default()
        });
        bundle.push(&BundleEntry {
            response: Some(fhir::object! { "status" => "204" }),
            ..BundleEntry::default()
        });
        let text = bundle.finish();
        assert!(text.contains(resource));
        let document = Document::parse(text).expect("it is JSON");
        let entries: Vec<_> = document.root().each_of("entry").collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries[0].at_path(&["search", "mode"]).and_then(fhir::Node::as_str).as_deref(),
            Some("match")
        );
        assert_eq!(document.root().get("total").and_then(fhir::Node::as_number), Some("2"));
    }

    #[test]
    fn a_bundle_without_entries_has_none() {
        let text = BundleWriter::new("batch-response", "2020-01-01T00:00:00.000Z", None, &[]).finish();
        assert_eq!(
            text,
            "{\"resourceType\":\"Bundle\",\"type\":\"batch-response\",\"timestamp\":\"2020-01-01T00:00:00.000Z\"}"
        );
    }
}
