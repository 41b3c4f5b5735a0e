//! `chiron serve`: the practice over HTTP.

use crate::command;
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use crate::tls::{CertificateSource, Certificates, Renewal};
use crate::{acme, https_redirect, local_socket, server, tls};
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(server::bind(address))?;
    let practice = Arc::new(practice);
    let certificates = certificates(config, &practice)?;
    let acceptor = certificates.map(|certificates| tls::acceptor(&certificates)).transpose()?;
    if let Some(address) = config.http_redirect()? {
        runtime.block_on(https_redirect::start(address, config.base_url()?))?;
    }
    let record = Arc::clone(&practice.record);
    command::reindex::carry_on(Arc::clone(&practice))?;
    command::collect::keep_on(&practice)?;
    command::consequences::keep_on(&practice)?;
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

/// What connections get, kept up to date; `None` when they are not encrypted here.
fn certificates(config: &Config, practice: &Arc<Practice>) -> Result<Option<Arc<Certificates>>> {
    let (certificates, renewal, mend) = match config.tls()? {
        None => return Ok(None),
        Some(CertificateSource::Files(files)) => {
            let (certificate, key) = (files.certificate.display(), files.key.display());
            let mend =
                format!("put a newer one in {certificate} and {key}, which is taken without a restart");
            (files.follow()?, Renewal::ByHand, mend)
        }
        Some(CertificateSource::Authority(settings)) => {
            let mend = format!("{} gave no newer one so far, and this log says why", settings.directory);
            (acme::follow(practice, settings)?, Renewal::ByItself, mend)
        }
    };
    tls::keep_telling(&certificates, renewal, mend)?;
    Ok(Some(certificates))
}
