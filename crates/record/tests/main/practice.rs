//! A practice for tests: a record over an SQLite store in a folder that goes away.

use access::{Actor, Policy};
use fhir::Document;
use fhir::schema::schema;
use record::ports::RecordPorts;
use record::session::Settings;
use record::write::{Target, WriteAction, WriteRequest, Written};
use record::write_rule::WriteRule;
use record::{Error, Origin, Record, ResourceKey, Session};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::sqlite::SqliteStore;
use store::{Expect, LocalKey, OpenOptions};
use terminology::Terminology;

pub struct Practice {
    pub record: Arc<Record>,
    /// What the clock says next; it goes on by a second with each look.
    pub time_ms: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Practice {
    pub fn new() -> Self {
        Self::with_rules(Vec::new())
    }

    pub fn with_rules(rules: Vec<Box<dyn WriteRule>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = Arc::new(RecordPorts::new("http://localhost/fhir", Terminology::built_in()));
        let options = OpenOptions::new(
            Arc::clone(&ports) as Arc<dyn search::Ports>,
            Arc::new(LocalKey::new(&[7; LocalKey::BYTES])),
        );
        let store = SqliteStore::open(folder.path(), &options).unwrap();
        let (time_ms, id) = (Arc::new(AtomicI64::new(1_700_000_000_000)), AtomicI64::new(0));
        let time = Arc::clone(&time_ms);
        let record = Record::new(Settings {
            store: Arc::new(store),
            ports,
            policy: Policy::default(),
            rules,
            clock: Box::new(move || time.fetch_add(1000, Ordering::Relaxed)),
            new_id: Box::new(move || format!("made-{}", id.fetch_add(1, Ordering::Relaxed))),
            new_secret: Box::new(|| "secret".to_owned()),
            outgoing_targets: record::outgoing::Targets::default(),
            audit_reads: true,
            validation: validation::Settings { declared: validation::Declared::Check, ..Default::default() },
            scanner: None,
        });
        Self { record: Arc::new(record), time_ms, _folder: folder }
    }

    /// A session of somebody who may do what an administrator may.
    pub fn user(&self, id: &str, name: &str) -> Session {
        let actor = Actor { id: id.to_owned(), name: name.to_owned(), ..Actor::local_administrator() };
        self.record.session(actor, Origin { address: "192.0.2.7".to_owned(), way: "rest" })
    }

    pub fn administrator(&self) -> Session {
        self.record.session(Actor::local_administrator(), Origin::default())
    }
}

pub fn key(name: &str) -> ResourceKey {
    let (type_name, id) = name.split_once('/').unwrap();
    ResourceKey::new(schema().resource_named(type_name).unwrap(), id)
}

pub fn create(session: &Session, json: &str, unless: Option<&str>) -> Result<Written, Error> {
    let document = Document::parse(json).unwrap();
    let type_id = schema().resource_named(&document.resource_type().unwrap()).unwrap();
    let unless = unless.map(|text| session.condition(type_id, text)).transpose()?;
    session.write(WriteRequest {
        action: WriteAction::Create { type_id, resource: document.root(), unless },
        full_url: None,
    })
}

pub fn update(session: &Session, name: &str, json: &str, expect: Expect) -> Result<Written, Error> {
    let document = Document::parse(json).unwrap();
    let target = Target::Key(key(name));
    session.write(WriteRequest {
        action: WriteAction::Update { target, resource: document.root(), expect },
        full_url: None,
    })
}

pub fn delete(session: &Session, name: &str) -> Result<Written, Error> {
    let action = WriteAction::Delete { target: Target::Key(key(name)), expect: Expect::Any };
    session.write(WriteRequest { action, full_url: None })
}
