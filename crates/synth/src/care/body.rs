//! The body: what a measurement would show on a day, before the diseases have their say.

use crate::coding::rounded;
use crate::content::{GrowthPoint, analyte, analytes, growth_curves};
use crate::date::Date;
use crate::people::{Person, Sex};
use crate::random::{Random, hash_text};

/// Tobacco in a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Smoking {
    Never,
    Former,
    Daily,
    SomeDays,
}

/// What someone is born with and keeps: offsets from the average.
pub(crate) struct Constitution {
    /// Standard deviations from the middle, by analyte.
    offsets: Vec<f64>,
    height_z: f64,
    weight_z: f64,
    /// Body mass index at the start of the history, and its yearly change.
    pub bmi: f64,
    bmi_change: f64,
    systolic: f64,
    pulse: f64,
    pub smoking: Smoking,
}

impl Constitution {
    /// The constitution of a person.
    pub(crate) fn of(person: &Person) -> Self {
        let mut random = Random::new(&[person.seed, hash_text("constitution")]);
        let offsets = analytes().iter().map(|_| random.normal(0.0, 1.0).clamp(-1.8, 1.8)).collect();
        let smoking = [Smoking::Never, Smoking::Former, Smoking::Daily, Smoking::SomeDays]
            [random.weighted([0.62, 0.24, 0.10, 0.04].into_iter())];
        Self {
            offsets,
            height_z: random.normal(0.0, 0.9),
            weight_z: random.normal(0.15, 0.9),
            bmi: random.normal(28.2, 5.6).clamp(18.2, 49.0),
            bmi_change: random.normal(0.12, 0.2),
            systolic: random.normal(116.0, 7.0),
            pulse: random.normal(73.0, 8.0),
            smoking,
        }
    }
}

/// A body on a day.
pub(crate) struct Body {
    /// Values by analyte.
    values: Vec<f64>,
    pub systolic: f64,
    pub diastolic: f64,
    pub pulse: f64,
    pub respiration: f64,
    /// Celsius.
    pub temperature: f64,
    /// Percent.
    pub oxygen: f64,
    /// Kilograms.
    pub weight: f64,
    /// Centimetres.
    pub height: f64,
    /// Centimetres; children under three.
    pub head: Option<f64>,
    /// Totals of the scales for depression and anxiety.
    pub depression: f64,
    pub anxiety: f64,
}

/// A value on a growth chart at some standard deviations from the median (LMS method, Cole 1990).
fn on_chart(measure: &str, sex: Sex, months: f64, z: f64) -> f64 {
    let curve = growth_curves()
        .iter()
        .find(|curve| curve.measure == measure && curve.sex == sex.word())
        .map_or(&[][..], |curve| &curve.points);
    let after =
        curve.iter().position(|point| point.months >= months).unwrap_or(curve.len().saturating_sub(1));
    let (low, high) = (&curve[after.saturating_sub(1)], &curve[after]);
    let share = if high.months > low.months {
        ((months - low.months) / (high.months - low.months)).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let at = |point: &GrowthPoint| point.m * (1.0 + point.l * point.s * z).max(0.05).powf(1.0 / point.l);
    at(low) + share * (at(high) - at(low))
}

impl Body {
    /// The healthy body of a person on a day.
    pub(crate) fn at(person: &Person, constitution: &Constitution, on: Date) -> Self {
        let age = on.years_since(person.birth).max(0.0);
        let values = analytes()
            .iter()
            .zip(&constitution.offsets)
            .map(|(analyte, offset)| healthy_value(analyte.low, analyte.high, *offset))
            .collect();
        let mut body = Self {
            values,
            systolic: constitution.systolic + (age - 40.0).max(0.0) * 0.18,
            diastolic: 72.0 + (constitution.systolic - 116.0) * 0.5,
            pulse: constitution.pulse,
            respiration: 15.0,
            temperature: 36.7,
            oxygen: 98.0,
            weight: 0.0,
            height: 0.0,
            head: None,
            depression: 1.5,
            anxiety: 1.5,
        };
        body.set_usual_values(constitution, person.sex, age);
        if age < 18.0 {
            body.grow(person, constitution, age);
        } else {
            body.mature(person, constitution, on);
        }
        body
    }

    /// Values whose usual middle is not the middle of the reference range.
    fn set_usual_values(&mut self, constitution: &Constitution, sex: Sex, age: f64) {
        let z = |key: &str| constitution.offsets[analyte(key)];
        let female = sex == Sex::Female;
        self.set("a1c", 5.2 + 0.004 * age + 0.15 * z("a1c"));
        self.set("glucose", 87.0 + 0.1 * age + 4.0 * z("glucose"));
        self.set("egfr", (122.0 - 0.75 * age).clamp(62.0, 115.0) + 5.0 * z("egfr"));
        self.set("ldl", 88.0 + 0.5 * age.min(60.0) + 20.0 * z("ldl"));
        self.set("hdl", if female { 58.0 } else { 48.0 } + 9.0 * z("hdl"));
        self.set("triglycerides", 105.0 + 28.0 * z("triglycerides"));
        let adult = if female { 13.4 } else { 14.9 };
        let hemoglobin = if age < 13.0 { 12.4 } else { adult };
        self.set("hemoglobin", hemoglobin + 0.5 * z("hemoglobin"));
        self.set("tsh", 1.9 + 0.6 * z("tsh"));
        self.set("urine_albumin_creatinine", 9.0 + 3.5 * z("urine_albumin_creatinine"));
        self.set("psa", 1.1 + 0.5 * z("psa"));
        self.set("nt_pro_bnp", 70.0 + 25.0 * z("nt_pro_bnp"));
        self.set("lead", 1.1 + 0.4 * z("lead"));
        self.set("gestational_glucose", 108.0 + 14.0 * z("gestational_glucose"));
        self.set("alt", 22.0 + 6.0 * z("alt"));
        self.set("ast", 21.0 + 5.0 * z("ast"));
        self.set("ferritin", 90.0 + 30.0 * z("ferritin"));
    }

    fn grow(&mut self, person: &Person, constitution: &Constitution, age: f64) {
        let months = age * 12.0;
        let chart = |measure, z| on_chart(measure, person.sex, months, z);
        self.height = chart("height", constitution.height_z);
        self.weight = chart("weight", 0.4 * constitution.height_z + 0.8 * constitution.weight_z);
        self.head = (months < 36.0).then(|| chart("head", 0.6 * constitution.height_z));
        self.systolic = 84.0 + 1.7 * age + 0.3 * (constitution.systolic - 116.0);
        self.diastolic = 48.0 + 1.1 * age;
        self.pulse = (135.0 - 9.0 * age).max(74.0) + 0.4 * (constitution.pulse - 73.0);
        self.respiration = (36.0 - 2.6 * age).max(16.0);
    }

    fn mature(&mut self, person: &Person, constitution: &Constitution, on: Date) {
        let mean = if person.sex == Sex::Female { (162.6, 6.6) } else { (176.2, 7.1) };
        self.height = mean.0 + mean.1 * constitution.height_z;
        let years = on.years_since(person.joined);
        let bmi = (constitution.bmi + constitution.bmi_change * years).clamp(17.5, 52.0);
        self.weight = bmi * self.height * self.height / 10_000.0;
        self.systolic += (bmi - 28.0) * 0.35;
    }

    /// A laboratory value by key.
    pub(crate) fn get(&self, key: &str) -> f64 {
        self.values[analyte(key)]
    }

    /// A laboratory value by position among the analytes.
    pub(crate) fn value(&self, analyte: usize) -> f64 {
        self.values[analyte]
    }

    /// Sets a laboratory value.
    pub(crate) fn set(&mut self, key: &str, value: f64) {
        self.values[analyte(key)] = value.max(0.0);
    }

    /// Moves a laboratory value.
    pub(crate) fn shift(&mut self, key: &str, by: f64) {
        self.set(key, self.get(key) + by);
    }

    /// Kilograms over square metres.
    pub(crate) fn bmi(&self) -> f64 {
        rounded(self.weight, 1) / (rounded(self.height, 1) / 100.0).powi(2)
    }
}

/// Inside the range, further out the larger the offset.
fn healthy_value(low: Option<f64>, high: Option<f64>, offset: f64) -> f64 {
    match (low, high) {
        (Some(low), Some(high)) => f64::midpoint(low, high) + offset * (high - low) / 4.5,
        (Some(low), None) => low * (1.35 + 0.1 * offset),
        (None, Some(high)) => high * (0.55 + 0.12 * offset),
        (None, None) => 1.0,
    }
}

/// Creatinine in mg/dL that gives an estimated filtration rate, by CKD-EPI 2021 turned round.
pub(crate) fn creatinine_for(filtration: f64, age: f64, sex: Sex) -> f64 {
    let (kappa, alpha, factor) = kidney_constants(sex);
    let ratio = filtration / (142.0 * 0.9938_f64.powf(age) * factor);
    kappa * if ratio <= 1.0 { ratio.powf(-1.0 / 1.2) } else { ratio.powf(1.0 / alpha) }
}

/// Estimated filtration rate from creatinine in mg/dL (CKD-EPI 2021, without race).
pub(crate) fn filtration_for(creatinine: f64, age: f64, sex: Sex) -> f64 {
    let (kappa, alpha, factor) = kidney_constants(sex);
    let ratio = creatinine / kappa;
    142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.2) * 0.9938_f64.powf(age) * factor
}

fn kidney_constants(sex: Sex) -> (f64, f64, f64) {
    if sex == Sex::Female { (0.7, -0.241, 1.012) } else { (0.9, -0.302, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_and_formulas_agree_with_published_values() {
        // WHO median length of boys at 12 months 75.7 cm; CDC median stature of girls at 10 years about 138 cm.
        assert!((on_chart("height", Sex::Male, 12.0, 0.0) - 75.7).abs() < 0.3);
        assert!((on_chart("height", Sex::Female, 120.0, 0.0) - 138.2).abs() < 1.0);
        // WHO weight of boys at 6 months, +2 standard deviations: 9.8 kg.
        assert!((on_chart("weight", Sex::Male, 6.0, 2.0) - 9.8).abs() < 0.2);
        // CKD-EPI 2021: man of 60 with creatinine 1.2 mg/dL has 69.
        assert!((filtration_for(1.2, 60.0, Sex::Male) - 69.0).abs() < 1.0);
        for filtration in [18.0, 45.0, 70.0, 110.0] {
            for sex in [Sex::Female, Sex::Male] {
                let back = filtration_for(creatinine_for(filtration, 55.0, sex), 55.0, sex);
                assert!((back - filtration).abs() < 0.01);
            }
        }
    }
}
