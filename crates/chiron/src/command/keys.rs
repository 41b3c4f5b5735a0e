//! `chiron keys`: the keys that the data is encrypted with, shown and changed while the server runs.

use crate::arguments::KeysCommand;
use crate::event::{Emit, Event};
use crate::practice::{Practice, now_ms};
use crate::wrapping_key;
use anyhow::Result;
use record::resource::instant;

/// Does a command on the keys.
pub fn run(practice: &Practice, command: &KeysCommand, emit: &mut Emit<'_>) -> Result<()> {
    match command {
        KeysCommand::List => list(practice, emit),
        KeysCommand::Renew => {
            let number = practice.store.renew_data_key(now_ms())?;
            practice.note(&format!("renew the data key: {number}"))?;
            emit(Event::Line(format!("what is written from now on is encrypted with data key {number}")));
            emit(Event::Answer(serde_json::json!({ "number": number })));
            Ok(())
        }
        KeysCommand::Wrap { with } => wrap(practice, with.as_deref(), emit),
    }
}

fn list(practice: &Practice, emit: &mut Emit<'_>) -> Result<()> {
    let keys = practice.store.data_keys()?;
    for (number, made_ms) in &keys.practice {
        emit(Event::Line(format!("data key {number}, of {}", instant(*made_ms))));
    }
    emit(Event::Line(format!(
        "{} records with keys of their own, {} keys destroyed",
        keys.records, keys.destroyed
    )));
    let practice: Vec<_> = keys
        .practice
        .iter()
        .map(|(number, made_ms)| serde_json::json!({ "number": number, "made": instant(*made_ms).to_string() }))
        .collect();
    let answer =
        serde_json::json!({ "practice": practice, "records": keys.records, "destroyed": keys.destroyed });
    emit(Event::Answer(answer));
    Ok(())
}

/// Wraps the practice's data keys with another wrapping key: a new one in the same file, unless it is said otherwise.
fn wrap(practice: &Practice, with: Option<&str>, emit: &mut Emit<'_>) -> Result<()> {
    let said = match with {
        Some(text) => {
            practice.store.wrap_data_keys(wrapping_key::parse(text, &practice.data)?)?;
            format!(
                "the data opens with {text} alone now: start the server with it from now on (wrapping-key)"
            )
        }
        None => {
            let file = wrapping_key::file(&practice.wrapping_key, &practice.data)?;
            file.add_key()?;
            practice.store.wrap_data_keys(file.shared())?;
            // Before this, the file opens what both keys wrapped.
            file.keep_last()?;
            format!(
                "the data opens with the new key in {} alone now: keep a copy of it elsewhere",
                file.path().display()
            )
        }
    };
    practice.note("wrap the data keys with another key")?;
    emit(Event::Line(said));
    emit(Event::Line("backups of before this open with the old key: keep it as long as them".to_owned()));
    emit(Event::Answer(serde_json::json!({ "wrapped": practice.store.data_keys()?.practice.len() })));
    Ok(())
}
