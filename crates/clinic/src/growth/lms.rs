//! L, M and S of one age, and the arithmetic between a value and its z-score.

/// The distribution of a measure at one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lms {
    /// The power of the Box-Cox transformation; 0 stands for the logarithm.
    pub l: f64,
    /// The median, in the unit of the measure.
    pub m: f64,
    /// The coefficient of variation.
    pub s: f64,
}

/// What becomes of values beyond three standard deviations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tails {
    /// The formula goes on.
    Open,
    /// The distance between the second and the third standard deviation is used for all beyond: the data of the WHO do
    /// not reach so far, and the formula would say more than they do (WHO Child Growth Standards: Methods and
    /// development, Geneva 2006, chapter 7, "Computation of centiles and z-scores").
    Restricted,
}

/// Where restricted tails begin, in standard deviations.
const LIMIT: f64 = 3.0;

impl Lms {
    /// How many standard deviations a value lies from the median. `None` for what is no positive number.
    ///
    /// z = ((value / M)^L - 1) / (L S), and ln(value / M) / S where L is 0.
    pub fn z_score(self, value: f64, tails: Tails) -> Option<f64> {
        if !(value.is_finite() && value > 0.0) {
            return None;
        }
        let z = self.open_z_score(value);
        let z = if tails == Tails::Restricted && z.abs() > LIMIT {
            let (limit, step) = self.tail(z.signum())?;
            z.signum() * LIMIT + (value - limit) / step
        } else {
            z
        };
        z.is_finite().then_some(z)
    }

    /// The value at so many standard deviations from the median. `None` where the distribution has none: far in a tail,
    /// 1 + L S z is not positive.
    ///
    /// value = M (1 + L S z)^(1 / L), and M exp(S z) where L is 0.
    pub fn value_at(self, z: f64, tails: Tails) -> Option<f64> {
        let value = if tails == Tails::Restricted && z.abs() > LIMIT {
            let (limit, step) = self.tail(z.signum())?;
            limit + (z.abs() - LIMIT) * step * z.signum()
        } else {
            self.open_value_at(z)
        };
        (value.is_finite() && value > 0.0).then_some(value)
    }

    /// The value at the limit on one side (`side` is 1 or -1), and how far it is to it from the one before: always
    /// positive.
    fn tail(self, side: f64) -> Option<(f64, f64)> {
        let limit = self.open_value_at(side * LIMIT);
        let step = (limit - self.open_value_at(side * (LIMIT - 1.0))).abs();
        (limit.is_finite() && step > 0.0).then_some((limit, step))
    }

    /// With `exp_m1` and `ln_1p`, which keep their digits where L is nearly 0.
    fn open_z_score(self, value: f64) -> f64 {
        let logarithm = (value / self.m).ln();
        if self.l == 0.0 { logarithm / self.s } else { (self.l * logarithm).exp_m1() / (self.l * self.s) }
    }

    fn open_value_at(self, z: f64) -> f64 {
        let exponent = if self.l == 0.0 { self.s * z } else { (self.l * self.s * z).ln_1p() / self.l };
        self.m * exponent.exp()
    }
}
