//! What a part of an expression can give, as far as it is known without a resource.

use crate::item::{Item, SystemType};
use crate::syntax::TypeSpecifier;
use fhir::schema::TypeId;

/// A possible type of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fhir(TypeId),
    System(SystemType),
}

impl Kind {
    /// What operators read it as; `None` for elements with parts.
    pub fn as_system(self) -> Option<SystemType> {
        match self {
            Self::System(kind) => Some(kind),
            Self::Fhir(type_id) => SystemType::of_fhir(type_id),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Fhir(type_id) => type_id.name(),
            Self::System(kind) => kind.name(),
        }
    }
}

/// The possible types of the items of a collection.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// `None`: of any type. Empty: there are no items.
    kinds: Option<Vec<Kind>>,
    /// False when the order of the items has no meaning, as after `children()`.
    pub is_ordered: bool,
}

impl Shape {
    pub const ANY: Self = Self { kinds: None, is_ordered: true };

    pub fn none() -> Self {
        Self { kinds: Some(Vec::new()), is_ordered: true }
    }

    pub fn of(kind: Kind) -> Self {
        Self { kinds: Some(vec![kind]), is_ordered: true }
    }

    pub fn system(kind: SystemType) -> Self {
        Self::of(Kind::System(kind))
    }

    pub fn literal(item: &Item<'_>) -> Self {
        item.system_type().map_or(Self::ANY, Self::system)
    }

    /// The types that a name can mean.
    pub fn named(specifier: &TypeSpecifier) -> Self {
        let fhir = specifier.fhir.map(Kind::Fhir);
        let system = specifier.system.map(Kind::System);
        Self { kinds: Some(fhir.into_iter().chain(system).collect()), is_ordered: true }
    }

    /// The kinds, unless any is possible or there are no items.
    pub fn known(&self) -> Option<&[Kind]> {
        self.kinds.as_deref().filter(|kinds| !kinds.is_empty())
    }

    pub fn is_none(&self) -> bool {
        self.kinds.as_ref().is_some_and(Vec::is_empty)
    }

    pub fn add(&mut self, kind: Kind) {
        if let Some(kinds) = &mut self.kinds
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
        }
    }

    /// Items of either.
    pub fn or(mut self, other: Self) -> Self {
        self.is_ordered &= other.is_ordered;
        match other.kinds {
            None => self.kinds = None,
            Some(kinds) => kinds.into_iter().for_each(|kind| self.add(kind)),
        }
        self
    }

    pub fn with_order(mut self, is_ordered: bool) -> Self {
        self.is_ordered = is_ordered;
        self
    }

    /// True when some item can be read as one of these types, as far as is known.
    pub fn may_be(&self, wanted: &[SystemType]) -> bool {
        self.known().is_none_or(|kinds| {
            kinds.iter().any(|kind| kind.as_system().is_some_and(|system| wanted.contains(&system)))
        })
    }

    /// The names of the types, for messages.
    pub fn names(&self) -> String {
        let Some(kinds) = self.known() else { return "anything".to_owned() };
        let mut names: Vec<&str> = kinds.iter().take(4).map(|kind| kind.name()).collect();
        if kinds.len() > names.len() {
            names.push("…");
        }
        names.join(", ")
    }
}
