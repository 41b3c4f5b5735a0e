//! Codes that show by themselves when they are mistyped: identifiers of SNOMED CT and LOINC end in a check digit.
//!
//! This needs no table of either; a code that is well-formed may still not exist.

/// What is wrong with a code by the way its system writes codes; `None` too for other systems.
pub(super) fn fault(system: &str, code: &str) -> Option<&'static str> {
    match system {
        "http://snomed.info/sct" if !is_snomed_ct(code) => Some(
            "is no identifier of SNOMED CT: those have 6 to 18 digits, of which the last is a check digit; look for a typing error",
        ),
        "http://loinc.org" if !is_loinc(code) => Some(
            "is no code of LOINC: those are digits, a hyphen and a check digit, or a part such as LP7839-6; look for a typing error",
        ),
        _ => None,
    }
}

/// An identifier (SNOMED CT Technical Implementation Guide: SCTID), or an expression, of which nothing is known here.
fn is_snomed_ct(code: &str) -> bool {
    if code.contains([' ', '|', ':', '+', '=', '{', '(']) {
        return true;
    }
    (6..=18).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) && is_verhoeff(code)
}

/// A term, whose check digit is that of Luhn's algorithm; or a part, answer, list or group by its letters.
fn is_loinc(code: &str) -> bool {
    let number = code.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let has_letters = number.len() < code.len();
    let Some((number, check)) = number.split_once('-') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(number) && check.len() == 1 && is_number(check) && (has_letters || is_luhn(number, check))
}

fn is_luhn(number: &str, check: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    check.parse() == Ok((10 - sum % 10) % 10)
}

/// The dihedral group of order ten that Verhoeff's check digit is computed in.
fn product(a: usize, b: usize) -> usize {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (5 + a - b) % 5,
        (false, false) => (5 + a - b) % 5,
    }
}

/// The permutation that is applied to a digit as often as its position says.
const PERMUTATION: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

fn is_verhoeff(digits: &str) -> bool {
    let check = digits.bytes().rev().enumerate().fold(0, |check, (at, byte)| {
        let digit = (0..at % 8).fold(usize::from(byte - b'0'), |digit, _| PERMUTATION[digit]);
        product(check, digit)
    });
    check == 0
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn mistyped_codes_are_told_from_right_ones() {
        let snomed_ct = "http://snomed.info/sct";
        for code in ["22298006", "371532007", "840535000", "276885007", "264358009", "900000000000207008"] {
            assert_eq!(fault(snomed_ct, code), None, "{code}");
        }
        for code in ["22298007", "22289006", "1", "276885007x", "something"] {
            assert!(fault(snomed_ct, code).is_some(), "{code}");
        }
        for code in ["8310-5", "85354-9", "59408-5", "LP7839-6", "LA6576-8", "100066-0"] {
            assert_eq!(fault("http://loinc.org", code), None, "{code}");
        }
        for code in ["8310-6", "8301-5", "8310", "test", "temperature-1"] {
            assert!(fault("http://loinc.org", code).is_some(), "{code}");
        }
    }
}
