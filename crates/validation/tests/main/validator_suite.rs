//! The R4 cases of the official validator tests (`fhir-test-cases`), unedited, with the outcomes of HL7's own validator.
//!
//! A case asks for one verdict on a resource and, when it brings a profile, for another with that profile. We agree
//! when both find an error or neither does. What a case brings along (profiles, value sets) is loaded for it alone.

use super::exceptions::compare_cases;
use super::reference_data::archive;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use terminology::Terminology;
use validation::profile::is_version;
use validation::{CodingFault, Declared, Extensions, Membership, Ports, Settings, validate};

/// Versions of the release.
const RELEASES: [&str; 2] = ["4.0", "4.0.1"];

type Files = HashMap<String, Vec<u8>>;

#[test]
fn verdicts_agree_with_the_official_validator() {
    let Some(path) = archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    let files = files(&path);
    let manifest = Document::parse(files["manifest.json"].clone()).expect("the manifest is JSON");
    let terminology = Terminology::built_in();
    let mut tally = Tally::default();
    for case in manifest.root().each_of("test-cases") {
        if case.get_str("version").is_some_and(|version| RELEASES.contains(&&*version)) {
            run(case, &files, &terminology, &mut tally);
        }
    }
    println!(
        "{} verdicts, {} agree, of them {} with as many errors",
        tally.count,
        tally.count - tally.differing.len(),
        tally.same_count
    );
    println!("without their file: {:?}", tally.without_file);
    println!("{} cases have no outcome to compare with", tally.without_outcome);
    for (module, (count, agreeing)) in &tally.by_module {
        println!("{module:20} {agreeing:4} of {count:4}");
    }
    compare_cases(&tally.differing, include_str!("validator_suite.exceptions"), EXCEPTIONS_MAX);
}

/// Fewer than one in ten of the verdicts; what each needs stands beside it.
const EXCEPTIONS_MAX: usize = 51;

#[derive(Default)]
struct Tally {
    count: usize,
    same_count: usize,
    without_outcome: usize,
    /// Cases whose file is not in the archive.
    without_file: Vec<String>,
    by_module: BTreeMap<String, (usize, usize)>,
    /// The verdicts that differ, with what was said.
    differing: BTreeMap<String, String>,
}

fn run(case: Node<'_>, files: &Files, terminology: &Terminology, tally: &mut Tally) {
    let name = case.get_str("name").unwrap_or_default().into_owned();
    let module = case.get_str("module").unwrap_or_default().into_owned();
    let file = case.get_str("file").unwrap_or_default();
    let profile = case.get("profile");
    let names = |holder: Option<Node<'_>>, member: &str| -> Vec<String> {
        let listed = holder.into_iter().flat_map(|holder| holder.each_of(member));
        listed.filter_map(Node::as_str).map(std::borrow::Cow::into_owned).collect()
    };
    let mut brought = names(Some(case), "supporting");
    brought.extend(names(Some(case), "supporting5"));
    brought.extend(names(Some(case), "packages"));
    brought.extend(names(Some(case), "profiles"));
    brought.extend(names(Some(case), "codesystems"));
    let mapped = case.get("package-map").into_iter().flat_map(Node::members);
    brought.extend(mapped.filter_map(|(_, path)| path.as_str()).map(std::borrow::Cow::into_owned));
    brought.extend(case.get_str("questionnaire").map(std::borrow::Cow::into_owned));
    let Some(instance) = files.get(&*file) else {
        tally.without_file.push(name);
        return;
    };
    let mut asked = Asked { files, name: &name, module: &module, options: case, tally };
    let ports = Brought::new(case, &brought, files, terminology);
    asked.verdict("base", case.get("java"), &file, instance, &ports, None);
    let Some(profile) = profile else { return };
    brought.extend(names(Some(profile), "supporting"));
    brought.extend(names(Some(profile), "packages"));
    let source = profile.get_str("source").unwrap_or_default().into_owned();
    brought.push(source.clone());
    let ports = Brought::new(case, &brought, files, terminology);
    let url = if source.starts_with("http") { source } else { ports.last.clone().unwrap_or(source) };
    asked.verdict("profile", profile.get("java"), &file, instance, &ports, Some(url));
}

struct Asked<'t> {
    files: &'t Files,
    name: &'t str,
    module: &'t str,
    /// The case, with what it asks of the validator.
    options: Node<'t>,
    tally: &'t mut Tally,
}

impl Asked<'_> {
    fn verdict(
        &mut self,
        kind: &str,
        expected: Option<Node<'_>>,
        file: &str,
        instance: &[u8],
        ports: &Brought<'_>,
        profile: Option<String>,
    ) {
        let Some((theirs, first)) = expected.and_then(|expected| errors_of(expected, self.files)) else {
            self.tally.without_outcome += 1;
            return;
        };
        let settings = Settings {
            declared: Declared::Check,
            profiles: profile.into_iter().collect(),
            is_thorough: true,
            extensions: Extensions::All,
            issues_max: 1000,
            ..settings_of(self.options, ports)
        };
        let said: Vec<String> = match parse(file, instance) {
            Ok(document) => {
                let outcome = validate(&document, ports, &settings);
                outcome.errors().map(ToString::to_string).collect()
            }
            Err(error) => vec![error],
        };
        let agrees = said.is_empty() == (theirs == 0);
        self.tally.count += 1;
        let module = self.tally.by_module.entry(self.module.to_owned()).or_default();
        module.0 += 1;
        module.1 += usize::from(agrees);
        self.tally.same_count += usize::from(agrees && said.len() == theirs);
        if !agrees {
            let told = if theirs == 0 {
                format!("we: {}", said.join("\n        "))
            } else {
                format!("they: {first}")
            };
            self.tally.differing.insert(format!("{} {kind}", self.name), format!("[{}] {told}", self.module));
        }
    }
}

/// What a case asks of the validator.
fn settings_of(case: Node<'_>, ports: &Brought<'_>) -> Settings {
    let is = |name: &str, wanted: bool| case.get(name).and_then(Node::as_bool) == Some(wanted);
    let mut by_type = ports.global_profiles();
    if let Some(parameter) = case.get("bundle-param") {
        let rule = parameter.get_str("rule").unwrap_or_default();
        let type_id = schema().resource_named(rule.split(':').next().unwrap_or_default());
        let profile = parameter.get_str("profile").unwrap_or_default().into_owned();
        by_type.extend(type_id.map(|type_id| (type_id, profile)));
    }
    Settings {
        by_type,
        refuses_markup: is("security-checks", true) || is("noHtmlInMarkdown", true),
        refuses_examples: is("examples", false),
        ..Settings::default()
    }
}

fn parse(file: &str, bytes: &[u8]) -> Result<Document, String> {
    if file.ends_with(".xml") {
        return fhir::xml::from_xml(bytes, fhir::Limits::default()).map_err(|error| error.to_string());
    }
    // A byte order mark is of the file, not of the text.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    Document::parse(bytes).map_err(|error| error.to_string())
}

/// How many errors the expected outcome has, and the first.
fn errors_of(expected: Node<'_>, files: &Files) -> Option<(usize, String)> {
    if let Some(name) = expected.as_str() {
        let document = Document::parse(files.get(&format!("outcomes/{name}"))?.clone()).ok()?;
        return errors_of(document.root(), files);
    }
    let outcome = expected.get("outcome").unwrap_or(expected);
    if outcome.as_str().is_some() {
        return errors_of(outcome, files);
    }
    let is_error = |issue: &Node<'_>| matches!(issue.get_str("severity").as_deref(), Some("error" | "fatal"));
    let mut issues = outcome.each_of("issue").filter(is_error);
    let first = issues.next().map(|issue| {
        let text =
            issue.at_path(&["details", "text"]).and_then(Node::as_str).unwrap_or_default().into_owned();
        format!("{text} at {}", issue.each_of("expression").next().and_then(Node::as_str).unwrap_or_default())
    });
    Some((issues.count() + usize::from(first.is_some()), first.unwrap_or_default()))
}

/// What a case brings along.
struct Brought<'f> {
    /// Where references are followed to, when the case asks for that.
    others: Option<&'f Files>,
    terminology: Terminology,
    definitions: Vec<Document>,
    /// The URL of the last definition.
    last: Option<String>,
}

impl<'f> Brought<'f> {
    fn new(case: Node<'_>, names: &[String], files: &'f Files, terminology: &Terminology) -> Self {
        let mut resources = Vec::new();
        for name in names {
            let Some(bytes) = files.get(name) else { continue };
            if name.ends_with(".tgz") {
                resources.extend(packaged(bytes));
                continue;
            }
            let Ok(document) = parse(name, bytes) else { continue };
            let entries = document.root().each_of("entry").filter_map(|entry| entry.get("resource"));
            resources.extend(entries.map(Document::from_node));
            resources.push(document);
        }
        let terminology =
            if resources.is_empty() { terminology.clone() } else { terminology.with_resources(&resources) };
        let url = |one: &Document| one.root().get_str("url").map(std::borrow::Cow::into_owned);
        let is_profile = |one: &&Document| one.resource_type().as_deref() == Some("StructureDefinition");
        let last = resources.iter().rfind(is_profile).and_then(url);
        let follows = case.get_str("validateReference").as_deref() == Some("CHECK_VALID");
        Self { others: follows.then_some(files), terminology, definitions: resources, last }
    }
}

impl Brought<'_> {
    /// What the guides among the definitions demand of all resources of a type.
    fn global_profiles(&self) -> Vec<(TypeId, String)> {
        let guides = self
            .definitions
            .iter()
            .filter(|one| one.resource_type().as_deref() == Some("ImplementationGuide"));
        let globals = guides.flat_map(|guide| guide.root().each_of("global"));
        let pair = |global: Node<'_>| {
            let type_id = schema().resource_named(&global.get_str("type")?)?;
            Some((type_id, global.get_str("profile")?.into_owned()))
        };
        globals.filter_map(pair).collect()
    }
}

impl Ports for Brought<'_> {
    fn resource(&self, reference: &str) -> Option<Document> {
        let (_, id) = reference.split_once('/')?;
        let names = ["json", "xml"].map(|form| format!("{id}.{form}"));
        names.iter().find_map(|name| parse(name, self.others?.get(name)?).ok())
    }

    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.terminology.contains(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        Ports::draws_on(&self.terminology, value_set, system)
    }

    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        self.terminology.coding_fault(system, code, display)
    }

    fn definition(&self, type_name: &str, canonical: &str) -> Option<Document> {
        let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
        let fits = |one: &&Document| {
            let root = one.root();
            one.resource_type().as_deref() == Some(type_name)
                && root.get_str("url").as_deref() == Some(url)
                && is_version(version, &root.get_str("version").unwrap_or_default())
        };
        self.definitions.iter().find(fits).cloned()
    }
}

/// The resources of a package that is among the files.
fn packaged(bytes: &[u8]) -> Vec<Document> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let mut resources = Vec::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a tar entry");
        if entry.path().is_ok_and(|path| path.extension().is_some_and(|extension| extension == "json")) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("an entry reads");
            resources.extend(Document::parse(bytes).ok());
        }
    }
    resources
}

/// The files below `validator/`, by their path there.
fn files(path: &std::path::Path) -> Files {
    let file = std::fs::File::open(path).expect("the archive opens");
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).expect("zstd"));
    let mut files = Files::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a tar entry");
        let name = entry.path().expect("a path").display().to_string();
        let Some(name) = name.strip_prefix("validator/").or(name.strip_prefix("./validator/")) else {
            continue;
        };
        let name = name.to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("an entry reads");
        files.insert(name, bytes);
    }
    files
}
