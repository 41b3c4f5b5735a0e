//! How ages, percentiles and z-scores of children are written.

use clinic::growth::{Age, GestationalAge, Place, Reference, Sex};

/// An age as clinicians say it: days to four weeks, weeks to three months, months to two years, then years and months.
pub(crate) fn age(age: Age) -> String {
    let months = age.whole_months();
    match (age.days(), months) {
        (days @ ..28, _) => format!("{days} d"),
        (days, ..3) => format!("{} wk", days / 7),
        (_, ..24) => format!("{months} mo"),
        _ if months % 12 == 0 => format!("{} y", months / 12),
        _ => format!("{} y {} mo", months / 12, months % 12),
    }
}

/// An age on the axis of a chart, as a mark says it.
pub(crate) fn mark(reference: Reference, age: f64) -> String {
    match reference {
        Reference::Fenton => format!("{age:.0} wk"),
        _ if age == 0.0 => "birth".to_owned(),
        _ if age >= 24.0 && age % 12.0 == 0.0 => format!("{:.0} y", age / 12.0),
        _ => format!("{age:.0} mo"),
    }
}

/// The age that a child born early is compared at; empty for others and from two years on, where it is the age itself.
pub(crate) fn corrected(place: Place, gestation: Option<GestationalAge>) -> String {
    let is_preterm = gestation.is_some_and(GestationalAge::is_preterm);
    match place.reference {
        Reference::Fenton => {
            let days = (place.age * 7.0).round();
            format!("{:.0} {:.0}/7 wk", (days / 7.0).floor(), days % 7.0)
        }
        Reference::WhoChild if is_preterm => format!("{:.1} mo corrected", place.age),
        _ => String::new(),
    }
}

/// A percentile: whole ones say as much as a measurement can.
pub(crate) fn percentile(percentile: f64) -> String {
    match percentile {
        ..1.0 => "<1st".to_owned(),
        99.0.. => ">99th".to_owned(),
        _ => ordinal(percentile),
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`.
pub(crate) fn ordinal(number: f64) -> String {
    let number = number.round();
    let end = match (number % 100.0, number % 10.0) {
        (11.0..=13.0, _) => "th",
        (_, 1.0) => "st",
        (_, 2.0) => "nd",
        (_, 3.0) => "rd",
        _ => "th",
    };
    format!("{number:.0}{end}")
}

/// A z-score with two decimals and a minus that is as wide as a digit.
pub(crate) fn z_score(z: f64) -> String {
    let text = format!("{z:.2}");
    match text.strip_prefix('-') {
        Some("0.00") => "0.00".to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// Whose charts they are, in one word.
pub(crate) fn short(reference: Reference) -> &'static str {
    match reference {
        Reference::WhoChild => "WHO",
        Reference::Cdc => "CDC",
        Reference::Fenton => "Fenton",
    }
}

/// Whose charts they are, with the year.
pub(crate) fn long(reference: Reference) -> &'static str {
    match reference {
        Reference::WhoChild => "WHO 2006",
        Reference::Cdc => "CDC 2000",
        Reference::Fenton => "Fenton 2003",
    }
}

/// The children of a chart.
pub(crate) fn children(reference: Reference, sex: Sex) -> &'static str {
    match (reference, sex) {
        (Reference::Fenton, _) => "girls and boys",
        (_, Sex::Female) => "girls",
        (_, Sex::Male) => "boys",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::date_time::Date;

    #[test]
    fn lr07_ages_are_in_the_unit_a_paediatrician_would_use() {
        let birth = Date::parse("2024-01-31").unwrap();
        for (on, expected) in [
            ("2024-01-31", "0 d"),
            ("2024-02-27", "27 d"),
            ("2024-04-29", "12 wk"),
            ("2024-04-30", "12 wk"),
            ("2024-05-01", "3 mo"),
            ("2026-01-30", "23 mo"),
            ("2026-01-31", "2 y"),
            ("2033-07-31", "9 y 6 mo"),
        ] {
            let between = Age::between(birth, Date::parse(on).unwrap()).unwrap();
            assert_eq!(age(between), expected, "{on}");
        }
    }

    #[test]
    fn lr07_percentiles_and_z_scores_are_written_as_they_are_said() {
        let said = [0.4, 1.2, 2.0, 3.4, 11.0, 12.0, 13.0, 21.0, 58.2, 98.6, 99.2].map(percentile);
        let expected = ["<1st", "1st", "2nd", "3rd", "11th", "12th", "13th", "21st", "58th", "99th", ">99th"];
        assert_eq!(said, expected);
        assert_eq!([0.207, -2.306, -0.001, 2.0].map(z_score), ["0.21", "−2.31", "0.00", "2.00"]);
    }
}
