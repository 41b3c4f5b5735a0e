//! Invariants written out because their FHIRPath is slow for large resources or says less than it means.
//!
//! A test holds the answers against the FHIRPath on all official examples.

use fhir::quantity::Quantity;
use fhir::{Kind, Node};
use std::borrow::Cow;
use std::collections::HashSet;

/// Whether an object keeps the rule.
pub(crate) type Native = fn(Node<'_>) -> bool;

/// Key, FHIRPath and native form. The FHIRPath is compared too: a key can have another meaning at another element.
///
/// `isDistinct()` compares each item with each; here a set does, so that thousands of codes or entries take no
/// longer than they should. `<=` for quantities fails for units outside UCUM; here equal units compare by value.
const TABLE: [(&str, &str, Native); 4] = [
    (
        "bdl-7",
        "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
        entries_are_distinct,
    ),
    ("csd-1", "concept.code.combine($this.descendants().concept.code).isDistinct()", codes_are_distinct),
    ("que-2", "descendants().linkId.isDistinct()", link_ids_are_distinct),
    ("rng-2", "low.empty() or high.empty() or (low <= high)", low_is_not_above_high),
];

/// The native form of an invariant.
pub(crate) fn of(key: &str, expression: &str) -> Option<Native> {
    let found = TABLE.iter().find(|(known, path, _)| *known == key && *path == expression);
    found.map(|(_, _, native)| *native)
}

fn entries_are_distinct(bundle: Node<'_>) -> bool {
    if bundle.get_str("type").as_deref() == Some("history") {
        return true;
    }
    let mut seen = HashSet::new();
    bundle.each_of("entry").all(|entry| {
        let Some(full_url) = entry.get_str("fullUrl") else { return true };
        let version = entry.at_path(&["resource", "meta", "versionId"]).and_then(Node::as_str);
        seen.insert((full_url, version.unwrap_or_default()))
    })
}

fn codes_are_distinct(code_system: Node<'_>) -> bool {
    is_distinct(code_system, "concept", "code")
}

fn link_ids_are_distinct(questionnaire: Node<'_>) -> bool {
    is_distinct(questionnaire, "item", "linkId")
}

/// Whether no two objects of a tree of `branch` arrays have the same text in `leaf`.
fn is_distinct(root: Node<'_>, branch: &str, leaf: &str) -> bool {
    fn visit<'a>(node: Node<'a>, names: (&str, &str), seen: &mut HashSet<Cow<'a, str>>) -> bool {
        node.each_of(names.0).filter(|item| item.kind() == Kind::Object).all(|item| {
            let is_new = item.get_str(names.1).is_none_or(|text| seen.insert(text));
            is_new && visit(item, names, seen)
        })
    }
    visit(root, (branch, leaf), &mut HashSet::new())
}

/// True too when the two cannot be compared.
fn low_is_not_above_high(range: Node<'_>) -> bool {
    let (Some(low), Some(high)) = (range.get("low"), range.get("high")) else { return true };
    let (low, high) = (Quantity::read(low), Quantity::read(high));
    let has_same_unit = match (&low.code, &high.code) {
        (None, None) => low.unit == high.unit,
        _ => low.code == high.code && low.system == high.system,
    };
    if has_same_unit {
        return match (low.decimal(), high.decimal()) {
            (Some(Ok(low)), Some(Ok(high))) => low <= high,
            _ => true,
        };
    }
    match (low.canonical(), high.canonical()) {
        (Some(Ok(low)), Some(Ok(high))) if low.unit == high.unit => low.value <= high.value,
        _ => true,
    }
}
