//! HIBCC: a primary code that names the device, and a secondary one that names the piece; in one code joined by a slash,
//! or in two (ANSI/HIBC 2.6, The Health Industry Supplier Labeling Standard, §2 and §3).

mod check;
mod secondary;

use super::error::{Problem, UdiError};
use super::letters::Letters;
use super::parts::{Meaning, Parts};
use super::{Agency, Udi};
use check::Checked;

/// Labeler identification code, product or catalogue number of 1 to 18, and unit of measure.
const PRIMARY_LEAST: usize = 6;
const PRIMARY_MOST: usize = 23;

/// Reads one code, or the two codes of a label with a blank between them. Small letters count as capitals.
pub fn read(letters: &Letters, this_year: u16) -> Result<Udi, UdiError> {
    let letters = letters.clone().in_capitals();
    let mut parts = Parts::default();
    let mut printed: Vec<String> = Vec::new();
    let mut link = None;
    for code in codes(&letters) {
        if !code.text().starts_with('+') {
            return Err(code.error(0, Problem::Delimiter(code.text().chars().take(1).collect())));
        }
        let checked = Checked::read(&code)?;
        match (is_secondary(checked.data.text()), link) {
            (false, None) => primary(&checked.data, &mut parts, this_year)?,
            (false, Some(_)) => return Err(code.error(0, Problem::Twice)),
            (true, None) => return Err(code.error(0, Problem::SecondaryAlone)),
            (true, Some(link)) => secondary::linked(&checked.data, link, &mut parts, this_year)?,
        }
        link = link.or(Some(checked.check));
        printed.push(checked.printed);
    }
    parts.whole(Agency::Hibcc, &letters, "+", printed.join(" "))
}

/// The codes: each begins with a plus behind a blank, and may stand between stars, as printed.
fn codes(letters: &Letters) -> Vec<Letters> {
    let text = letters.text();
    let begins = |at: &usize| text[*at..].starts_with(" +") || text[*at..].starts_with(" *+");
    let starts: Vec<usize> = std::iter::once(0).chain((1..text.len()).filter(begins)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| without_stars(&letters.part(*start, end))).collect()
}

/// Without the stars; a blank between the code and its end stays.
fn without_stars(code: &Letters) -> Letters {
    let text = code.text();
    let start = text.len() - text.trim_start_matches([' ', '*']).len();
    let end = text.trim_end().strip_suffix('*').map_or(text.len(), str::len);
    code.part(start, end.max(start))
}

fn is_secondary(data: &str) -> bool {
    data.strip_prefix('+')
        .is_some_and(|rest| rest.starts_with(|letter: char| letter == '$' || letter.is_ascii_digit()))
}

/// The primary data, with secondary and supplementary data behind slashes.
fn primary(data: &Letters, parts: &mut Parts, this_year: u16) -> Result<(), UdiError> {
    let mut pieces = secondary::pieces(data, 1).into_iter();
    let Some(device) = pieces.next() else { return Ok(()) };
    device.all(|letter| letter.is_ascii_alphanumeric(), Problem::NotInField)?;
    let text = device.text();
    if text.len() < PRIMARY_LEAST {
        return Err(device.error(text.len(), Problem::CutOff { missing: PRIMARY_LEAST - text.len() }));
    }
    if text.len() > PRIMARY_MOST {
        return Err(device.error(PRIMARY_MOST, Problem::FieldTooLong { most: PRIMARY_MOST }));
    }
    let last = device.part(text.len() - 1, text.len());
    last.all(|letter| letter.is_ascii_digit(), Problem::NotADigit)?;
    parts.take(Meaning::Device, &device, this_year)?;
    secondary::read(pieces, parts, this_year)
}
