//! What the client would like: the `Prefer` header (RFC 7240; R4 http §3.1.0.5, search §3.1.1.3).

use axum::http::HeaderMap;

/// What the client would like. Preferences that are not known are passed over, as the standard asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    pub returns: Return,
    /// `handling`: true for lenient; `None` when nothing is said.
    pub lenient: Option<bool>,
    /// `respond-async`: the answer may come later, at another place.
    pub is_async: bool,
}

/// What a write is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Return {
    /// Nothing but headers.
    Minimal,
    /// The resource.
    #[default]
    Representation,
    /// An OperationOutcome.
    OperationOutcome,
}

const RETURNS: [(&str, Return); 3] = [
    ("minimal", Return::Minimal),
    ("representation", Return::Representation),
    ("OperationOutcome", Return::OperationOutcome),
];

impl Prefer {
    pub fn read(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        let lines = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in lines.flat_map(|line| line.split([',', ';'])) {
            let Some((name, value)) = preference.split_once('=') else {
                prefer.is_async |= preference.trim().eq_ignore_ascii_case("respond-async");
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "return" => {
                    let known = RETURNS.iter().find(|(known, _)| known.eq_ignore_ascii_case(value));
                    prefer.returns = known.map_or(prefer.returns, |(_, meaning)| *meaning);
                }
                "handling" if value.eq_ignore_ascii_case("lenient") => prefer.lenient = Some(true),
                "handling" if value.eq_ignore_ascii_case("strict") => prefer.lenient = Some(false),
                _ => {}
            }
        }
        prefer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_and_unknown_ones_passed_over() {
        let read = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("prefer", line.parse().expect("a header value"));
            }
            Prefer::read(&headers)
        };
        assert_eq!(read(&[]), Prefer::default());
        let both = Prefer { returns: Return::Minimal, lenient: Some(true), is_async: false };
        assert_eq!(read(&["return=minimal; handling=lenient"]), both);
        let later = Prefer { is_async: true, ..both };
        assert_eq!(read(&["return=\"minimal\"", "respond-async, handling=lenient"]), later);
        assert_eq!(read(&["return=operationoutcome"]).returns, Return::OperationOutcome);
        assert_eq!(read(&["return=all, handling=loose"]), Prefer::default());
    }
}
