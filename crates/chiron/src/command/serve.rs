//! `chiron serve`: the practice over HTTP.

use crate::command;
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use crate::{local_socket, server, tls};
use anyhow::Result;
use std::sync::Arc;

/// Serves the practice in the data folder until asked to end.
pub fn run(config: &Config, emit: &mut Emit<'_>) -> Result<()> {
    server::check_address(config)?;
    let practice = Practice::open(config)?;
    serve(config, practice, emit, |practice, emit| {
        let line = match command::user::first_administrator(practice)? {
            Some(link) => format!("the first administrator joins at  {link}"),
            None => "people sign in with their accounts; chiron user sees to them".to_owned(),
        };
        emit(Event::Line(line));
        Ok(())
    })
}

/// Serves a practice; `greet` says what a user should know once the address answers.
pub fn serve(
    config: &Config,
    practice: Practice,
    emit: &mut Emit<'_>,
    greet: impl FnOnce(&Practice, &mut Emit<'_>) -> Result<()>,
) -> Result<()> {
    let address = server::check_address(config)?;
    let routes = server::routes(&practice, config)?;
    let acceptor = config.tls()?.map(|files| tls::acceptor(&files)).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(server::bind(address))?;
    let practice = Arc::new(practice);
    let record = Arc::clone(&practice.record);
    command::reindex::carry_on(Arc::clone(&practice))?;
    command::collect::keep_on(&practice)?;
    command::anchor::keep_on(&practice)?;
    // The thread that listens must not keep the data open when the server ends.
    let at_work = Arc::downgrade(&practice);
    local_socket::listen(&practice.data, move |asked, emit| {
        if let Some(practice) = at_work.upgrade() {
            command::answer(&practice, &asked, emit);
        }
    })?;
    emit(Event::Line(format!("Chiron serves {} on {}", practice.data.display(), config.local_url()?)));
    greet(&practice, emit)?;
    let ended = runtime.block_on(server::serve(listener, acceptor, routes, record));
    let _ = std::fs::remove_file(local_socket::path(&practice.data));
    ended
}
