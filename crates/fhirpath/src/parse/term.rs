//! Terms: literals, variables, parentheses and the first name or function of a chain.

use super::error::ParseError;
use super::lexer::TokenKind;
use super::{Deep, Parser};
use crate::item::Item;
use crate::quantity::{Quantity, Unit};
use crate::syntax::Node;
use fhir::date_time::{CalendarUnit, Date, DateTime, Time};
use std::borrow::Cow;

impl Parser<'_> {
    pub(super) fn term(&mut self) -> Result<Deep, ParseError> {
        let offset = self.offset();
        let leaf = match self.peek() {
            TokenKind::Symbol("(") => {
                self.next();
                let inside = self.expression(0)?;
                self.expect(")")?;
                return Ok(inside);
            }
            TokenKind::Symbol("{") => {
                self.next();
                self.expect("}")?;
                Node::Empty
            }
            TokenKind::Symbol("%") => {
                self.next();
                self.variable()?
            }
            TokenKind::Special(name) => {
                let name = *name;
                self.next();
                special(name).ok_or_else(|| {
                    ParseError::new(
                        offset,
                        format!("there is no ${name}; there are $this, $index and $total"),
                    )
                })?
            }
            TokenKind::Word("true") => self.literal(Item::Boolean(true)),
            TokenKind::Word("false") => self.literal(Item::Boolean(false)),
            TokenKind::String(text) => {
                let text = text.clone();
                self.literal(Item::String(Cow::Owned(text)))
            }
            TokenKind::Number(text) => {
                let text = *text;
                self.next();
                self.number(text, offset)?
            }
            TokenKind::Temporal(text) => {
                let item = temporal(text).ok_or_else(|| {
                    ParseError::new(offset, format!("@{text} is no date, time or moment that exists"))
                })?;
                self.literal(item)
            }
            TokenKind::Word(_) | TokenKind::Delimited(_) => return self.first_invocation(),
            _ => return Err(self.unexpected("a value, a name or a function")),
        };
        Ok((leaf, 1))
    }

    fn literal(&mut self, item: Item<'static>) -> Node {
        self.next();
        Node::Literal(item)
    }

    fn variable(&mut self) -> Result<Node, ParseError> {
        if let TokenKind::String(name) = self.peek() {
            let name = name.as_str().into();
            self.next();
            return Ok(Node::Variable(name));
        }
        Ok(Node::Variable(self.identifier()?.into()))
    }

    /// A number, or a quantity when a unit follows.
    fn number(&mut self, text: &str, offset: usize) -> Result<Node, ParseError> {
        let unit = match self.peek() {
            TokenKind::String(unit) => Some(match CalendarUnit::from_word(unit) {
                Some(unit) => Unit::Calendar(unit),
                None => Unit::Ucum(Cow::Owned(unit.clone())),
            }),
            TokenKind::Word(word) => CalendarUnit::from_word(word).map(Unit::Calendar),
            _ => None,
        };
        let too_long = || ParseError::new(offset, "the number has more digits than can be computed with");
        let digits = without_leading_zeros(text);
        if let Some(unit) = unit {
            self.next();
            let value = fhir::decimal::parse(digits).map_err(|_| too_long())?;
            return Ok(Node::Literal(Item::Quantity(Quantity { value, unit })));
        }
        Ok(Node::Literal(if text.contains('.') {
            Item::Decimal(fhir::decimal::parse(digits).map_err(|_| too_long())?)
        } else {
            Item::Integer(text.parse().map_err(|_| too_long())?)
        }))
    }
}

/// FHIRPath allows leading zeros, JSON does not.
fn without_leading_zeros(text: &str) -> &str {
    let trimmed = text.trim_start_matches('0');
    let kept = if trimmed.starts_with(|first: char| first.is_ascii_digit()) { 0 } else { 1 };
    &text[(text.len() - trimmed.len()).saturating_sub(kept)..]
}

fn special(name: &str) -> Option<Node> {
    Some(match name {
        "this" => Node::This,
        "index" => Node::Index,
        "total" => Node::Total,
        _ => return None,
    })
}

fn temporal(text: &str) -> Option<Item<'static>> {
    if let Some(time) = text.strip_prefix('T') {
        return Time::parse_lenient(time).ok().map(Item::Time);
    }
    if text.contains('T') {
        return DateTime::parse_lenient(text).ok().map(Item::DateTime);
    }
    Date::parse(text).ok().map(Item::Date)
}
