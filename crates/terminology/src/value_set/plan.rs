//! A value set made ready to answer quickly whether a code belongs to it.

use super::definition::{Clause, ValueSet};
use super::filter::FilterTest;
use crate::code_system::escape::key;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::row::Row;
use crate::error::Error;
use crate::grammar::Grammar;
use crate::membership::Membership;
use std::collections::HashSet;
use std::sync::Arc;

/// Systems with at most this many concepts have filtered codes listed beforehand; in larger ones each code is
/// tested when it is asked for.
const LISTED_CONCEPTS_MAX: usize = 20_000;

/// A value set made ready.
#[derive(Debug)]
pub(crate) struct Plan {
    pub value_set: Arc<ValueSet>,
    pub include: Vec<ClausePlan>,
    pub exclude: Vec<ClausePlan>,
    /// What is wrong with the rules, when codes cannot be told.
    pub faults: Vec<Error>,
}

/// One include or exclude made ready.
#[derive(Debug)]
pub(crate) struct ClausePlan {
    pub system: Option<Box<str>>,
    pub test: Test,
    pub value_sets: Vec<Arc<Plan>>,
    /// The code system, when its content is here.
    pub file: Option<CodeSystemFile>,
    /// The clause's filters made ready; empty when the test is unknown.
    pub filters: Vec<FilterTest>,
}

/// How a code of the clause's system is tested.
#[derive(Debug)]
pub(crate) enum Test {
    /// The clause names no system: only its value sets count.
    Any,
    /// Codes listed in the value set, by the keys they have in the system.
    Listed { keys: HashSet<Box<[u8]>>, case_sensitive: bool },
    /// Every code of the system.
    Whole(CodeSystemFile),
    /// Codes that meet all conditions.
    Filtered(CodeSystemFile, Vec<FilterTest>),
    /// Every code that is well written.
    Grammar(Grammar),
    /// The content that would tell is not here.
    Unknown,
}

/// What a plan is made from: whoever has the definitions.
pub(crate) trait Definitions {
    /// The code system, in a version that the reference means.
    fn system_file(&self, url: &str, version: Option<&str>) -> Option<CodeSystemFile>;
    /// The plan of another value set. `path` holds those being made.
    fn plan_of(&self, canonical: &str, path: &mut Vec<String>) -> Result<Arc<Plan>, Error>;
}

impl Plan {
    /// Makes a value set ready.
    ///
    /// # Errors
    /// When value sets take each other in, in a circle.
    pub fn compile(
        value_set: Arc<ValueSet>,
        definitions: &impl Definitions,
        path: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let mut faults = Vec::new();
        let mut compile = |clauses: &[Clause]| -> Result<Vec<ClausePlan>, Error> {
            let active_only = value_set.inactive == Some(false);
            clauses
                .iter()
                .map(|clause| ClausePlan::compile(clause, active_only, definitions, path, &mut faults))
                .collect()
        };
        let (include, exclude) = (compile(&value_set.include)?, compile(&value_set.exclude)?);
        Ok(Self { value_set, include, exclude, faults })
    }

    /// The code system, in the version that the rules name, of a clause that takes a code in; without one, of the
    /// first clause over the system.
    pub fn file_holding(&self, system: &str, code: &str) -> Option<&CodeSystemFile> {
        let of_clause = |clause: &'_ ClausePlan| clause.system.as_deref() == Some(system);
        let holding = self.include.iter().find(|clause| {
            of_clause(clause)
                && clause.file.is_some()
                && clause.contains(Some(system), code) == Membership::Yes
        });
        let any = || self.include.iter().find(|clause| of_clause(clause) && clause.file.is_some());
        let nested = || {
            let plans = self.include.iter().flat_map(|clause| &clause.value_sets);
            plans.filter_map(|plan| plan.file_holding(system, code)).next()
        };
        holding.or_else(any).and_then(|clause| clause.file.as_ref()).or_else(nested)
    }

    /// Whether a code belongs. Without a system, a code of any system counts.
    pub fn contains(&self, system: Option<&str>, code: &str) -> Membership {
        let any = |clauses: &[ClausePlan]| {
            let mut answer = Membership::No;
            for clause in clauses {
                answer = answer.or(clause.contains(system, code));
                if answer == Membership::Yes {
                    break;
                }
            }
            answer
        };
        let included = any(&self.include);
        if included == Membership::No || self.exclude.is_empty() {
            return included;
        }
        included.and(any(&self.exclude).not())
    }
}

impl ClausePlan {
    fn compile(
        clause: &Clause,
        active_only: bool,
        definitions: &impl Definitions,
        path: &mut Vec<String>,
        faults: &mut Vec<Error>,
    ) -> Result<Self, Error> {
        let mut value_sets = Vec::new();
        let mut is_unknown = false;
        for canonical in &clause.value_sets {
            match definitions.plan_of(canonical, path) {
                Ok(plan) => {
                    faults.extend(plan.faults.iter().cloned());
                    value_sets.push(plan);
                }
                Err(error @ (Error::Cycle(_) | Error::TooDeep(_))) => return Err(error),
                Err(error) => {
                    is_unknown = true;
                    faults.push(error);
                }
            }
        }
        let system = clause.system.as_deref();
        let file = system.and_then(|url| definitions.system_file(url, clause.version.as_deref()));
        let filters = match &file {
            Some(file) => compile_filters(clause, active_only, file, faults),
            None => Some(Vec::new()),
        };
        let test = match &filters {
            Some(filters) if !is_unknown => compile_test(clause, file.as_ref(), filters, faults),
            _ => Test::Unknown,
        };
        let (system, filters) = (system.map(Box::from), filters.unwrap_or_default());
        Ok(Self { system, test, value_sets, file, filters })
    }

    /// Whether a code is one of this clause.
    pub fn contains(&self, system: Option<&str>, code: &str) -> Membership {
        if let (Some(own), Some(asked)) = (self.system.as_deref(), system)
            && own != asked
        {
            return Membership::No;
        }
        let mut answer = self.test.contains(code);
        for plan in &self.value_sets {
            if answer == Membership::No {
                break;
            }
            answer = answer.and(plan.contains(system.or(self.system.as_deref()), code));
        }
        answer
    }
}

impl Test {
    fn contains(&self, code: &str) -> Membership {
        match self {
            Self::Any => Membership::Yes,
            Self::Listed { keys, case_sensitive } => {
                let is_plain = *case_sensitive && !code.bytes().any(|byte| byte == b'\\' || byte < b' ');
                let is_listed = match is_plain {
                    true => keys.contains(code.as_bytes()),
                    false => keys.contains(&*key(code, *case_sensitive)),
                };
                Membership::from_bool(is_listed)
            }
            Self::Whole(system) => found(system, system.find(code).is_some()),
            Self::Filtered(system, filters) => match system.find(code) {
                Some(row) => Membership::from_bool(accepts(system, filters, row)),
                None => found(system, false),
            },
            Self::Grammar(grammar) => grammar.check(code),
            Self::Unknown => Membership::Unknown,
        }
    }
}

/// A code that is not found in a part of a system may exist all the same.
fn found(system: &CodeSystemFile, is_found: bool) -> Membership {
    match is_found {
        true => Membership::Yes,
        false if system.is_partial() => Membership::Unknown,
        false => Membership::No,
    }
}

/// Whether a concept meets all conditions.
pub(crate) fn accepts(system: &CodeSystemFile, filters: &[FilterTest], row: Row<'_>) -> bool {
    filters.iter().all(|filter| filter.accepts(system, row))
}

/// The filters of a clause made ready, or `None` and a fault when one cannot be evaluated.
fn compile_filters(
    clause: &Clause,
    active_only: bool,
    file: &CodeSystemFile,
    faults: &mut Vec<Error>,
) -> Option<Vec<FilterTest>> {
    let mut filters = Vec::new();
    for filter in &clause.filters {
        match FilterTest::compile(filter, file) {
            Ok(filter) => filters.push(filter),
            Err(fault) => {
                faults.push(fault);
                return None;
            }
        }
    }
    if active_only {
        filters.push(FilterTest::active());
    }
    Some(filters)
}

fn compile_test(
    clause: &Clause,
    file: Option<&CodeSystemFile>,
    filters: &[FilterTest],
    faults: &mut Vec<Error>,
) -> Test {
    let Some(url) = clause.system.as_deref() else {
        return Test::Any;
    };
    if !clause.concepts.is_empty() {
        return listed(clause, file, filters);
    }
    let Some(file) = file else {
        return match Grammar::of(url) {
            Some(grammar) if clause.filters.is_empty() => Test::Grammar(grammar),
            _ => {
                let version =
                    clause.version.as_ref().map(|version| format!("|{version}")).unwrap_or_default();
                faults.push(Error::CodeSystemNotFound(format!("{url}{version}")));
                Test::Unknown
            }
        };
    };
    match (filters.is_empty(), file.len() <= LISTED_CONCEPTS_MAX && !file.is_partial()) {
        (true, _) => Test::Whole(file.clone()),
        (false, false) => Test::Filtered(file.clone(), filters.to_vec()),
        (false, true) => {
            let rows = file.rows().filter(|row| accepts(file, filters, *row));
            let keys = rows.map(|row| Box::from(row.key())).collect();
            Test::Listed { keys, case_sensitive: file.header().case_sensitive }
        }
    }
}

/// Codes listed one by one; where the system is here, those that its conditions let through.
fn listed(clause: &Clause, file: Option<&CodeSystemFile>, filters: &[FilterTest]) -> Test {
    let case_sensitive = file.is_none_or(|file| file.header().case_sensitive);
    let is_let_through = |code: &str| match file.and_then(|file| Some((file, file.find(code)?))) {
        Some((file, row)) => accepts(file, filters, row),
        None => true,
    };
    let codes = clause.concepts.iter().map(|concept| concept.code.as_str());
    let keys =
        codes.filter(|code| is_let_through(code)).map(|code| key(code, case_sensitive).into()).collect();
    Test::Listed { keys, case_sensitive }
}
