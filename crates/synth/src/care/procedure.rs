//! Procedures, and studies with a written report.

use super::visit::Visit;
use crate::coding::{LOINC, SNOMED, coding, concept, hl7, named_reference, reference, us_core_system, words};
use crate::date::Date;
use crate::foundation::NAME;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Object, Value, array, object};

/// Records a procedure done at this visit.
pub(crate) fn perform(visit: &mut Visit, code: &str, display: &str, reason: Option<&str>) -> String {
    let mut fields = begin(visit, code, display);
    fields.set("encounter", reference(&visit.encounter));
    let (start, end) = (visit.at.plus_minutes(8), visit.at.plus_minutes(visit.minutes));
    fields.set("performedPeriod", crate::coding::period(&start, Some(&end)));
    fields.set("performer", array![object! { "actor" => visit.clinician() }]);
    if let Some(reason) = reason {
        fields.set("reasonReference", array![reference(reason)]);
    }
    visit.chart.add("Procedure", Some("procedure"), fields)
}

/// Records a procedure done elsewhere on an earlier day.
pub(crate) fn past(visit: &mut Visit, code: &str, display: &str, on: Date) -> String {
    let mut fields = begin(visit, code, display);
    fields.set("performedDateTime", on.to_string());
    fields.set("recorder", visit.clinician());
    visit.chart.add("Procedure", Some("procedure"), fields)
}

fn begin(visit: &Visit, code: &str, display: &str) -> Object {
    let mut fields = Object::new();
    fields.set("status", "completed");
    fields.set("code", concept(SNOMED, code, display));
    fields.set("subject", reference(&visit.chart.patient));
    fields
}

/// A study done elsewhere after a referral: the order, and a report of words.
pub(crate) struct Study<'a> {
    /// SNOMED CT code and display of what is done.
    pub procedure: (&'a str, &'a str),
    /// LOINC code and display of the report.
    pub report: (&'a str, &'a str),
    /// Category of the report: `radiology`, `pathology`, `cardiology` or `pulmonary`.
    pub section: &'a str,
    pub conclusion: &'a str,
}

/// Codes of the sections of diagnostic services: LOINC where US Core has one.
const SECTIONS: [(&str, &str, &str, &str); 4] = [
    ("radiology", LOINC, "LP29684-5", "Radiology"),
    ("pathology", LOINC, "LP7839-6", "Pathology"),
    ("cardiology", LOINC, "LP29708-2", "Cardiology"),
    ("pulmonary", "http://terminology.hl7.org/CodeSystem/v2-0074", "PF", "Pulmonary Function"),
];

/// Orders a study and files its report, which is dated a few days later unless that lies ahead.
pub(crate) fn study(visit: &mut Visit, study: &Study) {
    let last = visit.chart.practice.settings.today.plus_days(-1);
    let done = visit.date().plus_days(visit.chart.random.between(2, 16)).on_weekday();
    let request = referral(
        visit,
        study.procedure,
        if done <= last { "completed" } else { "active" },
        "363679005",
        "Imaging",
    );
    if done > last {
        return;
    }
    past(visit, study.procedure.0, study.procedure.1, done);
    let section =
        SECTIONS.iter().find(|section| section.0 == study.section).map_or(SECTIONS[0], |found| *found);
    let at = crate::date::Moment { date: done, minute: 15 * 60 };
    let text = format!("{}\n{done}\n\nIMPRESSION\n{}\n", study.report.1, study.conclusion);
    let mut fields = Object::new();
    fields.set("basedOn", array![reference(&request)]);
    fields.set("status", "final");
    fields.set("category", array![object! { "coding" => array![coding(section.1, section.2, section.3)] }]);
    fields.set("code", concept(LOINC, study.report.0, study.report.1));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("effectiveDateTime", at.to_string());
    fields.set("issued", at.plus_minutes(120).to_string());
    fields
        .set("performer", array![named_reference(&visit.chart.practice.reference("Organization", 0), NAME)]);
    fields.set("conclusion", study.conclusion);
    fields.set("presentedForm", array![attachment(study.report.1, &text)]);
    visit.chart.add("DiagnosticReport", Some("diagnosticreport-note"), fields);
}

/// Orders something elsewhere.
pub(crate) fn referral(
    visit: &mut Visit,
    what: (&str, &str),
    status: &str,
    category: &str,
    category_display: &str,
) -> String {
    let mut fields = Object::new();
    fields.set("status", status);
    fields.set("intent", "order");
    fields.set("category", array![concept(SNOMED, category, category_display)]);
    fields.set("priority", "routine");
    fields.set("code", concept(SNOMED, what.0, what.1));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("occurrenceDateTime", visit.date().to_string());
    fields.set("authoredOn", visit.at.plus_minutes(12).to_string());
    fields.set("requester", visit.clinician());
    visit.chart.add("ServiceRequest", Some("servicerequest"), fields)
}

fn attachment(title: &str, text: &str) -> Value {
    object! {
        "contentType" => "text/plain; charset=utf-8", "language" => "en-US", "data" => STANDARD.encode(text),
        "title" => title,
    }
}

/// Files a letter from another clinic.
pub(crate) fn outside_document(visit: &mut Visit, kind: (&str, &str), title: &str, text: &str, on: Date) {
    let mut fields = visit.chart.about("subject");
    fields.set_at(0, "status", "current");
    fields.set_at(1, "type", concept(LOINC, kind.0, kind.1));
    fields.set_at(
        2,
        "category",
        array![object! { "coding" => array![coding(
        &us_core_system("documentreference-category"), "clinical-note", "Clinical Note")] }],
    );
    fields.set("date", crate::date::Moment { date: on, minute: 16 * 60 }.to_string());
    fields.set("author", array![object! { "display" => "Outside clinic" }]);
    fields.set("description", title);
    fields.set(
        "securityLabel",
        array![object! { "coding" => array![
        coding(&hl7("v3-Confidentiality"), "N", "normal")] }],
    );
    fields.set(
        "content",
        array![object! {
            "attachment" => attachment(title, text),
            "format" => coding("http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                "urn:ihe:iti:xds:2017:mimeTypeSufficient", "mimeType Sufficient"),
        }],
    );
    fields.set("context", object! { "event" => array![words("Referral")] });
    visit.chart.add("DocumentReference", Some("documentreference"), fields);
}
