//! ICCBBA: ISBT 128 data structures, each with two or three characters before a value of fixed length (ISBT 128 Standard
//! Technical Specification §2.4; FDA, "UDI Formats by FDA-Accredited Issuing Agency").

use super::error::{Problem, UdiError};
use super::letters::Letters;
use super::parts::{Meaning, Parts};
use super::{Agency, Udi};

/// A data structure.
struct Structure {
    /// What stands before its value.
    delimiter: &'static str,
    length: usize,
    meaning: Meaning,
}

/// Those of a UDI. The donation identification number comes last: of its delimiter the second character belongs to the
/// value.
const STRUCTURES: [Structure; 9] = [
    Structure { delimiter: "=/", length: 16, meaning: Meaning::Device },
    Structure { delimiter: BLOOD, length: 10, meaning: Meaning::Device },
    Structure { delimiter: "=,", length: 6, meaning: Meaning::Serial },
    Structure { delimiter: "=>", length: 6, meaning: Meaning::Expiry(DAY_OF_YEAR) },
    Structure { delimiter: "=}", length: 6, meaning: Meaning::Manufactured(DAY_OF_YEAR) },
    Structure { delimiter: "&,1", length: 18, meaning: Meaning::Lot },
    Structure { delimiter: "&)", length: 10, meaning: Meaning::Lot },
    // How many structures a compound message has.
    Structure { delimiter: "=+", length: 5, meaning: Meaning::Other },
    Structure { delimiter: "=", length: 15, meaning: Meaning::Distinct },
];

const BLOOD: &str = "=)";
const DAY_OF_YEAR: &str = "YYYJJJ";

/// Reads data structures one after the other, in any order.
pub fn read(letters: &Letters, this_year: u16) -> Result<Udi, UdiError> {
    let text = letters.text();
    let mut parts = Parts::default();
    let mut agency = Agency::IccbbaOther;
    let mut index = 0;
    while index < text.len() {
        let structure = structure(&text[index..]).ok_or_else(|| unknown(letters, index))?;
        let from = index + structure.delimiter.len();
        let value = letters.exactly(from, structure.length)?;
        value.all(|letter| letter.is_ascii_alphanumeric(), Problem::NotInField)?;
        parts.take(structure.meaning, &value, this_year)?;
        if structure.delimiter == BLOOD {
            agency = Agency::IccbbaBlood;
        }
        index = from + structure.length;
    }
    parts.whole(agency, letters, "=/ or =)", text.to_owned())
}

fn structure(text: &str) -> Option<&'static Structure> {
    let alone = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    STRUCTURES.iter().find(|structure| match text.strip_prefix(structure.delimiter) {
        Some(rest) => structure.meaning != Meaning::Distinct || alone(rest),
        None => false,
    })
}

fn unknown(letters: &Letters, index: usize) -> UdiError {
    const SHOWN: usize = 3;
    let shown: String = letters.text()[index..].chars().take(SHOWN).collect();
    letters.error(index, Problem::Delimiter(shown))
}
