//! Visits of people who are unwell.

use super::laboratory;
use super::observation::rapid_test;
use super::procedure::{Study, perform, study};
use super::treatment::{course, episode};
use super::visit::Visit;
use crate::content::{Complaint, complaints, diagnosis, drug};
use crate::people::{Person, Sex};
use crate::random::Random;

/// What someone of an age comes with.
pub(crate) fn complaint(random: &mut Random, person: &Person, age: f64) -> &'static Complaint {
    let weight = |one: &Complaint| {
        if one.women_only && person.sex == Sex::Male {
            0.0
        } else if age < 18.0 {
            one.weight_child
        } else {
            one.weight_adult
        }
    };
    &complaints()[random.weighted(complaints().iter().map(weight))]
}

/// Raises the temperature and the pulse before the vital signs are measured.
pub(crate) fn fall_ill(visit: &mut Visit, one: &Complaint) {
    if visit.chart.random.chance(one.fever) {
        let fever = visit.chart.random.normal(38.4, 0.4).max(37.8);
        visit.body.temperature = fever;
        visit.body.pulse += 12.0;
    }
}

/// Takes the history, tests, diagnoses and treats.
pub(crate) fn attend(visit: &mut Visit, one: &'static Complaint) {
    let days = visit.chart.random.between(1, (one.days_ill / 2).clamp(2, 9));
    let name = diagnosis(one.condition).name;
    visit.note.chief = name.to_owned();
    let count = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    visit.note.history.push(one.subjective.replace("{days} days", &count));
    visit.note.exam.push(one.exam.to_owned());
    // What happened today is told without a count of days.
    let days = if one.subjective.contains("{days}") { days } else { 0 };
    let onset = visit.date().plus_days(-days).max(visit.chart.person.birth);
    let ends = visit.date().plus_days(one.days_ill);
    let condition = episode(visit, one.condition, onset, ends);
    test(visit, one.test, &condition);
    visit.note.plan(name, one.plan);
    let chosen = if visit.age() < 12.0 { one.drug_child } else { one.drug_adult };
    if let Some(key) = chosen {
        let key = tolerated(visit, key);
        course(visit, key, &condition);
        visit.note.plan(name, format!("Prescribed {}.", drug(key).name));
    }
}

/// Another drug where an allergy forbids the first choice.
fn tolerated(visit: &Visit, key: &'static str) -> &'static str {
    let avoids = |what: &str| visit.chart.avoided.contains(&what);
    match key {
        "amoxicillin_suspension" if avoids("penicillin") => "azithromycin_suspension",
        "amoxicillin_500" | "cephalexin_500" if avoids("penicillin") => "azithromycin_250",
        "nitrofurantoin_100" if visit.body.get("egfr") < 35.0 && !avoids("sulfa") => {
            "trimethoprim_sulfamethoxazole"
        }
        "ibuprofen_600" | "naproxen_500"
            if visit.body.get("egfr") < 60.0 || visit.chart.takes("warfarin_5") =>
        {
            "acetaminophen_325"
        }
        other => other,
    }
}

const STREP: &str = "Streptococcus pyogenes Ag [Presence] in Throat by Rapid immunoassay";
const FLU: &str = "Influenza virus A Ag [Presence] in Upper respiratory specimen by Rapid immunoassay";
const COVID: &str = "SARS-CoV-2 (COVID-19) Ag [Presence] in Respiratory system specimen by Rapid immunoassay";
const NITRITE: &str = "Nitrite [Presence] in Urine by Test strip";
const ESTERASE: &str = "Leukocyte esterase [Presence] in Urine by Test strip";

fn test(visit: &mut Visit, test: Option<&str>, condition: &str) {
    let after_2020 = visit.date() > crate::date::Date::of(2020, 9, 1);
    match test {
        Some("strep") => rapid_test(visit, "78012-2", STREP, "Rapid strep", true),
        Some("flu") => rapid_test(visit, "80382-5", FLU, "Rapid influenza A", true),
        Some("covid") if after_2020 => rapid_test(visit, "94558-4", COVID, "COVID-19 antigen", false),
        Some("covid_positive") if after_2020 => rapid_test(visit, "94558-4", COVID, "COVID-19 antigen", true),
        Some("urine") => {
            let nitrite = visit.chart.random.chance(0.6);
            rapid_test(visit, "5802-4", NITRITE, "Urine nitrite", nitrite);
            rapid_test(visit, "5799-2", ESTERASE, "Leukocyte esterase", true);
        }
        Some("ankle") => study(
            visit,
            &Study {
                procedure: ("19490002", "Ankle X-ray"),
                report: ("24541-5", "XR Ankle Views"),
                section: "radiology",
                conclusion: "Soft tissue swelling laterally. No fracture or dislocation.",
            },
        ),
        Some("suture") => {
            perform(visit, "288086009", "Suture open wound", Some(condition));
        }
        _ => {}
    }
    if visit.age() > 60.0 && visit.body.temperature > 38.0 {
        laboratory::order(visit, "blood_count");
    }
}
