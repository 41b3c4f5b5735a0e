//! `chiron user`: the people who sign in, from the machine itself: for the first administrator, and when nobody else can.

use crate::arguments::UserCommand;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Result, bail};
use identity::{Account, AccountState, Accounts, NewAccount, invitation};
use record::Session;

/// Does a command on the accounts.
pub fn run(practice: &Practice, command: &UserCommand, emit: &mut Emit<'_>) -> Result<()> {
    let session = practice.session();
    let accounts = Accounts::new(&session);
    match command {
        UserCommand::List => list(&accounts, emit),
        UserCommand::Invite { name, role, person, openid_name } => {
            let (person, openid_name) = (person.as_deref(), openid_name.as_deref());
            let account = accounts.add(&NewAccount { name, role, person, openid_name })?;
            match account.openid {
                None => tell_link(&session, &account, emit),
                Some(_) => {
                    emit(Event::Line(format!("{} signs in at the identity provider", account.name)));
                    emit(Event::Answer(serde_json::json!({ "account": account.id })));
                    Ok(())
                }
            }
        }
        UserCommand::Reset { sign_in_name } => {
            let account = named(&accounts, sign_in_name)?;
            tell_link(&session, &accounts.reset(&account.id)?, emit)
        }
        UserCommand::Close { sign_in_name } => {
            let account = named(&accounts, sign_in_name)?;
            accounts.close(&account.id)?;
            emit(Event::Line(format!("{sign_in_name} is closed")));
            emit(Event::Answer(serde_json::json!({ "closed": sign_in_name })));
            Ok(())
        }
    }
}

/// A link for the first administrator, as long as nobody has an account.
pub fn first_administrator(practice: &Practice) -> Result<Option<String>> {
    let session = practice.session();
    let accounts = Accounts::new(&session);
    let first = match accounts.list()?.as_slice() {
        [] => {
            let new = NewAccount { name: "Administrator", role: "administrator", ..NewAccount::default() };
            accounts.add(&new)?
        }
        // Nobody has followed the link of an earlier start.
        [only] if only.state == AccountState::Invited && only.sign_in_name.is_empty() => only.clone(),
        _ => return Ok(None),
    };
    Ok(Some(link(&session, &first)?))
}

fn link(session: &Session, account: &Account) -> Result<String> {
    Ok(web::join_url(session.record().base_url(), &invitation::invite(session, account)?))
}

fn tell_link(session: &Session, account: &Account, emit: &mut Emit<'_>) -> Result<()> {
    let link = link(session, account)?;
    emit(Event::Line(format!("{} joins at  {link}", account.name)));
    emit(Event::Answer(serde_json::json!({ "account": account.id, "link": link })));
    Ok(())
}

fn list(accounts: &Accounts<'_>, emit: &mut Emit<'_>) -> Result<()> {
    let all = accounts.list()?;
    for one in &all {
        // Whoever has no name of their own is called by the account's id.
        let name = if one.sign_in_name.is_empty() { &one.id } else { &one.sign_in_name };
        emit(Event::Line(format!("{name}  {}  {}  {}", one.name, one.roles.join(", "), one.state.word())));
    }
    let row = |one: &Account| {
        serde_json::json!({ "id": one.id, "sign-in-name": one.sign_in_name, "name": one.name, "roles": one.roles,
            "state": one.state.word(), "kind": one.kind().word(), "person": one.person })
    };
    emit(Event::Answer(serde_json::json!({ "accounts": all.iter().map(row).collect::<Vec<_>>() })));
    Ok(())
}

fn named(accounts: &Accounts<'_>, sign_in_name: &str) -> Result<Account> {
    let named =
        accounts.named(sign_in_name)?.map_or_else(|| accounts.find(sign_in_name), |one| Ok(Some(one)))?;
    match named {
        Some(account) => Ok(account),
        None => bail!("nobody signs in as '{sign_in_name}'; chiron user list shows who does"),
    }
}
