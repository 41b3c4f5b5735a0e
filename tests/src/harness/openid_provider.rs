//! The identity provider of a hospital, played: people are let in at once as whoever the test says they are. It checks what a
//! provider must (the client's secret, the redirect, PKCE, each code once), and lies in its tokens when it is told to.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the provider calls the server.
pub const CLIENT: &str = "chiron";
/// What the server shows that it is itself by.
pub const SECRET: &str = "a secret & more";

/// A running provider.
pub struct OpenidProvider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    issuer: String,
    key: EcdsaKeyPair,
    /// Who is at the browser: subject and name.
    person: (String, String),
    /// Claims that are other than they should be.
    lies: HashMap<String, Value>,
    /// What is sent back instead of a code.
    refuses: Option<String>,
    /// What was asked for by the codes that are not used yet.
    codes: HashMap<String, HashMap<String, String>>,
    made: u32,
}

/// A request: path, fields of query or form, and the header of authorization.
struct Asked {
    path: String,
    fields: HashMap<String, String>,
    authorization: String,
}

impl OpenidProvider {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        let state = State {
            issuer: format!("http://{address}"),
            key: EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).unwrap(),
            person: ("nobody".to_owned(), "nobody".to_owned()),
            lies: HashMap::new(),
            refuses: None,
            codes: HashMap::new(),
            made: 0,
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &shared));
            }
        });
        Self { address, state }
    }

    /// Its address as an issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says who is at the browser: subject and name.
    pub fn is(&self, subject: &str, name: &str) {
        self.state().person = (subject.to_owned(), name.to_owned());
    }

    /// Has a claim say something else; `null` leaves it out.
    pub fn lies(&self, claim: &str, value: Value) {
        self.state().lies.insert(claim.to_owned(), value);
    }

    /// Tells the truth again.
    pub fn is_honest(&self) {
        self.state().lies.clear();
    }

    /// Sends an error back instead of a code.
    pub fn refuses(&self, error: Option<&str>) {
        self.state().refuses = error.map(str::to_owned);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn answer(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let asked = read(&mut reader)?;
    let mut state = state.lock().unwrap();
    let (status, header, body) = match asked.path.as_str() {
        "/.well-known/openid-configuration" => ("200 OK", String::new(), state.metadata()),
        "/keys" => ("200 OK", String::new(), state.keys()),
        "/authorize" => ("303 See Other", format!("location: {}\r\n", state.authorize(asked)), Value::Null),
        "/token" => match state.token(&asked) {
            Ok(token) => ("200 OK", String::new(), json!({ "id_token": token, "token_type": "Bearer" })),
            Err(error) => ("400 Bad Request", String::new(), json!({ "error": error })),
        },
        _ => ("404 Not Found", String::new(), Value::Null),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\n{header}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    reader.get_mut().write_all(head.as_bytes()).ok()?;
    reader.get_mut().write_all(body.as_bytes()).ok()
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut form = vec![0; length];
    reader.read_exact(&mut form).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect::<Vec<_>>();
    let fields = [pairs(query.as_bytes()), pairs(&form)].concat().into_iter().collect();
    let authorization = headers.remove("authorization").unwrap_or_default();
    Some(Asked { path: path.to_owned(), fields, authorization })
}

impl State {
    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({ "issuer": self.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "authorization_response_iss_parameter_supported": true })
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1", "x": x, "y": y }] })
    }

    /// Where the browser goes on to: with a code, or an error.
    fn authorize(&mut self, asked: Asked) -> String {
        let field = |name: &str| asked.fields.get(name).cloned().unwrap_or_default();
        assert_eq!((field("response_type"), field("client_id")), ("code".to_owned(), CLIENT.to_owned()));
        assert_eq!(field("code_challenge_method"), "S256");
        assert!(field("scope").split(' ').any(|scope| scope == "openid"));
        let (back, state, issuer) = (field("redirect_uri"), field("state"), self.issuer.clone());
        let told = match &self.refuses {
            Some(error) => ("error", error.clone()),
            None => {
                self.made += 1;
                let code = format!("code-{}", self.made);
                self.codes.insert(code.clone(), asked.fields);
                ("code", code)
            }
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(told.0, &told.1).append_pair("state", &state).append_pair("iss", &issuer);
        format!("{back}?{}", query.finish())
    }

    fn token(&mut self, asked: &Asked) -> Result<String, &'static str> {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let client = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", encoded(SECRET))));
        if asked.authorization != client {
            return Err("invalid_client");
        }
        let field = |name: &str| asked.fields.get(name).map(String::as_str).unwrap_or_default();
        let Some(begun) = self.codes.remove(field("code")) else { return Err("invalid_grant") };
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, field("code_verifier").as_bytes()));
        if begun.get("code_challenge") != Some(&challenge)
            || begun.get("redirect_uri").map(String::as_str) != Some(field("redirect_uri"))
        {
            return Err("invalid_grant");
        }
        Ok(self.signed(&begun))
    }

    fn signed(&self, begun: &HashMap<String, String>) -> String {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": self.person.0, "preferred_username": self.person.1,
            "nonce": begun.get("nonce"), "iat": now_s, "exp": now_s + 300, "auth_time": now_s,
        });
        for (claim, value) in &self.lies {
            claims[claim] = value.clone();
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": "1" })), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
