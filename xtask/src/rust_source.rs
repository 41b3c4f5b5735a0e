//! Rust text with comments and literals blanked, and the few shapes that rules look for in it.
//!
//! This is a scanner for code that `rustfmt` accepted, not a parser: it knows enough to keep a word in a
//! string or a comment apart from a word in code, and to match braces.

use std::ops::Range;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub first_line: usize,
    pub last_line: usize,
}

/// `text` with the content of comments, strings and characters replaced by spaces.
///
/// Length and line breaks stay, so an offset means the same place in both.
pub fn blank_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_comment_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment_end(bytes, at),
            b'"' => string_end(bytes, at),
            b'\'' => character_end(text, at),
            byte if is_word_byte(byte) => {
                at = word_end(bytes, at);
                match raw_string_end(bytes, at) {
                    Some(end) => end,
                    None => continue,
                }
            }
            _ => at + 1,
        };
        if end > at + 1 {
            blank(&mut code[at..end]);
        }
        at = end;
    }
    String::from_utf8(code).expect("whole characters are blanked, so what is left is UTF-8")
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

fn line_comment_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| start + length)
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a character literal, or one past the quote when it is a lifetime.
fn character_end(text: &str, start: usize) -> usize {
    let rest = &text[start + 1..];
    let mut characters = rest.char_indices();
    match characters.next() {
        Some((_, '\\')) => {
            let close = rest.as_bytes().iter().skip(2).position(|byte| *byte == b'\'');
            close.map_or(start + 1, |length| start + 1 + 2 + length + 1)
        }
        Some(_) => match characters.next() {
            Some((offset, '\'')) => start + 1 + offset + 1,
            _ => start + 1,
        },
        None => start + 1,
    }
}

/// The end of a raw string whose prefix (`r`, `br`, `cr`) ends at `at`, if one begins there.
fn raw_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let word_start = bytes[..at].iter().rposition(|byte| !is_word_byte(*byte)).map_or(0, |before| before + 1);
    if !matches!(&bytes[word_start..at], b"r" | b"br" | b"cr") {
        return None;
    }
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let body = at + hashes + 1;
    let length = bytes[body..].windows(close.len()).position(|window| window == close);
    Some(length.map_or(bytes.len(), |length| body + length + close.len()))
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|byte| !is_word_byte(*byte)).map_or(bytes.len(), |length| start + length)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Every word of `code` (identifier, keyword or number) with its offset.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().position(|byte| is_word_byte(*byte))?;
        let start = at;
        at = word_end(bytes, at);
        Some((start, &code[start..at]))
    })
}

/// The line, counted from 1, that holds byte `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Offsets at which `needle` stands in `code` with no word running into either end of it.
pub fn occurrences<'a>(code: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joined =
        |byte: Option<&u8>, end: char| is_word_byte_char(end) && byte.is_some_and(|b| is_word_byte(*b));
    code.match_indices(needle).map(|(at, _)| at).filter(move |at| {
        let bytes = code.as_bytes();
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let first = needle.chars().next().unwrap_or(' ');
        let last = needle.chars().next_back().unwrap_or(' ');
        !joined(before, first) && !joined(bytes.get(at + needle.len()), last)
    })
}

fn is_word_byte_char(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The functions with a body in blanked `code`, nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let mut previous = (0, "");
    for (offset, word) in words(code) {
        let (keyword_offset, keyword) = std::mem::replace(&mut previous, (offset, word));
        let between = &code[(keyword_offset + keyword.len()).min(offset)..offset];
        if keyword != "fn" || !between.chars().all(char::is_whitespace) {
            continue;
        }
        if let Some(body) = body_after(code, offset + word.len()) {
            found.push(Function {
                name: word.to_owned(),
                first_line: line_of(code, keyword_offset),
                last_line: line_of(code, body.end - 1),
            });
        }
    }
    found
}

/// The braces, and what is between them, that follow `from` before any `;` outside parentheses.
fn body_after(code: &str, from: usize) -> Option<Range<usize>> {
    let bytes = code.as_bytes();
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(at..matching_brace(bytes, at)),
            _ => {}
        }
    }
    None
}

/// One past the brace that closes the one at `open`.
fn matching_brace(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

const TEST_ATTRIBUTE: &str = "#[cfg(test)]";

/// `code` with the items under `#[cfg(test)]` blanked.
pub fn without_tests(code: &str) -> String {
    let mut kept = code.as_bytes().to_vec();
    for (at, _) in code.match_indices(TEST_ATTRIBUTE) {
        let item = at + TEST_ATTRIBUTE.len();
        let end = body_after(code, item).map_or_else(
            || code[item..].find(';').map_or(code.len(), |length| item + length + 1),
            |body| body.end,
        );
        blank(&mut kept[at..end]);
    }
    String::from_utf8(kept).expect("whole items are blanked, so what is left is UTF-8")
}

/// Names of the modules that `code` declares as `#[cfg(test)] mod name;`.
pub fn test_modules(code: &str) -> Vec<&str> {
    code.match_indices(TEST_ATTRIBUTE)
        .filter_map(|(at, _)| {
            let item = code[at + TEST_ATTRIBUTE.len()..].trim_start();
            let name = item.strip_prefix("mod ")?;
            let end = name.find(|c: char| !is_word_byte_char(c))?;
            name[end..].trim_start().starts_with(';').then_some(&name[..end])
        })
        .collect()
}

/// Every path of `code` that begins at the crate `root` (`std`), with the groups of `use` written out.
///
/// `use std::{fs, io::Read};` gives `std::fs` and `std::io::Read`.
pub fn paths_from(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in occurrences(code, root) {
        let from_other_path = code[..at]
            .trim_end()
            .strip_suffix("::")
            .is_some_and(|before| before.ends_with(is_word_byte_char) || before.ends_with('>'));
        if !from_other_path {
            follow_path(code, at + root.len(), root, 0, &mut found);
        }
    }
    found
}

/// How deep groups in a `use` may nest: more than anybody writes.
const MAX_GROUP_DEPTH: usize = 16;

/// Follows `::name` and `::{…}` after `at`; returns where the path ends.
fn follow_path(code: &str, at: usize, path: &str, depth: usize, found: &mut Vec<(usize, String)>) -> usize {
    let Some(rest) = code[at..].strip_prefix("::") else {
        found.push((at, path.to_owned()));
        return at;
    };
    let start = at + 2;
    if rest.starts_with('{') && depth < MAX_GROUP_DEPTH {
        return follow_group(code, start + 1, path, depth, found);
    }
    let end = word_end(code.as_bytes(), start);
    if end == start {
        found.push((at, path.to_owned()));
        return start;
    }
    follow_path(code, end, &format!("{path}::{}", &code[start..end]), depth, found)
}

fn follow_group(
    code: &str,
    mut at: usize,
    path: &str,
    depth: usize,
    found: &mut Vec<(usize, String)>,
) -> usize {
    let bytes = code.as_bytes();
    while at < bytes.len() && bytes[at] != b'}' {
        if is_word_byte(bytes[at]) {
            let end = word_end(bytes, at);
            let member = format!("{path}::{}", &code[at..end]);
            at = follow_path(code, end, &member, depth + 1, found);
        } else {
            at += 1;
        }
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_blanked_and_nothing_moves() {
        let text = "let a = \"fn {\"; // }\nlet b = r#\"\"{\"#; /* /* { */ */ let c = '{'; let d: &'static str = b\"\\\"}\";";
        let code = blank_literals(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.lines().count(), 2);
        assert!(!code.contains(['{', '}', '"']), "{code}");
        assert!(code.contains("&'static str"), "{code}");
    }

    #[test]
    fn quotes_that_are_not_strings_do_not_open_one() {
        let text = "match c { '\"' => 1, '\\'' => 2, b'\"' => 3, 'é' => 4, _ => r#fn }";
        assert_eq!(blank_literals(text).matches("=>").count(), 5);
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let code = "trait T {\n    fn no_body(&self) -> [u8; 4];\n}\nfn outer(\n    f: fn(u8) -> u8,\n) {\n    fn inner() {}\n}\n";
        let found = functions(code);
        let expected = [("outer", 4, 8), ("inner", 7, 7)];
        let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.first_line, f.last_line)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn items_for_tests_are_left_out() {
        let code = "fn kept() {}\n#[cfg(test)]\nmod tests {\n    fn gone() {}\n}\n#[cfg(test)]\nmod oracle;\nfn also() {}\n";
        let kept = without_tests(code);
        assert!(kept.contains("kept") && kept.contains("also"), "{kept}");
        assert!(!kept.contains("gone") && !kept.contains("oracle"), "{kept}");
        assert_eq!(test_modules(code), ["oracle"]);
    }

    #[test]
    fn groups_of_a_use_are_written_out() {
        let code = "use std::{fs, io::{self, Read}};\nlet x = std::env::var(k); let y = other::std::net;";
        let paths: Vec<String> = paths_from(code, "std").into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, ["std::fs", "std::io::self", "std::io::Read", "std::env::var"]);
    }
}
