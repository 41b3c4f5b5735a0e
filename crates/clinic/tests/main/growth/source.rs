//! The source that the tables were distilled from, row by row.

use clinic::growth::{Measure, Reference, Sex};
use fhir::{Document, Node};
use std::path::Path;

/// A chart of the source; whether it counts weeks, divided into months.
const CHARTS: [(&str, Reference, Measure, bool); 10] = [
    ("WHO_WEIGHT", Reference::WhoChild, Measure::WeightForAge, false),
    ("WHO_LENGTH", Reference::WhoChild, Measure::LengthForAge, false),
    ("WHO_HEADC", Reference::WhoChild, Measure::HeadCircumferenceForAge, false),
    ("CDC_WEIGHT", Reference::Cdc, Measure::WeightForAge, false),
    ("CDC_STATURE", Reference::Cdc, Measure::StatureForAge, false),
    ("CDC_HEADC", Reference::Cdc, Measure::HeadCircumferenceForAge, false),
    ("CDC_BMI", Reference::Cdc, Measure::BodyMassIndexForAge, false),
    ("FENTON_WEIGHT", Reference::Fenton, Measure::WeightForAge, true),
    ("FENTON_LENGTH", Reference::Fenton, Measure::LengthForAge, true),
    ("FENTON_HEADC", Reference::Fenton, Measure::HeadCircumferenceForAge, true),
];

/// The source's text. `None`, said aloud, when it is not there; with `CI=true` that is a failure.
fn text() -> Option<String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("CHIRON_SHARED").map_or_else(beside, Into::into);
    let path = folder.join("growth-charts/GCCurveDataJSON.txt");
    if path.is_file() {
        return Some(std::fs::read_to_string(&path).expect("the source can be read"));
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

fn number(row: Node<'_>, name: &str) -> f64 {
    row.get(name).and_then(Node::as_number).and_then(|digits| digits.parse().ok()).expect("a number")
}

/// What the source has otherwise than the CDC: length below two years, and in girls half a month beyond.
fn is_length(key: &str, sex: Sex, months: f64) -> bool {
    key == "CDC_STATURE" && (months < 24.0 || months == 24.5 && sex == Sex::Female)
}

/// The formula is written out again, from the row's own numbers.
#[test]
fn lr07_every_row_of_every_table_gives_its_z_scores_to_two_decimals() {
    let Some(text) = text() else { return };
    let source = Document::parse(text).expect("the source is JSON");
    let mut count = 0;
    for (key, reference, measure, is_in_weeks) in CHARTS {
        for (name, sex) in [("male", Sex::Male), ("female", Sex::Female)] {
            let data = source.root().at_path(&[key, "data"]).expect("a chart");
            for row in data.each_of(name) {
                let [months, l, m, s] = ["Agemos", "L", "M", "S"].map(|field| number(row, field));
                if is_length(key, sex, months) {
                    continue;
                }
                let age = if is_in_weeks { (months * 365.25 / 84.0).round() } else { months };
                for z in [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0] {
                    let value =
                        if l == 0.0 { m * f64::exp(s * z) } else { m * (1.0 + l * s * z).powf(1.0 / l) };
                    if !value.is_finite() {
                        // So it is with the body mass index of adolescents at z = 3: L S z is below -1.
                        assert_eq!(reference.value_at(measure, sex, age, z), None, "{key} {name} {age}");
                        continue;
                    }
                    let found = reference.z_score(measure, sex, age, value).expect("a z-score");
                    assert!((found - z).abs() < 0.005, "{key} {name} {age}: {value} has {found}, not {z}");
                }
                count += 1;
            }
        }
    }
    assert_eq!(count, 1755, "rows");
}
