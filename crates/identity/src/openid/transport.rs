//! How an identity provider is asked: a port, for sockets are not this crate's.

use std::future::Future;
use std::pin::Pin;

/// A request: a form is posted, without one it is a GET.
pub struct Ask {
    /// Where to.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// What is posted, as `application/x-www-form-urlencoded`.
    pub form: Option<String>,
}

/// What was answered.
pub struct Told {
    /// The status of HTTP.
    pub status: u16,
    /// The body; what is longer than a transport bears it refuses.
    pub body: Vec<u8>,
}

/// An answer on its way. An error says what the provider did, and nothing of what was sent.
pub type Asking = Pin<Box<dyn Future<Output = Result<Told, String>> + Send>>;

/// Sends requests.
pub type Transport = Box<dyn Fn(Ask) -> Asking + Send + Sync>;
