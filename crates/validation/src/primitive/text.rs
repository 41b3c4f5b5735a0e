//! string, markdown, code and id.

use std::borrow::Cow;

type Verdict = Result<(), Cow<'static, str>>;

/// FHIR: strings shall not exceed 1 MB.
const BYTES_MAX: usize = 1 << 20;

/// Any text without control characters other than tab, carriage return and line feed.
pub(super) fn string(value: &str) -> Verdict {
    if value.len() > BYTES_MAX {
        return Err(format!(
            "has {} bytes; a text may have {BYTES_MAX}, send more as an attachment",
            value.len()
        )
        .into());
    }
    match value.bytes().position(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n')) {
        None => Ok(()),
        Some(at) => Err(format!(
            "has the control character U+{:04X}; only tab, carriage return and line feed may stand in a text",
            value.as_bytes()[at]
        )
        .into()),
    }
}

/// A text without white space around it and with single white space inside.
pub(super) fn code(value: &str) -> Verdict {
    let mut before = b' ';
    for byte in value.bytes() {
        let is_space = byte <= b' ';
        if is_space && before <= b' ' {
            return Err("is not a code; remove the spaces around it and double spaces inside".into());
        }
        before = byte;
    }
    if before <= b' ' {
        return Err("is not a code; remove the spaces around it and double spaces inside".into());
    }
    string(value)
}

/// 1 to 64 letters, digits, hyphens and points.
pub(super) fn id(value: &str) -> Verdict {
    if value.len() > 64 {
        return Err(format!("has {} characters; an id has at most 64", value.len()).into());
    }
    match value.chars().find(|letter| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '.')) {
        None => Ok(()),
        Some(letter) => Err(format!(
            "is not an id; {letter:?} may not stand in it, only letters, digits, hyphens and points may"
        )
        .into()),
    }
}
