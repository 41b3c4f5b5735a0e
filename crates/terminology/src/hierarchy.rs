//! Questions about what is above and below a code: `CodeSystem/$subsumes` and the search modifiers `:below`,
//! `:above`, `:in` and `:not-in`.

use crate::error::Error;
use crate::expansion::ExpansionRequest;
use crate::membership::Membership;
use crate::terminology::Terminology;

/// How two codes of a system relate (<https://hl7.org/fhir/R4/codesystem-operation-subsumes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subsumption {
    /// They are the same concept.
    Equivalent,
    /// The first is above the second.
    Subsumes,
    /// The first is below the second.
    SubsumedBy,
    /// Neither is above the other.
    NotSubsumed,
    /// The system or one of the codes is not here.
    Unknown,
}

impl Subsumption {
    /// The code of the operation's outcome; `None` when it is unknown.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Equivalent => Some("equivalent"),
            Self::Subsumes => Some("subsumes"),
            Self::SubsumedBy => Some("subsumed-by"),
            Self::NotSubsumed => Some("not-subsumed"),
            Self::Unknown => None,
        }
    }
}

impl Terminology {
    /// How code `a` relates to code `b` in a system.
    pub fn subsumes(&self, system: &str, version: Option<&str>, a: &str, b: &str) -> Subsumption {
        let Some(file) = self.code_system(system, version) else { return Subsumption::Unknown };
        let (Some(first), Some(second)) = (file.find(a), file.find(b)) else { return Subsumption::Unknown };
        if first.key() == second.key() {
            Subsumption::Equivalent
        } else if file.is_below(second, first.key()) {
            Subsumption::Subsumes
        } else if file.is_below(first, second.key()) {
            Subsumption::SubsumedBy
        } else {
            Subsumption::NotSubsumed
        }
    }

    /// A code and all below it, for `:below`. `None` when the system or the code is not here.
    pub fn below(&self, system: &str, code: &str) -> Option<Vec<String>> {
        let file = self.code_system(system, None)?;
        let mut codes = vec![file.find(code)?.code().into_owned()];
        file.walk_below(code, |row| {
            codes.push(row.code().into_owned());
            true
        });
        Some(codes)
    }

    /// A code and all above it, for `:above`. `None` when the system or the code is not here.
    pub fn above(&self, system: &str, code: &str) -> Option<Vec<String>> {
        let file = self.code_system(system, None)?;
        let row = file.find(code)?;
        let mut codes = vec![row.code().into_owned()];
        codes.extend(file.ancestors(row));
        Some(codes)
    }

    /// Whether `code` is `ancestor` or below it.
    pub fn is_below(&self, system: &str, code: &str, ancestor: &str) -> Membership {
        match self.subsumes(system, None, ancestor, code) {
            Subsumption::Equivalent | Subsumption::Subsumes => Membership::Yes,
            Subsumption::SubsumedBy | Subsumption::NotSubsumed => Membership::No,
            Subsumption::Unknown => Membership::Unknown,
        }
    }

    /// The codes of a value set as pairs of system and code, for `:in` and `:not-in` over an index.
    ///
    /// # Errors
    /// As for [`Terminology::expand`]; with more than `limit` codes ask [`Terminology::contains`] code by code.
    pub fn in_value_set(&self, canonical: &str, limit: usize) -> Result<Vec<(String, String)>, Error> {
        let request = ExpansionRequest { limit, ..ExpansionRequest::default() };
        let expansion = self.expanded_codes(canonical, &request)?;
        Ok(expansion.codes.into_iter().map(|code| (code.system, code.code)).collect())
    }
}
