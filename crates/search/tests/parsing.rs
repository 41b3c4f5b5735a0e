//! From URLs to searches: presentation, errors, limits.

use fhir::schema::{TypeId, schema};
use proptest::prelude::*;
use search::parse::{Handling, Include, Limits, Request, Summary, parse};
use search::query::{Clause, SortKey, Total};
use search::{Ports, SearchError, SearchErrorKind};

struct Place;

impl Ports for Place {
    fn base_url(&self) -> &str {
        "https://example.org/fhir"
    }
}

fn named(name: &str) -> TypeId {
    schema().resource_named(name).unwrap()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn search_all(path_type: Option<&str>, query: &str, handling: Handling) -> Result<Request, SearchError> {
    parse(path_type.map(named), None, &pairs(query), handling, &Place, &Limits::default())
}

fn search(type_name: &str, query: &str) -> Result<Request, SearchError> {
    search_all(Some(type_name), query, Handling::Strict)
}

#[test]
fn presentation() {
    let request = search(
        "Observation",
        "code=1&_sort=-date,code&_count=5000&_total=accurate&_elements=code,value&_pretty=true&_format=json\
         &_include=Observation:subject:Patient&_include:iterate=Patient:general-practitioner\
         &_revinclude=Provenance:target&_include=*&_cursor=abc&_summary=data",
    )
    .unwrap();
    assert_eq!(request.query.types, [named("Observation")]);
    assert_eq!(request.query.clauses.len(), 1);
    let keys = [SortKey { code: "date", descending: true }, SortKey { code: "code", descending: false }];
    assert_eq!(request.query.sort, keys);
    assert_eq!((request.query.count, request.query.total), (1000, Total::Accurate));
    assert_eq!(request.query.cursor.as_deref(), Some("abc"));
    assert_eq!(request.elements, ["code", "value"]);
    assert_eq!((request.pretty, request.format.as_deref()), (Some(true), Some("json")));
    assert_eq!(request.summary, Summary::Data);
    let include = |reverse, iterate, source: Option<&str>, parameter, target: Option<&str>| Include {
        reverse,
        iterate,
        source: source.map(named),
        parameter,
        target: target.map(named),
    };
    let expected = [
        include(false, false, Some("Observation"), Some("subject"), Some("Patient")),
        include(false, true, Some("Patient"), Some("general-practitioner"), None),
        include(true, false, Some("Provenance"), Some("target"), None),
        include(false, false, None, None, None),
    ];
    assert_eq!(request.includes, expected);
    assert!(request.kept.iter().all(|(name, _)| name != "_cursor"));
    assert_eq!(request.kept.len(), 12);
}

#[test]
fn counting_only() {
    for query in ["_count=0", "_summary=count"] {
        let request = search("Patient", query).unwrap();
        assert_eq!((request.query.count, request.query.total), (0, Total::Accurate));
        assert_eq!(request.summary, Summary::Count);
    }
}

#[test]
fn types_of_a_search_over_all() {
    let request = search_all(None, "_type=Patient,Practitioner&name=anna", Handling::Strict).unwrap();
    assert_eq!(request.query.types, [named("Patient"), named("Practitioner")]);
    assert_eq!(request.query.clauses.len(), 1);
    assert!(search_all(None, "_lastUpdated=gt2020", Handling::Strict).unwrap().query.types.is_empty());
    assert!(search_all(None, "name=anna", Handling::Strict).is_err());
}

#[test]
fn compartments() {
    let all = |path: Option<&str>| {
        let compartment = Some((named("Patient"), "23"));
        parse(path.map(named), compartment, &[], Handling::Strict, &Place, &Limits::default()).unwrap().query
    };
    assert!(
        matches!(all(Some("Condition")).clauses.as_slice(), [Clause::Any(clauses)] if clauses.len() == 2)
    );
    assert_eq!(all(Some("Location")).clauses, [Clause::Never]);
    let every = all(None);
    assert!(every.types.contains(&named("Observation")) && every.types.contains(&named("Patient")));
    assert!(matches!(every.clauses.as_slice(), [Clause::InCompartment { .. }]));
}

#[test]
fn errors_name_what_is_wrong_and_how_to_mend_it() {
    use SearchErrorKind::{
        BadModifier, BadValue, TooCostly, UnknownParameter, UnknownTerminology, Unsupported,
    };
    for (type_name, query, kind, said) in [
        ("Patient", "birthdte=2020", UnknownParameter, "did you mean birthdate"),
        ("Patient", "name:exakt=x", BadModifier, "exact, contains, missing"),
        ("Patient", "birthdate=xx2020", BadValue, "xx is no prefix"),
        ("Patient", "birthdate=2020-13", BadValue, "YYYY-MM-DD"),
        ("Patient", "name=", BadValue, "missing"),
        ("Patient", "name=a,,b", BadValue, "empty"),
        ("Patient", "gender:missing=maybe", BadValue, "true nor false"),
        ("Patient", "identifier=a|b|c", BadValue, "more than one |"),
        ("Observation", "value-quantity=five", BadValue, "five is no prefix"),
        ("Observation", "code-value-quantity=8480-6", BadValue, "code$value-quantity"),
        ("Observation", "subject=Medication/1", BadValue, "never refers to Medication"),
        ("Observation", "subject:Medication.code=x", BadModifier, "never refers to Medication"),
        ("Observation", "subject.shoe-size=x", UnknownParameter, "no parameter shoe-size"),
        ("Observation", "code.name=x", BadModifier, "no reference"),
        ("Observation", "code:in=http://x", UnknownTerminology, "http://x is not known"),
        ("Observation", "code:below=1", BadValue, "system|code"),
        ("Observation", "identifier:of-type=a|b", BadValue, "system|code|value"),
        ("Observation", "_has:Patient:name=x", BadModifier, "_has:Observation:patient:code"),
        ("Patient", "_has:Observation:encounter:code=x", BadModifier, "never refers"),
        ("Patient", "_has:Observaton:patient:code=x", BadModifier, "did you mean Observation"),
        ("Observation", "encounter.part-of.part-of.part-of.part-of.status=x", TooCostly, "more than 4"),
        ("Patient", "_sort=-shoe", UnknownParameter, "no parameter shoe"),
        ("Observation", "_sort=code-value-quantity", BadValue, "no order"),
        ("Patient", "_count=-1", BadValue, "0 or more"),
        ("Patient", "_include=Patient:name", BadValue, "no reference"),
        ("Patient", "_include=Observation:subject", BadValue, "not searched here"),
        ("Patient", "_contained=true", Unsupported, "contained"),
        ("Patient", "_list=$current-problems", Unsupported, "List resource"),
        ("Patient", "_query=x", Unsupported, "named queries"),
        ("Patient", "_summary=short", BadValue, "true, text, data"),
        ("Patient", "_filter=name xx y", BadValue, "no operation"),
        ("Patient", "_filter=(name eq y", BadValue, ") is missing"),
        ("Patient", "_filter=birthdate co y", BadValue, "not for parameters of kind date"),
        ("Patient", "_filter=name[shoe eq y]", BadValue, "no element shoe"),
        ("Location", "near=1", BadValue, "latitude|longitude"),
    ] {
        let error = search(type_name, query).expect_err(query);
        assert_eq!(error.kind, kind, "{query}: {error}");
        assert!(error.to_string().contains(said), "{query}: {error}");
        assert!(
            query.starts_with(error.parameter.as_str()) || query.starts_with("_filter"),
            "{query}: {error}"
        );
    }
}

#[test]
fn lenient_searches_drop_and_say_so() {
    let request = search_all(Some("Patient"), "name=anna&shoe=9&birthdate=x", Handling::Lenient).unwrap();
    assert_eq!(request.query.clauses.len(), 1);
    assert_eq!(request.kept, pairs("name=anna"));
    assert_eq!(
        request.dropped.iter().map(|one| one.parameter.as_str()).collect::<Vec<_>>(),
        ["shoe", "birthdate"]
    );
    let deep = "encounter.part-of.part-of.part-of.part-of.status=x";
    assert!(search_all(Some("Observation"), deep, Handling::Lenient).is_err());
}

#[test]
fn chains_over_all_targets() {
    let clause = |query| search("Observation", query).unwrap().query.clauses.remove(0);
    // Patient, Device, Group and Location all have identifiers, of one meaning.
    match clause("subject.identifier=x") {
        Clause::Chain { parameter, targets, .. } => {
            assert_eq!((parameter, targets.len()), ("subject", 4));
        }
        other => panic!("{other:?}"),
    }
    match clause("subject:Patient.organization.name=x") {
        Clause::Chain { inner, .. } => {
            assert!(matches!(*inner, Clause::Chain { parameter: "organization", .. }));
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn never_panics(
        of in prop::sample::select(vec!["Patient", "Observation", "Location", "Bundle"]),
        name in "(_filter|_has:Observation:patient:|_sort|_count|_include|name|birthdate|near|subject\\.|code|value-quantity|code-value-quantity|_text|_list|\\PC{0,8})(:[a-z-]{0,8}|\\.\\PC{0,6})?",
        value in "(name (eq|co|in) |\\(|not )?[a-z0-9|$,\\\\\"\\[\\](). -]{0,24}|\\PC{0,24}",
    ) {
        for handling in [Handling::Strict, Handling::Lenient] {
            let pairs = [(name.clone(), value.clone())];
            let _ = parse(Some(named(of)), None, &pairs, handling, &Place, &Limits::default());
            let _ = parse(None, Some((named("Patient"), "1")), &pairs, handling, &Place, &Limits::default());
        }
    }
}
