//! The formats of resources and how requests name them (R4 http §3.1.0.1.9, §3.1.0.1.10).

use crate::failure::Failure;
use crate::parameters::Parameters;
use axum::http::{HeaderMap, StatusCode, header};

/// A format of resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Json,
    Xml,
}

/// Every name of a format, that which answers carry first.
pub(crate) const FORMATS: [(Format, &[&str]); 2] = [
    (Format::Json, &["application/fhir+json", "application/json", "text/json", "json"]),
    (Format::Xml, &["application/fhir+xml", "application/xml", "text/xml", "xml"]),
];

/// Ranges of `Accept` that leave the choice to us.
const ANY: [&str; 2] = ["*/*", "application/*"];

impl Format {
    /// The media type that answers carry.
    pub fn media_type(self) -> &'static str {
        FORMATS.iter().find(|(format, _)| *format == self).map_or("", |(_, names)| names[0])
    }

    /// The format of a name: a short one or a media type without parameters.
    fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|(_, names)| names.contains(&name)).map(|(format, _)| *format)
    }

    /// The format of an answer: `_format`, or else the best of `Accept`, or else JSON.
    pub fn negotiate(query: &Parameters, headers: &HeaderMap) -> Result<Self, Failure> {
        if let Some(wanted) = query.get("_format").filter(|wanted| !wanted.is_empty()) {
            // A plus sign that was not escaped arrives as a blank.
            let media = MediaType::read(&wanted.replace("fhir ", "fhir+"));
            return media.format().ok_or_else(|| not_acceptable("http._format", wanted));
        }
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges: Vec<MediaType> =
            lines.flat_map(|line| line.split(',')).map(MediaType::read).collect();
        ranges.retain(|range| !range.name.is_empty());
        // A stable sort: among equals the first named wins.
        ranges.sort_by_key(|range| std::cmp::Reverse(range.quality));
        let wanted = || ranges.iter().map(|range| range.name.clone()).collect::<Vec<_>>().join(", ");
        let acceptable = ranges.iter().filter(|range| range.quality > 0);
        match acceptable.filter_map(MediaType::format).next() {
            Some(format) => Ok(format),
            None if ranges.is_empty() => Ok(Self::Json),
            None => Err(not_acceptable("http.Accept", &wanted())),
        }
    }
}

/// A media type or range with the parameters that matter here.
pub(crate) struct MediaType {
    /// In lower case, without parameters.
    pub name: String,
    pub charset: Option<String>,
    fhir_version: Option<String>,
    /// In thousandths.
    quality: u32,
}

impl MediaType {
    pub fn read(text: &str) -> Self {
        let mut parts = text.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut media = Self { name, charset: None, fhir_version: None, quality: 1000 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "charset" => media.charset = Some(value),
                "fhirversion" => media.fhir_version = Some(value),
                "q" => media.quality = quality(&value),
                _ => {}
            }
        }
        media
    }

    /// The format of resources it stands for, in the version of the standard that we speak.
    pub fn format(&self) -> Option<Format> {
        let any = ANY.contains(&self.name.as_str()).then_some(Format::Json);
        Format::named(&self.name).or(any).filter(|_| self.is_our_version())
    }

    /// True when no version of the standard is named, or ours (R4 http §3.1.0.1.9.1).
    pub fn is_our_version(&self) -> bool {
        self.fhir_version.as_deref().is_none_or(|version| ["4.0", "4.0.1"].contains(&version))
    }

    /// True when text in it is UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.charset.as_deref().is_none_or(|charset| ["utf-8", "utf8", "us-ascii"].contains(&charset))
    }
}

/// `q` in thousandths; what is no number is 0 (RFC 9110 §12.4.2).
fn quality(text: &str) -> u32 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(fraction)) => (whole.min(1) * 1000 + fraction).min(1000),
        _ => 0,
    }
}

fn not_acceptable(expression: &str, wanted: &str) -> Failure {
    Failure::new(
        StatusCode::NOT_ACCEPTABLE,
        "not-supported",
        format!("answers cannot be given as '{wanted}'"),
    )
    .mended_by(format!("ask for one of {} in FHIR version 4.0, by Accept or _format", supported()))
    .at(expression)
}

/// The media types of resources, for messages.
pub(crate) fn supported() -> String {
    FORMATS.map(|(_, names)| names[0]).join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiate(query: &str, accept: &[&str]) -> Result<Format, StatusCode> {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(header::ACCEPT, line.parse().expect("a header value"));
        }
        Format::negotiate(&Parameters::parse(query), &headers).map_err(|failure| failure.status)
    }

    #[test]
    fn the_query_wins_over_accept() {
        assert_eq!(negotiate("_format=xml", &["application/fhir+json"]), Ok(Format::Xml));
        assert_eq!(negotiate("_format=application/fhir+xml", &[]), Ok(Format::Xml));
        assert_eq!(negotiate("_format=application%2Fjson", &["text/xml"]), Ok(Format::Json));
        assert_eq!(negotiate("_format=ttl", &["application/fhir+json"]), Err(StatusCode::NOT_ACCEPTABLE));
    }

    #[test]
    fn the_best_range_that_we_have_wins() {
        let rows: [(&[&str], _); 9] = [
            (&[], Ok(Format::Json)),
            (&["*/*"], Ok(Format::Json)),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], Ok(Format::Xml)),
            (&["application/fhir+xml;q=0.5, application/fhir+json"], Ok(Format::Json)),
            (&["application/fhir+xml", "application/fhir+json"], Ok(Format::Xml)),
            (&["application/fhir+json; fhirVersion=4.0"], Ok(Format::Json)),
            (&["application/fhir+json; fhirVersion=5.0"], Err(StatusCode::NOT_ACCEPTABLE)),
            (&["text/turtle"], Err(StatusCode::NOT_ACCEPTABLE)),
            (&["application/json;q=0"], Err(StatusCode::NOT_ACCEPTABLE)),
        ];
        for (accept, expected) in rows {
            assert_eq!(negotiate("", accept), expected, "{accept:?}");
        }
    }
}
