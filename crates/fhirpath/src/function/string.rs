//! Strings (FHIRPath §5.6). Positions and lengths count characters.

use super::{Arguments, Definition, Run, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, integer, string};
use crate::item::Item;
use crate::pattern;
use crate::syntax::Call;
use regex::Regex;
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("indexOf", 1, 1, |e, c, s| on_two(e, c, s, |text, part| position(text, text.find(part)))),
    row("lastIndexOf", 1, 1, |e, c, s| on_two(e, c, s, |text, part| position(text, text.rfind(part)))),
    row("startsWith", 1, 1, |e, c, s| on_two(e, c, s, |text, part| Item::Boolean(text.starts_with(part)))),
    row("endsWith", 1, 1, |e, c, s| on_two(e, c, s, |text, part| Item::Boolean(text.ends_with(part)))),
    row("contains", 1, 1, |e, c, s| on_two(e, c, s, |text, part| Item::Boolean(text.contains(part)))),
    row("upper", 0, 0, |e, c, s| on_one(e, c, s, |text| Item::from(text.to_uppercase()))),
    row("lower", 0, 0, |e, c, s| on_one(e, c, s, |text| Item::from(text.to_lowercase()))),
    row("trim", 0, 0, |e, c, s| on_one(e, c, s, |text| Item::from(text.trim().to_owned()))),
    row("length", 0, 0, |e, c, s| {
        on_one(e, c, s, |text| Item::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
    }),
    row("substring", 1, 2, substring),
    row("replace", 2, 2, |evaluator, call, scope| {
        let Some(text) = text(evaluator, call, scope)? else { return Ok(Collection::EMPTY) };
        let (part, substitution) =
            (argument(evaluator, call, 0, scope)?, argument(evaluator, call, 1, scope)?);
        let (Some(part), Some(substitution)) = (part, substitution) else { return Ok(Collection::EMPTY) };
        let count = text.matches(&*part).count();
        evaluator.spend((text.len() + count * substitution.len()) as u64)?;
        Ok(Item::from(text.replace(&*part, &substitution)).into())
    }),
    row("toChars", 0, 0, |evaluator, call, scope| {
        let Some(text) = text(evaluator, call, scope)? else { return Ok(Collection::EMPTY) };
        evaluator.spend(text.len() as u64)?;
        Ok(text.chars().map(|character| Item::from(character.to_string())).collect())
    }),
    row("split", 1, 1, |evaluator, call, scope| {
        let Some(text) = text(evaluator, call, scope)? else { return Ok(Collection::EMPTY) };
        let Some(separator) = argument(evaluator, call, 0, scope)? else { return Ok(Collection::EMPTY) };
        evaluator.spend(text.len() as u64)?;
        if separator.is_empty() {
            return Ok(text.chars().map(|character| Item::from(character.to_string())).collect());
        }
        Ok(text.split(&*separator).map(|part| Item::from(part.to_owned())).collect())
    }),
    with_pattern("matches", 1, false, |e, c, s| matches(e, c, s, false)),
    with_pattern("matchesFull", 1, true, |e, c, s| matches(e, c, s, true)),
    with_pattern("replaceMatches", 2, false, replace_matches),
];

const fn with_pattern(name: &'static str, count: usize, whole: bool, run: Run) -> Definition {
    Definition { name, arguments: Arguments::Pattern { count, whole }, run, stream: None }
}

/// The text that the function is called on.
fn text<'a>(e: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Option<Cow<'a, str>>> {
    string(&e.input(call, scope)?, call.function.name)
}

fn argument<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    position: usize,
    scope: Scope<'_, 'a>,
) -> Result<Option<Cow<'a, str>>> {
    string(&e.argument(call, position, scope)?, call.function.name)
}

fn on_one<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    function: impl Fn(&str) -> Item<'static>,
) -> Result<Collection<'a>> {
    let text = text(e, call, scope)?;
    e.spend(text.as_ref().map_or(0, |text| text.len() as u64))?;
    Ok(text.map(|text| function(&text)).into())
}

fn on_two<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    function: impl Fn(&str, &str) -> Item<'static>,
) -> Result<Collection<'a>> {
    let (text, part) = (text(e, call, scope)?, argument(e, call, 0, scope)?);
    Ok(text.zip(part).map(|(text, part)| function(&text, &part)).into())
}

/// A byte position as a count of characters; -1 for none.
fn position(text: &str, at: Option<usize>) -> Item<'static> {
    Item::Integer(at.map_or(-1, |at| i64::try_from(text[..at].chars().count()).unwrap_or(i64::MAX)))
}

fn substring<'a>(e: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let text = text(e, call, scope)?;
    let start = integer(&e.argument(call, 0, scope)?, "substring()")?;
    let (Some(text), Some(start)) = (text, start) else { return Ok(Collection::EMPTY) };
    let wanted = match call.arguments.get(1) {
        Some(length) => integer(&e.evaluate(length, scope)?, "substring()")?.unwrap_or(0).max(0),
        None => i64::MAX,
    };
    let Ok(start) = usize::try_from(start) else { return Ok(Collection::EMPTY) };
    let Some((first, _)) = text.char_indices().nth(start) else { return Ok(Collection::EMPTY) };
    let rest = &text[first..];
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let end = rest.char_indices().nth(wanted).map_or(rest.len(), |(end, _)| end);
    Ok(Item::from(rest[..end].to_owned()).into())
}

/// The pattern: compiled with the expression when it is a literal, otherwise now.
fn compiled<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    whole: bool,
) -> Result<Option<Cow<'a, Regex>>> {
    if let Some(pattern) = &call.pattern {
        return Ok(Some(Cow::Borrowed(pattern)));
    }
    let Some(text) = argument(e, call, 0, scope)? else { return Ok(None) };
    e.spend(1000)?;
    Ok(Some(Cow::Owned(pattern::compile(&text, whole)?)))
}

fn matches<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    whole: bool,
) -> Result<Collection<'a>> {
    let (text, pattern) = (text(e, call, scope)?, compiled(e, call, scope, whole)?);
    let (Some(text), Some(pattern)) = (text, pattern) else { return Ok(Collection::EMPTY) };
    Ok(Item::Boolean(pattern.is_match(&text)).into())
}

fn replace_matches<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let (text, pattern) = (text(e, call, scope)?, compiled(e, call, scope, false)?);
    let substitution = argument(e, call, 1, scope)?;
    let (Some(text), Some(pattern), Some(substitution)) = (text, pattern, substitution) else {
        return Ok(Collection::EMPTY);
    };
    // A group in the substitution can repeat no more than the whole text over all matches.
    let (count, groups) = (pattern.find_iter(&text).count(), substitution.matches('$').count());
    e.spend((text.len() * (groups + 1) + count * substitution.len()) as u64)?;
    // The empty pattern matches everywhere and nothing.
    let is_void = pattern.as_str().is_empty();
    let replaced =
        if is_void { text.into_owned() } else { pattern::replace_all(&pattern, &text, &substitution) };
    Ok(Item::from(replaced).into())
}
