//! Primitive data types, references, versions, scopes: what is read from a text is written back as that text.

use super::Target;
use access::policy::BUILT_IN;
use access::{Policy, Scope, Tables};
use fhir::date_time::{Date, DateTime, Instant, Time};
use fhir::decimal;
use fhir::reference::{Canonical, ResourceKey, Target as ReferenceTarget};
use std::fmt::{Debug, Display};

pub const TARGET: Target = Target {
    name: "data_types",
    help: "dates, times, decimals, references, canonicals, scopes, ETags, roles: printed, they are what was read",
    check,
    words: &[
        "2024",
        "-12",
        "-31",
        "T",
        "23:59:60",
        ".000",
        "Z",
        "+14:00",
        "-00:00",
        "1e",
        "-0",
        ".",
        "Patient/",
        "#",
        "|",
        "/_history/",
        "urn:uuid:",
        "http://",
        "?",
        "system/",
        ".cruds",
        "*",
        "W/\"",
        "\"",
    ],
    cases: 16_000,
};

/// Digits of a fraction of a second that are kept.
const FRACTION_DIGITS: usize = 18;

fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    moments(text);
    numbers(text);
    references(text);
    if let Ok(scopes) = Scope::parse_list(text) {
        let words: Vec<_> = scopes.iter().map(Scope::to_string).collect();
        assert_eq!(Scope::parse_list(&words.join(" ")), Ok(scopes));
    }
    let _ = Policy::read(&Tables { roles: text, ..BUILT_IN });
    if let Ok(version) = record::bundle::parse_etag(text) {
        assert_eq!(record::bundle::parse_etag(&format!("W/\"{version}\"")).ok(), Some(version));
    }
    if let Some(digits) = terminology::loaders::ndc_11(text) {
        assert_eq!(digits.len(), 11);
    }
}

/// What is read prints as it was written, or at least as something that reads the same.
fn reads_back<T: Debug + Display + PartialEq, E: Debug>(
    text: &str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let value = read(text).ok()?;
    let printed = value.to_string();
    let again = read(&printed).expect("what was printed can be read");
    assert_eq!(again, value, "{text}");
    let digits =
        text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    assert!(digits > FRACTION_DIGITS || printed == text, "{text} is printed as {printed}");
    Some(value)
}

fn moments(text: &str) {
    if let Some(date) = reads_back(text, Date::parse) {
        let (low, high) = date.range_ms(0);
        assert!(low < high);
    }
    if let Some(moment) = reads_back(text, DateTime::parse) {
        let (low, high) = moment.range_ms(0);
        assert!(low < high);
        assert_eq!(moment.truncate(moment.precision()).to_string(), moment.to_string());
    }
    if let Some(instant) = reads_back(text, Instant::parse) {
        // A leap second, and an offset that leads out of the calendar, have no instant of their own.
        if let Some(again) = Instant::from_ms(instant.ms()) {
            assert_eq!(again.ms(), instant.ms());
        }
    }
    reads_back(text, Time::parse);
    for lenient in [DateTime::parse_lenient(text).ok().map(|moment| moment.to_string())].into_iter().flatten()
    {
        DateTime::parse_lenient(&lenient).expect("what was printed can be read");
    }
    if let Ok(time) = Time::parse_lenient(text) {
        assert_eq!(Time::parse_lenient(&time.to_string()), Ok(time));
    }
}

fn numbers(text: &str) {
    let Ok(value) = decimal::parse(text) else { return };
    let again = decimal::parse(&value.to_string()).expect("what was printed can be read");
    assert_eq!((again, again.scale()), (value, value.scale()));
    let _ = (decimal::decimal_places(text), decimal::significant_digits(text));
    if let Ok((low, high)) = decimal::implied_range(text) {
        assert!(low < value && value < high, "{text}");
    }
    for places in [None, Some(0), Some(3), Some(28)] {
        let ends = (decimal::low_boundary(value, places), decimal::high_boundary(value, places));
        if let (Some(low), Some(high)) = ends {
            assert!(low <= value && value <= high, "{text} to {places:?} places");
        }
    }
}

fn references(text: &str) {
    if let Some(key) = ResourceKey::parse(text) {
        assert_eq!(key.to_string(), text);
        assert!(fhir::reference::is_id(key.id));
        assert_eq!(ReferenceTarget::parse(text), ReferenceTarget::Local(key));
    }
    let target = ReferenceTarget::parse(text);
    if let ReferenceTarget::Absolute { base, key } = target {
        assert_eq!(format!("{base}/{key}"), text);
    }
    assert_eq!(Canonical::parse(text).to_string(), text);
}
