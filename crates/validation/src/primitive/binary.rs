//! base64Binary.

use std::borrow::Cow;

/// Base64 in groups of four, white space between them allowed.
pub(super) fn base64(value: &str) -> Result<(), Cow<'static, str>> {
    let (mut letters, mut padding) = (0usize, 0usize);
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => letters += 1,
            b'=' => padding += 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'-' | b'_' => {
                return Err("is not base64; write + and / in place of - and _".into());
            }
            _ => return Err("is not base64; encode the bytes with the letters A-Z a-z 0-9 + / and =".into()),
        }
    }
    match padding {
        _ if letters == 0 => Err("is not base64; leave the element out when there is no content".into()),
        0..=2 if (letters + padding).is_multiple_of(4) => Ok(()),
        _ => Err("is not base64; its length must be a multiple of 4, padded with = at the end".into()),
    }
}
