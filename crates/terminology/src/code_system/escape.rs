//! The escapes of the code-system file: one concept is one line, fields end at a tab.

use std::borrow::Cow;

/// Characters that have a meaning in the file, with the letter that stands for them behind a backslash.
const ESCAPES: [(char, char); 6] =
    [('\\', '\\'), ('\t', 't'), ('\n', 'n'), ('\r', 'r'), ('=', 'e'), ('|', 'p')];

/// Appends text so that it holds no character that has a meaning in a line.
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    push_with(out, text, ESCAPES.len());
}

/// Appends text that stands alone in its field, where `=` and `|` mean nothing.
pub(crate) fn push_field(out: &mut Vec<u8>, text: &str) {
    push_with(out, text, 4);
}

fn push_with(out: &mut Vec<u8>, text: &str, kinds: usize) {
    let mut buffer = [0; 4];
    for character in text.chars() {
        match ESCAPES[..kinds].iter().find(|(plain, _)| *plain == character) {
            Some((_, letter)) => out.extend_from_slice(&[b'\\', *letter as u8]),
            None => out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes()),
        }
    }
}

/// The text behind the escapes. Bytes that are not UTF-8 read as empty text.
pub(crate) fn unescape(bytes: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        let Some(letter) = characters.next() else { break };
        let found = ESCAPES.iter().find(|(_, known)| *known == letter);
        plain.push(found.map_or(letter, |(character, _)| *character));
    }
    Cow::Owned(plain)
}

/// A code as it is sorted in the file: escaped, and in lower case where the system does not tell case apart.
pub(crate) fn key(code: &str, case_sensitive: bool) -> Vec<u8> {
    let mut key = Vec::with_capacity(code.len());
    if case_sensitive {
        push_field(&mut key, code);
    } else {
        push_field(&mut key, &code.to_lowercase());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for text in ["", "plain", "a\tb\nc\\d\r", "x=y|z", "\\t", "é\\", "\\\\|"] {
            let mut bytes = Vec::new();
            push_escaped(&mut bytes, text);
            assert!(!bytes.iter().any(|byte| b"\t\n\r=|".contains(byte)), "{text:?}");
            assert_eq!(unescape(&bytes), text);
            let mut bytes = Vec::new();
            push_field(&mut bytes, text);
            assert!(!bytes.iter().any(|byte| b"\t\n\r".contains(byte)), "{text:?}");
            assert_eq!(unescape(&bytes), text);
        }
    }

    #[test]
    fn broken_escapes_are_read_without_panic() {
        assert_eq!(unescape(b"a\\"), "a");
        assert_eq!(unescape(b"\\q"), "q");
        assert_eq!(unescape(&[0xff, b'\\']), "");
    }
}
