//! The values that resources are ordered by (R4 search §3.1.1.6.1).

use crate::fold::fold;
use crate::form::Form;
use crate::matcher::{Ports, type_of};
use crate::parameter::{Parameter, ParameterKind, parameter};
use crate::path::Leaf;
use crate::query::SortKey;
use crate::value::reference::{Target, target};
use crate::value::{date, quantity, string, token, uri};
use fhir::ucum::ExactNumber;
use fhir::{Document, Node};

/// What a resource is ordered by under a key, as bytes that compare as the values do, turned round for a descending key.
/// Resources without a value come last either way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortValue(Vec<u8>);

impl SortValue {
    /// The bytes: for cursors.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From bytes that [`SortValue::as_bytes`] gave.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn of(value: Option<Vec<u8>>, descending: bool) -> Self {
        const PRESENT: u8 = 0;
        const MISSING: u8 = 1;
        let Some(value) = value else { return Self(vec![MISSING]) };
        let turn = |byte: u8| if descending { !byte } else { byte };
        Self(std::iter::once(PRESENT).chain(value.into_iter().chain([0]).map(turn)).collect())
    }
}

/// The value of a resource under a key: of several the least, or the greatest for a descending key. `updated_ms` is
/// the time of the version, for `_lastUpdated`; `None`: as its `meta` says.
pub fn sort_value(
    document: &Document,
    key: SortKey,
    updated_ms: Option<i64>,
    ports: &dyn Ports,
) -> SortValue {
    let updated = updated_ms.filter(|_| key.code == "_lastUpdated").map(of_integer);
    let value = updated.or_else(|| {
        let parameter = parameter(type_of(document)?, key.code)?;
        let root = document.root();
        let mut best: Option<Vec<u8>> = None;
        parameter.program.find(root, root, &mut |node, leaf| {
            let value = bytes(parameter, node, leaf, ports);
            best = match (best.take(), value) {
                (Some(one), Some(two)) => Some(if key.descending { one.max(two) } else { one.min(two) }),
                (one, two) => one.or(two),
            };
            false
        });
        best
    });
    SortValue::of(value, key.descending)
}

fn of_integer(value: i64) -> Vec<u8> {
    (value.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec()
}

fn of_float(value: f64) -> Vec<u8> {
    let bits = value.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    ordered.to_be_bytes().to_vec()
}

fn bytes(parameter: &Parameter, node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> Option<Vec<u8>> {
    match parameter.kind {
        ParameterKind::Date => date::range(node, leaf, ports).map(|range| of_integer(range.low_ms)),
        ParameterKind::Number | ParameterKind::Quantity => {
            let amount = quantity::amount(node, leaf)?;
            let canonical = amount.canonical().map(|(_, interval)| interval.map(ExactNumber::to_f64));
            let interval = canonical.unwrap_or_else(|| quantity::binary(amount.interval));
            interval.low.or(interval.high).map(of_float)
        }
        ParameterKind::String => text(node, leaf),
        ParameterKind::Token => {
            let mut code = None;
            token::tokens(node, leaf, &mut |token| {
                code = token.code.map(|code| code.into_owned().into_bytes());
                code.is_some()
            });
            code
        }
        ParameterKind::Reference => Some(match target(node, leaf)? {
            Target::Resource { type_id, id, .. } => format!("{}/{id}", type_id.name()).into_bytes(),
            Target::Url(url) => url.into_owned().into_bytes(),
        }),
        ParameterKind::Uri => uri::uri(node, leaf).map(|uri| uri.into_owned().into_bytes()),
        ParameterKind::Composite | ParameterKind::Special => None,
    }
}

/// A text without case and accents; a name by family and given names.
fn text(node: Node<'_>, leaf: Leaf) -> Option<Vec<u8>> {
    if leaf.form != Form::HumanName {
        let mut first = None;
        string::texts(node, leaf, &mut |text| {
            first = Some(fold(text).into_owned().into_bytes());
            true
        });
        return first;
    }
    let parts = ["family", "given"].into_iter().flat_map(|part| node.each_of(part));
    let name: Vec<_> = parts.filter_map(Node::as_str).collect();
    let name = if name.is_empty() { node.get_str("text")?.into_owned() } else { name.join(" ") };
    Some(fold(&name).into_owned().into_bytes())
}
