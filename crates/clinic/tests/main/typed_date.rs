//! Dates as people type them (the table that check 11 asks for).

use clinic::typed_date::{in_words, read};
use fhir::date_time::Date;

/// What is typed on 27 November 2026, and what it means.
const MEANINGS: [(&str, &str); 53] = [
    ("7/4/85", "1985-07-04"),
    ("07/04/1985", "1985-07-04"),
    ("7-4-1985", "1985-07-04"),
    ("7.4.85", "1985-07-04"),
    ("07041985", "1985-07-04"),
    ("070485", "1985-07-04"),
    ("19850704", "1985-07-04"),
    ("1985-07-04", "1985-07-04"),
    ("1985/7/4", "1985-07-04"),
    ("1985", "1985"),
    ("  1985 ", "1985"),
    ("198507", "1985-07"),
    ("1985-07", "1985-07"),
    ("7/1985", "1985-07"),
    ("07-1985", "1985-07"),
    ("7/85", "1985-07"),
    ("Jul 1985", "1985-07"),
    ("july 1985", "1985-07"),
    ("JUL-1985", "1985-07"),
    ("Jul 85", "1985-07"),
    ("1985 Jul", "1985-07"),
    ("sept 2019", "2019-09"),
    ("July 4, 1985", "1985-07-04"),
    ("Jul 4 85", "1985-07-04"),
    ("4 Jul 1985", "1985-07-04"),
    ("04-Jul-1985", "1985-07-04"),
    ("4jul85", "1985-07-04"),
    ("jul4,1985", "1985-07-04"),
    ("4th of July 1985", "1985-07-04"),
    ("1985 Jul 4", "1985-07-04"),
    ("may 1, 2020", "2020-05-01"),
    ("2/29/2024", "2024-02-29"),
    ("02292024", "2024-02-29"),
    ("12/31/99", "1999-12-31"),
    ("1/1/00", "2000-01-01"),
    ("1/2/26", "2026-01-02"),
    ("1/2/36", "2036-01-02"),
    ("1/2/37", "1937-01-02"),
    ("t", "2026-11-27"),
    ("T", "2026-11-27"),
    ("today", "2026-11-27"),
    ("yesterday", "2026-11-26"),
    ("tomorrow", "2026-11-28"),
    ("t-1d", "2026-11-26"),
    ("t-3w", "2026-11-06"),
    ("t - 3 weeks", "2026-11-06"),
    ("t+3w", "2026-12-18"),
    ("-2d", "2026-11-25"),
    ("t-9m", "2026-02-27"),
    ("t-2y", "2024-11-27"),
    ("3w ago", "2026-11-06"),
    ("2 months ago", "2026-09-27"),
    ("today-1y", "2025-11-27"),
];

/// What is refused, and a word of what is said about it.
const REFUSALS: [(&str, &str); 37] = [
    ("t-1", "write a date"),
    ("", "write a date"),
    ("soon", "write a date"),
    ("7", "write a date"),
    ("704", "write a date"),
    ("70485", "write a date"),
    ("7041985", "write a date"),
    ("070419850", "write a date"),
    ("7/4", "which year"),
    ("12/25", "which year"),
    ("Jul", "which year"),
    ("Jul 4", "which year"),
    ("jul 04", "which year"),
    ("25/12/2020", "December 25, 2020"),
    ("13/5/85", "May 13, 1985"),
    ("2020-13-05", "May 13, 2020"),
    ("45/45/2020", "no month 45"),
    ("00/10/2020", "no month 0"),
    ("2/30/2020", "February 2020 has no day 30"),
    ("2/29/2023", "February 2023 has no day 29"),
    ("02302020", "has no day 30"),
    ("4/0/2020", "has no day 0"),
    ("1985-00", "no month 0"),
    ("200785", "no month 85"),
    ("1/2/3", "write a date"),
    ("1/2/003", "write a date"),
    ("1/2/0003", "write a date"),
    ("0000", "write a date"),
    ("9999", "write a date"),
    ("1/2/3/4", "write a date"),
    ("7/4-85", "write a date"),
    ("Jul Aug 1985", "write a date"),
    ("t-99999y", "write a date"),
    ("t-3000y", "write a date"),
    ("t-3parsecs", "write a date"),
    ("٧/٤/٨٥", "write a date"),
    ("<script>1985</script>", "write a date"),
];

fn today() -> Date {
    Date::new(2026, 11, 27).unwrap()
}

#[test]
fn check11_dates_are_read_as_people_type_them() {
    for (typed, meant) in MEANINGS {
        assert_eq!(read(typed, today()).map(|date| date.to_string()), Ok(meant.to_owned()), "{typed}");
    }
}

#[test]
fn check11_what_is_no_date_or_could_be_two_is_refused_with_a_remedy() {
    for (typed, said) in REFUSALS {
        let message = read(typed, today()).expect_err(typed);
        assert!(message.contains(said), "{typed}: {message}");
        assert!(message.contains("write"), "{typed} has a remedy: {message}");
    }
    assert!(read(&"9".repeat(100_000), today()).is_err());
}

#[test]
fn check11_what_was_understood_is_said_in_words() {
    let words = |typed: &str| in_words(read(typed, today()).unwrap());
    assert_eq!(["7/4/85", "7/85", "1985"].map(words), ["July 4, 1985", "July 1985", "1985"]);
    // What is said can be typed again.
    for (typed, meant) in MEANINGS {
        assert_eq!(read(&words(typed), today()).unwrap().to_string(), meant);
    }
}

#[test]
fn check11_slips_of_the_keys_give_a_date_or_a_remedy() {
    const KEYS: [char; 14] = ['0', '9', '/', '-', '.', ',', ' ', 't', 'w', 'j', '+', 'é', '\u{0}', '\u{7f}'];
    for (typed, _) in MEANINGS {
        for at in 0..=typed.len() {
            for key in KEYS {
                let slip = format!("{}{key}{}", &typed[..at], typed.get(at + 1..).unwrap_or_default());
                match read(&slip, today()) {
                    Ok(date) => assert_eq!(read(&in_words(date), today()), Ok(date), "{slip:?}"),
                    Err(message) => assert!(message.contains("write"), "{slip:?}: {message}"),
                }
            }
        }
    }
}
