//! The note of a visit: sentences collected while the visit goes on, then written out as one text.

/// What is said, seen and planned at a visit.
#[derive(Default)]
pub(crate) struct Note {
    /// Why the patient came.
    pub chief: String,
    /// What the patient reports.
    pub history: Vec<String>,
    /// Vital signs on one line.
    pub vitals: String,
    /// What the examination finds.
    pub exam: Vec<String>,
    /// Results on one line each.
    pub results: Vec<String>,
    /// Problems and what is done about them.
    plan: Vec<(String, Vec<String>)>,
}

impl Note {
    /// Adds a sentence to the plan for a problem.
    pub(crate) fn plan(&mut self, problem: &str, text: impl Into<String>) {
        let at = self.plan.iter().position(|(name, _)| name == problem).unwrap_or_else(|| {
            self.plan.push((problem.to_owned(), Vec::new()));
            self.plan.len() - 1
        });
        self.plan[at].1.push(text.into());
    }

    /// The text. `who` begins the history: age and sex of the patient.
    pub(crate) fn text(
        &self,
        heading: &str,
        who: &str,
        medications: &str,
        allergies: &str,
        author: &str,
    ) -> String {
        let mut text = format!("{heading}\n\nCHIEF COMPLAINT: {}\n\nSUBJECTIVE\n{who}", self.chief);
        for sentence in &self.history {
            text.push(' ');
            text.push_str(sentence);
        }
        text.push_str(&format!("\nMedications: {medications}\nAllergies: {allergies}\n\nOBJECTIVE\n"));
        if !self.vitals.is_empty() {
            text.push_str(&format!("Vitals: {}\n", self.vitals));
        }
        if !self.exam.is_empty() {
            text.push_str(&format!("Exam: {}\n", self.exam.join(" ")));
        }
        for line in &self.results {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str("\nASSESSMENT AND PLAN\n");
        for (number, (problem, sentences)) in (1..).zip(&self.plan) {
            text.push_str(&format!("{number}. {problem}: {}\n", sentences.join(" ")));
        }
        text.push_str(&format!("\nElectronically signed by {author}\n"));
        text
    }
}
