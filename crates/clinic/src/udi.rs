//! A Unique Device Identifier, read from what a person scans or types (21 CFR 801.40 and 830.20).
//!
//! Three agencies issue them in the United States, each in a syntax of its own: a file in `udi/` for each, chosen by the
//! first character. What they read is the same: which model of device it is, and which piece of it.

mod date;
mod error;
mod gs1;
mod hibcc;
mod iccbba;
mod letters;
mod parts;

pub use error::{Problem, UdiError};

use fhir::date_time::Date;
use letters::Letters;
use parts::Parts;

/// Longer than anything on a label: the longest UDI has 87 characters, and HIBCC's may be scanned in two pieces.
pub const LENGTH_MAX: usize = 400;

/// Who issued the device identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agency {
    /// GS1.
    Gs1,
    /// Health Industry Business Communications Council.
    Hibcc,
    /// ICCBBA, for containers of blood.
    IccbbaBlood,
    /// ICCBBA, for other devices: those with human cells and tissues.
    IccbbaOther,
}

impl Agency {
    /// Its URI for `Device.udiCarrier.issuer`, as R4 maps UDIs to Device.
    pub fn issuer(self) -> &'static str {
        match self {
            Self::Gs1 => "http://hl7.org/fhir/NamingSystem/gs1",
            Self::Hibcc => "http://hl7.org/fhir/NamingSystem/hibcc",
            Self::IccbbaBlood => "http://hl7.org/fhir/NamingSystem/iccbba-blood",
            Self::IccbbaOther => "http://hl7.org/fhir/NamingSystem/iccbba-other",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gs1 => "GS1",
            Self::Hibcc => "HIBCC",
            Self::IccbbaBlood | Self::IccbbaOther => "ICCBBA",
        }
    }
}

/// A UDI that was read whole, with every check digit right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Udi {
    agency: Agency,
    parts: Parts,
    human_readable: String,
}

/// Reads the pieces of an agency's syntax; `this_year` decides the century of years of two digits.
type Read = fn(&Letters, u16) -> Result<Udi, UdiError>;

/// By what a UDI of each agency begins with.
const READERS: [(&str, Read); 3] =
    [("([0123456789\u{1d}", gs1::read), ("]", gs1::read_scanned), ("=&", iccbba::read)];

impl Udi {
    /// Reads a UDI: what is printed below the bar code, or what a scanner gives. Blanks around and within it do not
    /// matter. `this_year` is the current year, from which the century of a year of two digits follows.
    ///
    /// # Errors
    /// Where it cannot be read, with what to do about it: a UDI is read whole or not at all.
    pub fn parse(text: &str, this_year: u16) -> Result<Self, UdiError> {
        let letters = Letters::new(text)?;
        let first = letters.text().chars().next().ok_or_else(|| letters.error(0, Problem::Empty))?;
        // HIBCC alone has blanks that count.
        if matches!(first, '+' | '*') {
            return hibcc::read(&letters, this_year);
        }
        let reader = READERS.iter().find(|(firsts, _)| firsts.contains(first));
        let (_, read) = reader.ok_or_else(|| letters.error(0, Problem::Beginning))?;
        read(&letters.without_blanks(), this_year)
    }

    /// Who issued it.
    pub fn agency(&self) -> Agency {
        self.agency
    }

    /// The device identifier (DI): the labeler and the version or model of the device. Without the agency's delimiters
    /// and check characters of the carrier, as the FDA's database GUDID holds it; of GS1 a GTIN of 14 digits.
    pub fn device_identifier(&self) -> &str {
        &self.parts.device_identifier
    }

    /// The lot or batch.
    pub fn lot(&self) -> Option<&str> {
        self.parts.lot.as_deref()
    }

    /// The serial number.
    pub fn serial(&self) -> Option<&str> {
        self.parts.serial.as_deref()
    }

    /// When it expires: a day, or a month where the label gives only that. An hour on the label is not kept.
    pub fn expiry(&self) -> Option<Date> {
        self.parts.expiry
    }

    /// When it was made: a day, or a month where the label gives only that.
    pub fn manufactured(&self) -> Option<Date> {
        self.parts.manufactured
    }

    /// The distinct identification code of a human cell or tissue product (21 CFR 1271.290(c)); with ICCBBA it is the
    /// donation identification number.
    pub fn distinct_identifier(&self) -> Option<&str> {
        self.parts.distinct_identifier.as_deref()
    }

    /// The carrier in human readable form (`Device.udiCarrier.carrierHRF`): what was given, without blanks and marks of
    /// the scanner; GS1's always with its identifiers in brackets. Parsed again it gives the same.
    pub fn human_readable(&self) -> &str {
        &self.human_readable
    }
}
