//! Values that the makers of the charts print beside L, M and S.

use clinic::growth::normal::{percentile, z_of_percentile};
use clinic::growth::{Measure, Reference, Sex};

/// The percentiles of the CDC's files.
const PERCENTILES: [f64; 9] = [3.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.0];

/// Whole lines of the CDC's `wtage.csv`, `statage.csv` and `bmiagerev.csv`: the values at [`PERCENTILES`].
#[rustfmt::skip]
const CDC: [(Measure, Sex, f64, [f64; 9]); 16] = [
    (Measure::WeightForAge, Sex::Female, 137.5, [28.11394809, 29.18416775, 30.98142809, 34.46580111, 39.24774707, 45.35880379, 52.48881992, 57.78442851, 61.76079992]),
    (Measure::WeightForAge, Sex::Female, 160.5, [34.5306634, 35.74144871, 37.77857793, 41.74561603, 47.23962058, 54.36794129, 62.87195405, 69.34010551, 74.2918484]),
    (Measure::WeightForAge, Sex::Female, 200.5, [42.91016914, 44.01526649, 45.88355015, 49.5670243, 54.81044184, 61.96855832, 71.25779513, 79.07712765, 85.64425466]),
    (Measure::WeightForAge, Sex::Female, 239.5, [45.04509979, 46.28611635, 48.37656825, 52.46576117, 58.1987714, 65.8257417, 75.32321054, 82.92975179, 89.02866893]),
    (Measure::StatureForAge, Sex::Male, 24.0, [79.91084447, 80.72977321, 81.99171445, 84.10289217, 86.45220101, 88.80524943, 90.92619137, 92.19687928, 93.02265441]),
    (Measure::StatureForAge, Sex::Male, 210.5, [161.9976976, 163.7681929, 166.4742799, 170.9435584, 175.8359757, 180.6555257, 184.9342803, 187.4693732, 189.1058089]),
    (Measure::StatureForAge, Sex::Male, 240.0, [163.3333326, 165.0388523, 167.6592824, 172.0227268, 176.8492322, 181.6537998, 185.9599411, 188.5290125, 190.1943135]),
    (Measure::StatureForAge, Sex::Female, 24.0, [78.43754166, 79.25981989, 80.52476467, 82.63523563, 84.97555512, 87.31121356, 89.40951159, 90.66354871, 91.47728689]),
    (Measure::StatureForAge, Sex::Female, 24.5, [78.82133263, 79.64776859, 80.91946302, 83.04213246, 85.3973169, 87.74917522, 89.86315834, 91.12706971, 91.94741225]),
    (Measure::StatureForAge, Sex::Female, 25.5, [79.60197647, 80.44225735, 81.73540957, 83.89430336, 86.29026318, 88.683435, 90.83504785, 92.12167631, 92.95684975]),
    (Measure::StatureForAge, Sex::Female, 36.5, [86.90307328, 87.80528157, 89.20284893, 91.56065781, 94.21335709, 96.9007148, 99.34898744, 100.8275527, 101.7931359]),
    (Measure::StatureForAge, Sex::Female, 57.5, [97.75525036, 98.77719141, 100.371589, 103.0930492, 106.2028921, 109.405979, 112.3708801, 114.1833188, 115.3759096]),
    (Measure::StatureForAge, Sex::Female, 58.5, [98.28555005, 99.31303257, 100.9165451, 103.6548853, 106.7860583, 110.0133894, 113.0027865, 114.8311708, 116.0346553]),
    (Measure::StatureForAge, Sex::Female, 93.5, [116.001227, 117.2501678, 119.2028114, 122.5472882, 126.3868929, 130.3615441, 134.0586782, 136.3272809, 137.8235707]),
    (Measure::BodyMassIndexForAge, Sex::Male, 24.0, [14.52095333, 14.73731947, 15.09032827, 15.74164233, 16.57502768, 17.55718781, 18.60948128, 19.33801062, 19.85985812]),
    (Measure::BodyMassIndexForAge, Sex::Male, 26.5, [14.43459737, 14.64843329, 14.99619505, 15.634035, 16.44259552, 17.38383656, 18.37736191, 19.05567423, 19.5365754]),
];

/// Single values of the CDC's files: the percentile, and the value.
const CDC_SINGLE: [(Measure, Sex, f64, f64, f64); 13] = [
    (Measure::WeightForAge, Sex::Male, 0.5, 75.0, 4.387422565),
    (Measure::WeightForAge, Sex::Male, 0.5, 90.0, 4.718161283),
    (Measure::WeightForAge, Sex::Male, 0.5, 97.0, 5.032624982),
    (Measure::WeightForAge, Sex::Male, 9.5, 3.0, 7.700624405),
    (Measure::WeightForAge, Sex::Male, 9.5, 90.0, 10.96017225),
    (Measure::WeightForAge, Sex::Male, 24.5, 5.0, 10.70051298),
    (Measure::WeightForAge, Sex::Male, 120.5, 95.0, 46.15753154),
    (Measure::StatureForAge, Sex::Male, 120.5, 10.0, 130.4809221),
    (Measure::BodyMassIndexForAge, Sex::Female, 240.0, 85.0, 26.47871966),
    (Measure::BodyMassIndexForAge, Sex::Male, 120.5, 97.0, 23.72696086),
    (Measure::HeadCircumferenceForAge, Sex::Male, 6.5, 25.0, 43.14204136),
    (Measure::HeadCircumferenceForAge, Sex::Male, 12.5, 25.0, 45.6395204),
    (Measure::HeadCircumferenceForAge, Sex::Male, 24.5, 25.0, 47.75563267),
];

/// Lines of the WHO's tables of z-scores for boys, printed to one decimal: the values at -3 to 3.
const WHO: [(Measure, f64, [f64; 7]); 6] = [
    (Measure::WeightForAge, 0.0, [2.1, 2.5, 2.9, 3.3, 3.9, 4.4, 5.0]),
    (Measure::WeightForAge, 1.0, [2.9, 3.4, 3.9, 4.5, 5.1, 5.8, 6.6]),
    (Measure::WeightForAge, 4.0, [4.9, 5.6, 6.2, 7.0, 7.8, 8.7, 9.7]),
    (Measure::WeightForAge, 6.0, [5.7, 6.4, 7.1, 7.9, 8.8, 9.8, 10.9]),
    (Measure::LengthForAge, 0.0, [44.2, 46.1, 48.0, 49.9, 51.8, 53.7, 55.6]),
    (Measure::LengthForAge, 1.0, [48.9, 50.8, 52.8, 54.7, 56.7, 58.6, 60.6]),
];

#[track_caller]
fn assert_percentile(measure: Measure, sex: Sex, age: f64, of: f64, published: f64) {
    let z = z_of_percentile(of).unwrap();
    let value = Reference::Cdc.value_at(measure, sex, age, z).unwrap();
    assert!((value - published).abs() < 0.005, "{measure:?} {sex:?} {age}, {of}: {value}, not {published}");
    let back = Reference::Cdc.z_score(measure, sex, age, published).unwrap();
    assert!((back - z).abs() < 0.005, "{measure:?} {sex:?} {age}: {published} has {back}, not {z}");
    assert!((percentile(back) - of).abs() < 0.05, "{measure:?} {sex:?} {age}: {published}");
}

#[test]
fn lr07_the_percentiles_that_the_cdc_prints_come_out_to_two_decimals() {
    for (measure, sex, age, values) in CDC {
        for (of, published) in PERCENTILES.into_iter().zip(values) {
            assert_percentile(measure, sex, age, of, published);
        }
    }
    for (measure, sex, age, of, published) in CDC_SINGLE {
        assert_percentile(measure, sex, age, of, published);
    }
}

#[test]
fn lr07_the_deviations_that_the_who_prints_come_out() {
    for (measure, age, values) in WHO {
        for (z, published) in (-3..=3).zip(values) {
            let value = Reference::WhoChild.value_at(measure, Sex::Male, age, f64::from(z)).unwrap();
            assert_eq!(format!("{value:.1}"), format!("{published:.1}"), "{measure:?} at {age}, {z}");
        }
    }
}
