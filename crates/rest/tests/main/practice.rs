//! A practice for tests: the API over a record in memory, and requests to it.

use access::{Actor, Policy};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use fhir::{Document, Node};
use record::ports::RecordPorts;
use record::session::Settings;
use record::write_rule::WriteRule;
use record::{Origin, Record, Session};
use rest::Authenticated;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::memory::MemoryStore;
use terminology::Terminology;
use tower::ServiceExt;

/// The time of the first commit: 2023-11-14T22:13:20Z. Every look at the clock is a second later.
pub const START_MS: i64 = 1_700_000_000_000;

pub struct Practice {
    pub record: Arc<Record>,
    pub router: Router,
    runtime: tokio::runtime::Runtime,
}

impl Practice {
    pub fn new() -> Self {
        Self::with(rest::Settings::default())
    }

    pub fn with(settings: rest::Settings) -> Self {
        Self::with_rules(settings, Vec::new())
    }

    pub fn with_rules(settings: rest::Settings, rules: Vec<Box<dyn WriteRule>>) -> Self {
        let ports = Arc::new(RecordPorts::new("http://localhost/fhir", Terminology::built_in()));
        let store = MemoryStore::new(Arc::clone(&ports) as Arc<dyn search::Ports>);
        let (time, id, secret) = (AtomicI64::new(START_MS), AtomicI64::new(0), AtomicI64::new(0));
        let record = Arc::new(Record::new(Settings {
            store: Arc::new(store),
            ports,
            policy: Policy::default(),
            rules,
            clock: Box::new(move || time.fetch_add(1000, Ordering::Relaxed)),
            new_id: Box::new(move || format!("made-{}", id.fetch_add(1, Ordering::Relaxed))),
            new_secret: Box::new(move || format!("secret-{}", secret.fetch_add(1, Ordering::Relaxed))),
            outgoing_targets: record::outgoing::Targets::default(),
            audit_reads: true,
            validation: validation::Settings { declared: validation::Declared::Check, ..Default::default() },
            scanner: None,
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { router: rest::router(Arc::clone(&record), settings), record, runtime }
    }

    pub fn administrator(&self) -> Session {
        self.record.session(Actor::local_administrator(), Origin::default())
    }

    /// A request of the administrator's.
    pub fn send(&self, ask: &Ask<'_>) -> Got {
        let mut request = ask.request();
        request.extensions_mut().insert(Authenticated(Actor::local_administrator()));
        self.send_as_is(request)
    }

    pub fn send_as_is(&self, request: Request<Body>) -> Got {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Got { status: parts.status, headers: parts.headers, bytes }
        })
    }

    pub fn get(&self, path: &str) -> Got {
        self.send(&ask("GET", path))
    }

    pub fn put(&self, path: &str, json: &str) -> Got {
        self.send(&ask("PUT", path).json(json))
    }

    pub fn post(&self, path: &str, json: &str) -> Got {
        self.send(&ask("POST", path).json(json))
    }

    /// Puts resources where their types and ids say.
    pub fn fill(&self, resources: &[&str]) {
        for json in resources {
            let document = Document::parse(*json).unwrap();
            let id = document.root().get_str("id").unwrap();
            let got = self.put(&format!("/{}/{id}", document.resource_type().unwrap()), json);
            assert!(got.status.is_success(), "{}", got.text());
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub method: &'a str,
    /// Behind the base.
    pub path: String,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Vec<u8>,
}

pub fn ask<'a>(method: &'a str, path: &str) -> Ask<'a> {
    Ask { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
}

impl<'a> Ask<'a> {
    pub fn json(self, body: &str) -> Self {
        self.body("application/fhir+json", body)
    }

    pub fn body(mut self, media_type: &'a str, body: &str) -> Self {
        self.headers.push(("content-type", media_type));
        self.body = body.as_bytes().to_vec();
        self
    }

    pub fn with(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn request(&self) -> Request<Body> {
        let mut request =
            Request::builder().method(self.method).uri(format!("http://localhost/fhir{}", self.path));
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn document(&self) -> Document {
        Document::parse(self.bytes.clone()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The text at a path such as `entry.0.resource.id`; empty when there is nothing. A number is the place in an
    /// array; the length of an array is at `length`.
    pub fn at(&self, path: &str) -> String {
        let document = self.document();
        let step = |node: Node<'_>, name: &str| -> Option<String> {
            (name == "length").then(|| node.items().count().to_string())
        };
        let mut node = document.root();
        for name in path.split('.') {
            if let Some(length) = step(node, name) {
                return length;
            }
            let next = match name.parse::<usize>() {
                Ok(place) => node.items().nth(place),
                Err(_) => node.get(name),
            };
            match next {
                Some(next) => node = next,
                None => return String::new(),
            }
        }
        node.scalar().map_or_else(|| node.raw().to_owned(), std::borrow::Cow::into_owned)
    }

    /// The ids of the resources in a Bundle whose search mode (or none) is this.
    pub fn ids(&self, mode: &str) -> Vec<String> {
        let document = self.document();
        let entries = document.root().each_of("entry");
        let fitting = entries.filter(|entry| {
            entry.at_path(&["search", "mode"]).and_then(Node::as_str).unwrap_or_default() == mode
        });
        fitting
            .map(|entry| entry.at_path(&["resource", "id"]).unwrap().as_str().unwrap().into_owned())
            .collect()
    }

    /// The path of a link of a Bundle, behind the base; empty when there is none.
    pub fn link(&self, relation: &str) -> String {
        let document = self.document();
        let mut links = document.root().each_of("link");
        let link = links.find(|link| link.get_str("relation").as_deref() == Some(relation));
        let url = link.and_then(|link| link.get_str("url")).unwrap_or_default();
        url.strip_prefix("http://localhost/fhir").unwrap_or_default().to_owned()
    }

    /// Checks that this is a refusal as every refusal must be: an OperationOutcome with a code, a text and a remedy.
    pub fn assert_refusal(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.at("resourceType"), "OperationOutcome", "{}", self.text());
        assert_eq!(self.at("issue.0.code"), code, "{}", self.text());
        assert!(!self.at("issue.0.details.text").is_empty(), "{}", self.text());
        assert!(!self.at("issue.0.diagnostics").is_empty(), "{}", self.text());
    }
}

pub const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","active":true,"name":[{"family":"Ames","given":["Ida"]}],"gender":"female","birthDate":"1970-01-02"}"#;

pub fn observation(id: &str, patient: &str, code: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"http://example.org/codes","code":"{code}"}}]}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"{date}","valueQuantity":{{"value":1.50,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}}}"#
    )
}
