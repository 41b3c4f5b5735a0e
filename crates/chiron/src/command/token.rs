//! `chiron token` and `chiron sign-in-code`: secrets for programs and for people at the sign-in page.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use access::scope::Context;
use access::{Actor, Scope};
use anyhow::{Result, bail};
use record::credential::CredentialKind;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A code is typed at once, not kept.
const CODE_HOURS: i64 = 12;

/// Makes a bearer token with a role and scopes and prints it: the only time it is seen.
pub fn bearer(practice: &Practice, scope: &str, days: u32, role: &str, emit: &mut Emit<'_>) -> Result<()> {
    let roles = practice.record.roles();
    if !roles.iter().any(|known| known == role) {
        bail!("there is no role '{role}'; the roles are {}", roles.join(", "));
    }
    let scopes = Scope::parse_list(scope)?;
    if let Some(scope) = scopes.iter().find(|scope| scope.context() == Context::Patient) {
        bail!(
            "scope '{scope}': a token of the administrator is for no patient; write it as user/ or system/"
        );
    }
    let administrator = Actor::local_administrator();
    let actor = match role {
        "administrator" => Actor { scopes: Some(scopes), ..administrator },
        role => Actor {
            id: format!("local-{role}"),
            name: format!("A program as {role}"),
            roles: vec![role.to_owned()],
            scopes: Some(scopes),
            ..Actor::default()
        },
    };
    let expires_ms = practice.record.now_ms() + i64::from(days) * DAY_MS;
    let token = practice.session().issue_credential(CredentialKind::BearerToken, &actor, expires_ms)?;
    emit(Event::Line(token.clone()));
    emit(Event::Answer(serde_json::json!({
        "token": token, "scope": scope, "role": role, "expires_ms": expires_ms
    })));
    Ok(())
}

/// Makes a code to sign in with on the pages and prints it.
pub fn sign_in_code(practice: &Practice, guest: bool, emit: &mut Emit<'_>) -> Result<()> {
    let code = make_code(practice, guest)?;
    emit(Event::Line(code.clone()));
    emit(Event::Answer(serde_json::json!({ "code": code, "hours": CODE_HOURS })));
    Ok(())
}

/// A code for the administrator or a guest, good for half a day.
pub fn make_code(practice: &Practice, guest: bool) -> Result<String> {
    let actor = if guest { Actor::guest() } else { Actor::local_administrator() };
    let expires_ms = practice.record.now_ms() + CODE_HOURS * 60 * 60 * 1000;
    let code = practice.session().issue_credential(CredentialKind::SignInCode, &actor, expires_ms)?;
    Ok(grouped(&code))
}

/// Letters in groups of four, as people read and type them; the sign-in page takes the code with or without hyphens.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
