//! Combining (FHIRPath §5.4).

use super::{Definition, row};
use crate::collection::Collection;
use crate::distinct::Distinct;
use crate::item::Item;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("union", 1, 1, |evaluator, call, scope| {
        let mut found = Distinct::default();
        for items in [evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?] {
            for item in items {
                found.add(evaluator, item)?;
            }
        }
        Ok(found.into_collection())
    }),
    row("combine", 1, 1, |evaluator, call, scope| {
        let mut items = evaluator.input(call, scope)?;
        items.extend(evaluator.argument(call, 0, scope)?);
        evaluator.spend(items.len() as u64)?;
        Ok(items)
    }),
    row("join", 0, 1, |evaluator, call, scope| {
        let separator = crate::evaluate::string(&evaluator.argument(call, 0, scope)?, "join()")?;
        let mut joined = String::new();
        let items = evaluator.input(call, scope)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                joined.push_str(separator.as_deref().unwrap_or(""));
            }
            let single = Collection::from(item.clone());
            evaluator.spend(separator.as_ref().map_or(1, |separator| separator.len() as u64))?;
            joined.push_str(crate::evaluate::string(&single, "join()")?.as_deref().unwrap_or(""));
        }
        evaluator.spend(joined.len() as u64)?;
        Ok((!items.is_empty()).then(|| Item::from(joined)).into())
    }),
];
