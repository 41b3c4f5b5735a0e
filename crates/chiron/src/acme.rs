//! Certificates from an authority by ACME (RFC 8555): asked for when there is none, renewed before they end, and kept over
//! restarts. The proof is given on the server's own socket (tls-alpn-01, RFC 8737), so nothing else need be open.

mod https_client;
mod issued;
mod kept;
mod order;
mod proof;
mod schedule;
mod settings;

pub use settings::{DIRECTORY, Settings};

use crate::practice::{Practice, now_ms};
use crate::tls::{Certificates, Validity};
use anyhow::{Context, Result, bail};
use https_client::HttpsClient;
use issued::Issued;
use kept::Kept;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime;

/// Shows the certificate that is kept, and goes on to see to it that there is one, in a thread, as long as the answer is
/// used.
///
/// # Errors
/// When the file that the authority is checked by cannot be read, or what is kept cannot.
pub fn follow(practice: &Arc<Practice>, settings: Settings) -> Result<Arc<Certificates>> {
    let certificates = Arc::new(Certificates::default());
    let https = HttpsClient::new(settings.directory_certificate.as_deref())?;
    let mut keeper = Keeper {
        settings,
        https,
        kept: Kept::of(practice),
        certificates: Arc::downgrade(&certificates),
        shown: None,
        failures: 0,
    };
    match keeper.kept.certificate()? {
        Some(issued) => keeper.show(&issued, &certificates)?,
        None => tracing::warn!(
            "there is no certificate for {} yet, so nobody can connect until {} has given one",
            keeper.settings.names(),
            keeper.settings.directory
        ),
    }
    std::thread::Builder::new().name("acme".to_owned()).spawn(move || {
        while let Some(pause) = keeper.step() {
            std::thread::sleep(pause);
        }
    })?;
    Ok(certificates)
}

/// Sees to it that there is a certificate.
struct Keeper {
    settings: Settings,
    https: HttpsClient,
    kept: Kept,
    certificates: Weak<Certificates>,
    /// The chain that connections get.
    shown: Option<String>,
    /// Orders in a row that failed.
    failures: u32,
}

impl Keeper {
    /// Does what is due, and says how long there is nothing to do; `None` when the server has ended.
    fn step(&mut self) -> Option<Duration> {
        let certificates = self.certificates.upgrade()?;
        let done = self.look(&certificates);
        Some(match done {
            Ok(pause) => {
                self.failures = 0;
                pause
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let pause = schedule::pause(self.failures);
                let (names, directory) = (self.settings.names(), &self.settings.directory);
                tracing::error!(
                    "no certificate for {names} came from {directory}: {error:#}; it is asked again in {} seconds",
                    pause.as_secs()
                );
                pause
            }
        })
    }

    /// Orders a certificate when one is due. Says how long it is until the next look.
    fn look(&mut self, certificates: &Certificates) -> Result<Duration> {
        if let Some(kept) = self.kept.certificate()? {
            // Another server on the same database may have renewed it.
            self.show(&kept, certificates)?;
            let until_renewal = until_renewal(certificates);
            if kept.is_of(&self.settings) && !until_renewal.is_zero() {
                return Ok(schedule::until_look(until_renewal));
            }
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let issued = runtime.block_on(order::place(&self.settings, &self.https, &self.kept, certificates))?;
        refuse_past(&issued)?;
        self.kept.put_certificate(&issued)?;
        self.show(&issued, certificates)?;
        Ok(schedule::until_look(until_renewal(certificates)))
    }

    fn show(&mut self, issued: &Issued, certificates: &Certificates) -> Result<()> {
        if self.shown.as_ref() != Some(&issued.chain) {
            certificates.put(issued.certified().context("the certificate that is kept")?);
            self.shown = Some(issued.chain.clone());
            tracing::info!(
                "the certificate for {} from {} is used",
                issued.hosts.join(", "),
                issued.directory
            );
        }
        Ok(())
    }
}

fn until_renewal(certificates: &Certificates) -> Duration {
    certificates.validity().map_or(Duration::ZERO, |validity| schedule::until_renewal(validity, now_ms()))
}

/// Refuses a certificate that would be renewed at once: it would be ordered again and again.
fn refuse_past(issued: &Issued) -> Result<()> {
    let certified = issued.certified().context("the certificate that came")?;
    let validity = certified.cert.first().and_then(Validity::of).context("the certificate says no time")?;
    if schedule::until_renewal(validity, now_ms()).is_zero() {
        bail!("the certificate that came is about to end, or has: is the clock of this machine right?");
    }
    Ok(())
}
