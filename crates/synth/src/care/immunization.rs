//! Vaccines: the childhood schedule, yearly influenza, what grown-ups need, and refusals.

use super::visit::{Kind, Visit};
use crate::coding::{CVX, concept, hl7, object_of, quantity, reference};
use crate::content::{ScheduledDose, Vaccine, vaccine, vaccine_schedule};
use crate::date::Date;
use crate::foundation::site_reference;
use crate::random::{Random, hash_text, seed_of};
use fhir::{Object, array, object};

/// Gives what is due at a visit in person.
pub(crate) fn give_due(visit: &mut Visit) {
    if !visit.in_person() || matches!(visit.kind, Kind::Acute(_)) {
        return;
    }
    let mut given = Vec::new();
    if visit.age() < 19.0 {
        childhood(visit, &mut given);
    } else {
        adult(visit, &mut given);
    }
    seasonal(visit, &mut given);
    if !given.is_empty() {
        visit.note.plan(
            "Immunizations",
            format!("Gave {}. Information sheets provided, tolerated well.", given.join(", ")),
        );
    }
}

/// What someone got elsewhere before the first visit, as the parent's card or the state registry has it.
pub(crate) fn record_history(visit: &mut Visit) {
    if visit.chart.spares() {
        return;
    }
    let birth = visit.chart.person.birth;
    if visit.age() < 19.0 {
        for dose in vaccine_schedule() {
            let on = birth.plus_months(dose.earliest_months).plus_days(visit.chart.random.between(0, 20));
            if on.plus_days(20) < visit.date() {
                put(visit, product(dose, on), on, dose, false);
            }
        }
    } else if visit.chart.random.chance(0.6) {
        let on = visit.date().plus_days(-visit.chart.random.between(300, 3000)).max(birth.plus_months(132));
        put(visit, vaccine("tdap"), on, &ADULT_DOSE, false);
    }
}

const ADULT_DOSE: ScheduledDose =
    ScheduledDose { vaccine: "", dose: 1, earliest_months: 0, latest_months: 0, doses: 1 };

/// Pneumococcal vaccine changed from 13 to 20 valent in the middle of 2023.
fn product(dose: &ScheduledDose, on: Date) -> &'static Vaccine {
    match dose.vaccine {
        "pneumococcal_child" if on < Date::of(2023, 6, 22) => vaccine("pneumococcal_13"),
        "pneumococcal_child" => vaccine("pneumococcal_20"),
        key => vaccine(key),
    }
}

fn is_same_series(one: &Vaccine, other: &Vaccine) -> bool {
    one.key == other.key || (one.key.starts_with("pneumococcal") && other.key.starts_with("pneumococcal"))
}

fn count(visit: &Visit, one: &Vaccine) -> usize {
    visit.chart.doses.iter().filter(|(given, _)| is_same_series(given, one)).count()
}

fn last(visit: &Visit, one: &Vaccine) -> Option<Date> {
    visit.chart.doses.iter().filter(|(given, _)| is_same_series(given, one)).map(|(_, on)| *on).max()
}

/// Parents who refuse do so always.
fn refuses(visit: &Visit) -> bool {
    let person = &visit.chart.person;
    let household = u64::from(person.mother.unwrap_or(person.index));
    Random::new(&[visit.chart.practice.settings.seed, hash_text("refuses"), household]).chance(0.03)
}

fn childhood(visit: &mut Visit, given: &mut Vec<&'static str>) {
    let months = visit.date().age_months(visit.chart.person.birth);
    let mut today: Vec<&'static str> = Vec::new();
    for dose in vaccine_schedule() {
        let one = product(dose, visit.date());
        let next = count(visit, one) + 1 == dose.dose && !today.contains(&one.key);
        let spaced = last(visit, one).is_none_or(|before| visit.date().days() - before.days() >= 28);
        if next && spaced && (dose.earliest_months..=dose.latest_months).contains(&months) {
            today.push(one.key);
            let on = visit.date();
            let refused = refuses(visit);
            put(visit, one, on, dose, refused);
            if !refused {
                given.push(one.name);
            }
        }
    }
}

fn adult(visit: &mut Visit, given: &mut Vec<&'static str>) {
    let age = visit.age();
    let due = |visit: &Visit, key: &str, doses: usize, days: i32| {
        let one = vaccine(key);
        let rested = last(visit, one).is_none_or(|before| visit.date().days() - before.days() >= days);
        (count(visit, one) < doses && rested).then_some(one)
    };
    let mut wanted = Vec::new();
    if matches!(visit.kind, Kind::Wellness) {
        wanted.extend(due(visit, "tdap", 9, 3650));
    }
    if age >= 50.0 && visit.date() > Date::of(2018, 3, 1) {
        wanted.extend(due(visit, "zoster", 2, 60));
    }
    if age >= 65.0 {
        let key = if visit.date() < Date::of(2022, 1, 28) { "pneumococcal_13" } else { "pneumococcal_20" };
        wanted.extend(due(visit, key, 1, 0));
    }
    for one in wanted {
        offer(visit, one, 0.75, given);
    }
}

fn offer(visit: &mut Visit, one: &'static Vaccine, acceptance: f64, given: &mut Vec<&'static str>) {
    let on = visit.date();
    let refused = refuses(visit);
    if refused || visit.chart.random.chance(acceptance) {
        let dose = ScheduledDose {
            dose: count(visit, one) + 1,
            doses: if one.key == "zoster" { 2 } else { 1 },
            ..ADULT_DOSE
        };
        put(visit, one, on, &dose, refused);
        if !refused {
            given.push(one.name);
        }
    }
}

/// Influenza from September to March, COVID-19 since 2021.
fn seasonal(visit: &mut Visit, given: &mut Vec<&'static str>) {
    let on = visit.date();
    let months = on.age_months(visit.chart.person.birth);
    let month = on.month();
    if !(4..9).contains(&month) && months >= 6 {
        // Since the season of 2024 vaccines have three strains again.
        let key = if on < Date::of(2024, 8, 1) { "influenza" } else { "influenza_trivalent" };
        let one = vaccine(key);
        let this_season = visit
            .chart
            .doses
            .iter()
            .any(|(before, day)| before.name == one.name && on.days() - day.days() < 240);
        if !this_season {
            offer(visit, one, if visit.age() >= 65.0 { 0.7 } else { 0.42 }, given);
        }
    }
    let one = vaccine("covid");
    let rested = last(visit, one).is_none_or(|before| on.days() - before.days() > 300);
    if on > Date::of(2021, 3, 15) && months >= 144 && rested && count(visit, one) < 4 {
        offer(visit, one, 0.22, given);
    }
}

fn put(visit: &mut Visit, one: &'static Vaccine, on: Date, dose: &ScheduledDose, refused: bool) {
    let here = on == visit.date();
    let mut fields = Object::new();
    fields.set("status", if refused { "not-done" } else { "completed" });
    if refused {
        fields.set("statusReason", concept(&hl7("v3-ActReason"), "PATOBJ", "patient objection"));
    }
    fields.set("vaccineCode", concept(CVX, one.cvx, one.display));
    fields.set("patient", reference(&visit.chart.patient));
    if here {
        fields.set("encounter", reference(&visit.encounter));
        fields.set("occurrenceDateTime", visit.at.plus_minutes(15).to_string());
    } else {
        fields.set("occurrenceDateTime", on.to_string());
    }
    fields.set("recorded", visit.at.to_string());
    fields.set("primarySource", here);
    if !here {
        fields.set("reportOrigin", concept(&hl7("immunization-origin"), "record", "Written Record"));
    }
    if here && !refused {
        administration(visit, one, on, &mut fields);
    }
    if !refused {
        fields.set(
            "protocolApplied",
            array![object_of([
                ("doseNumberPositiveInt", fhir::Value::number(dose.dose.to_string())),
                ("seriesDosesPositiveInt", fhir::Value::number(dose.doses.max(dose.dose).to_string())),
            ])],
        );
        visit.chart.doses.push((one, on));
    }
    visit.chart.add("Immunization", Some("immunization"), fields);
}

fn administration(visit: &mut Visit, one: &Vaccine, on: Date, fields: &mut Object) {
    let site = crate::content::staff()[visit.chart.person.clinician].site;
    fields.set("location", site_reference(visit.chart.practice, site));
    fields.set("manufacturer", object! { "display" => one.manufacturer });
    // A lot lasts about three months.
    let lot = seed_of(&[hash_text(one.key), u64::try_from(on.days() / 90).unwrap_or(0)]);
    fields.set("lotNumber", format!("{}{:04}", one.lot_prefix, lot % 10_000));
    fields.set("expirationDate", Date::from_days(on.days() / 90 * 90).plus_days(540).to_string());
    if one.route != "PO" {
        let (code, display) = match (visit.age() < 1.5, visit.chart.random.chance(0.5)) {
            (true, true) => ("LT", "left thigh"),
            (true, false) => ("RT", "right thigh"),
            (false, true) => ("LA", "left arm"),
            (false, false) => ("RA", "right arm"),
        };
        fields.set("site", concept(&hl7("v3-ActSite"), code, display));
    }
    let (code, display) = match one.route {
        "PO" => ("PO", "Swallow, oral"),
        "SQ" => ("SQ", "Injection, subcutaneous"),
        _ => ("IM", "Injection, intramuscular"),
    };
    fields.set("route", concept(&hl7("v3-RouteOfAdministration"), code, display));
    fields.set("doseQuantity", quantity(one.millilitres.parse().unwrap_or(0.5), 1, "mL"));
    let nurse = crate::foundation::clinician_reference(visit.chart.practice, 8);
    let function = concept(&hl7("v2-0443"), "AP", "Administering Provider");
    fields.set("performer", array![object! { "function" => function, "actor" => nurse }]);
}
