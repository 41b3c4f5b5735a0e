//! The JSON reader: bytes to tape, in one pass, strict (RFC 8259) and with limits.

use crate::document::{Document, Entry, Kind};
use crate::parse_error::{Failure, ParseError, Problem, Segment};

/// What a reader accepts at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Size of the input in bytes.
    pub bytes: usize,
    /// Nesting of objects and arrays.
    pub depth: usize,
}

impl Limits {
    /// For parts of what was read already. The tape holds 32-bit offsets, so 4 GB stays the ceiling.
    pub const UNBOUNDED: Self = Self { bytes: u32::MAX as usize - 16, depth: 64 };
}

impl Default for Limits {
    /// 64 MiB, 64 levels.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 64 }
    }
}

/// Reads a whole JSON text.
pub(crate) fn read(bytes: Vec<u8>, limits: Limits) -> Result<Document, ParseError> {
    utf8(&bytes, limits)?;
    // Checked a line above; checking twice costs little beside reading.
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut reader =
        Reader { bytes: text.as_bytes(), at: 0, tape: Vec::with_capacity(text.len() / 16 + 4), limits };
    match reader.document() {
        Ok(()) => {
            let tape = reader.tape.into_boxed_slice();
            Ok(Document { text: text.into_boxed_str(), tape })
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
    let error = |problem, line, column| ParseError { problem, line, column, path: String::new() };
    if bytes.len() > limits.bytes {
        return Err(error(Problem::TooLarge { bytes: bytes.len(), limit: limits.bytes }, 1, 1));
    }
    std::str::from_utf8(bytes).map_err(|failure| {
        let start = std::str::from_utf8(&bytes[..failure.valid_up_to()]).unwrap_or_default();
        let (line, column) = line_column(start, start.len());
        error(Problem::NotUtf8, line, column)
    })
}

/// True for a text in JSON's grammar of numbers.
pub(crate) fn is_number(text: &str) -> bool {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0, tape: Vec::new(), limits: Limits::default() };
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
        Err(Failure { problem, at: self.at, path: Vec::new() })
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
        let mut names = Names::default();
        loop {
            if self.bytes.get(self.at) != Some(&b'"') {
                return self.unexpected("a member name in quotes");
            }
            let quote = self.at;
            let key = self.string()?;
            let name = self.name(key);
            if names.seen(&self.tape, self.bytes, key) {
                return Err(Failure { problem: Problem::DuplicateKey(name), at: quote, path: Vec::new() });
            }
            self.space();
            if self.bytes.get(self.at) != Some(&b':') {
                return self.unexpected("\":\"");
            }
            self.at += 1;
            self.space();
            if let Err(mut failure) = self.value(depth) {
                failure.path.push(Segment::Member(name));
                return Err(failure);
            }
            self.space();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.unexpected("\",\" or \"}\""),
            }
            self.space();
        }
        self.at += 1;
        self.close(index);
        Ok(())
    }

    fn name(&self, key: usize) -> String {
        let entry = self.tape[key];
        String::from_utf8_lossy(&self.bytes[entry.start as usize..entry.end as usize]).into_owned()
    }

    fn array(&mut self, depth: usize) -> Step {
        let index = self.enter(depth, Kind::Array)?;
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            self.close(index);
            return Ok(());
        }
        for item in 0.. {
            if let Err(mut failure) = self.value(depth) {
                failure.path.push(Segment::Item(item));
                return Err(failure);
            }
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

/// The member names of one object: a short list scanned, a long one hashed.
#[derive(Default)]
struct Names {
    list: Vec<usize>,
    set: Option<std::collections::HashSet<Vec<u8>>>,
}

impl Names {
    const LONG: usize = 24;

    /// Notes a name; true when it was there before. Names are compared after decoding.
    fn seen(&mut self, tape: &[Entry], bytes: &[u8], key: usize) -> bool {
        let decoded = |index: usize| -> Vec<u8> {
            let entry = tape[index];
            let raw = &bytes[entry.start as usize..entry.end as usize];
            match std::str::from_utf8(raw) {
                Ok(text) if entry.escaped => unescape(text).into_bytes(),
                _ => raw.to_vec(),
            }
        };
        if let Some(set) = &mut self.set {
            return !set.insert(decoded(key));
        }
        let raw = |index: usize| &bytes[tape[index].start as usize..tape[index].end as usize];
        let found = self.list.iter().any(|&other| {
            if tape[key].escaped || tape[other].escaped {
                decoded(key) == decoded(other)
            } else {
                raw(key) == raw(other)
            }
        });
        self.list.push(key);
        if self.list.len() > Self::LONG {
            self.set = Some(self.list.iter().map(|&index| decoded(index)).collect());
        }
        found
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
