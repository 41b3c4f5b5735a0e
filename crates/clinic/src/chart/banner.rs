//! Who the patient is, as the banner on every page of the chart says it.

use crate::chart::concept;
use fhir::date_time::{Date, DateTime};
use fhir::{Document, Node};

/// What identifies a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// The logical id.
    pub id: String,
    /// Family name; empty when unknown.
    pub family: String,
    /// Given names.
    pub given: String,
    /// Title, such as `Ms`.
    pub prefix: String,
    /// The name they want to be called by, when it is another.
    pub preferred: String,
    /// Date of birth as recorded; empty when unknown.
    pub birth_date: String,
    /// Age in words, such as `41 y`, `7 mo`, `12 d`; empty when unknown.
    pub age: String,
    /// Administrative gender, as a word; empty when unknown.
    pub gender: String,
    /// Medical record number; empty when there is none.
    pub mrn: String,
    /// The language they want, when it is not English, and whether an interpreter is needed.
    pub language: String,
    /// Telephone.
    pub phone: String,
    /// Date of death; empty for the living. `dead` alone when only the fact is known.
    pub deceased: String,
}

impl Banner {
    /// Reads a Patient.
    pub fn read(patient: &Document, now_ms: i64) -> Self {
        let root = patient.root();
        let name = preferred_use(root, &["official", "usual"]);
        let words = |name: Option<Node<'_>>, part: &str| -> String {
            let parts = name.into_iter().flat_map(|name| name.each_of(part)).filter_map(Node::as_str);
            parts.map(std::borrow::Cow::into_owned).collect::<Vec<_>>().join(" ")
        };
        let nickname = root.each_of("name").find(|name| name.get_str("use").as_deref() == Some("nickname"));
        let birth_date = root.get_str("birthDate").unwrap_or_default().into_owned();
        let deceased =
            match (root.get("deceasedDateTime"), root.get("deceasedBoolean").and_then(Node::as_bool)) {
                (Some(date), _) => concept::day(Some(date)),
                (None, Some(true)) => "dead".to_owned(),
                _ => String::new(),
            };
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            family: name.and_then(|name| name.get_str("family")).unwrap_or_default().into_owned(),
            given: words(name, "given"),
            prefix: words(name, "prefix"),
            preferred: words(nickname, "given"),
            age: age(&birth_date, &deceased, now_ms),
            birth_date,
            gender: root.get_str("gender").unwrap_or_default().into_owned(),
            mrn: mrn(root),
            language: language(root),
            phone: phone(root),
            deceased,
        }
    }

    /// `FAMILY, Given`.
    pub fn full_name(&self) -> String {
        match (self.family.is_empty(), self.given.is_empty()) {
            (true, true) => "Name not recorded".to_owned(),
            (true, false) => self.given.clone(),
            (false, true) => self.family.to_uppercase(),
            (false, false) => format!("{}, {}", self.family.to_uppercase(), self.given),
        }
    }
}

/// The name of one of these uses, the first that there is; else any.
pub(crate) fn preferred_use<'a>(root: Node<'a>, uses: &[&str]) -> Option<Node<'a>> {
    let of =
        |wanted: &&str| root.each_of("name").find(|name| name.get_str("use").as_deref() == Some(*wanted));
    uses.iter().find_map(of).or_else(|| root.each_of("name").next())
}

fn mrn(root: Node<'_>) -> String {
    let is_mrn = |identifier: &Node<'_>| concept::code_of(identifier.get("type")).as_deref() == Some("MR");
    let found = root.each_of("identifier").find(is_mrn);
    found.and_then(|identifier| identifier.get_str("value")).unwrap_or_default().into_owned()
}

fn language(root: Node<'_>) -> String {
    let preferred = |one: &Node<'_>| one.get("preferred").and_then(Node::as_bool) == Some(true);
    let list = || root.each_of("communication");
    let chosen = list().find(preferred).or_else(|| list().next());
    let name = chosen.and_then(|one| concept::text(one.get("language"))).unwrap_or_default();
    if name.to_lowercase().starts_with("en") { String::new() } else { name }
}

fn phone(root: Node<'_>) -> String {
    let is_phone = |contact: &Node<'_>| contact.get_str("system").as_deref() == Some("phone");
    let found = root.each_of("telecom").find(is_phone);
    found.and_then(|contact| contact.get_str("value")).unwrap_or_default().into_owned()
}

/// Age in the unit a clinician would use: days to four weeks, months to two years, then years. Of the dead, at death.
fn age(birth_date: &str, deceased: &str, now_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    let Ok(birth) = Date::parse(birth_date) else { return String::new() };
    let end = Date::parse(deceased).ok().map(Date::first_day).unwrap_or(now_ms.div_euclid(DAY_MS));
    let days = end - birth.first_day();
    let Some(end) = DateTime::from_ms(end * DAY_MS, 0).map(DateTime::date) else { return String::new() };
    let part = |date: Date| (i32::from(date.month().unwrap_or(1)), i32::from(date.day().unwrap_or(1)));
    let ((month, day), (birth_month, birth_day)) = (part(end), part(birth));
    let months = (i32::from(end.year()) - i32::from(birth.year())) * 12 + month
        - birth_month
        - i32::from(day < birth_day);
    match days {
        i64::MIN..0 => String::new(),
        0..28 => format!("{days} d"),
        _ if months < 24 => format!("{months} mo"),
        _ => format!("{} y", months / 12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_the_unit_a_clinician_would_use() {
        let now_ms = 1_795_305_600_000; // 2026-11-22
        let cases = [
            ("1985-07-04", "41 y"),
            ("1985-11-22", "41 y"),
            ("1985-11-23", "40 y"),
            ("2026-11-20", "2 d"),
            ("2026-01-23", "9 mo"),
            ("2024-11-23", "23 mo"),
            ("1985", "41 y"),
            ("", ""),
            ("2030-01-01", ""),
        ];
        for (birth_date, expected) in cases {
            assert_eq!(age(birth_date, "", now_ms), expected, "{birth_date}");
        }
        assert_eq!(age("1950-01-01", "2000-01-01", now_ms), "50 y");
    }
}
