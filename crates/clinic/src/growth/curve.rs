//! The lines of a chart, to be drawn.

use super::{Measure, Reference, Sex, normal, table};

/// The line that a percentage of children lie below.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Which one, between 0 and 100.
    pub percentile: f64,
    /// From the first age of the chart to the last.
    pub points: Vec<Point>,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The age, in the reference's unit.
    pub age: f64,
    /// The value, in the measure's unit.
    pub value: f64,
}

/// The lines of the charts that are drawn from the 3rd to the 97th percentile.
pub const FROM_3_TO_97: [f64; 7] = [3.0, 10.0, 25.0, 50.0, 75.0, 90.0, 97.0];

/// The lines of the charts that are drawn from the 5th to the 95th percentile.
pub const FROM_5_TO_95: [f64; 7] = [5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0];

/// A line for each percentile, with a point for each row of the chart. Empty when the reference has no such chart;
/// without those percentiles that do not lie between 0 and 100.
pub fn curves(reference: Reference, measure: Measure, sex: Sex, percentiles: &[f64]) -> Vec<Curve> {
    let Some(table) = table::find(reference, measure, sex) else { return Vec::new() };
    let line = |percentile: f64| {
        let z = normal::z_of_percentile(percentile)?;
        let point = |age| Some(Point { age, value: reference.value_at(measure, sex, age, z)? });
        Some(Curve { percentile, points: table.rows().filter_map(point).collect() })
    };
    percentiles.iter().filter_map(|percentile| line(*percentile)).collect()
}
