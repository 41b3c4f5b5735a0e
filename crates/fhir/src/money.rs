//! An amount of a currency (R4 §2.24.0.7).

use crate::decimal;
use crate::document::Node;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt;

/// A `Money`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money<'a> {
    /// The amount.
    pub value: Decimal,
    /// The currency's ISO 4217 code.
    pub currency: Option<Cow<'a, str>>,
}

impl<'a> Money<'a> {
    /// Reads an object; `None` without an amount of at most 28 digits.
    pub fn read(node: Node<'a>) -> Option<Self> {
        let value = decimal::parse(node.get("value")?.as_number()?).ok()?;
        Some(Self { value, currency: node.get_str("currency") })
    }

    /// The sum, when both are in one currency and it fits.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { value: self.value.checked_add(other.value)?, currency: self.currency.clone() })
    }
}

impl fmt::Display for Money<'_> {
    /// The amount with at least two decimal places, and the currency: `12.50 USD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.value.normalize();
        value.rescale(value.scale().max(2));
        write!(f, "{value}")?;
        match &self.currency {
            Some(currency) => write!(f, " {currency}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn amounts_are_exact() {
        let document = Document::parse(
            r#"[{"value":0.10,"currency":"USD"},{"value":0.2,"currency":"USD"},{"value":1}]"#,
        )
        .unwrap();
        let amounts: Vec<Money<'_>> = document.root().items().filter_map(Money::read).collect();
        assert_eq!(amounts[0].checked_add(&amounts[1]).unwrap().to_string(), "0.30 USD");
        assert_eq!(amounts[0].checked_add(&amounts[2]), None);
        assert_eq!(amounts[2].to_string(), "1.00");
    }
}
