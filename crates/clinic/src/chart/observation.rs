//! Measured values: vital signs and laboratory results, as series over time.

use crate::chart::concept;
use fhir::{Document, Node};

/// The values of one measurement, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The code (LOINC, mostly).
    pub code: String,
    /// In words.
    pub name: String,
    /// The values, newest first; never empty.
    pub values: Vec<Value>,
}

/// One measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The code of what was measured.
    pub code: String,
    /// In words.
    pub name: String,
    /// The day, as recorded.
    pub date: String,
    /// When it was taken, as recorded: with its time, when that is known.
    pub taken: String,
    /// As a reader sees it, with digits as reported, without the unit.
    pub text: String,
    /// As a number, for trends; `None` for words.
    pub number: Option<f64>,
    /// For a blood pressure, the diastolic one.
    pub second: Option<f64>,
    /// The unit; empty when there is none.
    pub unit: String,
    /// Whether it is abnormal, and how.
    pub flag: Flag,
    /// The reference range of that report.
    pub range: Range,
}

/// How a value lies to what is normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Flag {
    /// Normal, or nothing is said: no colour, no letter.
    #[default]
    None,
    /// Above.
    High,
    /// Below.
    Low,
    /// Dangerously above.
    CriticalHigh,
    /// Dangerously below.
    CriticalLow,
    /// Abnormal without a direction.
    Abnormal,
}

impl Flag {
    /// How much a value asks to be seen: more is more.
    pub fn urgency(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Abnormal | Self::High | Self::Low => 1,
            Self::CriticalHigh | Self::CriticalLow => 2,
        }
    }
}

/// A reference range as reported.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Range {
    /// The low end.
    pub low: Option<f64>,
    /// The high end.
    pub high: Option<f64>,
    /// In words; empty when nothing is said.
    pub text: String,
}

/// HL7 v3 ObservationInterpretation codes and what they mean here.
const INTERPRETATIONS: [(&str, Flag); 8] = [
    ("H", Flag::High),
    ("HU", Flag::High),
    ("L", Flag::Low),
    ("LU", Flag::Low),
    ("HH", Flag::CriticalHigh),
    ("LL", Flag::CriticalLow),
    ("A", Flag::Abnormal),
    ("AA", Flag::Abnormal),
];

/// Panels of a blood pressure: their codes and name, and the codes of the systolic and the diastolic value.
const BLOOD_PRESSURES: [(&[&str], &str, [&str; 2]); 2] = [
    (&["85354-9", "55284-4"], "Blood pressure", ["8480-6", "8462-4"]),
    (&["96607-7"], "Mean blood pressure", ["96608-5", "96609-3"]),
];

/// Vital signs in the order they are taken, by LOINC code, with the words of the chart.
const VITAL_SIGNS: [(&str, &str); 11] = [
    ("85354-9", "BP"),
    ("96607-7", "BP mean"),
    ("8867-4", "Heart rate"),
    ("9279-1", "Resp. rate"),
    ("8310-5", "Temp."),
    ("59408-5", "SpO₂"),
    ("2708-6", "SpO₂"),
    ("29463-7", "Weight"),
    ("8302-2", "Height"),
    ("39156-5", "BMI"),
    ("9843-4", "Head circ."),
];

/// The values of an Observation: its own, or those of its components; a blood pressure is one value.
pub fn values(observation: &Document) -> Vec<Value> {
    let root = observation.root();
    let code = concept::code_of(root.get("code")).unwrap_or_default();
    if let Some((codes, name, parts)) =
        BLOOD_PRESSURES.iter().find(|(codes, ..)| codes.contains(&code.as_str()))
    {
        return blood_pressure(root, (codes[0], name), parts).into_iter().collect();
    }
    match value(root, root) {
        Some(value) => vec![value],
        None => root.each_of("component").filter_map(|component| value(component, root)).collect(),
    }
}

fn taken(root: Node<'_>) -> String {
    let start = || root.at_path(&["effectivePeriod", "start"]);
    let moment = root.get("effectiveDateTime").or_else(start).or_else(|| root.get("issued"));
    moment.and_then(Node::as_str).unwrap_or_default().into_owned()
}

fn value(holder: Node<'_>, root: Node<'_>) -> Option<Value> {
    let quantity = holder.get("valueQuantity");
    let digits = quantity.and_then(|quantity| quantity.get("value")).and_then(Node::as_number);
    let comparator = quantity.and_then(|quantity| quantity.get_str("comparator")).unwrap_or_default();
    let words = || {
        let string = holder.get_str("valueString").map(std::borrow::Cow::into_owned);
        let integer = || holder.get("valueInteger").and_then(Node::as_number).map(str::to_owned);
        concept::text(holder.get("valueCodeableConcept")).or(string).or_else(integer)
    };
    let text = digits.map(|digits| format!("{comparator}{}", readable(digits))).or_else(words)?;
    let range = range(holder);
    let number = digits.and_then(|digits| digits.parse().ok());
    Some(Value {
        code: concept::code_of(holder.get("code")).unwrap_or_default(),
        name: concept::text(holder.get("code")).unwrap_or_default(),
        date: taken(root).split('T').next().unwrap_or_default().to_owned(),
        taken: taken(root),
        flag: flag(holder, number, &range),
        text,
        number,
        second: None,
        unit: quantity
            .and_then(|one| one.get_str("unit").or_else(|| one.get_str("code")))
            .unwrap_or_default()
            .into_owned(),
        range,
    })
}

/// Machines report more digits than anyone measured; four significant ones are read, the record keeps them all.
fn readable(digits: &str) -> String {
    let significant = digits.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    match digits.parse::<f64>() {
        Ok(number) if significant > 5 && digits.contains('.') => {
            let whole = number.abs().log10().floor().max(0.0);
            let places = if whole >= 3.0 {
                0
            } else if whole >= 2.0 {
                1
            } else {
                2
            };
            format!("{number:.places$}")
        }
        _ => digits.to_owned(),
    }
}

fn blood_pressure(root: Node<'_>, (code, name): (&str, &str), parts: &[&str; 2]) -> Option<Value> {
    let component = |wanted: &str| {
        let found = root.each_of("component").find(|one| {
            one.get("code").is_some_and(|code| {
                code.each_of("coding").any(|coding| coding.get_str("code").as_deref() == Some(wanted))
            })
        });
        found.and_then(|one| value(one, root))
    };
    let (systolic, diastolic) = (component(parts[0])?, component(parts[1])?);
    let flag = if systolic.flag == Flag::None { diastolic.flag } else { systolic.flag };
    Some(Value {
        code: code.to_owned(),
        name: name.to_owned(),
        text: format!("{}/{}", systolic.text, diastolic.text),
        second: diastolic.number,
        flag,
        ..systolic
    })
}

fn flag(holder: Node<'_>, number: Option<f64>, range: &Range) -> Flag {
    let codes = holder.each_of("interpretation").filter_map(|one| concept::code_of(Some(one)));
    let mut said = false;
    for code in codes {
        said = true;
        if let Some((_, flag)) = INTERPRETATIONS.iter().find(|(known, _)| *known == code) {
            return *flag;
        }
    }
    match number {
        // What the laboratory said, "normal" included, goes before what we could compute.
        Some(number) if !said && range.high.is_some_and(|high| number > high) => Flag::High,
        Some(number) if !said && range.low.is_some_and(|low| number < low) => Flag::Low,
        _ => Flag::None,
    }
}

fn range(holder: Node<'_>) -> Range {
    let Some(range) = holder.each_of("referenceRange").next() else { return Range::default() };
    let end = |name: &str| range.at_path(&[name, "value"]).and_then(Node::as_number);
    let (low, high) = (end("low"), end("high"));
    let own = range.get_str("text").map(std::borrow::Cow::into_owned);
    let text = own.unwrap_or_else(|| match (low, high) {
        (Some(low), Some(high)) => format!("{}–{}", readable(low), readable(high)),
        (Some(low), None) => format!("≥ {}", readable(low)),
        (None, Some(high)) => format!("≤ {}", readable(high)),
        (None, None) => String::new(),
    });
    let number = |digits: Option<&str>| digits.and_then(|digits| digits.parse().ok());
    Range { low: number(low), high: number(high), text }
}

/// Series by test, the one with the newest value first. Observations come newest first.
pub fn by_test(observations: &[Document]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for value in observations.iter().flat_map(values) {
        match all.iter_mut().find(|series| series.code == value.code && series.name == value.name) {
            Some(series) => series.values.push(value),
            None => {
                all.push(Series { code: value.code.clone(), name: value.name.clone(), values: vec![value] });
            }
        }
    }
    all
}

/// The vital signs, in the order they are taken; others behind.
pub fn vital_signs(observations: &[Document]) -> Vec<Series> {
    let mut series = by_test(observations);
    series.sort_by_key(|one| rank_of_vital_sign(&one.code));
    for one in &mut series {
        if let Some(name) = name_of_vital_sign(&one.code) {
            name.clone_into(&mut one.name);
        }
    }
    series
}

/// The place of a vital sign in the order in which they are taken; what is none comes last.
pub(crate) fn rank_of_vital_sign(code: &str) -> usize {
    VITAL_SIGNS.iter().position(|(known, _)| *known == code).unwrap_or(VITAL_SIGNS.len())
}

/// The words of the chart for a vital sign.
pub(crate) fn name_of_vital_sign(code: &str) -> Option<&'static str> {
    VITAL_SIGNS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}
