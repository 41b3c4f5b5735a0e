//! The appointment book: slots of a day, who holds them, and what became of it by now.

use crate::chart::resource;
use crate::coding::{SNOMED, coding, concept, hl7, named_reference, period, reference, words};
use crate::content::Staff;
use crate::date::{Date, Moment};
use crate::foundation::{NAME, clinician_reference, clinicians, room_number, site_reference};
use crate::people::Person;
use crate::practice::Practice;
use crate::random::{Random, hash_text};
use fhir::{Object, Value, array, object};

/// Minutes of a slot.
const LENGTH: i32 = 20;

/// What a visit is booked for: words, service type (SNOMED CT) and display, share.
const REASONS: [(&str, (&str, &str), f64); 8] = [
    ("Follow-up of chronic conditions", ("390906007", "Follow-up encounter"), 5.0),
    ("Annual wellness visit", ("162673000", "General examination of patient"), 3.0),
    ("Cough and cold symptoms", ("185345009", "Encounter for symptom"), 2.0),
    ("Back or joint pain", ("185345009", "Encounter for symptom"), 1.5),
    ("Medication review", ("390906007", "Follow-up encounter"), 1.5),
    ("Rash", ("185345009", "Encounter for symptom"), 0.7),
    ("Blood pressure check", ("390906007", "Follow-up encounter"), 1.0),
    ("Results review by video", ("448337001", "Telemedicine consultation with patient"), 1.0),
];

/// A slot of the book with all that was drawn for it, booked or not.
struct Entry {
    start: Moment,
    position: usize,
    number: u64,
    patient: u32,
    reason: usize,
    /// From 0 to 1: the slot is taken when the day is fuller than this.
    popularity: f64,
    /// From 0 to 1: what becomes of it.
    fate: f64,
}

/// The resources of a day.
pub(crate) fn day(practice: &Practice, day: Date, now: Moment) -> Vec<Value> {
    let mut all = Vec::new();
    let mut seen_today = Vec::new();
    for (position, one) in clinicians() {
        for entry in entries(practice, day, position, &mut seen_today) {
            write(practice, one, &entry, now, &mut all);
        }
    }
    all
}

/// The slots of a clinician: 8 to 12 and 13 to 17 o'clock.
fn entries(practice: &Practice, day: Date, position: usize, seen_today: &mut Vec<u32>) -> Vec<Entry> {
    let day_number = u64::from(day.days().unsigned_abs());
    (8 * 60..17 * 60_i32)
        .step_by(20)
        .filter(|minute| !(12 * 60..13 * 60).contains(minute))
        .map(|minute| {
            let number = day_number << 24 | (position as u64) << 12 | u64::from(minute.unsigned_abs());
            let mut random = Random::new(&[practice.settings.seed, hash_text("slot"), number]);
            let patient = patient_of(practice, position, day, &mut random, seen_today);
            seen_today.push(patient);
            Entry {
                start: Moment { date: day, minute },
                position,
                number,
                patient,
                reason: random.weighted(REASONS.iter().map(|reason| reason.2)),
                popularity: random.unit(),
                fate: random.unit(),
            }
        })
        .collect()
}

/// Someone whom the clinician looks after, if a few draws find one.
fn patient_of(practice: &Practice, position: usize, day: Date, random: &mut Random, seen: &[u32]) -> u32 {
    let count = practice.settings.patients.max(1) as usize;
    let mut draw = || u32::try_from(random.below(count)).unwrap_or(0);
    let mut fallback = draw();
    for _ in 0..40 {
        let index = draw();
        let person = Person::of(practice, index);
        let alive = person.deceased.is_none_or(|death| death > day) && person.birth < day;
        if alive && !seen.contains(&index) {
            fallback = index;
            if person.clinician == position {
                break;
            }
        }
    }
    fallback
}

/// How full a day is, seen from so many days before it. A practice with few patients has gaps: nobody comes twice a
/// week so that the book is full.
fn fullness(days_ahead: i32, patients: u32) -> f64 {
    /// From so many patients on, the clinicians' days are full.
    const FULL: f64 = 1600.0;
    let demand = (f64::from(patients) / FULL).clamp(0.3, 1.0);
    demand
        * match days_ahead {
            ..=0 => 0.88,
            ahead => 0.15 + 0.68 * (-f64::from(ahead) / 14.0).exp(),
        }
}

fn write(practice: &Practice, one: &Staff, entry: &Entry, now: Moment, all: &mut Vec<Value>) {
    let ahead = entry.start.date.days() - now.date.days();
    let alive = Person::of(practice, entry.patient).deceased.is_none_or(|death| death > entry.start.date);
    let taken = entry.popularity < fullness(ahead, practice.settings.patients) && alive;
    let status = if taken { status(entry, now) } else { "" };
    let is_free = !taken || status == "cancelled";
    let slot = practice.id("Slot", entry.number);
    let mut fields = Object::new();
    fields.set("schedule", reference(&practice.reference("Schedule", entry.position as u64)));
    fields.set("status", if is_free { "free" } else { "busy" });
    fields.set("start", entry.start.to_string());
    fields.set("end", entry.start.plus_minutes(LENGTH).to_string());
    all.push(resource("Slot", &slot, None, fields));
    if !taken {
        return;
    }
    all.push(appointment(practice, one, entry, status, &slot));
    let encounter_status = match status {
        "fulfilled" => "finished",
        "arrived" if now >= entry.start => "in-progress",
        "arrived" => "arrived",
        _ => return,
    };
    all.push(encounter(practice, one, entry, encounter_status));
}

/// The status by now (AppointmentStatus).
fn status(entry: &Entry, now: Moment) -> &'static str {
    let end = entry.start.plus_minutes(LENGTH);
    match entry.fate {
        fate if fate < 0.05 && now >= entry.start => "noshow",
        fate if (0.05..0.11).contains(&fate) => "cancelled",
        _ if now >= end => "fulfilled",
        _ if now >= entry.start => "arrived",
        fate if now.plus_minutes(8) >= entry.start && fate < 0.6 => "arrived",
        fate if now.plus_minutes(18) >= entry.start && fate < 0.8 => "checked-in",
        fate if fate > 0.97 => "pending",
        _ => "booked",
    }
}

fn is_video(entry: &Entry) -> bool {
    REASONS[entry.reason].1.0 == "448337001"
}

fn appointment(practice: &Practice, one: &Staff, entry: &Entry, status: &str, slot: &str) -> Value {
    let (words_of, (code, display), _) = REASONS[entry.reason];
    let person = Person::of(practice, entry.patient);
    let patient = practice.reference("Patient", u64::from(entry.patient));
    let accepted = if status == "pending" { "needs-action" } else { "accepted" };
    let taker = |actor: Value| object! { "actor" => actor, "required" => "required", "status" => accepted };
    let booked = entry.start.plus_minutes(-1440 * (1 + i32::try_from(entry.number % 20).unwrap_or(0)));
    let mut fields = Object::new();
    fields.set("status", status);
    if status == "cancelled" {
        fields.set("cancelationReason", concept(&hl7("appointment-cancellation-reason"), "pat", "Patient"));
    }
    fields.set("serviceType", array![concept(SNOMED, code, display)]);
    let kind = if entry.reason == 1 {
        ("CHECKUP", "A routine check-up, such as an annual physical")
    } else {
        ("ROUTINE", "Routine appointment - default if not valued")
    };
    fields.set("appointmentType", concept(&hl7("v2-0276"), kind.0, kind.1));
    fields.set("reasonCode", array![words(words_of)]);
    fields.set("description", words_of);
    fields.set("start", entry.start.to_string());
    fields.set("end", entry.start.plus_minutes(LENGTH).to_string());
    fields.set("minutesDuration", i64::from(LENGTH));
    fields.set("slot", array![reference(&format!("Slot/{slot}"))]);
    fields.set("created", booked.date.to_string());
    fields.set(
        "participant",
        array![
            taker(named_reference(&patient, &person.full_name())),
            taker(clinician_reference(practice, entry.position)),
            taker(site_reference(practice, one.site)),
        ],
    );
    resource("Appointment", &practice.id("Appointment", entry.number), None, fields)
}

fn encounter(practice: &Practice, one: &Staff, entry: &Entry, status: &str) -> Value {
    let (reason, (code, display), _) = REASONS[entry.reason];
    let class = if is_video(entry) { ("VR", "virtual") } else { ("AMB", "ambulatory") };
    let end = entry.start.plus_minutes(LENGTH - 2);
    let began = if status == "finished" { entry.start } else { entry.start.plus_minutes(-6) };
    let times = if status == "finished" { period(&began, Some(&end)) } else { period(&began, None) };
    let mut fields = Object::new();
    fields.set("status", status);
    fields.set("class", coding(&hl7("v3-ActCode"), class.0, class.1));
    fields.set("type", array![concept(SNOMED, code, display)]);
    fields.set("subject", reference(&practice.reference("Patient", u64::from(entry.patient))));
    fields.set(
        "participant",
        array![object! {
            "type" => array![concept(&hl7("v3-ParticipationType"), "PPRF", "primary performer")],
            "individual" => clinician_reference(practice, entry.position),
        }],
    );
    fields.set("appointment", array![reference(&practice.reference("Appointment", entry.number))]);
    fields.set("period", times);
    fields.set("reasonCode", array![words(reason)]);
    if !is_video(entry) {
        let room = usize::try_from(entry.number % 5).unwrap_or(0);
        let room = practice.reference("Location", room_number(one.site, room));
        let mut locations = vec![object! { "location" => site_reference(practice, one.site) }];
        if status != "arrived" {
            let state = if status == "finished" { "completed" } else { "active" };
            locations.push(object! { "location" => reference(&room), "status" => state });
        }
        fields.set("location", locations);
    }
    fields.set("serviceProvider", named_reference(&practice.reference("Organization", 0), NAME));
    resource("Encounter", &practice.id("Encounter", entry.number | 1 << 62), Some("encounter"), fields)
}
