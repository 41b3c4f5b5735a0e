//! decimal, integer, unsignedInt and positiveInt. JSON's grammar is checked by the reader already.

use std::borrow::Cow;

type Verdict = Result<(), Cow<'static, str>>;

/// What arithmetic keeps exactly: 28 digits.
const DIGITS_MAX: usize = 28;
/// Beyond these exponents common readers of JSON make infinity or zero of a number.
const EXPONENT_MAX: u32 = 300;

/// A decimal: any JSON number whose digits can be kept.
pub(super) fn decimal(value: &str) -> Verdict {
    let (digits, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    let significant = digits.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    if significant > DIGITS_MAX {
        return Err(
            format!("has {significant} digits; a decimal may have {DIGITS_MAX} here, round it").into()
        );
    }
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent.unsigned_abs() <= EXPONENT_MAX => Ok(()),
        _ => Err(format!("has an exponent beyond {EXPONENT_MAX}; use another unit").into()),
    }
}

/// A whole number from a least value to 2,147,483,647.
pub(super) fn whole(value: &str, type_name: &str, least: i64) -> Verdict {
    if value.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'-') {
        return Err(
            format!("is not of type {type_name}; write a whole number without point or exponent").into()
        );
    }
    match value.parse::<i64>() {
        Ok(number) if (least..=i64::from(i32::MAX)).contains(&number) && value != "-0" => Ok(()),
        _ => Err(format!("is not of type {type_name}; it must lie between {least} and {}", i32::MAX).into()),
    }
}
