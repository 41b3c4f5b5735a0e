//! `_include` and `_revinclude`: what matches refer to, and what refers to them (R4 search 3.1.1.5.6).

use crate::error::Error;
use crate::resource::Resource;
use crate::session::Session;
use access::Interaction;
use fhir::schema::{TypeId, schema};
use search::include::references;
use search::parameter::{ParameterKind, parameters};
use search::parse::{Include, Limits, Request, parse_clause};
use search::query::{Clause, Query};
use std::collections::HashSet;
use store::ResourceKey;

/// Included resources on a page at most; what goes beyond is left out, as the specification allows.
const INCLUDED_MAX: usize = 2_000;
/// How often `:iterate` goes on.
const ROUNDS_MAX: usize = 8;

impl Session {
    /// The companions of a page of matches, each once and none that is a match itself.
    pub(crate) fn include(&self, matches: &[Resource], request: &Request) -> Result<Vec<Resource>, Error> {
        let mut known: HashSet<ResourceKey> = matches.iter().map(|one| one.key().clone()).collect();
        let mut included: Vec<Resource> = Vec::new();
        let mut round: Vec<Resource> = matches.to_vec();
        for turn in 0..ROUNDS_MAX {
            let mut fresh = Vec::new();
            for include in request.includes.iter().filter(|include| turn == 0 || include.iterate) {
                let found = if include.reverse {
                    self.referring(&round, include)?
                } else {
                    self.referred(&round, include)?
                };
                fresh.extend(found.into_iter().filter(|resource| known.insert(resource.key().clone())));
            }
            if fresh.is_empty() || included.len() >= INCLUDED_MAX {
                break;
            }
            included.extend(fresh.iter().cloned());
            round = fresh;
        }
        included.truncate(INCLUDED_MAX);
        Ok(included)
    }

    /// What resources refer to.
    fn referred(&self, from: &[Resource], include: &Include) -> Result<Vec<Resource>, Error> {
        let sources =
            from.iter().filter(|one| include.source.is_none_or(|source| one.key().type_id == source));
        let mut keys: Vec<ResourceKey> = Vec::new();
        for document in sources.filter_map(Resource::document) {
            let targets = references(&document, include.parameter, include.target, self.record.base_url());
            keys.extend(targets.into_iter().map(|(type_id, id)| ResourceKey::new(type_id, id)));
        }
        let mut seen = HashSet::new();
        keys.retain(|key| seen.insert(key.clone()));
        let mut found = Vec::new();
        for key in keys {
            let grant = self.authorise(Interaction::Read, Some(key.type_id))?;
            let version = self.record.store.read(&key)?;
            let version = version.filter(|version| !version.is_deleted() && self.is_granted(&grant, version));
            found.extend(version.map(Resource::new));
        }
        Ok(found)
    }

    /// What refers to resources.
    fn referring(&self, to: &[Resource], include: &Include) -> Result<Vec<Resource>, Error> {
        let targets: Vec<String> = to
            .iter()
            .filter(|one| include.target.is_none_or(|target| one.key().type_id == target))
            .map(|one| one.key().to_string())
            .collect();
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let sources: Vec<TypeId> =
            include.source.map_or_else(|| schema().resources().collect(), |one| vec![one]);
        let mut found = Vec::new();
        for source in sources {
            let codes: Vec<&'static str> = match include.parameter {
                Some(code) => vec![code],
                None => reference_codes(source),
            };
            let value = targets.join(",");
            let limits = Limits { values: usize::MAX, ..self.record.limits() };
            let clause =
                |code: &&'static str| parse_clause(&[source], code, &value, self.record.ports(), &limits);
            let clauses = codes.iter().map(clause).collect::<Result<Vec<_>, _>>()?;
            if clauses.is_empty() {
                continue;
            }
            let mut query = Query {
                types: vec![source],
                clauses: vec![Clause::Any(clauses)],
                count: INCLUDED_MAX,
                ..Query::default()
            };
            self.authorise(Interaction::Search, Some(source))?.narrow(&mut query);
            let hits = self.record.store.search(&query, self.record.ports())?;
            found.extend(hits.matches.into_iter().map(Resource::new));
        }
        Ok(found)
    }
}

fn reference_codes(type_id: TypeId) -> Vec<&'static str> {
    let references =
        parameters(type_id).iter().filter(|parameter| parameter.kind == ParameterKind::Reference);
    references.map(|parameter| parameter.code).collect()
}
