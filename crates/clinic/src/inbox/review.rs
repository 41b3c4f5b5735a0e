//! A result as somebody looks at it who signs it: what was found, what it was before, and what it was ordered for.

use crate::chart::observation::{self, Value};
use crate::chart::{concept, resource_type};
use crate::promise;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Document, Node};
use record::{Error, ResourceKey, Session};

/// Values of one result that are shown.
const VALUES: usize = 100;
/// Values from before that are looked through for each.
const BEFORE: &str = "50";
/// Letters of a report's text that are shown; the document page has the rest.
const TEXT_LETTERS: usize = 20_000;

/// A result, or an order that has none yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Review {
    /// What it is of.
    pub name: String,
    /// Its state, as recorded (`final`, `corrected`).
    pub status: String,
    /// The day on which it happened, as recorded.
    pub date: String,
    /// The version that is shown.
    pub version: u32,
    /// The versions of it and of all its parts, to tell whether it is still as it was shown.
    pub seen: String,
    /// Who made it; empty when that is not said.
    pub performer: String,
    /// What was found.
    pub lines: Vec<Line>,
    /// What the laboratory or the reader of the pictures concludes; its text; empty when there is none.
    pub text: String,
    /// What it was ordered for; empty when that is not said.
    pub reason: String,
}

/// One value, and the last one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Now.
    pub value: Value,
    /// Before; `None`: it is the first.
    pub before: Option<Value>,
}

impl Review {
    /// Reads what an item is about.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn read(session: &Session, focus: &ResourceKey) -> Result<Self, Error> {
        let found = session.read(focus)?;
        let document = found.document().ok_or_else(|| Error::NotFound(focus.to_string()))?;
        let root = document.root();
        let mut values = observation::values(&document);
        let mut seen = found.version().to_string();
        for (version, member) in members(session, root) {
            values.extend(observation::values(&member));
            seen.push_str(&format!(".{version}"));
        }
        values.truncate(VALUES);
        let patient = promise::patient_id(root).map(|id| format!("Patient/{id}"));
        let mut lines = Vec::with_capacity(values.len());
        for value in values {
            let before = match &patient {
                Some(patient) => before(session, patient, &value)?,
                None => None,
            };
            lines.push(Line { value, before });
        }
        let date = ["effectiveDateTime", "occurrenceDateTime", "issued", "authoredOn"];
        Ok(Self {
            name: promise::words(root),
            status: root.get_str("status").unwrap_or_default().into_owned(),
            date: date
                .iter()
                .find_map(|name| root.get(name))
                .map(|date| concept::day(Some(date)))
                .unwrap_or_default(),
            version: found.version(),
            seen,
            performer: root
                .each_of("performer")
                .find_map(|one| one.get_str("display"))
                .unwrap_or_default()
                .into_owned(),
            lines,
            text: text(root),
            reason: reason(session, root)?,
        })
    }
}

/// The Observations of a report that the reader may see, each with its version.
fn members(session: &Session, report: Node<'_>) -> Vec<(u32, Document)> {
    let references = report.each_of("result").take(VALUES).filter_map(|one| one.get_str("reference"));
    let keys = references.filter_map(|one| record::links::local_key(&one, session.record().base_url()));
    let found = keys.filter_map(|key| session.read(&key).ok());
    found.filter_map(|found| Some((found.version(), found.document()?))).collect()
}

/// The last value of the same test that was taken before.
fn before(session: &Session, patient: &str, value: &Value) -> Result<Option<Value>, Error> {
    if value.code.is_empty() {
        return Ok(None);
    }
    let asked = [("patient", patient), ("combo-code", &*value.code), ("_count", BEFORE)];
    let found = session.find(resource_type("Observation"), &asked)?;
    let values = found.matches.iter().filter_map(record::Resource::document);
    let values = values.flat_map(|one| observation::values(&one));
    Ok(values
        .filter(|one| one.code == value.code && one.taken < value.taken)
        .max_by(|one, two| one.taken.cmp(&two.taken)))
}

fn text(root: Node<'_>) -> String {
    let conclusion = root.get_str("conclusion").map(std::borrow::Cow::into_owned);
    let form = || {
        let forms = root.each_of("presentedForm");
        let plain =
            forms.filter(|one| one.get_str("contentType").is_some_and(|kind| kind.starts_with("text/plain")));
        let decoded = plain.filter_map(|one| STANDARD.decode(&*one.get_str("data")?).ok());
        decoded.filter_map(|bytes| String::from_utf8(bytes).ok()).collect::<Vec<_>>().join("\n")
    };
    let notes = || root.each_of("note").filter_map(|one| one.get_str("text")).collect::<Vec<_>>().join("\n");
    let text = conclusion.unwrap_or_else(form);
    let text = if text.is_empty() { notes() } else { text };
    text.chars().take(TEXT_LETTERS).collect()
}

/// What an order is for: of the order itself, or of the one that a result is based on.
fn reason(session: &Session, root: Node<'_>) -> Result<String, Error> {
    if let Some(own) = reason_of(session, root) {
        return Ok(own);
    }
    for order in root.each_of("basedOn").filter_map(|one| one.get_str("reference")) {
        let Some(key) = record::links::local_key(&order, session.record().base_url()) else { continue };
        match session.read(&key) {
            Ok(found) => {
                if let Some(reason) = found.document().and_then(|order| reason_of(session, order.root())) {
                    return Ok(reason);
                }
            }
            Err(Error::NotFound(_) | Error::Denied(_) | Error::Gone { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(String::new())
}

fn reason_of(session: &Session, root: Node<'_>) -> Option<String> {
    if let Some(words) = concept::text(root.each_of("reasonCode").next()) {
        return Some(words);
    }
    let reference = root.each_of("reasonReference").find_map(|one| one.get_str("reference"))?;
    let key = record::links::local_key(&reference, session.record().base_url())?;
    let condition = session.read(&key).ok()?.document()?;
    concept::text(condition.root().get("code"))
}
