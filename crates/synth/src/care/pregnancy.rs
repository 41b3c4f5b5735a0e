//! Pregnancy: prenatal visits, their tests, the birth and the visit after it.

use super::laboratory;
use super::observation;
use super::procedure::{Study, study};
use super::treatment::{diagnose, stop};
use super::visit::Visit;
use crate::date::Date;

/// Weeks at which a pregnant woman is seen.
pub(crate) const WEEKS: [i32; 11] = [9, 13, 17, 20, 24, 28, 31, 34, 36, 38, 39];
/// Drugs that are not taken in pregnancy.
const HARMFUL: [&str; 6] = [
    "lisinopril_10",
    "losartan_50",
    "chlorthalidone_25",
    "hydrochlorothiazide_25",
    "atorvastatin_20",
    "atorvastatin_80",
];
/// Week of the birth.
const BIRTH_WEEK: i32 = 40;

/// A pregnancy, by the first day of the last period.
#[derive(Clone, Copy)]
pub(crate) struct Pregnancy {
    pub began: Date,
}

impl Pregnancy {
    /// The pregnancy of a child that was born on a day.
    pub(crate) fn of_child(birth: Date) -> Self {
        Self { began: birth.plus_days(-7 * BIRTH_WEEK) }
    }

    /// The day of the birth.
    pub(crate) fn birth(self) -> Date {
        self.began.plus_days(7 * BIRTH_WEEK)
    }

    /// The day of a week.
    pub(crate) fn week(self, week: i32) -> Date {
        self.began.plus_days(7 * week).on_weekday()
    }

    /// What the body shows in a week.
    pub(crate) fn affect(self, visit: &mut Visit) {
        let weeks = f64::from((visit.date().days() - self.began.days()) / 7);
        if (0.0..41.0).contains(&weeks) {
            visit.body.weight += 0.3 * (weeks - 8.0).max(0.0);
            visit.body.pulse += 0.25 * weeks;
            visit.body.diastolic -= 3.0;
            visit.body.shift("hemoglobin", -0.03 * weeks);
        }
    }

    /// A prenatal visit.
    pub(crate) fn attend(self, visit: &mut Visit, week: i32) {
        visit.note.chief = format!("Prenatal visit at {week} weeks");
        diagnose(visit, "pregnancy", self.began.plus_days(14));
        let due = self.birth();
        visit.note.history.push(if week < 20 {
            "Some nausea, no bleeding.".into()
        } else {
            "Feels the baby move. No bleeding, leaking or contractions.".to_owned()
        });
        let heart = visit.chart.random.between(130, 155);
        visit.note.exam.push(format!("Fundal height {week} cm, fetal heart rate {heart}."));
        visit.note.plan("Pregnancy", format!("{week} weeks, due {due}. Prenatal vitamin continued."));
        match week {
            9 => {
                for drug in HARMFUL {
                    stop(visit, drug, "Pregnant");
                }
                observation::pregnant(visit);
                laboratory::order(visit, "blood_count");
                visit.note.plan("Pregnancy", "First trimester laboratory work drawn.");
            }
            20 => study(
                visit,
                &Study {
                    procedure: ("271442007", "Fetal anatomy study"),
                    report: ("11525-3", "US Pelvis and Fetus for pregnancy"),
                    section: "radiology",
                    conclusion: "Single live intrauterine pregnancy, normal anatomy, size equals dates, placenta posterior.",
                },
            ),
            28 => {
                laboratory::order(visit, "gestational_glucose");
                laboratory::order(visit, "blood_count");
                if visit.result("gestational_glucose").is_some_and(|glucose| glucose >= 140.0) {
                    visit.note.plan("Pregnancy", "Glucose challenge high: three-hour test ordered.");
                }
            }
            _ => {}
        }
    }

    /// The visit six weeks after the birth.
    pub(crate) fn attend_after(self, visit: &mut Visit) {
        visit.note.chief = "Postpartum visit".into();
        visit
            .note
            .history
            .push(format!("Gave birth on {}. Bleeding has stopped, sleeping in stretches.", self.birth()));
        visit.note.exam.push("Uterus involuted, perineum healed.".into());
        if let Some(condition) = visit.chart.problem("pregnancy") {
            visit.address("pregnancy", &condition);
            super::procedure::past(visit, "66348005", "Childbirth", self.birth());
        }
        visit.chart.resolve("pregnancy", self.birth());
        let truth = visit.body.depression;
        let total = observation::survey(visit, &crate::questionnaire::PHQ_9, truth);
        visit
            .note
            .plan("Postpartum care", format!("Recovering well. PHQ-9 is {total}. Contraception discussed."));
    }
}
