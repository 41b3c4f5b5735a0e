//! What the roles may do, in words, and the tables that say so: for administrators.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::recent_sign_in::with_recent_sign_in;
use crate::shell::Shell;
use access::Interaction;
use access::effective::{EffectiveAccess, EffectivePermission, EffectiveRestriction};
use access::restriction::Bearer;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use record::policy_tables::PolicyTables;
use record::{Error, Session};
use serde::Deserialize;

/// What is shown of the types of a line before the rest is folded away.
const SHOWN_TYPES: usize = 8;

#[derive(Template)]
#[template(path = "roles.html")]
struct RolesPage {
    shell: Shell,
    /// The roles there are, with whether each is the first chosen, or the second.
    roles: Vec<(String, bool, bool)>,
    title: String,
    access: Vec<AccessRow>,
    restrictions: Vec<RestrictionRow>,
}

/// Types with what may be done with them.
struct AccessRow {
    types: String,
    more: String,
    permissions: Vec<PermissionRow>,
}

struct PermissionRow {
    may: String,
    when: String,
    hidden: String,
}

struct RestrictionRow {
    labels: String,
    of: &'static str,
    unless: String,
}

#[derive(Template)]
#[template(path = "roles_edit.html")]
struct EditPage {
    shell: Shell,
    problem: String,
    tables: PolicyTables,
}

/// What the address says: the roles whose access is shown, as many as there are.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    role: String,
    #[serde(default)]
    and: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct TablesForm {
    roles: String,
    groups: String,
    restrictions: String,
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    with_session(app, headers, move |session| {
        session.require_administrator()?;
        let policy = session.record().policy();
        let roles = policy.roles();
        let mut chosen: Vec<String> =
            [asked.role, asked.and].into_iter().filter(|role| roles.contains(role)).collect();
        chosen.dedup();
        if chosen.is_empty() {
            chosen.push("clinician".to_owned());
        }
        let page = RolesPage {
            shell: Shell::of(Some(session)),
            access: policy.effective(&chosen).iter().map(AccessRow::of).collect(),
            restrictions: policy.effective_restrictions(&chosen).iter().map(RestrictionRow::of).collect(),
            title: chosen.join(" and "),
            roles: roles.into_iter().map(|role| choice(role, &chosen)).collect(),
        };
        html(&page)
    })
    .await
}

pub(crate) async fn edit(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| {
        session.require_administrator()?;
        edit_page(session, session.record().policy_tables()?, String::new())
    })
    .await
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<TablesForm>,
) -> Response {
    with_recent_sign_in(app, headers, "/people/roles/edit", move |session| {
        // Forms end lines as they like.
        let plain = |text: String| text.replace("\r\n", "\n");
        let TablesForm { roles, groups, restrictions } = form;
        let tables =
            PolicyTables { roles: plain(roles), groups: plain(groups), restrictions: plain(restrictions) };
        match session.change_policy(Some(&tables)) {
            Ok(()) => Ok(Redirect::to("/people/roles").into_response()),
            Err(Error::Request { message, .. }) => {
                let page = edit_page(session, tables, message)?;
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

pub(crate) async fn put_back(State(app): State<App>, headers: HeaderMap) -> Response {
    with_recent_sign_in(app, headers, "/people/roles/edit", |session| {
        session.change_policy(None)?;
        Ok(Redirect::to("/people/roles").into_response())
    })
    .await
}

fn choice(role: String, chosen: &[String]) -> (String, bool, bool) {
    let is = |place: usize| chosen.get(place) == Some(&role);
    let (first, second) = (is(0), is(1));
    (role, first, second)
}

fn edit_page(session: &Session, tables: PolicyTables, problem: String) -> Result<Response, Failure> {
    html(&EditPage { shell: Shell::of(Some(session)), problem, tables })
}

impl AccessRow {
    fn of(access: &EffectiveAccess) -> Self {
        let names: Vec<&str> = access.types.iter().map(|type_id| type_id.name()).collect();
        let (shown, more) = names.split_at(names.len().min(SHOWN_TYPES));
        Self {
            types: shown.join(", "),
            more: more.join(", "),
            permissions: access.permissions.iter().map(PermissionRow::of).collect(),
        }
    }
}

impl PermissionRow {
    fn of(permission: &EffectivePermission) -> Self {
        let may: Vec<&str> = permission.interactions.each().map(verb).collect();
        Self {
            may: may.join(", "),
            when: condition_in_words(&permission.condition),
            hidden: permission.hidden.join(", "),
        }
    }
}

impl RestrictionRow {
    fn of(restriction: &EffectiveRestriction) -> Self {
        let codes = restriction.labels.split(',').filter_map(|label| label.rsplit('|').next());
        Self {
            labels: codes.collect::<Vec<_>>().join(", "),
            of: match restriction.bearer {
                Bearer::Resource => "what bears it",
                Bearer::Visit => "what bears it, or was made in a visit that does",
                Bearer::Patient => "all of a patient who bears it",
            },
            unless: match restriction.unless.as_str() {
                "" => "never".to_owned(),
                unless => condition_in_words(unless),
            },
        }
    }
}

fn verb(interaction: Interaction) -> &'static str {
    match interaction {
        Interaction::Create => "create",
        Interaction::Read => "read",
        Interaction::Update => "change",
        Interaction::Delete => "delete",
        Interaction::Search => "search",
        Interaction::Operate => "administer",
        Interaction::Export => "export",
    }
}

/// A condition of the tables in words; searches stay as they are.
fn condition_in_words(condition: &str) -> String {
    let part = |part: &str| match part.trim() {
        "own" => "own record, or of whom they are a proxy".to_owned(),
        "emergency" => "in an emergency".to_owned(),
        other => other.to_owned(),
    };
    condition.split(" or ").map(part).collect::<Vec<_>>().join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_in_words() {
        assert_eq!(condition_in_words(""), "");
        assert_eq!(condition_in_words("own"), "own record, or of whom they are a proxy");
        let both = "emergency or patient?general-practitioner={person}";
        assert_eq!(condition_in_words(both), "in an emergency, or patient?general-practitioner={person}");
    }
}
