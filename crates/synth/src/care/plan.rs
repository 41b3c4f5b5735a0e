//! At the end of the history: care team, care plan, goals, open orders and tasks.

use super::visit::Visit;
use crate::chart::Chart;
use crate::coding::{LOINC, SNOMED, coding, concept, labelled_quantity, object_of, reference, words};
use crate::date::{Date, Moment};
use crate::foundation::clinician_reference;
use fhir::{Object, Value, array, object};

/// A goal of a disease: words, LOINC code and display, target, decimals, unit for people and UCUM code.
type Target =
    (&'static str, &'static str, (&'static str, &'static str), f64, usize, (&'static str, &'static str));

const TARGETS: [Target; 4] = [
    (
        "hypertension",
        "Blood pressure below 130/80 mmHg",
        ("8480-6", "Systolic blood pressure"),
        130.0,
        0,
        ("mmHg", "mm[Hg]"),
    ),
    (
        "diabetes",
        "Hemoglobin A1c below 7.5 percent",
        ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
        7.5,
        1,
        ("%", "%"),
    ),
    (
        "hyperlipidemia",
        "LDL cholesterol below 100 mg/dL",
        ("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"),
        100.0,
        0,
        ("mg/dL", "mg/dL"),
    ),
    (
        "depression",
        "PHQ-9 score below 5",
        ("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"),
        5.0,
        0,
        ("score", "{score}"),
    ),
];

/// Writes what ties the history together.
pub(crate) fn conclude(chart: &mut Chart, last: Option<Date>) {
    let Some(last) = last else { return };
    if chart.person.deceased.is_some() {
        return;
    }
    let diseases: Vec<&'static str> = TARGETS
        .iter()
        .map(|target| target.0)
        .chain(["asthma", "copd", "heart_failure", "kidney_disease_3"])
        .filter(|key| chart.problem(key).is_some())
        .collect();
    if diseases.is_empty() {
        return;
    }
    let team = care_team(chart);
    let goals: Vec<Value> = TARGETS
        .iter()
        .filter(|target| diseases.contains(&target.0))
        .map(|target| reference(&goal(chart, target, last)))
        .collect();
    care_plan(chart, &diseases, &team, goals, last);
    task(chart, last);
}

fn care_team(chart: &mut Chart) -> String {
    let own = chart.person.clinician;
    let member = |role: (&str, &str), position: usize| {
        object! {
            "role" => array![concept(SNOMED, role.0, role.1)],
            "member" => clinician_reference(chart.practice, position),
        }
    };
    let participants = array![
        member(("453231000124104", "Primary care provider"), own),
        member(("224535009", "Registered nurse"), 8),
        object! {
            "role" => array![concept(SNOMED, "116154003", "Patient")],
            "member" => reference(&chart.patient),
        },
    ];
    let mut fields = Object::new();
    fields.set("status", "active");
    fields.set("name", format!("Care team of {}", chart.person.full_name()));
    fields.set("subject", reference(&chart.patient));
    fields.set("participant", participants);
    chart.add("CareTeam", Some("careteam"), fields)
}

fn goal(chart: &mut Chart, target: &Target, last: Date) -> String {
    let (key, text, (code, display), value, decimals, (unit, ucum)) = *target;
    let problem = chart.problem(key);
    let mut fields = Object::new();
    fields.set("lifecycleStatus", "active");
    fields.set("description", words(text));
    fields.set("subject", reference(&chart.patient));
    fields.set("startDate", last.to_string());
    fields.set(
        "target",
        array![object_of([
            ("measure", concept(LOINC, code, display)),
            ("detailRange", object! { "high" => labelled_quantity(value, decimals, unit, ucum) }),
            ("dueDate", Value::from(last.plus_months(9).to_string())),
        ])],
    );
    if let Some(problem) = problem {
        fields.set("addresses", array![reference(&problem)]);
    }
    chart.add("Goal", Some("goal"), fields)
}

fn care_plan(chart: &mut Chart, diseases: &[&'static str], team: &str, goals: Vec<Value>, last: Date) {
    let names: Vec<&str> = diseases.iter().map(|key| crate::content::diagnosis(key).name).collect();
    let drugs: Vec<&str> = chart.treatments.iter().map(|treatment| treatment.drug.name).collect();
    let text = format!(
        "Plan of care for {}. Medicines: {}. Review at every follow-up visit.",
        names.join(", "),
        if drugs.is_empty() { "none".to_owned() } else { drugs.join(", ") }
    );
    let mut fields = Object::new();
    fields.set(
        "text",
        object! {
            "status" => "additional",
            "div" => format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{text}</p></div>"),
        },
    );
    fields.set("status", "active");
    fields.set("intent", "plan");
    let category = coding(
        "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
        "assess-plan",
        "Assessment and Plan of Treatment",
    );
    fields.set("category", array![object! { "coding" => array![category] }]);
    fields.set("title", "Chronic care plan");
    fields.set("subject", reference(&chart.patient));
    fields.set("period", object! { "start" => last.to_string() });
    fields.set("author", clinician_reference(chart.practice, chart.person.clinician));
    fields.set("careTeam", array![reference(team)]);
    let addressed: Vec<Value> =
        diseases.iter().filter_map(|key| chart.problem(key)).map(|one| reference(&one)).collect();
    fields.set("addresses", addressed);
    if !goals.is_empty() {
        fields.set("goal", goals);
    }
    chart.add("CarePlan", Some("careplan"), fields);
}

/// A few patients wait for something: a refill, a call, a form.
fn task(chart: &mut Chart, last: Date) {
    if !chart.random.chance(0.12) {
        return;
    }
    let today = chart.practice.settings.today;
    let days_ago = chart.random.between(1, 12);
    let on = today.plus_days(-days_ago).max(last);
    let what = *chart.random.pick(&[
        "Refill request from the pharmacy",
        "Patient asks for a call about results",
        "Prior authorization form to complete",
        "School or work form to sign",
    ]);
    let at = Moment { date: on, minute: 9 * 60 + chart.random.between(0, 400) };
    let mut fields = Object::new();
    fields.set("status", "requested");
    fields.set("intent", "order");
    fields.set("priority", *chart.random.pick(&["routine", "routine", "urgent"]));
    fields.set("description", what);
    fields.set("for", reference(&chart.patient));
    fields.set("authoredOn", at.to_string());
    fields.set("lastModified", at.to_string());
    fields.set("requester", clinician_reference(chart.practice, 11));
    fields.set("owner", clinician_reference(chart.practice, chart.person.clinician));
    chart.add("Task", None, fields);
}

/// Refers a patient to a specialist and, when there was time for it, files the letter that came back.
pub(crate) fn consult(visit: &mut Visit, what: (&'static str, &'static str), opinion: &str) {
    let answered = visit.date().plus_days(visit.chart.random.between(14, 40)).on_weekday();
    let last =
        visit.chart.practice.settings.today.plus_days(-1).min(visit.chart.person.end(visit.chart.practice));
    let status = if answered <= last { "completed" } else { "active" };
    super::procedure::referral(visit, what, status, "3457005", "Patient referral");
    if answered <= last {
        let title = format!("Consultation letter: {}", what.1);
        let text = format!(
            "{title}\n{answered}\n\nThank you for referring {}.\n\n{opinion}\n",
            visit.chart.person.full_name()
        );
        super::procedure::outside_document(visit, ("11488-4", "Consult note"), &title, &text, answered);
    }
}
