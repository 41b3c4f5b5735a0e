//! Lines over time as SVG: a sparkline beside a value, and a trend with its reference band.
//!
//! Only attributes, no styles: the page's style sheet colours them, and its policy forbids anything else.

use crate::words;
use clinic::chart::observation::Value;
use fhir::date_time::Date;

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// From the left, in the drawing's units.
    pub x: f64,
    /// From the top, in the drawing's units.
    pub y: f64,
}

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Where, along its axis.
    pub at: f64,
    /// What stands there.
    pub label: String,
}

/// A drawing of one or two lines over the same time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineChart {
    /// Its width in its own units.
    pub width: f64,
    /// Its height in its own units.
    pub height: f64,
    /// The lines' points, oldest first.
    pub lines: Vec<Vec<Point>>,
    /// The reference band: top and height.
    pub band: Option<(f64, f64)>,
    /// Marks on the axis of values.
    pub values: Vec<Tick>,
    /// Marks on the axis of time.
    pub times: Vec<Tick>,
}

/// Room for the labels of a trend.
const LEFT: f64 = 52.0;
const BELOW: f64 = 22.0;
const EDGE: f64 = 6.0;

impl LineChart {
    /// A small line without axes; `None` when there are fewer than two numbers.
    pub(crate) fn sparkline(values: &[Value]) -> Option<Self> {
        /// More points than pixels say nothing more.
        const POINTS: usize = 24;
        Self::draw(&values[..values.len().min(POINTS)], (56.0, 18.0), (2.0, 2.0, 2.0), false)
    }

    /// A trend with axes and band; `None` when there are fewer than two numbers.
    pub(crate) fn trend(values: &[Value]) -> Option<Self> {
        Self::draw(values, (760.0, 260.0), (LEFT, EDGE, BELOW), true)
    }

    /// The points of a line as an SVG attribute.
    pub(crate) fn points(line: &[Point]) -> String {
        line.iter().map(|point| format!("{:.1},{:.1}", point.x, point.y)).collect::<Vec<_>>().join(" ")
    }

    fn draw(values: &[Value], size: (f64, f64), room: (f64, f64, f64), axes: bool) -> Option<Self> {
        let mut dated: Vec<(f64, &Value)> =
            values.iter().filter_map(|value| Some((day(&value.date)?, value))).collect();
        dated.retain(|(_, value)| value.number.is_some());
        dated.sort_by(|one, two| one.0.total_cmp(&two.0));
        let ((width, height), (left, edge, below)) = (size, room);
        let (first, last) = (dated.first()?.0, dated.last()?.0);
        if dated.len() < 2 {
            return None;
        }
        let range = dated.last().map(|(_, value)| &value.range).filter(|_| axes);
        let ends = range.into_iter().flat_map(|range| [range.low, range.high]).flatten();
        let numbers = dated.iter().flat_map(|(_, value)| [value.number, value.second]).flatten();
        let (low, high) = spread(numbers.chain(ends));
        let x = |day: f64| left + (day - first) / (last - first).max(1.0) * (width - left - edge);
        let y = |number: f64| edge + (high - number) / (high - low) * (height - edge - below);
        let line = |of: fn(&Value) -> Option<f64>| -> Vec<Point> {
            dated.iter().filter_map(|(day, value)| Some(Point { x: x(*day), y: y(of(value)?) })).collect()
        };
        let lines = [line(|value| value.number), line(|value| value.second)];
        let band = range.filter(|range| range.low.is_some() || range.high.is_some()).map(|range| {
            let (top, bottom) = (y(range.high.unwrap_or(high)), y(range.low.unwrap_or(low)));
            (top, bottom - top)
        });
        let values = if axes { value_ticks(low, high, 5.0, y) } else { Vec::new() };
        let times = if axes { time_ticks(&dated, x) } else { Vec::new() };
        let lines = lines.into_iter().filter(|line| line.len() > 1).collect();
        Some(Self { width, height, lines, band, values, times })
    }
}

fn day(date: &str) -> Option<f64> {
    // Days since 1970 are far below what a float holds exactly.
    #[allow(clippy::cast_precision_loss)]
    Date::parse(date).ok().map(|date| date.first_day() as f64)
}

/// The range of the values, with a little air, never empty.
pub(crate) fn spread(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        numbers.fold((f64::MAX, f64::MIN), |(low, high), number| (low.min(number), high.max(number)));
    let air = ((high - low) * 0.08).max(high.abs() * 0.01).max(0.01);
    (low - air, high + air)
}

/// Round numbers, about so many and mostly fewer.
pub(crate) fn value_ticks(low: f64, high: f64, about: f64, y: impl Fn(f64) -> f64) -> Vec<Tick> {
    let rough = (high - low) / about;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|one| one * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let places = if step >= 1.0 && step.fract() == 0.0 {
        0
    } else if step >= 0.1 {
        1
    } else {
        2
    };
    let first = (low / step).ceil();
    let at = |number: i32| (first + f64::from(number)) * step;
    let inside = (0..24).map(at).take_while(|value| *value <= high);
    inside.map(|value| Tick { at: y(value), label: format!("{value:.places$}") }).collect()
}

/// The first, the last and some days between that do not touch each other.
fn time_ticks(dated: &[(f64, &Value)], x: impl Fn(f64) -> f64) -> Vec<Tick> {
    const ROOM: f64 = 92.0;
    // The first and the last label stand inside their mark, so that half a label more is taken there.
    const ROOM_AT_END: f64 = 138.0;
    let mut ticks: Vec<Tick> = Vec::new();
    let last = dated.last().map_or(0.0, |(day, _)| x(*day));
    for (day, value) in dated {
        let at = x(*day);
        let is_last = (at - last).abs() < f64::EPSILON;
        let room = if ticks.len() == 1 { ROOM_AT_END } else { ROOM };
        let is_free = ticks.last().is_none_or(|tick| at - tick.at > room);
        if is_free && (is_last || last - at > ROOM_AT_END) {
            ticks.push(Tick { at, label: words::date(&value.date) });
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinic::chart::observation::{Flag, Range};

    fn value(date: &str, number: f64) -> Value {
        Value {
            code: "4548-4".to_owned(),
            name: "A1c".to_owned(),
            date: date.to_owned(),
            taken: date.to_owned(),
            text: number.to_string(),
            number: Some(number),
            second: None,
            unit: "%".to_owned(),
            flag: Flag::None,
            range: Range { low: None, high: Some(5.6), text: String::new() },
        }
    }

    #[test]
    fn later_is_right_and_more_is_up() {
        let values = [value("2026-01-01", 8.0), value("2025-01-01", 7.0), value("2024-01-01", 9.0)];
        let chart = LineChart::trend(&values).unwrap();
        let line = &chart.lines[0];
        assert!(line[0].x < line[1].x && line[1].x < line[2].x);
        assert!(line[0].y < line[2].y && line[2].y < line[1].y);
        assert!(chart.band.is_some_and(|(top, height)| top > line[1].y && height > 0.0));
        assert_eq!(chart.times.last().unwrap().label, "01-Jan-2026");
    }

    #[test]
    fn one_number_is_no_line() {
        assert_eq!(LineChart::sparkline(&[value("2026-01-01", 8.0)]), None);
    }
}
