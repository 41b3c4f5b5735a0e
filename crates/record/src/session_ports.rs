//! What validation is told in a session: the terminology, and the practice's own definitions.

use crate::resource::Resource;
use crate::session::Session;
use fhir::Document;
use fhir::schema::schema;
use store::ResourceKey;
use validation::profile::is_version;
use validation::{CodingFault, Membership, Ports};

/// The ports of validation for the resources that an actor may read.
pub struct SessionPorts<'s> {
    pub(crate) session: &'s Session,
}

impl Ports for SessionPorts<'_> {
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.session.record.ports.in_value_set(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        Ports::draws_on(&*self.session.record.ports, value_set, system)
    }

    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        self.session.record.ports.coding_fault(system, code, display)
    }

    /// What the actor may read; references to other servers are not followed.
    fn resource(&self, reference: &str) -> Option<Document> {
        let own =
            reference.strip_prefix(self.session.record.base_url()).and_then(|rest| rest.strip_prefix('/'));
        let (type_name, id) = own.unwrap_or(reference).split_once('/')?;
        let key = ResourceKey::new(schema().resource_named(type_name)?, id);
        self.session.read(&key).ok()?.document()
    }

    /// The one changed last, of several of the same canonical.
    fn definition(&self, type_name: &str, canonical: &str) -> Option<Document> {
        let type_id = schema().resource_named(type_name)?;
        let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
        let found = self.session.find(type_id, &[("url", url)]).ok()?;
        let documents = found.matches.iter().filter_map(Resource::document);
        let mut fitting = documents
            .filter(|found| is_version(version, &found.root().get_str("version").unwrap_or_default()));
        fitting.next()
    }
}
