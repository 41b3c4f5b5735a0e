//! Writes, each answered only when it is on disk.

use super::Scene;
use crate::load::{Shots, Turn};
use crate::target::Shot;
use hyper::Method;
use std::rc::Rc;

const FAMILIES: [&str; 8] =
    ["Abernathy", "Bergstrom", "Castellano", "Dietrich", "Esposito", "Fitzgerald", "Grigoryan", "Hashimoto"];
const GIVEN: [&str; 6] = ["Ada", "Bruno", "Clara", "Dmitri", "Elena", "Farid"];

fn patient(turn: Turn, id: &str) -> String {
    let (family, given) = (turn.pick(&FAMILIES), GIVEN[turn.client % GIVEN.len()]);
    let (year, month, day) = (1930 + turn.random % 90, 1 + turn.random % 12, 1 + turn.random % 28);
    let gender = if turn.random.is_multiple_of(2) { "female" } else { "male" };
    format!(
        r#"{{"resourceType":"Patient",{id}"active":true,"name":[{{"use":"official","family":"{family}{}","given":["{given}"]}}],"telecom":[{{"system":"phone","value":"555-01{:02}","use":"home"}}],"gender":"{gender}","birthDate":"{year}-{month:02}-{day:02}","address":[{{"line":["{} Example Road"],"city":"Springfield","state":"MA","postalCode":"01101","country":"US"}}]}}"#,
        turn.random % 1000,
        turn.random % 100,
        turn.index
    )
}

/// A patient and an observation of theirs in one transaction.
pub fn transaction(scene: &Scene) -> Result<Shots, &'static str> {
    let root: Rc<str> = scene.target.base_path.clone().into();
    Ok(Rc::new(move |turn| {
        let full_url = format!("urn:uuid:6f1c2a5e-{:04x}-4000-8000-{:012x}", turn.client, turn.index);
        let observation_url = format!("urn:uuid:7a1c2a5e-{:04x}-4000-8000-{:012x}", turn.client, turn.index);
        let patient = patient(turn, "");
        let value = 50 + turn.random % 60;
        let body = format!(
            r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"fullUrl":"{full_url}","resource":{patient},"request":{{"method":"POST","url":"Patient"}}}},{{"fullUrl":"{observation_url}","resource":{{"resourceType":"Observation","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7","display":"Body weight"}}]}},"subject":{{"reference":"{full_url}"}},"effectiveDateTime":"2026-01-05T09:30:00Z","valueQuantity":{{"value":{value},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}},"request":{{"method":"POST","url":"Observation"}}}}]}}"#
        );
        Shot::send(Method::POST, Rc::clone(&root), body)
    }))
}

/// A patient's whole life on the server: made, read, changed, read, deleted. Each client has patients of its own.
pub fn crud(scene: &Scene) -> Result<Shots, &'static str> {
    let (patients, run) = (scene.target.path("Patient"), scene.run.clone());
    Ok(Rc::new(move |turn| {
        let id = format!("bench-{run}-{}-{}", turn.client, turn.index / 5);
        let path = format!("{patients}/{id}");
        match turn.index % 5 {
            0 | 2 => Shot::send(Method::PUT, path, patient(turn, &format!("\"id\":\"{id}\","))),
            4 => Shot { method: Method::DELETE, path: path.into(), body: None },
            _ => Shot::get(path),
        }
    }))
}
