//! The entries of a bundle (FHIR: Bundle, section 2.36.4): their URLs, and what references find by them.

use crate::extension::is_absolute;
use crate::place::Place;
use crate::primitive::shown;
use crate::reference::restful;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::schema::{TypeId, schema};
use fhir::{Element, Node};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The entries of a bundle by `fullUrl`, and by `Type/id` where that ends in it.
#[derive(Default)]
pub(crate) struct FullUrls<'a> {
    entries: HashMap<Cow<'a, str>, (TypeId, Node<'a>)>,
}

impl<'a> FullUrls<'a> {
    pub fn of(bundle: Node<'a>) -> Self {
        let mut entries = HashMap::new();
        for entry in bundle.each_of("entry") {
            let Some(resource) = entry.get("resource") else { continue };
            let type_id = resource.get_str("resourceType").and_then(|name| schema().resource_named(&name));
            let (Some(type_id), Some(url)) = (type_id, entry.get_str("fullUrl")) else { continue };
            if let Some((type_name, _)) = restful(&url) {
                let id = url.rsplit('/').next().unwrap_or_default();
                entries.entry(Cow::Owned(format!("{type_name}/{id}"))).or_insert((type_id, resource));
            }
            entries.insert(url, (type_id, resource));
        }
        Self { entries }
    }

    /// The type of the entry whose UUID a relative reference names, as if it were an id.
    pub fn type_of_uuid(&self, reference: &str) -> Option<TypeId> {
        let (_, id) = reference.split_once('/')?;
        self.type_of(&format!("urn:uuid:{id}"))
    }

    /// The type of the entry of a URL.
    pub fn type_of(&self, url: &str) -> Option<TypeId> {
        self.entries.get(url).map(|(type_id, _)| *type_id)
    }

    /// The resource of the entry of a URL, also a relative one.
    pub fn resource(&self, url: &str) -> Option<Node<'a>> {
        let url = url.split("/_history/").next().unwrap_or(url);
        self.entries.get(url).map(|(_, resource)| *resource)
    }
}

/// The versions of the entries of a bundle, by `fullUrl`.
struct EntryVersions<'a>(HashMap<Cow<'a, str>, Vec<Option<Cow<'a, str>>>>);

impl<'a> EntryVersions<'a> {
    fn of(bundle: Node<'a>) -> Self {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for entry in bundle.each_of("entry") {
            let Some(url) = entry.get_str("fullUrl").filter(|url| is_absolute(url)) else { continue };
            let version = entry.at_path(&["resource", "meta", "versionId"]).and_then(Node::as_str);
            found.entry(url).or_default().push(version);
        }
        Self(found)
    }

    /// How many entries a reference means, which may name a version; an entry without one may be any.
    fn count(&self, reference: &str) -> usize {
        let (url, version) = match reference.split_once("/_history/") {
            Some((url, version)) => (url, Some(version)),
            None => (reference, None),
        };
        let versions = self.0.get(url).map_or(&[][..], Vec::as_slice);
        let is_meant = |own: &&Option<Cow<'_, str>>| match (own, version) {
            (Some(own), Some(version)) => own == version,
            _ => true,
        };
        versions.iter().filter(is_meant).count()
    }
}

/// What a Composition refers to must be in its document (FHIR: Documents, section 3.3.1): the elements, as paths.
const DOCUMENT_REFERENCES: [&str; 9] = [
    "subject",
    "encounter",
    "author",
    "attester.party",
    "custodian",
    "event.detail",
    "section.author",
    "section.focus",
    "section.entry",
];

/// The types of bundles whose entries need no `fullUrl`: what they are has no address yet, or is told by the request.
const WITHOUT_FULL_URL: [&str; 4] = ["transaction", "batch", "transaction-response", "batch-response"];

/// The relations of links that stand once (FHIR: Bundle, section 2.36.5; RFC 5005).
const LINKS_ONCE: [&str; 6] = ["self", "first", "previous", "prev", "next", "last"];

impl<'a> Walk<'a> {
    /// Entries say what they are, links stand once, and a document has what it refers to.
    pub(crate) fn bundle(&mut self, bundle: Element<'a>, place: &Place<'_>) {
        let Some(node) = bundle.value else { return };
        let kind = node.get_str("type").unwrap_or_default();
        if !WITHOUT_FULL_URL.contains(&&*kind) {
            for (index, entry) in node.each_of("entry").enumerate() {
                self.identified_entry(entry, &place.child("entry").item(index));
            }
        }
        let mut seen = HashSet::new();
        for (index, link) in node.each_of("link").enumerate() {
            let Some(relation) = link.get_str("relation").filter(|one| LINKS_ONCE.contains(&&**one)) else {
                continue;
            };
            if !seen.insert(relation.clone()) {
                let message = format!("there is a link {} before; keep one of the two", quoted(&relation));
                self.report(&place.child("link").item(index), link, rule::BUNDLE, message);
            }
        }
        if kind == "document" {
            self.document(node, place);
        }
    }

    /// An entry has its URL, and where that is one of a server its resource has an id.
    fn identified_entry(&mut self, entry: Node<'a>, place: &Place<'_>) {
        let Some(resource) = entry.get("resource") else { return };
        // What a search has to say about itself is nowhere else.
        if entry.at_path(&["search", "mode"]).and_then(Node::as_str).as_deref() == Some("outcome") {
            return;
        }
        let Some(url) = entry.get_str("fullUrl") else {
            let message = "has no fullUrl; write the address of the resource or urn:uuid:…";
            return self.report(place, entry, rule::FULL_URL, message);
        };
        let type_name = resource.get_str("resourceType").unwrap_or_default();
        let is_restful =
            url.starts_with("http") && restful(&url).is_some_and(|(found, _)| found == type_name);
        if is_restful && resource.get("id").is_none() {
            let message = format!("{} is the address of a resource with an id; give it the id", quoted(&url));
            self.report(&place.child("resource"), resource, rule::FULL_URL, message);
        }
    }

    /// The references of a document's Composition are each to one entry of the document.
    fn document(&mut self, bundle: Node<'a>, place: &Place<'_>) {
        let Some(first) = bundle.each_of("entry").next() else { return };
        let Some(composition) = first.get("resource").and_then(Element::resource_at) else { return };
        let base = first.get_str("fullUrl").unwrap_or_default();
        let base = restful(&base)
            .and_then(|(type_name, _)| base.split(&format!("/{type_name}/")).next().map(str::to_owned));
        let place = place.child("entry").item(0);
        let place = place.child("resource");
        let entries = EntryVersions::of(bundle);
        for path in DOCUMENT_REFERENCES {
            let found = path.split('.').fold(vec![composition], |found, name| {
                found.iter().flat_map(|one| one.children_named(name)).collect()
            });
            for node in found.iter().filter_map(|one| one.value) {
                let Some(text) = node.get_str("reference").filter(|text| !text.starts_with('#')) else {
                    continue;
                };
                // A relative reference means an address only beside that of the Composition.
                let whole = match &base {
                    _ if is_absolute(&text) => text.clone(),
                    Some(base) => Cow::Owned(format!("{base}/{text}")),
                    None => text.clone(),
                };
                let message = match entries.count(&whole) {
                    1 => continue,
                    0 => format!("refers to {}, which is not in the document; add it", quoted(&text)),
                    count => {
                        format!("refers to {}, which {count} entries are; name the version", quoted(&text))
                    }
                };
                self.report(&place, node, rule::DOCUMENT, message);
            }
        }
    }

    /// The `fullUrl` is absolute, and where it ends in a type and an id they are the resource's.
    pub(crate) fn bundle_entry(&mut self, entry: Node<'a>, place: &Place<'_>) {
        let Some(url) = entry.get("fullUrl") else { return };
        let Some(text) = url.as_str().filter(|text| !text.is_empty()) else { return };
        let inner = place.child("fullUrl");
        if !is_absolute(&text) {
            let message =
                format!("{} is not absolute; write the server's base before it or urn:uuid:…", shown(url));
            return self.report(&inner, url, rule::FULL_URL, message);
        }
        let Some(resource) = entry.get("resource") else { return };
        let (Some(type_name), Some(id)) = (resource.get_str("resourceType"), resource.get_str("id")) else {
            return;
        };
        let Some((url_type, _)) = restful(&text).filter(|_| text.starts_with("http")) else { return };
        let url_id = text.rsplit('/').next().unwrap_or_default();
        if schema().resource_named(url_type).is_some() && (url_type != type_name || url_id != id) {
            let own = quoted(&format!("{type_name}/{id}"));
            let message =
                format!("{} does not end in {own}, which the resource is; make them agree", shown(url));
            self.report(&inner, url, rule::FULL_URL, message);
        }
    }
}
