//! Whatever access path a clause is given, it finds every resource that the clause matches.

use crate::shared_data;
use fhir::Document;
use fhir::schema::{TypeId, schema};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use search::access::{self, Access};
use search::matcher::{References, matches, refers_to};
use search::parameter::{Parameter, ParameterKind, parameters};
use search::parse::{Limits, parse_clause};
use search::query::{Clause, SortKey};
use search::rows::{IndexRows, index_rows};
use search::{Ports, SearchErrorKind, include, sort};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const BASE_URL: &str = "https://example.org/fhir";

pub struct Place;

impl Ports for Place {
    fn base_url(&self) -> &str {
        BASE_URL
    }

    fn offset_minutes(&self, _: i64) -> i32 {
        -300
    }

    fn offsets_minutes(&self) -> std::ops::RangeInclusive<i32> {
        -300..=-300
    }
}

pub struct Stored {
    id: String,
    document: Arc<Document>,
    rows: IndexRows,
}

/// Resources with their rows: as a store has them.
pub struct Shelf {
    by_type: BTreeMap<TypeId, Vec<Stored>>,
    by_id: HashMap<(TypeId, String), Arc<Document>>,
}

impl References for Shelf {
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>> {
        self.by_id.get(&(type_id, id.to_owned())).cloned()
    }

    fn referred_to_by(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> bool {
        self.of(source).any(|stored| {
            refers_to(&stored.document, parameter, target, &Place)
                && matches(clause, &stored.document, self, &Place)
        })
    }
}

impl Shelf {
    pub fn new(documents: Vec<Document>) -> Self {
        let mut shelf = Self { by_type: BTreeMap::new(), by_id: HashMap::new() };
        for document in documents {
            let document = Arc::new(document);
            let type_id = schema().resource_named(&document.resource_type().unwrap()).unwrap();
            let id = document.root().get_str("id").unwrap().into_owned();
            shelf.by_id.insert((type_id, id.clone()), document.clone());
            let rows = index_rows(&document);
            shelf.by_type.entry(type_id).or_default().push(Stored { id, document, rows });
        }
        shelf
    }

    fn of(&self, type_id: TypeId) -> impl Iterator<Item = &Stored> {
        self.by_type.get(&type_id).into_iter().flatten()
    }

    fn matching<'a>(&'a self, type_id: TypeId, clause: &'a Clause) -> impl Iterator<Item = &'a Stored> {
        self.of(type_id).filter(move |stored| matches(clause, &stored.document, self, &Place))
    }

    /// Whether an access path leads to a resource. Those that need other searches first are resolved before.
    fn finds(&self, access: &Access, type_id: TypeId, stored: &Stored) -> bool {
        let rows = &stored.rows;
        let has = |signature: &[u32]| {
            signature.is_empty() || signature.iter().any(|hash| rows.signature.binary_search(hash).is_ok())
        };
        let of = |parameter: &(TypeId, &str), code: &str| parameter.0 == type_id && parameter.1 == code;
        match access {
            Access::Ids(of, ids) => *of == type_id && ids.contains(&stored.id),
            Access::Home { home, type_id: of, signature } => {
                *of == type_id && rows.home == *home && has(signature)
            }
            Access::Type { type_id: of, low_ms, high_ms, signature } => {
                let whole = (*low_ms, *high_ms) == (i64::MIN, i64::MAX);
                let dated = rows.recency_ms.is_some_and(|ms| ms >= *low_ms && ms < *high_ms);
                *of == type_id && (whole || dated) && has(signature)
            }
            Access::Token { parameter, hash } => {
                rows.tokens.iter().any(|row| of(parameter, row.parameter) && row.hash == *hash)
            }
            Access::Number { parameter, unit, low, high } => rows.numbers.iter().any(|row| {
                of(parameter, row.parameter) && row.unit == *unit && row.value >= *low && row.value <= *high
            }),
            Access::Text { parameter, prefix } => {
                rows.texts.iter().any(|row| of(parameter, row.parameter) && row.text.starts_with(prefix))
            }
            Access::Date { parameter, low_ms, high_ms } => rows
                .dates
                .iter()
                .any(|row| of(parameter, row.parameter) && row.low_ms < *high_ms && row.high_ms > *low_ms),
            Access::Union(parts) => parts.iter().any(|part| self.finds(part, type_id, stored)),
            Access::Chain { .. } | Access::Has { .. } => unreachable!("resolved before"),
        }
    }

    /// The same access with chains run.
    fn resolve(&self, access: Access) -> Access {
        match access {
            Access::Union(parts) => Access::Union(parts.into_iter().map(|part| self.resolve(part)).collect()),
            Access::Chain { type_id, parameter, targets, inner } => {
                let found = targets.iter().flat_map(|target| {
                    self.matching(*target, &inner).map(|stored| (*target, stored.id.clone()))
                });
                let parts =
                    found.map(|(target, id)| access::reference_access(type_id, parameter, (target, &id)));
                Access::Union(parts.collect())
            }
            Access::Has { type_id, source, parameter, inner } => {
                let found = self.matching(source, &inner).flat_map(|stored| {
                    include::references(&stored.document, Some(parameter), Some(type_id), BASE_URL)
                });
                Access::Ids(type_id, found.map(|(_, id)| id).collect())
            }
            other => other,
        }
    }

    /// Holds a clause against its access path; gives how many match and whether there was a path.
    pub fn check(&self, type_id: TypeId, clause: &Clause, said: &str) -> (usize, bool) {
        let path = access::access(type_id, clause, &Place).map(|access| self.resolve(access));
        let signature = access::signature_hashes(type_id, clause);
        let mut count = 0;
        for stored in self.matching(type_id, clause) {
            count += 1;
            if let Some(path) = &path {
                assert!(self.finds(path, type_id, stored), "{said} misses {}: {path:?}", stored.id);
            }
            if let Some(signature) = &signature {
                let has = signature.iter().any(|hash| stored.rows.signature.binary_search(hash).is_ok());
                assert!(has, "the signature for {said} excludes {}", stored.id);
            }
        }
        (count, path.is_some())
    }
}

/// A value of a resource under a parameter, as its sort value tells it.
fn value_of(document: &Document, parameter: &Parameter, dice: u32) -> Option<String> {
    let key = |code| SortKey { code, descending: dice % 2 == 1 };
    if parameter.kind == ParameterKind::Composite {
        let parts = parameter.components.iter().map(|component| {
            let of = parameters(type_of(document)).iter().find(|one| one.code == component.code)?;
            value_of(document, of, dice)
        });
        return parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("$"));
    }
    let value = sort::sort_value(document, key(parameter.code), None, &Place);
    let (present, bytes) = value.as_bytes().split_first()?;
    if *present != 0 {
        return None;
    }
    let turned: Vec<u8> = bytes.iter().map(|byte| if dice % 2 == 1 { !byte } else { *byte }).collect();
    let turned = &turned[..turned.len() - 1];
    let number = || <[u8; 8]>::try_from(turned).map(u64::from_be_bytes);
    match parameter.kind {
        ParameterKind::Date => {
            let ms = (number().ok()? ^ (1 << 63)).cast_signed();
            let text = fhir::date_time::Instant::from_ms(ms)?.to_string();
            let length = [4, 7, 10, text.len()][dice as usize / 2 % 4];
            Some(text[..length].to_owned())
        }
        ParameterKind::Number | ParameterKind::Quantity => {
            let bits = number().ok()?;
            let value = f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits });
            Some(format!("{value:.*}", dice as usize / 2 % 4))
        }
        _ => {
            let text = String::from_utf8(turned.to_vec()).ok()?;
            let escaped =
                text.replace('\\', r"\\").replace(',', r"\,").replace('|', r"\|").replace('$', r"\$");
            Some(escaped).filter(|text| !text.is_empty())
        }
    }
}

fn type_of(document: &Document) -> TypeId {
    schema().resource_named(&document.resource_type().unwrap()).unwrap()
}

const PREFIXES: [&str; 10] = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
const UNITS: [&str; 8] = [
    "",
    "",
    "",
    "||mm[Hg]",
    "|http://unitsofmeasure.org|mm[Hg]",
    "||kg",
    "|http://unitsofmeasure.org|g",
    "|http://unitsofmeasure.org|",
];

/// A parameter and value asked of resources like one, by the dice.
fn question(document: &Document, parameter: &Parameter, dice: u32) -> Option<(String, String)> {
    let value = value_of(document, parameter, dice)?;
    let roll = |sides: usize| (dice >> 8) as usize % sides;
    let name = parameter.code.to_owned();
    Some(match parameter.kind {
        ParameterKind::Date | ParameterKind::Number => (name, format!("{}{value}", PREFIXES[roll(10)])),
        ParameterKind::Quantity => {
            (name, format!("{}{value}{}", PREFIXES[roll(10)], UNITS[(dice >> 16) as usize % 8]))
        }
        ParameterKind::String => {
            let length = value.char_indices().map(|(at, _)| at).nth(2 + roll(6)).unwrap_or(value.len());
            match roll(4) {
                0 => (format!("{name}:exact"), value),
                1 => (format!("{name}:contains"), value),
                _ => (name, value[..length].trim_end_matches('\\').to_owned()),
            }
        }
        ParameterKind::Token => (format!("{name}{}", ["", "", "", ":not", ":text"][roll(5)]), value),
        ParameterKind::Reference => {
            let id = value.rsplit('/').next().unwrap_or_default().to_owned();
            match roll(4) {
                0 if !parameter.targets.is_empty() => (name, id),
                1 => (name, format!("{BASE_URL}/{value}")),
                _ => (name, value),
            }
        }
        ParameterKind::Composite => match value.rsplit_once('$') {
            Some((code, last)) if parameter.code.ends_with("quantity") => {
                let (prefix, unit) = (PREFIXES[roll(10)], UNITS[(dice >> 16) as usize % 8]);
                (name, format!("{code}${prefix}{last}{unit}"))
            }
            _ => (name, value),
        },
        ParameterKind::Uri => (format!("{name}{}", ["", ":below", ":above"][roll(3)]), value),
        ParameterKind::Special => return None,
    })
}

#[test]
fn access_finds_all_that_matches() {
    let Some(documents) = shared_data::synthea(6) else { return };
    let (matched, with_path) = ask_random_questions(&Shelf::new(documents), 3000);
    assert!(matched > 500 && with_path > 200, "{matched} matched something, {with_path} of them by rows");
}

#[test]
fn access_finds_all_that_matches_in_resources_of_every_type() {
    let Some(documents) = shared_data::published_examples() else { return };
    let shelf = Shelf::new(documents);
    assert!(shelf.by_type.len() > 130, "{} types", shelf.by_type.len());
    let (matched, with_path) = ask_random_questions(&shelf, 3000);
    assert!(matched > 500 && with_path > 100, "{matched} matched something, {with_path} of them by rows");
}

/// Asks for what random resources have under random parameters; gives how often something matched, and how often of
/// those there was a path.
fn ask_random_questions(shelf: &Shelf, cases: u32) -> (usize, usize) {
    let types: Vec<TypeId> = shelf.by_type.keys().copied().collect();
    let (matched, with_path) = (Cell::new(0_usize), Cell::new(0_usize));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let dice = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    let outcome = runner.run(&dice, |(of, which, code, dice)| {
        let type_id = types[of as usize % types.len()];
        let stored = &shelf.by_type[&type_id];
        let document = &stored[which as usize % stored.len()].document;
        let all = parameters(type_id);
        let parameter = all[code as usize % all.len()];
        let Some((name, value)) = question(document, parameter, dice) else { return Ok(()) };
        let said = format!("{}?{name}={value}", type_id.name());
        match parse_clause(&[type_id], &name, &value, &Place, &Limits::default()) {
            Ok(clause) => {
                let (count, path) = shelf.check(type_id, &clause, &said);
                matched.set(matched.get() + usize::from(count > 0));
                with_path.set(with_path.get() + usize::from(count > 0 && path));
            }
            // Words of a code system asked for as a code, amounts of more digits than there are, references that the
            // standard does not foresee.
            Err(error) => prop_assert!(
                error.kind == SearchErrorKind::BadModifier
                    || error.problem.contains("28 digits")
                    || error.problem.contains("never refers")
                    || error.problem.contains("letters")
                    || value.contains('|'),
                "{said}: {error}"
            ),
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    (matched.get(), with_path.get())
}

#[test]
fn chains_are_found_by_rows() {
    let Some(documents) = shared_data::synthea(4) else { return };
    let shelf = Shelf::new(documents);
    let text = |type_name: &str, path: &[&str]| {
        let first = shelf.of(schema().resource_named(type_name).unwrap()).next().unwrap();
        first.document.root().at_path(path).unwrap().as_str().unwrap().into_owned()
    };
    let name = text("Patient", &["name", "family"]);
    let practitioner = text("Practitioner", &["name", "family"]);
    let city = text("Organization", &["address", "city"]);
    for (type_name, parameter, value) in [
        ("Observation", "subject:Patient.family", name.as_str()),
        ("Observation", "patient.name", name.as_str()),
        ("Condition", "encounter.subject.family", name.as_str()),
        ("Encounter", "participant:Practitioner.name", practitioner.as_str()),
        ("Encounter", "service-provider.address-city", city.as_str()),
        ("Claim", "encounter.date", "gt2010"),
        ("Patient", "_has:Observation:patient:code", "8302-2"),
        ("Patient", "_has:Condition:patient:encounter.date", "gt2000"),
        ("Encounter", "_has:Observation:encounter:code-value-quantity", "8302-2$gt100"),
        ("Practitioner", "_has:Encounter:practitioner:_has:Observation:encounter:code", "8302-2"),
        ("Organization", "_has:Encounter:service-provider:patient.family", name.as_str()),
    ] {
        let type_id = schema().resource_named(type_name).unwrap();
        let clause = parse_clause(&[type_id], parameter, value, &Place, &Limits::default());
        let clause = clause.unwrap_or_else(|error| panic!("{type_name}: {error}"));
        let (count, path) = shelf.check(type_id, &clause, parameter);
        assert!(count > 0 && path, "{type_name}?{parameter}: {count} {path}");
    }
}

/// Cases that data sets seldom have.
#[test]
fn awkward_resources_are_found_by_rows() {
    let quantity = r#"{"value":140,"unit":"mm Hg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}"#;
    let code = r#"{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}"#;
    let long = "a name that goes on and on until it is longer than what a row of the index keeps of a text";
    let resources = [
        format!(
            r#"{{"resourceType":"Observation","id":"pressure","code":{code},"valueQuantity":{quantity},"effectivePeriod":{{"start":"2001"}},
                "subject":{{"reference":"Patient/1"}},"performer":[{{"reference":"Patient/2"}},{{"reference":"{BASE_URL}/Patient/3"}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"Observation","id":"panel","component":[{{"code":{code},"valueQuantity":{quantity}}}],
                "subject":{{"reference":"Group/1"}},"effectiveInstant":"2001-02-03T23:30:00-05:00"}}"#
        ),
        r#"{"resourceType":"Observation","id":"few","valueQuantity":{"value":5,"comparator":"<","unit":"tablets"}}"#.to_owned(),
        format!(
            r#"{{"resourceType":"Observation","id":"scored","code":{code},"valueQuantity":{{"value":3,"unit":"points",
                "system":"http://unitsofmeasure.org","code":"(score)"}}}}"#
        ),
        format!(r#"{{"resourceType":"Organization","id":"long","name":"{long}"}}"#),
        r#"{"resourceType":"Appointment","id":"both","status":"fulfilled","participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Patient/2"}}]}"#.to_owned(),
        r#"{"resourceType":"QuestionnaireResponse","id":"answers","questionnaire":"http://acme.org/Questionnaire/q|1.2"}"#.to_owned(),
    ];
    let shelf = Shelf::new(resources.iter().map(|text| Document::parse(text.as_str()).unwrap()).collect());
    let organization = format!("name:exact={long}");
    let prefix = format!("name={long}");
    for (type_name, question) in [
        ("Observation", "code-value-quantity=8480-6$gt130"),
        ("Observation", "code-value-quantity=http://loinc.org|8480-6$140|http://unitsofmeasure.org|mm[Hg]"),
        ("Observation", "code-value-quantity=8480-6$ap18.7|http://unitsofmeasure.org|kPa"),
        ("Observation", "code-value-quantity=8480-6$140||mm Hg"),
        ("Observation", "combo-code-value-quantity=8480-6$ge140||mm[Hg]"),
        ("Observation", "component-code-value-quantity=8480-6$140|http://unitsofmeasure.org|mm[Hg]"),
        ("Observation", "value-quantity=140||mm[Hg]"),
        ("Observation", "value-quantity=140||mm Hg"),
        ("Observation", "value-quantity=18.7|http://unitsofmeasure.org|kPa"),
        ("Observation", "value-quantity=lt3||tablets"),
        ("Observation", "value-quantity=3|http://unitsofmeasure.org|(score)"),
        ("Observation", "code-value-quantity=8480-6$ge3|http://unitsofmeasure.org|(score)"),
        ("Observation", "combo-code=8480-6"),
        ("Observation", "date=gt2020"),
        ("Observation", "date=lt2001-06"),
        ("Observation", "date=2001-02-04T04:30:00Z"),
        ("Observation", "date=2001-02-03"),
        ("Observation", "performer=Patient/2"),
        ("Observation", "performer=Patient/3"),
        ("Observation", "subject=1"),
        ("Observation", "subject=Group/1"),
        ("Organization", &organization),
        ("Organization", &prefix),
        ("Appointment", "patient=Patient/1"),
        ("Appointment", "actor=Patient/2"),
        ("Appointment", "status=booked,fulfilled"),
        ("QuestionnaireResponse", "questionnaire=http://acme.org/Questionnaire/q"),
        ("QuestionnaireResponse", "questionnaire=http://acme.org/Questionnaire/q|1.2"),
    ] {
        let type_id = schema().resource_named(type_name).unwrap();
        let (name, value) = question.split_once('=').unwrap();
        let clause = parse_clause(&[type_id], name, value, &Place, &Limits::default());
        let clause = clause.unwrap_or_else(|error| panic!("{error}"));
        let (count, path) = shelf.check(type_id, &clause, question);
        // What is usual has no rows: the type is scanned for it.
        assert!(count > 0 && path != question.starts_with("status"), "{question}: {count} {path}");
    }
}

/// Candidates at the ends of a range that do not match are as many as the practice is large.
#[test]
fn a_range_of_dates_is_walked_no_further_than_the_offset_of_the_place() {
    let observation = schema().resource_named("Observation").unwrap();
    let clause = parse_clause(&[observation], "date", "2020-03-02", &Place, &Limits::default()).unwrap();
    let Some(Access::Union(ways)) = access::access(observation, &clause, &Place) else { panic!("no way") };
    let [Access::Type { low_ms, high_ms, .. }, Access::Date { .. }] = ways[..] else { panic!("{ways:?}") };
    let hour_ms = 3_600_000;
    let midnight_ms = 1_583_107_200_000; // 2020-03-02T00:00:00Z
    // The day begins at 05:00 UTC. Rows of dates without an offset lie from midnight on, others until 05:00 of the next.
    assert_eq!((low_ms, high_ms), (midnight_ms, midnight_ms + 29 * hour_ms));
}

/// What lasts for days is found by who asks for what was not over, however few matches there are, without reading a year of the
/// practice.
#[test]
fn what_lasts_for_days_has_rows_for_lower_bounds() {
    let encounter = schema().resource_named("Encounter").unwrap();
    let mut documents = Vec::new();
    for days in [0, 1, 2, 3, 10, 30, 200, 365, 366, 367, 400, 4000] {
        for start in ["2019-01-15", "2020-01-01T10:00:00Z", "2020-02", "2020"] {
            let first = fhir::date_time::DateTime::parse(start).unwrap().range_ms(0).0;
            let end = fhir::date_time::Instant::from_ms(first + days * 86_400_000).unwrap();
            documents.push(format!(
                r#"{{"resourceType":"Encounter","id":"e{}","period":{{"start":"{start}","end":"{end}"}}}}"#,
                documents.len()
            ));
        }
    }
    let shelf = Shelf::new(documents.iter().map(|json| Document::parse(json.as_str()).unwrap()).collect());
    for prefix in ["", "ge", "gt", "le", "lt", "sa", "eb", "ap", "ne"] {
        for date in
            ["2019", "2019-06", "2020-01-01", "2020-02-11", "2020-02-29T12:00:00Z", "2021-02-01", "2029"]
        {
            let value = format!("{prefix}{date}");
            let clause = parse_clause(&[encounter], "date", &value, &Place, &Limits::default()).unwrap();
            shelf.check(encounter, &clause, &value);
        }
    }
    let clause = parse_clause(&[encounter], "date", "ge2020-06-01", &Place, &Limits::default()).unwrap();
    let Some(Access::Union(ways)) = access::access(encounter, &clause, &Place) else { panic!("no way") };
    let [Access::Type { low_ms, .. }, Access::Date { .. }, Access::Date { .. }] = ways[..] else {
        panic!("{ways:?}")
    };
    let first = fhir::date_time::DateTime::parse("2020-06-01").unwrap().range_ms(0).0;
    assert!((first - low_ms) <= 3 * 86_400_000, "not a year, but a day and the place's offset");
}
