//! Who gets what: prevalence by age, sex, weight and smoking.

use super::Disease;
use super::airways::Airways;
use super::atrial_fibrillation::AtrialFibrillation;
use super::diabetes::Diabetes;
use super::heart_failure::HeartFailure;
use super::hyperlipidemia::Hyperlipidemia;
use super::hypertension::Hypertension;
use super::hypothyroidism::Hypothyroidism;
use super::kidney::KidneyDisease;
use super::mood::Mood;
use super::steady::Steady;
use crate::care::{Constitution, Smoking};
use crate::date::Date;
use crate::people::{Person, Sex};
use crate::random::{Random, hash_text, whole};

/// Prevalence of a disease by age band: ages from which a share holds.
struct Prevalence {
    key: &'static str,
    bands: &'static [(i32, f64)],
}

/// Rounded from national surveys; the tail of the practice, not of a hospital.
const PREVALENCE: [Prevalence; 17] = [
    Prevalence { key: "hypertension", bands: &[(22, 0.07), (40, 0.28), (55, 0.48), (65, 0.62)] },
    Prevalence { key: "diabetes", bands: &[(32, 0.05), (45, 0.11), (60, 0.19)] },
    Prevalence { key: "prediabetes", bands: &[(30, 0.08), (45, 0.16)] },
    Prevalence { key: "hyperlipidemia", bands: &[(30, 0.12), (45, 0.32), (60, 0.48)] },
    Prevalence { key: "kidney_disease_3", bands: &[(50, 0.05), (65, 0.15), (78, 0.25)] },
    Prevalence { key: "asthma", bands: &[(4, 0.09)] },
    Prevalence { key: "copd", bands: &[(50, 0.08), (65, 0.12)] },
    Prevalence { key: "depression", bands: &[(13, 0.10), (20, 0.13), (65, 0.09)] },
    Prevalence { key: "anxiety", bands: &[(13, 0.09), (20, 0.11), (65, 0.06)] },
    Prevalence { key: "hypothyroidism", bands: &[(25, 0.03), (50, 0.08)] },
    Prevalence { key: "atrial_fibrillation", bands: &[(60, 0.04), (70, 0.09), (80, 0.18)] },
    Prevalence { key: "heart_failure", bands: &[(60, 0.03), (70, 0.07), (80, 0.13)] },
    Prevalence { key: "osteoarthritis", bands: &[(50, 0.15), (65, 0.30)] },
    Prevalence { key: "reflux", bands: &[(25, 0.07), (45, 0.16)] },
    Prevalence { key: "gout", bands: &[(45, 0.04)] },
    Prevalence { key: "osteoporosis", bands: &[(65, 0.12)] },
    Prevalence { key: "allergic_rhinitis", bands: &[(5, 0.11)] },
];

/// The diseases of a person that have begun before the end. A crowded chart has a fixed list.
pub(crate) fn draw(
    person: &Person,
    constitution: &Constitution,
    end: Date,
    crowded: bool,
) -> Vec<Box<dyn Disease>> {
    let mut random = Random::new(&[person.seed, hash_text("diseases")]);
    let mut all: Vec<Box<dyn Disease>> = Vec::new();
    let mut keys = Vec::new();
    for one in &PREVALENCE {
        let share = share(one, person, constitution, end)
            * if keys.contains(&"diabetes") { shared_cause(one.key) } else { 1.0 };
        let always = crowded && !["prediabetes", "gout", "asthma", "osteoporosis"].contains(&one.key);
        let has = random.chance(share.min(0.9)) && !(one.key == "prediabetes" && keys.contains(&"diabetes"));
        let onset = onset(&mut random, one, person, end, crowded);
        if has || always {
            keys.push(one.key);
            all.extend(disease(one.key, onset, crowded, &mut random));
        }
    }
    let age = person.age(end);
    if age >= 20 && constitution.bmi >= 30.0 {
        all.extend(steady("obesity", person.joined));
    }
    if (7..22).contains(&age) && random.chance(0.08) {
        let from = person.birth.plus_months(12 * 7);
        all.extend(steady("attention_deficit", from));
    }
    if person.sex == Sex::Female && (16..50).contains(&age) && random.chance(0.06) {
        let began = end.plus_days(-random.between(60, 1200));
        all.extend(steady("iron_deficiency", began));
    }
    all
}

fn steady(key: &str, onset: Date) -> Option<Box<dyn Disease>> {
    Steady::new(key, onset).map(|one| Box::new(one) as Box<dyn Disease>)
}

/// Diseases that diabetes makes more likely.
fn shared_cause(key: &str) -> f64 {
    match key {
        "kidney_disease_3" => 2.2,
        "hyperlipidemia" => 1.7,
        "heart_failure" => 1.5,
        _ => 1.0,
    }
}

fn share(one: &Prevalence, person: &Person, constitution: &Constitution, end: Date) -> f64 {
    let age = person.age(end);
    let base = one.bands.iter().rev().find(|(from, _)| age >= *from).map_or(0.0, |band| band.1);
    let heavy = constitution.bmi >= 30.0;
    let female = person.sex == Sex::Female;
    let factor = match one.key {
        "diabetes" | "prediabetes" if heavy => 1.6,
        "diabetes" | "prediabetes" => 0.7,
        "hypertension" | "reflux" | "osteoarthritis" if heavy => 1.3,
        "copd" => match constitution.smoking {
            Smoking::Never => 0.1,
            Smoking::Former => 1.8,
            Smoking::Daily | Smoking::SomeDays => 3.0,
        },
        "depression" | "anxiety" | "hypothyroidism" if female => 1.4,
        "depression" | "anxiety" => 0.7,
        "hypothyroidism" => 0.3,
        "osteoporosis" => {
            if female {
                1.6
            } else {
                0.2
            }
        }
        "gout" => {
            if female {
                0.3
            } else {
                1.4
            }
        }
        _ => 1.0,
    };
    base * factor
}

/// Some time between the age from which the disease is seen and the end, not more than 14 years before it.
fn onset(random: &mut Random, one: &Prevalence, person: &Person, end: Date, crowded: bool) -> Date {
    let earliest = person.birth.plus_months(12 * one.bands[0].0);
    let room = end.years_since(earliest).clamp(0.0, if crowded { 18.0 } else { 14.0 });
    let share = if crowded { 0.7 + 0.3 * random.unit() } else { random.unit() };
    end.plus_days(-whole(room * share * 365.0))
}

fn disease(key: &'static str, onset: Date, crowded: bool, random: &mut Random) -> Option<Box<dyn Disease>> {
    Some(match key {
        "hypertension" => {
            let severity = random.normal(26.0, 8.0).max(14.0);
            Box::new(Hypertension::new(onset, severity, random.chance(0.75), random.chance(0.5)))
        }
        "diabetes" => Box::new(Diabetes::new(onset, random)),
        "hyperlipidemia" => Box::new(Hyperlipidemia::new(
            onset,
            random.normal(42.0, 14.0).max(15.0),
            random.normal(0.85, 0.15).clamp(0.2, 1.0),
        )),
        "kidney_disease_3" => Box::new(KidneyDisease::new(onset, random.normal(1.6, 0.9).max(0.3))),
        "asthma" => Box::new(Airways::asthma(onset, random.chance(0.4))),
        "copd" => Box::new(Airways::copd(onset, random.chance(0.6))),
        "depression" => Box::new(Mood::depression(
            onset,
            random.normal(14.0, 4.0).clamp(7.0, 24.0),
            random.normal(3.0, 0.8).max(1.2),
        )),
        "anxiety" => Box::new(Mood::anxiety(
            onset,
            random.normal(11.0, 3.5).clamp(5.0, 19.0),
            random.normal(3.5, 0.8).max(1.2),
        )),
        "hypothyroidism" => Box::new(Hypothyroidism::new(onset, random.normal(8.5, 3.0).max(4.0))),
        "atrial_fibrillation" => {
            Box::new(AtrialFibrillation::new(onset, crowded || random.chance(0.3), random.unit()))
        }
        "heart_failure" => Box::new(HeartFailure::new(onset, random.normal(1.0, 0.3).max(0.4))),
        other => return steady(other, onset),
    })
}
