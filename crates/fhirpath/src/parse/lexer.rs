//! Text to tokens (FHIRPath 2.0, section "Lexical Elements").

use super::error::ParseError;

/// A token with the byte offset it starts at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub offset: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind<'t> {
    /// A bare word: identifier or keyword.
    Word(&'t str),
    /// An identifier in backticks, escapes resolved.
    Delimited(String),
    /// A string, escapes resolved.
    String(String),
    /// Digits, perhaps with a fraction.
    Number(&'t str),
    /// A date, dateTime or time without its `@`.
    Temporal(&'t str),
    /// `$this`, `$index`, `$total` without the dollar.
    Special(&'t str),
    /// Operators and brackets.
    Symbol(&'static str),
    /// End of the text.
    End,
}

/// Longest first.
const SYMBOLS: &[&str] = &[
    "<=", ">=", "!=", "!~", ".", "[", "]", "(", ")", "{", "}", ",", "+", "-", "*", "/", "&", "|", "<", ">",
    "=", "~", "%",
];

/// All tokens of a text; the last is [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let is_end = token.kind == TokenKind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.at < self.text.len() && accept(self.byte(0)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn token(&mut self) -> Result<Token<'t>, ParseError> {
        self.skip_blanks()?;
        let offset = self.at;
        let kind = match self.byte(0) {
            0 if self.at >= self.text.len() => TokenKind::End,
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => TokenKind::Word(self.word()),
            b'0'..=b'9' => TokenKind::Number(self.number()),
            b'\'' => TokenKind::String(self.quoted(b'\'')?),
            b'`' => TokenKind::Delimited(self.quoted(b'`')?),
            b'@' => TokenKind::Temporal(self.temporal()),
            b'$' => {
                self.at += 1;
                TokenKind::Special(self.word())
            }
            _ => self.symbol()?,
        };
        Ok(Token { kind, offset })
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            self.take_while(|byte| byte.is_ascii_whitespace());
            let start = self.at;
            if self.rest().starts_with("//") {
                self.at = self.rest().find(['\n', '\r']).map_or(self.text.len(), |length| start + length);
            } else if self.rest().starts_with("/*") {
                let Some(length) = self.rest()[2..].find("*/") else {
                    return Err(ParseError::new(start, "the comment is not closed; end it with */"));
                };
                self.at = start + length + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn word(&mut self) -> &'t str {
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// A point belongs to the number only when a digit follows: `1.toString()` calls a function.
    fn number(&mut self) -> &'t str {
        let start = self.at;
        self.take_while(|byte| byte.is_ascii_digit());
        self.fraction();
        &self.text[start..self.at]
    }

    fn fraction(&mut self) {
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit());
        }
    }

    fn temporal(&mut self) -> &'t str {
        self.at += 1;
        let start = self.at;
        self.take_while(|byte| byte.is_ascii_digit() || byte == b'-');
        if self.byte(0) == b'T' {
            let is_time = self.at == start;
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit() || byte == b':');
            self.fraction();
            if !is_time {
                self.zone();
            }
        }
        &self.text[start..self.at]
    }

    fn zone(&mut self) {
        let has_offset = matches!(self.byte(0), b'+' | b'-')
            && self.byte(1).is_ascii_digit()
            && self.byte(2).is_ascii_digit()
            && self.byte(3) == b':';
        if self.byte(0) == b'Z' {
            self.at += 1;
        } else if has_offset {
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit() || byte == b':');
        }
    }

    /// A string or delimited identifier with its escapes resolved.
    fn quoted(&mut self, quote: u8) -> Result<String, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let stop = self.rest().bytes().position(|byte| byte == quote || byte == b'\\');
            let Some(length) = stop else {
                return Err(ParseError::new(start, "the quote is not closed"));
            };
            value.push_str(&self.rest()[..length]);
            self.at += length;
            if self.byte(0) == quote {
                self.at += 1;
                return Ok(value);
            }
            value.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let offset = self.at;
        let escaped = self.byte(1);
        self.at += 2;
        Ok(match escaped {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'f' => '\u{c}',
            b'\'' | b'"' | b'`' | b'\\' | b'/' => char::from(escaped),
            b'u' => self.unicode_escape(offset)?,
            _ => return Err(ParseError::new(offset, "no such escape; write \\\\ for a backslash")),
        })
    }

    fn unicode_escape(&mut self, offset: usize) -> Result<char, ParseError> {
        let bad = || ParseError::new(offset, "\\u needs four hexadecimal digits of a character");
        let unit = self.hexadecimal().ok_or_else(bad)?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).ok_or_else(bad);
        }
        // The first half of a surrogate pair: the second must follow.
        if !self.rest().starts_with("\\u") {
            return Err(bad());
        }
        self.at += 2;
        let low = self.hexadecimal().filter(|low| (0xdc00..0xe000).contains(low)).ok_or_else(bad)?;
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or_else(bad)
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn symbol(&mut self) -> Result<TokenKind<'t>, ParseError> {
        let found = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol));
        let Some(symbol) = found else {
            let character = self.rest().chars().next().unwrap_or_default();
            return Err(ParseError::new(self.at, format!("{character:?} has no meaning in FHIRPath")));
        };
        self.at += symbol.len();
        Ok(TokenKind::Symbol(symbol))
    }
}
