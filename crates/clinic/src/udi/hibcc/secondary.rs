//! HIBCC's secondary data: expiry, lot, serial number and quantity by format characters, then supplementary data by data
//! identifiers (ANSI/HIBC 2.6 §2.3; ANSI MH10.8.2).

use crate::udi::error::{Problem, UdiError};
use crate::udi::letters::Letters;
use crate::udi::parts::{Meaning, Parts};

/// How secondary data begins, longest first: whether dates by format follow, and what the rest is.
const BEGINNINGS: [(&str, bool, Meaning); 4] = [
    ("$$+", true, Meaning::Serial),
    ("$$", true, Meaning::Lot),
    ("$+", false, Meaning::Serial),
    ("$", false, Meaning::Lot),
];

/// Formats of the expiry date: the character, whether it is itself the date's first, and the date's pattern.
const FORMATS: [(char, bool, &str); 8] = [
    ('0', true, "MMYY"),
    ('1', true, "MMYY"),
    ('2', false, "MMDDYY"),
    ('3', false, "YYMMDD"),
    ('4', false, "YYMMDDhh"),
    ('5', false, "YYJJJ"),
    ('6', false, "YYJJJhh"),
    ('7', false, ""),
];

/// Formats of a quantity: the character and how many digits follow.
const QUANTITIES: [(char, usize); 2] = [('8', 2), ('9', 5)];

/// Data identifiers of supplementary data.
const SUPPLEMENTS: [(&str, Meaning); 3] = [
    ("14D", Meaning::Expiry("YYYYMMDD")),
    ("16D", Meaning::Manufactured("YYYYMMDD")),
    ("S", Meaning::Serial),
];

/// How many characters a lot or a serial number may have.
const FIELD_MOST: usize = 18;

/// The pieces between slashes, from an index on.
pub fn pieces(data: &Letters, from: usize) -> Vec<Letters> {
    let mut start = from;
    let mut pieces = Vec::new();
    for piece in data.text().get(from..).unwrap_or_default().split('/') {
        pieces.push(data.part(start, start + piece.len()));
        start += piece.len() + 1;
    }
    pieces
}

/// A secondary code of its own: its last character is the check character of the primary code.
pub fn linked(data: &Letters, link: char, parts: &mut Parts, this_year: u16) -> Result<(), UdiError> {
    let text = data.text();
    // A blank was lost with the other blanks, or stands there as it is printed.
    let shown = if link == ' ' { '_' } else { link };
    let length = match text.strip_suffix(shown) {
        Some(before) => before.len(),
        None if link == ' ' => text.len(),
        None => return Err(data.error(text.len().saturating_sub(1), Problem::Link)),
    };
    read(pieces(&data.part(0, length), 1).into_iter(), parts, this_year)
}

/// Secondary data, and supplementary data behind it.
pub fn read(
    pieces: impl Iterator<Item = Letters>,
    parts: &mut Parts,
    this_year: u16,
) -> Result<(), UdiError> {
    for (place, piece) in pieces.enumerate() {
        let begins = piece.text().chars().next().ok_or_else(|| piece.error(0, Problem::FieldEmpty))?;
        let is_first = place == 0 && (begins == '$' || julian(&piece));
        let take = if is_first { main } else { supplement };
        take(&piece, parts, this_year)?;
    }
    Ok(())
}

/// Whether it is the old format without format characters: five digits of a date, and the lot. A data identifier has at
/// most three digits.
fn julian(piece: &Letters) -> bool {
    piece.text().len() >= 5 && piece.text().bytes().take(5).all(|byte| byte.is_ascii_digit())
}

fn main(piece: &Letters, parts: &mut Parts, this_year: u16) -> Result<(), UdiError> {
    let text = piece.text();
    let beginning = BEGINNINGS.iter().find(|(beginning, ..)| text.starts_with(beginning));
    let Some((beginning, has_format, meaning)) = beginning else {
        parts.take(Meaning::Expiry("YYJJJ"), &piece.part(0, 5), this_year)?;
        return field(Meaning::Lot, &piece.part(5, text.len()), parts, this_year);
    };
    let mut index = beginning.len();
    if *has_format {
        index = after_quantity(piece, index)?;
        index = after_expiry(piece, index, parts, this_year)?;
        if index == beginning.len() {
            return Err(piece.error(0, Problem::Delimiter(text.chars().take(index + 1).collect())));
        }
    }
    let rest = piece.part(index, text.len());
    if rest.text().is_empty() && !has_format {
        return Err(rest.error(0, Problem::FieldEmpty));
    }
    field(*meaning, &rest, parts, this_year)
}

/// Where the date begins, behind a quantity when there is one.
fn after_quantity(piece: &Letters, index: usize) -> Result<usize, UdiError> {
    let format = piece.text()[index..].chars().next();
    let Some((_, digits)) = QUANTITIES.iter().find(|(character, _)| Some(*character) == format) else {
        return Ok(index);
    };
    piece.exactly(index + 1, *digits)?.all(|letter| letter.is_ascii_digit(), Problem::NotADigit)?;
    Ok(index + 1 + digits)
}

/// Where the lot or serial number begins, behind the expiry date when there is one.
fn after_expiry(piece: &Letters, index: usize, parts: &mut Parts, this_year: u16) -> Result<usize, UdiError> {
    let format = piece.text()[index..].chars().next();
    let known = FORMATS.iter().find(|(character, ..)| Some(*character) == format);
    let Some((_, is_of_date, pattern)) = known else { return Ok(index) };
    let from = if *is_of_date { index } else { index + 1 };
    if !pattern.is_empty() {
        parts.take(Meaning::Expiry(pattern), &piece.exactly(from, pattern.len())?, this_year)?;
    }
    Ok(from + pattern.len())
}

fn supplement(piece: &Letters, parts: &mut Parts, this_year: u16) -> Result<(), UdiError> {
    let text = piece.text();
    if let Some((identifier, meaning)) =
        SUPPLEMENTS.iter().find(|(identifier, _)| text.starts_with(identifier))
    {
        return field(*meaning, &piece.part(identifier.len(), text.len()), parts, this_year);
    }
    // Whatever else labelers add has a data identifier: up to three digits and a letter.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_identifier = digits <= 3 && text.as_bytes().get(digits).is_some_and(u8::is_ascii_uppercase);
    if is_identifier {
        Ok(())
    } else {
        Err(piece.error(0, Problem::Delimiter(text.chars().take(4).collect())))
    }
}

/// Takes what has characters of a lot or serial number, and not too many; none is nothing to take.
fn field(meaning: Meaning, value: &Letters, parts: &mut Parts, this_year: u16) -> Result<(), UdiError> {
    value.all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter), Problem::NotInField)?;
    match value.text().len() {
        0 => Ok(()),
        length if length > FIELD_MOST => {
            Err(value.error(FIELD_MOST, Problem::FieldTooLong { most: FIELD_MOST }))
        }
        _ => parts.take(meaning, value, this_year),
    }
}
