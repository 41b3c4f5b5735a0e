//! What a validation is asked to do.

use fhir::schema::TypeId;
use std::borrow::Cow;

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
    /// The canonicals of profiles that the resource must meet.
    pub profiles: Vec<String>,
    /// Profiles that every resource of a type must meet.
    pub by_type: Vec<(TypeId, String)>,
    /// What `meta.profile` is taken for.
    pub declared: Declared,
    /// Which extensions are held against their definitions.
    pub extensions: Extensions,
    /// Which version a declared canonical without one means: what the canonical begins with, and the version. Others
    /// mean any that is here.
    pub versions: Vec<(String, String)>,
    /// Whether all is looked into that a person who asks wants to know: codes and displays in their code systems,
    /// responses against their questionnaires, whether a document has what it refers to, and what could not be
    /// checked. Too slow, and too strict for real data, on every write.
    pub is_thorough: bool,
    /// Whether text that looks like HTML is an error. It is escaped where we show it, but not everyone does that.
    pub refuses_markup: bool,
    /// Whether addresses that exist for examples only (RFC 2606) are an error.
    pub refuses_examples: bool,
}

/// Which extensions are held against their definitions, beside those that profiles speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extensions {
    /// None.
    Ignore,
    /// Those that are known.
    Known,
    /// All: one that is not known is an error.
    All,
}

/// What the profiles that a resource declares in `meta.profile` mean for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Nothing.
    Ignore,
    /// The resource must meet those that are known. A canonical without a version means any version that is here.
    Check,
}

impl Settings {
    /// A canonical with the version that it means by [`Settings::versions`].
    pub(crate) fn canonical<'c>(&self, canonical: &'c str) -> Cow<'c, str> {
        let is_meant =
            |(start, _): &&(String, String)| canonical.starts_with(start) && !canonical.contains('|');
        match self.versions.iter().find(is_meant) {
            Some((_, version)) => Cow::Owned(format!("{canonical}|{version}")),
            None => Cow::Borrowed(canonical),
        }
    }
}

impl Default for Settings {
    /// 100 findings, without advice, native invariants.
    fn default() -> Self {
        Self {
            issues_max: 100,
            best_practices: false,
            native_invariants: true,
            profiles: Vec::new(),
            by_type: Vec::new(),
            declared: Declared::Ignore,
            extensions: Extensions::Ignore,
            versions: Vec::new(),
            is_thorough: false,
            refuses_markup: false,
            refuses_examples: false,
        }
    }
}
