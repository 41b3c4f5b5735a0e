//! The hospital's identity provider, as the configuration says it.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use identity::openid::{Provider, ProviderSettings};
use record::outgoing::Targets;

/// Settings that say nothing without `openid-issuer`.
const FURTHER: [&str; 4] = ["openid-client-id", "openid-secret-file", "openid-label", "openid-acr"];

/// The settings of the provider, without its secret, which is read by who serves alone; `None` when there is none.
pub fn settings(config: &Config) -> Result<Option<ProviderSettings>> {
    let issuer = config.get("openid-issuer").to_owned();
    if issuer.is_empty() {
        if let Some(name) = FURTHER.into_iter().find(|name| !config.get(name).is_empty()) {
            bail!("{name} needs openid-issuer: the address of the identity provider");
        }
        return Ok(None);
    }
    if !issuer.starts_with("https://") && !is_this_machine(&issuer) {
        bail!("openid-issuer is the https address of the identity provider, not '{issuer}'");
    }
    let client_id = config.get("openid-client-id").to_owned();
    if client_id.is_empty() {
        bail!("openid-issuer needs openid-client-id: what the identity provider calls this server");
    }
    let label = match config.get("openid-label") {
        "" => "your hospital account",
        label => label,
    };
    Ok(Some(ProviderSettings {
        issuer,
        label: label.to_owned(),
        client_id,
        secret: None,
        name_claim: config.get("openid-name-claim").to_owned(),
        ways: config
            .get("openid-acr")
            .split([',', ' '])
            .filter(|way| !way.is_empty())
            .map(str::to_owned)
            .collect(),
    }))
}

/// The provider, ready to be asked.
pub fn of(config: &Config) -> Result<Option<Provider>> {
    let Some(settings) = settings(config)? else { return Ok(None) };
    let settings = ProviderSettings { secret: secret(config.get("openid-secret-file"))?, ..settings };
    let targets = Targets::parse(config.get("outgoing-targets")).and_host_of(&settings.issuer);
    let return_url = format!("{}{}", config.base_url()?, web::OPENID_RETURN);
    Ok(Some(Provider::new(settings, return_url, rest::identity_provider::transport(targets))))
}

fn secret(path: &str) -> Result<Option<String>> {
    if path.is_empty() {
        return Ok(None);
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("openid-secret-file: reading {path}"))?;
    match text.trim() {
        "" => bail!("openid-secret-file: {path} is empty; the client's secret stands in it"),
        secret => Ok(Some(secret.to_owned())),
    }
}

/// Whether an address leads to this machine, where nobody listens in on plain HTTP.
fn is_this_machine(url: &str) -> bool {
    ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|local| {
        let rest = url.strip_prefix(local);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn plain_http_goes_to_this_machine_alone() {
        for url in
            ["http://127.0.0.1:9000", "http://localhost/realm", "http://[::1]:80/x", "http://localhost"]
        {
            assert!(is_this_machine(url), "{url}");
        }
        for url in ["http://localhost.example.org", "http://127.0.0.1.example.org/", "http://id.example.org"]
        {
            assert!(!is_this_machine(url), "{url}");
        }
    }
}
