//! Growth charts: z-scores as the published tables have them (LR07).

#[path = "growth/published.rs"]
mod published;
#[path = "growth/source.rs"]
mod source;

use crate::random::Random;
use clinic::growth::lms::Tails;
use clinic::growth::{
    Age, FROM_3_TO_97, FROM_5_TO_95, GestationalAge, Lms, Measure, Place, Reference, Sex, curves, normal,
    place, target_height,
};
use fhir::date_time::Date;

const SEXES: [Sex; 2] = [Sex::Female, Sex::Male];

/// Every chart that there is.
const CHARTS: [(Reference, Measure); 10] = [
    (Reference::WhoChild, Measure::WeightForAge),
    (Reference::WhoChild, Measure::LengthForAge),
    (Reference::WhoChild, Measure::HeadCircumferenceForAge),
    (Reference::Cdc, Measure::WeightForAge),
    (Reference::Cdc, Measure::StatureForAge),
    (Reference::Cdc, Measure::HeadCircumferenceForAge),
    (Reference::Cdc, Measure::BodyMassIndexForAge),
    (Reference::Fenton, Measure::WeightForAge),
    (Reference::Fenton, Measure::LengthForAge),
    (Reference::Fenton, Measure::HeadCircumferenceForAge),
];

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

#[track_caller]
fn assert_near(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
}

/// CDC, "Percentile Data Files with LMS Values": a boy of 9 months, whose row is that of the month's middle.
#[test]
fn lr07_the_example_of_the_cdc_comes_out() {
    let lms = Reference::Cdc.lms(Measure::WeightForAge, Sex::Male, 9.5).unwrap();
    assert_eq!(lms, Lms { l: -0.1600954, m: 9.476500305, s: 0.11218624 });
    let z = Reference::Cdc.z_score(Measure::WeightForAge, Sex::Male, 9.5, 9.7).unwrap();
    assert_near(z, 0.207, 0.0005);
    assert_eq!(format!("{:.0}", normal::percentile(z)), "58");
    let fifth = Reference::Cdc.value_at(Measure::WeightForAge, Sex::Male, 9.5, -1.645).unwrap();
    assert_near(fifth, 7.90, 0.005);
}

/// A girl of 365 days and 9 kg has z = 0.04885 by the WHO's table for that day (E. Grellety, figshare 4294085).
#[test]
fn lr07_between_two_months_l_m_and_s_lie_on_a_straight_line() {
    let place = place(date("2025-03-01"), date("2026-03-01"), None).unwrap();
    assert_eq!(place.reference, Reference::WhoChild);
    let z = place.reference.z_score(Measure::WeightForAge, Sex::Female, place.age, 9.0).unwrap();
    assert_near(z, 0.04885, 0.0005);

    let at = |age| Reference::Cdc.lms(Measure::BodyMassIndexForAge, Sex::Male, age).unwrap();
    let (low, middle, high) = (at(100.5), at(100.75), at(101.5));
    for of in [|lms: Lms| lms.l, |lms: Lms| lms.m, |lms: Lms| lms.s] {
        assert_near(of(middle), 0.75 * of(low) + 0.25 * of(high), 1e-12);
    }
}

#[test]
fn lr07_a_value_leads_to_its_z_score_and_back() {
    let mut random = Random::seeded();
    for _ in 0..20_000 {
        let (reference, measure) = CHARTS[random.below(CHARTS.len())];
        let sex = SEXES[random.below(2)];
        let ages = reference.ages(measure, sex).unwrap();
        let share = random.below(10_001) as f64 / 10_000.0;
        let age = ages.start() + share * (ages.end() - ages.start());
        let median = reference.lms(measure, sex, age).unwrap().m;
        let value = median * (0.6 + random.below(1_000) as f64 / 1_000.0);
        let z = reference.z_score(measure, sex, age, value).unwrap();
        let back = reference.value_at(measure, sex, age, z);
        let told = format!("{reference:?} {measure:?} {sex:?} at {age}: {value}, z {z}, back {back:?}");
        assert!(back.is_some_and(|back| (back / value - 1.0).abs() < 1e-9), "{told}");
        assert_eq!(z > 0.0, value > median, "{told}");
    }
}

#[test]
fn lr07_where_l_is_0_the_logarithm_serves_and_what_is_near_it_agrees() {
    let lms = |l| Lms { l, m: 10.0, s: 0.1 };
    let z = lms(0.0).z_score(12.0, Tails::Open).unwrap();
    assert_near(z, 1.2_f64.ln() / 0.1, 1e-12);
    assert_near(lms(0.0).value_at(z, Tails::Open).unwrap(), 12.0, 1e-12);
    for l in [1e-12, -1e-12] {
        assert_near(lms(l).z_score(12.0, Tails::Open).unwrap(), z, 1e-9);
        assert_near(lms(l).value_at(z, Tails::Open).unwrap(), 12.0, 1e-9);
    }
    // With L at 1 the distribution is normal.
    assert_near(lms(1.0).z_score(12.0, Tails::Open).unwrap(), 2.0, 1e-12);
}

/// WHO Child Growth Standards: Methods and development (2006), chapter 7.
#[test]
fn lr07_beyond_three_deviations_the_weights_of_the_who_go_on_in_equal_steps() {
    let weight = |z| Reference::WhoChild.value_at(Measure::WeightForAge, Sex::Female, 11.0, z).unwrap();
    assert_near(weight(5.0) - weight(4.0), weight(3.0) - weight(2.0), 1e-9);
    assert_near(weight(-3.5) - weight(-4.0), (weight(-2.0) - weight(-3.0)) / 2.0, 1e-9);
    for z in [-4.5, -3.0, 3.0, 6.0] {
        let found = Reference::WhoChild.z_score(Measure::WeightForAge, Sex::Female, 11.0, weight(z));
        assert_near(found.unwrap(), z, 1e-9);
    }
    // The formula alone would have said less: its steps grow. The CDC's reference is left as it is.
    let lms = Reference::WhoChild.lms(Measure::WeightForAge, Sex::Female, 11.0).unwrap();
    assert!(lms.z_score(weight(5.0), Tails::Open).unwrap() < 4.9);
    let lms = Reference::Cdc.lms(Measure::WeightForAge, Sex::Female, 36.5).unwrap();
    let cdc = Reference::Cdc.value_at(Measure::WeightForAge, Sex::Female, 36.5, 4.0).unwrap();
    assert_eq!(lms.value_at(4.0, Tails::Open), Some(cdc));
}

#[test]
fn lr07_two_years_are_the_border_between_the_who_and_the_cdc() {
    let of = |birth, on| place(date(birth), date(on), None);
    let day_before = of("2024-03-10", "2026-03-09").unwrap();
    assert_eq!(day_before.reference, Reference::WhoChild);
    assert_near(day_before.age, 729.0 / 30.4375, 1e-12);
    // 730 days are 23.98 months, and a second birthday all the same.
    assert_eq!(of("2024-03-10", "2026-03-10"), Some(Place { reference: Reference::Cdc, age: 24.0 }));
    assert_eq!(of("2024-02-29", "2026-02-28").unwrap().reference, Reference::WhoChild);
    assert_eq!(of("2024-02-29", "2026-03-01").unwrap().reference, Reference::Cdc);
    assert_eq!(of("2026-03-10", "2026-03-10"), Some(Place { reference: Reference::WhoChild, age: 0.0 }));

    // What both sides need on the border is there.
    assert!(Reference::WhoChild.lms(Measure::LengthForAge, Sex::Male, 23.99).is_some());
    for measure in [Measure::StatureForAge, Measure::BodyMassIndexForAge, Measure::WeightForAge] {
        assert!(Reference::Cdc.lms(measure, Sex::Male, 24.0).is_some(), "{measure:?}");
    }

    assert_eq!(of("2000-05-05", "2020-05-05").map(|place| place.age), Some(240.0));
    assert_eq!(of("2000-05-05", "2020-05-06"), None);
    assert_eq!(of("2026-03-10", "2026-03-09"), None);
    assert_eq!(of("2024-03", "2026-03-10"), None);
    assert_eq!(of("0001-01-01", "9999-12-31"), None);
}

#[test]
fn lr07_children_born_early_have_a_chart_of_their_own_until_50_weeks() {
    let gestation = GestationalAge::new(28, 3);
    let on = |day| place(date("2026-01-01"), date(day), gestation).unwrap();
    assert_eq!(on("2026-01-01"), Place { reference: Reference::Fenton, age: 28.0 + 3.0 / 7.0 });
    assert_eq!(on("2026-06-01"), Place { reference: Reference::Fenton, age: 50.0 });
    // Due 81 days after birth; from here on the age is counted from that day.
    assert_eq!(on("2026-06-02"), Place { reference: Reference::WhoChild, age: (152.0 - 81.0) / 30.4375 });
    assert_eq!(on("2028-01-01"), Place { reference: Reference::Cdc, age: 24.0 });

    let at_term = place(date("2026-01-01"), date("2026-01-08"), GestationalAge::new(37, 0)).unwrap();
    assert_eq!(at_term, Place { reference: Reference::WhoChild, age: 7.0 / 30.4375 });
    assert_eq!([(19, 6), (45, 0), (30, 7)].map(|(weeks, days)| GestationalAge::new(weeks, days)), [None; 3]);

    // Completed weeks: the row of 28 holds until 29.
    let lms = |age| Reference::Fenton.lms(Measure::WeightForAge, Sex::Female, age);
    assert_eq!(lms(28.0), lms(28.9));
    assert!(lms(28.9) != lms(29.0));
    let age = Age::between(date("2026-01-01"), date("2026-01-15")).unwrap();
    assert_near(GestationalAge::new(36, 0).unwrap().corrected_months(age), -14.0 / 30.4375, 1e-12);
}

#[test]
fn lr07_outside_of_a_table_nothing_is_said() {
    for (reference, measure) in CHARTS {
        for sex in SEXES {
            let ages = reference.ages(measure, sex).unwrap();
            let (first, last) = (*ages.start(), *ages.end());
            for age in [first, last] {
                assert!(reference.lms(measure, sex, age).is_some());
            }
            for age in [first - 0.001, last + 0.001, -1.0, f64::NAN, f64::INFINITY] {
                assert_eq!(
                    reference.z_score(measure, sex, age, 10.0),
                    None,
                    "{reference:?} {measure:?} {age}"
                );
                assert_eq!(reference.value_at(measure, sex, age, 0.0), None);
            }
            for value in [0.0, -3.0, f64::NAN, f64::INFINITY] {
                assert_eq!(reference.z_score(measure, sex, first, value), None, "{value}");
            }
            assert_eq!(reference.value_at(measure, sex, first, f64::NAN), None);
        }
    }
    assert_eq!(Reference::WhoChild.ages(Measure::BodyMassIndexForAge, Sex::Male), None);
    assert_eq!(Reference::Cdc.ages(Measure::StatureForAge, Sex::Male), Some(24.0..=240.0));
    assert_eq!(Reference::Fenton.ages(Measure::WeightForAge, Sex::Male), Some(22.0..=50.0));
    assert_eq!(["female", "male"].map(Sex::of_gender), [Some(Sex::Female), Some(Sex::Male)]);
    assert_eq!(["other", "unknown", ""].map(Sex::of_gender), [None; 3]);
}

#[test]
fn lr07_the_lines_of_a_chart_lie_in_their_order_and_do_not_touch() {
    for (reference, measure) in CHARTS {
        for (sex, percentiles) in [(Sex::Female, FROM_3_TO_97), (Sex::Male, FROM_5_TO_95)] {
            let lines = curves(reference, measure, sex, &percentiles);
            assert_eq!(lines.iter().map(|line| line.percentile).collect::<Vec<_>>(), percentiles);
            for (low, high) in lines.iter().zip(&lines[1..]) {
                assert!(low.points.len() > 20 && low.points.len() == high.points.len());
                for (low, high) in low.points.iter().zip(&high.points) {
                    assert!(low.age == high.age && low.value < high.value, "{reference:?} {measure:?}");
                }
            }
            let ages = reference.ages(measure, sex).unwrap();
            assert_eq!(lines[0].points[0].age..=lines[0].points.last().unwrap().age, ages);
        }
    }
    assert!(curves(Reference::Fenton, Measure::StatureForAge, Sex::Male, &FROM_3_TO_97).is_empty());
    assert!(curves(Reference::Cdc, Measure::StatureForAge, Sex::Male, &[0.0, 100.0, f64::NAN]).is_empty());
}

#[test]
fn lr07_the_heights_of_the_parents_let_one_expect_a_height() {
    let boy = target_height(165.0, 180.0, Sex::Male).unwrap();
    assert_eq!((boy.target_cm, boy.low_cm, boy.high_cm), (179.0, 170.5, 187.5));
    assert_eq!(target_height(165.0, 180.0, Sex::Female).unwrap().target_cm, 166.0);
    for wrong in [0.0, -170.0, f64::NAN, f64::INFINITY] {
        assert_eq!(target_height(wrong, 180.0, Sex::Male), None);
        assert_eq!(target_height(165.0, wrong, Sex::Male), None);
    }
}
