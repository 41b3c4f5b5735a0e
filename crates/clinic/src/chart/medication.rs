//! The medication list.

use crate::chart::concept;
use fhir::{Document, Node};

/// A medication, ordered here or reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medication {
    /// The logical id.
    pub id: String,
    /// What it is, in words.
    pub name: String,
    /// How it is taken, in words; empty when not recorded.
    pub instructions: String,
    /// When it was ordered or reported.
    pub date: String,
    /// The recorded status.
    pub status: String,
    /// Whether it is taken now.
    pub is_current: bool,
    /// True when a patient or another source reported it, not an order of ours.
    pub is_reported: bool,
}

impl Medication {
    /// Reads a MedicationRequest or MedicationStatement.
    pub fn read(resource: &Document) -> Self {
        let root = resource.root();
        let is_reported = resource.resource_type().as_deref() == Some("MedicationStatement");
        let status = root.get_str("status").unwrap_or_default().into_owned();
        let named = root.at_path(&["medicationReference", "display"]).and_then(Node::as_str);
        let name = concept::text(root.get("medicationCodeableConcept"))
            .or_else(|| named.map(std::borrow::Cow::into_owned))
            .unwrap_or_else(|| "Medication without a name".to_owned());
        let dosage = ["dosageInstruction", "dosage"].iter().find_map(|list| root.each_of(list).next());
        let date = ["authoredOn", "dateAsserted", "effectiveDateTime"]
            .iter()
            .map(|name| concept::day(root.get(name)));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            name,
            instructions: dosage.map(instructions).unwrap_or_default(),
            date: date.into_iter().find(|date| !date.is_empty()).unwrap_or_default(),
            is_current: matches!(status.as_str(), "active" | "on-hold" | "draft" | "intended"),
            status,
            is_reported,
        }
    }
}

/// The sig: as written, or put together from dose, route and timing.
fn instructions(dosage: Node<'_>) -> String {
    if let Some(text) = dosage.get_str("text").or_else(|| dosage.get_str("patientInstruction")) {
        return text.into_owned();
    }
    let dose = dosage.each_of("doseAndRate").next().and_then(|one| one.get("doseQuantity")).map(quantity);
    let route = concept::text(dosage.get("route"));
    let timing = dosage.get("timing").and_then(timing);
    let as_needed = dosage.get("asNeededBoolean").and_then(Node::as_bool) == Some(true);
    let parts = [dose, route, timing, as_needed.then(|| "as needed".to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn quantity(quantity: Node<'_>) -> String {
    let value = quantity.get("value").and_then(Node::as_number).unwrap_or_default();
    let unit = quantity.get_str("unit").or_else(|| quantity.get_str("code")).unwrap_or_default();
    format!("{value} {unit}").trim().to_owned()
}

fn timing(timing: Node<'_>) -> Option<String> {
    if let Some(text) = concept::text(timing.get("code")) {
        return Some(text);
    }
    let repeat = timing.get("repeat")?;
    let number = |name: &str| repeat.get(name).and_then(Node::as_number).unwrap_or("1");
    let unit = match repeat.get_str("periodUnit")?.as_ref() {
        "h" => "hour",
        "d" => "day",
        "wk" => "week",
        "mo" => "month",
        other => return Some(format!("{} per {} {other}", number("frequency"), number("period"))),
    };
    Some(match (number("frequency"), number("period")) {
        ("1", "1") => format!("once a {unit}"),
        ("2", "1") => format!("two times a {unit}"),
        (times, "1") => format!("{times} times a {unit}"),
        ("1", period) => format!("every {period} {unit}s"),
        (times, period) => format!("{times} times every {period} {unit}s"),
    })
}

/// Current medications first, each group newest first; the same medication ordered again stands once.
pub fn ordered(mut medications: Vec<Medication>) -> Vec<Medication> {
    medications.sort_by(|one, two| two.is_current.cmp(&one.is_current).then_with(|| two.date.cmp(&one.date)));
    let mut kept: Vec<Medication> = Vec::new();
    for medication in medications {
        if !kept
            .iter()
            .any(|known| known.name == medication.name && known.is_current == medication.is_current)
        {
            kept.push(medication);
        }
    }
    kept
}
