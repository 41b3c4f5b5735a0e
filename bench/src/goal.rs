//! What we want of a workload, and whether it is so.

use crate::load::Measured;

/// A goal of a workload under load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// 99 of 100 answers within so many milliseconds.
    P99BelowMs(f64),
    /// 95 of 100 answers within so many milliseconds.
    P95BelowMs(f64),
    /// At least this part of the rate of the empty handler.
    ShareOfEmptyHandler(f64),
    /// At least so many times the rate at which the disk syncs, or this rate.
    SyncsTimes { factor: f64, or_rate_per_s: f64 },
}

/// A goal in words, and whether it is met; `None` when that cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub goal: String,
    pub is_met: Option<bool>,
}

/// What goals are measured against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Yardstick {
    pub empty_handler_rate_per_s: Option<f64>,
    pub syncs_per_s: Option<f64>,
}

impl Goal {
    /// Judges a measurement. One with an error meets no goal.
    pub fn judge(self, measured: &Measured, yardstick: Yardstick) -> Verdict {
        let rate = measured.rate_per_s();
        let (goal, is_met) = match self {
            Self::P99BelowMs(limit) => {
                (format!("p99 < {limit} ms"), Some(measured.quantile_ms(0.99) < limit))
            }
            Self::P95BelowMs(limit) => {
                (format!("p95 < {limit} ms"), Some(measured.quantile_ms(0.95) < limit))
            }
            Self::ShareOfEmptyHandler(share) => {
                let wanted = yardstick.empty_handler_rate_per_s.map(|empty| empty * share);
                let shown = wanted.map_or_else(String::new, |wanted| format!(" = {wanted:.0}/s"));
                (format!("≥ {share} × empty handler{shown}"), wanted.map(|wanted| rate >= wanted))
            }
            Self::SyncsTimes { factor, or_rate_per_s } => {
                let wanted = yardstick.syncs_per_s.map(|syncs| (syncs * factor).min(or_rate_per_s));
                let shown = wanted.map_or_else(String::new, |wanted| format!(" = {wanted:.0}/s"));
                let words = format!("≥ {factor} × syncs or {or_rate_per_s:.0}/s{shown}");
                (words, Some(rate >= wanted.unwrap_or(or_rate_per_s)))
            }
        };
        Verdict { goal, is_met: is_met.map(|is_met| is_met && measured.is_sound()) }
    }
}

/// Judges a figure that must not be above a limit.
pub fn at_most(value: f64, limit: f64, goal: &str) -> Verdict {
    Verdict { goal: goal.to_owned(), is_met: Some(value <= limit) }
}

/// Judges a figure that must not be below a limit.
pub fn at_least(value: f64, limit: f64, goal: &str) -> Verdict {
    Verdict { goal: goal.to_owned(), is_met: Some(value >= limit) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::measured;

    #[test]
    fn goals_are_met_or_not() {
        let yardstick = Yardstick { empty_handler_rate_per_s: Some(1000.0), syncs_per_s: Some(100.0) };
        let durable = Goal::SyncsTimes { factor: 5.0, or_rate_per_s: 2500.0 };
        let cases = [
            (Goal::P99BelowMs(15.0), measured(14_000, 10, 0), Some(true)),
            (Goal::P99BelowMs(15.0), measured(16_000, 10, 0), Some(false)),
            (Goal::P99BelowMs(15.0), measured(14_000, 10, 1), Some(false)),
            (Goal::P99BelowMs(15.0), measured(14_000, 0, 0), Some(false)),
            (Goal::ShareOfEmptyHandler(0.5), measured(1, 499, 0), Some(false)),
            (Goal::ShareOfEmptyHandler(0.5), measured(1, 501, 0), Some(true)),
            (durable, measured(1, 499, 0), Some(false)),
            (durable, measured(1, 501, 0), Some(true)),
        ];
        for (goal, measured, is_met) in cases {
            assert_eq!(goal.judge(&measured, yardstick).is_met, is_met, "{goal:?}");
        }
        let unknown = Goal::ShareOfEmptyHandler(0.5).judge(&measured(1, 9, 0), Yardstick::default());
        assert_eq!(unknown.is_met, None);
    }
}
