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
use std::collections::HashMap;

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

impl<'a> Walk<'a> {
    /// The references of a document's Composition are to entries of the document.
    pub(crate) fn document(&mut self, bundle: Node<'a>, place: &Place<'_>) {
        let is_document = bundle.get_str("type").as_deref() == Some("document");
        let Some(first) = bundle.each_of("entry").next().filter(|_| is_document) else { return };
        let Some(composition) = first.get("resource").and_then(Element::resource_at) else { return };
        let base = first.get_str("fullUrl").unwrap_or_default();
        let base = restful(&base)
            .and_then(|(type_name, _)| base.split(&format!("/{type_name}/")).next().map(str::to_owned));
        for path in DOCUMENT_REFERENCES {
            let found = path.split('.').fold(vec![composition], |found, name| {
                found.iter().flat_map(|one| one.children_named(name)).collect()
            });
            for node in found.iter().filter_map(|one| one.value) {
                let Some(text) = node.get_str("reference").filter(|text| !text.starts_with('#')) else {
                    continue;
                };
                let whole = match &base {
                    _ if is_absolute(&text) => text.clone(),
                    Some(base) => Cow::Owned(format!("{base}/{text}")),
                    None => text.clone(),
                };
                // A relative reference means an address only beside that of the Composition.
                let whole = whole.split("/_history/").next().unwrap_or(&whole);
                let is_there = is_absolute(whole) && self.full_urls.type_of(whole).is_some();
                if !is_there {
                    let message =
                        format!("refers to {}, which is not in the document; add it", quoted(&text));
                    let entry = place.child("entry").item(0);
                    self.report(&entry.child("resource"), node, rule::DOCUMENT, message);
                }
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
