//! Units in canonical form.

use fhir::decimal::Decimal;
use fhir::ucum::Unit;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

/// A unit understood, with its canonical one.
pub(crate) struct Canonical {
    unit: Unit,
    code: String,
}

/// Units that were read, so that each is read once; `None` for what is no unit. Data sets have a few hundred.
static UNITS: LazyLock<RwLock<HashMap<String, Option<Arc<Canonical>>>>> = LazyLock::new(RwLock::default);
const UNITS_LIMIT: usize = 2000;

impl Canonical {
    /// The unit of a UCUM code; `None` when it is none.
    pub(crate) fn of(code: &str) -> Option<Arc<Self>> {
        if let Ok(units) = UNITS.read()
            && let Some(known) = units.get(code)
        {
            return known.clone();
        }
        let read = Unit::parse(code)
            .ok()
            .map(|unit| Arc::new(Self { code: unit.canonical_code().to_owned(), unit }));
        if let Ok(mut units) = UNITS.write()
            && units.len() < UNITS_LIMIT
        {
            units.insert(code.to_owned(), read.clone());
        }
        read
    }

    /// The canonical unit's code.
    pub(crate) fn unit(&self) -> &str {
        &self.code
    }

    /// A value in the canonical unit; `None` when it does not fit.
    pub(crate) fn value(&self, value: Decimal) -> Option<Decimal> {
        self.unit.canonical(value).ok().map(|canonical| canonical.value)
    }
}
