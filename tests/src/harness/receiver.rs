//! A server of others: it keeps what it is sent, answers as it is told, and has files.

use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver as Inbox, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a scenario waits for a notification.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing must come so that nothing comes.
const SILENCE: Duration = Duration::from_millis(700);

/// A running receiver.
pub struct Receiver {
    address: SocketAddr,
    /// A header that comes with every file.
    said_of_files: Arc<Mutex<String>>,
    status: Arc<AtomicU16>,
    inbox: Inbox<Received>,
}

/// A request that it was sent and accepted, or refused.
#[derive(Debug)]
pub struct Received {
    /// Method and path.
    pub request: String,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What it was answered.
    pub status: u16,
}

impl Received {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Receiver {
    /// Starts one that accepts what it is sent.
    pub fn start() -> Self {
        Self::with_files(HashMap::new())
    }

    /// Starts one that has files, by their paths.
    pub fn with_files(files: HashMap<String, Vec<u8>>) -> Self {
        let files = Arc::new(files);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let status = Arc::new(AtomicU16::new(200));
        let (sender, inbox) = channel();
        let answered = Arc::clone(&status);
        let said_of_files = Arc::<Mutex<String>>::default();
        let said = Arc::clone(&said_of_files);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, answered, files) = (sender.clone(), Arc::clone(&answered), Arc::clone(&files));
                let said = said.lock().unwrap().clone();
                std::thread::spawn(move || take(stream, &answered, (&files, &said), &sender));
            }
        });
        Self { address, said_of_files, status, inbox }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it says of its files from now on: a line of the header.
    pub fn say_of_files(&self, line: &str) {
        *self.said_of_files.lock().unwrap() = format!("{line}\r\n");
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The next request that it accepts; those that it refuses are passed over.
    pub fn accepted(&self) -> Received {
        loop {
            let received = self.next();
            if received.status == 200 {
                return received;
            }
        }
    }

    /// The next request.
    pub fn next(&self) -> Received {
        self.inbox.recv_timeout(PATIENCE).expect("a notification comes in time")
    }

    /// Waits whether nothing comes.
    pub fn is_silent(&self) -> bool {
        self.inbox.recv_timeout(SILENCE).is_err()
    }
}

fn take(
    stream: TcpStream,
    status: &AtomicU16,
    (files, said): (&HashMap<String, Vec<u8>>, &str),
    sender: &Sender<Received>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let request = line.rsplit_once(' ')?.0.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let status = status.load(Ordering::SeqCst);
    let file = request.strip_prefix("GET ").and_then(|path| files.get(path)).map_or(&[][..], Vec::as_slice);
    let length = file.len();
    let answer =
        format!("HTTP/1.1 {status} as told\r\ncontent-length: {length}\r\n{said}connection: close\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    reader.get_mut().write_all(file).ok()?;
    sender.send(Received { request, headers, body, status }).ok()
}
