//! All terminology that is at hand: what is built in, what was loaded, and what the practice made itself.

use crate::archive::{Archive, DefinitionKind};
use crate::code_system::file::CodeSystemFile;
use crate::code_system::from_document::{Selection, code_system_from};
use crate::code_system::header::Content;
use crate::concept_map::ConceptMap;
use crate::error::Error;
use crate::membership::Membership;
use crate::value_set::definition::ValueSet;
use crate::value_set::implicit::implicit_value_set;
use crate::value_set::plan::{Definitions, Plan};
use crate::version::{self, split_canonical};
use fhir::Document;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// How deep value sets may be nested in each other.
const NESTING_MAX: usize = 32;

/// Code systems, value sets and concept maps. Cheap to clone; a change makes a new state and leaves clones taken
/// before as they were.
#[derive(Clone)]
pub struct Terminology {
    state: Arc<State>,
}

struct State {
    built_in: Arc<BuiltIn>,
    overlay: Overlay,
    plans: RwLock<HashMap<Box<str>, Arc<Plan>>>,
}

/// What is compiled in, and what of it was opened.
struct BuiltIn {
    archives: Vec<Archive>,
    systems: RwLock<HashMap<Box<str>, CodeSystemFile>>,
}

/// What was added. Canonicals have all their versions, oldest first.
#[derive(Clone, Default)]
struct Overlay {
    systems: HashMap<String, Vec<CodeSystemFile>>,
    supplements: HashMap<String, Vec<CodeSystemFile>>,
    value_sets: HashMap<String, Vec<Arc<ValueSet>>>,
    concept_maps: HashMap<String, Vec<Arc<ConceptMap>>>,
}

impl Default for Terminology {
    /// With all that is built in.
    fn default() -> Self {
        Self::new(crate::built_in::archives())
    }
}

impl Terminology {
    /// With all that is built in.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// With nothing at all.
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    fn new(archives: Vec<Archive>) -> Self {
        let built_in = Arc::new(BuiltIn { archives, systems: RwLock::default() });
        Self { state: Arc::new(State { built_in, overlay: Overlay::default(), plans: RwLock::default() }) }
    }

    /// The overlay to change; what was made ready before is forgotten.
    fn overlay_mut(&mut self) -> &mut Overlay {
        if Arc::get_mut(&mut self.state).is_none() {
            self.state = Arc::new(State {
                built_in: Arc::clone(&self.state.built_in),
                overlay: self.state.overlay.clone(),
                plans: RwLock::default(),
            });
        }
        let state = Arc::get_mut(&mut self.state).expect("nobody else holds a state just made");
        state.plans.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        &mut state.overlay
    }

    /// Adds CodeSystem, ValueSet and ConceptMap resources; others are passed over.
    #[must_use]
    pub fn with_resources<'a>(&self, resources: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut terminology = self.clone();
        for resource in resources {
            let _ = terminology.add_code_system(resource)
                || terminology.add_value_set(resource)
                || terminology.add_concept_map(resource);
        }
        terminology
    }

    /// Adds a CodeSystem resource, in place of one of the same canonical and version. False when the document is
    /// no CodeSystem with a URL.
    pub fn add_code_system(&mut self, resource: &Document) -> bool {
        let Some(file) = code_system_from(resource.root(), Selection::default()) else { return false };
        let is_named = !file.header().url.is_empty();
        if is_named {
            self.add_loaded(file);
        }
        is_named
    }

    /// Adds a code-system file, in place of one of the same canonical and version.
    pub fn add_loaded(&mut self, file: CodeSystemFile) {
        let overlay = self.overlay_mut();
        let header = file.header();
        let (map, url) = match header.content {
            Content::Supplement => {
                (&mut overlay.supplements, split_canonical(&header.supplements).0.to_owned())
            }
            _ => (&mut overlay.systems, header.url.clone()),
        };
        let versions = map.entry(url).or_default();
        versions.retain(|other| other.header().canonical() != header.canonical());
        versions.push(file);
        versions.sort_by(|a, b| version::compare(&a.header().version, &b.header().version));
    }

    /// Adds a ValueSet resource, in place of one of the same canonical and version. False when the document is no
    /// ValueSet with a URL.
    pub fn add_value_set(&mut self, resource: &Document) -> bool {
        let Some(value_set) = ValueSet::from_node(resource.root()).filter(|found| !found.url.is_empty())
        else {
            return false;
        };
        let versions = self.overlay_mut().value_sets.entry(value_set.url.clone()).or_default();
        versions.retain(|other| other.version != value_set.version);
        versions.push(Arc::new(value_set));
        versions.sort_by(|a, b| version::compare(&a.version, &b.version));
        true
    }

    /// Adds a ConceptMap resource, in place of one of the same canonical and version. False when the document is
    /// no ConceptMap with a URL.
    pub fn add_concept_map(&mut self, resource: &Document) -> bool {
        let Some(map) = ConceptMap::from_node(resource.root()).filter(|found| !found.url.is_empty()) else {
            return false;
        };
        let versions = self.overlay_mut().concept_maps.entry(map.url.clone()).or_default();
        versions.retain(|other| other.version != map.version);
        versions.push(Arc::new(map));
        versions.sort_by(|a, b| version::compare(&a.version, &b.version));
        true
    }

    /// A code system: of all versions that `version` means the newest, what was added before what is built in.
    pub fn code_system(&self, url: &str, version: Option<&str>) -> Option<CodeSystemFile> {
        let (url, bar_version) = split_canonical(url);
        let version = version.filter(|version| !version.is_empty()).or(bar_version);
        let fits = |found: &str| version.is_none_or(|wanted| version::matches(wanted, found));
        let added = self.state.overlay.systems.get(url);
        if let Some(file) =
            added.and_then(|files| files.iter().rev().find(|file| fits(&file.header().version)))
        {
            return Some(file.clone());
        }
        self.state.built_in.code_system(url, version)
    }

    /// Versions of a code system that are here, oldest first.
    pub fn code_system_versions(&self, url: &str) -> Vec<String> {
        let mut versions: Vec<String> = self.state.built_in.versions(DefinitionKind::CodeSystem, url);
        let added = self.state.overlay.systems.get(url).into_iter().flatten();
        versions.extend(added.map(|file| file.header().version.clone()));
        versions.sort_by(|a, b| version::compare(a, b));
        versions.dedup();
        versions
    }

    /// Supplements that were added for a code system.
    pub(crate) fn supplements(&self, url: &str) -> &[CodeSystemFile] {
        self.state.overlay.supplements.get(url).map_or(&[], Vec::as_slice)
    }

    /// A value set as defined, by URL or `url|version`.
    pub fn value_set(&self, canonical: &str) -> Option<Arc<ValueSet>> {
        let (url, version) = split_canonical(canonical);
        let fits = |found: &str| version.is_none_or(|wanted| version::matches(wanted, found));
        let added = self.state.overlay.value_sets.get(url);
        if let Some(found) = added.and_then(|sets| sets.iter().rev().find(|set| fits(&set.version))) {
            return Some(Arc::clone(found));
        }
        let built_in = self.state.built_in.resource(DefinitionKind::ValueSet, url, version);
        let built_in = built_in.and_then(|document| ValueSet::from_node(document.root()));
        built_in.or_else(|| implicit_value_set(url)).or_else(|| self.all_codes(url, version)).map(Arc::new)
    }

    /// The value set of all codes of an added system that names it so.
    fn all_codes(&self, url: &str, version: Option<&str>) -> Option<ValueSet> {
        let all = self.state.overlay.systems.values().flat_map(|files| files.iter().rev());
        let file = all.filter(|file| version.is_none_or(|wanted| file.header().version == wanted));
        let header = file.map(CodeSystemFile::header).find(|header| header.value_set == url)?;
        Some(ValueSet {
            url: url.to_owned(),
            version: header.version.clone(),
            status: header.status.clone(),
            include: vec![crate::value_set::definition::Clause {
                system: Some(header.url.clone()),
                version: Some(header.version.clone()).filter(|version| !version.is_empty()),
                ..Default::default()
            }],
            ..ValueSet::default()
        })
    }

    /// A concept map, by URL or `url|version`.
    pub fn concept_map(&self, canonical: &str) -> Option<Arc<ConceptMap>> {
        let (url, version) = split_canonical(canonical);
        let added = self.state.overlay.concept_maps.get(url);
        let fits = |found: &str| version.is_none_or(|wanted| version::matches(wanted, found));
        if let Some(found) = added.and_then(|maps| maps.iter().rev().find(|map| fits(&map.version))) {
            return Some(Arc::clone(found));
        }
        let document = self.state.built_in.resource(DefinitionKind::ConceptMap, url, version)?;
        ConceptMap::from_node(document.root()).map(Arc::new)
    }

    /// Canonical URLs of what is compiled in, each once, sorted within each archive.
    pub fn built_in_urls(&self, kind: DefinitionKind) -> Vec<String> {
        let entries = self.state.built_in.archives.iter().flat_map(Archive::entries);
        let mut urls: Vec<String> =
            entries.filter(|entry| entry.kind == kind).map(|entry| entry.url.to_owned()).collect();
        urls.dedup();
        urls
    }

    /// Canonical URLs of all concept maps.
    pub(crate) fn concept_map_urls(&self) -> Vec<String> {
        let mut urls: Vec<String> = self.state.overlay.concept_maps.keys().cloned().collect();
        urls.extend(self.built_in_urls(DefinitionKind::ConceptMap));
        urls.sort();
        urls.dedup();
        urls
    }

    /// Whether a code is in a value set: the fast way, for bindings. `value_set` may carry `|version`. Without a
    /// system any code system of the value set counts, as for elements of type `code`.
    ///
    /// `Unknown` when the value set, or the content of the code system that would tell, is not here.
    pub fn contains(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        {
            let plans = self.state.plans.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(plan) = plans.get(value_set) {
                return plan.contains(system, code);
            }
        }
        self.plan(value_set).map_or(Membership::Unknown, |plan| plan.contains(system, code))
    }

    /// A value set made ready.
    pub(crate) fn plan(&self, canonical: &str) -> Result<Arc<Plan>, Error> {
        self.plan_of(canonical, &mut Vec::new())
    }

    /// A value set that came with a request, made ready.
    pub(crate) fn plan_for(&self, value_set: ValueSet) -> Result<Arc<Plan>, Error> {
        let mut path = Vec::new();
        if !value_set.url.is_empty() {
            path.push(value_set.url.clone());
        }
        Plan::compile(Arc::new(value_set), self, &mut path).map(Arc::new)
    }
}

impl Definitions for Terminology {
    fn system_file(&self, url: &str, version: Option<&str>) -> Option<CodeSystemFile> {
        self.code_system(url, version).filter(|file| file.header().content != Content::NotPresent)
    }

    fn plan_of(&self, canonical: &str, path: &mut Vec<String>) -> Result<Arc<Plan>, Error> {
        let plans = self.state.plans.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = plans.get(canonical).cloned();
        drop(plans);
        if let Some(plan) = known {
            return Ok(plan);
        }
        let url = split_canonical(canonical).0;
        if let Some(at) = path.iter().position(|open| open == url) {
            let mut circle = path.split_off(at);
            circle.push(url.to_owned());
            return Err(Error::Cycle(circle));
        }
        if path.len() >= NESTING_MAX {
            return Err(Error::TooDeep(path[0].clone()));
        }
        let found = self.value_set(canonical).ok_or_else(|| Error::ValueSetNotFound(canonical.to_owned()))?;
        path.push(url.to_owned());
        let plan = Arc::new(Plan::compile(found, self, path)?);
        path.pop();
        let mut plans = self.state.plans.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        plans.insert(canonical.into(), Arc::clone(&plan));
        Ok(plan)
    }
}

impl BuiltIn {
    fn versions(&self, kind: DefinitionKind, url: &str) -> Vec<String> {
        let entries = self.archives.iter().flat_map(|archive| archive.versions(kind, url));
        entries.map(|entry| entry.version.to_owned()).collect()
    }

    fn code_system(&self, url: &str, version: Option<&str>) -> Option<CodeSystemFile> {
        let fits = |found: &str| version.is_none_or(|wanted| version::matches(wanted, found));
        {
            let systems = self.systems.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(file) = systems.get(url).filter(|file| fits(&file.header().version)) {
                return Some(file.clone());
            }
        }
        for archive in &self.archives {
            let Some(entry) =
                archive.versions(DefinitionKind::CodeSystem, url).filter(|entry| fits(entry.version)).last()
            else {
                continue;
            };
            let (bytes, part) = archive.unpack(entry)?;
            let file = CodeSystemFile::open_part(bytes, part).ok()?;
            if version.is_none() {
                let mut systems = self.systems.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                systems.insert(url.into(), file.clone());
            }
            return Some(file);
        }
        None
    }

    fn resource(&self, kind: DefinitionKind, url: &str, version: Option<&str>) -> Option<Document> {
        let fits = |found: &str| version.is_none_or(|wanted| version::matches(wanted, found));
        for archive in &self.archives {
            if let Some(entry) = archive.versions(kind, url).filter(|entry| fits(entry.version)).last() {
                let (bytes, part) = archive.unpack(entry)?;
                return Document::parse_with(bytes.get(part)?.to_vec(), fhir::Limits::UNBOUNDED).ok();
            }
        }
        None
    }
}
