//! The growth charts of the SMART Growth Chart app to `growth/lms.tsv`: L, M and S of each chart, a row for each age.
//!
//! The format is described at the reader, `clinic::growth`; what was chosen and why, in `data/growth/README.md`.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// A chart of the source, and what it is called in the table.
struct Chart {
    /// In the source.
    key: &'static str,
    reference: &'static str,
    measure: &'static str,
    unit: Unit,
    /// The first age that is taken, in months.
    from: f64,
}

/// What ages are counted in. The source has them all in months.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Months,
    /// Weeks after the last menstruation; the source divided them by 365.25 / 84.
    Weeks,
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Self::Months => "month",
            Self::Weeks => "week",
        }
    }

    /// An age of the source in this unit.
    fn age(self, months: f64) -> Result<f64> {
        const WEEKS_IN_A_MONTH: f64 = 365.25 / 84.0;
        if self == Self::Months {
            return Ok(months);
        }
        let weeks = months * WEEKS_IN_A_MONTH;
        ensure!((weeks - weeks.round()).abs() < 1e-6, "{months} months are {weeks} weeks, not whole ones");
        Ok(weeks.round())
    }
}

/// Below 24 months the source's CDC_STATURE is recumbent length, which the CDC has as a chart of its own.
const CHARTS: [Chart; 10] = [
    Chart::new("WHO_WEIGHT", "who-child", "weight-for-age", Unit::Months, 0.0),
    Chart::new("WHO_LENGTH", "who-child", "length-for-age", Unit::Months, 0.0),
    Chart::new("WHO_HEADC", "who-child", "head-circumference-for-age", Unit::Months, 0.0),
    Chart::new("CDC_WEIGHT", "cdc", "weight-for-age", Unit::Months, 0.0),
    Chart::new("CDC_STATURE", "cdc", "stature-for-age", Unit::Months, 24.0),
    Chart::new("CDC_HEADC", "cdc", "head-circumference-for-age", Unit::Months, 0.0),
    Chart::new("CDC_BMI", "cdc", "body-mass-index-for-age", Unit::Months, 24.0),
    Chart::new("FENTON_WEIGHT", "fenton", "weight-for-age", Unit::Weeks, 0.0),
    Chart::new("FENTON_LENGTH", "fenton", "length-for-age", Unit::Weeks, 0.0),
    Chart::new("FENTON_HEADC", "fenton", "head-circumference-for-age", Unit::Weeks, 0.0),
];

impl Chart {
    const fn new(
        key: &'static str,
        reference: &'static str,
        measure: &'static str,
        unit: Unit,
        from: f64,
    ) -> Self {
        Self { key, reference, measure, unit, from }
    }
}

/// A row of a chart.
#[derive(Clone, Copy, PartialEq)]
struct Row {
    age: f64,
    l: f64,
    m: f64,
    s: f64,
}

/// Rows of the CDC's `statage.csv` (2 to 20 years) that the source lacks or has from `lenageinf.csv` instead: where it
/// joined length and stature, the rows at 24 months fell out, and girls at 24.5 months kept their length.
const CDC_STATURE: [(&str, Row); 3] = [
    ("male", Row { age: 24.0, l: 0.941523967, m: 86.45220101, s: 0.040321528 }),
    ("female", Row { age: 24.0, l: 1.07244896, m: 84.97555512, s: 0.040791394 }),
    ("female", Row { age: 24.5, l: 1.051272912, m: 85.3973169, s: 0.040859727 }),
];

/// The table, from the folder of reference data.
pub fn distil(shared: &Path) -> Result<String> {
    let path = shared.join("growth-charts/GCCurveDataJSON.txt");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let source: Value = serde_json::from_str(&text)?;
    let mut text = String::from(
        "# Growth charts by the LMS method; see README.md. Made by `cargo xtask import-spec`.\n\
         # reference\tmeasure\tsex\tunit of age\tage\tL\tM\tS\n",
    );
    for chart in &CHARTS {
        let [male, female] = ["male", "female"].map(|sex| rows(&source, chart, sex));
        let (male, female) = (male?, female?);
        if male == female {
            write_rows(&mut text, chart, "both", &male)?;
        } else {
            write_rows(&mut text, chart, "male", &male)?;
            write_rows(&mut text, chart, "female", &female)?;
        }
    }
    Ok(text)
}

/// The rows of a chart for a sex, in the order of their ages.
fn rows(source: &Value, chart: &Chart, sex: &str) -> Result<Vec<Row>> {
    let list = source[chart.key]["data"][sex].as_array();
    let list = list.with_context(|| format!("{} has no rows for {sex}", chart.key))?;
    let mut rows = Vec::new();
    for row in list {
        let field = |name: &str| {
            row[name].as_f64().with_context(|| format!("{}: a row for {sex} without {name}", chart.key))
        };
        let months = field("Agemos")?;
        if months >= chart.from {
            rows.push(Row { age: chart.unit.age(months)?, l: field("L")?, m: field("M")?, s: field("S")? });
        }
    }
    if chart.key == "CDC_STATURE" {
        CDC_STATURE.iter().filter(|(of, _)| *of == sex).for_each(|(_, row)| put(&mut rows, *row));
    }
    ensure!(rows.is_sorted_by(|one, two| one.age < two.age), "{}: ages out of order", chart.key);
    Ok(rows)
}

/// Puts a row in its place, or in the place of the one for that age.
fn put(rows: &mut Vec<Row>, row: Row) {
    match rows.binary_search_by(|one| one.age.total_cmp(&row.age)) {
        Ok(at) => rows[at] = row,
        Err(at) => rows.insert(at, row),
    }
}

fn write_rows(text: &mut String, chart: &Chart, sex: &str, rows: &[Row]) -> Result<()> {
    let Chart { reference, measure, unit, .. } = chart;
    for Row { age, l, m, s } in rows {
        writeln!(text, "{reference}\t{measure}\t{sex}\t{}\t{age}\t{l}\t{m}\t{s}", unit.word())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(age: f64, m: f64) -> Row {
        Row { age, l: 1.0, m, s: 0.1 }
    }

    #[test]
    fn a_row_takes_the_place_of_its_age() {
        let mut rows = vec![row(24.5, 1.0), row(25.5, 2.0)];
        put(&mut rows, row(24.0, 3.0));
        put(&mut rows, row(24.5, 4.0));
        assert!(rows == [row(24.0, 3.0), row(24.5, 4.0), row(25.5, 2.0)]);
    }

    #[test]
    fn months_that_are_no_whole_weeks_are_refused() {
        assert_eq!(Unit::Weeks.age(5.05954825462).unwrap(), 22.0);
        assert!(Unit::Weeks.age(5.1).is_err());
        assert_eq!(Unit::Months.age(5.1).unwrap(), 5.1);
    }
}
