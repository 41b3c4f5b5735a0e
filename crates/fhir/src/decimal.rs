//! Numbers as FHIR has them: exact, and as precise as they are written (R4 §2.24.0.1 `decimal`, search §3.1.1.4.4).

pub use rust_decimal::Decimal;

/// Why a text is no number we can compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is outside JSON's grammar of numbers.
    #[error("not a number; write digits such as 120, 0.5 or 1.2e3")]
    NotANumber,
    /// The number needs more digits than exact arithmetic has here.
    #[error("the number needs more than 28 digits; round it")]
    TooManyDigits,
}

/// A number as written: an integer times a power of ten, so that `100`, `100.0` and `1e2` differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    digits: i128,
    /// Power of ten of the last digit written.
    exponent: i32,
}

/// Exponents beyond this are beyond any number of 28 digits.
const EXPONENT_LIMIT: i32 = 100_000;

impl Written {
    fn read(text: &str) -> Result<Self, DecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !all_digits(whole)
            || !all_digits(fraction)
            || (whole.len() > 1 && whole.starts_with('0'))
        {
            return Err(DecimalError::NotANumber);
        }
        let places = i32::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)?;
        let mut digits = 0_i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            digits = digits
                .checked_mul(10)
                .and_then(|digits| digits.checked_add(i128::from(byte - b'0')))
                .ok_or(DecimalError::TooManyDigits)?;
        }
        Ok(Self {
            digits: if negative { -digits } else { digits },
            exponent: exponent.saturating_sub(places),
        })
    }

    /// The exact value.
    fn decimal(self) -> Result<Decimal, DecimalError> {
        let Self { mut digits, mut exponent } = self;
        // Zeros that carry no value may go where the scale has no room for them.
        let too_long = |digits: i128| digits.unsigned_abs() >= 10_u128.pow(28);
        while digits != 0 && digits % 10 == 0 && exponent < 0 && (exponent < -28 || too_long(digits)) {
            digits /= 10;
            exponent += 1;
        }
        if digits == 0 {
            exponent = exponent.clamp(-28, 0);
        }
        let scale = u32::try_from(-exponent.min(0)).unwrap_or(u32::MAX);
        let digits = u32::try_from(exponent.max(0))
            .ok()
            .and_then(|power| 10_i128.checked_pow(power))
            .and_then(|power| digits.checked_mul(power))
            .ok_or(DecimalError::TooManyDigits)?;
        if too_long(digits) {
            return Err(DecimalError::TooManyDigits);
        }
        Decimal::try_from_i128_with_scale(digits, scale).map_err(|_| DecimalError::TooManyDigits)
    }

    /// This with half of its last digit added as many times: the end of what its precision leaves open.
    fn halves(self, count: i128) -> Result<Decimal, DecimalError> {
        let digits = self
            .digits
            .checked_mul(10)
            .and_then(|digits| digits.checked_add(5 * count))
            .ok_or(DecimalError::TooManyDigits)?;
        Self { digits, exponent: self.exponent - 1 }.decimal()
    }
}

fn read_exponent(text: &str) -> Result<i32, DecimalError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    // Written with whatever many digits, it is far out.
    let exponent = digits.parse::<i32>().unwrap_or(EXPONENT_LIMIT).min(EXPONENT_LIMIT);
    Ok(if negative { -exponent } else { exponent })
}

/// The exact value of a JSON number, with the decimal places it is written with. At most 28 digits.
pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
    Written::read(text)?.decimal()
}

/// Digits behind the decimal point, as written; below zero where the last digit is not the ones: 1e2 has -2.
pub fn decimal_places(text: &str) -> Result<i32, DecimalError> {
    Ok(-Written::read(text)?.exponent)
}

/// Digits that count, as written: all but leading zeros. 0.010 has two, 100 has three, 1e2 has one; zero has those
/// behind its decimal point, at least one.
pub fn significant_digits(text: &str) -> Result<u32, DecimalError> {
    let written = Written::read(text)?;
    Ok(match written.digits.unsigned_abs().checked_ilog10() {
        Some(power) => power + 1,
        None => (-written.exponent).max(1).unsigned_abs(),
    })
}

/// The interval a number stands for in a search by the precision it is written with (search §3.1.1.4.4): 100 is
/// [99.5, 100.5), 100.00 is [99.995, 100.005), 1e2 is [50, 150). Low is in it, high is not.
pub fn implied_range(text: &str) -> Result<(Decimal, Decimal), DecimalError> {
    let written = Written::read(text)?;
    Ok((written.halves(-1)?, written.halves(1)?))
}

/// The least number a value of this precision can stand for, to some decimal places, 8 when not said (FHIRPath
/// `lowBoundary`): 1.587 to 8 places is 1.58650000, to 2 it is 1.58. `None` for more than 28 places or digits.
pub fn low_boundary(value: Decimal, places: Option<u32>) -> Option<Decimal> {
    boundary(value, -1, places)
}

/// The number below which a value of this precision stays, to some decimal places, 8 when not said (FHIRPath
/// `highBoundary`): 1.587 to 8 places is 1.58750000, to 2 it is 1.59. `None` for more than 28 places or digits.
pub fn high_boundary(value: Decimal, places: Option<u32>) -> Option<Decimal> {
    boundary(value, 1, places)
}

fn boundary(value: Decimal, direction: i128, places: Option<u32>) -> Option<Decimal> {
    use rust_decimal::RoundingStrategy::{ToNegativeInfinity, ToPositiveInfinity};
    let places = places.unwrap_or(8);
    let exponent = -i32::try_from(value.scale()).ok()?;
    let end = Written { digits: value.mantissa(), exponent }.halves(direction).ok()?;
    if places > 28 {
        return None;
    }
    let strategy = if direction < 0 { ToNegativeInfinity } else { ToPositiveInfinity };
    let mut end = end.round_dp_with_strategy(places, strategy);
    end.rescale(places);
    (end.scale() == places).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn exact_values() {
        for text in ["0", "1", "-1", "0.10", "1.0", "100", "0.0000000000000000000000000001", "-0.5"] {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(number("1e2").to_string(), "100");
        assert_eq!(number("1.5E-3").to_string(), "0.0015");
        assert_eq!(number("12.50e+1").to_string(), "125.0");
        assert_eq!(number("0e99999999999"), Decimal::ZERO);
        assert_eq!(number("9999999999999999999999999999").to_string(), "9999999999999999999999999999");
        assert_eq!(number("1.00000000000000000000000000000").to_string(), "1.000000000000000000000000000");
    }

    #[test]
    fn refusals() {
        for text in
            ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1 ", "NaN", "１", "1.2.3", "--1", "1e5.0"]
        {
            assert_eq!(parse(text), Err(DecimalError::NotANumber), "{text}");
        }
        for text in [
            "10000000000000000000000000000",
            "1e28",
            "1e-29",
            "1e999999999",
            "0.12345678901234567890123456789",
        ] {
            assert_eq!(parse(text), Err(DecimalError::TooManyDigits), "{text}");
        }
        assert_eq!(parse(&"9".repeat(10_000)), Err(DecimalError::TooManyDigits));
    }

    #[test]
    fn precision_as_written() {
        for (text, places, significant) in [
            ("100", 0, 3),
            ("1e2", -2, 1),
            ("0.010", 3, 2),
            ("100.00", 2, 5),
            ("0", 0, 1),
            ("0.00", 2, 2),
            ("-5", 0, 1),
        ] {
            assert_eq!(decimal_places(text), Ok(places), "{text}");
            assert_eq!(significant_digits(text), Ok(significant), "{text}");
        }
    }

    #[test]
    fn search_ranges() {
        for (text, low, high) in [
            ("100", "99.5", "100.5"),
            ("100.00", "99.995", "100.005"),
            ("1e2", "50", "150"),
            ("5.40e-3", "0.005395", "0.005405"),
            ("0", "-0.5", "0.5"),
            ("-1.5", "-1.55", "-1.45"),
        ] {
            assert_eq!(implied_range(text), Ok((number(low), number(high))), "{text}");
        }
    }

    #[test]
    fn boundaries() {
        for (value, places, low, high) in [
            ("1.587", None, "1.58650000", "1.58750000"),
            ("1.587", Some(6), "1.586500", "1.587500"),
            ("1.587", Some(2), "1.58", "1.59"),
            ("1.587", Some(0), "1", "2"),
            ("-1.587", None, "-1.58750000", "-1.58650000"),
            ("-1.587", Some(2), "-1.59", "-1.58"),
            ("-1.587", Some(0), "-2", "-1"),
            ("1", None, "0.50000000", "1.50000000"),
            ("12.500", Some(4), "12.4995", "12.5005"),
            ("120", Some(2), "119.50", "120.50"),
        ] {
            assert_eq!(low_boundary(number(value), places).map(|end| end.to_string()).as_deref(), Some(low));
            assert_eq!(
                high_boundary(number(value), places).map(|end| end.to_string()).as_deref(),
                Some(high)
            );
        }
        assert_eq!(low_boundary(number("1.587"), Some(32)), None);
        assert_eq!(high_boundary(Decimal::MAX, None), None);
        assert_eq!(high_boundary(number("99999999999999999999"), Some(20)), None);
    }

    proptest! {
        #[test]
        fn written_is_what_was_read(digits in -10_i128.pow(28) + 1..10_i128.pow(28), scale in 0_u32..=28) {
            let value = Decimal::from_i128_with_scale(digits, scale);
            prop_assert_eq!(parse(&value.to_string()).unwrap().to_string(), value.to_string());
        }

        #[test]
        fn never_panics(text in "-?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][+-]?[0-9]{0,12})?|\\PC*") {
            let _ = (parse(&text), implied_range(&text), significant_digits(&text), decimal_places(&text));
        }

        #[test]
        fn a_number_lies_in_its_range(digits in -1_000_000_i64..1_000_000, exponent in -10_i32..10) {
            let text = format!("{digits}e{exponent}");
            let (low, high) = implied_range(&text).unwrap();
            prop_assert!(low < number(&text) && number(&text) < high);
        }
    }
}
