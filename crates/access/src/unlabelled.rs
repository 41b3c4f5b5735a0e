//! That a resource bears none of the labels of some restrictions: one clause for all of them, made once for each choice, for it is
//! asked at every read.

use crate::restriction::{Restriction, bears};
use search::query::Clause;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Clauses by the places of the restrictions, as bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlabelled(Arc<RwLock<HashMap<Vec<u64>, Arc<Clause>>>>);

impl Unlabelled {
    /// The clause for restrictions of some places among all; `None` for none.
    pub fn clause(&self, restrictions: &[Restriction], places: &[usize]) -> Option<Arc<Clause>> {
        if places.is_empty() {
            return None;
        }
        let key = bits(places);
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(Arc::clone(known));
        }
        let labels: Vec<&str> = places.iter().map(|place| restrictions[*place].labels()).collect();
        let labelled = bears(&labels.join(",")).expect("each of them was read before");
        let clause = Arc::new(Clause::Not(Box::new(labelled)));
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(all.entry(key).or_insert(clause)))
    }
}

fn bits(places: &[usize]) -> Vec<u64> {
    let mut bits = Vec::with_capacity(1);
    for place in places {
        bits.resize(bits.len().max(place / 64 + 1), 0);
        bits[place / 64] |= 1 << (place % 64);
    }
    bits
}
