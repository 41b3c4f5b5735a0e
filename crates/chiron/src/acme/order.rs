//! One order: an account, a proof for each name, a certificate (RFC 8555 §7.3, §7.4).

use super::https_client::HttpsClient;
use super::issued::Issued;
use super::kept::{Kept, KeptAccount};
use super::proof;
use super::settings::Settings;
use crate::tls::Certificates;
use anyhow::{Context, Result, bail};
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often and how long the authority is asked how far it is.
const ASKING: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(250)).timeout(Duration::from_secs(180));

/// What an authority says of an account that it does not know (RFC 8555 §6.7).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Asks for a certificate; proofs are shown meanwhile.
///
/// # Errors
/// When the authority cannot be reached, or refuses: with its reason.
pub async fn place(
    settings: &Settings,
    https: &HttpsClient,
    kept: &Kept,
    certificates: &Certificates,
) -> Result<Issued> {
    let mut order = begin(settings, https, kept).await?;
    let proven = prove(&mut order, certificates).await;
    certificates.prove(HashMap::new());
    proven?;
    let key = order.finalize().await.context("asking for the certificate")?;
    let chain = order.poll_certificate(&ASKING).await.context("fetching the certificate")?;
    let (hosts, directory) = (settings.hosts.clone(), settings.directory.clone());
    Ok(Issued { hosts, directory, chain, key })
}

async fn begin(settings: &Settings, https: &HttpsClient, kept: &Kept) -> Result<Order> {
    match try_to_begin(settings, https, kept).await {
        Err(error) if is_of_no_account(&error) => {
            kept.forget_account(settings)?;
            try_to_begin(settings, https, kept).await
        }
        begun => begun,
    }
}

async fn try_to_begin(settings: &Settings, https: &HttpsClient, kept: &Kept) -> Result<Order> {
    let identifiers: Vec<Identifier> = settings.hosts.iter().cloned().map(Identifier::Dns).collect();
    let account = account(settings, https, kept).await?;
    Ok(account.new_order(&NewOrder::new(&identifiers)).await?)
}

fn is_of_no_account(error: &anyhow::Error) -> bool {
    let problem = error.downcast_ref::<Error>();
    matches!(problem, Some(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_ACCOUNT))
}

/// The account that is kept, or a new one.
async fn account(settings: &Settings, https: &HttpsClient, kept: &Kept) -> Result<Account> {
    let contact = settings.contact.as_ref().map(|address| format!("mailto:{address}"));
    let contacts: Vec<&str> = contact.iter().map(String::as_str).collect();
    let builder = Account::builder_with_http(Box::new(https.clone()));
    let Some(mut known) = kept.account(settings)? else {
        let new =
            NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
        let made = builder.create(&new, settings.directory.clone(), None).await;
        let (account, credentials) = made.context("making an account")?;
        kept.put_account(settings, &KeptAccount { contact: settings.contact.clone(), credentials })?;
        return Ok(account);
    };
    if known.contact == settings.contact {
        return Ok(builder.from_credentials(known.credentials).await?);
    }
    known.contact.clone_from(&settings.contact);
    // What is read once is used up by the account.
    let again = serde_json::from_value(serde_json::to_value(&known.credentials)?)?;
    let account = builder.from_credentials(again).await?;
    account.update_contacts(&contacts).await.context("telling the authority the new acme-contact")?;
    kept.put_account(settings, &known)?;
    Ok(account)
}

/// Shows the proofs that the authority asks for, and waits until it has seen them.
async fn prove(order: &mut Order, certificates: &Certificates) -> Result<()> {
    show_proofs(order, certificates).await?;
    match order.poll_ready(&ASKING).await.context("waiting for the authority to look for its proof")? {
        OrderStatus::Ready => Ok(()),
        _ => bail!("the authority has not found its proof: {}", reasons(order).await?),
    }
}

async fn show_proofs(order: &mut Order, certificates: &Certificates) -> Result<()> {
    let mut proofs = HashMap::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let host = authorization.identifier().to_string();
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            bail!(
                "the authority offers no tls-alpn-01 for {host}, which is the one proof that this server can give"
            );
        };
        let proof = proof::certificate(&host, challenge.key_authorization().digest().as_ref())?;
        proofs.insert(host, Arc::new(proof));
        certificates.prove(proofs.clone());
        challenge.set_ready().await?;
    }
    Ok(())
}

/// Why the authority has not let an order through, for each name.
async fn reasons(order: &mut Order) -> Result<String> {
    let mut reasons = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        authorization.refresh().await?;
        let host = authorization.identifier().to_string();
        let problems = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        reasons.extend(problems.map(|problem| format!("{host}: {problem}")));
    }
    Ok(if reasons.is_empty() { "it gives no reason".to_owned() } else { reasons.join("; ") })
}
