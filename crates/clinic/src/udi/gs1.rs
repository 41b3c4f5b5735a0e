//! GS1: application identifiers and their values (GS1 General Specifications §3 and §7.8).

use super::error::{Problem, UdiError};
use super::letters::{Letters, SEPARATOR};
use super::parts::{Meaning, Parts};
use super::{Agency, Udi};

/// An application identifier.
struct Identifier {
    digits: &'static str,
    /// How many characters its value has.
    least: usize,
    most: usize,
    numeric: bool,
    /// Its length is known by its first two digits, so that no separator follows (General Specifications §7.8.4).
    needs_no_separator: bool,
    meaning: Meaning,
}

/// An identifier whose value has a length that every reader knows.
const fn fixed(digits: &'static str, length: usize, meaning: Meaning) -> Identifier {
    Identifier { digits, least: length, most: length, numeric: true, needs_no_separator: true, meaning }
}

/// An identifier whose value may have fewer characters than `most`.
const fn text(digits: &'static str, most: usize, meaning: Meaning) -> Identifier {
    Identifier { digits, least: 1, most, numeric: false, needs_no_separator: false, meaning }
}

/// Those that stand on devices. Another one is refused: its length is not known, nor what follows it.
const IDENTIFIERS: [Identifier; 38] = [
    fixed("01", GTIN_LENGTH, Meaning::Device),
    fixed("11", 6, Meaning::Manufactured(DAY)),
    fixed("12", 6, Meaning::OtherDate(DAY)),
    fixed("13", 6, Meaning::OtherDate(DAY)),
    fixed("15", 6, Meaning::OtherDate(DAY)),
    fixed("16", 6, Meaning::OtherDate(DAY)),
    fixed("17", 6, Meaning::Expiry(DAY)),
    fixed("20", 2, Meaning::Other),
    text("10", 20, Meaning::Lot),
    text("21", 20, Meaning::Serial),
    text("22", 20, Meaning::Other),
    text("235", 28, Meaning::Other),
    text("240", 30, Meaning::Other),
    text("241", 30, Meaning::Other),
    text("250", 30, Meaning::Other),
    text("251", 30, Meaning::Other),
    Identifier { numeric: true, ..text("30", 8, Meaning::Other) },
    Identifier { numeric: true, ..text("37", 8, Meaning::Other) },
    Identifier { needs_no_separator: false, ..fixed("7003", 10, Meaning::Expiry("YYMMDDhhmm")) },
    text("710", 20, Meaning::Other),
    text("711", 20, Meaning::Other),
    text("712", 20, Meaning::Other),
    text("713", 20, Meaning::Other),
    text("714", 20, Meaning::Other),
    text("715", 20, Meaning::Other),
    text("8012", 20, Meaning::Other),
    text("8013", 25, Meaning::Other),
    text("8020", 25, Meaning::Other),
    text("90", 30, Meaning::Other),
    text("91", 90, Meaning::Other),
    text("92", 90, Meaning::Other),
    text("93", 90, Meaning::Other),
    text("94", 90, Meaning::Other),
    text("95", 90, Meaning::Other),
    text("96", 90, Meaning::Other),
    text("97", 90, Meaning::Other),
    text("98", 90, Meaning::Other),
    text("99", 90, Meaning::Other),
];

const DAY: &str = "YYMMDD";
const GTIN_LENGTH: usize = 14;

/// What scanners put before codes that follow GS1's rules (ISO/IEC 15424; General Specifications §7.8.2).
const SYMBOLOGIES: [&str; 5] = ["]d2", "]C1", "]e0", "]Q3", "]J1"];

/// Lengths of item numbers in codes that hold nothing else: UPC-A and EAN-13.
const BARE_LENGTHS: [usize; 2] = [12, 13];

/// Other characters than letters and digits that a value may have (General Specifications §7.11, table of 82).
const PUNCTUATION: &str = "!\"%&'()*+,-./:;<=>?_";

/// Reads what a scanner gives with a mark of the symbology before it.
pub fn read_scanned(letters: &Letters, this_year: u16) -> Result<Udi, UdiError> {
    let mark = SYMBOLOGIES.iter().find(|mark| letters.text().starts_with(**mark));
    let mark = mark.ok_or_else(|| letters.error(0, Problem::Symbology))?;
    read(&letters.part(mark.len(), letters.text().len()), this_year)
}

/// Reads identifiers in brackets, identifiers with separators, or an item number alone.
pub fn read(letters: &Letters, this_year: u16) -> Result<Udi, UdiError> {
    if is_bare(letters.text()) {
        return bare(letters, this_year);
    }
    let next = if letters.text().starts_with('(') { in_brackets } else { separated };
    let (mut parts, mut human_readable) = (Parts::default(), String::new());
    let mut index = 0;
    while index < letters.text().len() {
        if letters.text()[index..].starts_with(SEPARATOR) {
            index += 1;
            continue;
        }
        let (identifier, value, end) = next(letters, index)?;
        check(identifier, &value)?;
        parts.take(identifier.meaning, &value, this_year)?;
        human_readable.push_str(&format!("({}){}", identifier.digits, value.text()));
        index = end;
    }
    parts.whole(Agency::Gs1, letters, "(01)", human_readable)
}

/// Whether it is an item number alone. One that begins with 01 could as well be a UDI that was cut off.
fn is_bare(text: &str) -> bool {
    BARE_LENGTHS.contains(&text.len())
        && !text.starts_with("01")
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An item number of 12 or 13 digits, which is a GTIN with zeros before it.
fn bare(letters: &Letters, this_year: u16) -> Result<Udi, UdiError> {
    let found = letters.text().len() - 1;
    check_digit(letters, &letters.text()[..found], found)?;
    let number = format!("{:0>GTIN_LENGTH$}", letters.text());
    read(&Letters::new(&format!("(01){number}"))?, this_year)
}

type Field<'a> = (&'a Identifier, Letters, usize);

/// The field that begins with a bracket at an index, and where it ends.
fn in_brackets(letters: &Letters, index: usize) -> Result<Field<'static>, UdiError> {
    let text = letters.text();
    let identifier = bracketed(&text[index..]).ok_or_else(|| unknown(letters, index))?;
    let from = index + identifier.digits.len() + 2;
    if identifier.least == identifier.most {
        let value = letters.exactly(from, identifier.most)?;
        return Ok((identifier, value, from + identifier.most));
    }
    // A value may have brackets itself: it ends where an identifier begins that there is.
    let ends = |at: &usize| bracketed(&text[*at..]).is_some() || text[*at..].starts_with(SEPARATOR);
    let end = (from + 1..text.len()).find(ends).unwrap_or(text.len());
    Ok((identifier, letters.part(from, end), end))
}

/// The field that begins with digits at an index, and where it ends.
fn separated(letters: &Letters, index: usize) -> Result<Field<'static>, UdiError> {
    let text = letters.text();
    let begins = |identifier: &&Identifier| text[index..].starts_with(identifier.digits);
    let identifier = IDENTIFIERS.iter().find(begins).ok_or_else(|| unknown(letters, index))?;
    let from = index + identifier.digits.len();
    if identifier.needs_no_separator {
        return Ok((identifier, letters.exactly(from, identifier.most)?, from + identifier.most));
    }
    let end = text[from..].find(SEPARATOR).map_or(text.len(), |length| from + length);
    Ok((identifier, letters.part(from, end), end))
}

fn bracketed(text: &str) -> Option<&'static Identifier> {
    let inside = text.strip_prefix('(')?;
    let named = |identifier: &&Identifier| {
        inside.strip_prefix(identifier.digits).is_some_and(|rest| rest.starts_with(')'))
    };
    IDENTIFIERS.iter().find(named)
}

fn unknown(letters: &Letters, index: usize) -> UdiError {
    const SHOWN: usize = 4;
    let shown: String = letters.text()[index..].chars().take(SHOWN).collect();
    letters.error(index, Problem::Delimiter(shown))
}

/// Whether a value is one that its identifier may have.
fn check(identifier: &Identifier, value: &Letters) -> Result<(), UdiError> {
    if identifier.numeric {
        value.all(|letter| letter.is_ascii_digit(), Problem::NotADigit)?;
    }
    value
        .all(|letter| letter.is_ascii_alphanumeric() || PUNCTUATION.contains(letter), Problem::NotInField)?;
    // Printed between brackets, such a value could not be told from two.
    if let Some(index) = (0..value.text().len()).find(|index| bracketed(&value.text()[*index..]).is_some()) {
        return Err(value.error(index, Problem::NotInField('(')));
    }
    match value.text().len() {
        0 => return Err(value.error(0, Problem::FieldEmpty)),
        length if length < identifier.least => {
            return Err(value.error(length, Problem::CutOff { missing: identifier.least - length }));
        }
        length if length > identifier.most => {
            return Err(value.error(identifier.most, Problem::FieldTooLong { most: identifier.most }));
        }
        _ => {}
    }
    if identifier.meaning == Meaning::Device {
        let found = value.text().len() - 1;
        check_digit(value, &value.text()[..found], found)?;
    }
    Ok(())
}

/// The last digit of an item number follows from the others (General Specifications §7.9.1): from the right they weigh 3
/// and 1 in turn, and with the check digit the sum is a multiple of ten.
fn check_digit(number: &Letters, digits: &str, index: usize) -> Result<(), UdiError> {
    let weights = [3, 1].into_iter().cycle();
    let sum: u32 = digits
        .chars()
        .rev()
        .zip(weights)
        .filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum();
    let expected = char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0');
    let found = number.text()[index..].chars().next().unwrap_or(' ');
    if found == expected { Ok(()) } else { Err(number.error(index, Problem::Check { expected, found })) }
}
