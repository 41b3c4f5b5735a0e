//! A practice in memory, its pages, and a clock that tests move.

use access::{Actor, Policy};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use identity::invitation::{Chosen, Means, invite};
use identity::{Accounts, IdleTimes, Joining, NewAccount, SignIn};
use record::ports::RecordPorts;
use record::session::Settings;
use record::{Origin, Record};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::memory::MemoryStore;
use terminology::Terminology;
use tower::ServiceExt;

pub const PASSWORD: &str = "two brown foxes";

pub struct Practice {
    pub record: Arc<Record>,
    pub time_ms: Arc<AtomicI64>,
    pages: Router,
}

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub cookie: String,
    pub text: String,
}

impl Practice {
    pub fn new() -> Self {
        let ports = Arc::new(RecordPorts::new("http://localhost/fhir", Terminology::built_in()));
        let store = MemoryStore::new(Arc::clone(&ports) as Arc<dyn search::Ports>);
        let (time_ms, id) = (Arc::new(AtomicI64::new(1_700_000_000_000)), AtomicI64::new(1));
        let secret = AtomicI64::new(0);
        let time = Arc::clone(&time_ms);
        let next_id = move || uuid::Uuid::from_u128(id.fetch_add(1, Ordering::Relaxed) as u128).to_string();
        let record = Arc::new(Record::new(Settings {
            store: Arc::new(store),
            ports,
            policy: Policy::default(),
            rules: Vec::new(),
            clock: Box::new(move || time.load(Ordering::Relaxed)),
            new_id: Box::new(next_id),
            new_secret: Box::new(move || format!("{:032}", secret.fetch_add(1, Ordering::Relaxed))),
            outgoing_targets: record::outgoing::Targets::default(),
            audit_reads: true,
            validation: validation::Settings { declared: validation::Declared::Check, ..Default::default() },
            scanner: None,
        }));
        let idle = IdleTimes::parse("15,nurse=5").unwrap();
        let settings = web::Settings { idle, pace: Arc::default(), provider: None };
        let pages = web::router(Arc::clone(&record), settings);
        Self { record, time_ms, pages }
    }

    pub fn wait_ms(&self, ms: i64) {
        self.time_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// An administrator who has joined with a password; gives the cookie of their first session.
    pub fn joined(&self, name: &str) -> String {
        self.joined_as(name, "administrator")
    }

    /// Somebody with a role who has joined with a password.
    pub fn joined_as(&self, name: &str, role: &str) -> String {
        self.joined_as_person(name, role, None)
    }

    /// The same, who is somebody in the record.
    pub fn joined_as_person(&self, name: &str, role: &str, person: Option<&str>) -> String {
        let administrator = self.record.session(Actor::local_administrator(), Origin::default());
        let account = {
            let new = NewAccount { name, role, person, ..NewAccount::default() };
            Accounts::new(&administrator).add(&new).unwrap()
        };
        let secret = invite(&administrator, &account).unwrap();
        let joining = Joining::begin(&self.record, &secret, Origin::default()).unwrap().unwrap();
        let app = joining.code().clone();
        let code = app.code_at(self.record.now_ms());
        let means = Means::Password { password: PASSWORD, code: &code };
        let door = SignIn::new("http://localhost/fhir");
        joining.join(&door, &Chosen { name, sign_in_name: name, means }).unwrap();
        // The code of this moment was used to join.
        let code = app.code_at(self.record.now_ms() + 30_000);
        let body = format!("name={name}&password={}&one_time_code={code}", PASSWORD.replace(' ', "+"));
        let answer = self.post("", "/sign-in", &body);
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.cookie
    }

    pub fn post(&self, cookie: &str, path: &str, body: &str) -> Answer {
        let form = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::COOKIE, cookie).header(header::CONTENT_TYPE, form);
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
    }

    pub fn get(&self, cookie: &str, path: &str) -> Answer {
        self.ask(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap())
    }

    pub fn ask(&self, request: Request<Body>) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = self.pages.clone().oneshot(request).await.unwrap();
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            let location = header(header::LOCATION).unwrap_or_default().to_owned();
            let cookie = header(header::SET_COOKIE).unwrap_or_default();
            let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
            let status = response.status().as_u16();
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            Answer { status, location, cookie, text: String::from_utf8_lossy(&bytes).into_owned() }
        })
    }
}
