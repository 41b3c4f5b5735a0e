//! How much is dispensed, and how often again.

use super::Found;
use super::number::{is_sign, unit, whole};
use crate::sig::amount::Amount;
use crate::sig::dose::Quantity;
use crate::sig::phrase;
use crate::sig::token::{Kind, Token};

const QUANTITY: [&str; 5] = ["qty", "quantity", "disp", "dispense", "no"];
const REFILLS: [&str; 5] = ["refills", "refill", "rf", "ref", "r"];
const NO_REFILLS: [&str; 2] = ["no refills", "no refill"];

/// The most refills that a prescription may have.
const REFILLS_MOST: u16 = 99;

/// `#30`, `qty 30 tabs`.
pub fn quantity(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    let named = QUANTITY.iter().find_map(|word| phrase::matches(tokens, word)).unwrap_or(0);
    let marked = usize::from(tokens.get(named).is_some_and(|token| is_sign(token, "#")));
    let from = named + marked;
    let number = tokens.get(from).filter(|token| from > 0 && token.kind == Kind::Number)?;
    let amount = Amount::parse(number.text)?;
    let unit = tokens.get(from + 1..).and_then(unit).filter(|(_, factor)| *factor == 1).map(|(unit, _)| unit);
    let length = from + 1 + usize::from(unit.is_some());
    Some((Found::Quantity(Quantity { amount, unit }), length))
}

/// `r0`, `refills 2`, `2 refills`, `no refills`.
pub fn refills(tokens: &[Token<'_>]) -> Option<(Found, usize)> {
    if let Some(length) = NO_REFILLS.iter().find_map(|words| phrase::matches(tokens, words)) {
        return Some((Found::Refills(0), length));
    }
    let named = |tokens: &[Token<'_>]| REFILLS.iter().find_map(|word| phrase::matches(tokens, word));
    let (number, length) = match named(tokens) {
        Some(length) => {
            let is_between = |token: &Token<'_>| is_sign(token, ":#") || token.word == "x";
            let between = usize::from(tokens.get(length).is_some_and(is_between));
            (whole(tokens.get(length + between..)?)?, length + between + 1)
        }
        // A single r behind a number is no refill.
        None => (whole(tokens)?, 1 + named(tokens.get(1..)?).filter(|_| tokens[1].word != "r")?),
    };
    let refills = u8::try_from(number).ok().filter(|_| number <= REFILLS_MOST)?;
    Some((Found::Refills(refills), length))
}
