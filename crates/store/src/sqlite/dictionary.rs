//! Numbers for the names of types and parameters, kept in memory.

use super::failure::failed;
use super::statements as sql;
use crate::error::StoreError;
use fhir::schema::{TypeId, schema};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};

const TYPES: i64 = 0;
const PARAMETERS: i64 = 1;

/// The dictionary of an open data directory, shared by all threads.
pub(super) struct SharedDictionary(RwLock<Arc<Dictionary>>);

impl SharedDictionary {
    pub fn new(dictionary: Dictionary) -> Self {
        Self(RwLock::new(Arc::new(dictionary)))
    }

    /// The dictionary as it is now.
    pub fn now(&self) -> Arc<Dictionary> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a new one.
    pub fn set(&self, dictionary: Dictionary) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(dictionary);
    }
}

/// The names known to a data directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionary {
    type_numbers: HashMap<TypeId, i64>,
    types: HashMap<i64, TypeId>,
    parameters: HashMap<TypeId, HashMap<Box<str>, i64>>,
    last_parameter: i64,
}

impl Dictionary {
    /// Reads the names, and adds the types that are missing.
    pub fn open(connection: &Connection) -> Result<Self, StoreError> {
        let failed = || failed("add the types to the dictionary");
        let transaction = connection.unchecked_transaction().map_err(failed())?;
        let mut dictionary = Self::read(connection)?;
        let mut last = dictionary.types.keys().copied().max().unwrap_or(0);
        for type_id in schema().resources() {
            if let Entry::Vacant(vacant) = dictionary.type_numbers.entry(type_id) {
                last += 1;
                transaction
                    .execute(sql::DICTIONARY_ADD, params![TYPES, type_id.name(), last])
                    .map_err(failed())?;
                vacant.insert(last);
                dictionary.types.insert(last, type_id);
            }
        }
        transaction.commit().map_err(failed())?;
        Ok(dictionary)
    }

    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let failed = || failed("read the dictionary");
        let mut dictionary = Self::default();
        let mut statement = connection.prepare(sql::DICTIONARY_READ).map_err(failed())?;
        let mut rows = statement.query([]).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            let (kind, name, number): (i64, String, i64) = row.try_into().map_err(failed())?;
            dictionary.take(kind, &name, number)?;
        }
        Ok(dictionary)
    }

    fn take(&mut self, kind: i64, name: &str, number: i64) -> Result<(), StoreError> {
        let type_of = |name: &str| {
            let unknown = || StoreError::Damaged(format!("the dictionary names an unknown type {name}"));
            schema().resource_named(name).ok_or_else(unknown)
        };
        if kind == TYPES {
            let type_id = type_of(name)?;
            self.type_numbers.insert(type_id, number);
            self.types.insert(number, type_id);
        } else {
            let (type_name, code) = name
                .split_once('.')
                .ok_or_else(|| StoreError::Damaged(format!("the dictionary names a parameter {name}")))?;
            self.parameters.entry(type_of(type_name)?).or_default().insert(code.into(), number);
            self.last_parameter = self.last_parameter.max(number);
        }
        Ok(())
    }

    /// The number of a resource type.
    pub fn type_number(&self, type_id: TypeId) -> i64 {
        *self
            .type_numbers
            .get(&type_id)
            .expect("every resource type has a number since the directory was opened")
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

    /// Adds a parameter, in memory and on disk.
    pub fn add_parameter(
        &mut self,
        connection: &Connection,
        type_id: TypeId,
        code: &str,
    ) -> Result<(), StoreError> {
        if self.parameter(type_id, code).is_none() {
            let number = self.last_parameter + 1;
            let name = format!("{}.{code}", type_id.name());
            connection
                .execute(sql::DICTIONARY_ADD, params![PARAMETERS, name, number])
                .map_err(failed("add a parameter to the dictionary"))?;
            self.parameters.entry(type_id).or_default().insert(code.into(), number);
            self.last_parameter = number;
        }
        Ok(())
    }
}
