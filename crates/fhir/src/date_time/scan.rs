//! Reading fixed-width digits and marks from a date or time.

/// A place in a text being read.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    /// Exactly `width` digits, as a number.
    pub(super) fn number(&mut self, width: usize) -> Option<u16> {
        let digits = self.bytes.get(..width)?;
        let number = digits.iter().try_fold(0_u16, |number, &byte| {
            byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0'))
        })?;
        self.bytes = &self.bytes[width..];
        Some(number)
    }

    /// Exactly two digits, not above a limit.
    #[allow(clippy::cast_possible_truncation)] // two digits
    pub(super) fn pair(&mut self, at_most: u8) -> Option<u8> {
        let number = self.number(2)? as u8;
        (number <= at_most).then_some(number)
    }

    /// One or more digits behind the decimal point, as 10^-18 and how many there were.
    pub(super) fn fraction(&mut self) -> Option<(u64, u8)> {
        let (mut value, mut digits) = (0_u64, 0_u8);
        let mut any = false;
        while let Some(byte) = self.bytes.first().filter(|byte| byte.is_ascii_digit()) {
            any = true;
            if digits < 18 {
                value = value * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            self.bytes = &self.bytes[1..];
        }
        any.then(|| (value * 10_u64.pow(18 - u32::from(digits)), digits))
    }

    /// True, and one byte further, when the next byte is this one.
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        match self.bytes.split_first() {
            Some((first, rest)) if *first == byte => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    /// The byte to come.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    /// The value, when nothing is left to read.
    pub(super) fn end<T>(&self, value: T) -> Option<T> {
        self.bytes.is_empty().then_some(value)
    }
}
