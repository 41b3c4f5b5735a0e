//! Finding groups of words at a place of the line.

use super::token::{Kind, Token};

/// How many tokens a group of words takes at the start of `tokens`; `None` when something else stands there.
pub fn matches(tokens: &[Token<'_>], phrase: &str) -> Option<usize> {
    let mut index = 0;
    for word in phrase.split(' ') {
        let token = tokens.get(index)?;
        if token.kind == Kind::Sign || !token.word.eq_ignore_ascii_case(word) {
            return None;
        }
        index += 1;
    }
    Some(index)
}

/// What the longest group of words stands for that is at the start of `tokens`, and how many tokens it takes.
pub fn longest<T>(
    tokens: &[Token<'_>],
    words: impl Iterator<Item = (&'static str, T)>,
) -> Option<(T, usize)> {
    words
        .filter_map(|(phrase, meaning)| matches(tokens, phrase).map(|length| (meaning, length)))
        .max_by_key(|(_, length)| *length)
}
