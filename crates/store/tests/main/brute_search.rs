//! Random searches over a synthetic practice: SQLite and PostgreSQL with their index, the naive model with the product's matcher, and a
//! brute force that shares no code with either, find the same. `CHIRON_ROUNDS` sets how many.

use crate::brute_force::{
    Ask, Kind, PARAMETERS, Parameter, World, name_of, parameter, plain, span_of, tokens,
};
use crate::random::Random;
use crate::sample::*;
use crate::server::{database, open_database};
use crate::shared_data;
use search::query::{Query, Total};
use serde_json::Value;
use std::collections::HashMap;
use store::{Maintain, MemoryStore, Store};

const TYPES: &[&str] = &[
    "Patient",
    "Patient",
    "Observation",
    "Observation",
    "Observation",
    "Condition",
    "Encounter",
    "Procedure",
    "MedicationRequest",
    "Immunization",
    "DiagnosticReport",
];
const DATE_PREFIXES: &[&str] = &["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"];

/// Chains, forwards: a reference parameter and the type that it leads to.
const CHAINS: &[(&str, &str, &str)] = &[
    ("Observation", "patient", "Patient"),
    ("Observation", "encounter", "Encounter"),
    ("Condition", "patient", "Patient"),
    ("Condition", "encounter", "Encounter"),
    ("Encounter", "patient", "Patient"),
    ("Encounter", "participant", "Practitioner"),
    ("Encounter", "service-provider", "Organization"),
    ("Procedure", "encounter", "Encounter"),
    ("MedicationRequest", "requester", "Practitioner"),
    ("DiagnosticReport", "result", "Observation"),
    ("Immunization", "patient", "Patient"),
];

/// One of those that a predicate takes.
fn one<'a, T>(random: &mut Random, of: &'a [T], take: impl Fn(&T) -> bool) -> Option<&'a T> {
    let all: Vec<&T> = of.iter().filter(|row| take(row)).collect();
    if all.is_empty() { None } else { Some(all[random.below(all.len())]) }
}

/// What may be asked by a parameter, with a value that the resource has, or that is near to one.
fn ask(random: &mut Random, row: &'static Parameter, resource: &Value) -> Option<Ask> {
    let values = row.values(resource);
    let name = row.name;
    if random.one_in(12) && row.kind != Kind::Quantity {
        return Some(Ask::Missing { name, is_missing: random.one_in(2) });
    }
    let value = *one(random, &values, |_| true)?;
    Some(match row.kind {
        Kind::Token => token(random, row, value)?,
        Kind::Text => {
            let text: String =
                value.as_str()?.chars().take_while(|letter| letter.is_alphanumeric()).collect();
            match random.below(4) {
                0 => Ask::Text { name, modifier: ":exact", text: value.as_str()?.to_owned() },
                1 if text.chars().count() > 3 => {
                    Ask::Text { name, modifier: ":contains", text: text.chars().skip(1).take(3).collect() }
                }
                _ => {
                    let length = 1 + random.below(6);
                    let start: String = text.chars().take(length).collect();
                    let text = if random.one_in(2) { start.to_uppercase() } else { plain(&start) };
                    Ask::Text { name, modifier: "", text }
                }
            }
        }
        Kind::Date => {
            let text = ["start", "end"].iter().find_map(|end| value.get(end)).unwrap_or(value).as_str()?;
            let length = [4, 7, 10, text.len()][random.below(4)].min(text.len());
            Ask::Date { name, prefix: random.pick(DATE_PREFIXES), date: text[..length].to_owned() }
        }
        Kind::Reference => Ask::Reference { name, target: value.get("reference")?.as_str()?.to_owned() },
        Kind::Quantity => quantity(random, resource)?,
    })
}

fn token(random: &mut Random, row: &'static Parameter, value: &Value) -> Option<Ask> {
    let tokens = tokens(value);
    let (system, code) =
        *one(random, &tokens, |(_, code)| !code.is_empty() && !code.contains(['|', ',', '$', '&', '=']))?;
    let modifier = if random.one_in(8) { ":not" } else { "" };
    let (system, code) = match random.below(4) {
        // A code element has a system that is not written; what it is, is not this test's matter.
        _ if value.is_string() => (None, Some(code)),
        0 => (Some(system), Some(code)),
        1 if !system.is_empty() && modifier.is_empty() => (Some(system), None),
        2 if random.one_in(3) => (Some(""), Some(code)),
        _ => (None, Some(code)),
    };
    Some(Ask::Token { name: row.name, modifier, system: system.map(Into::into), code: code.map(Into::into) })
}

/// A value with its code: in the same unit, as all values of a code are here.
fn quantity(random: &mut Random, resource: &Value) -> Option<Ask> {
    let code = parameter("Observation", "code").values(resource);
    let (system, code) =
        tokens(code.first()?).first().map(|(system, code)| (system.to_string(), code.to_string()))?;
    let found = resource.get("valueQuantity")?;
    let unit = found.get("code")?.as_str()?.to_owned();
    let amount = found.get("value")?.as_f64()?;
    let value = format!("{amount:.*}", random.below(4));
    let prefix = random.pick(DATE_PREFIXES);
    Some(Ask::CodeValue { system, code, prefix, value, unit })
}

/// What may be asked of a resource of a type, through a chain now and then.
fn ask_of(random: &mut Random, world: &World, resource: &Value) -> Option<Ask> {
    let of = resource["resourceType"].as_str().unwrap();
    match random.below(8) {
        0 => {
            let (_, name, target) = one(random, CHAINS, |row| row.0 == of)?;
            let value = *parameter(of, name).values(resource).first()?;
            let found = world.0.get(value.get("reference")?.as_str()?)?;
            let next = ask_by_any(random, found)?;
            Some(Ask::Chain { name, target, next: Box::new(next) })
        }
        1 => {
            let (source, name, _) = one(random, CHAINS, |row| row.2 == of)?;
            let own = name_of(resource);
            let referring: Vec<&Value> = sorted(world, |other| {
                other["resourceType"] == *source
                    && parameter(source, name).values(other).iter().any(|value| value["reference"] == *own)
            });
            let other = one(random, &referring, |_| true)?;
            let next = ask_by_any(random, other)?;
            Some(Ask::Has { source, name, next: Box::new(next) })
        }
        2 => {
            let row = one(random, PARAMETERS, |row| row.of == of && row.kind == Kind::Token)?;
            let value = *row.values(resource).first()?;
            let other = sorted(world, |other| other["resourceType"] == of && !row.values(other).is_empty());
            let second = *row.values(one(random, &other, |_| true)?).first()?;
            let both = [value, second].map(|value| token(random, row, value));
            let both: Vec<Ask> = both.into_iter().flatten().collect();
            let is_plain = |ask: &Ask| matches!(ask, Ask::Token { modifier: "", .. });
            (both.len() == 2 && both.iter().all(is_plain)).then_some(Ask::Any(both))
        }
        _ => ask_by_any(random, resource),
    }
}

fn ask_by_any(random: &mut Random, resource: &Value) -> Option<Ask> {
    let of = resource["resourceType"].as_str().unwrap();
    let row = one(random, PARAMETERS, |row| row.of == of)?;
    ask(random, row, resource)
}

/// The resources that a predicate takes, in an order that does not change from run to run.
fn sorted(world: &World, take: impl Fn(&Value) -> bool) -> Vec<&Value> {
    let mut found: Vec<&Value> = world.0.values().filter(|resource| take(resource)).collect();
    found.sort_unstable_by_key(|resource| name_of(resource));
    found
}

/// What a resource is ordered by; `None` last.
fn sort_key(row: &Parameter, resource: &Value, is_descending: bool) -> Option<(i64, String)> {
    let key = |value: &Value| match row.kind {
        Kind::Date => Some((span_of(value).0, String::new())),
        Kind::Text => Some((0, plain(value.as_str()?))),
        _ => tokens(value).first().map(|(_, code)| (0, (*code).to_owned())),
    };
    let keys = row.values(resource).into_iter().filter_map(key);
    if is_descending { keys.max() } else { keys.min() }
}

/// Orders that one value of a resource tells.
const SORTS: &[(&str, &str)] = &[
    ("Patient", "birthdate"),
    ("Patient", "gender"),
    ("Patient", "death-date"),
    ("Observation", "date"),
    ("Encounter", "date"),
    ("Encounter", "class"),
    ("Condition", "onset-date"),
    ("Condition", "recorded-date"),
    ("MedicationRequest", "authoredon"),
    ("Procedure", "date"),
];

fn is_in_order(world: &World, names: &[String], row: &Parameter, is_descending: bool) -> bool {
    let keys: Vec<_> = names.iter().map(|name| sort_key(row, &world.0[name], is_descending)).collect();
    keys.windows(2).all(|pair| match (&pair[0], &pair[1]) {
        (Some(before), Some(after)) if is_descending => before >= after,
        (Some(before), Some(after)) => before <= after,
        (None, Some(_)) => false,
        _ => true,
    })
}

struct Case {
    of: &'static str,
    url: String,
    asks: Vec<Ask>,
    sort: Option<(&'static Parameter, bool)>,
    query: Query,
}

fn case(random: &mut Random, world: &World, by_type: &HashMap<&str, Vec<&Value>>) -> Case {
    let of = TYPES[random.below(TYPES.len())];
    let about = by_type[of][random.below(by_type[of].len())];
    let asks: Vec<Ask> = (0..random.below(4)).filter_map(|_| ask_of(random, world, about)).collect();
    let mut url = format!("{of}?");
    for (name, value) in asks.iter().map(Ask::pair) {
        url += &format!("{name}={value}&");
    }
    let sort =
        SORTS.iter().filter(|row| row.0 == of).map(|(of, name)| parameter(of, name)).collect::<Vec<_>>();
    let sort = if random.one_in(3) {
        one(random, &sort, |_| true).map(|row| (*row, random.one_in(2)))
    } else {
        None
    };
    if let Some((row, is_descending)) = sort {
        url += &format!("_sort={}{}&", if is_descending { "-" } else { "" }, row.name);
    }
    let total = if random.one_in(3) { Total::Accurate } else { Total::None };
    let query = Query { count: 1 + random.below(400), total, ..query(&url) };
    Case { of, url, asks, sort, query }
}

/// What the store's answer, page by page, has wrong.
fn hold(store: &dyn Store, world: &World, case: &Case, right: &[String]) -> Result<(), String> {
    let mut query = case.query.clone();
    let mut names: Vec<String> = Vec::new();
    loop {
        let hits = store.search(&query, &Ports).map_err(|error| error.to_string())?;
        names.extend(hits.matches.iter().map(|version| version.key.to_string()));
        if query.total == Total::Accurate && hits.total != Some(right.len() as u64) {
            return Err(format!("a total of {:?} instead of {}", hits.total, right.len()));
        }
        match hits.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    if let Some((row, is_descending)) = case.sort
        && !is_in_order(world, &names, row, is_descending)
    {
        return Err("not in order".to_owned());
    }
    names.sort_unstable();
    if names == right {
        return Ok(());
    }
    let only = |some: &[String], others: &[String]| {
        let lacking: Vec<&String> = some.iter().filter(|name| !others.contains(name)).collect();
        format!("{} ({:?})", lacking.len(), lacking.iter().take(3).collect::<Vec<_>>())
    };
    Err(format!("found {} too many, {} too few", only(&names, right), only(right, &names)))
}

#[test]
fn each_engine_the_matcher_and_a_brute_force_find_the_same() {
    let Some(documents) = shared_data::synthea(6) else { return };
    let mut random = Random::seeded();
    let mut world = World::default();
    let directory = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new(ports());
    let usual = open(&directory.path().join("usual"));
    let small = open_with_small_limits(&directory.path().join("small"));
    let postgres = open_database(&database(), &directory.path().join("postgres"));
    let stores: [(&str, &dyn Store); 4] =
        [("model", &memory), ("usual", &usual), ("small", &small), ("postgres", &postgres)];
    for part in documents.chunks(400) {
        let mut changes = HashMap::new();
        for document in part {
            let resource: Value = serde_json::from_str(document.text()).unwrap();
            let name = name_of(&resource);
            changes.insert(name.clone(), put(&name, document.text()));
            world.0.insert(name, resource);
        }
        let changes: Vec<_> = changes.into_values().collect();
        stores.iter().for_each(|(_, store)| drop(store.commit(batch(1, changes.clone())).unwrap()));
    }
    change_some(&mut random, &mut world, &stores);
    let mut by_type: HashMap<&str, Vec<&Value>> = HashMap::new();
    for resource in sorted(&world, |_| true) {
        by_type.entry(resource["resourceType"].as_str().unwrap()).or_default().push(resource);
    }
    let rounds = std::env::var("CHIRON_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(400);
    let (mut found, mut empty, mut wrong) = (0, 0, Vec::new());
    for _ in 0..rounds {
        let case = case(&mut random, &world, &by_type);
        let right = world.search(case.of, &case.asks);
        (found, empty) = (found + right.len(), empty + usize::from(right.is_empty()));
        for (name, store) in stores {
            if let Err(what) = hold(store, &world, &case, &right) {
                wrong.push(format!("{name}: {} (count {}): {what}", case.url, case.query.count));
            }
        }
    }
    println!("{rounds} searches found {found}, {empty} nothing");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(empty < rounds / 3 && found > rounds, "{rounds} searches found {found}, {empty} nothing");
    let kept: [&dyn Maintain; 3] = [&usual, &small, &postgres];
    assert!(kept.iter().all(|store| store.verify().unwrap().is_sound()));
}

/// Some resources are deleted, and some take the content of another of their type.
fn change_some(random: &mut Random, world: &mut World, stores: &[(&str, &dyn Store)]) {
    let names: Vec<String> = sorted(world, |resource| resource["resourceType"] != "Patient")
        .iter()
        .map(|one| name_of(one))
        .collect();
    for name in &names {
        if !random.one_in(8) {
            continue;
        }
        let of = name.split_once('/').unwrap().0;
        let others = sorted(world, |other| other["resourceType"] == of);
        let change = if random.one_in(2) {
            world.0.remove(name);
            delete(name)
        } else {
            let mut resource = others[random.below(others.len())].clone();
            resource["id"] = Value::from(name.split_once('/').unwrap().1);
            let text = resource.to_string();
            world.0.insert(name.clone(), resource);
            put(name, &text)
        };
        stores.iter().for_each(|(_, store)| drop(store.commit(batch(2, [change.clone()])).unwrap()));
    }
}
