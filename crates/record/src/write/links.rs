//! References in what is written: names of other entries, and conditional references (R4 http §3.1.0.11.3).

use super::decision::Decision;
use super::resolve::Resolved;
use super::{WriteAction, WriteRequest};
use crate::body::{self, LinkKind};
use crate::condition::Condition;
use crate::error::Error;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node};
use search::matcher::NoReferences;
use std::cell::RefCell;
use std::collections::HashMap;
use store::{Precondition, ResourceKey};

/// Conditional references of a write, resolved.
#[derive(Default)]
pub(super) struct ConditionalReferences {
    found: HashMap<String, String>,
    preconditions: Vec<Precondition>,
    /// The first that could not be resolved.
    failed: Option<Error>,
}

impl ConditionalReferences {
    /// What must still hold at the moment of the commit.
    pub fn take_preconditions(&mut self) -> Vec<Precondition> {
        std::mem::take(&mut self.preconditions)
    }
}

impl Decision<'_> {
    /// The resource as it will be stored: with its id, and with references to other entries and conditional references
    /// replaced.
    pub(super) fn body(
        &self,
        resource: Node<'_>,
        key: &ResourceKey,
        full_url: Option<&str>,
    ) -> Result<Document, Error> {
        let conditional: &RefCell<ConditionalReferences> = &self.conditional;
        let rewrite = |link: &str, kind: LinkKind| self.rewrite(link, kind, full_url);
        let needs_rewrite = !self.names.is_empty() || resource.raw().contains('?');
        let document = body::prepare(resource, &key.id, needs_rewrite.then_some(&rewrite));
        match conditional.borrow_mut().failed.take() {
            Some(error) => Err(error),
            None => Ok(document),
        }
    }

    fn rewrite(&self, link: &str, kind: LinkKind, full_url: Option<&str>) -> Option<String> {
        let (plain, fragment) = link.split_at(link.find('#').unwrap_or(link.len()));
        if plain.is_empty() {
            return None;
        }
        if let Some(name) = self.names.find(plain, full_url) {
            return Some(format!("{name}{fragment}"));
        }
        // Only a reference may be a condition; a `url` with a question mark is just that.
        if kind == LinkKind::Url {
            return None;
        }
        let (type_name, parameters) = link.split_once('?')?;
        let type_id = schema().resource_named(type_name)?;
        if let Some(known) = self.conditional.borrow().found.get(link) {
            return Some(known.clone());
        }
        let resolved = self.conditional_reference(type_id, parameters);
        let mut conditional = self.conditional.borrow_mut();
        match resolved {
            Ok((key, precondition)) => {
                conditional.found.insert(link.to_owned(), key.to_string());
                conditional.preconditions.push(precondition);
                Some(key.to_string())
            }
            Err(error) => {
                conditional.failed.get_or_insert(error);
                None
            }
        }
    }

    /// The one resource that will match when all is done: of what is stored and not written here, and of what is written
    /// here.
    fn conditional_reference(
        &self,
        type_id: TypeId,
        parameters: &str,
    ) -> Result<(ResourceKey, Precondition), Error> {
        let conditions = self.session.conditions();
        let mut condition = conditions.parse(type_id, parameters)?;
        let here = self.matches_here(&condition);
        let mut written = self.deleted.clone();
        written.extend(self.replaced(type_id));
        conditions.exclude(&mut condition, &written)?;
        let stored = conditions.at_most_one(&condition)?;
        let failed = |found, advice| Error::Condition { condition: condition.text.clone(), found, advice };
        match (stored, here.as_slice()) {
            (Some(key), []) => {
                let precondition = condition.only(&key);
                Ok((key, precondition))
            }
            (None, [key]) => Ok(((*key).clone(), condition.none())),
            (None, []) => Err(failed(
                "no resource",
                "a conditional reference must match exactly one; create it first or in the same transaction",
            )),
            _ => Err(failed("several resources", "make it narrower, so that it names one")),
        }
    }

    /// Resources of a type whose content is replaced here.
    fn replaced(&self, type_id: TypeId) -> impl Iterator<Item = ResourceKey> {
        self.puts(type_id)
            .filter(|(request, _)| matches!(request.action, WriteAction::Update { .. }))
            .map(|(_, key)| key.clone())
    }

    /// What is created or replaced here and matches.
    fn matches_here(&self, condition: &Condition) -> Vec<&ResourceKey> {
        let holds = |resource: Node<'_>| {
            let document = Document::from_node(resource);
            let clauses = &condition.query.clauses;
            clauses.iter().all(|clause| {
                search::matcher::matches(clause, &document, &NoReferences, self.session.record.ports())
            })
        };
        let matching = self.puts(condition.type_id).filter(|(request, _)| match &request.action {
            WriteAction::Create { resource, .. } | WriteAction::Update { resource, .. } => holds(*resource),
            WriteAction::Patch { .. } | WriteAction::Delete { .. } => false,
        });
        matching.map(|(_, key)| key).collect()
    }

    fn puts(&self, type_id: TypeId) -> impl Iterator<Item = (&WriteRequest<'_>, &ResourceKey)> {
        self.requests.iter().zip(&self.resolved).filter_map(move |(request, resolved)| match resolved {
            Resolved::Put { key, .. } if key.type_id == type_id => Some((request, key)),
            _ => None,
        })
    }
}
