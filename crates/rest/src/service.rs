//! What all requests share.

use crate::BASE_PATH;
use crate::bulk::Jobs;
use crate::oauth::ClientKeys;
use crate::pool::Pool;
use crate::settings::Settings;
use crate::subscription::Subscriptions;
use identity::IdentityError;
use identity::oauth::signing_key::SigningKey;
use record::Record;
use record::resource::instant;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The running API.
pub(crate) struct Service {
    pub record: Arc<Record>,
    pub settings: Settings,
    pub pool: Pool,
    /// The exports and imports; `None` when there is no folder for them.
    pub jobs: Option<Jobs>,
    /// Programs that are told what changes.
    pub subscriptions: Subscriptions,
    /// What signs identity tokens; made when it is needed for the first time.
    signing_key: OnceLock<SigningKey>,
    /// Keys of programs, fetched from their addresses.
    pub client_keys: ClientKeys,
    /// The base URL that clients see, without a slash at the end.
    pub base_url: String,
    /// When the service began, as an instant: the date of what describes it.
    pub since: String,
    /// Descriptions of the service that were made already.
    described: Mutex<HashMap<&'static str, Arc<str>>>,
}

impl Service {
    pub fn new(record: Arc<Record>, settings: Settings) -> Self {
        let base_url = settings.base_url.clone().unwrap_or_else(|| record.base_url().to_owned());
        let since = instant(record.now_ms()).to_string();
        let pool = Pool::new(settings.workers, settings.queue, settings.request_timeout);
        let jobs = settings.jobs.clone().map(Jobs::new);
        Self {
            record,
            settings,
            pool,
            jobs,
            subscriptions: Subscriptions::new(),
            signing_key: OnceLock::new(),
            client_keys: ClientKeys::default(),
            base_url,
            since,
            described: Mutex::default(),
        }
    }

    /// The path of the base URL, as requests have it.
    pub fn base_path(&self) -> &'static str {
        BASE_PATH
    }

    /// Where websockets are opened.
    pub fn socket_url(&self) -> String {
        let url = self
            .base_url
            .strip_prefix("http")
            .map_or_else(|| self.base_url.clone(), |rest| format!("ws{rest}"));
        format!("{url}/_socket")
    }

    /// What signs identity tokens.
    pub fn signing_key(&self) -> Result<&SigningKey, IdentityError> {
        if let Some(key) = self.signing_key.get() {
            return Ok(key);
        }
        let key = SigningKey::of(&self.record)?;
        Ok(self.signing_key.get_or_init(|| key))
    }

    /// A description of the service, made once.
    pub fn described(&self, name: &'static str, make: impl FnOnce(&Self) -> String) -> Arc<str> {
        let known = self.lock().get(name).cloned();
        known.unwrap_or_else(|| {
            let made: Arc<str> = make(self).into();
            self.lock().insert(name, Arc::clone(&made));
            made
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Arc<str>>> {
        self.described.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
