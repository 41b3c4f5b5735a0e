//! Parameters that say how the answer is shown: pages, order, parts, companions (R4 search §3.1.1.6).

use super::{Request, Scope};
use crate::escape::unescape;
use crate::parameter::{ParameterKind, parameter};
use crate::query::{SortKey, Total};
use crate::search_error::{SearchError, SearchErrorKind};
use fhir::schema::{TypeId, schema};

/// The parameter of the links to further pages.
pub(super) const CURSOR: &str = "_cursor";

/// `_summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Summary {
    /// Whole resources.
    #[default]
    None,
    /// Only the elements marked for summaries.
    Elements,
    /// Only narrative, id, meta and what must be there.
    Text,
    /// All but the narrative.
    Data,
    /// Only how many there are.
    Count,
}

/// Parameters that take no modifier.
const WITHOUT_MODIFIER: [&str; 11] = [
    "_sort",
    "_count",
    "_total",
    "_summary",
    "_elements",
    "_contained",
    "_containedType",
    "_format",
    "_pretty",
    "_type",
    CURSOR,
];

/// `_include` or `_revinclude`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// True for `_revinclude`: resources that refer to the matches.
    pub reverse: bool,
    /// True for `:iterate`: also for what was included.
    pub iterate: bool,
    /// The type that refers; `None` is any (`*`).
    pub source: Option<TypeId>,
    /// The reference parameter; `None` is every one (`*`).
    pub parameter: Option<&'static str>,
    /// Only references to this type.
    pub target: Option<TypeId>,
}

/// Takes a parameter of presentation; `None` when it is none.
pub(super) fn apply(
    scope: &Scope<'_>,
    name: &str,
    value: &str,
    request: &mut Request,
) -> Option<Result<(), SearchError>> {
    let (base, modifier) = name.split_once(':').unwrap_or((name, ""));
    let outcome = match base {
        // Before its value counts for anything.
        _ if !modifier.is_empty() && WITHOUT_MODIFIER.contains(&base) => {
            Err((SearchErrorKind::BadModifier, format!("{base} takes no modifier")))
        }
        "_sort" => sort(scope, value).map(|sort| request.query.sort = sort),
        "_count" => count(scope, value, request),
        "_total" => total(value).map(|total| request.query.total = total),
        "_summary" => summary(value, request),
        "_elements" => {
            let names = value.split(',').map(|name| unescape(name.trim()).into_owned());
            request.elements.extend(names.filter(|name| !name.is_empty()));
            Ok(())
        }
        "_include" | "_revinclude" => include(scope, base == "_revinclude", modifier, value)
            .map(|include| request.includes.push(include)),
        "_contained" if value == "false" => Ok(()),
        "_contained" | "_containedType" => Err((
            SearchErrorKind::Unsupported,
            "contained resources are not searched here; leave it out or give false".to_owned(),
        )),
        "_format" => {
            request.format = Some(value.to_owned());
            Ok(())
        }
        "_pretty" => boolean(value).map(|pretty| request.pretty = Some(pretty)),
        CURSOR => {
            request.query.cursor = Some(value.to_owned());
            Ok(())
        }
        // Read before: it says which parameters there are.
        "_type" if scope.types.len() != 1 || value.split(',').any(|name| name == scope.types[0].name()) => {
            Ok(())
        }
        _ => return None,
    };
    Some(outcome.map_err(|(kind, problem)| SearchError::new(kind, name, problem)))
}

type Fault = (SearchErrorKind, String);

fn bad<T>(problem: impl Into<String>) -> Result<T, Fault> {
    Err((SearchErrorKind::BadValue, problem.into()))
}

fn boolean(value: &str) -> Result<bool, Fault> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => bad("write true or false"),
    }
}

fn count(scope: &Scope<'_>, value: &str, request: &mut Request) -> Result<(), Fault> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return bad(format!("{value} is no number of matches; write 0 or more"));
    }
    // Digits beyond what fits are more than the most in any case.
    let count = value.parse::<usize>().unwrap_or(usize::MAX);
    request.query.count = count.min(scope.limits.max_count);
    if count == 0 {
        request.summary = Summary::Count;
        request.query.total = Total::Accurate;
    }
    Ok(())
}

fn total(value: &str) -> Result<Total, Fault> {
    match value {
        "none" => Ok(Total::None),
        "estimate" => Ok(Total::Estimate),
        "accurate" => Ok(Total::Accurate),
        _ => bad("write none, estimate or accurate"),
    }
}

fn summary(value: &str, request: &mut Request) -> Result<(), Fault> {
    request.summary = match value {
        "true" => Summary::Elements,
        "text" => Summary::Text,
        "data" => Summary::Data,
        "false" => Summary::None,
        "count" => {
            request.query.count = 0;
            request.query.total = Total::Accurate;
            Summary::Count
        }
        _ => return bad("write true, text, data, count or false"),
    };
    Ok(())
}

fn sort(scope: &Scope<'_>, value: &str) -> Result<Vec<SortKey>, Fault> {
    value
        .split(',')
        .map(|key| {
            let key = key.trim();
            let (code, descending) = match key.strip_prefix('-') {
                Some(code) => (code, true),
                None => (key, false),
            };
            let resolved = scope.resolve(code, "_sort").map_err(|error| (error.kind, error.problem))?;
            match resolved.parameter.kind {
                ParameterKind::Composite | ParameterKind::Special => {
                    bad(format!("{code} has no order; sort by one of its parts"))
                }
                _ if ["_text", "_content", "_query"].contains(&code) => bad(format!("{code} has no order")),
                _ => Ok(SortKey { code: resolved.parameter.code, descending }),
            }
        })
        .collect()
}

fn include(scope: &Scope<'_>, reverse: bool, modifier: &str, value: &str) -> Result<Include, Fault> {
    let iterate = match modifier {
        "" => false,
        "iterate" | "recurse" => true,
        other => {
            return Err((
                SearchErrorKind::BadModifier,
                format!("{other} is no modifier of it; it takes iterate"),
            ));
        }
    };
    let mut parts = value.split(':');
    let (source, code, target) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if parts.next().is_some() {
        return bad("write Type:parameter or Type:parameter:TargetType");
    }
    let named = |name: &str| match schema().resource_named(name) {
        Some(type_id) => Ok(type_id),
        None => {
            let near = super::suggestion::near_misses(name, schema().resources().map(TypeId::name));
            bad(format!("{name} is no resource type{near}"))
        }
    };
    let target = target.filter(|target| !target.is_empty()).map(named).transpose()?;
    if source == "*" && matches!(code, None | Some("*")) {
        return Ok(Include { reverse, iterate, source: None, parameter: None, target });
    }
    if source == "*" {
        return bad(
            "behind * there is no parameter; write * for every reference of every type, or Type:parameter",
        );
    }
    let source = named(source)?;
    let parameter = match code {
        Some("*") => None,
        None => return bad("a parameter is missing; write Type:parameter or Type:*"),
        Some(code) => Some(reference_parameter(source, code)?),
    };
    if !reverse && !iterate && !scope.types.is_empty() && !scope.types.contains(&source) {
        return bad(format!(
            "{} is not searched here; use _include:iterate for what was included",
            source.name()
        ));
    }
    Ok(Include { reverse, iterate, source: Some(source), parameter, target })
}

fn reference_parameter(source: TypeId, code: &str) -> Result<&'static str, Fault> {
    match parameter(source, code) {
        Some(parameter) if parameter.kind == ParameterKind::Reference => Ok(parameter.code),
        Some(_) => bad(format!("{code} of {} is no reference", source.name())),
        None => {
            let references = crate::parameter::parameters(source)
                .iter()
                .filter(|parameter| parameter.kind == ParameterKind::Reference)
                .map(|parameter| parameter.code);
            let near = super::suggestion::near_misses(code, references);
            bad(format!("{} has no parameter {code}{near}", source.name()))
        }
    }
}
