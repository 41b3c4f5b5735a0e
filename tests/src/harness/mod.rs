//! What the scenarios are told with: the program, its server, a client, the reference data.

pub mod authority;
pub mod content;
pub mod event_stream;
pub mod folder;
pub mod http;
pub mod openid_provider;
pub mod program;
pub mod random;
pub mod receiver;
pub mod samples;
pub mod server;
pub mod shared_data;
pub mod tls_client;
