//! Well child care: the ages at which it takes place, and what is said there.

use super::laboratory;
use super::visit::Visit;

/// Months of age at which children are seen (Bright Futures periodicity); yearly from three on.
const MONTHS: [i32; 12] = [0, 1, 2, 4, 6, 9, 12, 15, 18, 24, 30, 36];

/// Months from one age in months to the next visit.
pub(crate) fn months_to_next(age_months: i32) -> i32 {
    MONTHS.iter().find(|at| **at > age_months).map_or(12, |at| at - age_months)
}

/// Milestones by the age in months from which they are expected.
const MILESTONES: [(i32, &str); 9] = [
    (0, "Feeding well every 2 to 3 hours, regains birth weight."),
    (2, "Smiles responsively and lifts head when prone."),
    (6, "Sits with support, babbles, reaches for objects. Started solids."),
    (9, "Crawls and pulls to stand, says mama and dada without meaning."),
    (12, "Takes first steps, uses a pincer grasp, says one to three words."),
    (18, "Runs, uses about 15 words, points to show interest."),
    (24, "Two-word phrases, kicks a ball, plays beside other children."),
    (48, "Speaks in sentences, hops on one foot, draws a person."),
    (72, "Doing well in school, sleeps 9 to 10 hours, active every day."),
];

/// History, examination and guidance of a well child visit.
pub(crate) fn attend(visit: &mut Visit) {
    let months = visit.date().age_months(visit.chart.person.birth);
    visit.note.chief = "Well child visit".into();
    let milestone = MILESTONES.iter().rev().find(|(from, _)| *from <= months).map_or("", |found| found.1);
    visit.note.history.push(milestone.to_owned());
    visit
        .note
        .exam
        .push("Alert and well appearing. Heart regular without murmur, lungs clear, abdomen soft.".into());
    visit.note.plan("Well child", "Growth and development on track. Anticipatory guidance for age given.");
    if (12..15).contains(&months) || (24..27).contains(&months) {
        laboratory::order(visit, "lead");
        if months < 15 {
            laboratory::order(visit, "hemoglobin");
        }
    }
}
