//! Code systems whose codes are made by rules of writing rather than listed.

use crate::membership::Membership;

/// A code system of which only the way its codes are written is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Media types: RFC 2046, `urn:ietf:bcp:13`.
    MediaType,
    /// Language tags: RFC 5646, `urn:ietf:bcp:47`.
    Language,
    /// Units: the Unified Code for Units of Measure.
    Unit,
    /// Countries: ISO 3166-1, two letters, three letters or three digits.
    Country,
    /// Parts of countries: ISO 3166-2.
    CountryPart,
    /// Currencies: ISO 4217, three letters.
    Currency,
    /// URIs as codes: `urn:ietf:rfc:3986`.
    Uri,
}

const SYSTEMS: [(&str, Grammar); 7] = [
    ("urn:ietf:bcp:13", Grammar::MediaType),
    ("urn:ietf:bcp:47", Grammar::Language),
    ("http://unitsofmeasure.org", Grammar::Unit),
    ("urn:iso:std:iso:3166", Grammar::Country),
    ("urn:iso:std:iso:3166:-2", Grammar::CountryPart),
    ("urn:iso:std:iso:4217", Grammar::Currency),
    ("urn:ietf:rfc:3986", Grammar::Uri),
];

/// Short forms that FHIR itself uses where a media type is asked for
/// (<https://hl7.org/fhir/R4/http.html#parameters>, `_format`).
const SHORT_FORMATS: [&str; 4] = ["xml", "json", "ttl", "html"];

/// Longest unit that is looked at, in bytes.
const UNIT_BYTES_MAX: usize = 200;

impl Grammar {
    /// The grammar of a system's codes.
    pub fn of(system: &str) -> Option<Self> {
        SYSTEMS.iter().find(|(known, _)| *known == system).map(|(_, grammar)| *grammar)
    }

    /// Whether a code is of the system. A well-written code of a list that is not here is `Unknown`.
    pub fn check(self, code: &str) -> Membership {
        let (is_well_written, well_written) = match self {
            Self::MediaType => (is_media_type(code), Membership::Yes),
            Self::Language => (is_language(code), Membership::Yes),
            Self::Unit => (is_unit(code), Membership::Yes),
            Self::Country => (is_country(code), Membership::Unknown),
            Self::CountryPart => (is_country_part(code), Membership::Unknown),
            Self::Currency => (letters(code, 3, u8::is_ascii_uppercase), Membership::Unknown),
            Self::Uri => (code.contains(':') && !code.contains(char::is_whitespace), Membership::Yes),
        };
        if is_well_written { well_written } else { Membership::No }
    }
}

fn letters(text: &str, length: usize, is_right: fn(&u8) -> bool) -> bool {
    text.len() == length && text.as_bytes().iter().all(is_right)
}

fn is_country(code: &str) -> bool {
    letters(code, 2, u8::is_ascii_uppercase)
        || letters(code, 3, u8::is_ascii_uppercase)
        || letters(code, 3, u8::is_ascii_digit)
}

fn is_country_part(code: &str) -> bool {
    code.split_once('-').is_some_and(|(country, part)| {
        letters(country, 2, u8::is_ascii_uppercase)
            && (1..=3).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

fn is_unit(code: &str) -> bool {
    !code.is_empty() && code.len() <= UNIT_BYTES_MAX && octofhir_ucum::validate(code).is_ok()
}

/// A token of RFC 2045.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte))
}

fn is_media_type(code: &str) -> bool {
    if SHORT_FORMATS.contains(&code) {
        return true;
    }
    let mut parts = code.split(';');
    let kind = parts.next().unwrap_or_default().trim_end();
    let is_type = kind.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    is_type
        && parts.all(|parameter| {
            parameter.trim().split_once('=').is_some_and(|(name, value)| {
                let is_quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
                // HL7 itself writes URLs there without the quotes that RFC 2045 asks for.
                let is_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
                is_token(name) && (is_quoted || is_word)
            })
        })
}

/// A tag of RFC 5646: language, script, region, variants, extensions, private use.
fn is_language(code: &str) -> bool {
    let mut parts = code.split('-').peekable();
    let alphabetic = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some(language) = parts.next() else { return false };
    // "i" and "x" stand before registered and private tags and mean nothing alone.
    let is_prefix = matches!(language, "i" | "x");
    let is_language = (2..=8).contains(&language.len()) && alphabetic(language);
    if !(is_language || is_prefix && parts.peek().is_some()) {
        return false;
    }
    let mut is_after_singleton = false;
    for part in parts {
        if part.is_empty() || part.len() > 8 || !alphanumeric(part) {
            return false;
        }
        if is_after_singleton && part.len() == 1 {
            return false;
        }
        is_after_singleton = part.len() == 1;
    }
    !is_after_singleton
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_judged_by_how_they_are_written() {
        let cases = [
            (Grammar::MediaType, "application/fhir+json", Membership::Yes),
            (Grammar::MediaType, "text/plain; charset=utf-8", Membership::Yes),
            (Grammar::MediaType, "json", Membership::Yes),
            (Grammar::MediaType, "applicationfhir", Membership::No),
            (Grammar::MediaType, "text/", Membership::No),
            (Grammar::Language, "en", Membership::Yes),
            (Grammar::Language, "zh-Hant-TW", Membership::Yes),
            (Grammar::Language, "en-x-clinic", Membership::Yes),
            (Grammar::Language, "en--US", Membership::No),
            (Grammar::Language, "english language", Membership::No),
            (Grammar::Language, "", Membership::No),
            (Grammar::Unit, "mm[Hg]", Membership::Yes),
            (Grammar::Unit, "10*3/uL", Membership::Yes),
            (Grammar::Unit, "{beats}/min", Membership::Yes),
            (Grammar::Unit, "millimetres", Membership::No),
            (Grammar::Country, "US", Membership::Unknown),
            (Grammar::Country, "usa", Membership::No),
            (Grammar::CountryPart, "US-CA", Membership::Unknown),
            (Grammar::Currency, "USD", Membership::Unknown),
            (Grammar::Currency, "dollar", Membership::No),
        ];
        for (grammar, code, expected) in cases {
            assert_eq!(grammar.check(code), expected, "{grammar:?} {code}");
        }
    }
}
