//! Codes of one system as codes of another: `ConceptMap/$translate`
//! (<https://hl7.org/fhir/R4/conceptmap-operation-translate.html>).

use crate::concept_map::{ConceptMap, MapGroup, MapTarget, Unmapped};
use crate::error::Error;
use crate::terminology::Terminology;
use std::sync::Arc;

/// How many maps may hand a code on to the next.
const MAPS_MAX: usize = 8;

/// What is to be translated.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TranslateRequest {
    /// The map by its canonical; without it every map that fits is used.
    pub map: Option<String>,
    /// System of the code.
    pub system: String,
    /// The code.
    pub code: String,
    /// Value set that the map must be from.
    pub source: Option<String>,
    /// Value set that the map must be into.
    pub target: Option<String>,
    /// Code system that is translated into.
    pub target_system: Option<String>,
    /// From the map's target to its source.
    pub reverse: bool,
}

/// A code that another is translated into.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Translation {
    /// Its system.
    pub system: String,
    /// The code.
    pub code: String,
    /// Its display.
    pub display: String,
    /// How close it is, such as `equivalent`.
    pub equivalence: String,
    /// The map that says so, with its version.
    pub map: String,
}

impl Translation {
    /// True when the code may be used for the other: neither unmatched nor disjoint.
    pub fn is_match(&self) -> bool {
        !matches!(self.equivalence.as_str(), "unmatched" | "disjoint")
    }
}

impl Terminology {
    /// Translates a code. Empty when no map has anything for it.
    ///
    /// # Errors
    /// When the map that is asked for is not here.
    pub fn translate(&self, request: &TranslateRequest) -> Result<Vec<Translation>, Error> {
        let maps = match &request.map {
            Some(canonical) => {
                let map = self.concept_map(canonical);
                vec![map.ok_or_else(|| Error::ConceptMapNotFound(canonical.clone()))?]
            }
            None => self.concept_map_urls().iter().filter_map(|url| self.concept_map(url)).collect(),
        };
        let mut found: Vec<Translation> = Vec::new();
        for map in maps {
            for translation in self.through(&map, request, MAPS_MAX) {
                if !found.contains(&translation) {
                    found.push(translation);
                }
            }
        }
        Ok(found)
    }

    fn through(
        &self,
        map: &Arc<ConceptMap>,
        request: &TranslateRequest,
        maps_left: usize,
    ) -> Vec<Translation> {
        let is_right = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|url| url == own);
        let (from, into) =
            if request.reverse { (&map.target, &map.source) } else { (&map.source, &map.target) };
        if !is_right(&request.source, from) || !is_right(&request.target, into) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for group in &map.groups {
            let (from, into) =
                if request.reverse { (&group.target, &group.source) } else { (&group.source, &group.target) };
            if *from != request.system || !is_right(&request.target_system, into) {
                continue;
            }
            if request.reverse {
                found.extend(backward(map, group, &request.code));
            } else {
                found.extend(self.forward(map, group, request, maps_left));
            }
        }
        found
    }

    fn forward(
        &self,
        map: &ConceptMap,
        group: &MapGroup,
        request: &TranslateRequest,
        maps_left: usize,
    ) -> Vec<Translation> {
        let elements: Vec<_> = group.elements.iter().filter(|element| element.code == request.code).collect();
        if !elements.is_empty() {
            let targets = elements.iter().flat_map(|element| &element.targets);
            return targets.map(|target| translation(map, &group.target, target)).collect();
        }
        let fixed = |code: &str, display: &str, equivalence: &str| MapTarget {
            code: code.to_owned(),
            display: display.to_owned(),
            equivalence: equivalence.to_owned(),
            comment: String::new(),
        };
        match &group.unmapped {
            None => Vec::new(),
            Some(Unmapped::Provided) => {
                vec![translation(map, &group.target, &fixed(&request.code, "", "equivalent"))]
            }
            Some(Unmapped::Fixed(code, display)) => {
                vec![translation(map, &group.target, &fixed(code, display, "relatedto"))]
            }
            Some(Unmapped::OtherMap(url)) if maps_left > 0 => {
                let other = self.concept_map(url);
                other.map_or_else(Vec::new, |other| self.through(&other, request, maps_left - 1))
            }
            Some(Unmapped::OtherMap(_)) => Vec::new(),
        }
    }
}

fn translation(map: &ConceptMap, system: &str, target: &MapTarget) -> Translation {
    Translation {
        system: system.to_owned(),
        code: target.code.clone(),
        display: target.display.clone(),
        equivalence: target.equivalence.clone(),
        map: if map.version.is_empty() { map.url.clone() } else { format!("{}|{}", map.url, map.version) },
    }
}

/// Equivalences read from the target's side; those not listed are the same from both sides.
const REVERSED: [(&str, &str); 4] =
    [("wider", "narrower"), ("narrower", "wider"), ("subsumes", "specializes"), ("specializes", "subsumes")];

fn backward(map: &ConceptMap, group: &MapGroup, code: &str) -> Vec<Translation> {
    let mut found = Vec::new();
    for element in &group.elements {
        for target in element.targets.iter().filter(|target| target.code == code) {
            let reversed = REVERSED.iter().find(|(forward, _)| *forward == target.equivalence);
            let equivalence = reversed.map_or(target.equivalence.as_str(), |(_, backward)| backward);
            let source = MapTarget {
                code: element.code.clone(),
                equivalence: equivalence.to_owned(),
                ..MapTarget::default()
            };
            found.push(translation(map, &group.source, &source));
        }
    }
    found
}
