//! The profiles that are compiled in; see the README beside the file.

use super::definition::Definition;
use super::plan::Profile;
use fhir::schema::TypeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use terminology::archive::{Archive, DefinitionKind};

static ARCHIVE: LazyLock<Archive> =
    LazyLock::new(|| Archive::new(include_bytes!("../../../../data/profiles/definitions.archive")));

/// What was asked for, made ready; `None` for what is not here.
static PROFILES: LazyLock<RwLock<ByCanonical>> = LazyLock::new(RwLock::default);

type ByCanonical = HashMap<Box<str>, Option<Arc<Profile>>>;

/// How many canonicals are remembered: more than there are, less than a caller could make up.
const REMEMBERED_MAX: usize = 4_000;

/// The profile of a canonical; of several versions the newest.
pub(crate) fn profile(canonical: &str) -> Option<Arc<Profile>> {
    if let Some(known) = PROFILES.read().unwrap_or_else(PoisonError::into_inner).get(canonical) {
        return known.clone();
    }
    let found = definition(canonical).and_then(|definition| Profile::new(&definition)).map(Arc::new);
    let mut profiles = PROFILES.write().unwrap_or_else(PoisonError::into_inner);
    if found.is_some() || profiles.len() < REMEMBERED_MAX {
        profiles.insert(canonical.into(), found.clone());
    }
    found
}

/// The definition of a canonical; of several versions the newest.
pub fn definition(canonical: &str) -> Option<Definition> {
    let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
    let bytes = ARCHIVE.newest(
        DefinitionKind::StructureDefinition,
        url,
        Some(version).filter(|text| !text.is_empty()),
    )?;
    let document = fhir::Document::parse_with(bytes, fhir::Limits::UNBOUNDED).ok()?;
    Definition::read(document.root())
}

/// The versions of a canonical before the newest, the newer first.
pub(crate) fn older(url: &str) -> impl Iterator<Item = Arc<Profile>> {
    let versions = ARCHIVE.versions_of(DefinitionKind::StructureDefinition, url);
    versions.into_iter().rev().skip(1).filter_map(move |version| profile(&format!("{url}|{version}")))
}

/// For each type of resource that an implementation guide has exactly one profile for, that profile: what all
/// resources of the type are meant to meet. `start` is what the guide's canonicals begin with.
pub fn profiles_by_type(start: &str, version: &str) -> Vec<(TypeId, String)> {
    let all = built_in_profiles();
    let of_guide = all.iter().filter(|canonical| {
        canonical.starts_with(start) && canonical.split_once('|').is_some_and(|(_, found)| found == version)
    });
    let mut by_type: BTreeMap<TypeId, Vec<&String>> = BTreeMap::new();
    for canonical in of_guide {
        if let Some(profile) = profile(canonical).filter(|profile| profile.type_id.is_resource()) {
            by_type.entry(profile.type_id).or_default().push(canonical);
        }
    }
    by_type
        .into_iter()
        .filter(|(_, found)| found.len() == 1)
        .map(|(id, found)| (id, found[0].clone()))
        .collect()
}

/// The profiles of resources that are compiled in and whose canonicals begin with one of these, each once and without a
/// version, by the type that they are of. They are unpacked for it: ask once.
pub fn profiles_of_resources(starts: &[&str]) -> BTreeMap<TypeId, Vec<String>> {
    let all = built_in_profiles();
    let urls: BTreeSet<&str> = all
        .iter()
        .filter_map(|canonical| canonical.split('|').next())
        .filter(|url| starts.iter().any(|start| url.starts_with(start)))
        .collect();
    let mut by_type: BTreeMap<TypeId, Vec<String>> = BTreeMap::new();
    for url in urls {
        if let Some(profile) = profile(url).filter(|profile| profile.type_id.is_resource()) {
            by_type.entry(profile.type_id).or_default().push(url.to_owned());
        }
    }
    by_type
}

/// The canonicals of all profiles that are compiled in, each with its version, oldest first.
pub fn built_in_profiles() -> Vec<String> {
    ARCHIVE.canonicals(DefinitionKind::StructureDefinition)
}
