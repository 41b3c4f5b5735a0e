//! The check character of a HIBC code: the sum of the values of all others, modulo 43 (ANSI/HIBC 2.6, Appendix B).

use crate::udi::error::{Problem, UdiError};
use crate::udi::letters::Letters;

/// The characters in the order of their values, which are those of Code 39.
const VALUES: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// How the check character blank is printed, so that it can be seen.
const PRINTED_BLANK: char = '_';

/// A code whose check character is right.
pub struct Checked {
    /// What stands before it, without blanks.
    pub data: Letters,
    /// The check character.
    pub check: char,
    /// The code as it is printed.
    pub printed: String,
}

impl Checked {
    /// Reads a code and holds it against its check character.
    ///
    /// Labels are printed with blanks for the eye, and there are some whose check character counts them; both are read.
    pub fn read(code: &Letters) -> Result<Self, UdiError> {
        let printed = code.part(0, code.text().trim_end().len());
        let dense = code.without_blanks();
        let length = dense.text().len().saturating_sub(1);
        let found = dense.text().chars().last().unwrap_or(' ');
        let check = if found == PRINTED_BLANK { ' ' } else { found };
        for text in [dense.text(), printed.text()] {
            let fits = sum(&text[..text.len().saturating_sub(1)]) == Some(check);
            let fits_with_blank = sum(text) == Some(' ') && code.text().ends_with(' ');
            match (fits, fits_with_blank) {
                (true, true) => return Err(dense.error(length + 1, Problem::Blank)),
                (true, false) => {
                    return Ok(Self { data: dense.part(0, length), check, printed: text.to_owned() });
                }
                (false, true) => {
                    let printed = format!("{text}{PRINTED_BLANK}");
                    return Ok(Self { data: dense.clone(), check: ' ', printed });
                }
                (false, false) => {}
            }
        }
        dense.all(|letter| value(letter).is_some(), Problem::NotInField)?;
        let expected = sum(&dense.text()[..length]).ok_or_else(|| dense.error(0, Problem::FieldEmpty))?;
        Err(dense.error(length, Problem::Check { expected, found }))
    }
}

fn value(letter: char) -> Option<usize> {
    VALUES.find(if letter == PRINTED_BLANK { ' ' } else { letter })
}

/// The check character of some data; `None` when one has no value, or there are none.
fn sum(data: &str) -> Option<char> {
    let values: Option<Vec<usize>> = data.chars().map(value).collect();
    let sum: usize = values.filter(|values| !values.is_empty())?.into_iter().sum();
    VALUES.chars().nth(sum % VALUES.len())
}
