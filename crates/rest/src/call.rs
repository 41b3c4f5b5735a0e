//! A request as an interaction sees it.

use crate::body::Body;
use crate::parameters::Parameters;
use crate::prefer::Prefer;
use crate::presentation::Presentation;
use crate::route::Place;
use crate::service::Service;
use crate::upload::Received;
use axum::http::{HeaderMap, HeaderName};
use search::parse::Handling;
use std::sync::Arc;

/// A request, read as far as all interactions need it.
pub(crate) struct Call {
    pub service: Arc<Service>,
    pub method: &'static str,
    pub place: Place,
    /// The URL's parameters, without those of the presentation that only the edge understands.
    pub query: Parameters,
    /// Those parameters of the presentation: links repeat them.
    pub outer: Parameters,
    pub headers: HeaderMap,
    pub body: Body,
    /// Content that was sent as it is; there is no body then.
    pub received: Option<Received>,
    pub presentation: Presentation,
    pub prefer: Prefer,
}

impl Call {
    /// A header's text; `None` when it is absent or not text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What is done with search parameters that are not understood.
    pub fn handling(&self) -> Handling {
        match self.prefer.lenient.unwrap_or(self.service.settings.lenient_search) {
            true => Handling::Lenient,
            false => Handling::Strict,
        }
    }

    /// Parameters with those of the presentation, for links.
    pub fn linked(&self, mut parameters: Parameters) -> Parameters {
        parameters.0.extend(self.outer.0.iter().cloned());
        parameters
    }

    /// The URL of a resource.
    pub fn full_url(&self, key: &record::ResourceKey) -> String {
        format!("{}/{key}", self.service.base_url)
    }

    /// The parameters of a condition in the URL: without those of the presentation.
    pub fn condition(&self) -> String {
        let mut condition = self.query.clone();
        condition.take(&crate::presentation::PARAMETERS);
        condition.to_query()
    }
}
