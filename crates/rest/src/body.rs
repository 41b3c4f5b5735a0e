//! A request's body: its bytes, and the resource or patch in them.

use crate::failure::Failure;
use crate::format::{Format, MediaType, supported};
use crate::parameters::Parameters;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use fhir::{Document, Limits};
use record::patch::Patch;

/// A request's body.
pub(crate) struct Body {
    pub bytes: Bytes,
    /// `Content-Type`; `None` when there is none.
    media: Option<MediaType>,
    limits: Limits,
}

/// The media type of a JSON Patch (RFC 6902).
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

impl Body {
    pub fn new(bytes: Bytes, headers: &HeaderMap, bytes_max: usize) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let limits = Limits { bytes: bytes_max, ..Limits::default() };
        Self { bytes, media: content_type.map(MediaType::read), limits }
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The name of the media type; empty when there is none.
    pub fn media_type(&self) -> &str {
        self.media.as_ref().map_or("", |media| media.name.as_str())
    }

    /// The format of the resource in it; `None` when it is no resource.
    pub fn format(&self) -> Option<Format> {
        self.media.as_ref().filter(|media| media.name != "application/*" && media.name != "*/*")?.format()
    }

    /// The resource in it.
    pub fn resource(&self) -> Result<Document, Failure> {
        let format = self.format().filter(|_| self.media.as_ref().is_some_and(MediaType::is_utf8));
        let document = match format {
            Some(Format::Json) => Document::parse_with(self.bytes.to_vec(), self.limits)?,
            Some(Format::Xml) => fhir::xml::from_xml(&self.bytes, self.limits)?,
            None => return Err(self.unsupported(&supported())),
        };
        match document.root().kind() {
            fhir::Kind::Object => Ok(document),
            _ => Err(Failure::new(StatusCode::BAD_REQUEST, "structure", "the body is no resource")
                .mended_by("send one resource: an object with a resourceType")),
        }
    }

    /// The patch in it.
    pub fn patch(&self) -> Result<Patch, Failure> {
        if self.media_type() == JSON_PATCH {
            return Ok(Patch::from_json(self.bytes.to_vec())?);
        }
        if self.format().is_none() {
            return Err(
                self.unsupported(&format!("{JSON_PATCH}, or a Parameters resource as {}", supported()))
            );
        }
        let document = self.resource()?;
        match document.resource_type().as_deref() {
            Some("Parameters") => Ok(Patch::FhirPath(document)),
            _ => Err(Failure::bad_request("the body is no patch")
                .mended_by(format!("send a Parameters resource (FHIRPath Patch), or {JSON_PATCH}"))),
        }
    }

    /// The parameters of a form; those of an empty body are none.
    pub fn form(&self) -> Result<Parameters, Failure> {
        match self.media_type() {
            _ if self.is_empty() => Ok(Parameters::default()),
            FORM => match std::str::from_utf8(&self.bytes) {
                Ok(text) => Ok(Parameters::parse(text)),
                Err(_) => Err(Failure::bad_request("the form is not UTF-8")),
            },
            _ => Err(self.unsupported(FORM)),
        }
    }

    fn unsupported(&self, supported: &str) -> Failure {
        let what = match &self.media {
            None => "the request says nothing of what its body is".to_owned(),
            Some(media) if !media.is_utf8() => "the body's text is not said to be UTF-8".to_owned(),
            Some(media) if !media.is_our_version() => {
                "the body is of another version of FHIR than 4.0".to_owned()
            }
            Some(media) => format!("a body of type '{}' is not understood here", media.name),
        };
        Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", what)
            .mended_by(format!("send {supported}, in UTF-8, and say so by Content-Type"))
            .at("http.Content-Type")
    }
}
