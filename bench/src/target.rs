//! The server under measurement, and one kept-alive connection to it.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use std::rc::Rc;
use tokio::net::TcpStream;

/// Where requests go and what each carries.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port.
    pub authority: String,
    /// The path of the FHIR API, without a slash at the end.
    pub base_path: String,
    headers: HeaderMap,
}

/// One request to make.
#[derive(Clone, Debug)]
pub struct Shot {
    pub method: Method,
    /// Path and query, from the root of the server.
    pub path: Rc<str>,
    /// The body; its media type is that of FHIR JSON.
    pub body: Option<Bytes>,
}

impl Shot {
    /// A GET.
    pub fn get(path: impl Into<Rc<str>>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None }
    }

    /// A request with a body.
    pub fn send(method: Method, path: impl Into<Rc<str>>, body: impl Into<Bytes>) -> Self {
        Self { method, path: path.into(), body: Some(body.into()) }
    }
}

impl Target {
    /// A server by the base URL of its FHIR API. Only plain HTTP is spoken.
    pub fn new(base_url: &str, token: Option<&str>) -> Result<Self> {
        let Some(rest) = base_url.strip_prefix("http://") else {
            bail!("{base_url}: only http:// is measured, so that TLS is not a part of the figures")
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let port = if authority.contains(':') { "" } else { ":80" };
        let base_path = format!("/{path}").trim_end_matches('/').to_owned();
        let mut target =
            Self { authority: format!("{authority}{port}"), base_path, headers: HeaderMap::new() };
        target.set_header(header::HOST, authority)?;
        target.set_header(header::ACCEPT, "application/fhir+json")?;
        if let Some(token) = token {
            target.set_header(header::AUTHORIZATION, &format!("Bearer {token}"))?;
        }
        Ok(target)
    }

    /// The same server for a browser: no token, a cookie, pages.
    pub fn with_cookie(&self, cookie: &str) -> Result<Self> {
        let mut target = self.clone();
        target.headers.remove(header::AUTHORIZATION);
        target.set_header(header::ACCEPT, "text/html")?;
        target.set_header(header::COOKIE, cookie)?;
        Ok(target)
    }

    fn set_header(&mut self, name: header::HeaderName, value: &str) -> Result<()> {
        self.headers.insert(name, HeaderValue::from_str(value).context("a header's value")?);
        Ok(())
    }

    /// The path of something in the FHIR API.
    pub fn path(&self, inside: &str) -> String {
        format!("{}/{inside}", self.base_path)
    }

    fn request(&self, shot: &Shot) -> Result<Request<Full<Bytes>>> {
        let body = shot.body.clone().unwrap_or_default();
        let mut request =
            Request::builder().method(shot.method.clone()).uri(&*shot.path).body(Full::new(body))?;
        *request.headers_mut() = self.headers.clone();
        if shot.body.is_some() {
            let media_type = HeaderValue::from_static("application/fhir+json");
            request.headers_mut().insert(header::CONTENT_TYPE, media_type);
        }
        Ok(request)
    }
}

/// A connection that is opened when first used and again when the server has closed it.
pub struct Connection {
    target: Rc<Target>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What came back, less its content.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub status: u16,
    pub body_bytes: u64,
    /// How an answer begins that is no success.
    pub complaint: String,
}

/// As much of a complaint as fits on a few lines.
const COMPLAINT_BYTES: usize = 600;

impl Connection {
    /// A connection, not yet opened.
    pub fn new(target: Rc<Target>) -> Self {
        Self { target, sender: None }
    }

    /// Makes a request and reads its answer to the end without looking at it.
    pub async fn shoot(&mut self, shot: &Shot) -> Result<Outcome> {
        let mut response = self.ask(shot).await?;
        let is_success = response.status().is_success();
        let (mut body_bytes, mut complaint) = (0, Vec::new());
        while let Some(frame) = response.frame().await {
            let frame = frame?;
            let Some(data) = frame.data_ref() else { continue };
            body_bytes += data.len() as u64;
            if !is_success && complaint.len() < COMPLAINT_BYTES {
                complaint.extend_from_slice(&data[..data.len().min(COMPLAINT_BYTES)]);
            }
        }
        let complaint = String::from_utf8_lossy(&complaint).split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Outcome { status: response.status().as_u16(), body_bytes, complaint })
    }

    /// Makes a request and keeps the answer.
    pub async fn fetch(&mut self, shot: &Shot) -> Result<Response<Bytes>> {
        let (parts, body) = self.ask(shot).await?.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }

    /// Sends an HTML form, as the sign-in page does, and gives the cookie that comes back.
    pub async fn sign_in(&mut self, code: &str) -> Result<String> {
        let shot = Shot::send(Method::POST, "/sign-in", format!("code={code}"));
        let mut request = self.target.request(&shot)?;
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(header::CONTENT_TYPE, media_type);
        let response = self.open().await?.send_request(request).await?;
        let status = response.status();
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
        self.sender = None;
        cookie.with_context(|| format!("signing in gave {status} and no cookie"))
    }

    async fn ask(&mut self, shot: &Shot) -> Result<Response<Incoming>> {
        let request = self.target.request(shot)?;
        let answer = self.open().await?.send_request(request).await;
        if answer.is_err() {
            self.sender = None;
        }
        Ok(answer?)
    }

    async fn open(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let is_usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !is_usable {
            let stream = TcpStream::connect(&self.target.authority).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::task::spawn_local(async move {
                // Its failure shows in the request that was under way.
                let _ = connection.await;
            });
            self.sender = Some(sender);
        }
        self.sender.as_mut().context("a connection was just opened")
    }
}
