//! What the entries of a bundle call each other: `fullUrl`s, and what they came to be (R4 bundle §2.36.4.1).

use crate::error::Error;
use fhir::schema::schema;
use std::collections::HashMap;
use store::ResourceKey;

/// The names of a bundle's entries.
pub(super) struct Names {
    server: String,
    keys: HashMap<String, String>,
    /// The bases of `fullUrl`s that are addresses of resources, when all of them have one and the same.
    base: SharedBase,
}

enum SharedBase {
    None,
    One(String),
    Several,
}

impl Names {
    pub fn new(server: &str) -> Self {
        Self { server: server.to_owned(), keys: HashMap::new(), base: SharedBase::None }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Gives a name its meaning. The same name twice would lead to either, so it is refused.
    pub fn add(&mut self, full_url: &str, key: &ResourceKey) -> Result<(), Error> {
        if let Some(base) = base_of(full_url) {
            match &self.base {
                SharedBase::None => self.base = SharedBase::One(base.to_owned()),
                SharedBase::One(known) if known != base => self.base = SharedBase::Several,
                _ => {}
            }
        }
        match self.keys.insert(full_url.to_owned(), key.to_string()) {
            None => Ok(()),
            Some(_) => Err(Error::request(
                "Bundle.entry.fullUrl",
                format!("two entries have the fullUrl '{full_url}'; give each its own"),
            )),
        }
    }

    /// What a reference in an entry leads to, when it leads to an entry. A relative one counts from the base of the entry
    /// that it stands in, not from that of the one it may mean: `Patient/1` of another server is another patient.
    pub fn find(&self, reference: &str, own: Option<&str>) -> Option<&str> {
        if let Some(key) = self.keys.get(reference) {
            return Some(key);
        }
        if reference.contains(':') || reference.starts_with('#') {
            return None;
        }
        let base = match (own.map(base_of), &self.base) {
            (Some(Some(base)), _) => base,
            (None, SharedBase::One(base)) => base,
            _ => &self.server,
        };
        self.keys.get(&format!("{base}/{reference}")).map(String::as_str)
    }
}

/// The base of a URL that ends in a type and an id.
fn base_of(full_url: &str) -> Option<&str> {
    if !full_url.starts_with("http://") && !full_url.starts_with("https://") {
        return None;
    }
    let (rest, _id) = full_url.rsplit_once('/')?;
    let (base, type_name) = rest.rsplit_once('/')?;
    schema().resource_named(type_name).map(|_| base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_reference_counts_from_its_own_entry() {
        let key = ResourceKey::new(schema().resource_named("Patient").unwrap(), "new");
        let mut names = Names::new("http://here/fhir");
        names.add("http://there/Patient/1", &key).unwrap();
        assert_eq!(names.find("Patient/1", Some("http://there/Observation/2")), Some("Patient/new"));
        assert_eq!(names.find("Patient/1", None), Some("Patient/new"));
        assert_eq!(names.find("Patient/1", Some("urn:uuid:2")), None);
        assert_eq!(names.find("Patient/1", Some("http://here/fhir/Observation/2")), None);
        assert_eq!(names.find("http://there/Patient/1", Some("urn:uuid:2")), Some("Patient/new"));
        assert!(names.add("http://there/Patient/1", &key).is_err());
        names.add("http://elsewhere/Patient/1", &key).unwrap();
        assert_eq!(names.find("Patient/1", None), None, "of two bases neither is meant");
    }
}
