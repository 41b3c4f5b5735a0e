//! What someone at a desk types to find a patient, and the search it stands for.

use fhir::date_time::Date;

/// How the words are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatientSearch {
    /// Search parameters, tried one set after the other until one finds somebody.
    pub attempts: Vec<Vec<(&'static str, String)>>,
}

impl PatientSearch {
    /// Reads words: name parts by their beginnings (family name first, then a given name or initial), a date of birth,
    /// a telephone number, a record number. `None` when there is nothing to search for.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mut names, mut numbers, mut dates) = (Vec::new(), Vec::new(), Vec::new());
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match (birth_date(word), word.bytes().filter(u8::is_ascii_digit).count()) {
                (Some(date), _) => dates.push(date),
                (None, 0) => names.push(word),
                (None, _) => numbers.push(word),
            }
        }
        let dates: Vec<_> = dates.into_iter().map(|date| ("birthdate", date)).collect();
        let mut attempts = match (names.as_slice(), numbers.as_slice()) {
            ([], []) => vec![Vec::new()],
            ([], numbers) => number_attempts(numbers),
            (names, []) => name_attempts(names),
            (names, numbers) => {
                let both = |(names, numbers): (Vec<_>, Vec<_>)| names.into_iter().chain(numbers).collect();
                let names = name_attempts(names).into_iter().next().unwrap_or_default();
                number_attempts(numbers).into_iter().map(|numbers| both((names.clone(), numbers))).collect()
            }
        };
        for attempt in &mut attempts {
            attempt.extend(dates.iter().cloned());
        }
        attempts.retain(|attempt: &Vec<_>| !attempt.is_empty());
        (!attempts.is_empty()).then_some(Self { attempts })
    }
}

fn escaped(word: &str) -> String {
    word.chars()
        .flat_map(|letter| "\\,$|".contains(letter).then_some('\\').into_iter().chain([letter]))
        .collect()
}

fn name_attempts(names: &[&str]) -> Vec<Vec<(&'static str, String)>> {
    match names {
        [one] => vec![vec![("family", escaped(one))], vec![("name", escaped(one))]],
        [family, given, ..] => {
            let both =
                |family: &str, given: &str| vec![("family", escaped(family)), ("given", escaped(given))];
            let each = names.iter().map(|name| ("name", escaped(name))).collect();
            vec![both(family, given), both(given, family), each]
        }
        [] => Vec::new(),
    }
}

fn number_attempts(numbers: &[&str]) -> Vec<Vec<(&'static str, String)>> {
    let joined = numbers.join("-");
    ["identifier", "phone"].into_iter().map(|code| vec![(code, escaped(&joined))]).collect()
}

/// A date as people type it: `1985-07-04`, `7/4/1985`, `04-Jul-1985`, `1985`.
fn birth_date(word: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if let Ok(date) = Date::parse(word)
        && (1870..2200).contains(&date.year())
    {
        return Some(date.to_string());
    }
    let parts: Vec<_> = word.split(['/', '-', '.']).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let named = MONTHS.iter().position(|month| *month == second.to_lowercase());
    let (month, day) = match named {
        Some(month) => (u8::try_from(month + 1).ok()?, first.parse().ok()?),
        None => (first.parse().ok()?, second.parse().ok()?),
    };
    let year: u16 = year.parse().ok().filter(|year| *year > 1869)?;
    Date::new(year, month, day).map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Vec<(&'static str, String)> {
        PatientSearch::parse(text).unwrap().attempts.remove(0)
    }

    #[test]
    fn what_is_typed_is_understood() {
        let one = |code, value: &str| vec![(code, value.to_owned())];
        assert_eq!(first("smi"), one("family", "smi"));
        assert_eq!(first("smith, j"), [one("family", "smith"), one("given", "j")].concat());
        assert_eq!(first("7/4/1985"), one("birthdate", "1985-07-04"));
        assert_eq!(first("04-jul-1985"), one("birthdate", "1985-07-04"));
        assert_eq!(first("smi 1985"), [one("family", "smi"), one("birthdate", "1985")].concat());
        assert_eq!(first("555-0142"), one("identifier", "555-0142"));
        assert_eq!(first("a|b"), one("family", "a\\|b"));
        assert_eq!(PatientSearch::parse(" , "), None);
    }
}
