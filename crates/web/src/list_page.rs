//! What the pages of a patient's lists have in common: dates of a life, and a change of a line that was not made.

use crate::failure::Failure;
use crate::moment;
use crate::page::type_named;
use axum::http::StatusCode;
use clinic::chart::banner::Banner;
use clinic::list_entry::Refusal;
use clinic::problem_list::Lifetime;
use clinic::typed_date;
use clinic::typed_line::Mistake;
use fhir::date_time::Date;
use record::{Error, Session};
use serde::Deserialize;

/// Which lists the reader may change.
pub(crate) struct MayChange {
    pub problems: bool,
    pub allergies: bool,
    pub vitals: bool,
    pub medications: bool,
}

impl MayChange {
    pub(crate) fn of(session: &Session) -> Result<Self, Failure> {
        Ok(Self {
            problems: session.may_create(type_named("Condition")?),
            allergies: session.may_create(type_named("AllergyIntolerance")?),
            vitals: session.may_create(type_named("Observation")?),
            medications: session.may_create(type_named("MedicationStatement")?),
        })
    }
}

/// What the form of a line sends.
#[derive(Default, Deserialize)]
pub(crate) struct ChangeForm {
    #[serde(default)]
    pub context: String,
    /// The version of the line that the window shows.
    #[serde(default)]
    pub version: String,
    /// What is to become of the line.
    #[serde(default)]
    pub act: String,
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub reason: String,
}

impl ChangeForm {
    /// The version that was looked at; one that nothing has, when the form does not say.
    pub(crate) fn version(&self) -> u32 {
        self.version.parse().unwrap_or_default()
    }
}

/// A change that was not made: of which line, what the form said, and why.
pub(crate) struct Failed {
    pub id: String,
    pub form: ChangeForm,
    pub refusal: Refusal,
}

impl Failed {
    /// What the page answers with.
    pub(crate) fn status(&self) -> StatusCode {
        match self.refusal {
            Refusal::ChangedMeanwhile => StatusCode::CONFLICT,
            Refusal::Mistake(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Whether it is about a form of a line.
    fn is_of(&self, id: &str, act: &str) -> bool {
        self.id == id && self.form.act == act
    }

    /// What was typed into a field of a form, so that it is not lost.
    fn typed(&self, id: &str, act: &str, field: &str) -> &str {
        match field {
            "date" if self.is_of(id, act) => &self.form.date,
            "reason" if self.is_of(id, act) => &self.form.reason,
            _ => "",
        }
    }

    /// What is wrong with a field of a form; empty when nothing is.
    fn wrong(&self, id: &str, act: &str, field: &str) -> &str {
        match &self.refusal {
            Refusal::Mistake(mistake) if mistake.field == field && self.is_of(id, act) => &mistake.message,
            _ => "",
        }
    }

    /// What is to be said at the top: of what no field is to blame for.
    fn said(&self) -> &str {
        const CHANGED: &str = "Somebody changed this line since you opened the page. It stands below as it is now, and \
                               what you typed is kept. Look at it, and save once more.";
        match &self.refusal {
            Refusal::ChangedMeanwhile => CHANGED,
            Refusal::Mistake(mistake) if !["date", "reason"].contains(&mistake.field) => &mistake.message,
            Refusal::Mistake(_) => "",
        }
    }
}

/// The change that was not made, if there was one.
#[derive(Default)]
pub(crate) struct LastChange(pub Option<Failed>);

impl LastChange {
    /// What was typed into a field of a form.
    pub(crate) fn typed(&self, id: &str, act: &str, field: &str) -> &str {
        self.0.as_ref().map_or("", |failed| failed.typed(id, act, field))
    }

    /// What is wrong with a field of a form; empty when nothing is.
    pub(crate) fn wrong(&self, id: &str, act: &str, field: &str) -> &str {
        self.0.as_ref().map_or("", |failed| failed.wrong(id, act, field))
    }

    /// What is to be said at the top; empty: nothing.
    pub(crate) fn said(&self) -> &str {
        self.0.as_ref().map_or("", Failed::said)
    }

    /// Whether it was of a line.
    pub(crate) fn is_of(&self, id: &str) -> bool {
        self.0.as_ref().is_some_and(|failed| failed.id == id)
    }
}

/// What dates of this patient's life are held against.
pub(crate) fn lifetime(banner: &Banner, now_ms: i64) -> Result<Lifetime, Failure> {
    let today = moment::today(now_ms).ok_or_else(Failure::bug)?;
    Ok(Lifetime { born: Date::parse(&banner.birth_date).ok(), today })
}

/// A recorded date in words, or what stands in its place.
pub(crate) fn date_in_words(recorded: &str) -> String {
    Date::parse(recorded).map_or_else(|_| recorded.to_owned(), typed_date::in_words)
}

/// What the record has against a line, as a mistake of the form; other errors are as they were.
pub(crate) fn as_mistake(error: Error, field: &'static str) -> Result<Mistake, Error> {
    match error.innermost() {
        refused @ (Error::Invalid(_) | Error::Rule(_) | Error::VersionConflict { .. }) => {
            Ok(Mistake::new(field, refused.to_string()))
        }
        _ => Err(error),
    }
}
