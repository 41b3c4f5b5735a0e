//! `chiron config`: what is in force, and where it came from.

use crate::config::Config;
use crate::event::{Emit, Event};
use anyhow::Result;

/// Prints every setting with its value and source.
pub fn run(config: &Config, emit: &mut Emit<'_>) -> Result<()> {
    let mut answer = serde_json::Map::new();
    for (setting, value, source) in config.rows() {
        let shown = if value.is_empty() { "(none)" } else { &*value };
        emit(Event::Line(format!("{:<15} {shown:<30} {source:<12} {}", setting.name, setting.help)));
        let row =
            serde_json::json!({ "value": value, "source": source.to_string(), "variable": setting.variable });
        answer.insert(setting.name.to_owned(), row);
    }
    emit(Event::Answer(answer.into()));
    Ok(())
}
