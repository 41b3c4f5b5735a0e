//! A child's measurements beside the growth charts: each with its age, its z-score and its percentile.

use super::banner::Banner;
use super::{Finder, resource_type};
use crate::fhir_parts::LOINC;
use crate::growth::{Age, GestationalAge, KINDS, Kind, Place, Sex, normal, place};
use fhir::date_time::{Date, DateTime};
use fhir::{Document, Node};
use record::{Error, Session};

/// What is known of a child's growth.
pub struct Growth {
    /// The sex whose charts are used; `None` when none is chosen.
    pub sex: Option<Sex>,
    /// How old the child is, or was when it died; `None` when the date of birth is no whole date.
    pub age: Option<Age>,
    /// Where on which chart it stands at this age; `None` beyond all charts.
    pub place: Option<Place>,
    /// How long the pregnancy lasted that the child was born of; `None` when nobody recorded it.
    pub gestation: Option<GestationalAge>,
    /// What was measured, for each of [`KINDS`], newest first.
    pub measured: [Vec<Measured>; KINDS.len()],
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The day, as recorded.
    pub date: String,
    /// The age on that day; `None` when one of the dates is no whole date, or it lies before birth.
    pub age: Option<Age>,
    /// The value and its unit, as recorded.
    pub recorded: (String, String),
    /// The value in the chart's unit; `None` when the recorded unit is none of such a thing.
    pub value: Option<f64>,
    /// Where on which chart it stands; `None` beyond all charts.
    pub place: Option<Place>,
    /// How many standard deviations it lies above the median; `None` where the tables say nothing.
    pub z_score: Option<f64>,
}

impl Measured {
    /// The percentage of children of its age and sex that lie below.
    pub fn percentile(&self) -> Option<f64> {
        self.z_score.map(normal::percentile)
    }
}

/// LOINC "Gestational age Estimated".
const GESTATION: &str = "11884-4";
/// Measurements that are read; the newest are kept.
const MEASUREMENTS: usize = 1000;

impl Growth {
    /// Reads what was measured of a patient.
    ///
    /// # Errors
    /// When the session may not see it.
    pub fn read(session: &Session, banner: &Banner, now_ms: i64) -> Result<Self, Error> {
        let key = record::bundle::key(resource_type("Patient"), &banner.id)?;
        let codes = KINDS.iter().flat_map(|kind| kind.codes).chain([&GESTATION]);
        let codes: Vec<String> = codes.map(|code| format!("{LOINC}|{code}")).collect();
        let find = Finder { session, key: &key };
        let observations = find.newest("Observation", &[("combo-code", &codes.join(","))], MEASUREMENTS)?;
        let birth = Date::parse(&banner.birth_date).ok();
        let today = DateTime::from_ms(now_ms, 0).map(DateTime::date);
        let end = Date::parse(&banner.deceased).ok().or(today);
        let child = Child {
            birth,
            sex: Sex::of_gender(&banner.gender),
            gestation: observations.iter().find_map(gestation),
        };
        let dates = birth.zip(end);
        Ok(Self {
            sex: child.sex,
            age: dates.and_then(|(birth, end)| Age::between(birth, end)),
            place: dates.and_then(|(birth, end)| place(birth, end, child.gestation)),
            gestation: child.gestation,
            measured: std::array::from_fn(|nth| child.measured(&KINDS[nth], &observations)),
        })
    }

    /// What was measured of a kind, newest first.
    pub fn of_kind(&self, kind: &Kind) -> &[Measured] {
        let nth = KINDS.iter().position(|one| one.key == kind.key);
        nth.and_then(|nth| self.measured.get(nth)).map_or(&[], Vec::as_slice)
    }
}

/// Whether there are growth charts for a patient of this age: up to the twentieth birthday.
pub fn is_growing(banner: &Banner, now_ms: i64) -> bool {
    let age = Date::parse(&banner.birth_date).ok().zip(DateTime::from_ms(now_ms, 0).map(DateTime::date));
    let age = age.and_then(|(birth, today)| Age::between(birth, today));
    age.is_some_and(|age| age.months() <= Age::TWENTY_YEARS)
}

/// Whom measurements are compared for.
struct Child {
    birth: Option<Date>,
    sex: Option<Sex>,
    gestation: Option<GestationalAge>,
}

impl Child {
    fn measured(&self, kind: &Kind, observations: &[Document]) -> Vec<Measured> {
        let quantities = observations.iter().flat_map(|one| quantities(one, kind.codes));
        let mut measured: Vec<_> = quantities.map(|quantity| self.place(kind, quantity)).collect();
        measured.sort_by(|one, two| two.date.cmp(&one.date));
        measured
    }

    fn place(&self, kind: &Kind, quantity: Quantity) -> Measured {
        let value = quantity.in_unit_of(kind);
        let dates = self.birth.zip(Date::parse(&quantity.date).ok());
        let place = dates.and_then(|(birth, on)| place(birth, on, self.gestation));
        let z_score = |place: Place| {
            let measure = kind.measure(place.reference);
            place.reference.z_score(measure, self.sex?, place.age, value?)
        };
        Measured {
            age: dates.and_then(|(birth, on)| Age::between(birth, on)),
            value,
            place,
            z_score: place.and_then(z_score),
            date: quantity.date,
            recorded: (quantity.digits, quantity.unit),
        }
    }
}

/// A number that was recorded, its unit, and the day.
struct Quantity {
    date: String,
    digits: String,
    /// The code of UCUM, or the word where there is none.
    code: String,
    /// The unit for people.
    unit: String,
}

impl Quantity {
    fn in_unit_of(&self, kind: &Kind) -> Option<f64> {
        let factor = kind.factor(&self.code).or_else(|| kind.factor(&self.unit))?;
        let value = self.digits.parse::<f64>().ok()? * factor;
        (value.is_finite() && value > 0.0).then_some(value)
    }
}

/// The numbers of an Observation, or of its components, that have one of these codes.
fn quantities(observation: &Document, codes: &[&str]) -> Vec<Quantity> {
    let root = observation.root();
    let start = || root.at_path(&["effectivePeriod", "start"]);
    let date = super::concept::day(root.get("effectiveDateTime").or_else(start));
    let holders = std::iter::once(root).chain(root.each_of("component"));
    holders.filter(|holder| has_code(*holder, codes)).filter_map(|holder| quantity(holder, &date)).collect()
}

fn has_code(holder: Node<'_>, codes: &[&str]) -> bool {
    let is_one = |coding: Node<'_>| {
        let code = coding.get_str("code").unwrap_or_default();
        coding.get_str("system").as_deref() == Some(LOINC) && codes.contains(&&*code)
    };
    holder.get("code").is_some_and(|code| code.each_of("coding").any(is_one))
}

/// What is only less or more than a number is no point of a chart.
fn quantity(holder: Node<'_>, date: &str) -> Option<Quantity> {
    let quantity = holder.get("valueQuantity").filter(|one| one.get("comparator").is_none())?;
    let text = |name: &str| quantity.get_str(name).map(std::borrow::Cow::into_owned);
    let digits = quantity.get("value").and_then(Node::as_number)?.to_owned();
    let code = text("code").or_else(|| text("unit")).unwrap_or_default();
    let unit = text("unit").unwrap_or_else(|| code.clone());
    Some(Quantity { date: date.to_owned(), digits, code, unit })
}

/// Units of a pregnancy's length, and their days.
const SPANS: [(&str, f64); 6] =
    [("wk", 7.0), ("weeks", 7.0), ("week", 7.0), ("d", 1.0), ("days", 1.0), ("day", 1.0)];

/// How long the pregnancy lasted that an Observation tells of. It may be one that the patient herself was expecting in:
/// that is without consequence, for from two years on nothing depends on it.
fn gestation(observation: &Document) -> Option<GestationalAge> {
    let quantity = quantities(observation, &[GESTATION]).into_iter().next()?;
    let units = [&quantity.code, &quantity.unit];
    let (_, factor) = SPANS.iter().find(|(known, _)| units.iter().any(|unit| unit == known))?;
    let days = (quantity.digits.parse::<f64>().ok()? * factor).round();
    // No pregnancy lasts a year: what remains fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let days = (0.0..365.0).contains(&days).then_some(days as u16)?;
    GestationalAge::new(u8::try_from(days / 7).ok()?, u8::try_from(days % 7).ok()?)
}
