//! A visit: the encounter, what is measured and decided in it, and the note at its end.

use super::body::Body;
use super::note::Note;
use crate::chart::Chart;
use crate::coding::{LOINC, SNOMED, coding, concept, hl7, object_of, period, reference, us_core_system};
use crate::content::{Complaint, diagnosis, staff};
use crate::date::{Date, Moment};
use crate::foundation::{NAME, SITES, clinician_reference, room_number, site_reference, staff_name};
use crate::people::Sex;
use crate::random::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Object, Value, array, object};

/// Why the patient comes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The yearly or scheduled check-up.
    Wellness,
    /// Chronic diseases.
    FollowUp,
    /// Chronic diseases, by video.
    Video,
    /// Unwell.
    Acute(&'static Complaint),
    /// Pregnant, at so many weeks.
    Prenatal(i32),
    /// After a birth.
    Postpartum,
}

/// A visit going on.
pub(crate) struct Visit<'c, 'p> {
    pub chart: &'c mut Chart<'p>,
    pub body: Body,
    pub kind: Kind,
    pub at: Moment,
    pub minutes: i32,
    /// `Encounter/id`.
    pub encounter: String,
    encounter_id: String,
    pub note: Note,
    /// Results of this visit by analyte.
    pub results: Vec<(usize, f64)>,
    /// Panels drawn at this visit.
    pub panels: Vec<&'static str>,
    /// Conditions that were dealt with: key and reference.
    addressed: Vec<(&'static str, String)>,
}

impl<'c, 'p> Visit<'c, 'p> {
    /// Begins a visit on a day.
    pub(crate) fn begin(chart: &'c mut Chart<'p>, body: Body, kind: Kind, on: Date) -> Self {
        let minute = 8 * 60 + 20 * chart.random.between(0, 23);
        let at = Moment { date: on, minute: if minute >= 720 { minute + 60 } else { minute } };
        let encounter_id = chart.reserve("Encounter");
        let minutes = match kind {
            Kind::Wellness => 30,
            Kind::Prenatal(_) | Kind::Postpartum | Kind::FollowUp => 20,
            Kind::Acute(_) | Kind::Video => 15,
        };
        Self {
            chart,
            body,
            kind,
            at,
            minutes,
            encounter: format!("Encounter/{encounter_id}"),
            encounter_id,
            note: Note::default(),
            results: Vec::new(),
            panels: Vec::new(),
            addressed: Vec::new(),
        }
    }

    /// The patient's stream of random numbers.
    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.chart.random
    }

    /// The day of the visit.
    pub(crate) fn date(&self) -> Date {
        self.at.date
    }

    /// Age in years, with a fraction.
    pub(crate) fn age(&self) -> f64 {
        self.at.date.years_since(self.chart.person.birth)
    }

    /// True when the patient is in the room.
    pub(crate) fn in_person(&self) -> bool {
        !matches!(self.kind, Kind::Video)
    }

    /// Sex of the patient.
    pub(crate) fn sex(&self) -> Sex {
        self.chart.person.sex
    }

    /// What the patient reports, said once.
    pub(crate) fn hear(&mut self, sentence: &str) {
        if !self.note.history.iter().any(|known| known == sentence) {
            self.note.history.push(sentence.to_owned());
        }
    }

    /// What the examination finds; by video nothing is examined.
    pub(crate) fn see(&mut self, sentence: &str) {
        if self.in_person() {
            self.note.exam.push(sentence.to_owned());
        }
    }

    /// Reference to the clinician.
    pub(crate) fn clinician(&self) -> Value {
        clinician_reference(self.chart.practice, self.chart.person.clinician)
    }

    /// A result of this visit by analyte key.
    pub(crate) fn result(&self, key: &str) -> Option<f64> {
        let wanted = crate::content::analyte(key);
        self.results.iter().find(|(analyte, _)| *analyte == wanted).map(|(_, value)| *value)
    }

    /// Notes that a condition was dealt with.
    pub(crate) fn address(&mut self, key: &'static str, condition: &str) {
        if !self.addressed.iter().any(|(_, known)| known == condition) {
            self.addressed.push((key, condition.to_owned()));
        }
    }

    /// Ends the visit: writes the encounter and the note.
    pub(crate) fn end(mut self) {
        self.write_note();
        self.write_encounter();
    }

    fn type_code(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Wellness if self.age() < 18.0 => ("410620009", "Well child visit"),
            Kind::Wellness => ("162673000", "General examination of patient"),
            Kind::FollowUp => ("390906007", "Follow-up encounter"),
            Kind::Video => ("448337001", "Telemedicine consultation with patient"),
            Kind::Acute(_) => ("185345009", "Encounter for symptom"),
            Kind::Prenatal(_) => ("424619006", "Prenatal visit"),
            Kind::Postpartum => ("169762003", "Postnatal visit"),
        }
    }

    fn write_encounter(&mut self) {
        let practice = self.chart.practice;
        let clinician = self.chart.person.clinician;
        let (code, display) = self.type_code();
        let (class, class_display) = if self.in_person() { ("AMB", "ambulatory") } else { ("VR", "virtual") };
        let times = period(&self.at, Some(&self.at.plus_minutes(self.minutes)));
        let number = format!("E{}-{:03}", 1_000_001 + u64::from(self.chart.person.index), self.chart.len());
        let mut fields = Object::new();
        fields.set(
            "identifier",
            array![object! {
                "system" => "https://meadowbrook.example.org/identifiers/encounter", "value" => number,
            }],
        );
        fields.set("status", "finished");
        fields.set("class", coding(&hl7("v3-ActCode"), class, class_display));
        fields.set("type", array![concept(SNOMED, code, display)]);
        fields.set("subject", reference(&self.chart.patient));
        fields.set(
            "participant",
            array![object! {
                "type" => array![concept(&hl7("v3-ParticipationType"), "PPRF", "primary performer")],
                "period" => times.clone(),
                "individual" => clinician_reference(practice, clinician),
            }],
        );
        fields.set("period", times);
        fields.set("reasonCode", array![self.reason()]);
        if !self.addressed.is_empty() {
            let mut rank = 0;
            fields.set(
                "diagnosis",
                Value::Array(
                    self.addressed
                        .iter()
                        .map(|(_, condition)| {
                            rank += 1;
                            object! {
                                "condition" => reference(condition),
                                "use" => concept(&hl7("diagnosis-role"), "billing", "Billing"),
                                "rank" => rank,
                            }
                        })
                        .collect(),
                ),
            );
        }
        if self.in_person() {
            let site = staff()[clinician].site;
            let room = practice.reference("Location", room_number(site, self.chart.random.below(5)));
            fields.set(
                "location",
                array![
                    object! { "location" => site_reference(practice, site) },
                    object! { "location" => reference(&room), "status" => "completed" },
                ],
            );
        }
        fields.set(
            "serviceProvider",
            crate::coding::named_reference(&practice.reference("Organization", 0), NAME),
        );
        let id = self.encounter_id.clone();
        self.chart.put("Encounter", &id, Some("encounter"), fields);
    }

    fn reason(&self) -> Value {
        match (self.kind, self.addressed.first()) {
            (Kind::Acute(_) | Kind::FollowUp | Kind::Video, Some((key, _))) => {
                let reason = diagnosis(key);
                concept(SNOMED, reason.snomed, reason.display)
            }
            _ => crate::coding::words(&self.note.chief),
        }
    }

    fn write_note(&mut self) {
        let practice = self.chart.practice;
        let person = &self.chart.person;
        let one = &staff()[person.clinician];
        let author = staff_name(one);
        let title = match self.kind {
            Kind::Wellness if self.age() < 18.0 => "Well child visit",
            Kind::Wellness => "Annual wellness visit",
            Kind::FollowUp => "Follow-up visit",
            Kind::Video => "Video visit",
            Kind::Acute(_) => "Acute visit",
            Kind::Prenatal(_) => "Prenatal visit",
            Kind::Postpartum => "Postpartum visit",
        };
        let place = if self.in_person() { SITES[one.site].0 } else { "by video" };
        let heading = format!("{title}, {}\n{NAME}, {place}", self.at.date);
        let drugs: Vec<&str> = self.chart.treatments.iter().map(|treatment| treatment.drug.name).collect();
        let or_none = |list: &[&str]| if list.is_empty() { "none".to_owned() } else { list.join("; ") };
        let allergies = if self.chart.allergies.is_empty() {
            "no known allergies".into()
        } else {
            self.chart.allergies.join("; ")
        };
        let text = self.note.text(&heading, &self.who(), &or_none(&drugs), &allergies, &author);
        let mut fields = self.chart.about("subject");
        fields.set_at(0, "status", "current");
        fields.set_at(1, "docStatus", "final");
        fields.set_at(2, "type", concept(LOINC, "11506-3", "Progress note"));
        fields.set_at(
            3,
            "category",
            array![object! { "coding" => array![coding(
            &us_core_system("documentreference-category"), "clinical-note", "Clinical Note")] }],
        );
        fields.set("date", self.at.plus_minutes(self.minutes + 25).to_string());
        fields.set("author", array![clinician_reference(practice, person.clinician)]);
        fields.set("custodian", reference(&practice.reference("Organization", 0)));
        fields.set(
            "content",
            array![object! { "attachment" => object! {
                "contentType" => "text/plain; charset=utf-8", "language" => "en-US",
                "data" => STANDARD.encode(&text), "title" => title,
            }, "format" => coding("http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                "urn:ihe:iti:xds:2017:mimeTypeSufficient", "mimeType Sufficient") }],
        );
        fields.set(
            "context",
            object_of([
                ("encounter", array![reference(&self.encounter)]),
                ("period", period(&self.at, Some(&self.at.plus_minutes(self.minutes)))),
            ]),
        );
        self.chart.add("DocumentReference", Some("documentreference"), fields);
    }

    /// "54-year-old woman."
    fn who(&self) -> String {
        let age = self.at.date.age(self.chart.person.birth);
        let months = self.at.date.age_months(self.chart.person.birth);
        let female = self.sex() == Sex::Female;
        let noun = match (age, female) {
            (..2, true) => return format!("{months}-month-old girl."),
            (..2, false) => return format!("{months}-month-old boy."),
            (..18, true) => "girl",
            (..18, false) => "boy",
            (_, true) => "woman",
            (_, false) => "man",
        };
        format!("{age}-year-old {noun}.")
    }
}
