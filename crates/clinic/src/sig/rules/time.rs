//! How often and how long, where numbers say it.

use super::Found;
use super::number::{is_range, is_sign, whole};
use crate::sig::timing::{Count, Duration, Pattern, TimeUnit, Weekday, Weekdays};
use crate::sig::token::Token;

const EVERY: [&str; 3] = ["every", "each", "q"];
const TIMES: [&str; 3] = ["times", "time", "x"];
const ADVERBS: [(&str, u16); 3] = [("once", 1), ("twice", 2), ("thrice", 3)];
const IN_EACH: [&str; 5] = ["a", "an", "per", "each", "every"];
const UNITS: [(&str, TimeUnit); 4] = [
    ("daily", TimeUnit::Day),
    ("weekly", TimeUnit::Week),
    ("monthly", TimeUnit::Month),
    ("hourly", TimeUnit::Hour),
];
const DURATION: [&str; 2] = ["x", "for"];
const DAY_GROUPS: [(&str, &[&str]); 1] = [("mwf", &["mon", "wed", "fri"])];

fn word<'a>(tokens: &'a [Token<'_>], index: usize) -> &'a str {
    tokens.get(index).map_or("", |token| token.word.as_str())
}

/// A number or a range of numbers.
fn count(tokens: &[Token<'_>]) -> Option<(Count, usize)> {
    let low = whole(tokens)?;
    if tokens.get(1..).is_some_and(is_range)
        && let Some(high) = tokens.get(2..).and_then(whole)
    {
        return Some((Count::new(low, Some(high))?, 3));
    }
    Some((Count::new(low, None)?, 1))
}

/// `q6h`, `q4-6h`, `every 2 weeks`, `every day`.
pub fn every(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    if !EVERY.contains(&word(tokens, 0)) {
        return None;
    }
    let (count, length) = tokens.get(1..).and_then(count).unwrap_or((Count::exactly(1), 0));
    let unit = TimeUnit::of_word(word(tokens, 1 + length))?;
    Some((Found::Pattern(Pattern::every(count, unit)), length + 2))
}

/// `3 times a day`, `twice weekly`, `4x/day`.
pub fn times(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let adverb = ADVERBS.iter().find(|(adverb, _)| *adverb == word(tokens, 0));
    let (count, end) = match adverb {
        Some((_, number)) => (Count::new(*number, None)?, 1),
        None => {
            let (count, length) = count(tokens)?;
            TIMES.contains(&word(tokens, length)).then_some((count, length + 1))?
        }
    };
    if let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == word(tokens, end)) {
        return Some((Found::Pattern(Pattern::Times(count, *unit)), end + 1));
    }
    let slash = tokens.get(end).is_some_and(|token| is_sign(token, "/"));
    let unit =
        TimeUnit::of_word(word(tokens, end + 1)).filter(|_| slash || IN_EACH.contains(&word(tokens, end)))?;
    Some((Found::Pattern(Pattern::Times(count, unit)), end + 2))
}

/// `mon wed fri`, `every Monday and Friday`, `mwf`.
pub fn weekdays(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let mut days: Vec<Weekday> = Vec::new();
    let mut end = usize::from(EVERY.contains(&word(tokens, 0)) || word(tokens, 0) == "on");
    let mut index = end;
    while index < tokens.len() {
        let name = word(tokens, index);
        let group = DAY_GROUPS.iter().find(|(group, _)| *group == name).map(|(_, names)| *names);
        let known = days.len();
        days.extend(group.unwrap_or(&[name]).iter().filter_map(|name| Weekday::of_word(name)));
        index += 1;
        if days.len() > known {
            end = index;
        } else if !(is_sign(&tokens[index - 1], ",/&") || name == "and") {
            break;
        }
    }
    Some((Found::Pattern(Pattern::Days(Weekdays::new(&days)?)), end))
}

/// `10d`, `x 10 days`, `for 3 months`.
pub fn duration(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let from = usize::from(DURATION.contains(&word(tokens, 0)));
    let (count, length) = count(tokens.get(from..)?)?;
    let unit = TimeUnit::of_word(word(tokens, from + length))?;
    Some((Found::Duration(Duration { count, unit }), from + length + 1))
}
