//! Combining (FHIRPath §5.4).

use super::{Definition, row};
use crate::collection::Collection;
use crate::item::Item;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("union", 1, 1, |evaluator, call, scope| {
        let mut found = Collection::EMPTY;
        for items in [evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?] {
            for item in items {
                evaluator.push_new(&mut found, item)?;
            }
        }
        Ok(found)
    }),
    row("combine", 1, 1, |evaluator, call, scope| {
        let mut items = evaluator.input(call, scope)?;
        items.extend(evaluator.argument(call, 0, scope)?);
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
            joined.push_str(crate::evaluate::string(&single, "join()")?.as_deref().unwrap_or(""));
        }
        Ok((!items.is_empty()).then(|| Item::from(joined)).into())
    }),
];
