//! Units of measure by UCUM (The Unified Code for Units of Measure, 2.2): validity, canonical forms, conversion.
//!
//! Every computation is exact in decimals up to 28 digits; results are kept to 24, so that what is equal in one
//! unit stays equal after a conversion there and back. Units on logarithmic scales (pH, bel) stay on their scale.

mod exact;

pub use exact::ExactNumber;

use octofhir_ucum::{Dimension, EvalResult, Number, SpecialKind, SpecialTerm};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// The `system` of UCUM quantities.
pub const SYSTEM: &str = "http://unitsofmeasure.org";

/// Unit expressions longer than this are refused unread.
const LENGTH_LIMIT: usize = 256;

/// Digits that results keep: the last four of 28 are left to rounding on the way.
const RESULT_DIGITS: u32 = 24;

/// Powers of ten beyond this are beyond any quantity.
const POWER_LIMIT: u32 = 100_000;

/// Why units could not be computed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not an expression of UCUM.
    #[error("\"{unit}\" is not a UCUM unit: {reason}")]
    Invalid {
        /// The expression.
        unit: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Units of different dimensions, such as metre and gram.
    #[error("\"{from}\" and \"{to}\" do not measure the same kind of quantity")]
    NotComparable {
        /// The one unit.
        from: String,
        /// The other unit.
        to: String,
    },
    /// The result does not fit a decimal of 28 digits, or a logarithm was taken of what has none.
    #[error("the value in \"{unit}\" is outside what can be computed with")]
    OutOfRange {
        /// The unit.
        unit: String,
    },
}

/// A value in canonical units: the UCUM base units and arbitrary atoms, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Canonical {
    /// The value; what is measured in femtolitres or in moles is far outside a [`Decimal`].
    pub value: ExactNumber,
    /// The unit, such as `g.m-3`, `K` or `1`. A logarithmic unit without prefix, such as `[pH]`, is its own.
    pub unit: String,
}

/// A unit understood.
#[derive(Clone, Debug)]
pub struct Unit {
    code: String,
    meaning: EvalResult,
    canonical_code: String,
}

/// Units that laboratories and vital signs use day by day, understood once.
const COMMON: [&str; 48] = [
    "%",
    "/min",
    "{score}",
    "1",
    "10*3/uL",
    "10*6/uL",
    "10*9/L",
    "10*12/L",
    "Cel",
    "[degF]",
    "[in_i]",
    "[lb_av]",
    "[IU]/L",
    "[IU]/mL",
    "a",
    "cm",
    "d",
    "fL",
    "g",
    "g/dL",
    "g/L",
    "h",
    "kg",
    "kg/m2",
    "kPa",
    "L",
    "L/min",
    "m",
    "meq/L",
    "mg",
    "mg/dL",
    "mg/g",
    "min",
    "mL",
    "mL/min",
    "mL/min/{1.73_m2}",
    "mm[Hg]",
    "mm/h",
    "mmol/L",
    "mmol/mol",
    "mo",
    "ms",
    "ng/mL",
    "pg",
    "pg/mL",
    "ug/dL",
    "U/L",
    "umol/L",
];

/// What is done with a unit, by its code: a common one lies ready, another is parsed.
fn with_unit<T>(code: &str, use_it: impl FnOnce(&Unit) -> Result<T, UnitError>) -> Result<T, UnitError> {
    static READY: LazyLock<HashMap<&str, Unit>> = LazyLock::new(|| {
        COMMON.into_iter().filter_map(|code| Some((code, Unit::parse(code).ok()?))).collect()
    });
    match READY.get(code) {
        Some(unit) => use_it(unit),
        None => use_it(&Unit::parse(code)?),
    }
}

impl Unit {
    /// Reads a case-sensitive UCUM expression. Two liberties of FHIR's own list of common units are let pass,
    /// since an annotation has no meaning: blanks in it (`{3 times}/d`), and one behind brackets (`g/(8.h){shift}`).
    pub fn parse(code: &str) -> Result<Self, UnitError> {
        let invalid = |reason: String| UnitError::Invalid {
            unit: code.chars().take(64).collect(),
            reason: reason.trim_start_matches("Invalid UCUM expression: ").to_owned(),
        };
        if code.len() > LENGTH_LIMIT {
            return Err(invalid(format!("it is longer than {LENGTH_LIMIT} characters")));
        }
        let expression = octofhir_ucum::parse_expression(&without_liberties(code))
            .map_err(|error| invalid(error.message))?;
        let meaning = octofhir_ucum::evaluate(&expression).map_err(|error| invalid(error.message))?;
        let canonical_code = match logarithmic(&meaning) {
            Some(special) => special.unit.code.to_owned(),
            None => canonical_code(&meaning.dim, &meaning.arbitrary),
        };
        Ok(Self { code: code.to_owned(), meaning, canonical_code })
    }

    /// The expression as written.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// True when values of both units can be converted into one another.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.meaning.is_commensurable(&other.meaning)
    }

    /// The value in the canonical unit. A unit has it for every value or, when its power of ten is one that no quantity
    /// has (`10*2147483647`), for none.
    pub fn canonical(&self, value: Decimal) -> Result<ExactNumber, UnitError> {
        let scale = self.meaning.special.map_or(self.meaning.factor, |special| special.scale);
        let is_measurable = |factor: Number| factor.to_integer_and_exponent().1.unsigned_abs() <= POWER_LIMIT;
        if !is_measurable(self.meaning.factor) || !is_measurable(scale) {
            return Err(self.out_of_range());
        }
        self.exact_product(value)
            .or_else(|| self.to_base(number(value)).map(|base| ExactNumber::of(rounded(base))))
            .ok_or_else(|| self.out_of_range())
    }

    /// The quick way for what needs no rounding, which is nearly all of practice: few digits times a plain factor.
    fn exact_product(&self, value: Decimal) -> Option<ExactNumber> {
        if self.meaning.special.is_some() {
            return None;
        }
        let (factor, exponent) = self.meaning.factor.to_integer_and_exponent();
        let product = value.mantissa().checked_mul(factor)?;
        if product.unsigned_abs() >= 10_u128.pow(RESULT_DIGITS) {
            return None;
        }
        Some(ExactNumber::new(product, exponent.checked_sub_unsigned(value.scale())?))
    }

    /// The unit of canonical values.
    pub fn canonical_code(&self) -> &str {
        &self.canonical_code
    }

    /// The special unit, unless it is a temperature, whose scale is linear.
    fn logarithmic(&self) -> Option<SpecialTerm> {
        logarithmic(&self.meaning)
    }

    /// Base units of a value: (α·r + o)·u, or α·r on a logarithmic scale.
    fn to_base(&self, value: Number) -> Option<Number> {
        let Some(special) = self.meaning.special else { return value.checked_mul(self.meaning.factor) };
        let scaled = value.checked_mul(special.scale)?;
        match temperature_offset(special.unit.special) {
            Some(offset) => scaled.checked_add(Number::parse(offset)?)?.checked_mul(self.meaning.factor),
            None => Some(scaled),
        }
    }

    /// The inverse of [`Unit::to_base`].
    fn value_of_base(&self, base: Number) -> Option<Number> {
        let Some(special) = self.meaning.special else { return base.checked_div(self.meaning.factor) };
        let scaled = match temperature_offset(special.unit.special) {
            Some(offset) => base.checked_div(self.meaning.factor)?.checked_sub(Number::parse(offset)?)?,
            None => base,
        };
        scaled.checked_div(special.scale)
    }

    /// The value in another unit. Between a logarithmic unit and a linear one it is exact to 12 digits only.
    pub fn convert(&self, value: Decimal, to: &Self) -> Result<Decimal, UnitError> {
        if !self.is_comparable(to) {
            return Err(UnitError::NotComparable { from: self.code.clone(), to: to.code.clone() });
        }
        if self.code == to.code {
            return Ok(value);
        }
        let same_scale = match (self.logarithmic(), to.logarithmic()) {
            (None, None) => true,
            (Some(one), Some(other)) => one.unit.code == other.unit.code,
            _ => false,
        };
        let converted = if same_scale {
            self.to_base(number(value)).and_then(|base| to.value_of_base(base)).and_then(decimal)
        } else {
            octofhir_ucum::convert(number(value).to_f64(), &self.code, &to.code)
                .ok()
                .and_then(|value| Number::parse(&format!("{value:.11e}")))
                .and_then(decimal)
        };
        converted.ok_or_else(|| to.out_of_range())
    }

    fn out_of_range(&self) -> UnitError {
        UnitError::OutOfRange { unit: self.code.clone() }
    }
}

/// The expression without what FHIR's lists have beyond UCUM's grammar.
fn without_liberties(code: &str) -> Cow<'_, str> {
    if !code.contains('{') || !(code.contains(' ') || code.contains("){")) {
        return Cow::Borrowed(code);
    }
    let mut strict = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, annotation)) = rest.split_once('{') {
        let Some((annotation, after)) = annotation.split_once('}') else { break };
        strict.push_str(before);
        if !strict.ends_with(')') {
            strict.extend(['{'].into_iter().chain(annotation.chars().filter(|c| *c != ' ')).chain(['}']));
        }
        rest = after;
    }
    strict.push_str(rest);
    Cow::Owned(strict)
}

fn logarithmic(meaning: &EvalResult) -> Option<SpecialTerm> {
    meaning.special.filter(|special| temperature_offset(special.unit.special).is_none())
}

/// Refuses what is not a UCUM unit.
pub fn validate(unit: &str) -> Result<(), UnitError> {
    with_unit(unit, |_| Ok(()))
}

/// A value and unit in canonical units: 120 `mm[Hg]` is 15998684 `g.m-1.s-2`.
pub fn canonical(value: Decimal, unit: &str) -> Result<Canonical, UnitError> {
    with_unit(unit, |unit| Ok(Canonical { value: unit.canonical(value)?, unit: unit.canonical_code.clone() }))
}

/// The value in another unit.
pub fn convert(value: Decimal, from: &str, to: &str) -> Result<Decimal, UnitError> {
    with_unit(from, |from| with_unit(to, |to| from.convert(value, to)))
}

/// Which of two values is greater. `None` when their units do not measure the same kind of quantity.
pub fn compare(left: (Decimal, &str), right: (Decimal, &str)) -> Result<Option<Ordering>, UnitError> {
    if left.1 == right.1 {
        return validate(left.1).map(|()| Some(left.0.cmp(&right.0)));
    }
    let (left_unit, right_unit) = (Unit::parse(left.1)?, Unit::parse(right.1)?);
    if !left_unit.is_comparable(&right_unit) {
        return Ok(None);
    }
    let same_scale = left_unit.canonical_code() == right_unit.canonical_code();
    if same_scale {
        return Ok(Some(left_unit.canonical(left.0)?.cmp(&right_unit.canonical(right.0)?)));
    }
    Ok(Some(left_unit.convert(left.0, &right_unit)?.cmp(&right.0)))
}

/// The product of two quantities, in canonical units.
pub fn multiply(left: (Decimal, &str), right: (Decimal, &str)) -> Result<Canonical, UnitError> {
    combine(left, right, 1)
}

/// The quotient of two quantities, in canonical units. Division by zero is out of range.
pub fn divide(left: (Decimal, &str), right: (Decimal, &str)) -> Result<Canonical, UnitError> {
    combine(left, right, -1)
}

fn combine(left: (Decimal, &str), right: (Decimal, &str), power: i32) -> Result<Canonical, UnitError> {
    let (left_unit, right_unit) = (Unit::parse(left.1)?, Unit::parse(right.1)?);
    for unit in [&left_unit, &right_unit] {
        if unit.meaning.special.is_some() {
            let reason = "a unit on a scale of its own takes part in no product".to_owned();
            return Err(UnitError::Invalid { unit: unit.code.clone(), reason });
        }
    }
    let parts = left_unit.to_base(number(left.0)).zip(right_unit.to_base(number(right.0)));
    let value = parts
        .and_then(|(left, right)| if power > 0 { left.checked_mul(right) } else { left.checked_div(right) })
        .map(|base| ExactNumber::of(rounded(base)))
        .ok_or_else(|| right_unit.out_of_range())?;
    let mut dimension = left_unit.meaning.dim;
    for (exponent, other) in dimension.0.iter_mut().zip(right_unit.meaning.dim.0) {
        let sum = i32::from(*exponent) + power * i32::from(other);
        *exponent = i8::try_from(sum).map_err(|_| right_unit.out_of_range())?;
    }
    let mut atoms = left_unit.meaning.arbitrary;
    for (atom, exponent) in right_unit.meaning.arbitrary {
        match atoms.iter_mut().find(|(known, _)| *known == atom) {
            Some((_, sum)) => *sum = sum.saturating_add(power * exponent),
            None => atoms.push((atom, power * exponent)),
        }
    }
    atoms.retain(|(_, exponent)| *exponent != 0);
    atoms.sort_unstable();
    Ok(Canonical { value, unit: canonical_code(&dimension, &atoms) })
}

/// Gram first, then the other base units in UCUM's order, then arbitrary atoms: `g.m-3`, `m-3.[iU]`, `1`.
fn canonical_code(dimension: &Dimension, atoms: &[(&str, i32)]) -> String {
    const ORDER: [usize; 7] = [2, 0, 1, 3, 4, 5, 6];
    let base = ORDER.map(|slot| (Dimension::BASE_UNITS[slot], i32::from(dimension.0[slot])));
    let mut code = String::new();
    for (unit, exponent) in base.iter().chain(atoms).filter(|(_, exponent)| *exponent != 0) {
        if !code.is_empty() {
            code.push('.');
        }
        code.push_str(unit);
        if *exponent != 1 {
            let _ = write!(code, "{exponent}");
        }
    }
    if code.is_empty() { "1".to_owned() } else { code }
}

/// What is added to a temperature to count from absolute zero, in its own degrees (UCUM §23).
fn temperature_offset(kind: SpecialKind) -> Option<&'static str> {
    match kind {
        SpecialKind::Celsius => Some("273.15"),
        SpecialKind::Fahrenheit => Some("459.67"),
        SpecialKind::Reaumur => Some("218.52"),
        _ => None,
    }
}

fn number(value: Decimal) -> Number {
    // Every decimal of 28 digits is a number of that type.
    Number::parse(&value.to_string()).unwrap_or_default()
}

/// The number to 24 digits.
fn rounded(number: Number) -> Number {
    let (digits, exponent) = number.to_integer_and_exponent();
    let length = digits.unsigned_abs().checked_ilog10().map_or(1, |power| power + 1);
    let Some(surplus) = length.checked_sub(RESULT_DIGITS).filter(|surplus| *surplus > 0) else {
        return number;
    };
    let unit = 10_i128.pow(surplus);
    let half = if digits < 0 { -unit / 2 } else { unit / 2 };
    let kept = (digits + half) / unit;
    Number::parse(&format!("{kept}e{}", i64::from(exponent) + i64::from(surplus))).unwrap_or(number)
}

/// The number to 24 digits as a decimal, in normal form. `None` when it is too large or so small that digits that
/// count would be lost.
fn decimal(number: Number) -> Option<Decimal> {
    let (digits, exponent) = rounded(number).to_integer_and_exponent();
    decimal_of(digits, exponent)
}

/// Digits times a power of ten, in normal form.
fn decimal_of(mut digits: i128, mut exponent: i32) -> Option<Decimal> {
    while digits != 0 && digits % 10 == 0 && exponent < 0 {
        digits /= 10;
        exponent += 1;
    }
    let value = if exponent >= 0 {
        let power = 10_i128.checked_pow(u32::try_from(exponent).ok()?)?;
        Decimal::try_from_i128_with_scale(digits.checked_mul(power)?, 0).ok()?
    } else {
        Decimal::try_from_i128_with_scale(digits, exponent.unsigned_abs()).ok()?
    };
    Some(value.normalize())
}

#[cfg(test)]
mod tests;
