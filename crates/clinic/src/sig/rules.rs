//! What can stand at a place of the line: every rule looks at the tokens from there on, and the longest match counts.

mod number;
mod supply;
mod time;

use super::dose::{Dose, Quantity, Strength};
use super::forbidden;
use super::form::Form;
use super::phrase;
use super::route::Route;
use super::timing::{Duration, PATTERN_WORDS, Pattern, When};
use super::token::{Kind, Token};
use number::Measure;

/// What stood there.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// How much is dispensed.
    Quantity(Quantity),
    /// How often it is dispensed again.
    Refills(u8),
    /// How often it is taken.
    Pattern(Pattern),
    /// An event of the day.
    When(When),
    /// For how long.
    Duration(Duration),
    /// By which route.
    Route(Route),
    /// In which form.
    Form(Form),
    /// A strength, and no dose: of several substances, or per volume.
    Strength(Strength),
    /// A dose, or a strength.
    Dose(Dose),
    /// The next amount is the dose.
    DoseMark,
    /// As needed, with the reason.
    AsNeeded(Option<String>),
    /// A verb, which the form and the route say as well.
    Verb,
    /// A word that may mean several things, and what to write instead.
    Refused(&'static str),
}

type Rule = fn(&[Token<'_>]) -> Option<(Found, usize)>;

const RULES: [Rule; 13] = [
    supply::quantity,
    supply::refills,
    pattern_word,
    when,
    route,
    form,
    refused,
    time::every,
    time::times,
    time::weekdays,
    time::duration,
    measure,
    verb,
];

/// Verbs of instructions. What follows them is no drug.
const VERBS: [&str; 12] = [
    "take", "give", "use", "apply", "inhale", "instill", "inject", "insert", "place", "chew", "dissolve",
    "swallow",
];

const NO_RANGE: &str = "a range goes from the smaller amount to at most four times it; the amounts of several substances stand with a slash";

const SULFATES: [&str; 2] = ["mso", "mgso"];

const AS_NEEDED: [&str; 5] = ["prn", "as needed", "if needed", "when needed", "as required"];

/// What stands at the start of `tokens`, and how many it takes.
pub fn at(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let is_whole = |found: &(Found, usize)| is_whole(tokens, found.1);
    as_needed(tokens)
        .filter(is_whole)
        .or_else(|| all(tokens).filter(is_whole).max_by_key(|(_, length)| *length))
}

fn part(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    all(tokens).max_by_key(|(_, length)| *length)
}

/// What each rule finds. The last ones first: of two as long, the later one here counts, which is the earlier rule.
fn all(tokens: &[Token<'_>]) -> impl Iterator<Item = (Found, usize)> {
    RULES.iter().rev().filter_map(|rule| rule(tokens))
}

/// Whether a match does not end inside of a word or number: of `500mgx` nothing is known.
fn is_whole(tokens: &[Token<'_>], length: usize) -> bool {
    const MAY_FOLLOW: &str = ",;.:)(\u{2014}&#";
    tokens.get(length).is_none_or(|next| {
        next.is_apart
            || (next.kind == Kind::Sign && MAY_FOLLOW.contains(next.text))
            || (next.kind == Kind::Word && part(&tokens[length..]).is_some())
    })
}

fn found<T>(parts: Option<(T, usize)>, as_found: fn(T) -> Found) -> Option<(Found, usize)> {
    parts.map(|(part, length)| (as_found(part), length))
}

fn pattern_word(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    found(phrase::longest(tokens, PATTERN_WORDS.into_iter()), Found::Pattern)
}

fn when(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    found(phrase::longest(tokens, When::all_words()), Found::When)
}

fn route(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    found(phrase::longest(tokens, Route::words()), Found::Route)
}

fn form(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    found(phrase::longest(tokens, Form::words()), Found::Form)
}

fn refused(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let remedy = forbidden::refusal(&tokens.first()?.word)?;
    Some((Found::Refused(remedy), 1))
}

fn verb(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let word = tokens.first()?.word.as_str();
    let is_mark = tokens.first()?.kind == Kind::Word && word == "dose";
    let verb = VERBS.contains(&word).then_some((Found::Verb, 1));
    if is_mark { Some((Found::DoseMark, 1)) } else { verb }
}

fn measure(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let (measure, length) = number::measure(tokens)?;
    let found = match measure {
        Measure::Strength(strength) => Found::Strength(strength),
        Measure::Dose(dose) => Found::Dose(dose),
        Measure::NoRange => Found::Refused(NO_RANGE),
    };
    Some((found, length))
}

/// As needed, and the words of the reason up to where something else begins.
fn as_needed(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let mut end = as_needed_words(tokens)?;
    let is_reason = |from: usize| tokens.get(from..).is_some_and(|rest| reason_word(rest).is_some());
    let says_for = tokens.get(end).is_some_and(|token| token.word == "for");
    let mut words: Vec<String> = Vec::new();
    if says_for && is_reason(end + 1) {
        end += 1;
    }
    while let Some((word, length)) = tokens.get(end..).and_then(reason_word) {
        words.push(word);
        end += length;
    }
    let reason = joined(&words);
    Some((Found::AsNeeded((!reason.is_empty()).then_some(reason)), end))
}

/// Words of free text, without a comma behind the last one; one between them stays, so that they are read as before.
pub fn joined(words: &[String]) -> String {
    words.join(" ").trim_end_matches([',', ';']).to_owned()
}

fn as_needed_words(tokens: &[Token<'_>]) -> Option<usize> {
    AS_NEEDED.iter().find_map(|words| phrase::matches(tokens, words))
}

/// One word of a reason, when nothing else begins there.
fn reason_word(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let is_other = part(tokens).is_some() || as_needed_words(tokens).is_some();
    if is_other || tokens.first()?.kind != Kind::Word || !tokens.first()?.is_apart {
        return None;
    }
    text_word(tokens)
}

/// A word of free text up to the next blank, with what must not be written replaced; `None` when it has signs or numbers
/// that no name has.
fn text_word(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let length = chunk_length(tokens);
    let chunk = &tokens[..length];
    let first = chunk.first()?;
    let fits = |(index, token): (usize, &Token<'_>)| match token.kind {
        Kind::Word => !forbidden::is_in_no_name(&token.word),
        Kind::Number => token.text.bytes().all(|byte| byte.is_ascii_digit()),
        Kind::Sign => "/-+&".contains(token.text) || (".,;".contains(token.text) && index + 1 == chunk.len()),
    };
    if first.kind != Kind::Word || !chunk.iter().enumerate().all(fits) {
        return None;
    }
    let mut text = String::new();
    for (index, token) in chunk.iter().enumerate() {
        // The 4 of MSO4 is in the name that is written for it.
        let is_of_sulfate =
            token.text == "4" && index > 0 && SULFATES.contains(&chunk[index - 1].word.as_str());
        if !is_of_sulfate {
            text.push_str(&forbidden::replaced(token.text));
        }
    }
    Some((text, length))
}

/// A word of the drug: one of free text, at which nothing else could begin, even where it goes on in a way that is not
/// understood.
pub fn drug_word(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let could_be = all(tokens).chain(as_needed(tokens)).any(|(_, length)| length >= chunk_length(tokens));
    if could_be { None } else { text_word(tokens) }
}

/// How many tokens stand up to the next blank.
pub fn chunk_length(tokens: &[Token<'_>]) -> usize {
    1 + tokens.iter().skip(1).take_while(|token| !token.is_apart).count()
}
