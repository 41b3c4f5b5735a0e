//! The sig: a prescription typed in one line, such as `amoxicillin 500 mg tid 10d #30 r0`.
//!
//! What was typed becomes typed parts ([`parse`]), and three things are made of them: the instruction for the patient
//! ([`Sig::instruction`]), the line of a medication list ([`Sig::line`]) and FHIR's Dosage ([`Sig::dosage`]). Nothing
//! typed is lost: what cannot be read is given back with its place, and what was rewritten is told.
//!
//! Words are rows of tables: units in `unit.rs`, forms in `form.rs`, routes in `route.rs`, times in `timing.rs`, and what
//! must not be written in `forbidden.rs`.

mod amount;
mod dosage;
mod dose;
mod forbidden;
mod form;
mod instruction;
mod line;
mod phrase;
mod reader;
mod route;
mod rules;
mod timing;
mod token;
mod unit;

pub use amount::Amount;
pub use dose::{Dose, Quantity, Strength};
pub use forbidden::is_forbidden;
pub use form::Form;
pub use line::{LinePart, PartKind};
pub use route::Route;
pub use timing::{Count, Duration, Frequency, Pattern, TimeUnit, Weekday, Weekdays, When};
pub use unit::Unit;

/// The longest line that is read, in characters. What stands behind it is given back as not read.
pub const LENGTH_MAX: usize = 400;

/// A prescription in parts. Each is there when it was written; only the drug can be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sig {
    /// The words for the drug, as they were typed. Which drug it is, the caller finds out.
    pub drug: String,
    /// How much is in one unit of the product.
    pub strength: Option<Strength>,
    /// The product's form.
    pub form: Option<Form>,
    /// How much is taken at once.
    pub dose: Option<Dose>,
    /// How it gets into the body.
    pub route: Option<Route>,
    /// How often.
    pub frequency: Option<Frequency>,
    /// Whether it is taken only as needed.
    pub as_needed: Option<AsNeeded>,
    /// For how long.
    pub duration: Option<Duration>,
    /// How much is dispensed.
    pub quantity: Option<Quantity>,
    /// How often it is dispensed again; 0 to 99.
    pub refills: Option<u8>,
}

/// Taken as needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsNeeded {
    /// For what is not said.
    Unstated,
    /// For this, in the prescriber's words.
    For(String),
}

/// A line that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its parts.
    pub sig: Sig,
    /// What was rewritten, or should be looked at.
    pub notices: Vec<Notice>,
    /// What could not be read, in order.
    pub unread: Vec<Unread>,
}

/// Something that the prescriber should see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The character where it stands, counted from 1; one more than the line has when something is missing.
    pub position: usize,
    /// What it is, in words.
    pub text: String,
}

/// A piece of the line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its first character, counted from 1.
    pub position: usize,
    /// The piece as it was typed.
    pub text: String,
    /// What to write instead.
    pub remedy: &'static str,
}

/// Reads a line. The drug comes first, the rest in any order. It never fails: what it cannot read it gives back.
pub fn parse(line: &str) -> Reading {
    reader::read(line)
}

impl Sig {
    /// The same with a unit for a strength and a dose that were written without one: the unit of the drug that was found.
    /// What has a unit keeps it.
    #[must_use]
    pub fn in_unit(mut self, unit: Unit) -> Self {
        self.dose = self.dose.map(|dose| dose.in_unit(unit));
        self.strength = self.strength.map(|strength| strength.in_unit(unit));
        self
    }
}
