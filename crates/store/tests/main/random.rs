//! Random numbers from a seed that is printed, so that a failure can be run again (`CHIRON_SEED`).

/// A generator (xorshift64*): good enough to choose test data.
pub struct Random(u64);

impl Random {
    /// From `CHIRON_SEED`, or the clock.
    pub fn seeded() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = std::env::var("CHIRON_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
        let seed = seed.unwrap_or(now.subsec_nanos().into());
        println!("CHIRON_SEED={seed}");
        Self::of(seed)
    }

    /// From a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 << 40)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}
