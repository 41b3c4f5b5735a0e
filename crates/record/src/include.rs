//! `_include` and `_revinclude`: what matches refer to, and what refers to them (R4 search 3.1.1.5.6).

use crate::audit;
use crate::error::Error;
use crate::linked_types::found_within;
use crate::resource::Resource;
use crate::session::Session;
use access::{Grant, Interaction};
use fhir::schema::{TypeId, schema};
use search::include::references;
use search::parameter::{Parameter, ParameterKind, parameters};
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
        let is_named = include.parameter.is_some() || include.target.is_some();
        let mut found = Vec::new();
        for key in keys {
            let Some(grant) = self.leave_if_named(Interaction::Read, key.type_id, is_named)? else {
                continue;
            };
            let version = self.record.store.read(&key)?;
            let version = version.filter(|version| !version.is_deleted() && self.is_granted(&grant, version));
            found.extend(version.map(|version| self.shown_under(&grant, version)));
        }
        Ok(found)
    }

    /// What refers to resources. The audit log, which tells of every resource, is not part of `*`.
    fn referring(&self, to: &[Resource], include: &Include) -> Result<Vec<Resource>, Error> {
        let is_target = |one: &&Resource| include.target.is_none_or(|target| one.key().type_id == target);
        let targets: Vec<&ResourceKey> = to.iter().filter(is_target).map(Resource::key).collect();
        let sources: Vec<TypeId> =
            include.source.map_or_else(|| schema().resources().collect(), |one| vec![one]);
        let mut found = Vec::new();
        for source in sources {
            let clauses = self.clauses_referring(source, include.parameter, &targets)?;
            let is_enough = found.len() >= INCLUDED_MAX;
            if clauses.is_empty() || is_enough {
                continue;
            }
            let mut query = Query {
                types: vec![source],
                clauses: vec![Clause::Any(clauses)],
                count: INCLUDED_MAX,
                ..Query::default()
            };
            let named = include.source.is_some();
            let Some(grant) = self.leave_if_named(Interaction::Search, source, named)? else { continue };
            let is_hidden = |clause: &Clause| grant.hidden_parameter(clause).is_some();
            if query.clauses.iter().any(is_hidden) {
                continue;
            }
            query.clauses.extend(found_within(&grant));
            let hits = match audit::search::is_asked(&query) {
                true if include.source.is_none() => continue,
                true => audit::search::search(self, &query)?,
                false => self.record.store.search(&query, self.record.ports())?,
            };
            found.extend(hits.matches.into_iter().map(|version| self.shown_under(&grant, version)));
        }
        Ok(found)
    }

    /// A clause for each parameter of a type, or the one named, that can lead to some of the resources.
    fn clauses_referring(
        &self,
        source: TypeId,
        named: Option<&'static str>,
        targets: &[&ResourceKey],
    ) -> Result<Vec<Clause>, Error> {
        let limits = Limits { values: usize::MAX, ..self.record.limits() };
        let references = parameters(source).iter().filter(|parameter| {
            parameter.kind == ParameterKind::Reference && named.is_none_or(|code| code == parameter.code)
        });
        let clause = |parameter: &&'static Parameter| {
            let leads_to = |key: &&&ResourceKey| {
                parameter.targets.is_empty() || parameter.targets.contains(&key.type_id)
            };
            let values: Vec<String> = targets.iter().filter(leads_to).map(ToString::to_string).collect();
            (!values.is_empty()).then(|| {
                parse_clause(&[source], parameter.code, &values.join(","), self.record.ports(), &limits)
            })
        };
        Ok(references.filter_map(clause).collect::<Result<_, _>>()?)
    }

    /// Leave to read or search a type. Without it a type that was named is refused; one that only `*` leads to is left
    /// out.
    fn leave_if_named(
        &self,
        interaction: Interaction,
        type_id: TypeId,
        is_named: bool,
    ) -> Result<Option<Grant>, Error> {
        match is_named {
            true => self.authorise(interaction, type_id).map(Some),
            false => Ok(self.leave(interaction, type_id).ok()),
        }
    }
}
