//! What roles come to, for people to read: which types, which interactions, when, and what is not shown.

use crate::interaction::Interactions;
use crate::permission::Permission;
use crate::policy::Policy;
use crate::restriction::Bearer;
use fhir::schema::{TypeId, schema};

/// Types that some roles may do the same with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveAccess {
    /// The types, in the order of the standard.
    pub types: Vec<TypeId>,
    /// What may be done with them; none: nothing.
    pub permissions: Vec<EffectivePermission>,
}

/// What may be done, and with which resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectivePermission {
    /// What.
    pub interactions: Interactions,
    /// With which resources, as in roles.tsv; empty: with all.
    pub condition: String,
    /// Elements that are not shown.
    pub hidden: Vec<String>,
}

/// What bears a label and is not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveRestriction {
    /// The labels, `system|code`, separated by commas.
    pub labels: String,
    /// Whose label counts.
    pub bearer: Bearer,
    /// When it is seen all the same; empty: never.
    pub unless: String,
}

impl Policy {
    /// What roles may do together. Types without any permission are left out.
    pub fn effective(&self, roles: &[String]) -> Vec<EffectiveAccess> {
        let mut all: Vec<EffectiveAccess> = Vec::new();
        for type_id in schema().resources() {
            let permissions: Vec<_> =
                self.permissions_about(roles, type_id).map(EffectivePermission::of).collect();
            if permissions.is_empty() {
                continue;
            }
            match all.iter_mut().find(|known| known.permissions == permissions) {
                Some(known) => known.types.push(type_id),
                None => all.push(EffectiveAccess { types: vec![type_id], permissions }),
            }
        }
        all
    }

    /// What roles do not see, whatever they may do.
    pub fn effective_restrictions(&self, roles: &[String]) -> Vec<EffectiveRestriction> {
        self.restrictions_of(roles).map(|(_, restriction)| restriction.effective()).collect()
    }
}

impl EffectivePermission {
    fn of(permission: &Permission) -> Self {
        Self {
            interactions: permission.interactions,
            condition: permission.condition.text().to_owned(),
            hidden: permission.hidden.clone(),
        }
    }
}
