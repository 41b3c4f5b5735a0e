//! A server of a scenario's own: started on a free port, asked to end, or killed.

use crate::harness::http::Client;
use crate::harness::program;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct Server {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts a server on a data folder and waits until it answers.
    pub fn start(data: &Path) -> Self {
        Self::start_as(data, &["serve"])
    }

    /// Starts a server by a command of its own.
    pub fn start_as(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(data, arguments, Stdio::inherit)
    }

    /// Starts a server by a command of its own, whose log goes behind what a file holds.
    pub fn start_logged(data: &Path, arguments: &[&str], log: &Path) -> Self {
        let file = || OpenOptions::new().create(true).append(true).open(log).unwrap().into();
        Self::start_with(data, arguments, file)
    }

    fn start_with(data: &Path, arguments: &[&str], log: impl Fn() -> Stdio) -> Self {
        // Another program may take the port in between.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(data, arguments, log()) {
                return server;
            }
        }
        panic!("no server starts on {}", data.display());
    }

    fn try_start(data: &Path, arguments: &[&str], log: Stdio) -> Option<Self> {
        let address = free_address();
        let mut command = program::command(data, arguments);
        command.args(["--listen", &address.to_string()]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the program runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is read")).lines();
        while let Some(Ok(line)) = lines.next() {
            if line.contains("serves") {
                std::thread::spawn(move || lines.for_each(drop));
                return Some(Self { child, address, data: data.to_path_buf() });
            }
            if line.contains("failed") {
                eprintln!("{line}");
            }
        }
        let _ = child.wait();
        None
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client with no token.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with a token of these scopes.
    pub fn client_with(&self, scope: &str) -> Client {
        let answer = program::succeed(&self.data, ["token", "--scope", scope]);
        self.client().with_token(answer["token"].as_str().expect("a token"))
    }

    /// A client that may do everything.
    pub fn administrator(&self) -> Client {
        self.client_with("system/*.cruds")
    }

    /// A client with the pages' cookie of an administrator.
    pub fn signed_in(&self) -> Client {
        self.signed_in_by(&["sign-in-code"])
    }

    /// A client with the pages' cookie, got by the sign-in code that a command makes.
    pub fn signed_in_by(&self, arguments: &[&str]) -> Client {
        let answer = program::succeed(&self.data, arguments);
        let code = answer["code"].as_str().expect("a code");
        let mut client = self.client();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = client.send("POST", "/sign-in", &form, format!("code={code}").as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie");
        client.with_header("cookie", cookie.split(';').next().unwrap_or_default())
    }

    /// Waits until nothing more is written: what follows from what was written before has followed.
    pub fn wait_until_quiet(&self) {
        let mut client = self.administrator();
        let mut newest = || client.get_json("/fhir/_history?_count=1")["entry"][0]["fullUrl"].clone();
        let mut before = newest();
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = newest();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Ends it as a machine that loses the process would: at once, with no goodbye.
    pub fn kill(mut self) {
        self.child.kill().expect("a process of ours can be killed");
        self.child.wait().expect("it ended");
    }

    /// Asks it to end, and waits until it did in good order.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "the server ended with {status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not end when it is asked to");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
