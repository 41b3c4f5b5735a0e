//! Seeded random numbers: xoshiro256** seeded through splitmix64, so that the same seed gives the same practice
//! on every machine and any part of it can be made alone.

/// A stream of random numbers that depends on nothing but its seed.
#[derive(Clone)]
pub(crate) struct Random {
    state: [u64; 4],
}

/// One step of splitmix64: spreads every bit of the input over the output.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number made from several: the seed of the thing they name.
pub(crate) fn seed_of(parts: &[u64]) -> u64 {
    parts.iter().fold(0x5EED, |seed, part| mix(seed ^ mix(*part)))
}

/// A number made from a text (FNV-1a).
pub(crate) fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The nearest whole number.
pub(crate) fn whole(value: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation)] // a float cast saturates
    let whole = value.round() as i32;
    whole
}

impl Random {
    /// The stream of the thing that the parts name.
    pub(crate) fn new(parts: &[u64]) -> Self {
        let seed = seed_of(parts);
        let mut state = [0; 4];
        for (step, word) in (1u64..).zip(&mut state) {
            *word = mix(seed.wrapping_add(step.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        }
        Self { state }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// From 0 up to, never at, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        #[allow(clippy::cast_precision_loss)] // 53 bits are exact
        let numerator = (self.bits() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// From 0 up to, never at, `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let wide = (u128::from(self.bits()) * count as u128) >> 64;
        usize::try_from(wide).unwrap_or(0)
    }

    /// A whole number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = usize::try_from(high - low).unwrap_or(0) + 1;
        low + i32::try_from(self.below(span)).unwrap_or(0)
    }

    /// True with a probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A normal number, never further than three deviations from the mean.
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let z = radius * (std::f64::consts::TAU * self.unit()).cos();
        mean + deviation * z.clamp(-3.0, 3.0)
    }

    /// A wait, in the unit of the mean, for something that happens at random.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// One of the items.
    ///
    /// # Panics
    /// When there are none: a fault of the tables.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// The index of one of the weights, each as likely as it is heavy.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut rest = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            if weight > 0.0 {
                last = index;
                rest -= weight;
                if rest < 0.0 {
                    break;
                }
            }
        }
        last
    }
}
