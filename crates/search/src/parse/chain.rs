//! Chains and reverse chains (R4 search §3.1.1.5.4, §3.1.1.5.5), and lists (§3.1.1.5.7).

use super::Scope;
use super::filter::{self, Operation};
use crate::parameter::{ParameterKind, parameter};
use crate::query::{Clause, Criterion, Test};
use crate::search_error::{SearchError, SearchErrorKind};
use crate::value::ValueTest;
use crate::value::token::{SystemTest, TokenTest};
use fhir::schema::{TypeId, schema};

/// What is asked at the end of a chain.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// A parameter's value.
    Plain(&'a str),
    /// A comparison of a filter.
    Compared(Operation, &'a str),
}

/// Lists that the standard defines by what they stand for instead of by a resource.
const FUNCTIONAL_LIST: char = '$';

impl Scope<'_> {
    fn ask(&self, rest: &str, ask: Ask<'_>) -> Result<Clause, SearchError> {
        match ask {
            Ask::Plain(value) => self.clause(rest, value),
            Ask::Compared(operation, value) => filter::comparison(self, rest, operation, value),
        }
    }

    /// `head[:Type].rest=value`.
    pub(crate) fn chain(
        &self,
        name: &str,
        head: &str,
        rest: &str,
        ask: Ask<'_>,
    ) -> Result<Clause, SearchError> {
        let (code, only) = match head.split_once(':') {
            Some((code, type_name)) => (code, Some(self.type_named(name, type_name)?)),
            None => (head, None),
        };
        let resolved = self.resolve(code, name)?;
        let bad = |kind, problem: String| Err(SearchError::new(kind, name, problem));
        if resolved.parameter.kind != ParameterKind::Reference {
            return bad(
                SearchErrorKind::BadModifier,
                format!("{code} is no reference, so nothing can be asked behind it"),
            );
        }
        let targets = match only {
            Some(only) if !resolved.targets.is_empty() && !resolved.targets.contains(&only) => {
                let names: Vec<_> = resolved.targets.iter().map(|target| target.name()).collect();
                let problem =
                    format!("{code} never refers to {}; it may refer to {}", only.name(), names.join(", "));
                return bad(SearchErrorKind::BadModifier, problem);
            }
            Some(only) => vec![only],
            None if resolved.targets.is_empty() => schema().resources().collect(),
            None => resolved.targets,
        };
        let chains = self.chains(name, resolved.parameter.code, &targets, rest, ask)?;
        Ok(if chains.len() == 1 {
            chains.into_iter().next().unwrap_or(Clause::Never)
        } else {
            Clause::Any(chains)
        })
    }

    /// A chain for each meaning that the rest has in the target types.
    fn chains(
        &self,
        name: &str,
        code: &'static str,
        targets: &[TypeId],
        rest: &str,
        ask: Ask<'_>,
    ) -> Result<Vec<Clause>, SearchError> {
        let mut meanings: Vec<(Clause, Vec<TypeId>)> = Vec::new();
        let mut first_error = None;
        for &target in targets {
            let types = [target];
            match self.deeper(&types, name)?.ask(rest, ask) {
                Ok(inner) => match meanings.iter_mut().find(|(known, _)| *known == inner) {
                    Some((_, types)) => types.push(target),
                    None => meanings.push((inner, vec![target])),
                },
                Err(error) if error.kind == SearchErrorKind::TooCostly => {
                    return Err(SearchError { parameter: name.to_owned(), ..error });
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) if meanings.is_empty() => Err(SearchError { parameter: name.to_owned(), ..error }),
            _ => Ok(meanings
                .into_iter()
                .map(|(inner, targets)| Clause::Chain { parameter: code, targets, inner: Box::new(inner) })
                .collect()),
        }
    }

    /// `_has:Type:reference:rest=value`; `rest` may be a chain or another `_has`.
    pub(crate) fn has(&self, name: &str, after: &str, ask: Ask<'_>) -> Result<Clause, SearchError> {
        let mut parts = after.splitn(3, ':');
        let (Some(type_name), Some(code), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            let problem = "write _has:Type:reference:parameter, such as _has:Observation:patient:code";
            return Err(SearchError::new(SearchErrorKind::BadModifier, name, problem));
        };
        let source = self.type_named(name, type_name)?;
        let types = [source];
        let scope = self.deeper(&types, name)?;
        let resolved = scope.resolve(code, name)?;
        if resolved.parameter.kind != ParameterKind::Reference {
            let problem = format!("{code} of {type_name} is no reference");
            return Err(SearchError::new(SearchErrorKind::BadModifier, name, problem));
        }
        if !self.types.is_empty()
            && !resolved.targets.is_empty()
            && !self.types.iter().any(|type_id| resolved.targets.contains(type_id))
        {
            let problem = format!("{code} of {type_name} never refers to what is searched");
            return Err(SearchError::new(SearchErrorKind::BadModifier, name, problem));
        }
        let inner =
            scope.ask(rest, ask).map_err(|error| SearchError { parameter: name.to_owned(), ..error })?;
        Ok(Clause::Has { source, parameter: resolved.parameter.code, inner: Box::new(inner) })
    }

    /// `_list=id`: what the List of that id has as entries.
    pub(crate) fn list(&self, value: &str) -> Result<Clause, SearchError> {
        let bad = |kind, problem: &str| Err(SearchError::new(kind, "_list", problem));
        if value.starts_with(FUNCTIONAL_LIST) {
            return bad(
                SearchErrorKind::Unsupported,
                "this server keeps no lists by function; give the id of a List resource",
            );
        }
        let item = schema().resource_named("List").and_then(|list| Some((list, parameter(list, "item")?)));
        let Some((source, item)) = item else {
            return bad(SearchErrorKind::Unsupported, "there are no lists");
        };
        let ids = value.split(',').map(|id| id.strip_prefix("List/").unwrap_or(id)).map(|id| {
            let code = Some(id.to_owned());
            ValueTest::Token(TokenTest::Code { system: SystemTest::Any, code })
        });
        let test = Test::AnyOf(ids.collect());
        let inner = Box::new(Clause::Parameter(Criterion { code: "_id", test }));
        Ok(Clause::Has { source, parameter: item.code, inner })
    }

    fn type_named(&self, name: &str, type_name: &str) -> Result<TypeId, SearchError> {
        schema().resource_named(type_name).ok_or_else(|| {
            let near = super::suggestion::near_misses(type_name, schema().resources().map(TypeId::name));
            let problem = format!("{type_name} is no resource type{near}");
            SearchError::new(SearchErrorKind::BadModifier, name, problem)
        })
    }
}
