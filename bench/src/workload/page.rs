//! Pages as a signed-in browser asks for them.

use super::Scene;
use crate::load::Shots;
use crate::target::Shot;
use std::rc::Rc;

pub fn crowded_chart(scene: &Scene) -> Result<Shots, &'static str> {
    let path: Rc<str> = format!("/p/{}", scene.crowded_patient).into();
    Ok(Rc::new(move |_| Shot::get(Rc::clone(&path))))
}

pub fn any_chart(scene: &Scene) -> Result<Shots, &'static str> {
    let paths: Vec<Rc<str>> =
        scene.sample.patients.iter().map(|patient| format!("/p/{}", patient.id).into()).collect();
    Ok(Rc::new(move |turn| Shot::get(Rc::clone(turn.pick(&paths)))))
}
