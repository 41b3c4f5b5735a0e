//! Amounts with units (R4 search §3.1.1.4.11).

use crate::escape::{split, unescape};
use crate::form::Form;
use crate::hash;
use crate::path::Leaf;
use crate::prefix::Interval;
use crate::value::number::NumberTest;
use fhir::Node;
use fhir::decimal::{self, Decimal};
use fhir::ucum::{self, Canonical, ExactNumber};
use std::borrow::Cow;

/// A condition on an amount.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantityTest {
    /// On the number, as written.
    pub number: NumberTest,
    /// On the unit.
    pub unit: UnitTest,
}

/// A condition on a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum UnitTest {
    /// Any unit.
    Any,
    /// `||unit`: written so, as code or for people.
    Written(String),
    /// `|system|`: any unit of a system.
    OfSystem(String),
    /// `|system|code`, where no unit can be converted: another system than UCUM, or a code that UCUM does not have but that
    /// others write under its name all the same, such as `(score)`.
    Coded {
        /// The system.
        system: String,
        /// The code.
        code: String,
    },
    /// `|http://unitsofmeasure.org|code`: any unit that can be converted, compared in the canonical one.
    Canonical {
        /// The code asked for.
        code: String,
        /// The canonical unit.
        unit: String,
        /// The condition on the canonical number.
        number: NumberTest<ExactNumber>,
    },
}

/// The system of UCUM units.
const UCUM: &str = ucum::SYSTEM;
/// The system of currencies.
const CURRENCIES: &str = "urn:iso:std:iso:4217";

/// An amount in a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Amount<'a> {
    pub interval: Interval<Decimal>,
    pub unit: Option<Cow<'a, str>>,
    pub system: Option<Cow<'a, str>>,
    pub code: Option<Cow<'a, str>>,
}

/// The amount of a value; `None` when it has none.
pub(crate) fn amount<'a>(node: Node<'a>, leaf: Leaf) -> Option<Amount<'a>> {
    match leaf.form {
        Form::Quantity => quantity(node),
        Form::Money => {
            let value = decimal::parse(&node.get("value")?.scalar()?).ok();
            let interval = Interval { low: value, high: value };
            let code = node.get_str("currency");
            Some(Amount { interval, unit: None, system: Some(CURRENCIES.into()), code })
        }
        Form::Range => {
            let (low, high) = (node.get("low").and_then(quantity), node.get("high").and_then(quantity));
            let interval = Interval {
                low: low.as_ref().and_then(|end| end.interval.low),
                high: high.as_ref().and_then(|end| end.interval.high),
            };
            Some(Amount { interval, ..low.or(high)? })
        }
        Form::SampledData => quantity(node.get("origin")?),
        Form::Integer | Form::Decimal => {
            let value = decimal::parse(&node.scalar()?).ok();
            Some(Amount {
                interval: Interval { low: value, high: value },
                unit: None,
                system: None,
                code: None,
            })
        }
        _ => None,
    }
}

fn quantity(node: Node<'_>) -> Option<Amount<'_>> {
    let value = decimal::parse(&node.get("value")?.scalar()?).ok()?;
    let interval = match node.get_str("comparator").as_deref() {
        Some("<" | "<=") => Interval { low: None, high: Some(value) },
        Some(">" | ">=") => Interval { low: Some(value), high: None },
        _ => Interval { low: Some(value), high: Some(value) },
    };
    let (unit, system, code) = (node.get_str("unit"), node.get_str("system"), node.get_str("code"));
    Some(Amount { interval, unit, system, code })
}

impl Amount<'_> {
    /// The canonical unit and the interval in it, when the unit is UCUM's.
    pub(crate) fn canonical(&self) -> Option<(String, Interval<ExactNumber>)> {
        let code = self.code.as_deref().filter(|_| self.system.as_deref() == Some(UCUM))?;
        let Canonical { value: low, unit } =
            ucum::canonical(self.interval.low.or(self.interval.high)?, code).ok()?;
        let high = match self.interval.high {
            Some(high) if self.interval.low != Some(high) => ucum::canonical(high, code).ok()?.value,
            _ => low,
        };
        let interval =
            Interval { low: self.interval.low.map(|_| low), high: self.interval.high.map(|_| high) };
        Some((unit, interval))
    }
}

impl QuantityTest {
    /// Reads `[prefix]number`, `[prefix]number|system|code` or `[prefix]number||unit`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = split(text, '|');
        let (number, system, code) = match parts.as_slice() {
            [number] => (*number, "", ""),
            [number, system, code] => (*number, *system, *code),
            _ => return Err("write number, number|system|code or number||unit".to_owned()),
        };
        let number = NumberTest::parse(number)?;
        let (system, code) = (unescape(system).into_owned(), unescape(code).into_owned());
        let unit = match (system.is_empty(), code.is_empty()) {
            (true, true) => UnitTest::Any,
            (true, false) => UnitTest::Written(code),
            (false, true) => UnitTest::OfSystem(system),
            (false, false) => {
                let canonical = if system == UCUM { canonical_test(&number, &code) } else { None };
                canonical.unwrap_or(UnitTest::Coded { system, code })
            }
        };
        Ok(Self { number, unit })
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf) -> bool {
        amount(node, leaf).is_some_and(|amount| self.holds_for(&amount))
    }

    fn holds_for(&self, amount: &Amount<'_>) -> bool {
        let is = |one: &Option<Cow<'_, str>>, wanted: &str| one.as_deref() == Some(wanted);
        match &self.unit {
            UnitTest::Any => self.number.holds_for(amount.interval),
            UnitTest::Written(unit) => {
                (is(&amount.code, unit) || is(&amount.unit, unit)) && self.number.holds_for(amount.interval)
            }
            UnitTest::OfSystem(system) => {
                is(&amount.system, system) && self.number.holds_for(amount.interval)
            }
            UnitTest::Coded { system, code } => {
                is(&amount.system, system) && is(&amount.code, code) && self.number.holds_for(amount.interval)
            }
            // In the same unit nothing is lost, and no time, by converting.
            UnitTest::Canonical { code, .. } if is(&amount.system, UCUM) && is(&amount.code, code) => {
                self.number.holds_for(amount.interval)
            }
            UnitTest::Canonical { unit, number, .. } => amount
                .canonical()
                .is_some_and(|(found, interval)| found == *unit && number.holds_for(interval)),
        }
    }
}

fn canonical_test(number: &NumberTest, code: &str) -> Option<UnitTest> {
    let in_canonical = |value| ucum::canonical(value, code).ok();
    let Canonical { value, unit } = in_canonical(number.value)?;
    let (low, high) = (in_canonical(number.low)?.value, in_canonical(number.high)?.value);
    let number = NumberTest { prefix: number.prefix, value, low, high };
    Some(UnitTest::Canonical { code: code.to_owned(), unit, number })
}

/// The unit hash of a number row, from the canonical unit or, where there is none, the unit as written.
pub(crate) fn unit_hash(unit: &str) -> i64 {
    hash::of_uri(unit)
}

/// What rows an amount has: unit and value; the canonical one, and those by the unit as written where that is another.
pub(crate) fn rows(amount: &Amount<'_>, visit: &mut dyn FnMut(i64, Interval<f64>)) {
    let as_written = binary(amount.interval);
    let written = [amount.code.as_deref(), amount.unit.as_deref()];
    match amount.canonical() {
        Some((unit, interval)) => {
            visit(unit_hash(&unit), interval.map(ExactNumber::to_f64));
            // `||unit` finds by the unit for people too.
            if let [Some(code), Some(unit)] = written
                && code != unit
            {
                visit(unit_hash(unit), as_written);
            }
        }
        None => {
            let units = written.into_iter().flatten();
            let mut seen = None;
            for unit in units.filter(|unit| !unit.is_empty()) {
                if seen != Some(unit) {
                    visit(unit_hash(unit), as_written);
                }
                seen = Some(unit);
            }
            if seen.is_none() {
                visit(unit_hash(""), as_written);
            }
        }
    }
}

/// Numbers as rows have them: the nearest binary ones.
pub(crate) fn binary(interval: Interval<Decimal>) -> Interval<f64> {
    interval.map(|value| ExactNumber::from(value).to_f64())
}

/// A unit or, with a code, a pair of both, and the closed range of numbers under it.
pub(crate) type Reach = (i64, Interval<f64>);

/// The rows that a condition looks at; `None` where any unit or any number will do.
pub(crate) fn reach(test: &QuantityTest) -> Option<Vec<Reach>> {
    match &test.unit {
        UnitTest::Any | UnitTest::OfSystem(_) => None,
        // A unit that cannot be converted has its rows as written, under UCUM's name too.
        UnitTest::Coded { code, .. } => Some(vec![(unit_hash(code), binary(test.number.reached()?))]),
        UnitTest::Canonical { .. } => canonical_reach(&test.unit).map(|reach| vec![reach]),
        UnitTest::Written(text) => {
            let mut all = vec![(unit_hash(text), binary(test.number.reached()?))];
            all.extend(canonical_test(&test.number, text).and_then(|test| canonical_reach(&test)));
            Some(all)
        }
    }
}

fn canonical_reach(test: &UnitTest) -> Option<Reach> {
    let UnitTest::Canonical { unit, number, .. } = test else { return None };
    Some((unit_hash(unit), number.reached()?.map(ExactNumber::to_f64)))
}

/// The rows of pairs with a code that a condition looks at.
pub(crate) fn pair_reach(code: i64, test: &QuantityTest) -> Option<Reach> {
    Some(match &test.unit {
        UnitTest::Canonical { unit, number, .. } => {
            (pair_hash(code, unit), number.reached()?.map(ExactNumber::to_f64))
        }
        _ => (code, binary(test.number.reached()?)),
    })
}

/// The unit hash of a code with a canonical unit.
pub(crate) fn pair_hash(token: i64, canonical_unit: &str) -> i64 {
    token ^ unit_hash(canonical_unit).rotate_left(17)
}
