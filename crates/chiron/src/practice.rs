//! A practice opened: its store, its record and its terminology, wired together.

use crate::config::{Config, without_password};
use crate::profile_checks;
use crate::virus_scanner;
use crate::wrapping_key;
use access::{Actor, Policy};
use anyhow::{Context, Result};
use record::content::ContentScanner;
use record::outgoing::Targets;
use record::ports::RecordPorts;
use record::session::Settings;
use record::{Origin, Record, Session};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::maintain::OpenOptions;
use store::{Maintain, PostgresStore, SqliteStore, Store};
use terminology::{CodeSystemFile, Terminology};

/// A practice at work.
pub struct Practice {
    /// The only way to the data.
    pub record: Arc<Record>,
    /// For maintenance: verify, backup, reindex.
    pub store: Arc<dyn Maintain>,
    /// The data folder.
    pub data: PathBuf,
    /// Where the key is kept that the data opens with, as the configuration says it.
    pub wrapping_key: String,
    /// The file that signed anchors of the audit log are appended to.
    pub anchor_file: Option<PathBuf>,
}

impl Practice {
    /// Opens the practice in the configured data folder, or begins one there.
    pub fn open(config: &Config) -> Result<Self> {
        let data = config.data();
        std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
        let ports = ports(config)?;
        let ports_of_store = Arc::clone(&ports) as Arc<dyn search::Ports>;
        let options = OpenOptions {
            index_words: true,
            read_database: config.read_database(),
            cache_bytes: config.cache_bytes()?,
            ..OpenOptions::new(ports_of_store, wrapping_key::of(config, &data)?)
        };
        let store = open_store(config.database(), &data, &options)?;
        let record = Record::new(Settings {
            store: Arc::clone(&store) as Arc<dyn Store>,
            ports,
            policy: Policy::default(),
            rules: clinic::write_rules(),
            clock: Box::new(now_ms),
            new_id: Box::new(|| uuid::Uuid::now_v7().to_string()),
            new_secret: Box::new(new_secret),
            outgoing_targets: Targets::parse(config.get("outgoing-targets")),
            audit_reads: config.flag("audit-reads")?,
            validation: profile_checks::settings(config.get("validate-profiles"))?,
            scanner: virus_scanner::of(config)?.map(|scanner| Box::new(scanner) as Box<dyn ContentScanner>),
        });
        Ok(Self {
            record: Arc::new(record),
            store,
            data,
            wrapping_key: config.get("wrapping-key").to_owned(),
            anchor_file: Some(config.get("anchor-file")).filter(|path| !path.is_empty()).map(PathBuf::from),
        })
    }

    /// Writes down in the audit what the owner of the data folder does.
    pub fn note(&self, what: &str) -> Result<()> {
        self.session().change_documents(Vec::new(), what)?;
        Ok(())
    }

    /// A session for the commands of whoever owns the data folder.
    pub fn session(&self) -> Session {
        let origin = Origin { address: String::new(), way: "command" };
        self.record.session(Actor::local_administrator(), origin)
    }
}

/// What searches are told of the world: the address of the API, and the code systems of the data folder.
pub fn ports(config: &Config) -> Result<Arc<RecordPorts>> {
    let terminology = with_loaded(Terminology::built_in(), &code_systems(&config.data()))?;
    Ok(Arc::new(RecordPorts::new(format!("{}/fhir", config.base_url()?), terminology)))
}

/// Opens the store in a database, or in the data folder when none is named.
pub fn open_store(database: Option<&str>, data: &Path, options: &OpenOptions) -> Result<Arc<dyn Maintain>> {
    Ok(match database {
        Some(url) => {
            let opened = PostgresStore::open(url, data, options);
            Arc::new(opened.with_context(|| format!("opening {}", without_password(url)))?)
        }
        None => {
            let opened = SqliteStore::open(data, options);
            Arc::new(opened.with_context(|| format!("opening {}", data.display()))?)
        }
    })
}

/// Where loaded code systems lie.
pub fn code_systems(data: &Path) -> PathBuf {
    data.join("code-systems")
}

fn with_loaded(mut terminology: Terminology, folder: &Path) -> Result<Terminology> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(terminology) };
    for entry in entries {
        let path = entry?.path();
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let file = CodeSystemFile::from_vec(bytes).with_context(|| path.display().to_string())?;
        terminology.add_loaded(file);
    }
    Ok(terminology)
}

/// The clock: milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// 160 bits of the operating system's randomness, as text for URLs and for typing: no letters that look alike.
fn new_secret() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
