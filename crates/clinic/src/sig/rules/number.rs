//! Numbers, and the doses and strengths that are made of them.

use crate::sig::amount::Amount;
use crate::sig::dose::{Dose, Strength};
use crate::sig::token::{Kind, Token};
use crate::sig::unit::Unit;

/// An amount of something.
pub enum Measure {
    /// What can only be a strength.
    Strength(Strength),
    /// What may be a dose or a strength.
    Dose(Dose),
    /// Ends that make no range.
    NoRange,
}

/// Numbers in words.
const WORDS: [(&str, &str); 13] = [
    ("half", "0.5"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
];

/// Fractions that tablets are broken into, as numbers with a slash and as one sign.
const FRACTIONS: [(&str, &str, &str, &str); 3] =
    [("1", "2", "\u{bd}", "0.5"), ("1", "4", "\u{bc}", "0.25"), ("3", "4", "\u{be}", "0.75")];

/// What stands between the ends of a range.
const RANGE: [&str; 5] = ["-", "\u{2013}", "to", "or", "\u{2010}"];

/// Whether a token is one of some signs.
pub fn is_sign(token: &Token<'_>, signs: &str) -> bool {
    token.kind == Kind::Sign && signs.contains(token.text)
}

/// The digits of a number at the start of `tokens`; `None` also where it goes on in a way that can be misread: `1,5`.
fn digits<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    let first = tokens.first().filter(|token| token.kind == Kind::Number)?;
    let is_joined = |index: usize| tokens.get(index).filter(|token| !token.is_apart);
    let is_number = |index: usize| is_joined(index).is_some_and(|token| token.kind == Kind::Number);
    let goes_on = is_number(1) || (is_joined(1).is_some_and(|token| is_sign(token, ",.'")) && is_number(2));
    (!goes_on).then_some(first.text)
}

/// A whole number, also in words; it has no decimal point.
pub fn whole(tokens: &[Token<'_>]) -> Option<u16> {
    let in_words = |word: &str| WORDS.iter().find(|(other, _)| *other == word).map(|(_, digits)| *digits);
    let text = digits(tokens).or_else(|| in_words(&tokens.first()?.word))?;
    text.parse().ok()
}

/// Whether a range goes on at the start of `tokens`.
pub fn is_range(tokens: &[Token<'_>]) -> bool {
    tokens.first().is_some_and(|token| RANGE.contains(&token.word.as_str()) || RANGE.contains(&token.text))
}

/// An amount in digits, with a fraction or in words.
fn amount(tokens: &[Token<'_>]) -> Option<(Amount, usize)> {
    if let Some((part, length)) = fraction(tokens) {
        return Some((part, length));
    }
    let Some(text) = digits(tokens) else {
        let word = &tokens.first()?.word;
        let (_, digits) = WORDS.iter().find(|(other, _)| other == word)?;
        return Some((Amount::parse(digits)?, 1));
    };
    let number = Amount::parse(text)?;
    match tokens.get(1..).and_then(fraction).filter(|_| !text.contains('.')) {
        Some((part, length)) => Some((number.plus(part)?, 1 + length)),
        None => Some((number, 1)),
    }
}

fn fraction(tokens: &[Token<'_>]) -> Option<(Amount, usize)> {
    let first = tokens.first()?;
    if let Some((.., decimal)) = FRACTIONS.iter().find(|(_, _, sign, _)| *sign == first.text) {
        return Some((Amount::parse(decimal)?, 1));
    }
    let slash = tokens.get(1).is_some_and(|token| is_sign(token, "/") && !token.is_apart);
    let below = digits(tokens.get(2..)?).filter(|_| slash && !tokens[2].is_apart)?;
    let decimal = fraction_of(Amount::parse(first.text)?, Amount::parse(below)?)?;
    let more = tokens.get(3).is_some_and(|token| is_sign(token, "/") && !token.is_apart);
    if more { None } else { Some((Amount::parse(decimal)?, 3)) }
}

/// The fraction of two amounts, as a decimal.
fn fraction_of(above: Amount, below: Amount) -> Option<&'static str> {
    let is = |amount: Amount, digits| Amount::parse(digits) == Some(amount);
    let row = FRACTIONS.iter().find(|(one, other, ..)| is(above, one) && is(below, other));
    row.map(|(.., decimal)| *decimal)
}

/// A unit at the start of `tokens`, and how many of it the word is.
pub fn unit(tokens: &[Token<'_>]) -> Option<(Unit, u32)> {
    let first = tokens.first()?;
    let is_word = first.kind == Kind::Word || first.text == "%";
    Unit::of_word(&first.word).filter(|_| is_word)
}

/// A dose or a strength.
pub fn measure(tokens: &[Token<'_>]) -> Option<(Measure, usize)> {
    if let Some((strength, length)) = concentration(tokens).or_else(|| strength(tokens)) {
        return Some((Measure::Strength(strength), length));
    }
    let (measure, length) = dose(tokens)?;
    Some((if let Measure::Dose(dose) = measure { of_share(dose)? } else { measure }, length))
}

fn is_of_share(dose: Dose) -> bool {
    dose.unit().is_some_and(Unit::is_share)
}

/// Half of one percent is a strength, however it is written.
fn of_share(dose: Dose) -> Option<Measure> {
    if !is_of_share(dose) {
        return Some(Measure::Dose(dose));
    }
    Strength::new(vec![dose.low()], dose.unit(), None).map(Measure::Strength)
}

/// An amount with its unit; in words it must have one.
fn with_unit(tokens: &[Token<'_>]) -> Option<((Amount, Option<Unit>), usize)> {
    let is_in_words = tokens.first()?.kind == Kind::Word;
    let (amount, length) = amount(tokens)?;
    let article = usize::from(is_in_words && tokens.get(length).is_some_and(|token| token.word == "a"));
    match tokens.get(length + article..).and_then(unit) {
        Some((unit, factor)) => Some(((amount.times(factor)?, Some(unit)), length + article + 1)),
        None => Some(((amount, None), length)),
    }
}

/// One amount or a range: `2 tabs`, `1-2 tabs`, `one tab`, `5 mg to 10 mg`.
fn dose(tokens: &[Token<'_>]) -> Option<(Measure, usize)> {
    let is_in_words = |tokens: &[Token<'_>]| tokens.first().is_some_and(|token| token.kind == Kind::Word);
    let ((mut low, unit), end) = with_unit(tokens)?;
    let single = Measure::Dose(Dose::single(low, unit));
    let behind = tokens.get(end..).filter(|behind| is_range(behind)).and_then(|behind| behind.get(1..));
    let Some((behind, ((high, high_unit), length))) =
        behind.and_then(|behind| Some((behind, with_unit(behind)?)))
    else {
        return (unit.is_some() || !is_in_words(tokens)).then_some((single, end));
    };
    // The unit may stand once, behind both ends, or twice, but not behind the first alone.
    if high_unit.is_none() && (unit.is_some() || is_in_words(tokens)) {
        return unit.is_some().then_some((single, end));
    }
    if unit.is_none() {
        low = low.times(factor(behind, length).unwrap_or(1))?;
    }
    let is_same = unit.is_none() || unit == high_unit;
    let range = Dose::range(low, high, high_unit).filter(|dose| is_same && !is_of_share(*dose));
    Some((range.map_or(Measure::NoRange, Measure::Dose), end + 1 + length))
}

/// How many of its unit the last of these words is.
fn factor(tokens: &[Token<'_>], length: usize) -> Option<u32> {
    unit(tokens.get(length.checked_sub(1)?..)?).map(|(_, factor)| factor)
}

/// `U-100`: units in a milliliter of insulin.
fn concentration(tokens: &[Token<'_>]) -> Option<(Strength, usize)> {
    let [letter, hyphen, ..] = tokens else { return None };
    if letter.word != "u" || !is_sign(hyphen, "-") || hyphen.is_apart {
        return None;
    }
    let amount = Amount::parse(digits(&tokens[2..])?)?;
    let per = (Amount::one(), Unit::named("mL")?);
    Some((Strength::new(vec![amount], Unit::named("unit"), Some(per))?, 3))
}

/// What only a strength has: amounts of several substances, an amount in a volume, or a percentage.
fn strength(tokens: &[Token<'_>]) -> Option<(Strength, usize)> {
    if fraction(tokens).is_some() {
        return None;
    }
    let mut amounts = vec![Amount::parse(digits(tokens)?)?];
    let mut end = 1;
    let mut own = None;
    let mut per = None;
    loop {
        if let Some((unit, 1)) = tokens.get(end..).and_then(unit) {
            if !unit.is_of_strength() || own.is_some_and(|own| own != unit) {
                return None;
            }
            own = Some(unit);
            end += 1;
        }
        let slash = tokens.get(end).is_some_and(|token| is_sign(token, "/"));
        let Some(behind) = tokens.get(end + 1..).filter(|_| slash) else { break };
        if own.is_some()
            && let Some((volume, length)) = volume(behind)
        {
            per = Some(volume);
            end += 1 + length;
            break;
        }
        let Some(text) = digits(behind) else { break };
        amounts.push(Amount::parse(text)?);
        end += 2;
    }
    // Written as one strength, these would be read as a part of a tablet.
    if let [above, below] = amounts[..]
        && fraction_of(above, below).is_some()
    {
        return None;
    }
    let is_strength = amounts.len() > 1 || per.is_some() || own.is_some_and(Unit::is_share);
    Some((Strength::new(amounts, own, per).filter(|_| is_strength)?, end))
}

/// What a strength is in: `5 mL`, `mL`, `puff`.
fn volume(tokens: &[Token<'_>]) -> Option<((Amount, Unit), usize)> {
    let (amount, length) = match digits(tokens) {
        Some(text) => (Amount::parse(text)?, 1),
        None => (Amount::one(), 0),
    };
    let (unit, factor) = tokens.get(length..).and_then(unit)?;
    let amount = amount.times(factor)?;
    (!unit.is_of_strength()).then_some(((amount, unit), length + 1))
}
