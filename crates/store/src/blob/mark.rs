//! The mark that stands in a document for content kept outside it.
//!
//! A mark is a JSON string of base64's letters, so that whatever looks at the document (validation, index rules,
//! FHIRPath) sees an ordinary value: a prefix, the [`Form`], the length in 16 hexadecimal digits, the hash in 64. A
//! string from outside that begins like a mark must be moved out of the document itself, whatever its length: then
//! every string that begins so is a mark.

use super::BlobHash;

/// How a mark begins.
pub const MARK_PREFIX: &str = "blob+of+chiron/data/";

/// Length of a mark in bytes.
pub const MARK_LENGTH: usize = MARK_PREFIX.len() + FORM_LENGTH + LENGTH_DIGITS + HASH_DIGITS;

const FORM_LENGTH: usize = 4;
const LENGTH_DIGITS: usize = 16;
const HASH_DIGITS: usize = 64;

/// What of a string is kept as content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The bytes that it encodes in base64; encoded again they make the same string.
    Bytes,
    /// What stands between its quotes in the JSON.
    Text,
}

const FORMS: [(Form, &str); 2] = [(Form::Bytes, "byte"), (Form::Text, "text")];

/// A mark: content by name, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What is kept.
    pub form: Form,
    /// Length of what is kept, in bytes.
    pub length: u64,
    /// The name of what is kept.
    pub hash: BlobHash,
}

impl Mark {
    /// The mark behind its prefix: what [`Mark::parse_rest`] reads.
    pub fn rest(&self) -> String {
        let form = FORMS.iter().find(|(form, _)| *form == self.form).map_or("", |(_, name)| name);
        format!("{form}{:016x}{}", self.length, self.hash)
    }

    /// Reads a mark behind its prefix; what follows it is not looked at.
    pub fn parse_rest(text: &str) -> Option<Self> {
        let (form, rest) = text.split_at_checked(FORM_LENGTH)?;
        let (length, rest) = rest.split_at_checked(LENGTH_DIGITS)?;
        let (form, _) = FORMS.iter().find(|(_, name)| *name == form)?;
        let is_number = length.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = u64::from_str_radix(length, 16).ok().filter(|_| is_number)?;
        Some(Self { form: *form, length, hash: BlobHash::parse(rest.get(..HASH_DIGITS)?)? })
    }

    /// Length of the string that the mark stands for, in bytes, without its quotes.
    pub fn string_length(&self) -> u64 {
        match self.form {
            Form::Bytes => self.length.div_ceil(3).saturating_mul(4),
            Form::Text => self.length,
        }
    }
}

/// The marks in a JSON text, each with its place: the byte offset of its prefix.
pub fn marks(text: &str) -> impl Iterator<Item = (usize, Mark)> {
    memchr::memmem::find_iter(text.as_bytes(), MARK_PREFIX).filter_map(move |at| {
        // A quote behind a backslash is a letter of a string, not the beginning of one.
        let is_string = text[..at].ends_with('"') && !text[..at].ends_with("\\\"");
        let mark = Mark::parse_rest(&text[at + MARK_PREFIX.len()..]).filter(|_| is_string)?;
        text[at + MARK_LENGTH..].starts_with('"').then_some((at, mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_and_only_strings_are_marks() {
        let mark = Mark { form: Form::Text, length: 0x1_0000_0001, hash: BlobHash::of(b"x") };
        let text = format!("{MARK_PREFIX}{}", mark.rest());
        assert_eq!((text.len(), text.len() % 4), (MARK_LENGTH, 0));
        let json = format!("{{\"a\":\"{text}\",\"b\":\"\\\"{text}\",\"c\":\" {text}\",\"d\":\"{text}x\"}}");
        assert_eq!(marks(&json).collect::<Vec<_>>(), [(6, mark)]);
        for damaged in
            [text.replace("text", "tests"), text.replace('0', "g"), text[..MARK_LENGTH - 1].to_owned()]
        {
            assert_eq!(marks(&format!("\"{damaged}\"")).count(), 0, "{damaged}");
        }
    }

    #[test]
    fn the_length_of_what_is_encoded_is_known() {
        let lengths = [(0, 0), (1, 4), (2, 4), (3, 4), (4, 8), (1 << 30, 1_431_655_768)];
        for (length, encoded) in lengths {
            let mark = Mark { form: Form::Bytes, length, hash: BlobHash::of(b"") };
            assert_eq!(mark.string_length(), encoded);
        }
    }
}
