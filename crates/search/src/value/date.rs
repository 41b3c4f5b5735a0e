//! Dates, times and periods (R4 search §3.1.1.4.6).
//!
//! Every date stands for the interval that its precision leaves open; low is in it, high is not.

use crate::form::Form;
use crate::matcher::Ports;
use crate::path::Leaf;
use crate::prefix::Prefix;
use fhir::Node;
use fhir::date_time::{DateTime, Offset};

/// A condition on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTest {
    /// How the resource's interval relates to the one asked for.
    pub prefix: Prefix,
    /// First millisecond of the interval asked for.
    pub low_ms: i64,
    /// The millisecond behind it.
    pub high_ms: i64,
}

/// An interval in milliseconds since 1970, `i64::MIN` and `i64::MAX` for open ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateRange {
    pub low_ms: i64,
    pub high_ms: i64,
}

/// The interval of a date; where no offset is written, the place's own holds.
pub(crate) fn range_of(moment: DateTime, ports: &dyn Ports) -> DateRange {
    let (low, high) = moment.range_ms(0);
    if moment.time().is_some() && moment.offset() != Offset::Unknown {
        return DateRange { low_ms: low, high_ms: high };
    }
    let local = |ms: i64| ms - i64::from(ports.offset_minutes(ms)) * 60_000;
    DateRange { low_ms: local(low), high_ms: local(high) }
}

fn range_of_text(node: Node<'_>, ports: &dyn Ports) -> Option<DateRange> {
    DateTime::parse_lenient(&node.scalar()?).ok().map(|moment| range_of(moment, ports))
}

/// The interval of a value; `None` when it has none.
pub(crate) fn range(node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> Option<DateRange> {
    match leaf.form {
        Form::Date | Form::Text => range_of_text(node, ports),
        Form::Period => period(node, ports),
        Form::Timing => timing(node, ports),
        _ => None,
    }
}

fn period(node: Node<'_>, ports: &dyn Ports) -> Option<DateRange> {
    let end = |name: &str| node.get(name).and_then(|node| range_of_text(node, ports));
    let (start, end) = (end("start"), end("end"));
    if start.is_none() && end.is_none() {
        return None;
    }
    let low_ms = start.map_or(i64::MIN, |range| range.low_ms);
    let high_ms = end.map_or(i64::MAX, |range| range.high_ms);
    // A period that ends before it begins is as good as its beginning.
    Some(DateRange { low_ms, high_ms: high_ms.max(low_ms.saturating_add(1)) })
}

/// The outer limits: of the events, or of the bounds.
fn timing(node: Node<'_>, ports: &dyn Ports) -> Option<DateRange> {
    let events = node.each_of("event").filter_map(|event| range_of_text(event, ports));
    let bounds = node.at_path(&["repeat", "boundsPeriod"]).and_then(|bounds| period(bounds, ports));
    events.chain(bounds).reduce(|one, two| DateRange {
        low_ms: one.low_ms.min(two.low_ms),
        high_ms: one.high_ms.max(two.high_ms),
    })
}

impl DateTest {
    /// Reads a prefix and a date. `now_ms` is what `ap` is relative to.
    pub(crate) fn parse(text: &str, now_ms: i64, ports: &dyn Ports) -> Result<Self, String> {
        let (prefix, rest) = Prefix::split(text).map_err(crate::parse::bad_prefix)?;
        // A plus sign that was not encoded arrives as a space.
        let rest = rest.replacen(' ', "+", 1);
        let moment = DateTime::parse_lenient(&rest).map_err(|_| {
            format!("{rest} is no date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset")
        })?;
        let DateRange { low_ms, high_ms } = range_of(moment, ports);
        Ok(Self::new(prefix, low_ms, high_ms, now_ms))
    }

    fn new(prefix: Prefix, low_ms: i64, high_ms: i64, now_ms: i64) -> Self {
        if prefix != Prefix::Approximate {
            return Self { prefix, low_ms, high_ms };
        }
        // A tenth of the way from the date to now, on both sides.
        let middle = low_ms / 2 + high_ms / 2;
        let margin = now_ms.saturating_sub(middle).saturating_abs() / 10;
        Self { prefix, low_ms: low_ms.saturating_sub(margin), high_ms: high_ms.saturating_add(margin) }
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> bool {
        range(node, leaf, ports).is_some_and(|range| self.holds_for(range))
    }

    /// Whether an interval meets the condition.
    pub(crate) fn holds_for(&self, found: DateRange) -> bool {
        let within = found.low_ms >= self.low_ms && found.high_ms <= self.high_ms;
        match self.prefix {
            Prefix::Equal => within,
            Prefix::NotEqual => !within,
            Prefix::Greater => found.high_ms > self.high_ms,
            Prefix::Less => found.low_ms < self.low_ms,
            Prefix::GreaterOrEqual => within || found.high_ms > self.high_ms,
            Prefix::LessOrEqual => within || found.low_ms < self.low_ms,
            Prefix::StartsAfter => found.low_ms >= self.high_ms,
            Prefix::EndsBefore => found.high_ms <= self.low_ms,
            Prefix::Approximate => found.low_ms < self.high_ms && found.high_ms > self.low_ms,
        }
    }

    /// An interval that every interval which meets the condition overlaps; `None` for `ne`.
    pub(crate) fn overlapped(&self) -> Option<DateRange> {
        let (low_ms, high_ms) = match self.prefix {
            Prefix::Equal | Prefix::Approximate => (self.low_ms, self.high_ms),
            Prefix::Greater | Prefix::StartsAfter => (self.high_ms, i64::MAX),
            Prefix::GreaterOrEqual => (self.low_ms, i64::MAX),
            Prefix::Less | Prefix::EndsBefore => (i64::MIN, self.low_ms),
            Prefix::LessOrEqual => (i64::MIN, self.high_ms),
            Prefix::NotEqual => return None,
        };
        Some(DateRange { low_ms, high_ms })
    }
}
