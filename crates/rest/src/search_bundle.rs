//! What a search found, as a Bundle (R4 search §3.1.1.7 ff.).

use crate::bundle_writer::{BundleEntry, BundleWriter, Link};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation_outcome::{Issue, operation_outcome};
use crate::parameters::Parameters;
use crate::service::Service;
use crate::subset::Subset;
use record::Resource;
use record::resource::instant;
use record::session::Found;
use search::parse::{Request, Summary};

/// The parameter of the links to further pages.
pub(crate) const CURSOR: &str = "_cursor";

/// The searchset of what was found at a URL (without parameters).
pub(crate) fn search_bundle(
    call: &Call,
    url: &str,
    request: &Request,
    found: &Found,
) -> Result<String, Failure> {
    let service = &call.service;
    let kept = call.linked(Parameters(request.kept.clone()));
    let links = links(url, &kept, request.query.cursor.as_deref(), found.next.as_deref());
    let total = found.total.or_else(|| counted(request, found));
    let subset = Subset::of_search(request);
    let timestamp = instant(service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new("searchset", &timestamp, total, &links);
    if request.summary != Summary::Count {
        push_all(&mut bundle, service, &found.matches, "match", &subset)?;
        push_all(&mut bundle, service, &found.included, "include", &Subset::Whole)?;
    }
    if !request.dropped.is_empty() {
        let issues: Vec<_> = request.dropped.iter().map(|error| Issue::of_search("warning", error)).collect();
        let resource = operation_outcome(&issues);
        bundle.push(&BundleEntry { resource: &resource, mode: "outcome", ..BundleEntry::default() });
    }
    Ok(bundle.finish())
}

/// Adds resources with their URLs.
pub(crate) fn push_all(
    bundle: &mut BundleWriter,
    service: &Service,
    resources: &[Resource],
    mode: &str,
    subset: &Subset,
) -> Result<(), Failure> {
    for resource in resources {
        let full_url = format!("{}/{}", service.base_url, resource.key());
        let json = subset.of(resource)?;
        bundle.push(&BundleEntry { full_url: &full_url, resource: &json, mode, ..BundleEntry::default() });
    }
    Ok(())
}

/// The links of a page: what was asked, where it begins, where it goes on.
pub(crate) fn links(url: &str, kept: &Parameters, cursor: Option<&str>, next: Option<&str>) -> Vec<Link> {
    let at = |cursor: Option<&str>| {
        let mut parameters = kept.clone();
        parameters.0.extend(cursor.map(|cursor| (CURSOR.to_owned(), cursor.to_owned())));
        parameters.behind(url)
    };
    let mut links = vec![("self", at(cursor))];
    if cursor.is_some() || next.is_some() {
        links.push(("first", at(None)));
    }
    links.extend(next.map(|next| ("next", at(Some(next)))));
    links
}

/// When everything is on one page, its matches are the total.
fn counted(request: &Request, found: &Found) -> Option<u64> {
    let is_all = request.query.cursor.is_none() && found.next.is_none() && request.query.count > 0;
    is_all.then_some(found.matches.len() as u64)
}
