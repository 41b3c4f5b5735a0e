//! A parameter with its modifier and values as a condition.

use super::{Scope, suggestion};
use crate::escape::{split, unescape};
use crate::matcher::Ports;
use crate::near::NearTest;
use crate::parameter::{Parameter, ParameterKind, parameter, parameters};
use crate::query::{Clause, Criterion, Test};
use crate::search_error::{SearchError, SearchErrorKind};
use crate::text::{WordPlace, WordTest};
use crate::value::ValueTest;
use crate::value::date::DateTest;
use crate::value::number::NumberTest;
use crate::value::quantity::QuantityTest;
use crate::value::reference::ReferenceTest;
use crate::value::string::{StringComparison, StringTest};
use crate::value::token::{SystemTest, TokenTest};
use crate::value::uri::{UriComparison, UriTest};
use fhir::schema::{TypeId, schema};

/// Modifiers by kind of parameter, besides `missing` (R4 search §3.1.1.4.1). References also take a type's name.
const MODIFIERS: [(ParameterKind, &[&str]); 4] = [
    (ParameterKind::String, &["exact", "contains"]),
    (ParameterKind::Token, &["text", "not", "in", "not-in", "above", "below", "of-type"]),
    (ParameterKind::Reference, &["identifier", "text", "above", "below"]),
    (ParameterKind::Uri, &["above", "below"]),
];

/// The codes of a value set are written into the condition when they are at most so many.
const VALUE_SET_CODES_LIMIT: usize = 200;

/// What to say of letters before a value that are no prefix.
pub(crate) fn bad_prefix(letters: &str) -> String {
    format!("{letters} is no prefix; known are eq, ne, gt, lt, ge, le, sa, eb and ap")
}

/// The test for being in a value set, which must be known.
pub(super) fn in_value_set(ports: &dyn Ports, name: &str, value_set: &str) -> Result<TokenTest, SearchError> {
    if !ports.knows_value_set(value_set) {
        let problem =
            format!("the value set {value_set} is not known here; load it, or give its canonical URL");
        return Err(SearchError::new(SearchErrorKind::UnknownTerminology, name, problem));
    }
    let codes = ports.value_set_codes(value_set, VALUE_SET_CODES_LIMIT);
    Ok(TokenTest::In { value_set: value_set.to_owned(), codes })
}

/// A parameter as it is for all types of a scope.
pub(crate) struct Resolved {
    pub parameter: &'static Parameter,
    /// Where it may refer to, over all types; empty: anywhere.
    pub targets: Vec<TypeId>,
}

impl Scope<'_> {
    /// The parameter of a code.
    pub(crate) fn resolve(&self, code: &str, name: &str) -> Result<Resolved, SearchError> {
        let unknown = |problem: String| SearchError::new(SearchErrorKind::UnknownParameter, name, problem);
        let Some((&first, others)) = self.types.split_first() else {
            let every = schema().resource_named("Basic").and_then(|type_id| parameter(type_id, code));
            let common = every.filter(|parameter| parameter.base.definition().is_abstract);
            return common.map(|parameter| Resolved { parameter, targets: Vec::new() }).ok_or_else(|| {
                unknown(format!(
                    "{code} is no parameter of all types; name the types with _type or in the path"
                ))
            });
        };
        let find = |type_id: TypeId| {
            parameter(type_id, code).ok_or_else(|| {
                let known = parameters(type_id).iter().map(|parameter| parameter.code);
                let near = suggestion::near_misses(code, known);
                unknown(format!("{} has no parameter {code}{near}", type_id.name()))
            })
        };
        let parameter = find(first)?;
        let mut targets = parameter.targets.clone();
        for &type_id in others {
            let other = find(type_id)?;
            if other.kind != parameter.kind {
                let problem = "it means different things for the types searched; search them one by one";
                return Err(SearchError::new(SearchErrorKind::Unsupported, name, problem));
            }
            if targets.is_empty() || other.targets.is_empty() {
                targets.clear();
            } else {
                targets.extend(other.targets.iter().filter(|target| !parameter.targets.contains(target)));
            }
        }
        Ok(Resolved { parameter, targets })
    }

    /// `code[:modifier]=value[,value…]`.
    pub(crate) fn criterion(&self, name: &str, value: &str) -> Result<Clause, SearchError> {
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        let resolved = self.resolve(code, name)?;
        let parameter = resolved.parameter;
        let bad_value = |problem: String| SearchError::new(SearchErrorKind::BadValue, name, problem);
        let criterion = |test| Clause::Parameter(Criterion { code: parameter.code, test });
        if modifier == Some("missing") {
            return match value {
                "true" => Ok(criterion(Test::Missing(true))),
                "false" => Ok(criterion(Test::Missing(false))),
                _ => Err(bad_value(format!("{value} is neither true nor false"))),
            };
        }
        let target = self.check_modifier(name, parameter, modifier)?;
        let values = split(value, ',');
        if values.len() > self.limits.values {
            let problem = format!("it has more than {} values; ask in parts", self.limits.values);
            return Err(SearchError::new(SearchErrorKind::TooCostly, name, problem));
        }
        if values.contains(&"") {
            return Err(bad_value(
                r"a value of the list is empty; write \, for a comma in a value".to_owned(),
            ));
        }
        let reader = Reader { scope: self, name, resolved: &resolved, target };
        let tests = values
            .into_iter()
            .map(|value| reader.value(modifier.filter(|_| target.is_none()), value))
            .collect::<Result<Vec<_>, _>>()?;
        let clause = criterion(Test::AnyOf(tests));
        Ok(match modifier {
            Some("not" | "not-in") => Clause::Not(Box::new(clause)),
            _ => clause,
        })
    }

    /// Checks that a modifier fits; gives the type when it is one.
    fn check_modifier(
        &self,
        name: &str,
        parameter: &Parameter,
        modifier: Option<&str>,
    ) -> Result<Option<TypeId>, SearchError> {
        let Some(modifier) = modifier else { return Ok(None) };
        let known = MODIFIERS.iter().find(|(kind, _)| *kind == parameter.kind).map_or(&[][..], |row| row.1);
        if known.contains(&modifier) {
            return Ok(None);
        }
        if parameter.kind == ParameterKind::Reference
            && let Some(type_id) = schema().resource_named(modifier)
        {
            return Ok(Some(type_id));
        }
        let all: Vec<_> = known.iter().copied().chain(["missing"]).collect();
        let types = if parameter.kind == ParameterKind::Reference { " or a resource type" } else { "" };
        let problem =
            format!("{} takes no modifier {modifier}; it takes {}{types}", parameter.code, all.join(", "));
        Err(SearchError::new(SearchErrorKind::BadModifier, name, problem))
    }

    /// One value of a parameter without modifier.
    pub(crate) fn value(
        &self,
        name: &str,
        resolved: &Resolved,
        text: &str,
    ) -> Result<ValueTest, SearchError> {
        Reader { scope: self, name, resolved, target: None }.value(None, text)
    }

    /// `_text` and `_content`.
    pub(crate) fn words(&self, name: &str, place: WordPlace, value: &str) -> Result<Clause, SearchError> {
        let resolved = self.resolve(name, name)?;
        let test = WordTest::parse(place, value)
            .map_err(|problem| SearchError::new(SearchErrorKind::BadValue, name, problem))?;
        let test = Test::AnyOf(vec![ValueTest::Words(test)]);
        Ok(Clause::Parameter(Criterion { code: resolved.parameter.code, test }))
    }
}

/// Reads the values of one parameter.
struct Reader<'a> {
    scope: &'a Scope<'a>,
    name: &'a str,
    resolved: &'a Resolved,
    /// The type of a `:[type]` modifier.
    target: Option<TypeId>,
}

impl Reader<'_> {
    fn value(&self, modifier: Option<&str>, text: &str) -> Result<ValueTest, SearchError> {
        let read = match (self.resolved.parameter.kind, modifier) {
            (ParameterKind::Token, Some(modifier)) => return self.token(modifier, text),
            (ParameterKind::String, Some("exact")) => {
                Ok(ValueTest::String(StringTest::new(StringComparison::Exact, &unescape(text))))
            }
            (ParameterKind::String, Some("contains")) => folded(StringComparison::Contains, text),
            (ParameterKind::Uri, Some(modifier)) => Ok(ValueTest::Uri(uri(modifier, text))),
            (ParameterKind::Reference, Some("identifier")) => {
                TokenTest::parse(text).map(|test| ValueTest::Reference(ReferenceTest::Identifier(test)))
            }
            (ParameterKind::Reference, Some("text")) => {
                token_text(text).map(|test| ValueTest::Reference(ReferenceTest::Text(test)))
            }
            (ParameterKind::Reference, Some(modifier)) => {
                Ok(ValueTest::Reference(ReferenceTest::Uri(uri(modifier, text))))
            }
            (ParameterKind::Composite, _) => self.composite(text),
            (kind, _) => self.plain(kind, text),
        };
        read.map_err(|problem| SearchError::new(SearchErrorKind::BadValue, self.name, problem))
    }

    /// A value without modifier.
    fn plain(&self, kind: ParameterKind, text: &str) -> Result<ValueTest, String> {
        let (ports, limits) = (self.scope.ports, self.scope.limits);
        match kind {
            ParameterKind::Number => NumberTest::parse(text).map(ValueTest::Number),
            ParameterKind::Date => DateTest::parse(text, limits.now_ms, ports).map(ValueTest::Date),
            ParameterKind::String => folded(StringComparison::StartsWith, text),
            ParameterKind::Token => TokenTest::parse(text).map(ValueTest::Token),
            ParameterKind::Reference => {
                let targets = &self.resolved.targets;
                ReferenceTest::parse(text, self.target, targets, ports.base_url()).map(ValueTest::Reference)
            }
            ParameterKind::Quantity => QuantityTest::parse(text).map(ValueTest::Quantity),
            ParameterKind::Uri => Ok(ValueTest::Uri(uri("", text))),
            ParameterKind::Special if self.resolved.parameter.code == "near" => {
                NearTest::parse(text).map(ValueTest::Near)
            }
            ParameterKind::Special | ParameterKind::Composite => Err("it has no values here".to_owned()),
        }
    }

    fn composite(&self, text: &str) -> Result<ValueTest, String> {
        let components = &self.resolved.parameter.components;
        let parts = split(text, '$');
        if parts.len() != components.len() || parts.contains(&"") {
            let codes: Vec<_> = components.iter().map(|component| component.code).collect();
            return Err(format!("write {}", codes.join("$")));
        }
        let parts = parts.into_iter().zip(components).map(|(part, component)| {
            self.plain(component.kind, part).map_err(|problem| format!("{}: {problem}", component.code))
        });
        Ok(ValueTest::Composite(parts.collect::<Result<_, _>>()?))
    }

    fn token(&self, modifier: &str, text: &str) -> Result<ValueTest, SearchError> {
        let test = match modifier {
            "in" | "not-in" => {
                return in_value_set(self.scope.ports, self.name, &unescape(text)).map(ValueTest::Token);
            }
            "above" | "below" => self.subsumption(modifier == "above", text),
            "of-type" => TokenTest::parse_of_type(text),
            "text" => token_text(text),
            _ => TokenTest::parse(text),
        };
        test.map(ValueTest::Token)
            .map_err(|problem| SearchError::new(SearchErrorKind::BadValue, self.name, problem))
    }

    fn subsumption(&self, above: bool, text: &str) -> Result<TokenTest, String> {
        match TokenTest::parse(text)? {
            TokenTest::Code { system: SystemTest::Is(system), code: Some(code) } => {
                Ok(TokenTest::Subsumption { system, code, above })
            }
            _ => Err("write system|code: subsumption is a matter of one code system".to_owned()),
        }
    }
}

fn folded(comparison: StringComparison, text: &str) -> Result<ValueTest, String> {
    let test = StringTest::new(comparison, &unescape(text));
    if test.text.is_empty() {
        return Err("it has no letters or digits; use :exact to search for signs".to_owned());
    }
    Ok(ValueTest::String(test))
}

fn token_text(text: &str) -> Result<TokenTest, String> {
    let text = crate::fold::fold(&unescape(text)).into_owned();
    if text.is_empty() { Err("it has no letters or digits".to_owned()) } else { Ok(TokenTest::Text(text)) }
}

fn uri(modifier: &str, text: &str) -> UriTest {
    let comparison = match modifier {
        "below" => UriComparison::Below,
        "above" => UriComparison::Above,
        _ => UriComparison::Is,
    };
    UriTest { comparison, uri: unescape(text).into_owned() }
}
