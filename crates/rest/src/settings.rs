//! How the API is to behave.

use identity::Pace;
use identity::oauth::registration::Registration;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How the API is to behave. [`Settings::default`] is right for one server that clients reach directly.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether search parameters that are not understood are dropped and reported instead of refused, when the
    /// request's `Prefer: handling` says nothing.
    pub lenient_search: bool,
    /// The base URL that clients see, without a slash at the end; `None`: the record's.
    pub base_url: Option<String>,
    /// Size of a request's body at most, in bytes, after decompression.
    pub body_bytes_max: usize,
    /// Size of content at most that is sent to a Binary as it is, or fetched for an import, in bytes: it is never in memory
    /// as a whole.
    pub binary_bytes_max: u64,
    /// How long a request's body may take to arrive; of content that is sent as it is: how long each piece may take.
    pub receive_timeout: Duration,
    /// How long a request may wait and work.
    pub request_timeout: Duration,
    /// How many requests work at the same time.
    pub workers: usize,
    /// How many requests may wait for a worker; beyond them the answer is 503.
    pub queue: usize,
    /// The folder for the files of exports and imports; `None`: there are neither.
    pub jobs: Option<PathBuf>,
    /// How long a receiver of notifications may fail before its subscription is in error.
    pub notification_patience: Duration,
    /// Tells processes on one database apart; one that has its store alone has always the same name, so that it goes on
    /// at once after a crash.
    pub process: String,
    /// Whether programs may register by themselves.
    pub registration: Registration,
    /// The id of the Organization that the practice is, for apps that list practices; `None`: they are told of none.
    pub organization: Option<String>,
    /// How much may be asked in a while.
    pub pace: Arc<Pace>,
}

impl Default for Settings {
    /// Strict searches, 64 MiB (4 GiB for content as it is), 60 seconds for the body and for the work, 32 workers (as many writes share a sync), a
    /// queue of 1,024, no exports and imports, no registration by programs, no bounds of what may be asked, ten minutes for a receiver to come back.
    fn default() -> Self {
        Self {
            lenient_search: false,
            base_url: None,
            body_bytes_max: 64 << 20,
            binary_bytes_max: 4 << 30,
            receive_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(60),
            workers: 32,
            queue: 1024,
            jobs: None,
            notification_patience: Duration::from_secs(600),
            process: "alone".to_owned(),
            registration: Registration::Off,
            organization: None,
            pace: Arc::default(),
        }
    }
}
