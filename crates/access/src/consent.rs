//! Consent directives: what patients have said that others may not see of their record (FHIR Consent of scope patient-privacy;
//! 45 CFR 164.522(a), 42 CFR 2.31).
//!
//! A rule that names somebody holds for them: people, devices, and whom organizations, care teams and groups have. One that
//! names nobody and is about payment holds for programs of health plans, and any other that names nobody for programs that work by
//! themselves, which is how a record leaves the practice: who treats the patient in it is named, or sees the record.

mod part;

pub use part::{Kept, Meaning, Part};

use crate::record_of::in_record_of;
use crate::relations::Asker;
use fhir::period::Period;
use fhir::schema::TypeId;
use fhir::{Document, Node};
use search::query::Clause;
use search::value::reference::local_resource;

/// Scope of the Consents that are read (R4 consentscope).
pub const PRIVACY: &str = "patient-privacy";

/// Something that a patient keeps from somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// The patient's id.
    pub patient: String,
    /// The id of the Consent that says so.
    pub consent: String,
    /// From whom.
    pub from: Recipient,
    /// For whom an exception was made, such as `Practitioner/1`.
    pub but_for: Vec<String>,
    /// When it holds.
    pub period: Option<Period>,
    /// What is kept from them.
    pub what: Part,
    /// What they see all the same.
    pub but: Vec<Part>,
    /// Elements of the Consent that would make it narrower and are not understood: what is kept is more than it says.
    pub not_understood: Vec<String>,
}

/// From whom something is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Those of these names, such as `Practitioner/1` or `Organization/2`.
    Named(Vec<String>),
    /// Programs that work by themselves.
    Programs,
    /// Programs of health plans, for people or by themselves (45 CFR 164.522(a)(1)(vi)).
    HealthPlans,
}

/// Who asks, as directives name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// What they are called in the record: who they are, and the organizations, care teams and groups that they are of.
    pub names: Vec<String>,
    /// Whether it is a program that works by itself.
    pub is_program: bool,
    /// Whether it is a program of a health plan.
    pub is_of_health_plan: bool,
}

impl Directive {
    /// What a Consent keeps from whom; nothing when it is not active, of another scope, or only permits. `base_url`: absolute
    /// references to it are local.
    pub fn read(consent: &Document, base_url: &str) -> Vec<Self> {
        let root = consent.root();
        let scopes = |scope: Node<'_>| {
            let has = |coding: Node<'_>| coding.get_str("code").is_some_and(|code| code == PRIVACY);
            scope.each_of("coding").any(has)
        };
        let is_active = root.get_str("status").is_some_and(|status| status == "active");
        let patient = root
            .get("patient")
            .and_then(|one| reference(one, base_url))
            .filter(|(of, _)| of.name() == "Patient");
        let (Some((_, patient)), Some(provision)) = (patient, root.get("provision")) else {
            return Vec::new();
        };
        if !is_active || !root.get("scope").is_some_and(scopes) {
            return Vec::new();
        }
        let consent = root.get_str("id").unwrap_or_default().into_owned();
        let named =
            |directive: Self| Self { patient: patient.clone(), consent: consent.clone(), ..directive };
        let is_denied = match provision.get_str("type") {
            Some(kind) => kind == "deny",
            None => is_opt_out(root),
        };
        // The root says what holds unless a rule in it says otherwise.
        let rules = provision.each_of("provision");
        if is_denied {
            return vec![named(rule(provision, rules, base_url))];
        }
        let denials = rules.filter(|one| one.get_str("type").is_some_and(|kind| kind == "deny"));
        denials.map(|one| named(rule(one, one.each_of("provision"), base_url))).collect()
    }

    /// True when it holds for who asks at this moment.
    pub fn holds(&self, who: &Names, now_ms: i64, offset_minutes: i32) -> bool {
        let is_named = |list: &[String]| list.iter().any(|one| who.names.contains(one));
        let is_for = match &self.from {
            Recipient::Named(names) => is_named(names),
            Recipient::Programs => who.is_program,
            Recipient::HealthPlans => who.is_of_health_plan,
        };
        is_for
            && !is_named(&self.but_for)
            && self.period.as_ref().is_none_or(|period| period.contains_ms(now_ms, offset_minutes))
    }

    /// All that it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let from: &[String] = if let Recipient::Named(names) = &self.from { names } else { &[] };
        from.iter().chain(&self.but_for).map(String::as_str)
    }

    /// What must hold for resources of a type that may be seen in spite of it; `None`: it does not touch the type.
    pub fn clause(&self, type_id: TypeId) -> Option<Clause> {
        let mut kept = vec![in_record_of(type_id, &self.patient)?, self.what.clause(type_id)?];
        for part in self.but.iter().filter_map(|part| part.clause(type_id)) {
            kept.push(Clause::Not(Box::new(part)));
        }
        Some(Clause::Not(Box::new(Clause::All(kept))))
    }
}

/// What the directives of a decision leave of a type; `None`: it cannot be told.
pub(crate) fn clauses(type_id: TypeId, asker: &Asker<'_>) -> Option<Vec<Clause>> {
    // Who keeps the system going has all of it; a Binary is kept by what leads to it.
    let is_touched =
        type_id.name() != "Binary" && !asker.actor.roles.iter().any(|role| role == "administrator");
    if !is_touched {
        return Some(Vec::new());
    }
    let withheld = asker.relations.withheld()?;
    if withheld.is_empty() {
        return Some(Vec::new());
    }
    let broken = asker.relations.emergencies();
    let applies = withheld.iter().filter(|one| !broken.contains(&one.patient));
    Some(applies.filter_map(|one| one.clause(type_id)).collect())
}

/// The base rule of a Consent without one in its provision: the policy that it agrees to (v3-ActCode).
fn is_opt_out(root: Node<'_>) -> bool {
    let rule = root.get("policyRule");
    rule.is_some_and(|rule| {
        rule.each_of("coding")
            .any(|coding| coding.get_str("code").is_some_and(|code| code.starts_with("OPTOUT")))
    })
}

fn rule<'a>(node: Node<'a>, exceptions: impl Iterator<Item = Node<'a>>, base_url: &str) -> Directive {
    let permits = exceptions.filter(|one| one.get_str("type").is_some_and(|kind| kind == "permit"));
    let from = match actors(node, base_url) {
        names if !names.is_empty() => Recipient::Named(names),
        _ if is_about_payment(node) => Recipient::HealthPlans,
        _ => Recipient::Programs,
    };
    let is_lost =
        |name: &&&str| node.get(name).is_some() && !(**name == "purpose" && from == Recipient::HealthPlans);
    let mut not_understood: Vec<String> = NARROWING.iter().filter(is_lost).map(ToString::to_string).collect();
    let (mut but, mut but_for) = (Vec::new(), Vec::new());
    for one in permits {
        match (actors(one, base_url), Part::read(one, Meaning::Instance, base_url)) {
            (names, part) if names.is_empty() && part != Part::default() => but.push(part),
            (names, part) if part == Part::default() => but_for.extend(names),
            // Who would see more of a part only, sees no more than the others.
            _ => not_understood.push("provision".to_owned()),
        }
    }
    Directive {
        patient: String::new(),
        consent: String::new(),
        from,
        but_for,
        period: node.get("period").map(Period::read),
        what: Part::read(node, Meaning::Dependents, base_url),
        but,
        not_understood,
    }
}

/// Whether all that a provision is about is payment by a health plan.
fn is_about_payment(node: Node<'_>) -> bool {
    let is_payment =
        |purpose: Node<'_>| purpose.get_str("code").is_some_and(|code| PAYMENT.contains(&code.as_ref()));
    node.get("purpose").is_some() && node.each_of("purpose").all(is_payment)
}

/// Healthcare payment and what is part of it (v3-ActReason, HPAYMT).
const PAYMENT: [&str; 9] =
    ["HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG", "REMITADV"];

/// Whom a provision names.
fn actors(node: Node<'_>, base_url: &str) -> Vec<String> {
    let named = |actor: Node<'_>| Some(name(reference(actor.get("reference")?, base_url)?));
    node.each_of("actor").filter_map(named).collect()
}

/// Elements of a provision that would make it narrower.
const NARROWING: [&str; 4] = ["action", "purpose", "code", "dataPeriod"];

/// A reference to a resource here.
fn reference(node: Node<'_>, base_url: &str) -> Option<(TypeId, String)> {
    local_resource(&node.get_str("reference")?, base_url)
}

fn name((type_id, id): (TypeId, String)) -> String {
    format!("{}/{id}", type_id.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::schema::schema;

    fn consent(rest: &str) -> Document {
        let text = format!(
            r#"{{"resourceType":"Consent","id":"c","status":"active","scope":{{"coding":[{{"code":"patient-privacy"}}]}},
            "patient":{{"reference":"Patient/p"}},{rest}}}"#
        );
        Document::parse(text).unwrap()
    }

    const BASE: &str = "http://localhost/fhir";

    fn read(consent: &Document) -> Vec<Directive> {
        Directive::read(consent, BASE)
    }

    fn type_named(name: &str) -> TypeId {
        schema().resource_named(name).unwrap()
    }

    #[test]
    fn a_denial_of_somebody_is_for_them_and_in_its_time() {
        let read = read(&consent(
            r#""provision":{"type":"permit","provision":[
                {"type":"deny","period":{"start":"2026-01-01","end":"2026-12-31"},"actor":[{"reference":{"reference":"Practitioner/x"}}],
                 "class":[{"code":"Observation"}]},
                {"type":"permit"}]}"#,
        ));
        let [one] = read.as_slice() else { panic!("{read:?}") };
        let who = |name: &str| Names {
            names: vec![name.to_owned()],
            is_program: name.is_empty(),
            ..Names::default()
        };
        let (within_ms, after_ms) = (1_780_000_000_000, 1_800_000_000_000);
        assert!(one.holds(&who("Practitioner/x"), within_ms, 0));
        assert!(!one.holds(&who("Practitioner/x"), after_ms, 0));
        assert!(!one.holds(&who("Practitioner/y"), within_ms, 0));
        assert!(one.clause(type_named("Observation")).is_some());
        assert_eq!(one.clause(type_named("Condition")), None);
        assert_eq!(one.clause(type_named("Organization")), None, "it is in nobody's record");
        assert_eq!((one.consent.as_str(), one.patient.as_str()), ("c", "p"));
    }

    #[test]
    fn an_opt_out_is_for_programs_that_work_by_themselves() {
        for rest in [
            r#""policyRule":{"coding":[{"code":"OPTOUT"}]},"provision":{"purpose":[{"code":"TREAT"}]}"#,
            r#""provision":{"type":"deny","action":[{"text":"access"}]}"#,
        ] {
            let read = read(&consent(rest));
            let [one] = read.as_slice() else { panic!("{rest}: {read:?}") };
            let (program, person) = (Names { is_program: true, ..Names::default() }, Names::default());
            assert!(one.holds(&program, 0, 0) && !one.holds(&person, 0, 0));
            assert_eq!(one.not_understood.len(), 1, "{one:?}");
        }
    }

    #[test]
    fn hp4_what_was_paid_in_full_is_kept_from_health_plans_alone() {
        let text = |purpose: &str| {
            format!(
                r#""provision":{{"type":"permit","provision":[{{"type":"deny","purpose":[{purpose}],
                "data":[{{"meaning":"dependents","reference":{{"reference":"Encounter/e"}}}}]}}]}}"#
            )
        };
        let payment = read(&consent(&text(r#"{"code":"HPAYMT"},{"code":"ELIGVER"}"#)));
        let [one] = payment.as_slice() else { panic!("{payment:?}") };
        assert_eq!((&one.from, one.not_understood.len()), (&Recipient::HealthPlans, 0));
        let plan = Names { is_of_health_plan: true, ..Names::default() };
        assert!(one.holds(&plan, 0, 0) && !one.holds(&Names { is_program: true, ..Names::default() }, 0, 0));
        for kept in ["Encounter", "Observation", "Condition", "Claim", "DocumentReference", "Provenance"] {
            assert!(one.clause(type_named(kept)).is_some(), "{kept}");
        }
        assert_eq!(one.clause(type_named("Coverage")), None, "it is of no visit");
        let other = read(&consent(&text(r#"{"code":"HPAYMT"},{"code":"TREAT"}"#)));
        assert_eq!((&other[0].from, other[0].not_understood.len()), (&Recipient::Programs, 1));
    }

    #[test]
    fn what_is_no_denial_keeps_nothing() {
        for rest in [
            r#""provision":{"type":"permit"}"#,
            r#""policyRule":{"coding":[{"code":"OPTIN"}]},"provision":{}"#,
            r#""policyRule":{"coding":[{"code":"OPTOUT"}]}"#,
        ] {
            assert_eq!(read(&consent(rest)), [], "{rest}");
        }
        let denial = r#""provision":{"type":"deny"}"#;
        let text = consent(denial).text().to_owned();
        for (before, after) in
            [("\"active\"", "\"inactive\""), ("patient-privacy", "research"), ("Patient/p", "Patient/../p")]
        {
            let other = Document::parse(text.replace(before, after)).unwrap();
            assert_eq!(read(&other), [], "{after}");
        }
    }

    #[test]
    fn whole_urls_of_this_server_mean_the_same() {
        let rest = |base: &str| {
            format!(
                r#""provision":{{"type":"deny","actor":[{{"reference":{{"reference":"{base}Practitioner/x"}}}}],
                "data":[{{"reference":{{"reference":"{base}Condition/c"}}}}]}}"#
            )
        };
        let whole = consent(&rest("http://localhost/fhir/"))
            .text()
            .replace("Patient/p", "http://localhost/fhir/Patient/p");
        let whole = Document::parse(whole).unwrap();
        assert_eq!(read(&whole), read(&consent(&rest(""))));
        assert_eq!(read(&whole)[0].from, Recipient::Named(vec!["Practitioner/x".to_owned()]));
        let elsewhere =
            whole.text().replace("http://localhost/fhir/Patient", "http://elsewhere/fhir/Patient");
        assert_eq!(read(&Document::parse(elsewhere).unwrap()), []);
    }
}
