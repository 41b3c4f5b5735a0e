//! A resource on its way into the store: the bytes as sent, less what the server sets, with references rewritten.

use fhir::schema::TypeId;
use fhir::{Document, Element, Limits, Node};
use std::ops::Range;
use store::version::{Splice, SpliceForm};

/// Puts something else in the place of a reference, or leaves it (`None`).
pub(crate) type Rewrite<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The body of a resource: with its id, without `meta.versionId` and `meta.lastUpdated`. All other bytes stay.
pub(crate) fn prepare(resource: Node<'_>, id: &str, rewrite: Option<&Rewrite<'_>>) -> Document {
    let mut edits = Edits::default();
    edit_id(&mut edits, resource, id);
    if let Some(meta) = resource.get("meta") {
        edit_meta(&mut edits, resource, meta);
    }
    if let (Some(rewrite), Some(element)) = (rewrite, Element::resource_at(resource)) {
        edit_references(&mut edits, element, rewrite);
    }
    let text = edits.apply(resource);
    Document::parse_with(text, Limits::UNBOUNDED).expect("edits keep a document well-formed")
}

/// Where `versionId` and `lastUpdated` go in a prepared body.
pub(crate) fn splice(body: &Document) -> Splice {
    let root = body.root();
    let meta = root.get("meta").filter(|meta| meta.kind() == fhir::Kind::Object);
    let (at, form) = match meta {
        Some(meta) if meta.members().next().is_none() => (meta.range().start + 1, SpliceForm::EmptyMeta),
        Some(meta) => (meta.range().start + 1, SpliceForm::Meta),
        None => (root.member_range("id").expect("a body has an id").end, SpliceForm::NoMeta),
    };
    Splice { at: u32::try_from(at).expect("a document has 32-bit offsets"), form }
}

fn edit_id(edits: &mut Edits, resource: Node<'_>, id: &str) {
    match resource.get("id") {
        Some(node) if node.as_str().as_deref() == Some(id) => {}
        Some(node) => edits.replace(node.range(), format!("\"{id}\"")),
        None => {
            let end = resource.member_range("resourceType").expect("a resource has a type").end;
            edits.replace(end..end, format!(",\"id\":\"{id}\""));
        }
    }
}

const SET_BY_SERVER: [&str; 2] = ["versionId", "lastUpdated"];

fn edit_meta(edits: &mut Edits, resource: Node<'_>, meta: Node<'_>) {
    if !SET_BY_SERVER.iter().any(|name| meta.get(name).is_some()) {
        return;
    }
    let is_kept = |name: &str| !SET_BY_SERVER.contains(&name.trim_start_matches('_'));
    let kept: Vec<_> = meta.members().filter(|(name, _)| is_kept(name)).collect();
    if kept.is_empty() {
        edits.remove_member(resource, "meta");
        return;
    }
    let text = meta.document().text();
    let members = kept.iter().filter_map(|(name, _)| Some(&text[meta.member_range(name)?]));
    edits.replace(meta.range(), format!("{{{}}}", members.collect::<Vec<_>>().join(",")));
}

/// The types whose values are URLs that a transaction rewrites (R4 http 2.21.0.17.2), beside `Reference.reference`.
const URL_TYPES: [&str; 4] = ["uri", "url", "oid", "uuid"];

fn edit_references(edits: &mut Edits, element: Element<'_>, rewrite: &Rewrite<'_>) {
    for (name, child) in element.children() {
        if !child.type_id.is_primitive() {
            edit_references(edits, child, rewrite);
            continue;
        }
        let Some(value) = child.value else { continue };
        if name == "div" && child.type_name() == "xhtml" {
            edit_narrative(edits, value, rewrite);
        } else if is_url(element.type_id, name, child.type_id)
            && let Some(replacement) = value.as_str().and_then(|text| rewrite(&text))
        {
            edits.replace(value.range(), quoted(&replacement));
        }
    }
}

fn is_url(parent: TypeId, name: &str, type_id: TypeId) -> bool {
    (name == "reference" && parent.name() == "Reference") || URL_TYPES.contains(&type_id.name())
}

/// Links and images in the narrative: `href="…"`, `src="…"`.
fn edit_narrative(edits: &mut Edits, div: Node<'_>, rewrite: &Rewrite<'_>) {
    let Some(text) = div.as_str() else { return };
    let mut changed = String::new();
    let mut rest = &*text;
    while let Some(at) =
        ["href=\"", "src=\""].iter().filter_map(|tag| Some(rest.find(tag)? + tag.len())).min()
    {
        let end = rest[at..].find('"').map_or(rest.len(), |end| at + end);
        changed.push_str(&rest[..at]);
        changed.push_str(rewrite(&rest[at..end]).as_deref().unwrap_or(&rest[at..end]));
        rest = &rest[end..];
    }
    changed.push_str(rest);
    if changed != *text {
        edits.replace(div.range(), quoted(&changed));
    }
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    fhir::value::write_string(&mut json, text);
    json
}

/// Replacements of parts of a text, applied together.
#[derive(Default)]
struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    fn replace(&mut self, range: Range<usize>, text: String) {
        self.0.push((range, text));
    }

    /// Removes a member with the comma that goes with it.
    fn remove_member(&mut self, object: Node<'_>, name: &str) {
        let Some(mut range) = object.member_range(name) else { return };
        let text = object.document().text();
        let behind = text[range.end..].trim_start();
        if behind.starts_with(',') {
            range.end = text.len() - behind.len() + 1;
        } else {
            let before = text[..range.start].trim_end();
            range.start = before.len() - usize::from(before.ends_with(','));
        }
        self.replace(range, String::new());
    }

    fn apply(mut self, resource: Node<'_>) -> String {
        let source = resource.document().text();
        let whole = resource.range();
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(whole.len() + 64);
        let mut at = whole.start;
        for (range, replacement) in self.0 {
            text.push_str(&source[at..range.start]);
            text.push_str(&replacement);
            at = range.end;
        }
        text.push_str(&source[at..whole.end]);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(json: &str, id: &str) -> String {
        let document = Document::parse(json).unwrap();
        let rewrite = |text: &str| (text == "urn:uuid:1").then(|| "Patient/p".to_owned());
        prepare(document.root(), id, Some(&rewrite)).text().to_owned()
    }

    #[test]
    fn bytes_stay_when_nothing_changes() {
        let json =
            "{ \"resourceType\" : \"Patient\",\n \"id\":\"a\", \"meta\":{\"tag\":[]} , \"active\":true }";
        assert_eq!(prepared(json, "a"), json);
    }

    #[test]
    fn what_the_server_sets_is_taken_out() {
        assert_eq!(
            prepared(
                r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"7","lastUpdated":"2020"},"active":true}"#,
                "a"
            ),
            r#"{"resourceType":"Patient","id":"a","active":true}"#
        );
        assert_eq!(
            prepared(r#"{"resourceType":"Patient","meta":{"versionId":"7","source":"s"}, "id":"a"}"#, "b"),
            r#"{"resourceType":"Patient","meta":{"source":"s"}, "id":"b"}"#
        );
        assert_eq!(
            prepared(r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"7"}}"#, "a"),
            r#"{"resourceType":"Patient","id":"a"}"#
        );
    }

    #[test]
    fn references_and_links_are_rewritten_and_identifiers_are_not() {
        let json = r#"{"resourceType":"Observation","identifier":[{"value":"urn:uuid:1"}],"subject":{"reference":"urn:uuid:1"},
"text":{"div":"<div><a href=\"urn:uuid:1\">x</a></div>"}}"#;
        let text = prepared(json, "o");
        assert!(text.contains(r#""value":"urn:uuid:1""#) && text.contains(r#""reference":"Patient/p""#));
        assert!(text.contains(r#"<a href=\"Patient/p\">"#) && text.contains(r#""Observation","id":"o","#));
    }
}
