//! The server: sockets, routes put together, an orderly end.

use crate::client_address;
use crate::config::Config;
use crate::identity_provider;
use crate::pace_layer::PaceLayer;
use crate::practice::Practice;
use crate::tls::{Peer, TlsListener};
use anyhow::{Result, bail};
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use identity::{IdleTimes, Pace};
use record::Record;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Refuses to carry patients' data over a network in plain text.
pub fn check_address(config: &Config) -> Result<SocketAddr> {
    let address = config.listen()?;
    if !address.ip().is_loopback() && config.tls()?.is_none() && !config.flag("behind-proxy")? {
        bail!(
            "{address} is reached over the network, and this server would speak plain HTTP there: give it a certificate \
             (--acme-host, or --tls-certificate and --tls-key), put a proxy that ends TLS in front and say --behind-proxy, or listen on \
             127.0.0.1"
        );
    }
    Ok(address)
}

/// Binds the address, so that a taken port is known before anything else is done.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) => bail!("{address} cannot be served on: {error}; choose another with --listen"),
    }
}

/// All routes: pages and the FHIR API.
pub fn routes(practice: &Practice, config: &Config) -> Result<Router> {
    let alone = rest::Settings::default();
    let pace = Arc::new(Pace::new(config.rates()?));
    let settings = rest::Settings {
        lenient_search: config.flag("lenient-search")?,
        binary_bytes_max: config.binary_bytes()?,
        registration: config.registration()?,
        organization: Some(config.get("organization")).filter(|id| !id.is_empty()).map(str::to_owned),
        jobs: Some(practice.data.join("jobs")),
        process: config.database().map_or(alone.process.clone(), |_| uuid::Uuid::now_v7().to_string()),
        pace: Arc::clone(&pace),
        ..alone
    };
    let api = rest::router(Arc::clone(&practice.record), settings);
    let pages = web::Settings {
        idle: idle_times(practice, config)?,
        pace: Arc::clone(&pace),
        provider: identity_provider::of(config)?,
    };
    let pages = web::router(Arc::clone(&practice.record), pages);
    let all = api.merge(pages).layer(PaceLayer(pace));
    let all = match config.flag("behind-proxy")? {
        true => all.layer(axum::middleware::from_fn(client_address::tell_forwarded)),
        false => all,
    };
    Ok(match config.tls()? {
        Some(_) => all.layer(axum::middleware::map_response(always_by_tls)),
        None => all,
    })
}

/// Has browsers come by TLS alone from now on (RFC 6797 §6.1), for a year.
async fn always_by_tls(mut response: Response) -> Response {
    let year = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    response
}

/// How long people stay signed in, by roles that there are.
fn idle_times(practice: &Practice, config: &Config) -> Result<IdleTimes> {
    let (times, roles) = (config.idle_times()?, practice.record.roles());
    let unknown = times.roles().find(|role| !roles.iter().any(|known| known == role));
    if let Some(unknown) = unknown {
        bail!("idle-minutes: there is no role '{unknown}'; the roles are {}", roles.join(", "));
    }
    Ok(times)
}

/// Serves until the process is asked to end, then lets what runs come to its end; those who follow the feed, which has
/// none, are told that it is over.
pub async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    routes: Router,
    record: Arc<Record>,
) -> Result<()> {
    let ended = async move {
        asked_to_end().await;
        if let Ok(feed) = record.feed() {
            feed.close();
        }
    };
    match acceptor {
        None => {
            let service = routes.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).with_graceful_shutdown(ended).await?;
        }
        Some(acceptor) => {
            let routes = routes.layer(axum::middleware::map_request(tell_peer));
            let service = routes.into_make_service_with_connect_info::<Peer>();
            axum::serve(TlsListener::start(listener, acceptor), service)
                .with_graceful_shutdown(ended)
                .await?;
        }
    }
    Ok(())
}

/// Tells the client's address as it is told without TLS.
async fn tell_peer(ConnectInfo(Peer(address)): ConnectInfo<Peer>, mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectInfo(address));
    request
}

async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
