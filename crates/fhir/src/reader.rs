//! The JSON reader: bytes to tape, in one pass, strict (RFC 8259) and with limits.

use crate::document::{Document, Entry, Kind};
use crate::parse_error::{Failure, ParseError, Problem};
use std::collections::HashSet;
use std::sync::Arc;

/// What a reader accepts at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Size of the input in bytes.
    pub bytes: usize,
    /// Nesting of objects and arrays.
    pub depth: usize,
}

impl Limits {
    /// The most that any limits allow, for parts of what was read already: the tape holds 32-bit offsets, and each
    /// level of nesting takes a little of the stack.
    pub const UNBOUNDED: Self = Self { bytes: u32::MAX as usize - 16, depth: 256 };

    /// These limits, or the greatest possible where they are greater.
    fn possible(self) -> Self {
        Self { bytes: self.bytes.min(Self::UNBOUNDED.bytes), depth: self.depth.min(Self::UNBOUNDED.depth) }
    }
}

impl Default for Limits {
    /// 64 MiB, 64 levels.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 64 }
    }
}

/// Reads a whole JSON text.
pub(crate) fn read(bytes: Vec<u8>, limits: Limits) -> Result<Document, ParseError> {
    check_size(&bytes, limits.possible())?;
    let text =
        String::from_utf8(bytes).map_err(|failure| not_utf8(failure.as_bytes(), failure.utf8_error()))?;
    read_text(text.into(), limits)
}

/// Reads a text that is known to be UTF-8.
pub(crate) fn read_text(text: Arc<str>, limits: Limits) -> Result<Document, ParseError> {
    let limits = limits.possible();
    check_size(text.as_bytes(), limits)?;
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
        tape: Vec::with_capacity(text.len() / 16 + 4),
        names: Vec::new(),
        limits,
    };
    match reader.document() {
        Ok(()) => {
            let tape = reader.tape.into_boxed_slice();
            Ok(Document { text, tape })
        }
        Err(failure) => {
            let (line, column) = line_column(&text, failure.at);
            let path = failure.path(root_type(&text).unwrap_or_default());
            Err(ParseError { problem: failure.problem, line, column, path })
        }
    }
}

/// The bytes as text, when they are UTF-8 and not too many.
pub(crate) fn utf8(bytes: &[u8], limits: Limits) -> Result<&str, ParseError> {
    check_size(bytes, limits.possible())?;
    std::str::from_utf8(bytes).map_err(|failure| not_utf8(bytes, failure))
}

fn check_size(bytes: &[u8], limits: Limits) -> Result<(), ParseError> {
    if bytes.len() <= limits.bytes {
        return Ok(());
    }
    let problem = Problem::TooLarge { bytes: bytes.len(), limit: limits.bytes };
    Err(ParseError { problem, line: 1, column: 1, path: String::new() })
}

fn not_utf8(bytes: &[u8], failure: std::str::Utf8Error) -> ParseError {
    let start = std::str::from_utf8(&bytes[..failure.valid_up_to()]).unwrap_or_default();
    let (line, column) = line_column(start, start.len());
    ParseError { problem: Problem::NotUtf8, line, column, path: String::new() }
}

/// True for a text in JSON's grammar of numbers.
pub(crate) fn is_number(text: &str) -> bool {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
        tape: Vec::new(),
        names: Vec::new(),
        limits: Limits::default(),
    };
    !text.is_empty() && reader.number().is_ok() && reader.at == text.len()
}

/// 1-based line and column (in characters) of a byte offset.
pub(crate) fn line_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The resource type as far as a broken text shows it: for messages only.
fn root_type(text: &str) -> Option<String> {
    let rest = &text[text.find("\"resourceType\"")? + 14..];
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let name = &rest[..rest.find('"')?];
    (name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| name.to_owned())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    tape: Vec<Entry>,
    /// Places on the tape of the names of all objects that are open, innermost last.
    names: Vec<usize>,
    limits: Limits,
}

type Step = Result<(), Failure>;

impl Reader<'_> {
    fn document(&mut self) -> Step {
        self.space();
        self.value(0)?;
        self.space();
        if self.at < self.bytes.len() { self.fail(Problem::TrailingData) } else { Ok(()) }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn fail<T>(&self, problem: Problem) -> Result<T, Failure> {
        Err(Failure::new(problem, self.at))
    }

    fn unexpected<T>(&self, expected: &'static str) -> Result<T, Failure> {
        let rest = std::str::from_utf8(&self.bytes[self.at.min(self.bytes.len())..]).unwrap_or_default();
        match rest.chars().next() {
            Some(found) => self.fail(Problem::Unexpected { found, expected }),
            None => self.fail(Problem::UnexpectedEnd),
        }
    }

    #[allow(clippy::cast_possible_truncation)] // `read` refuses inputs beyond 32-bit offsets
    fn push(&mut self, kind: Kind, start: usize, end: usize, escaped: bool) -> usize {
        let index = self.tape.len();
        self.tape.push(Entry { start: start as u32, end: end as u32, next: index as u32 + 1, kind, escaped });
        index
    }

    #[allow(clippy::cast_possible_truncation)]
    fn close(&mut self, index: usize) {
        self.tape[index].end = self.at as u32;
        self.tape[index].next = self.tape.len() as u32;
    }

    fn value(&mut self, depth: usize) -> Step {
        match self.bytes.get(self.at) {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.word("true", Kind::Bool),
            Some(b'f') => self.word("false", Kind::Bool),
            Some(b'n') => self.word("null", Kind::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.unexpected("a JSON value"),
        }
    }

    fn enter(&mut self, depth: usize, kind: Kind) -> Result<usize, Failure> {
        if depth > self.limits.depth {
            return self.fail(Problem::TooDeep { limit: self.limits.depth });
        }
        let index = self.push(kind, self.at, self.at, false);
        self.at += 1;
        self.space();
        Ok(index)
    }

    fn object(&mut self, depth: usize) -> Step {
        let index = self.enter(depth, Kind::Object)?;
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            self.close(index);
            return Ok(());
        }
        let first_name = self.names.len();
        let mut hashed = None;
        loop {
            self.member(depth, first_name, &mut hashed)?;
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.unexpected("\",\" or \"}\""),
            }
            self.space();
        }
        self.names.truncate(first_name);
        self.at += 1;
        self.close(index);
        Ok(())
    }

    /// Name, colon, value and the blanks around them.
    fn member(&mut self, depth: usize, first_name: usize, hashed: &mut Option<HashSet<Vec<u8>>>) -> Step {
        if self.bytes.get(self.at) != Some(&b'"') {
            return self.unexpected("a member name in quotes");
        }
        let quote = self.at;
        let key = self.string()?;
        if self.stood_before(key, first_name, hashed) {
            return Err(Failure::new(Problem::DuplicateKey(self.name(key)), quote));
        }
        self.space();
        if self.bytes.get(self.at) != Some(&b':') {
            return self.unexpected("\":\"");
        }
        self.at += 1;
        self.space();
        self.value(depth).map_err(|failure| failure.within(&self.name(key)))?;
        self.space();
        Ok(())
    }

    fn name(&self, key: usize) -> String {
        String::from_utf8_lossy(self.raw(key)).into_owned()
    }

    /// Notes a name; true when it was there before in its object. Names are compared after decoding. The names of a
    /// long object are hashed, so that its reading time stays in proportion.
    fn stood_before(&mut self, key: usize, first_name: usize, hashed: &mut Option<HashSet<Vec<u8>>>) -> bool {
        const LONG: usize = 24;
        if let Some(names) = hashed {
            return !names.insert(self.decoded(key));
        }
        let raw = self.raw(key);
        let same = |&other: &usize| {
            if self.tape[key].escaped || self.tape[other].escaped {
                self.decoded(key) == self.decoded(other)
            } else {
                self.raw(other) == raw
            }
        };
        let found = self.names[first_name..].iter().any(same);
        self.names.push(key);
        if self.names.len() - first_name > LONG {
            *hashed = Some(self.names[first_name..].iter().map(|&name| self.decoded(name)).collect());
        }
        found
    }

    fn raw(&self, key: usize) -> &[u8] {
        let entry = self.tape[key];
        &self.bytes[entry.start as usize..entry.end as usize]
    }

    fn decoded(&self, key: usize) -> Vec<u8> {
        match std::str::from_utf8(self.raw(key)) {
            Ok(text) if self.tape[key].escaped => unescape(text).into_bytes(),
            _ => self.raw(key).to_vec(),
        }
    }

    fn array(&mut self, depth: usize) -> Step {
        let index = self.enter(depth, Kind::Array)?;
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            self.close(index);
            return Ok(());
        }
        for item in 0.. {
            self.value(depth).map_err(|failure| failure.within_item(item))?;
            self.space();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.unexpected("\",\" or \"]\""),
            }
            self.space();
        }
        self.at += 1;
        self.close(index);
        Ok(())
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Step {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.unexpected("a JSON value");
        }
        self.push(kind, self.at, self.at + word.len(), false);
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Step {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let leading_zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return self.fail(Problem::BadNumber);
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.fail(Problem::BadNumber);
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fail(Problem::BadNumber);
            }
        }
        self.push(Kind::Number, start, self.at, false);
        Ok(())
    }

    /// Reads a string or name; gives its place on the tape.
    fn string(&mut self) -> Result<usize, Failure> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.plain_characters();
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return self.fail(Problem::ControlCharacter),
                Some(_) => self.at += 1,
                None => return self.fail(Problem::UnexpectedEnd),
            }
        }
        let index = self.push(Kind::String, start, self.at, escaped);
        self.at += 1;
        Ok(index)
    }

    /// Goes on, eight bytes at a time, to the next quote, backslash or control character, or near the end.
    fn plain_characters(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        // The lowest marked byte is one that is zero (or below the limit); marks above it may be false.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
        while let Some(bytes) = self.bytes[self.at..].first_chunk::<8>() {
            let word = u64::from_le_bytes(*bytes);
            let quotes = zero(word ^ (ONES * u64::from(b'"')));
            let backslashes = zero(word ^ (ONES * u64::from(b'\\')));
            let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
            let found = quotes | backslashes | controls;
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Step {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => match self.unit(self.at) {
                Some(0xD800..=0xDBFF) => match self.unit(self.at + 6) {
                    Some(0xDC00..=0xDFFF) => self.at += 12,
                    _ => return self.fail(Problem::BadEscape),
                },
                Some(0xDC00..=0xDFFF) | None => return self.fail(Problem::BadEscape),
                Some(_) => self.at += 6,
            },
            Some(_) => return self.fail(Problem::BadEscape),
            None => return self.fail(Problem::UnexpectedEnd),
        }
        Ok(())
    }

    /// The UTF-16 unit of a `\uXXXX` at an offset.
    fn unit(&self, at: usize) -> Option<u16> {
        let escape = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        if !escape.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()
    }
}

/// Decodes the escapes of a string that the reader accepted.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(backslash) = rest.find('\\') {
        text.push_str(&rest[..backslash]);
        let code = rest.as_bytes()[backslash + 1];
        let mut length = 2;
        text.push(match code {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = |at: usize| u32::from_str_radix(&rest[at + 2..at + 6], 16).unwrap_or(0xFFFD);
                let high = unit(backslash);
                length = 6;
                if (0xD800..0xDC00).contains(&high) {
                    length = 12;
                    let low = unit(backslash + 6);
                    char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF))
                } else {
                    char::from_u32(high)
                }
                .unwrap_or('\u{FFFD}')
            }
            other => char::from(other),
        });
        rest = &rest[backslash + length..];
    }
    text.push_str(rest);
    text
}
