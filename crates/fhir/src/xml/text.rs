//! Characters: which ones XML has, and how they are written in attributes.

use std::borrow::Cow;

/// The byte offset of the first character that XML 1.0 cannot hold, not even as a reference.
pub(super) fn forbidden_character(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().position(|(at, &byte)| match byte {
        0..=0x1f => !matches!(byte, b'\t' | b'\n' | b'\r'),
        // U+FFFE and U+FFFF
        0xEF => matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
        _ => false,
    })
}

/// True for what can be a name of an element or attribute, with at most one prefix. Characters beyond ASCII are taken
/// as letters.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') || !c.is_ascii())
    };
    match text.split_once(':') {
        Some((prefix, local)) => is_part(prefix) && is_part(local),
        None => is_part(text),
    }
}

/// True when behind every quoted value in a tag there is a blank, a slash or nothing.
pub(super) fn stand_apart(attributes: &[u8]) -> bool {
    let mut rest = attributes;
    while let Some(open) = rest.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        let (quote, behind) = (rest[open], &rest[open + 1..]);
        let Some(close) = behind.iter().position(|byte| *byte == quote) else { return false };
        rest = &behind[close + 1..];
        if !matches!(rest.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'/')) {
            return false;
        }
    }
    true
}

/// Writes a text as it stands in an attribute between double quotes. Line ends and tabs are written as references:
/// raw ones are read as blanks.
pub(super) fn write_attribute(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\n', '\r', '\t']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\n' => "&#10;",
            b'\r' => "&#13;",
            _ => "&#9;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The value of an attribute from its source: references resolved, raw line ends and tabs as blanks (XML 1.0 §3.3.3).
/// The error says what is wrong with it.
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, String> {
    if !raw.contains(['&', '<', '\n', '\r', '\t']) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\n', '\r', '\t']) {
        value.push_str(&rest[..at]);
        let mut length = 1;
        match rest.as_bytes()[at] {
            b'&' => {
                let end =
                    rest[at..].find(';').ok_or("a reference lacks its \";\"; write \"&amp;\" for \"&\"")?;
                value.push(resolve(&rest[at + 1..at + end])?);
                length = end + 1;
            }
            b'<' => return Err("\"<\" stands raw in an attribute; write \"&lt;\"".to_owned()),
            // A carriage return and the line feed behind it are one line end.
            b'\r' if rest.as_bytes().get(at + 1) == Some(&b'\n') => {
                value.push(' ');
                length = 2;
            }
            _ => value.push(' '),
        }
        rest = &rest[at + length..];
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// The character of a reference, without its `&` and `;`.
pub(super) fn resolve(reference: &str) -> Result<char, String> {
    let named = match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    if let Some(character) = named {
        return Ok(character);
    }
    let Some(number) = reference.strip_prefix('#') else {
        let name: String = reference.chars().take(32).collect();
        return Err(format!("the entity \"{name}\" is not known here; write the character itself"));
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let character = Some(digits).filter(|_| plain).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    character
        .and_then(char::from_u32)
        .filter(|character| forbidden_character(character.encode_utf8(&mut [0; 4])).is_none())
        .ok_or_else(|| "a character reference names no character of XML".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attribute_values() {
        assert_eq!(attribute_value("a&amp;b&#x41;&#66;\r\nc\td").unwrap(), "a&bAB c d");
        for bad in [
            "&",
            "&amp",
            "&nbsp;",
            "&#0;",
            "&#xD800;",
            "&#x110000;",
            "&#+65;",
            "&#;",
            "&#x;",
            "&;",
            "<",
            "&#8;",
        ] {
            assert!(attribute_value(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_is_what_was_read(text in "[\\PC\\n\\r\\t]*") {
            prop_assume!(forbidden_character(&text).is_none());
            let mut written = String::new();
            write_attribute(&mut written, &text);
            prop_assert_eq!(attribute_value(&written).unwrap(), text.as_str());
        }

        #[test]
        fn never_panics(text in "[&#x;a-z0-9<\\n\\PC]*") {
            let _ = attribute_value(&text);
        }
    }
}
