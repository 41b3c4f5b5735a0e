//! Reads that name what they want.

use super::Scene;
use crate::load::Shots;
use crate::target::Shot;
use std::rc::Rc;

/// The fastest that the server answers at all; where it has no `/health`, that is its 404.
pub fn empty_handler(_: &Scene) -> Result<Shots, &'static str> {
    let path: Rc<str> = "/health".into();
    Ok(Rc::new(move |_| Shot::get(Rc::clone(&path))))
}

/// As many observations as patients, in no order.
pub fn point_read(scene: &Scene) -> Result<Shots, &'static str> {
    let sample = &scene.sample;
    let patients = sample.patients.iter().map(|patient| format!("Patient/{}", patient.id));
    let observations = sample.observations.iter().map(|one| format!("Observation/{}", one.id));
    among(scene, patients.chain(observations.take(sample.patients.len())), "no patient")
}

pub fn everything(scene: &Scene) -> Result<Shots, &'static str> {
    let wanted = |id: &String| *id != scene.crowded_patient;
    let ids = scene.sample.patients.iter().map(|patient| &patient.id).filter(|id| wanted(id));
    among(scene, ids.map(|id| format!("Patient/{id}/$everything")), "no patient")
}

/// GETs of paths in the API, drawn at random.
pub fn among(
    scene: &Scene,
    paths: impl Iterator<Item = String>,
    lacks: &'static str,
) -> Result<Shots, &'static str> {
    let paths: Vec<Rc<str>> = paths.map(|path| scene.target.path(&path).into()).collect();
    if paths.is_empty() {
        return Err(lacks);
    }
    Ok(Rc::new(move |turn| Shot::get(Rc::clone(turn.pick(&paths)))))
}
