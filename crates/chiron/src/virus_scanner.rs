//! ClamAV's clamd, asked over a socket (clamd(8), `zINSTREAM`).

use crate::config::Config;
use anyhow::{Result, bail};
use record::content::{ContentScan, ContentScanner};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// How long it may take to connect, and for each piece and the verdict.
const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that are sent at a time: a length of four bytes stands before them.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes of a verdict at most.
const VERDICT_BYTES: u64 = 4 << 10;

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clamd {
    /// At a host and port.
    Tcp(String),
    /// At a socket of this machine.
    Socket(PathBuf),
}

/// The scanner that the configuration names.
pub fn of(config: &Config) -> Result<Option<Clamd>> {
    match config.get("virus-scanner") {
        "" => Ok(None),
        path if path.starts_with('/') => Ok(Some(Clamd::Socket(PathBuf::from(path)))),
        address => match address.rsplit_once(':').map(|(_, port)| port.parse::<u16>()) {
            Some(Ok(_)) => Ok(Some(Clamd::Tcp(address.to_owned()))),
            _ => bail!("virus-scanner is host:port or the whole path of a socket, not '{address}'"),
        },
    }
}

/// A connection of either kind.
trait Connection: Read + Write + Send {}

impl<T: Read + Write + Send> Connection for T {}

/// A content on its way to clamd.
struct Scan(Box<dyn Connection>);

impl Clamd {
    fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        match self {
            Self::Tcp(address) => {
                let address = address.to_socket_addrs()?.next().ok_or(std::io::ErrorKind::NotFound)?;
                let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                Ok(Box::new(stream))
            }
            Self::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                Ok(Box::new(stream))
            }
        }
    }
}

impl ContentScanner for Clamd {
    fn begin(&self) -> Result<Box<dyn ContentScan>, String> {
        let mut connection = self.connect().map_err(told)?;
        connection.write_all(b"zINSTREAM\0").map_err(told)?;
        Ok(Box::new(Scan(connection)))
    }
}

impl ContentScan for Scan {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        for chunk in bytes.chunks(CHUNK_BYTES) {
            let length = u32::try_from(chunk.len()).expect("a chunk is short");
            let sent = self.0.write_all(&length.to_be_bytes()).and_then(|()| self.0.write_all(chunk));
            if let Err(error) = sent {
                // It hangs up when it has enough, and says why before.
                return Err(self.verdict().err().unwrap_or_else(|| told(error)));
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Option<String>, String> {
        self.0.write_all(&0u32.to_be_bytes()).map_err(told)?;
        self.verdict()
    }
}

impl Scan {
    fn verdict(&mut self) -> Result<Option<String>, String> {
        let mut said = Vec::new();
        (&mut self.0).take(VERDICT_BYTES).read_to_end(&mut said).map_err(told)?;
        read_verdict(&said)
    }
}

/// What clamd says of a stream: the name of what it found, or `None`.
fn read_verdict(said: &[u8]) -> Result<Option<String>, String> {
    let text = String::from_utf8_lossy(said);
    let text = text.trim_end_matches(['\0', '\n']);
    let verdict = text.strip_prefix("stream: ").unwrap_or(text);
    match verdict.strip_suffix(" FOUND") {
        Some(name) => Ok(Some(name.to_owned())),
        None if verdict == "OK" => Ok(None),
        None if verdict.contains("size limit exceeded") => {
            Err("it takes no content of this length: raise StreamMaxLength in clamd.conf".to_owned())
        }
        None => Err("it gave no verdict".to_owned()),
    }
}

fn told(error: std::io::Error) -> String {
    format!("it does not answer: {}", error.kind())
}

#[cfg(test)]
mod tests {
    use super::read_verdict;

    #[test]
    fn only_a_clear_verdict_lets_content_in() {
        assert_eq!(read_verdict(b"stream: OK\0"), Ok(None));
        let found = Some("Win.Test.EICAR_HDB-1".to_owned());
        assert_eq!(read_verdict(b"stream: Win.Test.EICAR_HDB-1 FOUND\0"), Ok(found));
        for other in
            [&b""[..], b"stream: OK but", b"INSTREAM size limit exceeded. ERROR\0", b"UNKNOWN COMMAND\0"]
        {
            assert!(read_verdict(other).is_err(), "{other:?}");
        }
    }
}
