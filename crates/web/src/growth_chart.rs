//! A growth chart as SVG: the lines of a reference, and a child's measurements on them.
//!
//! Only attributes, no styles, as in [`crate::line_chart`]. It stays below 15 KB: a line has few points, and measurements
//! beyond a number are left to the table.

use crate::growth_ages::Ages;
use crate::growth_words::{mark, ordinal};
use crate::line_chart::{LineChart, Point, Tick, spread, value_ticks};
use clinic::chart::growth::Measured;
use clinic::growth::{FROM_3_TO_97, Kind, Reference, Sex, normal};

/// A drawing.
pub(crate) struct GrowthChart {
    /// The outline of what lies between the outermost lines.
    pub band: String,
    /// A line for each percentile, from the lowest.
    pub curves: Vec<Curve>,
    /// Marks on the axis of values.
    pub values: Vec<Tick>,
    /// Marks on the axis of ages.
    pub ages: Vec<Tick>,
    /// The child's line, oldest first.
    pub line: String,
    /// A dot for each measurement, as a path.
    pub dots: String,
    /// The newest measurement.
    pub newest: Option<Point>,
    /// How many measurements are drawn.
    pub drawn: usize,
    /// How many there are at these ages.
    pub of: usize,
}

/// A line of the reference.
pub(crate) struct Curve {
    /// As an SVG attribute.
    pub points: String,
    /// What stands at its right end, such as `97th`.
    pub label: String,
    /// Where it stands.
    pub label_y: f64,
    /// How the line is drawn: the median, the outermost ones, and others.
    pub class: &'static str,
}

/// The drawing's size in its own units, and the room around its field.
pub(crate) const WIDTH: f64 = 720.0;
pub(crate) const HEIGHT: f64 = 476.0;
pub(crate) const LEFT: f64 = 50.0;
pub(crate) const RIGHT: f64 = WIDTH - 52.0;
pub(crate) const TOP: f64 = 24.0;
pub(crate) const BOTTOM: f64 = HEIGHT - 30.0;
/// Below this two labels touch.
const LABEL_ROOM: f64 = 13.0;
/// Parts of a line: enough to look like a curve.
const PARTS: f64 = 48.0;
/// Measurements that are drawn at most; the newest are.
const DOTS: usize = 200;

/// The body mass index has lines where overweight and obesity begin.
const OF_BODY_MASS_INDEX: [f64; 7] = [5.0, 10.0, 25.0, 50.0, 75.0, 85.0, 95.0];

impl GrowthChart {
    /// Draws what was measured, newest first, at some ages.
    pub(crate) fn draw(kind: &Kind, sex: Sex, ages: &Ages, measured: &[Measured]) -> Self {
        let mut points: Vec<_> = measured.iter().filter_map(|one| ages.point(one)).collect();
        let of = points.len();
        points.truncate(DOTS);
        points.reverse();
        let lines = lines(kind, sex, ages);
        let all = lines.iter().flat_map(|(_, line)| line).chain(&points);
        let (low, high) = spread(all.map(|(_, value)| *value));
        let at = Field { ages, low, high };
        let dots: Vec<_> = points.iter().map(|point| at.point(*point)).collect();
        Self {
            band: band(&lines, &at),
            curves: curves(&lines, &at),
            values: value_ticks(low, high, 12.0, |value| at.y(value)),
            ages: age_ticks(ages, &at),
            line: LineChart::points(&dots),
            // A stroke of no length with a round end is a dot, in a third of the letters of a circle.
            dots: dots.iter().map(|dot| format!("M{:.1} {:.1}h0", dot.x, dot.y)).collect(),
            newest: dots.last().copied(),
            drawn: dots.len(),
            of,
        }
    }
}

/// Where ages and values lie on the drawing.
struct Field<'a> {
    ages: &'a Ages,
    low: f64,
    high: f64,
}

impl Field<'_> {
    fn x(&self, age: f64) -> f64 {
        LEFT + (age - self.ages.from) / (self.ages.to - self.ages.from) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (self.high - value) / (self.high - self.low) * (BOTTOM - TOP)
    }

    fn point(&self, (age, value): (f64, f64)) -> Point {
        Point { x: self.x(age), y: self.y(value) }
    }
}

/// A percentile, and the ages and values of its line.
type Line = (f64, Vec<(f64, f64)>);
type Lines = Vec<Line>;

fn lines(kind: &Kind, sex: Sex, ages: &Ages) -> Lines {
    let percentiles = if kind.key == "bmi" { OF_BODY_MASS_INDEX } else { FROM_3_TO_97 };
    let measure = kind.measure(ages.reference);
    // Fenton's weeks are completed ones: between them a line would go in steps.
    let span = ages.to - ages.from;
    let step = if ages.reference == Reference::Fenton { 1.0 } else { span / PARTS };
    let line = |percentile: f64| {
        let z = normal::z_of_percentile(percentile)?;
        let value = |age: f64| Some((age, ages.reference.value_at(measure, sex, age, z)?));
        let all = (0..=100).map(|nth| ages.from + f64::from(nth) * step);
        let points = all.take_while(|age| *age <= ages.to).filter_map(value);
        Some((percentile, points.collect()))
    };
    percentiles.into_iter().filter_map(line).collect()
}

fn drawn(line: &[(f64, f64)], at: &Field<'_>) -> Vec<Point> {
    line.iter().map(|point| at.point(*point)).collect()
}

fn band(lines: &Lines, at: &Field<'_>) -> String {
    let (Some((_, lowest)), Some((_, highest))) = (lines.first(), lines.last()) else { return String::new() };
    let mut outline = drawn(lowest, at);
    outline.extend(drawn(highest, at).into_iter().rev());
    LineChart::points(&outline)
}

fn curves(lines: &Lines, at: &Field<'_>) -> Vec<Curve> {
    let ends: Vec<f64> = lines.iter().filter_map(|(_, line)| Some(at.y(line.last()?.1))).collect();
    let (outermost, middle) = (lines.len().saturating_sub(1), lines.len() / 2);
    let curve = |(nth, ((percentile, line), label_y)): (usize, (&Line, f64))| Curve {
        points: LineChart::points(&drawn(line, at)),
        label: ordinal(*percentile),
        label_y,
        class: match nth {
            _ if nth == middle => "median",
            _ if nth == 0 || nth == outermost => "outer",
            _ => "inner",
        },
    };
    lines.iter().zip(apart(ends)).enumerate().map(curve).collect()
}

/// Heights of labels, from the lowest label up, moved apart until none touches the next, and none leaves the drawing.
fn apart(mut heights: Vec<f64>) -> Vec<f64> {
    let mut above = f64::MAX;
    for height in &mut heights {
        *height = height.min(above - LABEL_ROOM);
        above = *height;
    }
    let mut below = TOP - LABEL_ROOM;
    for height in heights.iter_mut().rev() {
        *height = height.max(below + LABEL_ROOM);
        below = *height;
    }
    heights
}

fn age_ticks(ages: &Ages, at: &Field<'_>) -> Vec<Tick> {
    let age = |nth: i32| ages.from + f64::from(nth) * ages.step;
    let all = (0..30).map(age).take_while(|age| *age <= ages.to);
    all.map(|age| Tick { at: at.x(age), label: mark(ages.reference, age) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lr07_labels_of_lines_do_not_touch() {
        let spread = apart(vec![300.0, 298.0, 297.0, 200.0, 26.0, 25.0, 24.0]);
        for pair in spread.windows(2) {
            assert!(pair[0] - pair[1] >= LABEL_ROOM - 1e-9, "{spread:?}");
        }
        assert!(spread[6] >= TOP);
    }
}
