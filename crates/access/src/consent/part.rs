//! A part of a record that a directive is about.

use super::reference;
use fhir::Node;
use fhir::schema::{TypeId, schema};
use search::compartment::{has_id, refers_to};
use search::matcher::NoPorts;
use search::parameter::{Parameter, ParameterKind, parameters};
use search::parse::{Limits, parse_clause};
use search::query::Clause;

/// A part of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Resources of these types; empty: of any.
    pub types: Vec<TypeId>,
    /// Resources that bear one of these labels, as `_security` names them; empty: any.
    pub labels: Vec<String>,
    /// These resources, and what goes with them; empty: any.
    pub resources: Vec<Kept>,
}

/// A resource that is kept, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its type.
    pub type_id: TypeId,
    /// Its id.
    pub id: String,
    /// What goes with it.
    pub meaning: Meaning,
}

/// What goes with a resource that is kept (R4 consent-data-meaning).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Instance,
    /// What it refers to.
    Related,
    /// What refers to it, as all that was done in a visit does.
    Dependents,
}

/// The codes of meanings. What somebody wrote (`authoredby`) is not told apart from what refers to them in another way.
const MEANINGS: [(&str, Meaning); 3] =
    [("instance", Meaning::Instance), ("related", Meaning::Related), ("dependents", Meaning::Dependents)];

impl Part {
    /// What a provision is about. `unknown` is meant where it is not understood what goes with a resource.
    pub(super) fn read(node: Node<'_>, unknown: Meaning, base_url: &str) -> Self {
        let label = |label: Node<'_>| {
            let code = label.get_str("code")?;
            Some(format!("{}|{code}", label.get_str("system").unwrap_or_default()))
        };
        let types =
            node.each_of("class").filter_map(|class| schema().resource_named(&class.get_str("code")?));
        Self {
            types: types.collect(),
            labels: node.each_of("securityLabel").filter_map(label).collect(),
            resources: node.each_of("data").filter_map(|data| Kept::read(data, unknown, base_url)).collect(),
        }
    }

    /// That a resource of a type is in it; `None`: none can be.
    pub(super) fn clause(&self, type_id: TypeId) -> Option<Clause> {
        if !self.types.is_empty() && !self.types.contains(&type_id) {
            return None;
        }
        let mut clauses = Vec::new();
        if !self.resources.is_empty() {
            let some = self.resources.iter().flat_map(|kept| kept.clauses(type_id)).collect();
            clauses.push(Clause::any_of(some)?);
        }
        if !self.labels.is_empty() {
            clauses.push(parse(type_id, "_security", &self.labels.join(","))?);
        }
        Some(Clause::All(clauses))
    }
}

impl Kept {
    fn read(data: Node<'_>, unknown: Meaning, base_url: &str) -> Option<Self> {
        let (type_id, id) = reference(data.get("reference")?, base_url)?;
        let code = data.get_str("meaning").unwrap_or_default();
        let meaning = MEANINGS.iter().find(|(known, _)| *known == code);
        Some(Self { type_id, id, meaning: meaning.map_or(unknown, |(_, meaning)| *meaning) })
    }

    /// What holds for the resources of a type that are it, or go with it.
    fn clauses(&self, type_id: TypeId) -> Vec<Clause> {
        let own = (self.type_id == type_id).then(|| has_id(&self.id));
        let with = match self.meaning {
            Meaning::Instance => Vec::new(),
            Meaning::Related => self.related(type_id),
            Meaning::Dependents => self.dependents(type_id),
        };
        own.into_iter().chain(with).collect()
    }

    fn dependents(&self, type_id: TypeId) -> Vec<Clause> {
        let codes = references(type_id, self.type_id).into_iter();
        codes.map(|code| refers_to(code, (self.type_id, &self.id))).collect()
    }

    fn related(&self, type_id: TypeId) -> Vec<Clause> {
        let codes = references(self.type_id, type_id).into_iter();
        let leads_here = |code| {
            let parameter = format!("_has:{}:{code}:_id", self.type_id.name());
            parse(type_id, &parameter, &self.id)
        };
        codes.filter_map(leads_here).collect()
    }
}

/// The parameters by which resources of a type refer to those of another.
fn references(from: TypeId, to: TypeId) -> Vec<&'static str> {
    let leads_there = |one: &&&Parameter| {
        one.kind == ParameterKind::Reference && (one.targets.is_empty() || one.targets.contains(&to))
    };
    parameters(from).iter().filter(leads_there).map(|one| one.code).collect()
}

fn parse(type_id: TypeId, parameter: &str, value: &str) -> Option<Clause> {
    parse_clause(&[type_id], parameter, value, &NoPorts, &Limits::default()).ok()
}
