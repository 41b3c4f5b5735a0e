//! Connections that have come through their handshake. A handshake takes place beside the others, so that a slow client holds
//! up nobody.

use super::PROOF_PROTOCOL;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at a time at most: the next connections wait in the system's queue.
const HANDSHAKES: usize = 512;

/// How long to wait when the system gives no connection, because it has no more.
const PAUSE: Duration = Duration::from_millis(100);

/// What somebody reads who forgot the s.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
    This port speaks HTTPS alone: begin the address with https://\n";

/// The address of a client.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Listens for connections with TLS.
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: std::io::Result<SocketAddr>,
}

impl TlsListener {
    /// Goes on to accept connections of a socket.
    pub fn start(listener: TcpListener, acceptor: TlsAcceptor) -> Self {
        let (done, ready) = mpsc::channel(HANDSHAKES);
        let address = listener.local_addr();
        tokio::spawn(accept(listener, acceptor, done));
        Self { ready, address }
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let free = Arc::new(Semaphore::new(HANDSHAKES));
    while !done.is_closed() {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = done.closed() => break,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            // A client that does not come through is nobody yet: there is nothing to tell of it.
            if let Ok(Some(stream)) = tokio::time::timeout(HANDSHAKE, handshake(stream, &acceptor)).await {
                let _ = done.send((stream, peer)).await;
            }
            drop(permit);
        });
    }
}

async fn handshake(mut stream: TcpStream, acceptor: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    // A method begins with a letter, a handshake with the byte 22 (RFC 8446 §5.1).
    if stream.peek(&mut first).await.ok()? == 1 && first[0].is_ascii_uppercase() {
        let _ = stream.write_all(PLAIN).await;
        let _ = stream.shutdown().await;
        return None;
    }
    let mut stream = acceptor.accept(stream).await.ok()?;
    if stream.get_ref().1.alpn_protocol() == Some(PROOF_PROTOCOL) {
        // The authority has seen the proof: nothing is said over such a connection (RFC 8737 §4).
        let _ = stream.shutdown().await;
        return None;
    }
    Some(stream)
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The task that accepts ends with the runtime.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        match &self.address {
            Ok(address) => Ok(*address),
            Err(error) => Err(error.kind().into()),
        }
    }
}
