//! uri, url, canonical, oid and uuid.

use std::borrow::Cow;

type Verdict = Result<(), Cow<'static, str>>;

/// A URI, absolute or relative: no white space; `urn:oid:` and `urn:uuid:` in their own forms.
pub(super) fn uri(value: &str) -> Verdict {
    if value.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err("is not a URI; remove the white space or write it as %20".into());
    }
    // A version behind a bar is a canonical's, but expansions name them in elements of type uri.
    let value = value.split_once('|').map_or(value, |(address, _)| address);
    if value.starts_with("urn:oid:") {
        return oid(value);
    }
    match value.strip_prefix("urn:uuid:") {
        Some(digits) if !is_uuid(digits, u8::is_ascii_hexdigit) => uuid(value),
        _ => Ok(()),
    }
}

/// A URL.
pub(super) fn url(value: &str) -> Verdict {
    uri(value)
}

/// A URI with an optional `|version`.
pub(super) fn canonical(value: &str) -> Verdict {
    if value.starts_with('|') {
        return Err("is not a canonical; write the URL before the version".into());
    }
    uri(value)
}

/// `urn:oid:` and numbers separated by points.
pub(super) fn oid(value: &str) -> Verdict {
    let mut arcs = value.strip_prefix("urn:oid:").unwrap_or("").split('.');
    let first_fits = matches!(arcs.next(), Some("0" | "1" | "2"));
    let mut count = 0;
    let rest_fits = arcs.all(|arc| {
        count += 1;
        let is_number = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
        is_number && (arc == "0" || !arc.starts_with('0'))
    });
    if first_fits && rest_fits && count > 0 {
        return Ok(());
    }
    Err("is not an OID; write urn:oid: and numbers joined by points, such as urn:oid:2.16.840.1".into())
}

/// `urn:uuid:` and a UUID in lower case.
pub(super) fn uuid(value: &str) -> Verdict {
    let is_lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if value.strip_prefix("urn:uuid:").is_some_and(|digits| is_uuid(digits, is_lower)) {
        return Ok(());
    }
    Err("is not a UUID; write urn:uuid: and 32 hexadecimal digits in lower case as 8-4-4-4-12".into())
}

fn is_uuid(digits: &str, is_digit: impl Fn(&u8) -> bool) -> bool {
    digits.len() == 36
        && digits.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => is_digit(&byte),
        })
}
