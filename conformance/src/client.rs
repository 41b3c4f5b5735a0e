//! The server that is asked: one kept-alive connection over HTTP/1.1, and what each exchange said.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HeaderMap;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pages of one search that are read; more is taken for a server that goes round in circles.
const PAGES_MAX: usize = 200;
/// The media type of FHIR JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// The media type of HTML forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A client of one FHIR server.
pub struct Client {
    runtime: Runtime,
    sender: Option<SendRequest<Full<Bytes>>>,
    authority: String,
    /// The path of the FHIR API, without a slash at the end.
    base_path: String,
    token: Option<String>,
}

/// One request with its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was asked, to be shown to people: the method, the path below the FHIR API, the form.
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Exchange {
    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// How the answer begins, on one line.
    pub fn gist(&self) -> String {
        const CHARACTERS: usize = 240;
        let line = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let details = self.body.pointer("/issue/0/details/text").and_then(Value::as_str);
        let said: String = details.unwrap_or(&line).chars().take(CHARACTERS).collect();
        format!("{} {said}", self.status)
    }

    /// True for an answer of 200 with a resource of a type.
    pub fn is_resource(&self, name: &str) -> bool {
        self.status == 200 && self.body["resourceType"] == name
    }
}

/// What a search found, on all its pages.
pub struct Found {
    /// The first exchange.
    pub first: Exchange,
    /// Resources of every entry but outcomes.
    pub resources: Vec<Value>,
}

impl Found {
    /// Those of a type.
    pub fn of_type<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
        self.resources.iter().filter(move |resource| resource["resourceType"] == name)
    }
}

impl Client {
    /// A client of a server by the base URL of its FHIR API. Only plain HTTP is spoken.
    pub fn new(base_url: &str, token: Option<&str>) -> Result<Self> {
        let Some(rest) = base_url.strip_prefix("http://") else {
            bail!(
                "{base_url}: write a URL that begins with http://; put a proxy in front of a server that speaks TLS"
            )
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let port = if authority.contains(':') { "" } else { ":80" };
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            sender: None,
            authority: format!("{authority}{port}"),
            base_path: format!("/{path}").trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
        })
    }

    /// Another client of the same server.
    pub fn with_token(&self, token: Option<&str>) -> Result<Self> {
        Self::new(&self.base_url(), token)
    }

    /// The base URL of the FHIR API.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.authority, self.base_path)
    }

    /// `GET` of something in the FHIR API.
    pub fn get(&mut self, inside: &str) -> Result<Exchange> {
        self.send(Method::GET, inside, &[], "")
    }

    /// A search by `GET`, with all its pages.
    pub fn search(&mut self, type_name: &str, parameters: &[(String, String)]) -> Result<Found> {
        let first = self.get(&format!("{type_name}?{}", query(parameters)))?;
        self.pages(first)
    }

    /// A search by `POST _search`, with all its pages.
    pub fn post_search(&mut self, type_name: &str, parameters: &[(String, String)]) -> Result<Found> {
        let form = query(parameters);
        let first =
            self.send(Method::POST, &format!("{type_name}/_search"), &[("content-type", FORM)], &form)?;
        self.pages(first)
    }

    fn pages(&mut self, first: Exchange) -> Result<Found> {
        let mut resources = Vec::new();
        let mut page = first.clone();
        for _ in 0..PAGES_MAX {
            let entries = page.body["entry"].as_array().into_iter().flatten();
            let outcomes = entries.filter(|entry| entry["search"]["mode"] != "outcome");
            resources.extend(outcomes.map(|entry| entry["resource"].clone()));
            let links = page.body["link"].as_array().into_iter().flatten();
            let next = links.into_iter().find(|link| link["relation"] == "next");
            let Some(next) = next.and_then(|link| link["url"].as_str()).map(str::to_owned) else {
                return Ok(Found { first, resources });
            };
            page = self.get(&next)?;
        }
        bail!("{}: more than {PAGES_MAX} pages", first.request)
    }

    /// Any request. A place is a path below the FHIR API, one from the root of the server (`/…`), or a whole URL.
    pub fn send(
        &mut self,
        method: Method,
        place: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Exchange> {
        let path = self.path_of(place);
        let mut request = Request::builder().method(method.clone()).uri(&path);
        request = request.header("host", &self.authority);
        if !headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header("accept", FHIR_JSON);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
        let inside = path.strip_prefix(&format!("{}/", self.base_path)).unwrap_or(&path);
        // A form with a secret in it is not shown.
        let is_shown = !body.is_empty() && body.len() < 500 && !body.contains("token=");
        let shown = if is_shown { format!(" {body}") } else { String::new() };
        let shown = format!("{method} {inside}{shown}");
        self.exchange(request, &shown).with_context(|| shown.clone())
    }

    fn path_of(&self, place: &str) -> String {
        if let Some(rest) = place.strip_prefix("http://").or_else(|| place.strip_prefix("https://")) {
            return format!("/{}", rest.split_once('/').map_or("", |(_, path)| path));
        }
        if place.starts_with('/') { place.to_owned() } else { format!("{}/{place}", self.base_path) }
    }

    fn exchange(&mut self, request: Request<Full<Bytes>>, shown: &str) -> Result<Exchange> {
        let (sender, authority) = (&mut self.sender, &self.authority);
        let (parts, bytes) = self.runtime.block_on(async {
            let is_usable = match sender {
                Some(sender) => sender.ready().await.is_ok(),
                None => false,
            };
            if !is_usable {
                *sender = Some(connect(authority).await?);
            }
            let sender = sender.as_mut().context("a connection was just opened")?;
            let answer = async {
                let (parts, body) = sender.send_request(request).await?.into_parts();
                anyhow::Ok((parts, body.collect().await?.to_bytes()))
            };
            tokio::time::timeout(PATIENCE, answer).await.context("no answer in time")?
        })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Exchange {
            request: shown.to_owned(),
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            text,
        })
    }
}

async fn connect(authority: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // Its failure shows in the request that was under way.
        let _ = connection.await;
    });
    Ok(sender)
}

/// Parameters as they stand in a URL and in a form.
pub fn query(parameters: &[(String, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    query.finish()
}
