//! Randomness that can be had again by its seed.

use std::time::{SystemTime, UNIX_EPOCH};

/// A generator: SplitMix64.
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator of a scenario; its seed is printed, and taken from `CHIRON_SEED` if that is set.
    pub fn of_scenario(scenario: &str) -> Self {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
        let seed =
            std::env::var("CHIRON_SEED").map_or_else(|_| clock(), |seed| seed.parse().expect("a number"));
        println!("{scenario}: CHIRON_SEED={seed}");
        Self { state: seed }
    }

    /// The generator of a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A place in a list of some length.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("it is below a length")
    }
}
