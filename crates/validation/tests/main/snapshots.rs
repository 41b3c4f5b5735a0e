//! Snapshots made from the differentials of US Core say what the published ones say.

use super::exceptions::compare_cases;
use super::reference_data::{archive, for_each_file, for_each_json};
use fhir::Document;
use fhir::schema::schema;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;
use validation::profile::{Definition, ElementRule, Slicing, built_in_definition, snapshot};

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

const PACKAGES: [&str; 3] = ["us_core_610", "us_core_700", "us_core_800"];

/// One in twenty of the definitions.
const EXCEPTIONS_MAX: usize = 9;

#[test]
fn snapshots_of_us_core_come_out_of_its_differentials() {
    let mut differing = BTreeMap::new();
    let (mut definitions, mut elements) = (0, 0);
    for package in PACKAGES {
        let Some(path) = archive(&format!("us-core-packages/{package}.tgz")) else { return };
        let published = published(&path);
        for definition in published.values() {
            let name = definition.url.rsplit('/').next().unwrap_or_default();
            let name = format!("{package}/{name}");
            let Some(base) = with_snapshot(&definition.base, &published) else {
                differing.insert(name, format!("its base {} is not known", definition.base));
                continue;
            };
            let lookup = |canonical: &str| with_snapshot(canonical, &published);
            let made = snapshot(&base, &definition.differential, &lookup);
            definitions += 1;
            elements += definition.snapshot.len();
            let found = differences(&facts(&definition.snapshot), &facts(&made));
            if !found.is_empty() {
                differing.insert(name, found.join("\n    "));
            }
        }
    }
    println!("{definitions} definitions with {elements} elements");
    assert!(definitions > 180, "only {definitions} definitions");
    compare_cases(&differing, include_str!("snapshots.exceptions"), EXCEPTIONS_MAX);
}

/// The folder of the official cases that were written for this release among others.
const CASES: &str = "r4b/snapshot-generation/";

/// More than half: most were written against another release or another convention, as the file says.
const CASE_EXCEPTIONS_MAX: usize = 12;

#[test]
fn official_cases_of_this_release_come_out() {
    let Some(path) = archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    let mut files: BTreeMap<String, Document> = BTreeMap::new();
    for_each_file(&path, |name, bytes| {
        let Some((_, name)) = name.split_once(CASES) else { return };
        let document = match name.rsplit_once('.') {
            Some((_, "json")) => Document::parse(bytes).ok(),
            Some((_, "xml")) => fhir::xml::from_xml(&bytes, fhir::Limits::default()).ok(),
            _ => None,
        };
        files.extend(document.map(|document| (name.to_owned(), document)));
    });
    let definitions = files.iter().filter_map(|(name, file)| Some((name, Definition::read(file.root())?)));
    let definitions: BTreeMap<&String, Definition> = definitions.collect();
    let with_snapshots = definitions.values().filter(|definition| !definition.snapshot.is_empty());
    let published: HashMap<String, Definition> =
        with_snapshots.map(|definition| (definition.url.clone(), definition.clone())).collect();
    let (mut count, mut differing) = (0, BTreeMap::new());
    for (name, input) in &definitions {
        let release = files[*name].root().get_str("fhirVersion").unwrap_or_default();
        let Some(case) =
            name.split_once("-input.").map(|(case, _)| case).filter(|_| release.starts_with("4.0"))
        else {
            continue;
        };
        let expected = definitions.iter().find(|(name, _)| name.starts_with(&format!("{case}-expected.")));
        let Some((_, expected)) = expected.filter(|(_, expected)| !expected.snapshot.is_empty()) else {
            continue;
        };
        count += 1;
        let found = match with_snapshot(&input.base, &published) {
            None => vec![format!("its base {} is not known", input.base)],
            Some(base) => {
                let lookup = |canonical: &str| with_snapshot(canonical, &published);
                let made = snapshot(&base, &input.differential, &lookup);
                let [expected, made] = [&expected.snapshot, &made].map(|rules| demanding(facts(rules)));
                differences(&expected, &made)
            }
        };
        if !found.is_empty() {
            differing.insert(case.to_owned(), found.join("\n    "));
        }
    }
    println!("{count} cases");
    assert!(count > 10, "only {count} cases");
    compare_cases(&differing, include_str!("snapshot_cases.exceptions"), CASE_EXCEPTIONS_MAX);
}

/// The demands by which a resource can be wrong. The cases were written over several releases, which differ in examples
/// of codes, in whether a slice is to be supported as its element is, and in that the types of extensions had `Meta`.
fn demanding(mut facts: Facts) -> Facts {
    let is_idle = |line: &String| {
        line.starts_with("bound Example") || line.starts_with("type Meta") || line == "must support"
    };
    facts.values_mut().for_each(|lines| lines.retain(|line| !is_idle(line)));
    facts
}

/// The profiles and extensions of a package, by URL.
fn published(path: &std::path::Path) -> HashMap<String, Definition> {
    let mut found = HashMap::new();
    for_each_json(path, |name, bytes| {
        if name.starts_with("package/StructureDefinition-") {
            let document = Document::parse(bytes).expect("a definition is JSON");
            let definition = Definition::read(document.root()).expect("a definition");
            found.insert(definition.url.clone(), definition);
        }
    });
    found
}

fn with_snapshot(canonical: &str, published: &HashMap<String, Definition>) -> Option<Vec<ElementRule>> {
    let url = canonical.split('|').next().unwrap_or(canonical);
    if let Some(definition) = published.get(url) {
        return Some(definition.snapshot.clone());
    }
    let core = url.strip_prefix(CORE).and_then(|name| schema().type_named(name));
    match core {
        Some(type_id) => Some(Definition::of_type(type_id).snapshot),
        None => built_in_definition(url).map(|definition| definition.snapshot),
    }
}

/// What an element demands, as lines.
type Facts = BTreeMap<String, BTreeSet<String>>;

/// The demands of each element by its place: the path with the slices.
fn facts(rules: &[ElementRule]) -> Facts {
    let mut open: Vec<String> = Vec::new();
    let mut facts = Facts::new();
    for rule in rules {
        open.truncate(rule.path.matches('.').count());
        let last = rule.path.rsplit('.').next().unwrap_or_default();
        let slice = rule.slice_name.as_deref().map(|name| format!(":{name}")).unwrap_or_default();
        open.push(format!("{last}{slice}"));
        facts.insert(open.join("."), demands(rule));
    }
    facts
}

fn demands(rule: &ElementRule) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    lines.insert(format!("occurs {:?} to {:?}", rule.min, rule.max));
    for one in rule.types.iter().filter(|one| schema().type_named(&one.code).is_some()) {
        // The ids of elements are of FHIRPath's own type in published snapshots.
        if rule.path.ends_with(".id") || rule.path.ends_with(".url") {
            continue;
        }
        let sorted = |urls: &[String]| -> BTreeSet<String> { urls.iter().cloned().collect() };
        lines.insert(format!("type {} {:?} {:?}", one.code, sorted(&one.profiles), sorted(&one.targets)));
    }
    lines.extend(rule.fixed.iter().map(|value| format!("fixed {}", value.to_json())));
    lines.extend(rule.pattern.iter().map(|value| format!("pattern {}", value.to_json())));
    let bound = rule.binding.iter().filter(|binding| !binding.value_set.is_empty());
    lines.extend(bound.map(|binding| {
        format!("bound {:?} {}", binding.strength, binding.value_set.split('|').next().unwrap_or_default())
    }));
    lines.extend(rule.slicing.iter().map(|slicing: &Slicing| format!("sliced {slicing:?}")));
    lines.extend(rule.must_support.filter(|is_so| *is_so).map(|_| "must support".to_owned()));
    let own = rule.constraints.iter().filter(|one| !is_of_a_type(&one.source, &one.key));
    lines.extend(own.map(|one| format!("constraint {} {}", one.key, one.expression)));
    lines
}

/// Whether a constraint is one of the definition of a type; the schema has these at the type alone.
fn is_of_a_type(source: &str, key: &str) -> bool {
    static KEYS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
        let of_type = |id: fhir::schema::TypeId| {
            let definition = id.definition();
            let at_elements = definition.elements.iter().flat_map(|element| &element.invariants);
            definition.own_invariants.iter().chain(at_elements).map(|one| one.key)
        };
        schema().types().flat_map(of_type).collect()
    });
    let name = source.strip_prefix(CORE).unwrap_or(source);
    schema().type_named(name).is_some() || KEYS.contains(key) || matches!(key, "ele-1" | "ext-1")
}

fn differences(published: &Facts, made: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    for id in published.keys().chain(made.keys()).collect::<BTreeSet<_>>() {
        match (published.get(id), made.get(id)) {
            (Some(one), Some(two)) => {
                found.extend(one.difference(two).map(|line| format!("{id}: lacks {line}")));
                found.extend(two.difference(one).map(|line| format!("{id}: has {line}")));
            }
            (Some(_), None) => found.push(format!("{id} is missing")),
            (None, _) => found.push(format!("{id} is too much")),
        }
    }
    found
}
