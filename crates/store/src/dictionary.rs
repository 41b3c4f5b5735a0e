//! Numbers for the names of types and parameters, kept in memory. The backends keep them on disk.

use crate::error::StoreError;
use fhir::schema::{TypeId, schema};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

const TYPES: i64 = 0;
const PARAMETERS: i64 = 1;

/// The dictionary of an open store, shared by all threads.
pub(crate) struct SharedDictionary(RwLock<Arc<Dictionary>>);

impl SharedDictionary {
    pub fn new(dictionary: Dictionary) -> Self {
        Self(RwLock::new(Arc::new(dictionary)))
    }

    /// The dictionary as it is now.
    pub fn now(&self) -> Arc<Dictionary> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a new one, unless one with more names is there already: names are only ever added.
    pub fn set(&self, dictionary: Dictionary) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if dictionary.names > known.names {
            *known = Arc::new(dictionary);
        }
    }
}

/// The names known to a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    type_numbers: HashMap<TypeId, i64>,
    types: HashMap<i64, TypeId>,
    parameters: HashMap<TypeId, HashMap<Box<str>, i64>>,
    last_parameter: i64,
    names: i64,
}

/// A row of the dictionary on disk.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub kind: i64,
    pub name: String,
    pub number: i64,
}

impl Dictionary {
    /// Takes a row that is on disk.
    pub fn take(&mut self, Name { kind, name, number }: &Name) -> Result<(), StoreError> {
        let type_of = |name: &str| {
            let unknown = || StoreError::Damaged(format!("the dictionary names an unknown type {name}"));
            schema().resource_named(name).ok_or_else(unknown)
        };
        if ![TYPES, PARAMETERS].contains(kind) {
            return Err(StoreError::Damaged(format!("the dictionary has {name} of kind {kind}")));
        }
        if *kind == TYPES {
            let type_id = type_of(name)?;
            self.type_numbers.insert(type_id, *number);
            self.types.insert(*number, type_id);
        } else {
            let (type_name, code) = name
                .split_once('.')
                .ok_or_else(|| StoreError::Damaged(format!("the dictionary names a parameter {name}")))?;
            self.parameters.entry(type_of(type_name)?).or_default().insert(code.into(), *number);
            self.last_parameter = self.last_parameter.max(*number);
        }
        self.names += 1;
        Ok(())
    }

    /// Checks a dictionary that was read: numbers are given one after the other, from 1.
    pub fn check(&self) -> Result<(), StoreError> {
        let types = self.types.keys().copied().collect();
        let parameters = self.parameters.values().flat_map(|codes| codes.values().copied()).collect();
        let named: [(&str, usize, BTreeSet<i64>); 2] = [
            ("types", self.type_numbers.len(), types),
            ("parameters", self.parameters.values().map(HashMap::len).sum(), parameters),
        ];
        for (what, count, numbers) in named {
            if numbers.len() != count || !numbers.into_iter().eq((1..).take(count)) {
                return Err(StoreError::Damaged(format!("the dictionary's numbers of {what}")));
            }
        }
        Ok(())
    }

    /// How many names it has.
    pub fn names(&self) -> i64 {
        self.names
    }

    /// Rows for the resource types that have no number yet.
    pub fn missing_types(&self) -> Vec<Name> {
        let last = self.types.keys().copied().max().unwrap_or(0);
        let missing = schema().resources().filter(|type_id| !self.type_numbers.contains_key(type_id));
        let row =
            |(type_id, number): (TypeId, i64)| Name { kind: TYPES, name: type_id.name().to_owned(), number };
        missing.zip(last + 1..).map(row).collect()
    }

    /// Rows for those of some parameters that have no number yet.
    pub fn missing_parameters(&self, parameters: &[(TypeId, &'static str)]) -> Vec<Name> {
        let missing = parameters.iter().filter(|(type_id, code)| self.parameter(*type_id, code).is_none());
        let row = |((type_id, code), number): (&(TypeId, &str), i64)| Name {
            kind: PARAMETERS,
            name: format!("{}.{code}", type_id.name()),
            number,
        };
        missing.zip(self.last_parameter + 1..).map(row).collect()
    }

    /// The number of a resource type.
    pub fn type_number(&self, type_id: TypeId) -> i64 {
        *self.type_numbers.get(&type_id).expect("every resource type has a number since the store was opened")
    }

    /// The type of a number.
    pub fn type_of(&self, number: i64) -> Result<TypeId, StoreError> {
        let unknown = || StoreError::Damaged(format!("no type has the number {number}"));
        self.types.get(&number).copied().ok_or_else(unknown)
    }

    /// The number of a parameter; `None` when nothing was ever written for it.
    pub fn parameter(&self, type_id: TypeId, code: &str) -> Option<i64> {
        self.parameters.get(&type_id)?.get(code).copied()
    }
}
