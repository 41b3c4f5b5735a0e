//! A reader of server-sent events (HTML §9.2), with a limit to its patience.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long nothing may be said before a scenario gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream of events.
pub struct EventStream {
    reader: BufReader<TcpStream>,
    /// The status of the answer.
    pub status: u16,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// Its cursor.
    pub id: String,
    /// Its lines.
    pub data: Vec<String>,
}

impl EventStream {
    /// Asks for a stream, with headers such as a cookie.
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(address).expect("the server answers");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Self { reader, status }
    }

    /// The next event; `None` when the stream has ended.
    pub fn next(&mut self) -> Option<Event> {
        let mut event = Event { name: String::new(), id: String::new(), data: Vec::new() };
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).expect("the server says something in time") == 0 {
                return None;
            }
            // Lines of the chunked coding have no colon: lengths, and the ends of chunks.
            match line.trim_end().split_once(':') {
                Some(("event", name)) => event.name = name.trim().to_owned(),
                Some(("id", id)) => event.id = id.trim().to_owned(),
                Some(("data", data)) => event.data.push(data.trim().to_owned()),
                None if line.trim_end() == "0" => return None,
                None if line.trim_end().is_empty() && !event.name.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}
