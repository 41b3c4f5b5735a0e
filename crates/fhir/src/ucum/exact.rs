//! Numbers of any magnitude, with the digits of a decimal.

use super::decimal_of;
use octofhir_ucum::Number;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt;

/// Digits times a power of ten. In canonical units everyday amounts are beyond a [`Decimal`], which keeps digits and
/// magnitude together in 28 places: `60 fL` is 6e-17 `m3`, `60 mL/min` is 1e-6 of `m3.s-1` with 24 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExactNumber {
    /// Without zeros at the end, so that equal numbers are equal; zero has the exponent 0.
    digits: i128,
    exponent: i32,
}

impl ExactNumber {
    /// `digits` times ten to the power of `exponent`. The digits are at most those of a decimal, or they are rounded
    /// in comparisons.
    pub(super) fn new(mut digits: i128, mut exponent: i32) -> Self {
        if digits == 0 {
            return Self { digits, exponent: 0 };
        }
        while digits % 10 == 0 && exponent < i32::MAX {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }

    pub(super) fn of(number: Number) -> Self {
        let (digits, exponent) = number.to_integer_and_exponent();
        Self::new(digits, exponent)
    }

    /// The number as a decimal, in normal form; `None` when it is too large or so small that digits that count would
    /// be lost.
    pub fn decimal(self) -> Option<Decimal> {
        decimal_of(self.digits, self.exponent)
    }

    /// The nearest binary number, rounded once: of two numbers the greater never becomes the smaller. What is beyond
    /// all of them is the greatest or the least.
    pub fn to_f64(self) -> f64 {
        // Both factors are exact, so the product is rounded once.
        if self.digits.unsigned_abs() < 1 << f64::MANTISSA_DIGITS && self.exponent.unsigned_abs() <= 22 {
            let (digits, power) = (self.digits as f64, 10_f64.powi(self.exponent.abs()));
            return if self.exponent < 0 { digits / power } else { digits * power };
        }
        let value: f64 = self.to_string().parse().unwrap_or_default();
        value.clamp(f64::MIN, f64::MAX)
    }

    /// The power of ten of the first digit.
    fn magnitude(self) -> i64 {
        i64::from(self.digits.unsigned_abs().checked_ilog10().unwrap_or(0)) + i64::from(self.exponent)
    }

    /// The digits with zeros behind them down to a power of ten.
    fn digits_down_to(self, exponent: i32) -> i128 {
        10_i128.saturating_pow(self.exponent.abs_diff(exponent)).saturating_mul(self.digits)
    }
}

impl From<Decimal> for ExactNumber {
    fn from(value: Decimal) -> Self {
        // A scale is at most 28.
        Self::new(value.mantissa(), -value.scale().cast_signed())
    }
}

impl Ord for ExactNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.digits.signum();
        let by_size = || {
            let by_magnitude = self.magnitude().cmp(&other.magnitude());
            if sign < 0 { by_magnitude.reverse() } else { by_magnitude }
        };
        let by_digits = || {
            let exponent = self.exponent.min(other.exponent);
            self.digits_down_to(exponent).cmp(&other.digits_down_to(exponent))
        };
        let by_sign = sign.cmp(&other.digits.signum());
        by_sign.then_with(|| if sign == 0 { Ordering::Equal } else { by_size().then_with(by_digits) })
    }
}

impl PartialOrd for ExactNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ExactNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}e{}", self.digits, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(digits: i128, exponent: i32) -> ExactNumber {
        ExactNumber::new(digits, exponent)
    }

    #[test]
    fn one_number_has_one_form() {
        assert_eq!(number(1200, -3), number(12, -1));
        assert_eq!(number(0, 17), number(0, 0));
        assert_eq!(ExactNumber::from(Decimal::new(1200, 3)), number(12, -1));
        assert_eq!(number(12, -1).decimal(), Some(Decimal::new(12, 1)));
        assert_eq!((number(1, 29).decimal(), number(1, -29).decimal()), (None, None));
    }

    #[test]
    fn beyond_binary_numbers() {
        assert_eq!(number(1, 400).to_f64(), f64::MAX);
        assert_eq!(number(-1, 400).to_f64(), f64::MIN);
        assert_eq!(number(1, -400).to_f64(), 0.0);
        assert!(number(1, i32::MIN) < number(1, i32::MAX) && number(-1, i32::MAX) < number(-1, i32::MIN));
    }

    proptest! {
        #[test]
        fn order_is_that_of_decimals(
            (one, two) in (any::<i64>(), any::<i64>()),
            (one_scale, two_scale) in (0_u32..28, 0_u32..28),
            shift in -60_i32..60,
        ) {
            let (a, b) = (Decimal::new(one, one_scale), Decimal::new(two, two_scale));
            let shifted = |value: Decimal| number(value.mantissa(), shift - value.scale().cast_signed());
            prop_assert_eq!(shifted(a).cmp(&shifted(b)), a.cmp(&b));
            prop_assert_eq!(shifted(a) == shifted(b), a == b);
            if a <= b {
                prop_assert!(shifted(a).to_f64() <= shifted(b).to_f64());
            }
            prop_assert_eq!(ExactNumber::from(a).decimal(), Some(a.normalize()));
        }

        #[test]
        fn binary_is_the_nearest(digits in any::<i64>(), exponent in -40_i32..40) {
            let text = format!("{digits}e{exponent}");
            prop_assert_eq!(number(digits.into(), exponent).to_f64(), text.parse::<f64>().unwrap());
        }
    }
}
