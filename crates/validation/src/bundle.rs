//! The entries of a bundle, as far as references inside it need them.

use fhir::Node;
use fhir::schema::{TypeId, schema};
use std::borrow::Cow;
use std::collections::HashMap;

/// The types of the entries of a bundle by `fullUrl`.
#[derive(Default)]
pub(crate) struct FullUrls<'a> {
    types: HashMap<Cow<'a, str>, TypeId>,
}

impl<'a> FullUrls<'a> {
    pub fn of(bundle: Node<'a>) -> Self {
        let types = bundle.each_of("entry").filter_map(|entry| {
            let type_name = entry.get("resource")?.get_str("resourceType")?;
            Some((entry.get_str("fullUrl")?, schema().resource_named(&type_name)?))
        });
        Self { types: types.collect() }
    }

    /// The type of the entry of a URL.
    pub fn type_of(&self, url: &str) -> Option<TypeId> {
        self.types.get(url).copied()
    }
}
