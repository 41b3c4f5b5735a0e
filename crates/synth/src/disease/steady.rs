//! Diseases with a steady course: one drug at most, a yearly look, words for the note.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, diagnose, order, start};
use crate::date::Date;

/// What is the same for everyone with such a disease.
pub(crate) struct Course {
    pub key: &'static str,
    pub drug: Option<&'static str>,
    pub panel: Option<&'static str>,
    pub follow_up_days: Option<i32>,
    /// Analyte that it moves, and by how much.
    pub moves: Option<(&'static str, f64)>,
    pub complaint: &'static str,
    pub plan: &'static str,
}

/// The diseases.
pub(crate) const COURSES: [Course; 9] = [
    Course {
        key: "obesity",
        drug: None,
        panel: None,
        follow_up_days: None,
        moves: Some(("alt", 8.0)),
        complaint: "Working on diet and portion sizes.",
        plan: "Calorie goal and 150 minutes of activity a week discussed.",
    },
    Course {
        key: "prediabetes",
        drug: None,
        panel: Some("a1c"),
        follow_up_days: None,
        moves: Some(("a1c", 0.55)),
        complaint: "Has cut down on sweet drinks.",
        plan: "Diabetes prevention program offered, A1c yearly.",
    },
    Course {
        key: "osteoarthritis",
        drug: Some("acetaminophen_325"),
        panel: None,
        follow_up_days: None,
        moves: None,
        complaint: "Knee pain with stairs, stiff for 10 minutes in the morning.",
        plan: "Quadriceps exercises, weight management, acetaminophen as needed.",
    },
    Course {
        key: "reflux",
        drug: Some("omeprazole_20"),
        panel: None,
        follow_up_days: None,
        moves: None,
        complaint: "Heartburn only after late meals.",
        plan: "Controlled on omeprazole; avoid late meals.",
    },
    Course {
        key: "gout",
        drug: Some("allopurinol_100"),
        panel: Some("urate"),
        follow_up_days: None,
        moves: Some(("urate", 1.2)),
        complaint: "No flare since the last visit.",
        plan: "Urate goal below 6. Continue allopurinol.",
    },
    Course {
        key: "osteoporosis",
        drug: Some("alendronate_10"),
        panel: None,
        follow_up_days: None,
        moves: None,
        complaint: "No falls or fractures.",
        plan: "Continue alendronate, calcium and vitamin D; fall prevention reviewed.",
    },
    Course {
        key: "allergic_rhinitis",
        drug: Some("cetirizine_10"),
        panel: None,
        follow_up_days: None,
        moves: None,
        complaint: "Sneezing and itchy eyes in spring and fall.",
        plan: "Cetirizine in season, avoid triggers.",
    },
    Course {
        key: "attention_deficit",
        drug: Some("methylphenidate_20"),
        panel: None,
        follow_up_days: Some(150),
        moves: None,
        complaint: "Teachers report better focus; appetite is lower at lunch.",
        plan: "Continue methylphenidate; growth, blood pressure and pulse reviewed.",
    },
    Course {
        key: "iron_deficiency",
        drug: Some("ferrous_sulfate"),
        panel: Some("ferritin"),
        follow_up_days: Some(240),
        moves: Some(("hemoglobin", -1.6)),
        complaint: "Tired, heavy periods.",
        plan: "Iron every other day, recheck counts.",
    },
];

pub(crate) struct Steady {
    course: &'static Course,
    onset: Date,
    panel: Yearly,
}

impl Steady {
    /// The disease by key; `None` when the list lacks it.
    pub(crate) fn new(key: &str, onset: Date) -> Option<Self> {
        let course = COURSES.iter().find(|course| course.key == key)?;
        Some(Self { course, onset, panel: Yearly::default() })
    }
}

impl Disease for Steady {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        self.course.follow_up_days
    }

    fn affect(&self, body: &mut Body, on: Date) {
        if let Some((analyte, by)) = self.course.moves {
            // Iron taken for a year brings most of it back.
            let treated = self.course.key == "iron_deficiency" && on.years_since(self.onset) > 1.0;
            body.shift(analyte, if treated { by * 0.25 } else { by });
        }
        if self.course.key == "iron_deficiency" {
            body.set("ferritin", 9.0 + 12.0 * on.years_since(self.onset).clamp(0.0, 3.0));
            body.set("mcv", 78.0);
        }
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, self.course.key, self.onset);
        if let Some(drug) = self.course.drug {
            start(visit, drug, &condition);
        }
        let on = visit.date();
        if let Some(panel) = self.course.panel
            && visit.in_person()
            && self.panel.due(on, 330)
        {
            order(visit, panel);
            if self.course.key == "iron_deficiency" {
                order(visit, "blood_count");
            }
        }
        visit.hear(self.course.complaint);
        visit.note.plan(crate::content::diagnosis(self.course.key).name, self.course.plan);
    }
}
