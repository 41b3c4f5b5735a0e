//! Chronic diseases: each changes the body over the years and brings its own care.

mod airways;
mod atrial_fibrillation;
mod diabetes;
mod heart_failure;
mod hyperlipidemia;
mod hypertension;
mod hypothyroidism;
mod kidney;
mod mood;
mod risk;
mod steady;

pub(crate) use risk::draw;

use crate::care::{Body, Visit};
use crate::date::Date;

/// A disease in a person.
pub(crate) trait Disease {
    /// The day it began.
    fn onset(&self) -> Date;

    /// Days between visits that the disease asks for; `None` when the yearly check-up is enough.
    fn follow_up_days(&self) -> Option<i32>;

    /// What it, and its treatment so far, does to the body by a day.
    fn affect(&self, body: &mut Body, on: Date);

    /// Its part of a check-up or follow-up visit.
    fn attend(&mut self, visit: &mut Visit);
}

/// Remembers when something yearly was last done.
#[derive(Default)]
struct Yearly(Option<Date>);

impl Yearly {
    /// True, and remembered, when so many days have gone by.
    fn due(&mut self, on: Date, days: i32) -> bool {
        let due = self.0.is_none_or(|last| on.days() - last.days() >= days);
        if due {
            self.0 = Some(on);
        }
        due
    }
}
