//! What is taken down at the first visit: allergies, family history, operations and implants of the past.

use super::procedure;
use super::visit::Visit;
use crate::coding::{SNOMED, code_only, coding, concept, hl7, reference};
use crate::date::Date;
use crate::people::Sex;
use fhir::{Object, Value, array, object};

/// An allergy: SNOMED CT code and display, category, word for notes, reaction code and display, what to avoid.
type Allergy =
    (&'static str, &'static str, &'static str, &'static str, (&'static str, &'static str), &'static str);

const ALLERGIES: [(Allergy, f64); 6] = [
    (
        (
            "91936005",
            "Allergy to penicillin",
            "medication",
            "penicillin (hives)",
            ("126485001", "Urticaria"),
            "penicillin",
        ),
        6.0,
    ),
    (
        (
            "91939003",
            "Allergy to sulfonamide",
            "medication",
            "sulfa (rash)",
            ("271807003", "Eruption of skin"),
            "sulfa",
        ),
        4.0,
    ),
    (
        (
            "91935009",
            "Allergy to peanut",
            "food",
            "peanut (anaphylaxis)",
            ("39579001", "Anaphylaxis"),
            "peanut",
        ),
        1.5,
    ),
    (
        (
            "300916003",
            "Latex allergy",
            "environment",
            "latex (rash)",
            ("271807003", "Eruption of skin"),
            "latex",
        ),
        1.0,
    ),
    (
        (
            "300913006",
            "Allergy to shellfish",
            "food",
            "shellfish (hives)",
            ("126485001", "Urticaria"),
            "shellfish",
        ),
        1.5,
    ),
    (
        (
            "424213003",
            "Allergy to bee venom",
            "environment",
            "bee venom (swelling)",
            ("41291007", "Angioedema"),
            "bee venom",
        ),
        0.8,
    ),
];

/// Takes the history at the first visit.
pub(crate) fn take(visit: &mut Visit) {
    allergies(visit);
    if visit.age() >= 18.0 {
        family_history(visit);
        past_operation(visit);
    } else if visit.chart.random.chance(0.3) {
        family_history(visit);
    }
    super::immunization::record_history(visit);
}

fn allergies(visit: &mut Visit) {
    if !visit.chart.random.chance(0.17) {
        let mut fields = allergy_head(visit, "716186003", "No known allergy");
        fields.set("recordedDate", visit.at.to_string());
        visit.chart.add("AllergyIntolerance", Some("allergyintolerance"), fields);
        return;
    }
    let count = 1 + usize::from(visit.chart.random.chance(0.2));
    let mut chosen = Vec::new();
    for _ in 0..count {
        let at = visit.chart.random.weighted(ALLERGIES.iter().map(|one| one.1));
        if !chosen.contains(&at) {
            chosen.push(at);
            allergy(visit, &ALLERGIES[at].0);
        }
    }
}

fn allergy_head(visit: &Visit, code: &str, display: &str) -> Object {
    let mut fields = Object::new();
    fields.set("clinicalStatus", code_only(&hl7("allergyintolerance-clinical"), "active"));
    fields.set("verificationStatus", code_only(&hl7("allergyintolerance-verification"), "confirmed"));
    fields.set("code", concept(SNOMED, code, display));
    fields.set("patient", reference(&visit.chart.patient));
    fields.set("recorder", visit.clinician());
    fields
}

fn allergy(visit: &mut Visit, one: &Allergy) {
    let (code, display, category, words, reaction, avoid) = *one;
    let severe = reaction.0 == "39579001" || visit.chart.random.chance(0.15);
    let severity = if severe { "severe" } else { *visit.chart.random.pick(&["mild", "moderate"]) };
    let years = visit.chart.random.between(1, 30).min(crate::random::whole(visit.age().floor()));
    let onset = visit.date().plus_months(-12 * years).max(visit.chart.person.birth);
    let mut fields = allergy_head(visit, code, display);
    fields.set("type", "allergy");
    fields.set("category", array![category]);
    fields.set("criticality", if severe { "high" } else { "low" });
    fields.set("onsetDateTime", onset.year().to_string());
    fields.set("recordedDate", visit.at.to_string());
    fields.set(
        "reaction",
        array![object! {
            "manifestation" => array![concept(SNOMED, reaction.0, reaction.1)], "severity" => severity,
        }],
    );
    visit.chart.add("AllergyIntolerance", Some("allergyintolerance"), fields);
    visit.chart.allergies.push(words);
    visit.chart.avoided.push(avoid);
    if severe && category != "medication" {
        super::treatment::start_without_reason(visit, "epinephrine");
    }
}

const RELATIVES: [(&str, &str, &str); 4] = [
    ("MTH", "mother", "female"),
    ("FTH", "father", "male"),
    ("SIS", "sister", "female"),
    ("BRO", "brother", "male"),
];
const RUNS_IN_FAMILIES: [(&str, &str); 5] = [
    ("38341003", "Hypertensive disorder"),
    ("44054006", "Diabetes mellitus type 2"),
    ("53741008", "Coronary arteriosclerosis"),
    ("254837009", "Malignant neoplasm of breast"),
    ("363406005", "Malignant neoplasm of colon"),
];

fn family_history(visit: &mut Visit) {
    if visit.chart.random.chance(0.4) {
        return;
    }
    let (code, display, sex) = *visit.chart.random.pick(&RELATIVES);
    let (disease, name) = *visit.chart.random.pick(&RUNS_IN_FAMILIES);
    let (disease, name) =
        if sex == "male" && disease == "254837009" { RUNS_IN_FAMILIES[2] } else { (disease, name) };
    let age = visit.chart.random.between(38, 74);
    let mut fields = Object::new();
    fields.set("status", "completed");
    fields.set("patient", reference(&visit.chart.patient));
    fields.set("date", visit.at.to_string());
    fields.set("relationship", concept(&hl7("v3-RoleCode"), code, display));
    fields.set("sex", object! { "coding" => array![
        coding("http://hl7.org/fhir/administrative-gender", sex, if sex == "male" { "Male" } else { "Female" })] });
    fields.set(
        "condition",
        array![object! {
            "code" => concept(SNOMED, disease, name),
            "onsetAge" => crate::coding::labelled_quantity(f64::from(age), 0, "years", "a"),
        }],
    );
    visit.chart.add("FamilyMemberHistory", None, fields);
    visit.note.history.push(format!("Family history: {display} with {} at {age}.", name.to_lowercase()));
}

fn past_operation(visit: &mut Visit) {
    let age = visit.age();
    let probability = (age / 160.0).min(0.45);
    if !visit.chart.random.chance(probability) {
        return;
    }
    let options: &[(&str, &str, f64)] = &[
        ("80146002", "Appendectomy", 10.0),
        ("38102005", "Cholecystectomy", 25.0),
        ("52734007", "Total hip replacement", 58.0),
        ("307280005", "Implantation of cardiac pacemaker", 68.0),
        ("11466000", "Cesarean section", 22.0),
    ];
    let (code, display, from) = *visit.chart.random.pick(options);
    let fits = age > from + 1.0 && (code != "11466000" || (visit.sex() == Sex::Female && age < 60.0));
    if !fits {
        return;
    }
    let span = crate::random::whole((age - from).min(12.0) * 365.0);
    let on = visit.date().plus_days(-visit.chart.random.between(60, span.max(61)));
    procedure::past(visit, code, display, on);
    visit.note.history.push(format!("Past surgery: {} in {}.", display.to_lowercase(), on.year()));
    match code {
        "52734007" => implant(visit, ("304120007", "Total hip replacement prosthesis"), "00850000000017", on),
        "307280005" => implant(visit, ("14106009", "Cardiac pacemaker"), "00850000000024", on),
        _ => {}
    }
}

fn implant(visit: &mut Visit, kind: (&str, &str), identifier: &str, on: Date) {
    let (lot, serial) = (visit.chart.random.below(100_000), visit.chart.random.below(10_000_000));
    let made = on.plus_days(-200);
    let expires = on.plus_days(900);
    let short = |date: Date| date.to_string()[2..].replace('-', "");
    let barcode =
        format!("(01){identifier}(11){}(17){}(10)A{lot:05}(21)S{serial:07}", short(made), short(expires));
    let mut fields = Object::new();
    fields.set("udiCarrier", array![object! {
        "deviceIdentifier" => identifier, "issuer" => "http://hl7.org/fhir/NamingSystem/gs1-di",
        "jurisdiction" => "http://hl7.org/fhir/NamingSystem/fda-udi", "carrierHRF" => barcode, "entryType" => "barcode",
    }]);
    fields.set("status", "active");
    fields.set("distinctIdentifier", Value::from(format!("A{lot:05}-{serial:07}")));
    fields.set("manufacturer", "Example Implants");
    fields.set("manufactureDate", made.to_string());
    fields.set("expirationDate", expires.to_string());
    fields.set("lotNumber", format!("A{lot:05}"));
    fields.set("serialNumber", format!("S{serial:07}"));
    fields.set("type", concept(SNOMED, kind.0, kind.1));
    fields.set("patient", reference(&visit.chart.patient));
    visit.chart.add("Device", Some("implantable-device"), fields);
}
