//! How an actor stands to patients: what a decision is told of the record.

use crate::actor::Actor;
use crate::consent::Directive;
use search::Ports;

/// What the record says of the actor at this moment. Asked only when a decision depends on it.
pub trait Relations {
    /// The ids of the patients who the actor is, or whose proxy they are.
    fn represented(&self) -> &[String];

    /// The ids of the patients whose glass the actor broke, and for whom that still holds.
    fn emergencies(&self) -> &[String];

    /// What patients keep from the actor; `None`: it cannot be told.
    fn withheld(&self) -> Option<&[Directive]>;

    /// The patients and visits that bear a label which counts for what is theirs ([`crate::Policy::inherited_labels`]).
    fn labelled(&self) -> &Labelled;

    /// The sites where the actor works, as references such as `Location/1`.
    fn sites(&self) -> &[String];
}

/// Resources whose label counts for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearers {
    /// These and no others, by id.
    These(Vec<String>),
    /// Too many to name, or not known.
    Many,
}

impl Bearers {
    /// True when there are none.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::These(ids) if ids.is_empty())
    }
}

/// Patients and visits that bear a label which counts for what is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Patients.
    pub patients: Bearers,
    /// Visits.
    pub visits: Bearers,
}

impl Labelled {
    /// It is not known which there are: each resource's patient and visit is looked at.
    pub const UNKNOWN: Self = Self { patients: Bearers::Many, visits: Bearers::Many };
}

/// Nobody is anybody's proxy, and there is no emergency.
pub struct NoRelations;

impl Relations for NoRelations {
    fn represented(&self) -> &[String] {
        &[]
    }

    fn emergencies(&self) -> &[String] {
        &[]
    }

    fn withheld(&self) -> Option<&[Directive]> {
        Some(&[])
    }

    fn labelled(&self) -> &Labelled {
        &Labelled::UNKNOWN
    }

    fn sites(&self) -> &[String] {
        &[]
    }
}

/// Who asks, and what is known of them.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// How they stand to patients.
    pub relations: &'a dyn Relations,
    /// What conditions are told of the world.
    pub ports: &'a dyn Ports,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}
