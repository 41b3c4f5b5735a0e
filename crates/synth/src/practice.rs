//! The practice: settings in, bundles out.

use crate::chart::bundle_of;
use crate::date::{Date, Moment};
use crate::people::Person;
use crate::random::{hash_text, seed_of};
use crate::{care, foundation, schedule};
use fhir::Value;

/// What a practice is made from. The same settings give the same bytes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names the practice: another seed, other people.
    pub seed: u64,
    /// How many patients there are.
    pub patients: u32,
    /// The day on which the history ends: nothing but goals and appointments lies after it. Ages count from it, so a
    /// practice that was loaded once keeps this day; [`Practice::schedule`] has a `now` of its own.
    pub today: Date,
    /// The longest time that a patient has been with the practice, in years.
    pub years_of_history: u32,
    /// About how many resources a patient has on average; `None` for what the visits of such a practice give.
    pub resources_per_patient: Option<u32>,
}

impl Settings {
    /// The demo: 500 patients and ten years.
    pub fn demo(today: Date) -> Self {
        Self { seed: 1, patients: 500, today, years_of_history: 10, resources_per_patient: None }
    }
}

/// A whole synthetic practice. Makes its parts on demand and keeps none of them.
#[derive(Clone, Debug)]
pub struct Practice {
    pub(crate) settings: Settings,
}

/// Average number of resources of a patient by pace, measured over ten years of history; a test holds it near the
/// truth. Pace 1 is how often people come by themselves.
const RESOURCES_AT_PACE: [(f64, f64); 6] =
    [(0.01, 31.3), (0.1, 37.1), (0.3, 52.6), (1.0, 144.0), (3.0, 268.0), (24.0, 1297.0)];

impl Practice {
    /// A practice of these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Organisations, sites with rooms, staff with roles, services, schedules and questionnaires: one transaction
    /// Bundle, to load before any patient.
    pub fn foundation(&self) -> Value {
        bundle_of(foundation::resources(self))
    }

    /// One transaction Bundle a patient, in order. Every entry is a `PUT` of an id made from the seed.
    pub fn patients(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.settings.patients).map(|index| self.patient(index))
    }

    /// The Bundle of one patient by position, made without the others.
    ///
    /// A child's Bundle points at the Patient of its mother, who stands a few places before it.
    pub fn patient(&self, index: u32) -> Value {
        bundle_of(care::history(self, &Person::of(self, index), self.visit_pace(), usize::MAX))
    }

    /// The id of the Patient resource by position.
    pub fn patient_id(&self, index: u32) -> String {
        self.id("Patient", u64::from(index))
    }

    /// One patient with about 5,000 resources: an old person with many diseases seen every few days. The position is
    /// the last of all, so it is the same person however many patients there are.
    pub fn crowded_patient(&self) -> Value {
        let person = Person::crowded(self);
        bundle_of(care::history(self, &person, 24.0, 5_000))
    }

    /// The id of the Patient resource in [`Practice::crowded_patient`].
    pub fn crowded_patient_id(&self) -> String {
        self.patient_id(Person::CROWDED)
    }

    /// Slots, appointments and the encounters that came of them, for each working day from a day to another (both
    /// included): one transaction Bundle a day.
    ///
    /// Depends on the day and `now` alone, and ids stay: generate a day again when time has passed and `PUT` it over
    /// the old one. Days before `now` are fulfilled, missed or cancelled; today has people arrived and in rooms;
    /// later days fill up as they come nearer.
    pub fn schedule(&self, from: Date, to: Date, now: Moment) -> Vec<Value> {
        (from.days()..=to.days())
            .map(Date::from_days)
            .filter(|day| day.weekday() < 5)
            .map(|day| bundle_of(schedule::day(self, day, now)))
            .collect()
    }

    /// How much more often than by themselves people come, and when below 1 for how much shorter a time (each by its
    /// square root).
    pub(crate) fn pace(&self) -> f64 {
        let Some(wanted) = self.settings.resources_per_patient.map(f64::from) else { return 1.0 };
        let after = RESOURCES_AT_PACE.iter().position(|(_, count)| *count >= wanted).unwrap_or(5).max(1);
        let ((low, few), (high, many)) = (RESOURCES_AT_PACE[after - 1], RESOURCES_AT_PACE[after]);
        (low + (high - low) * (wanted - few) / (many - few)).clamp(RESOURCES_AT_PACE[0].0, 24.0)
    }

    /// The part of the pace that is how often.
    fn visit_pace(&self) -> f64 {
        let pace = self.pace();
        if pace < 1.0 { pace.sqrt() } else { pace }
    }

    /// The id of a thing: a UUID (version 8) of the seed, the type and a number.
    pub(crate) fn id(&self, type_name: &str, number: u64) -> String {
        uuid_text(seed_of(&[self.settings.seed, hash_text(type_name), number]), number)
    }

    /// `Type/id` of a thing.
    pub(crate) fn reference(&self, type_name: &str, number: u64) -> String {
        format!("{type_name}/{}", self.id(type_name, number))
    }
}

/// A UUID (version 8, RFC 9562) from a seed.
fn uuid_text(seed: u64, salt: u64) -> String {
    let (high, low) = (seed_of(&[seed, salt, 1]), seed_of(&[seed, salt, 2]));
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        0x8000 | (low >> 48) & 0x3FFF,
        low & 0xFFFF_FFFF_FFFF
    )
}
