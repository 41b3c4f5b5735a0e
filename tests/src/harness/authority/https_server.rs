//! A server of HTTP/1.1 over TLS that answers one request a connection.

use rcgen::KeyPair;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request.
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// An answer.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// What the body is.
    pub media_type: &'static str,
    /// Where what was made is.
    pub location: Option<String>,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), media_type: "application/json", location: None }
    }

    /// With where what was made is.
    pub fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }
}

/// Goes on to answer; each answer comes with a nonce.
pub fn start(
    listener: TcpListener,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    answer: impl Fn(Request) -> (Reply, String) + Send + Sync + 'static,
) {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, answer) = (Arc::new(config), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), Arc::clone(&answer));
            std::thread::spawn(move || serve(stream, config, &*answer));
        }
    });
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    answer: &dyn Fn(Request) -> (Reply, String),
) -> Option<()> {
    let connection = ServerConnection::new(config).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let request = read(&mut stream)?;
    let is_head = request.method == "HEAD";
    let (Reply { status, body, media_type, location }, nonce) = answer(request);
    let mut head =
        format!("HTTP/1.1 {status} as told\r\ncontent-type: {media_type}\r\nreplay-nonce: {nonce}\r\n");
    if let Some(location) = location {
        head.push_str(&format!("location: {location}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    if !is_head {
        stream.write_all(body.as_bytes()).ok()?;
    }
    stream.conn.send_close_notify();
    stream.flush().ok()
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { method, path, body })
}
