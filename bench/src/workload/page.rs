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

/// Searches of the crowded chart: a word, a class of drugs, a short word, and one that is not there.
pub fn chart_search(scene: &Scene) -> Result<Shots, &'static str> {
    const WORDS: [&str; 4] = ["cholesterol", "statin", "htn", "zebra"];
    let path = |word: &str| -> Rc<str> { format!("/p/{}/timeline?q={word}", scene.crowded_patient).into() };
    let paths: Vec<Rc<str>> = WORDS.iter().map(|word| path(word)).collect();
    Ok(Rc::new(move |turn| Shot::get(Rc::clone(turn.pick(&paths)))))
}

pub fn timeline(scene: &Scene) -> Result<Shots, &'static str> {
    let path: Rc<str> = format!("/p/{}/timeline", scene.crowded_patient).into();
    Ok(Rc::new(move |_| Shot::get(Rc::clone(&path))))
}

pub fn inbox(_: &Scene) -> Result<Shots, &'static str> {
    let path: Rc<str> = "/inbox?queue=all".into();
    Ok(Rc::new(move |_| Shot::get(Rc::clone(&path))))
}
