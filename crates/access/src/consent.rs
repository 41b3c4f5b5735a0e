//! Consent directives: what patients have said that others may not see of their record (FHIR Consent of scope patient-privacy;
//! 45 CFR 164.522(a), 42 CFR 2.31).
//!
//! A rule that names people or devices holds for them. One that names nobody holds for programs that work by themselves, which
//! is how a record leaves the practice: who treats the patient in it is named, or sees the record.

use crate::record_of::in_record_of;
use crate::relations::Asker;
use fhir::period::Period;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node};
use search::matcher::NoPorts;
use search::parse::{Limits, parse_clause};
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
    /// From whom, such as `Practitioner/1`; empty: from programs that work by themselves.
    pub from: Vec<String>,
    /// For whom an exception was made.
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

/// A part of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Resources of these types; empty: of any.
    pub types: Vec<TypeId>,
    /// Resources that bear one of these labels, as `_security` names them; empty: any.
    pub labels: Vec<String>,
    /// These resources, by type and id; empty: any.
    pub resources: Vec<(TypeId, String)>,
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

    /// True when it holds for who asks, who is known in the record by these names, at this moment.
    pub fn holds(&self, names: &[String], is_program: bool, now_ms: i64, offset_minutes: i32) -> bool {
        let is_named = |list: &[String]| list.iter().any(|one| names.contains(one));
        let is_for = if self.from.is_empty() { is_program } else { is_named(&self.from) };
        is_for
            && !is_named(&self.but_for)
            && self.period.as_ref().is_none_or(|period| period.contains_ms(now_ms, offset_minutes))
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
    let mut not_understood: Vec<String> =
        NARROWING.iter().filter(|name| node.get(name).is_some()).map(ToString::to_string).collect();
    let (mut but, mut but_for) = (Vec::new(), Vec::new());
    for one in permits {
        match (actors(one, base_url), Part::read(one, base_url)) {
            (names, part) if names.is_empty() && part != Part::default() => but.push(part),
            (names, part) if part == Part::default() => but_for.extend(names),
            // Who would see more of a part only, sees no more than the others.
            _ => not_understood.push("provision".to_owned()),
        }
    }
    Directive {
        patient: String::new(),
        consent: String::new(),
        from: actors(node, base_url),
        but_for,
        period: node.get("period").map(Period::read),
        what: Part::read(node, base_url),
        but,
        not_understood,
    }
}

/// Whom a provision names.
fn actors(node: Node<'_>, base_url: &str) -> Vec<String> {
    let named = |actor: Node<'_>| Some(name(reference(actor.get("reference")?, base_url)?));
    node.each_of("actor").filter_map(named).collect()
}

/// Elements of a provision that would make it narrower.
const NARROWING: [&str; 4] = ["action", "purpose", "code", "dataPeriod"];

impl Part {
    fn read(node: Node<'_>, base_url: &str) -> Self {
        let label = |label: Node<'_>| {
            let code = label.get_str("code")?;
            Some(format!("{}|{code}", label.get_str("system").unwrap_or_default()))
        };
        let types =
            node.each_of("class").filter_map(|class| schema().resource_named(&class.get_str("code")?));
        let resources = node.each_of("data").filter_map(|data| reference(data.get("reference")?, base_url));
        Self {
            types: types.collect(),
            labels: node.each_of("securityLabel").filter_map(label).collect(),
            resources: resources.collect(),
        }
    }

    /// That a resource of a type is in it; `None`: none can be.
    fn clause(&self, type_id: TypeId) -> Option<Clause> {
        if !self.types.is_empty() && !self.types.contains(&type_id) {
            return None;
        }
        let mut clauses = Vec::new();
        if !self.resources.is_empty() {
            let ids = self.resources.iter().filter(|(of, _)| *of == type_id).map(|(_, id)| id.as_str());
            let ids: Vec<&str> = ids.collect();
            if ids.is_empty() {
                return None;
            }
            clauses.push(parse(type_id, "_id", &ids.join(","))?);
        }
        if !self.labels.is_empty() {
            clauses.push(parse(type_id, "_security", &self.labels.join(","))?);
        }
        Some(Clause::All(clauses))
    }
}

fn parse(type_id: TypeId, parameter: &str, value: &str) -> Option<Clause> {
    parse_clause(&[type_id], parameter, value, &NoPorts, &Limits::default()).ok()
}

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
        let names = |name: &str| vec![name.to_owned()];
        let (within_ms, after_ms) = (1_780_000_000_000, 1_800_000_000_000);
        assert!(one.holds(&names("Practitioner/x"), false, within_ms, 0));
        assert!(!one.holds(&names("Practitioner/x"), false, after_ms, 0));
        assert!(!one.holds(&names("Practitioner/y"), true, within_ms, 0));
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
            assert!(one.holds(&[], true, 0, 0) && !one.holds(&["Practitioner/x".to_owned()], false, 0, 0));
            assert_eq!(one.not_understood.len(), 1, "{one:?}");
        }
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
        assert_eq!(read(&whole)[0].from, ["Practitioner/x"]);
        let elsewhere =
            whole.text().replace("http://localhost/fhir/Patient", "http://elsewhere/fhir/Patient");
        assert_eq!(read(&Document::parse(elsewhere).unwrap()), []);
    }
}
