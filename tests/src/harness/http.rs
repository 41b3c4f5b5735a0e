//! A client of HTTP/1.1 that can also say what no sane client says.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const JSON: (&str, &str) = ("content-type", "application/fhir+json");
const PATIENCE: Duration = Duration::from_secs(120);

/// A client with one connection, which is kept while the server keeps it.
pub struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl Client {
    /// A client of a server.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new(), connection: None }
    }

    /// With a header on every request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a bearer token.
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// Another client with the same headers and a connection of its own.
    pub fn again(&self) -> Self {
        Self { address: self.address, headers: self.headers.clone(), connection: None }
    }

    /// `GET` of a path.
    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// `GET` of a path that must be there, as JSON.
    pub fn get_json(&mut self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// `POST` of a resource.
    pub fn post(&mut self, path: &str, resource: &Value) -> Answer {
        self.send("POST", path, &[JSON], resource.to_string().as_bytes())
    }

    /// `PUT` of a resource.
    pub fn put(&mut self, path: &str, resource: &Value) -> Answer {
        self.send("PUT", path, &[JSON], resource.to_string().as_bytes())
    }

    /// Any request; panics when the server does not answer.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Any request, to a server that may be gone.
    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let mut bytes = self.head(method, path, headers, body.len() as u64).into_bytes();
        bytes.extend_from_slice(body);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        // A server may answer, and stop to listen, before a large body is through.
        let written = connection.get_mut().write_all(&bytes);
        let answer = read_answer(&mut connection, method).map_err(|error| written.err().unwrap_or(error))?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// A request whose body is read as it is sent.
    pub fn send_from(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        length: u64,
        body: &mut dyn Read,
    ) -> Result<Answer> {
        let mut connection = self.connect()?;
        let head = self.head(method, path, headers, length);
        connection.get_mut().write_all(head.as_bytes())?;
        let sent = std::io::copy(&mut body.take(length), connection.get_mut());
        read_answer(&mut connection, method).map_err(|error| sent.err().unwrap_or(error))
    }

    /// `GET` whose answer is handed on as it comes: the answer without its body, and what the body is read from.
    pub fn get_streamed(&self, path: &str, headers: &[(&str, &str)]) -> Result<(Answer, impl Read + use<>)> {
        let mut connection = self.connect()?;
        connection.get_mut().write_all(self.head("GET", path, headers, 0).as_bytes())?;
        let answer = read_head(&mut connection)?;
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let length = length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer has no length"))?;
        Ok((answer, connection.take(length)))
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], length: u64) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {length}\r\n\r\n"));
        head
    }

    fn connect(&self) -> Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }
}

/// Status and headers of an answer.
fn read_head(connection: &mut impl BufRead) -> Result<Answer> {
    let line = read_line(connection)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::new(ErrorKind::InvalidData, line))?;
    let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
    loop {
        let line = read_line(connection)?;
        let Some((name, value)) = line.split_once(':') else { break };
        answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(answer)
}

/// A whole answer to a request of this method.
pub fn read_answer(connection: &mut impl BufRead, method: &str) -> Result<Answer> {
    let mut answer = read_head(connection)?;
    if method == "HEAD" || answer.status == 204 || answer.status == 304 {
        return Ok(answer);
    }
    match answer.header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            answer.body = vec![0; length];
            connection.read_exact(&mut answer.body)?;
        }
        None if answer.header("transfer-encoding") == Some("chunked") => {
            answer.body = read_chunks(connection)?;
        }
        None => {
            connection.read_to_end(&mut answer.body)?;
        }
    }
    Ok(answer)
}

fn read_chunks(connection: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(connection)?;
        let length =
            usize::from_str_radix(&line, 16).map_err(|_| Error::new(ErrorKind::InvalidData, line))?;
        let start = body.len();
        body.resize(start + length, 0);
        connection.read_exact(&mut body[start..])?;
        read_line(connection)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

/// A line without its end; a connection that ends is an error.
fn read_line(connection: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    match connection.read_line(&mut line)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// The value of the first hidden field of a name on a page.
pub fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let begin = page.find(&mark).unwrap_or_else(|| panic!("no {name}: {page}")) + mark.len();
    page[begin..].split('"').next().unwrap().to_owned()
}
