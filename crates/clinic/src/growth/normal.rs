//! The standard normal distribution: from a z-score to a percentile and back.

use std::f64::consts::PI;

/// Beyond this the share is 0 or 1 in all digits that are kept.
const FAR: f64 = 8.3;

/// The percentage of children who lie below a z-score, 0 to 100.
pub fn percentile(z: f64) -> f64 {
    100.0 * share_below(z)
}

/// The z-score of a percentile; `None` for what does not lie between 0 and 100.
pub fn z_of_percentile(percentile: f64) -> Option<f64> {
    if !(percentile > 0.0 && percentile < 100.0) {
        return None;
    }
    let share = percentile / 100.0;
    let (mut low, mut high) = (-FAR, FAR);
    // Halving loses no digits far from the median, as Newton's method does, and sixty steps use up a float.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if share_below(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The share below z: one half, and the density times z + z^3/3 + z^5/(3*5) + … (Abramowitz and Stegun, Handbook of
/// Mathematical Functions, 26.2.11). The error is below 1e-14.
fn share_below(z: f64) -> f64 {
    if z.is_nan() {
        return z;
    }
    if z.abs() > FAR {
        return if z < 0.0 { 0.0 } else { 1.0 };
    }
    let (mut term, mut sum, mut odd) = (z, 0.0, 1.0);
    while sum + term != sum {
        sum += term;
        odd += 2.0;
        term *= z * z / odd;
    }
    let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
    (0.5 + sum * density).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares below z to fifteen digits (tables of the error function, Φ(z) = erfc(-z / √2) / 2).
    const KNOWN: [(f64, f64); 6] = [
        (0.0, 0.5),
        (1.0, 0.841_344_746_068_543),
        (-1.0, 0.158_655_253_931_457),
        (1.96, 0.975_002_104_851_780),
        (-3.0, 0.001_349_898_031_630),
        (6.0, 0.999_999_999_013_412),
    ];

    #[test]
    fn lr07_shares_of_the_normal_distribution_are_those_of_the_tables() {
        for (z, share) in KNOWN {
            assert!((share_below(z) - share).abs() < 1e-12, "{z}: {}", share_below(z));
        }
        assert_eq!((share_below(f64::NEG_INFINITY), share_below(f64::INFINITY)), (0.0, 1.0));
        assert!(percentile(f64::NAN).is_nan());
    }

    #[test]
    fn lr07_a_percentile_leads_to_its_z_score_and_back() {
        for (wanted, z) in [(3.0, -1.880_793_608), (5.0, -1.644_853_627), (50.0, 0.0), (97.7, 1.995_393_310)]
        {
            let found = z_of_percentile(wanted).unwrap();
            assert!((found - z).abs() < 1e-8, "{wanted}: {found}");
            assert!((percentile(found) - wanted).abs() < 1e-10, "{wanted}");
        }
        for no_percentile in [0.0, 100.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(z_of_percentile(no_percentile), None);
        }
    }
}
