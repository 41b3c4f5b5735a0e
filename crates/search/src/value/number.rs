//! Numbers (R4 search §3.1.1.4.5).

use crate::form::Form;
use crate::path::Leaf;
use crate::prefix::{Interval, Prefix};
use fhir::Node;
use fhir::decimal::{self, Decimal};

/// A condition on a number: as it is written, or brought to another unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberTest<N = Decimal> {
    /// How the resource's number relates to the one asked for.
    pub prefix: Prefix,
    /// The number.
    pub value: N,
    /// The least number that the one asked for may stand for, by the digits it is written with.
    pub low: N,
    /// The number below which it stays.
    pub high: N,
}

/// The numbers that a value stands for.
pub(crate) fn interval(node: Node<'_>, leaf: Leaf) -> Option<Interval<Decimal>> {
    let number = |node: Node<'_>| decimal::parse(&node.scalar()?).ok();
    match leaf.form {
        Form::Integer | Form::Decimal => {
            let value = number(node)?;
            Some(Interval { low: Some(value), high: Some(value) })
        }
        Form::Range => {
            let end = |name: &str| node.at_path(&[name, "value"]).and_then(number);
            let interval = Interval { low: end("low"), high: end("high") };
            (interval.low.is_some() || interval.high.is_some()).then_some(interval)
        }
        Form::Quantity | Form::Money => {
            let value = number(node.get("value")?)?;
            Some(Interval { low: Some(value), high: Some(value) })
        }
        _ => None,
    }
}

impl NumberTest {
    /// Reads a prefix and a number.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (prefix, digits) = Prefix::split(text).map_err(crate::parse::bad_prefix)?;
        let value = decimal::parse(digits).map_err(|error| format!("{digits}: {error}"))?;
        let (low, high) = decimal::implied_range(digits).map_err(|error| format!("{digits}: {error}"))?;
        Ok(Self::new(prefix, value, low, high))
    }

    /// A condition; `ap` is within a tenth, or the precision where that is wider.
    pub(crate) fn new(prefix: Prefix, value: Decimal, low: Decimal, high: Decimal) -> Self {
        if prefix != Prefix::Approximate {
            return Self { prefix, value, low, high };
        }
        let tenth = (value / Decimal::TEN).abs();
        let apart = |one: Option<Decimal>, other: Decimal| one.unwrap_or(other);
        Self {
            prefix,
            value,
            low: low.min(apart(value.checked_sub(tenth), low)),
            high: high.max(apart(value.checked_add(tenth), high)),
        }
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf) -> bool {
        interval(node, leaf).is_some_and(|interval| self.holds_for(interval))
    }
}

impl<N: Copy + PartialOrd> NumberTest<N> {
    /// Whether numbers meet the condition.
    pub(crate) fn holds_for(&self, found: Interval<N>) -> bool {
        // An open end is beyond every number.
        let above = found.high.is_none_or(|high| high > self.value);
        let below = found.low.is_none_or(|low| low < self.value);
        let within = found.low.is_some_and(|low| low >= self.low)
            && found.high.is_some_and(|high| high < self.high || high == self.value);
        match self.prefix {
            Prefix::Equal => within,
            Prefix::NotEqual => !within,
            Prefix::Greater => above,
            Prefix::Less => below,
            Prefix::GreaterOrEqual => above || found.high == Some(self.value),
            Prefix::LessOrEqual => below || found.low == Some(self.value),
            Prefix::StartsAfter => found.low.is_some_and(|low| low > self.value),
            Prefix::EndsBefore => found.high.is_some_and(|high| high < self.value),
            // What has an open end is about nothing.
            Prefix::Approximate => {
                found.low.is_some_and(|low| low <= self.high)
                    && found.high.is_some_and(|high| high >= self.low)
            }
        }
    }

    /// A closed range in which an end of every point or half-open value that meets the condition lies; `None` for
    /// `ne`.
    pub(crate) fn reached(&self) -> Option<Interval<N>> {
        let (low, high) = match self.prefix {
            Prefix::Equal | Prefix::Approximate => (Some(self.low), Some(self.high)),
            Prefix::Greater | Prefix::GreaterOrEqual | Prefix::StartsAfter => (Some(self.value), None),
            Prefix::Less | Prefix::LessOrEqual | Prefix::EndsBefore => (None, Some(self.value)),
            Prefix::NotEqual => return None,
        };
        Some(Interval { low, high })
    }
}
