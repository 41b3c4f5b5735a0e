//! An authority of certificates, played: it speaks ACME (RFC 8555) over HTTPS, looks for its proofs as RFC 8737 says, and
//! signs what it was asked for. It can be told to refuse, and to give certificates that hold for seconds.

mod https_server;
mod order;
mod proof;
mod signed_request;
mod signer;

use crate::harness::tls_client::TlsClient;
use https_server::{Reply, Request};
use order::Order;
use rcgen::KeyPair;
use serde_json::{Value, json};
use signed_request::{AccountKey, SignedRequest};
use signer::Signer;
use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a proof is looked for, and a server waited for to look at.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running authority.
pub struct Authority {
    shared: Arc<Shared>,
    certificate: PathBuf,
}

/// What its connections share.
struct Shared {
    base_url: String,
    signer: Signer,
    requests: AtomicUsize,
    nonces: Mutex<HashSet<String>>,
    accounts: Mutex<Vec<Account>>,
    orders: Mutex<Vec<Order>>,
    conduct: Mutex<Conduct>,
}

/// An account that was made.
struct Account {
    key: AccountKey,
    contact: Value,
}

/// How it behaves.
struct Conduct {
    /// Where it looks for proofs; nowhere yet, and it waits.
    server: Option<SocketAddr>,
    /// How long its certificates hold.
    lifetime: Duration,
    /// Where it looks for the next proof instead.
    mistaken_for: Option<SocketAddr>,
    /// Why it refuses the next order.
    refusal: Option<String>,
}

impl Authority {
    /// Starts one; its certificate is put in a folder.
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let signer = Signer::new();
        let certificate = folder.join("authority.pem");
        std::fs::write(&certificate, signer.certificate_pem()).unwrap();
        let base_url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let ninety_days = Duration::from_secs(90 * 24 * 60 * 60);
        let shared = Arc::new(Shared {
            base_url,
            requests: AtomicUsize::new(0),
            nonces: Mutex::default(),
            accounts: Mutex::default(),
            orders: Mutex::default(),
            conduct: Mutex::new(Conduct {
                server: None,
                mistaken_for: None,
                lifetime: ninety_days,
                refusal: None,
            }),
            signer,
        });
        let own_key = KeyPair::generate().unwrap();
        let own = shared.signer.own_certificate(&own_key);
        let answering = Arc::clone(&shared);
        https_server::start(listener, own, &own_key, move |request| answering.answer(&request));
        Self { shared, certificate }
    }

    /// The file with the certificate that it signs by.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The URL of its directory.
    pub fn directory(&self) -> String {
        format!("{}/directory", self.shared.base_url)
    }

    /// Has it look for proofs at a server.
    pub fn look_at(&self, server: SocketAddr) {
        self.shared.conduct.lock().unwrap().server = Some(server);
    }

    /// How long its certificates hold from now on.
    pub fn give_for(&self, lifetime: Duration) {
        self.shared.conduct.lock().unwrap().lifetime = lifetime;
    }

    /// Has it refuse the next order.
    pub fn refuse_once(&self, reason: &str) {
        self.shared.conduct.lock().unwrap().refusal = Some(reason.to_owned());
    }

    /// Has it look for the next proof at another address.
    pub fn look_once_at(&self, other: SocketAddr) {
        self.shared.conduct.lock().unwrap().mistaken_for = Some(other);
    }

    /// Has it forget all accounts, as one does that is set up anew.
    pub fn forget_accounts(&self) {
        for account in self.shared.accounts.lock().unwrap().iter_mut() {
            account.key = AccountKey::nobodys();
        }
    }

    /// How many certificates it gave.
    pub fn given(&self) -> usize {
        self.shared.orders.lock().unwrap().iter().filter(|order| order.certificate.is_some()).count()
    }

    /// How many requests it had.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// What the accounts said of whom to write to.
    pub fn contacts(&self) -> Vec<Value> {
        self.shared.accounts.lock().unwrap().iter().map(|account| account.contact.clone()).collect()
    }

    /// A client that trusts what it signs, and nothing else.
    pub fn client(&self, server: SocketAddr) -> TlsClient {
        TlsClient::trusting(&self.certificate, server)
    }
}

/// A problem document (RFC 8555 §6.7).
fn problem(status: u16, name: &str, detail: &str) -> Reply {
    let body =
        json!({ "type": format!("urn:ietf:params:acme:error:{name}"), "detail": detail, "status": status });
    Reply { status, body: body.to_string(), media_type: "application/problem+json", location: None }
}

impl Shared {
    fn answer(self: &Arc<Self>, request: &Request) -> (Reply, String) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let reply = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/directory") => self.directory(),
            ("HEAD", "/nonce") => Reply::json(200, &json!({})),
            ("POST", path) => self.signed(path, request).unwrap_or_else(|refused| refused),
            _ => problem(404, "malformed", "there is no such thing here"),
        };
        (reply, self.new_nonce())
    }

    fn directory(&self) -> Reply {
        let url = |name: &str| format!("{}/{name}", self.base_url);
        Reply::json(
            200,
            &json!({ "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order"), "revokeCert": url("revoke") }),
        )
    }

    fn new_nonce(&self) -> String {
        let nonce = KeyPair::generate().unwrap().serialize_der();
        let nonce = signed_request::encode(ring::digest::digest(&ring::digest::SHA256, &nonce).as_ref());
        self.nonces.lock().unwrap().insert(nonce.clone());
        nonce
    }

    /// Answers a request that is signed, and for this URL, and not sent before (RFC 8555 §6.2 to §6.5).
    fn signed(self: &Arc<Self>, path: &str, request: &Request) -> Result<Reply, Reply> {
        let malformed = |what: &str| problem(400, "malformed", what);
        let signed =
            SignedRequest::read(&request.body).ok_or_else(|| malformed("this is no signed request"))?;
        if !self.nonces.lock().unwrap().remove(signed.text("nonce")) {
            return Err(problem(400, "badNonce", "this nonce was not given, or was used"));
        }
        if signed.text("url") != format!("{}{path}", self.base_url) {
            return Err(problem(401, "unauthorized", "this was signed for another URL"));
        }
        if path == "/account" {
            return self.new_account(&signed);
        }
        let account = signed.text("kid").strip_prefix(&format!("{}/account/", self.base_url)).unwrap_or("");
        let account: usize = account.parse().map_err(|_| malformed("this is no account"))?;
        let key = self.accounts.lock().unwrap().get(account).map(|account| account.key.clone());
        match key {
            Some(key) if key.is_nobodys() => {
                return Err(problem(400, "accountDoesNotExist", "this account is not known"));
            }
            Some(key) if signed.is_signed_by(&key) => {}
            _ => return Err(problem(401, "unauthorized", "the signature is not the account's")),
        }
        self.of_account(path, account, &signed)
    }

    fn new_account(&self, signed: &SignedRequest) -> Result<Reply, Reply> {
        let key = signed.own_key().filter(|key| signed.is_signed_by(key));
        let key = key.ok_or_else(|| problem(401, "unauthorized", "the signature is not the key's"))?;
        if signed.payload["termsOfServiceAgreed"] != true {
            return Err(problem(403, "userActionRequired", "the terms are to be agreed to"));
        }
        let mut accounts = self.accounts.lock().unwrap();
        accounts.push(Account { key, contact: signed.payload["contact"].clone() });
        let location = format!("{}/account/{}", self.base_url, accounts.len() - 1);
        Ok(Reply::json(201, &json!({ "status": "valid" })).at(location))
    }

    fn of_account(
        self: &Arc<Self>,
        path: &str,
        account: usize,
        signed: &SignedRequest,
    ) -> Result<Reply, Reply> {
        let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let number =
            |at: usize| words.get(at).and_then(|word| word.parse::<usize>().ok()).unwrap_or(usize::MAX);
        if words == ["order"] {
            return self.new_order(account, &signed.payload);
        }
        if words[0] == "account" {
            self.accounts.lock().unwrap()[account].contact = signed.payload["contact"].clone();
            return Ok(Reply::json(200, &json!({ "status": "valid" })));
        }
        if words[0] == "challenge" {
            self.look_for_proof(number(1), number(2), account);
        }
        if words[0] == "finalize" {
            let lifetime = self.conduct.lock().unwrap().lifetime;
            let mut orders = self.orders.lock().unwrap();
            let order =
                orders.get_mut(number(1)).ok_or_else(|| problem(404, "malformed", "no such order"))?;
            order
                .finalize(&signed.payload, &self.signer, lifetime)
                .map_err(|what| problem(403, "badCSR", &what))?;
        }
        let orders = self.orders.lock().unwrap();
        let order = orders.get(number(1)).ok_or_else(|| problem(404, "malformed", "no such order"))?;
        let shown = match words[0] {
            "order" | "finalize" => order.shown(&self.base_url),
            "authorization" => order.authorization_shown(&self.base_url, number(2)),
            "challenge" => order.challenge_shown(&self.base_url, number(2)),
            "certificate" => {
                let chain = order.certificate.clone().unwrap_or_default();
                return Ok(Reply {
                    status: 200,
                    body: chain,
                    media_type: "application/pem-certificate-chain",
                    location: None,
                });
            }
            _ => return Err(problem(404, "malformed", "there is no such thing here")),
        };
        Ok(Reply::json(200, &shown))
    }

    fn new_order(&self, account: usize, payload: &Value) -> Result<Reply, Reply> {
        if let Some(reason) = self.conduct.lock().unwrap().refusal.take() {
            return Err(problem(403, "rejectedIdentifier", &reason));
        }
        let mut orders = self.orders.lock().unwrap();
        let order = Order::new(orders.len(), account, payload);
        let location = format!("{}/order/{}", self.base_url, orders.len());
        let reply = Reply::json(201, &order.shown(&self.base_url)).at(location);
        orders.push(order);
        Ok(reply)
    }

    /// Goes on to look for the proof of a name, and writes down what came of it.
    fn look_for_proof(self: &Arc<Self>, order: usize, at: usize, account: usize) {
        let found = self.orders.lock().unwrap().get(order).and_then(|order| order.sought(at));
        let Some((host, token)) = found else { return };
        let authorization = self.accounts.lock().unwrap()[account].key.authorization(&token);
        let shared = Arc::clone(self);
        std::thread::spawn(move || {
            let outcome =
                shared.wait_for_server().and_then(|server| proof::look(server, &host, &authorization));
            shared.orders.lock().unwrap()[order].write_down(at, outcome);
        });
    }

    fn wait_for_server(&self) -> Result<SocketAddr, String> {
        if let Some(other) = self.conduct.lock().unwrap().mistaken_for.take() {
            return Ok(other);
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(server) = self.conduct.lock().unwrap().server {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("no server was named".to_owned())
    }
}
