//! Whether an element is of a slice, by the slice's discriminator.

use crate::metadata::{Discriminator, Slice};
use crate::path::values;
use serde_json::Value;

/// True when an element that lies at the slice's path is of the slice.
pub fn is_of_slice(slice: &Slice, element: &Value) -> bool {
    let discriminator = &slice.discriminator;
    let at = discriminator.path.as_deref().unwrap_or_default();
    let meant = if at.is_empty() { vec![element] } else { values(element, at) };
    let has = |test: &dyn Fn(&Value) -> bool| meant.iter().any(|value| test(value));
    match discriminator.kind.as_str() {
        "patternCodeableConcept" => {
            has(&|concept| codings(concept).any(|coding| is_coding(coding, discriminator)))
        }
        "patternCoding" => has(&|coding| is_coding(coding, discriminator)),
        "patternIdentifier" => {
            has(&|identifier| is_text(&identifier["system"], discriminator.system.as_deref()))
        }
        "requiredBinding" => has(&|concept| codings(concept).any(|coding| is_bound(coding, discriminator))),
        "value" => discriminator.values.iter().all(|wanted| {
            let (path, value) =
                (wanted.path.as_deref().unwrap_or_default(), wanted.value().unwrap_or_default());
            values(element, path).iter().any(|found| *found == value.as_str())
        }),
        _ => false,
    }
}

/// The key of the element that a slice by type is met by, such as `valueQuantity`.
pub fn key_of_type(slice: &Slice) -> Option<String> {
    let code = (slice.discriminator.kind == "type").then_some(slice.discriminator.code.as_deref())??;
    Some(slice.path.replace("[x]", code))
}

/// The codings of a concept; a coding is its own.
fn codings(concept: &Value) -> impl Iterator<Item = &Value> {
    let list = concept["coding"].as_array();
    list.into_iter().flatten().chain(list.is_none().then_some(concept))
}

fn is_coding(coding: &Value, wanted: &Discriminator) -> bool {
    is_text(&coding["code"], wanted.code.as_deref()) && is_text(&coding["system"], wanted.system.as_deref())
}

fn is_bound(coding: &Value, wanted: &Discriminator) -> bool {
    wanted.values.iter().any(|value| {
        is_text(&coding["code"], value.code.as_deref()) && is_text(&coding["system"], value.system.as_deref())
    })
}

/// What is not told need not be met.
fn is_text(found: &Value, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| found == wanted)
}
