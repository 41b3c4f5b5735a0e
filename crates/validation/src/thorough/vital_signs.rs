//! Vital signs (FHIR: Observation, section 10.1.5.1.2, Vital Signs): an Observation with one of these codes meets the
//! profile of its kind, whether it declares it or not.

use crate::place::Place;
use crate::profile::CORE;
use crate::walk::Walk;
use fhir::Element;

/// The codes of LOINC that make an Observation a vital sign, and the profile of each.
const PROFILES: [(&str, &str); 11] = [
    ("85353-1", "vitalspanel"),
    ("9279-1", "resprate"),
    ("8867-4", "heartrate"),
    ("2708-6", "oxygensat"),
    ("59408-5", "oxygensat"),
    ("8310-5", "bodytemp"),
    ("8302-2", "bodyheight"),
    ("9843-4", "headcircum"),
    ("29463-7", "bodyweight"),
    ("39156-5", "bmi"),
    ("85354-9", "bp"),
];

impl<'a> Walk<'a> {
    /// Holds an Observation against the profile of its code.
    pub(super) fn vital_signs(&mut self, observation: Element<'a>, place: &Place<'_>) {
        let codings = observation.child("code").into_iter().flat_map(|code| code.children_named("coding"));
        let mut nodes = codings.filter_map(|coding| coding.value);
        let found = nodes.find_map(|coding| {
            let code = coding
                .get_str("code")
                .filter(|_| coding.get_str("system").as_deref() == Some("http://loinc.org"))?;
            PROFILES.iter().find(|(known, _)| *known == code)
        });
        let Some((_, name)) = found else { return };
        if let Some(profile) = self.known.profile(&format!("{CORE}{name}"), self.ports) {
            self.profile(observation, &profile, place);
        }
    }
}
