//! The codes of a value set one after the other, in the order of its rules.

use super::text_filter::TextFilter;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::row::Row;
use crate::error::Error;
use crate::membership::Membership;
use crate::value_set::definition::{Clause, ListedConcept};
use crate::value_set::plan::{ClausePlan, Plan, Test, accepts};
use std::borrow::Cow;
use std::collections::HashSet;

/// A code that belongs to a value set, in place.
#[derive(Clone, Copy)]
pub(crate) struct Member<'p> {
    pub system: &'p str,
    pub file: Option<&'p CodeSystemFile>,
    pub row: Option<Row<'p>>,
    pub listed: Option<&'p ListedConcept>,
}

impl<'p> Member<'p> {
    pub fn code(&self) -> Cow<'p, str> {
        match (self.row, self.listed) {
            (Some(row), _) => row.code(),
            (None, Some(listed)) => Cow::Borrowed(&listed.code),
            (None, None) => Cow::Borrowed(""),
        }
    }

    pub fn is_inactive(&self) -> bool {
        self.row.is_some_and(Row::is_inactive)
    }
}

/// Calls `visit` with each code of a plan once, until it returns false. Codes that the text filter cannot accept may
/// be passed over; the others are still to be held against it.
///
/// # Errors
/// When the codes cannot be told: a rule names what is not here, or a system whose codes cannot be listed.
pub(crate) fn visit_members<'p>(
    plan: &'p Plan,
    text_filter: Option<&TextFilter>,
    visit: &mut dyn FnMut(Member<'p>) -> bool,
) -> Result<(), Error> {
    if let Some(fault) = plan.faults.first() {
        return Err(fault.clone());
    }
    let mut seen: HashSet<(&str, Cow<'p, str>)> = HashSet::new();
    let is_single = plan.include.len() == 1 && plan.include[0].value_sets.is_empty();
    let mut goes_on = true;
    for (clause, ready) in plan.value_set.include.iter().zip(&plan.include) {
        if !goes_on {
            break;
        }
        let mut take = |member: Member<'p>| {
            let code = member.code();
            let is_out = plan
                .exclude
                .iter()
                .any(|exclude| exclude.contains(Some(member.system), &code) == Membership::Yes);
            // A single clause over a code system names no code twice, unless it lists them.
            let is_new = (is_single && clause.concepts.is_empty()) || seen.insert((member.system, code));
            if !is_out && is_new {
                goes_on = visit(member);
            }
            goes_on
        };
        visit_clause((clause, ready), plan, text_filter, &mut take)?;
    }
    Ok(())
}

fn visit_clause<'p>(
    (clause, ready): (&'p Clause, &'p ClausePlan),
    plan: &'p Plan,
    text_filter: Option<&TextFilter>,
    visit: &mut dyn FnMut(Member<'p>) -> bool,
) -> Result<(), Error> {
    let Some(system) = clause.system.as_deref() else {
        let Some((first, others)) = ready.value_sets.split_first() else { return Ok(()) };
        return visit_members(first, text_filter, &mut |member| {
            let code = member.code();
            let is_in_all =
                others.iter().all(|plan| plan.contains(Some(member.system), &code) == Membership::Yes);
            !is_in_all || visit(member)
        });
    };
    let is_in_all =
        |code: &str| ready.value_sets.iter().all(|plan| plan.contains(Some(system), code) == Membership::Yes);
    if !clause.concepts.is_empty() {
        visit_listed(system, clause, ready, &mut |member| !is_in_all(&member.code()) || visit(member));
        return Ok(());
    }
    let Some(file) = &ready.file else {
        return Err(match ready.test {
            Test::Grammar(_) => Error::TooCostly { url: plan.value_set.canonical(), limit: 0 },
            _ => Error::CodeSystemNotFound(system.to_owned()),
        });
    };
    for row in rows(file, ready, text_filter) {
        if is_in_all(&row.code()) && !visit(Member { system, file: Some(file), row: Some(row), listed: None })
        {
            break;
        }
    }
    Ok(())
}

/// Listed codes in their order; those that their complete system does not have are left out.
fn visit_listed<'p>(
    system: &'p str,
    clause: &'p Clause,
    ready: &'p ClausePlan,
    visit: &mut dyn FnMut(Member<'p>) -> bool,
) {
    let file = ready.file.as_ref();
    for listed in &clause.concepts {
        let row = file.and_then(|file| file.find(&listed.code));
        let is_let_through = match (file, row) {
            (Some(file), Some(row)) => accepts(file, &ready.filters, row),
            (Some(file), None) => file.is_partial(),
            (None, _) => true,
        };
        if is_let_through && !visit(Member { system, file, row, listed: Some(listed) }) {
            return;
        }
    }
}

/// The concepts of a system that meet the clause's conditions, in the order of the system.
fn rows<'p>(
    file: &'p CodeSystemFile,
    ready: &'p ClausePlan,
    text_filter: Option<&TextFilter>,
) -> Vec<Row<'p>> {
    let filters = &ready.filters;
    let may_accept = |row: Row<'_>| text_filter.is_none_or(|filter| filter.may_accept(row.line()));
    let Some(top) = filters.iter().find_map(|filter| filter.top()) else {
        let wanted = file.rows().filter(|row| may_accept(*row) && accepts(file, filters, *row));
        return CodeSystemFile::in_order(wanted.collect());
    };
    let Some(first) = file.find_key(top) else { return Vec::new() };
    let mut rows = vec![first];
    file.walk_below(&first.code(), |row| {
        rows.push(row);
        true
    });
    rows.retain(|row| may_accept(*row) && accepts(file, filters, *row));
    rows.sort_unstable_by_key(|row| row.key());
    CodeSystemFile::in_order(rows)
}
