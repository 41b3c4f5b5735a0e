//! Doses, strengths and quantities.

use super::amount::Amount;
use super::unit::Unit;
use std::fmt;

/// How much is taken at once: an amount, or a range with its smaller end first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    low: Amount,
    /// The other end, above `low`.
    high: Option<Amount>,
    unit: Option<Unit>,
}

/// What separates the ends of a range at most: five to 325 is a combination that was written as a range.
const RANGE_MOST: u32 = 4;

impl Dose {
    /// One amount.
    pub fn single(amount: Amount, unit: Option<Unit>) -> Self {
        Self { low: amount, high: None, unit }
    }

    /// A range; `None` when the ends are not in order, or are further apart than four times.
    pub fn range(low: Amount, high: Amount, unit: Option<Unit>) -> Option<Self> {
        let in_reach = low < high && low.times(RANGE_MOST).is_some_and(|most| high <= most);
        in_reach.then_some(Self { low, high: Some(high), unit })
    }

    /// The amount, or the smaller end.
    pub fn low(self) -> Amount {
        self.low
    }

    /// The larger end of a range.
    pub fn high(self) -> Option<Amount> {
        self.high
    }

    /// Its unit; `None` when none was written.
    pub fn unit(self) -> Option<Unit> {
        self.unit
    }

    /// The same with this unit, if it has none.
    #[must_use]
    pub fn in_unit(self, unit: Unit) -> Self {
        Self { unit: self.unit.or(Some(unit)), ..self }
    }
}

impl fmt::Display for Dose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.low)?;
        if let Some(high) = self.high {
            write!(formatter, " to {high}")?;
        }
        let is_one = self.high.is_none() && self.low <= Amount::one();
        self.unit.map_or(Ok(()), |unit| write_unit(formatter, unit, is_one))
    }
}

/// Behind a number: with a blank, save the sign for percent.
fn write_unit(formatter: &mut fmt::Formatter<'_>, unit: Unit, is_one: bool) -> fmt::Result {
    let blank = if unit.is_share() { "" } else { " " };
    write!(formatter, "{blank}{}", unit.name(is_one))
}

/// How much is in one unit of the product: of one substance or, in order, of each of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    amounts: Vec<Amount>,
    unit: Option<Unit>,
    /// In how much: 5 mL of a suspension.
    per: Option<(Amount, Unit)>,
}

impl Strength {
    /// A strength; `None` without amounts.
    pub fn new(amounts: Vec<Amount>, unit: Option<Unit>, per: Option<(Amount, Unit)>) -> Option<Self> {
        (!amounts.is_empty()).then_some(Self { amounts, unit, per })
    }

    /// The amounts of each substance.
    pub fn amounts(&self) -> &[Amount] {
        &self.amounts
    }

    /// Their unit; `None` when none was written.
    pub fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// The same in this unit, if it has none.
    #[must_use]
    pub fn in_unit(self, unit: Unit) -> Self {
        Self { unit: self.unit.or(Some(unit)), ..self }
    }

    /// In how much of the product they are, when it is not one piece of it.
    pub fn per(&self) -> Option<(Amount, Unit)> {
        self.per
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amounts: Vec<String> = self.amounts.iter().map(Amount::to_string).collect();
        write!(formatter, "{}", amounts.join("/"))?;
        let is_one = self.amounts.iter().all(|amount| amount.is_one());
        if let Some(unit) = self.unit {
            write_unit(formatter, unit, is_one)?;
        }
        match self.per {
            Some((amount, unit)) if amount.is_one() => write!(formatter, "/{}", unit.name(true)),
            Some((amount, unit)) => write!(formatter, "/{amount} {}", unit.name(false)),
            None => Ok(()),
        }
    }
}

/// How much is dispensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// How many.
    pub amount: Amount,
    /// Of what, when that was written.
    pub unit: Option<Unit>,
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.amount)?;
        self.unit.map_or(Ok(()), |unit| write!(formatter, " {}", unit.name(self.amount.is_one())))
    }
}
