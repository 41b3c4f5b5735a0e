//! How an answer is written: format and layout.

use crate::failure::Failure;
use crate::format::Format;
use crate::parameters::Parameters;
use axum::http::HeaderMap;

/// The parameters of every interaction (R4 http §3.1.0.1.10, search §3.1.1.5.8, §3.1.1.5.9).
pub(crate) const PARAMETERS: [&str; 4] = ["_format", "_pretty", "_summary", "_elements"];

/// Those that only the edge understands: no search sees them.
pub(crate) const OUTER_PARAMETERS: [&str; 2] = ["_format", "_pretty"];

/// How an answer is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presentation {
    pub format: Format,
    pub pretty: bool,
    /// Why the answer cannot be given in any format that was asked for. Only a Binary can, as it is.
    pub refused: Option<Failure>,
}

impl Presentation {
    pub fn read(query: &Parameters, headers: &HeaderMap) -> Self {
        let pretty = match query.get("_pretty") {
            None | Some("false") => Ok(false),
            Some("true" | "") => Ok(true),
            Some(_) => Err(Failure::parameter("_pretty", "write true or false")),
        };
        let format = Format::negotiate(query, headers);
        Self {
            format: *format.as_ref().unwrap_or(&Format::default()),
            pretty: *pretty.as_ref().unwrap_or(&false),
            refused: format.err().or(pretty.err()),
        }
    }

    /// The refusal, when there is one.
    pub fn check(&self) -> Result<(), Failure> {
        self.refused.clone().map_or(Ok(()), Err)
    }
}
