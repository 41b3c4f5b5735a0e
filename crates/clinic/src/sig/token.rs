//! A line cut into numbers, words and signs, each with its place.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Digits, perhaps with commas of thousands and a decimal point.
    Number,
    /// Letters, with dots, hyphens and apostrophes between them.
    Word,
    /// Any other character.
    Sign,
}

/// A piece of the line.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    /// As it was typed.
    pub text: &'a str,
    /// In small letters, without the dots of abbreviations.
    pub word: String,
    /// Its first character, counted from 1.
    pub position: usize,
    /// Whether a blank stands before it.
    pub is_apart: bool,
}

/// The tokens of a line.
pub fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut position, mut is_apart) = (line, 1, true);
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() { first.len_utf8() } else { length(rest, first) };
        let (text, behind) = rest.split_at(length);
        if !first.is_whitespace() {
            let kind = kind(text, first);
            tokens.push(Token { kind, text, word: word(text), position, is_apart });
        }
        is_apart = first.is_whitespace();
        position += text.chars().count();
        rest = behind;
    }
    tokens
}

fn kind(text: &str, first: char) -> Kind {
    match first {
        '0'..='9' => Kind::Number,
        '.' if text.len() > 1 => Kind::Number,
        _ if first.is_alphabetic() => Kind::Word,
        _ => Kind::Sign,
    }
}

/// In small letters, without the dots of abbreviations.
pub fn word(text: &str) -> String {
    text.chars().filter(|letter| *letter != '.').flat_map(char::to_lowercase).collect()
}

/// How many bytes the token has that begins with this character.
fn length(rest: &str, first: char) -> usize {
    let digit_behind = |index: usize| rest.as_bytes().get(index).is_some_and(u8::is_ascii_digit);
    if first.is_ascii_digit() || (first == '.' && digit_behind(1)) {
        return number_length(rest);
    }
    if first.is_alphabetic() { word_length(rest) } else { first.len_utf8() }
}

/// Digits, with commas where three digits follow, and one point where a digit follows.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let digits = |from: usize| (from..).take_while(|index| is_digit(*index)).count();
    let mut end = digits(0);
    while bytes.get(end) == Some(&b',') && end > 0 && digits(end + 1) == 3 {
        end += 4;
    }
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        end += 1 + digits(end + 1);
    }
    end
}

/// Letters, and a dot, hyphen or apostrophe where a letter follows; the dot behind an abbreviation with dots.
fn word_length(rest: &str) -> usize {
    let mut end = 0;
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        let joins = ".-'\u{2019}".contains(letter) && letters.peek().is_some_and(|next| next.is_alphabetic());
        if !letter.is_alphabetic() && !joins {
            break;
        }
        end += letter.len_utf8();
    }
    let is_abbreviation = rest[..end].contains('.') && rest[end..].starts_with('.');
    if is_abbreviation { end + 1 } else { end }
}
