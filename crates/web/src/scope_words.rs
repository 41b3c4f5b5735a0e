//! What a scope lets a program do, in words for the person who decides.

use access::scope::Context;
use access::{Interaction, Scope};

/// Types of resources as people call them; what is not here is called by its type.
pub(crate) const KINDS: [(&str, &str); 36] = [
    ("Patient", "name, birth date, address and contact details"),
    ("AllergyIntolerance", "allergies"),
    ("Condition", "problems and diagnoses"),
    ("Observation", "test results, vital signs, social history"),
    ("DiagnosticReport", "reports of tests"),
    ("DocumentReference", "notes and documents"),
    ("Encounter", "visits"),
    ("Immunization", "immunizations"),
    ("MedicationRequest", "prescriptions"),
    ("Medication", "medicines"),
    ("MedicationDispense", "medicines that were handed out"),
    ("MedicationStatement", "medicines that are taken"),
    ("MedicationAdministration", "medicines that were given"),
    ("Procedure", "procedures"),
    ("CarePlan", "care plans"),
    ("CareTeam", "the care team"),
    ("Goal", "goals"),
    ("Device", "implants and devices"),
    ("ServiceRequest", "orders and referrals"),
    ("Specimen", "specimens"),
    ("Coverage", "insurance"),
    ("Provenance", "who recorded what"),
    ("RelatedPerson", "relatives and helpers"),
    ("FamilyMemberHistory", "family history"),
    ("QuestionnaireResponse", "answers to questionnaires"),
    ("Appointment", "appointments"),
    ("Practitioner", "clinicians"),
    ("PractitionerRole", "what clinicians do"),
    ("Organization", "organizations"),
    ("Location", "places"),
    ("Binary", "contents of documents"),
    ("Media", "pictures"),
    ("ImagingStudy", "imaging studies"),
    ("Communication", "messages"),
    ("Task", "tasks"),
    ("Claim", "claims"),
];

/// The types that a person chooses from when a program asks for all: those of US Core.
pub(crate) const CHOICES: usize = 29;

/// What a type is called.
pub(crate) fn kind(type_name: &str) -> &str {
    KINDS.iter().find(|(name, _)| *name == type_name).map_or(type_name, |(_, words)| words)
}

/// What the program may do with it.
pub(crate) fn doing(scope: &Scope) -> &'static str {
    let may = |interaction| scope.interactions().contains(interaction);
    let sees = may(Interaction::Read) || may(Interaction::Search);
    let writes = may(Interaction::Create) || may(Interaction::Update);
    match (sees, writes, may(Interaction::Delete)) {
        (true, true, true) => "see, change and delete",
        (true, true, false) => "see and change",
        (true, false, true) => "see and delete",
        (true, false, false) => "see",
        (false, true, true) => "change and delete, without seeing",
        (false, true, false) => "write, without seeing",
        (false, false, _) => "delete",
    }
}

/// Whose data it is about.
pub(crate) fn whose(scope: &Scope) -> &'static str {
    match scope.context() {
        Context::Patient => "of this patient",
        Context::User => "of everyone you may see",
        Context::System => "of everyone",
    }
}

/// What it is narrowed to, from the parameters behind `?`; empty when it is not.
pub(crate) fn only(scope: &Scope) -> String {
    let text = scope.to_string();
    let Some((_, parameters)) = text.split_once('?') else { return String::new() };
    let one = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let values = value.split(',').map(|value| value.rsplit('|').next().unwrap_or_default());
        format!("{name} {}", values.collect::<Vec<_>>().join(" or "))
    };
    form_urlencoded::parse(parameters.as_bytes()).map(one).collect::<Vec<_>>().join(", ")
}

/// A scope of every type, of one type alone.
pub(crate) fn of_type(scope: &Scope, type_name: &str) -> Option<Scope> {
    Scope::parse(&scope.to_string().replacen('*', type_name, 1)).ok()
}
