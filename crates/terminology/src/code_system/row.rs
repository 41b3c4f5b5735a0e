//! One line of a code-system file, read in place.

use super::concept::Designation;
use super::escape::unescape;
use std::borrow::Cow;

/// A concept in place: a line `key TAB display TAB field…`, where the first character of a field names its kind.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    line: &'a [u8],
}

/// The kinds of field, by their first character.
pub(crate) mod field {
    /// The code as written, where that differs from the key.
    pub const CODE: u8 = b'~';
    /// Position in the definition.
    pub const ORDINAL: u8 = b'#';
    /// Flags, see [`super::flag`].
    pub const FLAG: u8 = b'!';
    /// Key of a concept directly above.
    pub const PARENT: u8 = b'^';
    /// Definition.
    pub const DEFINITION: u8 = b'"';
    /// `name=value`
    pub const PROPERTY: u8 = b':';
    /// `language|use system|use code|use display|text`
    pub const DESIGNATION: u8 = b'@';
}

/// What a flag field may say.
pub(crate) mod flag {
    /// Out of use.
    pub const INACTIVE: u8 = b'i';
    /// Not for selection.
    pub const NOT_SELECTABLE: u8 = b'a';
}

impl<'a> Row<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self { line }
    }

    /// The whole line without its end.
    pub(crate) fn line(self) -> &'a [u8] {
        self.line
    }

    fn fields(self) -> impl Iterator<Item = &'a [u8]> {
        self.line.split(|byte| *byte == b'\t').skip(2)
    }

    fn of_kind(self, kind: u8) -> impl Iterator<Item = &'a [u8]> {
        self.fields().filter(move |field| field.first() == Some(&kind)).map(|field| &field[1..])
    }

    pub(crate) fn key(self) -> &'a [u8] {
        self.line.split(|byte| *byte == b'\t').next().unwrap_or_default()
    }

    /// The code as the system writes it.
    pub fn code(self) -> Cow<'a, str> {
        unescape(self.of_kind(field::CODE).next().unwrap_or(self.key()))
    }

    /// The preferred display; empty when there is none.
    pub fn display(self) -> Cow<'a, str> {
        unescape(self.line.split(|byte| *byte == b'\t').nth(1).unwrap_or_default())
    }

    /// Definition, when the file carries it.
    pub fn definition(self) -> Option<Cow<'a, str>> {
        self.of_kind(field::DEFINITION).next().map(unescape)
    }

    /// Position in the system's own order, when that is not the order of the codes.
    pub fn ordinal(self) -> Option<u32> {
        std::str::from_utf8(self.of_kind(field::ORDINAL).next()?).ok()?.parse().ok()
    }

    fn has_flag(self, flag: u8) -> bool {
        self.of_kind(field::FLAG).any(|flags| flags.contains(&flag))
    }

    /// True when the concept is out of use.
    pub fn is_inactive(self) -> bool {
        self.has_flag(flag::INACTIVE)
    }

    /// True when the concept is not to be selected.
    pub fn is_not_selectable(self) -> bool {
        self.has_flag(flag::NOT_SELECTABLE)
    }

    /// Keys of the concepts directly above.
    pub(crate) fn parent_keys(self) -> impl Iterator<Item = &'a [u8]> {
        self.of_kind(field::PARENT)
    }

    /// Names and values of the properties.
    pub fn properties(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.of_kind(field::PROPERTY).map(|text| {
            let at = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
            (unescape(&text[..at]), unescape(text.get(at + 1..).unwrap_or_default()))
        })
    }

    /// The designations besides the display.
    pub fn designations(self) -> impl Iterator<Item = Designation> {
        self.of_kind(field::DESIGNATION).map(|text| {
            let mut parts = text.splitn(5, |byte| *byte == b'|').map(|part| unescape(part).into_owned());
            let mut next = || parts.next().unwrap_or_default();
            Designation {
                language: next(),
                use_system: next(),
                use_code: next(),
                use_display: next(),
                value: next(),
            }
        })
    }
}
