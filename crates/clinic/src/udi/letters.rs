//! The characters of what was given, each with its place, so that errors tell where.

use super::LENGTH_MAX;
use super::error::{Problem, UdiError};

/// GS1's separator of fields, as scanners give it (GS1 General Specifications §7.8.3).
pub const SEPARATOR: char = '\u{1d}';

/// How separators look where a program made them visible.
const VISIBLE_SEPARATORS: [&str; 3] = ["<GS>", "{GS}", "\u{241d}"];

/// ASCII characters with their positions in the text that was given.
#[derive(Clone, Debug)]
pub struct Letters {
    text: String,
    /// For each character, and for the end.
    positions: Vec<usize>,
}

impl Letters {
    /// The text without blanks before it; a blank behind it may be a check character of HIBCC. Every character is ASCII and can be seen, or is a blank or a separator.
    pub fn new(given: &str) -> Result<Self, UdiError> {
        let before = given.chars().take_while(|letter| letter.is_whitespace()).count();
        let mut letters = Self { text: String::new(), positions: Vec::new() };
        let mut rest = given.trim_start();
        let mut position = before + 1;
        while let Some(first) = rest.chars().next() {
            let visible = VISIBLE_SEPARATORS.iter().find(|separator| rest.starts_with(**separator));
            let length = visible.map_or(first.len_utf8(), |separator| separator.len());
            let letter = match (visible, first.is_whitespace()) {
                (Some(_), _) => SEPARATOR,
                (None, true) => ' ',
                (None, false) => first,
            };
            letters.push(letter, position)?;
            position += rest[..length].chars().count();
            rest = &rest[length..];
        }
        letters.positions.push(position);
        Ok(letters)
    }

    fn push(&mut self, letter: char, position: usize) -> Result<(), UdiError> {
        let allowed = letter.is_ascii_graphic() || matches!(letter, ' ' | SEPARATOR);
        let problem = match allowed {
            true if self.text.len() < LENGTH_MAX => None,
            true => Some(Problem::TooLong),
            false => Some(Problem::Character(letter)),
        };
        self.text.push(letter);
        self.positions.push(position);
        problem.map_or(Ok(()), |problem| Err(UdiError { position, problem }))
    }

    /// The same without blanks.
    pub fn without_blanks(&self) -> Self {
        let end = self.positions.last().copied();
        let kept = self.text.chars().zip(&self.positions).filter(|(letter, _)| *letter != ' ');
        let (text, positions): (String, Vec<usize>) = kept.unzip();
        Self { text, positions: positions.into_iter().chain(end).collect() }
    }

    /// The characters from one index until before another.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.text.len());
        let from = from.min(to);
        Self { text: self.text[from..to].to_owned(), positions: self.positions[from..=to].to_vec() }
    }

    /// The same in capitals.
    pub fn in_capitals(mut self) -> Self {
        self.text.make_ascii_uppercase();
        self
    }

    /// The characters, all ASCII: an index into bytes is one into characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// An error at an index.
    pub fn error(&self, index: usize, problem: Problem) -> UdiError {
        let end = self.positions.last().copied().unwrap_or(1);
        UdiError { position: self.positions.get(index).copied().unwrap_or(end), problem }
    }

    /// The first of some characters that is not as it must be.
    pub fn all(
        &self,
        fits: impl Fn(char) -> bool,
        problem: impl Fn(char) -> Problem,
    ) -> Result<(), UdiError> {
        match self.text.char_indices().find(|(_, letter)| !fits(*letter)) {
            Some((index, letter)) => Err(self.error(index, problem(letter))),
            None => Ok(()),
        }
    }

    /// Exactly so many characters from an index.
    pub fn exactly(&self, from: usize, length: usize) -> Result<Self, UdiError> {
        let end = from + length;
        if end > self.text.len() {
            return Err(self.error(self.text.len(), Problem::CutOff { missing: end - self.text.len() }));
        }
        Ok(self.part(from, end))
    }
}
