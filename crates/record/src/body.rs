//! A resource on its way into the store: the bytes as sent, less what the server sets, with references rewritten.

use fhir::schema::TypeId;
use fhir::{Document, Element, Limits, Node};
use std::cmp::Reverse;
use std::ops::Range;
use store::version::Splice;

/// Puts something else in the place of a link, or leaves it (`None`).
pub(crate) type Rewrite<'a> = dyn Fn(&str, LinkKind) -> Option<String> + 'a;

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// `Reference.reference`.
    Reference,
    /// An element of a URL's type, or a link in the narrative.
    Url,
}

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
    Splice::of(body).expect("a body has an id")
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
    let members = meta.members().map(|(name, _)| (is_kept(&name), meta.member_range(&name)));
    let kept: Vec<_> = members.filter_map(|(is_kept, range)| range.filter(|_| is_kept)).collect();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        edits.remove_member(resource, "meta");
        return;
    };
    // Only what lies between the kept members is touched: links in them are edits of their own.
    edits.replace(meta.range().start + 1..first.start, String::new());
    for pair in kept.windows(2) {
        edits.replace(pair[0].end..pair[1].start, ",".to_owned());
    }
    edits.replace(last.end..meta.range().end - 1, String::new());
}

/// The types whose values are URLs that a transaction rewrites (R4 http 2.21.0.17.2), beside `Reference.reference`.
const URL_TYPES: [&str; 4] = ["uri", "url", "oid", "uuid"];

fn edit_references(edits: &mut Edits, element: Element<'_>, rewrite: &Rewrite<'_>) {
    // A bundle is a world of its own: its entries refer to each other, not to entries of the bundle they came in.
    if element.type_name() == "Bundle" {
        return;
    }
    for (name, child) in element.children() {
        if !child.type_id.is_primitive() {
            edit_references(edits, child, rewrite);
            continue;
        }
        let Some(value) = child.value else { continue };
        if name == "div" && child.type_name() == "xhtml" {
            edit_narrative(edits, value, rewrite);
        } else if let Some(kind) = link_kind(element.type_id, name, child.type_id)
            && let Some(replacement) = value.as_str().and_then(|text| rewrite(&text, kind))
        {
            edits.replace(value.range(), quoted(&replacement));
        }
    }
}

fn link_kind(parent: TypeId, name: &str, type_id: TypeId) -> Option<LinkKind> {
    if name == "reference" && parent.name() == "Reference" {
        return Some(LinkKind::Reference);
    }
    URL_TYPES.contains(&type_id.name()).then_some(LinkKind::Url)
}

/// The beginnings of links and images in the narrative.
const NARRATIVE_LINKS: [&str; 4] = ["href=\"", "src=\"", "href='", "src='"];

/// Links and images in the narrative: `href="…"`, `src="…"`.
fn edit_narrative(edits: &mut Edits, div: Node<'_>, rewrite: &Rewrite<'_>) {
    let Some(text) = div.as_str() else { return };
    let mut changed = String::new();
    let mut rest = &*text;
    while let Some(at) = NARRATIVE_LINKS.iter().filter_map(|tag| Some(rest.find(tag)? + tag.len())).min() {
        let quote = &rest[at - 1..at];
        let end = rest[at..].find(quote).map_or(rest.len(), |end| at + end);
        let link = &rest[at..end];
        changed.push_str(&rest[..at]);
        changed.push_str(rewrite(link, LinkKind::Url).as_deref().unwrap_or(link));
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
pub(crate) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn replace(&mut self, range: Range<usize>, text: String) {
        self.0.push((range, text));
    }

    /// Removes a member with the comma that goes with it.
    pub fn remove_member(&mut self, object: Node<'_>, name: &str) {
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

    /// The text of a resource with all replacements done.
    pub fn apply(mut self, resource: Node<'_>) -> String {
        let source = resource.document().text();
        let whole = resource.range();
        self.0.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut text = String::with_capacity(whole.len() + 64);
        let mut at = whole.start;
        for (range, replacement) in self.0 {
            // What lies in a part that is replaced as a whole goes with it.
            if range.start < at {
                continue;
            }
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
        let rewrite = |text: &str, _| (text == "urn:uuid:1").then(|| "Patient/p".to_owned());
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
    fn links_in_what_is_taken_out_and_beside_it_do_no_harm() {
        let json = r#"{"resourceType":"Patient","id":"a","meta":{"tag":[], "versionId":"1","_lastUpdated":{"extension":[{"url":"urn:uuid:1"}]},"source":"urn:uuid:1" ,"lastUpdated":"2020"}}"#;
        let stripped = r#"{"resourceType":"Patient","id":"a","meta":{"tag":[],"source":"Patient/p"}}"#;
        assert_eq!(prepared(json, "a"), stripped);
        let only = r#"{"resourceType":"Patient","id":"a","meta":{"_lastUpdated":{"extension":[{"url":"urn:uuid:1"}]},"versionId":"1"}}"#;
        assert_eq!(prepared(only, "a"), r#"{"resourceType":"Patient","id":"a"}"#);
    }

    #[test]
    fn a_bundle_in_a_bundle_keeps_its_names() {
        let json =
            r#"{"resourceType":"Bundle","id":"b","type":"collection","entry":[{"fullUrl":"urn:uuid:1"}]}"#;
        assert_eq!(prepared(json, "b"), json);
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
