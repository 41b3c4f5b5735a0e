//! The words a user typed, held against the words of a concept.

use std::borrow::Cow;

/// Words to be found, in lower case.
pub(super) struct TextFilter {
    words: Vec<String>,
}

impl TextFilter {
    pub fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// False only when a line of a code-system file cannot hold what is wanted: cheap, for going through a whole
    /// system.
    pub fn may_accept(&self, line: &[u8]) -> bool {
        // Other characters may be written differently in the file, or fold in other ways.
        let plain = self.words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        plain.into_iter().all(|word| holds(line, word.as_bytes()))
    }

    /// True when every word begins a word of one of the texts, or the code.
    pub fn accepts<'t>(&self, code: &str, texts: impl Iterator<Item = Cow<'t, str>> + Clone) -> bool {
        self.words.iter().all(|word| {
            starts_with(code, word) || texts.clone().any(|text| any_word_starts_with(&text, word))
        })
    }
}

/// Whether `line` holds `word`, which is ASCII in lower case, in any case.
fn holds(line: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return true };
    let upper = first.to_ascii_uppercase();
    let starts = line.iter().enumerate().filter(|(_, byte)| *byte == first || **byte == upper);
    starts
        .into_iter()
        .any(|(at, _)| line.get(at + 1..=at + rest.len()).is_some_and(|part| part.eq_ignore_ascii_case(rest)))
}

fn any_word_starts_with(text: &str, word: &str) -> bool {
    let mut is_inside = false;
    for (at, character) in text.char_indices() {
        let is_letter = character.is_alphanumeric();
        if !(is_letter && is_inside) && starts_with(&text[at..], word) {
            return true;
        }
        is_inside = is_letter;
    }
    false
}

/// Compares by characters in lower case; `prefix` is in lower case.
fn starts_with(text: &str, prefix: &str) -> bool {
    let mut folded = text.chars().flat_map(char::to_lowercase);
    prefix.chars().all(|wanted| folded.next() == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheap_test_refuses_nothing_that_is_wanted() {
        let may = |filter: &str, line: &str| TextFilter::new(filter).may_accept(line.as_bytes());
        assert!(may("DIAB e11", "E11.9\tType 2 Diabetes"));
        assert!(may("a|b", "x\ta\\pb"));
        assert!(may("", "x"));
        assert!(may("s", "DiabeteS"));
        assert!(!may("diab ins", "E11.9\tType 2 Diabetes"));
        assert!(!may("diabetess", "diabetes"));
    }

    #[test]
    fn words_begin_words() {
        let accepts = |filter: &str, code: &str, text: &str| {
            TextFilter::new(filter).accepts(code, std::iter::once(Cow::Borrowed(text)))
        };
        assert!(accepts("diab mel", "E11", "Type 2 diabetes mellitus"));
        assert!(accepts("DIAB", "E11", "Diabetes"));
        assert!(accepts("e11.", "E11.9", "Diabetes"));
        assert!(accepts("", "E11.9", "Diabetes"));
        assert!(accepts("split", "1", "Influenza (split virus)"));
        assert!(!accepts("betes", "E11", "Diabetes"));
        assert!(!accepts("diab ins", "E11", "Diabetes"));
    }
}
