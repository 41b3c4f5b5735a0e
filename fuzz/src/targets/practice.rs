//! A practice in memory, made anew for every input: its API and pages, asked as over the network.

use super::examples::{BASE_URL, DOCUMENT_REFERENCE, OBSERVATION, PATIENT, PORTS};
use access::{Actor, Policy};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, Uri, header};
use fhir::Document;
use record::credential::CredentialKind;
use record::session::Settings;
use record::{Origin, Record, Session};
use rest::Authenticated;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use store::memory::MemoryStore;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The time of the first commit: 2023-11-14T22:13:20Z. Every look at the clock is a second later.
const START_MS: i64 = 1_700_000_000_000;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
});

/// A practice with two patients, one observation and one document.
pub struct Practice {
    pub session: Session,
    record: Arc<Record>,
}

/// An answer.
pub struct Answer {
    pub response: Response<()>,
    pub bytes: Vec<u8>,
}

impl Practice {
    pub fn new() -> Self {
        let store = MemoryStore::new(Arc::clone(&*PORTS) as Arc<dyn search::Ports>);
        let (time, id, secret) = (AtomicI64::new(START_MS), AtomicI64::new(0), AtomicI64::new(0));
        let record = Arc::new(Record::new(Settings {
            store: Arc::new(store),
            ports: Arc::clone(&PORTS),
            policy: Policy::default(),
            rules: Vec::new(),
            clock: Box::new(move || time.fetch_add(1000, Ordering::Relaxed)),
            new_id: Box::new(move || format!("made-{}", id.fetch_add(1, Ordering::Relaxed))),
            new_secret: Box::new(move || format!("{:032}", secret.fetch_add(1, Ordering::Relaxed))),
            outgoing_targets: record::outgoing::Targets::default(),
            audit_reads: true,
            validation: validation::Settings { declared: validation::Declared::Check, ..Default::default() },
            scanner: None,
        }));
        let session = record.session(Actor::local_administrator(), Origin::default());
        let put = |text: &str| {
            let document = Document::parse(text).expect("an example is JSON");
            let id = document.root().get_str("id").unwrap_or_default().into_owned();
            let url = format!("{}/{id}", document.resource_type().unwrap_or_default());
            let request = format!(r#"{{"method":"PUT","url":"{url}"}}"#);
            format!(r#"{{"resource":{text},"request":{request}}}"#)
        };
        let other = PATIENT.replace("\"p1\"", "\"p2\"").replace("12-3", "45-6");
        let entries = [PATIENT, OBSERVATION, DOCUMENT_REFERENCE, &other].map(put).join(",");
        let bundle = format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}"#);
        let bundle = Document::parse(bundle).expect("a bundle is JSON");
        session.transaction(&bundle).expect("the examples are taken");
        Self { session, record }
    }

    /// Asks the API. Who brings no `Authorization` is the administrator.
    pub fn api(&self, mut request: Request<Body>) -> Answer {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            request.extensions_mut().insert(Authenticated(Actor::local_administrator()));
        }
        let settings = rest::Settings { body_bytes_max: 1 << 20, workers: 1, ..rest::Settings::default() };
        ask(rest::router(Arc::clone(&self.record), settings), request)
    }

    /// Asks the pages. Who brings no cookie is signed in as the administrator.
    pub fn pages(&self, mut request: Request<Body>) -> Answer {
        if !request.headers().contains_key(header::COOKIE) {
            let actor = Actor::local_administrator();
            let secret = self.session.issue_credential(CredentialKind::PageSession, &actor, i64::MAX);
            let cookie = format!("chiron-session={}", secret.expect("a session can be made"));
            request.headers_mut().insert(header::COOKIE, cookie.parse().expect("a secret is plain"));
        }
        let idle = identity::IdleTimes::all(900_000);
        let settings = web::Settings { idle, pace: Arc::default(), provider: None };
        ask(web::router(Arc::clone(&self.record), settings), request)
    }
}

fn ask(router: Router, request: Request<Body>) -> Answer {
    RUNTIME.block_on(async {
        let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("an answer ends").to_vec();
        Answer { response: Response::from_parts(parts, ()), bytes }
    })
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A request as text: `METHOD /path`, lines of headers, an empty line, the body. `None` when no client can send it.
pub fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let head_end = bytes.windows(2).position(|window| window == b"\n\n");
    let (head, body) = match head_end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &[][..]),
    };
    let mut lines = head.trim_ascii_end().split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, path) = first.split_once(' ')?;
    let base = BASE_URL.trim_end_matches("/fhir");
    let uri: Uri = format!("{base}{path}").parse().ok()?;
    let mut request = Request::builder().method(method).uri(uri);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(Body::from(body.to_vec())).ok()
}
