//! Preventive care of grown-ups: cancer screening, lipids and glucose, depression, tobacco.

use super::body::{Constitution, Smoking};
use super::laboratory;
use super::observation;
use super::procedure::{Study, study};
use super::visit::{Kind, Visit};
use crate::date::Date;
use crate::people::Sex;
use crate::questionnaire::PHQ_9;

/// When each screening was last done.
#[derive(Default)]
pub(crate) struct Screening {
    done: Vec<(&'static str, Date)>,
}

impl Screening {
    /// Does what is due at a check-up.
    pub(crate) fn attend(&mut self, visit: &mut Visit, constitution: &Constitution) {
        if !matches!(visit.kind, Kind::Wellness) {
            return;
        }
        if visit.age() >= 13.0 {
            tobacco(visit, constitution);
            self.depression(visit);
        }
        if visit.age() >= 18.0 {
            self.blood(visit);
            self.cancer(visit);
        }
    }

    /// True, and remembered, when so many years have gone by since the last time.
    fn due(&mut self, visit: &mut Visit, what: &'static str, years: f64, acceptance: f64) -> bool {
        let on = visit.date();
        let rested = self
            .done
            .iter()
            .rev()
            .find(|(name, _)| *name == what)
            .is_none_or(|(_, before)| on.years_since(*before) >= years - 0.1);
        let goes = rested && visit.chart.random.chance(acceptance);
        if goes {
            self.done.push((what, on));
        }
        goes
    }

    fn depression(&mut self, visit: &mut Visit) {
        let known = visit.chart.problem("depression").is_some();
        if !known && self.due(visit, "depression", 1.9, 0.6) {
            let truth = visit.body.depression;
            let total = observation::survey(visit, &PHQ_9, truth);
            if total < 5 {
                visit.note.plan("Health maintenance", "Depression screen negative.");
            }
        }
    }

    fn blood(&mut self, visit: &mut Visit) {
        let years = if visit.age() < 40.0 { 4.0 } else { 2.0 };
        if self.due(visit, "lipids", years, 0.7) {
            laboratory::order(visit, "lipid");
        }
        if visit.age() >= 35.0 && self.due(visit, "metabolic", 2.5, 0.6) {
            laboratory::order(visit, "comprehensive_metabolic");
        }
        if visit.age() >= 45.0 && self.due(visit, "blood count", 4.0, 0.4) {
            laboratory::order(visit, "blood_count");
        }
    }

    fn cancer(&mut self, visit: &mut Visit) {
        let (age, female) = (visit.age(), visit.sex() == Sex::Female);
        if female && (40.0..75.0).contains(&age) && self.due(visit, "mammogram", 2.0, 0.75) {
            mammogram(visit);
        }
        if female && (21.0..66.0).contains(&age) && self.due(visit, "cervix", 3.0, 0.8) {
            cervical_smear(visit);
        }
        if (45.0..76.0).contains(&age) && self.due(visit, "colon", 10.0, 0.6) {
            colonoscopy(visit);
        }
        if female && age >= 65.0 && self.due(visit, "bone density", 5.0, 0.6) {
            bone_density(visit);
        }
        if !female && (55.0..70.0).contains(&age) && self.due(visit, "prostate", 2.0, 0.3) {
            laboratory::order(visit, "psa");
        }
    }
}

fn tobacco(visit: &mut Visit, constitution: &Constitution) {
    let grown = visit.age() >= 18.0;
    let (code, display) = match constitution.smoking {
        Smoking::Daily if grown => ("449868002", "Smokes tobacco daily"),
        Smoking::SomeDays if grown => ("428041000124106", "Occasional tobacco smoker"),
        Smoking::Former if grown => ("8517006", "Ex-smoker"),
        _ => ("266919005", "Never smoked tobacco"),
    };
    observation::smoking(visit, code, display);
    if code == "449868002" || code == "428041000124106" {
        visit.note.history.push("Smokes.".into());
        visit.note.plan("Tobacco use", "Advised to quit; quitline number and nicotine replacement offered.");
    }
}

fn mammogram(visit: &mut Visit) {
    let callback = visit.chart.random.chance(0.08);
    let conclusion = if callback {
        "BI-RADS 0: incomplete. Focal asymmetry in the left upper outer quadrant, additional views advised."
    } else {
        "BI-RADS 1: negative. Routine screening mammogram in one to two years."
    };
    study(
        visit,
        &Study {
            procedure: ("24623002", "Screening mammography"),
            report: ("24606-6", "MG Breast Screening"),
            section: "radiology",
            conclusion,
        },
    );
    visit.note.plan("Health maintenance", "Screening mammogram ordered.");
}

fn cervical_smear(visit: &mut Visit) {
    study(
        visit,
        &Study {
            procedure: ("440623000", "Microscopic examination of cervical Papanicolaou smear"),
            report: (
                "47527-7",
                "Cytology report of Cervical or vaginal smear or scraping Cyto stain.thin prep",
            ),
            section: "pathology",
            conclusion: "Negative for intraepithelial lesion or malignancy. Specimen satisfactory for evaluation.",
        },
    );
    visit.note.plan("Health maintenance", "Cervical cytology collected.");
}

fn colonoscopy(visit: &mut Visit) {
    let polyp = visit.chart.random.chance(0.25);
    let conclusion = if polyp {
        "Single 6 mm sessile polyp in the sigmoid colon, removed. Repeat colonoscopy in 7 years."
    } else {
        "Normal colonoscopy to the cecum, good preparation. Repeat in 10 years."
    };
    study(
        visit,
        &Study {
            procedure: ("73761001", "Colonoscopy"),
            report: ("18746-8", "Colonoscopy study"),
            section: "pathology",
            conclusion,
        },
    );
    visit.note.plan("Health maintenance", "Referred for screening colonoscopy.");
    if polyp {
        let on = visit.date();
        super::treatment::diagnose(visit, "colon_polyp", on);
    }
}

fn bone_density(visit: &mut Visit) {
    let thin = visit.chart.problem("osteoporosis").is_some();
    let conclusion = if thin {
        "T-score -2.7 at the left femoral neck: osteoporosis."
    } else {
        "T-score -0.8 at the left femoral neck: normal bone density."
    };
    study(
        visit,
        &Study {
            procedure: ("312681000", "Bone density scan"),
            report: ("38269-7", "DXA Skeletal system Views for bone density"),
            section: "radiology",
            conclusion,
        },
    );
    visit.note.plan("Health maintenance", "DXA scan ordered.");
}
