//! `chiron app`: the programs that may ask people for leave, or that work by themselves.

use crate::arguments::{AppArguments, AppCommand};
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result};
use identity::oauth::clients::secret_proof;
use identity::oauth::{Client, ClientState, Clients, Proof, registration};

/// Does a command on the apps.
pub fn run(practice: &Practice, command: &AppCommand, emit: &mut Emit<'_>) -> Result<()> {
    let session = practice.session();
    let clients = Clients::new(&session);
    match command {
        AppCommand::List => list(&clients, emit),
        AppCommand::Add(described) => {
            let (client, secret) = read(described)?;
            tell(&clients.add(client)?, secret, emit)
        }
        AppCommand::Suspend { id } => tell(&clients.suspend(id)?, None, emit),
        AppCommand::Resume { id } => tell(&clients.resume(id)?, None, emit),
        AppCommand::Secret { id } => {
            let (client, secret) = clients.renew_secret(id)?;
            tell(&client, Some(secret), emit)
        }
        AppCommand::Invite => {
            let token = registration::invite(&session)?;
            emit(Event::Line(token.clone()));
            emit(Event::Answer(serde_json::json!({ "token": token })));
            Ok(())
        }
    }
}

/// The keys as the server takes them: an address as it is, a file by its content.
pub fn whole_keys(keys: Option<String>) -> Result<Option<String>> {
    let is_whole = |keys: &str| keys.starts_with("http") || keys.trim_start().starts_with('{');
    match keys {
        Some(file) if !is_whole(&file) => {
            Ok(Some(std::fs::read_to_string(&file).with_context(|| file.clone())?))
        }
        keys => Ok(keys),
    }
}

fn read(described: &AppArguments) -> Result<(Client, Option<String>)> {
    let keys = whole_keys(described.keys.clone())?;
    let (proof, secret) = match (keys, described.secret) {
        (Some(url), _) if url.starts_with("http") => (Proof::KeysAt(url), None),
        (Some(set), _) => (Proof::Keys(serde_json::from_str(&set).context("the keys are JSON")?), None),
        (None, true) => {
            let (secret, proof) = secret_proof();
            (proof, Some(secret))
        }
        (None, false) => (Proof::None, None),
    };
    let client = Client {
        id: String::new(),
        name: described.name.clone(),
        proof,
        redirect_uris: described.redirect_uris.clone(),
        launch_uri: described.launch_uri.clone(),
        scopes: described.scope.clone(),
        role: described.service.clone(),
        organization: described.organization.clone(),
        state: ClientState::Active,
        made_ms: 0,
    };
    Ok((client, secret))
}

fn tell(client: &Client, secret: Option<String>, emit: &mut Emit<'_>) -> Result<()> {
    let shown = secret.as_ref().map(|secret| format!("  secret {secret}")).unwrap_or_default();
    emit(Event::Line(format!("{}  {}  {}{shown}", client.id, client.name, client.state.word())));
    emit(Event::Answer(
        serde_json::json!({ "id": client.id, "secret": secret, "state": client.state.word() }),
    ));
    Ok(())
}

fn list(clients: &Clients<'_>, emit: &mut Emit<'_>) -> Result<()> {
    let all = clients.all()?;
    for one in &all {
        emit(Event::Line(format!("{}  {}  {}  {}", one.id, one.name, one.kind(), one.state.word())));
    }
    let row = |one: &Client| {
        serde_json::json!({ "id": one.id, "name": one.name, "kind": one.kind(), "state": one.state.word(),
            "redirect-uris": one.redirect_uris, "scopes": one.scopes })
    };
    emit(Event::Answer(serde_json::json!({ "apps": all.iter().map(row).collect::<Vec<_>>() })));
    Ok(())
}
