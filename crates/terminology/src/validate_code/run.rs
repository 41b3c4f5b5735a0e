//! The steps of a validation: system, code, membership, display, use.

use super::display::{DisplayFault, check_display, displays};
use super::outcome::{IssueSeverity, Kind, Outcome};
use super::request::{Coding, Form, Scope, ValidateRequest};
use crate::code_system::concept::Concept;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Content;
use crate::error::Error;
use crate::expansion::display_in;
use crate::grammar::Grammar;
use crate::membership::Membership;
use crate::terminology::Terminology;
use crate::value_set::definition::ValueSet;
use crate::value_set::plan::{ClausePlan, Plan, Test};
use std::sync::Arc;

impl Terminology {
    /// Validates codes.
    ///
    /// # Errors
    /// When the value set is not here, takes itself in, or the request names nothing to validate.
    pub fn validate_code(&self, request: &ValidateRequest) -> Result<Outcome, Error> {
        if request.codings.is_empty() {
            return Err(Error::Request(
                "Unable to find code to validate (looked for coding | codeableConcept | code)".into(),
            ));
        }
        let plan = match &request.scope {
            Scope::ValueSetUrl(canonical) => Some(self.plan(canonical)?),
            Scope::ValueSet(value_set) => Some(self.plan_for(ValueSet::clone(value_set))?),
            Scope::CodeSystem(_) | Scope::AnyCodeSystem => None,
        };
        let run =
            Run { terminology: self, request, plan: plan.as_deref(), canonical: canonical(plan.as_ref()) };
        Ok(run.outcome())
    }
}

fn canonical(plan: Option<&Arc<Plan>>) -> String {
    plan.map(|plan| plan.value_set.canonical()).unwrap_or_default()
}

struct Run<'a> {
    terminology: &'a Terminology,
    request: &'a ValidateRequest,
    plan: Option<&'a Plan>,
    canonical: String,
}

/// What was found out about one coding.
struct Found {
    system: Option<String>,
    file: Option<CodeSystemFile>,
    concept: Option<Concept>,
    membership: Membership,
}

impl Run<'_> {
    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut best: Option<(usize, Found)> = None;
        let mut is_member = false;
        for (index, coding) in self.request.codings.iter().enumerate() {
            let found = self.check(index, coding, &mut outcome);
            let is_better = found.membership == Membership::Yes && !is_member;
            is_member |= found.membership == Membership::Yes;
            if best.is_none() || is_better {
                best = Some((index, found));
            }
        }
        let is_unknown = best.as_ref().is_some_and(|(_, found)| found.membership == Membership::Unknown);
        let is_concept = self.request.form == Form::CodeableConcept;
        if is_concept && self.plan.is_some() && !is_member && !is_unknown {
            let text = format!("No valid coding was found for the value set '{}'", self.canonical);
            outcome.push(IssueSeverity::Error, Kind::NotInValueSet, text, String::new());
        }
        if let Some((index, found)) = best {
            self.describe(&mut outcome, &self.request.codings[index], found);
        }
        outcome.settle()
    }

    fn describe(&self, outcome: &mut Outcome, coding: &Coding, found: Found) {
        outcome.code = Some(coding.code.clone());
        outcome.system = found.system;
        outcome.version = match &found.file {
            Some(file) => Some(file.header().version.clone()).filter(|version| !version.is_empty()),
            None => None,
        };
        if let Some(concept) = found.concept {
            outcome.inactive = concept.inactive;
            let own_language = found.file.as_ref().map_or("", |file| &file.header().language);
            let own = display_in(&concept, own_language, &self.request.languages);
            let own = Some(own).filter(|display| !display.is_empty());
            let listed = self.display_in_value_set(coding, outcome.system.as_deref());
            outcome.display = listed.filter(|_| self.request.languages.is_empty()).or(own);
        }
    }

    /// Checks one coding and says what is wrong with it.
    fn check(&self, index: usize, coding: &Coding, outcome: &mut Outcome) -> Found {
        let place = |element: &str| self.request.place(index, element);
        let mut found = Found { system: None, file: None, concept: None, membership: Membership::No };
        found.system = self.system_of(coding);
        let Some(system) = found.system.clone() else {
            self.no_system(index, coding, outcome);
            return found;
        };
        found.file = self.file_for(&system, coding);
        let exists = self.exists(&found, &system, coding);
        let version = found.file.as_ref().map(|file| file.header().version.clone());
        found.concept = self.terminology.lookup(&system, version.as_deref(), &coding.code);
        found.membership = match self.plan {
            Some(plan) => plan.contains(Some(&system), &coding.code),
            None => exists,
        };
        let is_refused = found.concept.as_ref().is_some_and(|concept| {
            concept.inactive && self.request.active_only
                || concept.not_selectable && self.request.refuse_not_selectable
        });
        if is_refused && self.plan.is_some() {
            found.membership = Membership::No;
        }
        self.say_version(&found, coding, outcome, index);
        self.say_membership(&found, coding, outcome, index);
        self.say_existence(&found, exists, coding, outcome, index);
        if let Some(concept) = &found.concept {
            self.say_display(&found, concept, coding, outcome, &place("display"));
            self.say_use(&found, concept, coding, outcome, index);
        }
        found
    }

    /// The code system in the version that the value set is built from, or else in that of the coding.
    fn file_for(&self, system: &str, coding: &Coding) -> Option<CodeSystemFile> {
        let of_value_set = self.plan.and_then(|plan| plan.file_holding(system, &coding.code));
        of_value_set.cloned().or_else(|| self.file_of(system, coding.version.as_deref()))
    }

    /// Says that the coding has another version than the value set is built from, or one that is not here.
    fn say_version(&self, found: &Found, coding: &Coding, outcome: &mut Outcome, index: usize) {
        let (Some(version), Some(file), Some(_)) = (&coding.version, &found.file, self.plan) else { return };
        let (system, own) = (&file.header().url, &file.header().version);
        if own.is_empty() || crate::version::matches(version, own) {
            return;
        }
        let mut severity = IssueSeverity::Error;
        if self.file_of(system, Some(version)).is_none() {
            self.say_no_system(found, coding, outcome, index);
            severity = IssueSeverity::Warning;
        }
        let text = format!(
            "The code system '{system}' version '{own}' in the ValueSet include is different to the one in the value ('{version}')"
        );
        outcome.push(severity, Kind::VersionMismatch, text, self.request.place(index, "version"));
    }

    fn file_of(&self, system: &str, version: Option<&str>) -> Option<CodeSystemFile> {
        let file = self.terminology.code_system(system, version)?;
        (file.header().content != Content::NotPresent).then_some(file)
    }

    fn exists(&self, found: &Found, system: &str, coding: &Coding) -> Membership {
        match (&found.file, Grammar::of(system)) {
            (Some(file), _) if file.find(&coding.code).is_some() => Membership::Yes,
            (Some(file), _) if file.header().content == Content::Complete => Membership::No,
            (Some(_), _) => Membership::Unknown,
            (None, Some(grammar)) => grammar.check(&coding.code),
            (None, None) => Membership::Unknown,
        }
    }

    fn system_of(&self, coding: &Coding) -> Option<String> {
        if let Some(system) = &coding.system {
            return Some(system.clone());
        }
        match (&self.request.scope, self.plan) {
            (Scope::CodeSystem(url), _) => Some(url.clone()),
            (_, Some(plan)) if self.request.infer_system => system_holding(&plan.include, &coding.code),
            _ => None,
        }
    }

    fn no_system(&self, index: usize, coding: &Coding, outcome: &mut Outcome) {
        let place = |element: &str| self.request.place(index, element);
        if self.request.form == Form::Code && self.request.infer_system {
            let text = format!(
                "The System URI could not be determined for the code '{}' in the ValueSet '{}'",
                coding.code, self.canonical
            );
            outcome.push(IssueSeverity::Error, Kind::CannotInfer, text, place("code"));
        } else {
            let text = "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. A system should be provided";
            outcome.push(IssueSeverity::Warning, Kind::InvalidData, text.to_owned(), place(""));
        }
        if self.plan.is_some() && self.request.form != Form::CodeableConcept {
            let text = self.not_in_value_set("", coding);
            outcome.push(IssueSeverity::Error, Kind::NotInValueSet, text, place("code"));
        }
    }

    fn not_in_value_set(&self, system: &str, coding: &Coding) -> String {
        let version = coding.version.as_ref().map(|version| format!("|{version}")).unwrap_or_default();
        let (code, value_set) = (&coding.code, &self.canonical);
        format!("The provided code '{system}{version}#{code}' was not found in the value set '{value_set}'")
    }

    fn say_membership(&self, found: &Found, coding: &Coding, outcome: &mut Outcome, index: usize) {
        let Some(plan) = self.plan else { return };
        let system = found.system.as_deref().unwrap_or_default();
        let place = self.request.place(index, "code");
        match found.membership {
            Membership::Yes => (),
            Membership::No if self.request.form == Form::CodeableConcept => {
                let text = self.not_in_value_set(system, coding);
                outcome.push(IssueSeverity::Information, Kind::ThisCodeNotInValueSet, text, place);
            }
            Membership::No => {
                let text = self.not_in_value_set(system, coding);
                outcome.push(IssueSeverity::Error, Kind::NotInValueSet, text, place);
            }
            // Said of the code system already: it is a part, or not here.
            Membership::Unknown if plan.faults.is_empty() || found.file.is_none() => (),
            Membership::Unknown => {
                let reasons: Vec<String> = plan.faults.iter().map(ToString::to_string).collect();
                let text = format!(
                    "Unable to check whether the code is in the value set '{}': {}",
                    self.canonical,
                    reasons.join("; ")
                );
                outcome.push(IssueSeverity::Error, Kind::UnknownSystem, text, String::new());
            }
        }
    }

    fn say_existence(
        &self,
        found: &Found,
        exists: Membership,
        coding: &Coding,
        outcome: &mut Outcome,
        index: usize,
    ) {
        let system = found.system.as_deref().unwrap_or_default();
        let code = &coding.code;
        match (exists, &found.file) {
            (Membership::Yes, _) => (),
            (_, None) if Grammar::of(system).is_some() => {
                if exists == Membership::No {
                    let text = format!("Unknown code '{code}' in the CodeSystem '{system}'");
                    outcome.push(
                        IssueSeverity::Error,
                        Kind::InvalidCode,
                        text,
                        self.request.place(index, "code"),
                    );
                }
            }
            (_, None) => self.say_no_system(found, coding, outcome, index),
            (_, Some(file)) => {
                let version = match file.header().version.as_str() {
                    "" => String::new(),
                    version => format!(" version '{version}'"),
                };
                let mut text = format!("Unknown code '{code}' in the CodeSystem '{system}'{version}");
                let mut severity = IssueSeverity::Error;
                if exists == Membership::Unknown {
                    severity = IssueSeverity::Warning;
                    text.push_str(" - note that the code system is labeled as a fragment, so the code may be valid in some other fragment");
                }
                outcome.push(severity, Kind::InvalidCode, text, self.request.place(index, "code"));
            }
        }
    }

    /// Says that the code system is not here. It is an error unless the value set could tell without it.
    fn say_no_system(&self, found: &Found, coding: &Coding, outcome: &mut Outcome, index: usize) {
        let system = found.system.as_deref().unwrap_or_default();
        let versions = self.terminology.code_system_versions(system);
        let text = match &coding.version {
            Some(version) => {
                let valid = if versions.is_empty() {
                    String::new()
                } else {
                    format!(". Valid versions: {}", versions.join(", "))
                };
                format!(
                    "A definition for CodeSystem '{system}' version '{version}' could not be found, so the code cannot be validated{valid}"
                )
            }
            None => format!(
                "A definition for CodeSystem '{system}' could not be found, so the code cannot be validated"
            ),
        };
        let severity = match (found.membership, &coding.version) {
            (Membership::Yes, None) => IssueSeverity::Warning,
            _ => IssueSeverity::Error,
        };
        outcome.push(severity, Kind::UnknownSystem, text, self.request.place(index, "system"));
        let canonical = match &coding.version {
            Some(version) => format!("{system}|{version}"),
            None => system.to_owned(),
        };
        outcome.unknown_systems.push(canonical);
    }

    fn say_display(
        &self,
        found: &Found,
        concept: &Concept,
        coding: &Coding,
        outcome: &mut Outcome,
        place: &str,
    ) {
        let Some(given) = &coding.display else { return };
        let mut right = displays(found.file.as_ref().map(CodeSystemFile::header), concept);
        let listed = self.display_in_value_set(coding, found.system.as_deref());
        right.extend(listed.as_deref().map(|text| (text, "")));
        let Err(fault) = check_display(given, &right, &self.request.languages) else { return };
        let system = found.system.as_deref().unwrap_or_default();
        let (what, choices) = match fault {
            DisplayFault::OtherLanguage => {
                let text = format!(
                    "There are no valid display names found for the code {system}#{} for language(s) '{}'. The display is '{given}' which is a valid display for the default language",
                    coding.code,
                    self.request.languages.join(", ")
                );
                outcome.push(IssueSeverity::Information, Kind::InvalidDisplay, text, place.to_owned());
                return;
            }
            DisplayFault::Blanks(choices) => ("Wrong whitespace in Display Name", choices),
            DisplayFault::Wrong(choices) => ("Wrong Display Name", choices),
        };
        let text = format!("{what} '{given}' for {system}#{}. {choices}", coding.code);
        let severity = match self.request.lenient_display {
            true => IssueSeverity::Warning,
            false => IssueSeverity::Error,
        };
        outcome.push(severity, Kind::InvalidDisplay, text, place.to_owned());
    }

    fn say_use(
        &self,
        found: &Found,
        concept: &Concept,
        coding: &Coding,
        outcome: &mut Outcome,
        index: usize,
    ) {
        let (code, place) = (&coding.code, self.request.place(index, "code"));
        if concept.inactive {
            if self.request.active_only {
                let text = format!("The concept '{code}' is valid but is not active");
                outcome.push(IssueSeverity::Error, Kind::CodeRule, text, place.clone());
            }
            let text =
                format!("The concept '{code}' has a status of inactive and its use should be reviewed");
            let whole = if self.request.form == Form::Code { "code" } else { "" };
            outcome.push(IssueSeverity::Warning, Kind::CodeComment, text, self.request.place(index, whole));
        }
        if concept.not_selectable && self.request.refuse_not_selectable {
            let text = format!("Code '{code}' is abstract, and not allowed in this context");
            outcome.push(IssueSeverity::Error, Kind::CodeRule, text, place.clone());
        }
        if concept.code != *code {
            let system = found.file.as_ref().map(|file| file.header().canonical()).unwrap_or_default();
            let text = format!(
                "The code '{code}' differs from the correct code '{}' by case. The code system '{system}' does not tell case apart; use the correct case all the same",
                concept.code
            );
            outcome.push(IssueSeverity::Information, Kind::CodeRule, text, place);
        }
    }

    /// The display that the value set itself lists for a code.
    fn display_in_value_set(&self, coding: &Coding, system: Option<&str>) -> Option<String> {
        let clauses = &self.plan?.value_set.include;
        let of_system = clauses.iter().filter(|clause| clause.system.as_deref() == system);
        let listed =
            of_system.flat_map(|clause| &clause.concepts).find(|listed| listed.code == coding.code)?;
        Some(listed.display.clone()).filter(|display| !display.is_empty())
    }
}

/// The one system of which the clauses take the code in; `None` when it is none or several.
fn system_holding(clauses: &[ClausePlan], code: &str) -> Option<String> {
    let mut systems = Vec::new();
    collect_systems(clauses, code, &mut systems);
    systems.sort_unstable();
    systems.dedup();
    match systems.as_slice() {
        [single] => Some((*single).to_owned()),
        _ => None,
    }
}

fn collect_systems<'p>(clauses: &'p [ClausePlan], code: &str, systems: &mut Vec<&'p str>) {
    for clause in clauses {
        let is_any = matches!(clause.test, Test::Any);
        match clause.system.as_deref() {
            Some(system) if clause.contains(Some(system), code) == Membership::Yes => systems.push(system),
            None if is_any => {
                clause.value_sets.iter().for_each(|plan| collect_systems(&plan.include, code, systems));
            }
            _ => (),
        }
    }
}
