//! What a signed note becomes: the note itself as a DocumentReference, and a resource for each thing that it says.

use crate::allergy_list::{self, NewAllergy, none_known};
use crate::fhir_parts::{LOINC, SNOMED_CT, concept, reference, resource};
use crate::list_entry::Hand;
use crate::medication_order::{again, in_state};
use crate::note::command::{Allergy, Entry, Problem};
use crate::note::known::{Known, KnownMedication, KnownProblem};
use crate::note::medication::Prescription;
use crate::note::order::{Item, Order, OrderKind};
use crate::note::{Line, Note};
use crate::problem_list::{self, NewProblem};
use crate::replacement::Replacement;
use crate::vital_signs::{Measurement, body_mass_index};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Object, Value, array, object};

/// What a note is signed with.
pub(super) struct Signature<'a> {
    /// The patient, such as `Patient/1`.
    pub patient: &'a str,
    /// The visit, such as `Encounter/1`.
    pub visit: &'a str,
    /// Who signs, and when.
    pub hand: Hand,
    /// What the patient has already.
    pub known: &'a Known,
    /// Whether it is said already that there are no known allergies.
    pub none_is_said: bool,
}

/// A resource that is to be made.
pub(super) struct Made {
    /// What other resources call it until it has a name.
    pub full_url: String,
    /// It.
    pub resource: Value,
}

/// What a note makes and changes, and the problems that its visit is about, in order, by reference.
pub(super) struct Outcome {
    pub made: Vec<Made>,
    pub changed: Vec<Replacement>,
    pub addressed: Vec<String>,
}

/// What a note becomes when it is signed.
pub(super) fn outcome(
    note: &Note,
    text: &str,
    signature: &Signature<'_>,
    new_id: &dyn Fn() -> String,
) -> Outcome {
    let mut writer =
        Writer { signature, new_id, problems: Vec::new(), made: Vec::new(), changed: Vec::new() };
    for (line, entry) in note.entries() {
        writer.add(line, entry);
    }
    let document = writer.document(text);
    writer.push(document);
    let mut addressed: Vec<String> = Vec::new();
    for (_, problem) in writer.problems {
        if !addressed.contains(&problem) {
            addressed.push(problem);
        }
    }
    Outcome { made: writer.made, changed: writer.changed, addressed }
}

struct Writer<'a> {
    signature: &'a Signature<'a>,
    new_id: &'a dyn Fn() -> String,
    /// The line of each problem, and its reference.
    problems: Vec<(usize, String)>,
    made: Vec<Made>,
    changed: Vec<Replacement>,
}

impl Writer<'_> {
    fn add(&mut self, line: &Line, entry: &Entry) {
        let reason = line.problem.and_then(|at| self.problems.iter().find(|(of, _)| *of == at));
        let reason = reason.map(|(_, reference)| reference.clone());
        match entry {
            Entry::Problem(problem) => {
                let reference = self.problem(problem);
                self.problems.push((line.number, reference));
            }
            Entry::Prescription(prescription) => {
                let request = self.prescription(prescription, reason.as_deref());
                self.push(request);
            }
            Entry::Renewal(renewal) => self.renewal(&renewal.words, reason.as_deref()),
            Entry::Stop(stop) => self.stop(&stop.words, &stop.reason),
            Entry::Order(order) => self.order(order, reason.as_deref()),
            Entry::VitalSigns(measured) => self.vital_signs(measured),
            Entry::Allergy(allergy) => {
                let allergy = self.allergy(allergy);
                self.push(allergy);
            }
            // It stands already.
            Entry::NoKnownAllergies if self.signature.none_is_said => {}
            Entry::NoKnownAllergies => {
                let none = none_known::statement(self.signature.patient, &self.signature.hand);
                let none = self.of_the_visit(none);
                self.push(none);
            }
        }
    }

    fn push(&mut self, resource: Object) -> String {
        let full_url = format!("urn:uuid:{}", (self.new_id)());
        self.made.push(Made { full_url: full_url.clone(), resource: resource.into() });
        full_url
    }

    /// The reference of a problem: of the one that the patient has already, or of one that is new.
    fn problem(&mut self, problem: &Problem) -> String {
        let is_known = |known: &&KnownProblem| match &problem.code {
            Some(code) => known.codes.contains(code),
            None => known.name.eq_ignore_ascii_case(&problem.name),
        };
        if let Some(known) = self.signature.known.problems.iter().find(is_known) {
            return known.reference.clone();
        }
        let new = NewProblem { name: problem.name.clone(), code: problem.code.clone(), onset: None };
        let condition = problem_list::condition(&new, self.signature.patient, &self.signature.hand);
        let condition = self.of_the_visit(condition);
        self.push(condition)
    }

    /// What orders have in common: by whom, when, in which visit and what for.
    fn sign_order(&self, request: &mut Object, reason: Option<&str>) {
        request.set("status", "active");
        request.set("intent", "order");
        request.set("subject", reference(self.signature.patient));
        request.set("encounter", reference(self.signature.visit));
        request.set("authoredOn", self.signature.hand.instant.as_str());
        request.set("requester", self.signature.hand.author.clone());
        if let Some(reason) = reason {
            request.set("reasonReference", array![reference(reason)]);
        }
    }

    fn prescription(&self, prescription: &Prescription, reason: Option<&str>) -> Object {
        let mut request = resource("MedicationRequest", "medicationrequest");
        request.set("medicationCodeableConcept", object! { "text" => prescription.sig.product() });
        self.sign_order(&mut request, reason);
        request.set("dosageInstruction", array![prescription.sig.dosage()]);
        let mut dispense = Object::new();
        if let Some(refills) = prescription.sig.refills {
            dispense.set("numberOfRepeatsAllowed", i64::from(refills));
        }
        if let Some(quantity) = prescription.sig.quantity {
            let mut supply = object! { "value" => Value::number(quantity.amount.number().to_string()) };
            if let (Some(unit), Some(supply)) = (quantity.unit, supply.as_object_mut()) {
                supply.set("unit", unit.name(quantity.amount.is_one()));
            }
            dispense.set("quantity", supply);
        }
        if !dispense.is_empty() {
            request.set("dispenseRequest", dispense);
        }
        request
    }

    /// The same order again, which takes the place of those that there are.
    fn renewal(&mut self, words: &str, reason: Option<&str>) {
        let of_name = self.signature.known.medication(words).unwrap_or_default();
        let orders: Vec<&KnownMedication> = of_name.into_iter().filter(|one| one.is_order()).collect();
        let Some(newest) = orders.first() else { return };
        let mut request = again(&newest.document, &newest.key);
        self.sign_order(&mut request, reason);
        for order in &orders {
            self.end(order, "completed", "");
        }
        self.push(request);
    }

    fn stop(&mut self, words: &str, reason: &str) {
        for one in self.signature.known.medication(words).unwrap_or_default() {
            self.end(one, "stopped", reason);
        }
    }

    fn end(&mut self, medication: &KnownMedication, status: &str, reason: &str) {
        let (key, version) = (medication.key.clone(), medication.version);
        if !self.changed.iter().any(|one| one.key == key) {
            let document = in_state(&medication.document, status, reason);
            self.changed.push(Replacement { key, version, document });
        }
    }

    /// A ServiceRequest for each thing that is ordered.
    fn order(&mut self, order: &Order, reason: Option<&str>) {
        for item in &order.items {
            let mut request = resource("ServiceRequest", "servicerequest");
            self.sign_order(&mut request, reason);
            let (category, words) = order.kind.category();
            request.set("category", array![concept(SNOMED_CT, category, words)]);
            request.set("priority", order.priority.code());
            request.set("code", order_code(order.kind, item));
            let day = self.signature.hand.instant.get(..10).unwrap_or_default();
            let when = order.after.and_then(|after| after.after(day));
            request.set("occurrenceDateTime", when.unwrap_or_else(|| day.to_owned()));
            if !order.remark.is_empty() {
                request.set("note", array![object! { "text" => order.remark.as_str() }]);
            }
            self.push(request);
        }
    }

    fn vital_signs(&mut self, measured: &[Measurement]) {
        let observations = measured.iter().map(Measurement::observation);
        let index = body_mass_index(measured).map(|(observation, _)| observation);
        for mut observation in observations.chain(index) {
            observation.set("subject", reference(self.signature.patient));
            observation.set("encounter", reference(self.signature.visit));
            observation.set("effectiveDateTime", self.signature.hand.instant.as_str());
            observation.set("performer", array![self.signature.hand.author.clone()]);
            self.push(observation);
        }
    }

    fn allergy(&self, allergy: &Allergy) -> Object {
        let new = NewAllergy {
            substance: allergy.substance.clone(),
            reaction: allergy.reaction.clone(),
            severity: allergy.severity,
            ..NewAllergy::default()
        };
        self.of_the_visit(allergy_list::intolerance(&new, self.signature.patient, &self.signature.hand))
    }

    fn of_the_visit(&self, mut line: Object) -> Object {
        line.set("encounter", reference(self.signature.visit));
        line
    }

    /// The note itself.
    fn document(&self, text: &str) -> Object {
        let attachment = object! {
            "contentType" => "text/plain; charset=utf-8",
            "data" => STANDARD.encode(text),
            "title" => "Visit note",
            "creation" => self.signature.hand.instant.as_str(),
        };
        document(self.signature, attachment)
    }
}

/// A signed DocumentReference of an attachment (US Core DocumentReference): a clinical note of a visit.
pub(super) fn document(signature: &Signature<'_>, attachment: Value) -> Object {
    const CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";
    let mut document = resource("DocumentReference", "documentreference");
    document.set("status", "current");
    document.set("docStatus", "final");
    document.set("type", concept(LOINC, "11506-3", "Progress note"));
    document.set("category", array![concept(CATEGORY, "clinical-note", "Clinical Note")]);
    document.set("subject", reference(signature.patient));
    document.set("date", signature.hand.instant.as_str());
    document.set("author", array![signature.hand.author.clone()]);
    document.set("authenticator", signature.hand.author.clone());
    document.set("content", array![object! { "attachment" => attachment }]);
    document.set("context", object! { "encounter" => array![reference(signature.visit)] });
    document
}

fn order_code(kind: OrderKind, item: &Item) -> Value {
    let mut code = match (item.test, kind) {
        (Some(test), _) => concept(LOINC, test.loinc, test.display),
        (None, OrderKind::Return) => {
            let (follow_up, words) = kind.category();
            concept(SNOMED_CT, follow_up, words)
        }
        (None, _) => Object::new().into(),
    };
    if let Some(code) = code.as_object_mut() {
        code.set("text", item.name.as_str());
    }
    code
}
