//! What a validation is asked to do.

/// How to validate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many errors are listed, and how many findings that are none; behind them stands one that says how many
    /// more there are. At least 1.
    pub issues_max: usize,
    /// Whether advice that most practices do not follow is given too: `dom-6`, that a resource should have a
    /// narrative.
    pub best_practices: bool,
    /// Whether the most frequent invariants are checked by native forms in place of their FHIRPath: the same
    /// answers, sooner. False is for holding one against the other.
    pub native_invariants: bool,
}

impl Default for Settings {
    /// 100 findings, without advice, native invariants.
    fn default() -> Self {
        Self { issues_max: 100, best_practices: false, native_invariants: true }
    }
}
