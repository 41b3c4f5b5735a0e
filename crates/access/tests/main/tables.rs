//! Tables of a policy: what is wrong in them is said with its line; and ten thousand decisions compared with a plain reading.

use crate::{ALL, actor, alone, type_id};
use access::policy::BUILT_IN;
use access::{Policy, Tables};
use fhir::schema::schema;

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let bad_roles = [
        ("nurse", "line 1"),
        ("nurse\trz\t*", "crudsx"),
        ("# fine\nnurse\tr\tPatiens", "line 2: 'Patiens' is no type"),
        ("nurse\tr\t@nothing", "no group 'nothing'"),
        ("nurse\tr\tPatient\tmine", "'mine' is not own"),
        ("nurse\tr\tPatient\t?", "names no parameter"),
        ("nurse\tr\tPatient\t?nothing=1", "nothing"),
        ("nurse\tr\tPatient\tpatient?nothing=1", "nothing"),
        ("nurse\tru\tPatient\t\tname", "leave out u and d"),
    ];
    for (roles, expected) in bad_roles {
        let error = Policy::read(&Tables { roles, ..BUILT_IN }).unwrap_err();
        assert!(error.starts_with("roles.tsv") && error.contains(expected), "{error}");
    }
    let restrictions = "http://a|B\tencounter\tnurse\t";
    let error = Policy::read(&Tables { restrictions, ..BUILT_IN }).unwrap_err();
    assert!(error.contains("restrictions.tsv, line 1") && error.contains("'encounter'"), "{error}");
    let groups = "a\tPatiens";
    assert!(Policy::read(&Tables { groups, ..BUILT_IN }).unwrap_err().contains("groups.tsv"));
}

/// AD02: every role, interaction and type, against what the lines say when they are read one by one.
#[test]
fn ad02_every_decision_is_what_the_lines_say() {
    let policy = Policy::default();
    let groups: Vec<(&str, &str)> =
        BUILT_IN.groups.lines().filter_map(|line| line.split_once('\t')).collect();
    let names = |list: &str, name: &str| {
        list.split(',').any(|one| match one.strip_prefix('@') {
            Some(group) => {
                groups.iter().any(|(known, types)| *known == group && types.split(',').any(|one| one == name))
            }
            None => one == "*" || one == name,
        })
    };
    let lines: Vec<Vec<&str>> = BUILT_IN
        .roles
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    let mut decisions = 0;
    for role in policy.roles() {
        let who = actor(&role, None);
        for type_id in schema().resources() {
            for (interaction, letter) in ALL.into_iter().zip(["c", "r", "u", "d", "s", "x", "e"]) {
                let of_type = |line: &&Vec<&str>| line[0] == role && names(line[2], type_id.name());
                let is_excepted = lines.iter().filter(of_type).any(|line| line[1] == "-");
                // Nobody here is anybody in the record: lines with a condition give nothing.
                let gives = |line: &Vec<&str>| {
                    line[1].contains(letter) && line.get(3).is_none_or(|condition| condition.is_empty())
                };
                let expected = !is_excepted && lines.iter().filter(of_type).any(gives);
                let decided = policy.decide(&alone(&who), interaction, type_id).is_ok();
                assert_eq!(decided, expected, "{role} {interaction:?} {}", type_id.name());
                decisions += 1;
            }
        }
    }
    assert!(decisions > 9_000, "{decisions}");
}

#[test]
fn every_type_is_somebodys_and_none_is_forgotten() {
    let listed: Vec<&str> = BUILT_IN
        .groups
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(_, types)| types.split(','))
        .collect();
    assert!(listed.iter().all(|name| *name == "types" || schema().resource_named(name).is_some()));
    assert!(listed.contains(&"Observation") && type_id("Observation").is_resource());
}
