//! What the functions take and give, as far as checks need to know.

use crate::item::SystemType::{self, Boolean, Date, DateTime, Decimal, Integer, Quantity, String, Time};

/// What a function can be called on.
pub(super) enum Takes {
    /// Any items.
    Anything,
    /// Items that can be read as one of these types.
    Values(&'static [SystemType]),
    /// Items whose order has a meaning.
    Ordered,
}

/// What a function gives.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// Values of a type.
    Values(SystemType),
    /// Some or all of the items it is called on.
    SameItems,
    /// The items it is called on and those of the argument.
    Both,
    /// The items that the first argument gives for each item.
    Projection,
    /// The same, and what it gives for those, and so on.
    RepeatedProjection,
    /// The items of one of two branches.
    Branches,
    /// Items of the type named.
    NamedType,
    /// The children of the items.
    Children,
    /// Extensions.
    Extensions,
    /// Whatever; `unordered` when the order of the items has no meaning.
    Anything { is_ordered: bool },
}

const ANY: Takes = Takes::Anything;
const TEXT: Takes = Takes::Values(&[String]);
const NUMBER: Takes = Takes::Values(&[Integer, Decimal]);
const AMOUNT: Takes = Takes::Values(&[Integer, Decimal, Quantity]);
const BOUNDED: Takes = Takes::Values(&[Integer, Decimal, Quantity, Date, DateTime, Time]);

const SIGNATURES: &[(Takes, Gives, &[&str])] = &[
    (
        ANY,
        Gives::Values(Boolean),
        &[
            "empty",
            "exists",
            "all",
            "subsetOf",
            "supersetOf",
            "isDistinct",
            "not",
            "is",
            "convertsToBoolean",
            "convertsToInteger",
            "convertsToDecimal",
            "convertsToString",
            "convertsToDate",
            "convertsToDateTime",
            "convertsToTime",
            "convertsToQuantity",
            "hasValue",
            "conformsTo",
            "memberOf",
            "subsumes",
            "subsumedBy",
        ],
    ),
    (Takes::Values(&[Boolean]), Gives::Values(Boolean), &["allTrue", "anyTrue", "allFalse", "anyFalse"]),
    (ANY, Gives::Values(Integer), &["count", "toInteger"]),
    (ANY, Gives::Values(Boolean), &["toBoolean"]),
    (ANY, Gives::Values(Decimal), &["toDecimal"]),
    (ANY, Gives::Values(String), &["toString"]),
    (ANY, Gives::Values(Date), &["toDate", "today"]),
    (ANY, Gives::Values(DateTime), &["toDateTime", "now"]),
    (ANY, Gives::Values(Time), &["toTime", "timeOfDay"]),
    (ANY, Gives::Values(Quantity), &["toQuantity"]),
    (
        ANY,
        Gives::SameItems,
        &["distinct", "where", "single", "sort", "trace", "intersect", "exclude", "checkModifiers"],
    ),
    (Takes::Ordered, Gives::SameItems, &["first", "last", "tail", "skip", "take"]),
    (ANY, Gives::Both, &["union", "combine"]),
    (ANY, Gives::Projection, &["select"]),
    (ANY, Gives::RepeatedProjection, &["repeat"]),
    (ANY, Gives::Branches, &["iif"]),
    (ANY, Gives::NamedType, &["as", "ofType"]),
    (ANY, Gives::Children, &["children"]),
    (ANY, Gives::Extensions, &["extension"]),
    (ANY, Gives::Anything { is_ordered: false }, &["descendants"]),
    (ANY, Gives::Anything { is_ordered: true }, &["aggregate", "type", "resolve", "getValue"]),
    (
        TEXT,
        Gives::Values(Boolean),
        &["startsWith", "endsWith", "contains", "matches", "matchesFull", "htmlChecks"],
    ),
    (
        TEXT,
        Gives::Values(String),
        &[
            "upper",
            "lower",
            "trim",
            "substring",
            "replace",
            "replaceMatches",
            "toChars",
            "split",
            "join",
            "encode",
            "decode",
            "escape",
            "unescape",
        ],
    ),
    (TEXT, Gives::Values(Integer), &["indexOf", "lastIndexOf", "length"]),
    (NUMBER, Gives::Values(Integer), &["ceiling", "floor", "truncate"]),
    (NUMBER, Gives::Values(Decimal), &["exp", "ln", "log", "power", "round", "sqrt"]),
    (AMOUNT, Gives::SameItems, &["abs"]),
    (BOUNDED, Gives::Anything { is_ordered: true }, &["lowBoundary", "highBoundary"]),
    (BOUNDED, Gives::Values(Integer), &["precision"]),
    (Takes::Values(&[Quantity]), Gives::Values(Boolean), &["comparable"]),
];

/// The signature of a function.
pub(super) fn signature(name: &str) -> (&'static Takes, Gives) {
    let row = SIGNATURES.iter().find(|(_, _, names)| names.contains(&name));
    row.map_or((&Takes::Anything, Gives::Anything { is_ordered: true }), |(takes, gives, _)| (takes, *gives))
}

#[cfg(test)]
mod tests {
    use super::SIGNATURES;
    use std::collections::BTreeSet;

    #[test]
    fn every_function_has_one_signature() {
        let listed: Vec<&str> = SIGNATURES.iter().flat_map(|row| row.2).copied().collect();
        let distinct: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(listed.len(), distinct.len(), "a function is listed twice");
        let functions: BTreeSet<&str> = crate::function::names().collect();
        assert_eq!(functions, distinct);
    }
}
