//! What a UDI says, whoever issued it, gathered field by field.

use super::date;
use super::error::{Problem, UdiError};
use super::letters::Letters;
use super::{Agency, Udi};
use fhir::date_time::Date;

/// What a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The device identifier.
    Device,
    /// The lot or batch.
    Lot,
    /// The serial number.
    Serial,
    /// The expiry date, written by a pattern of `date`.
    Expiry(&'static str),
    /// The date of manufacture, written by a pattern of `date`.
    Manufactured(&'static str),
    /// The distinct identification code.
    Distinct,
    /// A date that a UDI has no place for, which must be one all the same.
    OtherDate(&'static str),
    /// Something that is no part of a UDI, such as a quantity.
    Other,
}

/// The fields of a UDI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub device_identifier: String,
    pub lot: Option<String>,
    pub serial: Option<String>,
    pub expiry: Option<Date>,
    pub manufactured: Option<Date>,
    pub distinct_identifier: Option<String>,
}

impl Parts {
    /// Takes a field.
    ///
    /// # Errors
    /// When it is no date where one is due, or differs from what the same field was before.
    pub fn take(&mut self, meaning: Meaning, field: &Letters, this_year: u16) -> Result<(), UdiError> {
        let date = |pattern| {
            let no_date = || field.error(0, Problem::NoDate(field.text().to_owned()));
            date::read(pattern, field.text(), this_year).ok_or_else(no_date)
        };
        let kept = match meaning {
            Meaning::Device => keep_text(&mut self.device_identifier, field.text()),
            Meaning::Lot => keep(&mut self.lot, field.text().to_owned()),
            Meaning::Serial => keep(&mut self.serial, field.text().to_owned()),
            Meaning::Distinct => keep(&mut self.distinct_identifier, field.text().to_owned()),
            Meaning::Expiry(pattern) => keep(&mut self.expiry, date(pattern)?),
            Meaning::Manufactured(pattern) => keep(&mut self.manufactured, date(pattern)?),
            Meaning::OtherDate(pattern) => date(pattern).map(|_| true)?,
            Meaning::Other => true,
        };
        if kept { Ok(()) } else { Err(field.error(0, Problem::Twice)) }
    }

    /// The whole UDI, which must name a device; `begins` is what its device identifier begins with on a label.
    pub fn whole(
        self,
        agency: Agency,
        letters: &Letters,
        begins: &'static str,
        human_readable: String,
    ) -> Result<Udi, UdiError> {
        if self.device_identifier.is_empty() {
            return Err(letters.error(letters.text().len(), Problem::NoDevice(begins)));
        }
        Ok(Udi { agency, parts: self, human_readable })
    }
}

/// Puts a value where none is yet; tells whether the place now holds it.
fn keep<T: PartialEq + Clone>(place: &mut Option<T>, value: T) -> bool {
    *place.get_or_insert_with(|| value.clone()) == value
}

fn keep_text(place: &mut String, value: &str) -> bool {
    if place.is_empty() {
        value.clone_into(place);
    }
    place == value
}
