//! How fast the store writes and reads: commits and reads a second with 1, 8 and 64 threads, and resources a second when
//! bundles are loaded. Arguments: a folder of FHIR bundles in JSON, a folder to write in, and optionally the URL of an empty
//! PostgreSQL database to measure instead of SQLite.

use fhir::Document;
use fhir::schema::schema;
use search::rows::index_rows;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use store::version::Splice;
use store::{
    Action, Batch, Change, Expect, LocalKey, Maintain, OpenOptions, PostgresStore, ResourceKey, SqliteStore,
};

struct Ports;

impl search::Ports for Ports {
    fn base_url(&self) -> &str {
        "https://clinic.example/fhir"
    }
}

/// The resources of a bundle, with `urn:uuid:` references made relative as a server does.
fn resources(path: &Path) -> Vec<Document> {
    let text = std::fs::read_to_string(path).expect("a bundle is readable");
    let bundle = Document::parse_with(text, fhir::Limits::UNBOUNDED).expect("a bundle is JSON");
    let entries: Vec<_> = bundle.root().each_of("entry").collect();
    let names: Vec<(String, String)> = entries
        .iter()
        .filter_map(|entry| {
            let resource = entry.get("resource")?;
            let name = format!("{}/{}", resource.get_str("resourceType")?, resource.get_str("id")?);
            Some((entry.get_str("fullUrl")?.into_owned(), name))
        })
        .collect();
    let names: std::collections::HashMap<_, _> = names.into_iter().collect();
    let relative = |text: &str| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("\"urn:uuid:") {
            let end = at + 1 + rest[at + 1..].find('"').expect("a string ends");
            out.push_str(&rest[..=at]);
            let url = &rest[at + 1..end];
            out.push_str(names.get(url).map_or(url, String::as_str));
            rest = &rest[end..];
        }
        out + rest
    };
    let resource = |entry: &fhir::Node| {
        let value = relative(&minified(entry.get("resource")?.raw()));
        Document::parse_with(value, fhir::Limits::UNBOUNDED).ok()
    };
    entries.iter().filter_map(resource).collect()
}

/// JSON without white space between its parts.
fn minified(text: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::with_capacity(text.len()), false, false);
    for c in text.chars() {
        if in_string || !c.is_ascii_whitespace() {
            out.push(c);
        }
        in_string ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    out
}

fn change(document: &Document) -> Change {
    let root = document.root();
    let type_id =
        schema().resource_named(&root.get_str("resourceType").expect("a type")).expect("a known type");
    let id = root.get_str("id").expect("an id").into_owned();
    let body: Arc<str> = document.text().into();
    let action = Action::Put {
        body,
        splice: Splice::of(document).unwrap_or_default(),
        rows: Box::new(index_rows(document)),
    };
    Change { key: ResourceKey::new(type_id, id), expect: Expect::Any, action }
}

fn load(store: &dyn Maintain, bundles: &[Vec<Document>], threads: usize) {
    let next = AtomicUsize::new(0);
    let count = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(bundle) = bundles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let changes: Vec<Change> = bundle.iter().map(change).collect();
                    count.fetch_add(changes.len(), Ordering::Relaxed);
                    let audit = vec![b'a'; 120];
                    store.commit(Batch { time_ms: 1, changes, audit, ..Batch::default() }).expect("a commit");
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let count = count.into_inner();
    println!(
        "bundles, {threads} threads: {count} resources in {seconds:.2} s, {:.0}/s",
        count as f64 / seconds
    );
}

fn single(store: &dyn Maintain, documents: &[&Document], threads: usize) {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while begun.elapsed().as_secs() < 3 {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let mut change = change(documents[number % documents.len()]);
                    change.key.id = format!("t{threads}-{number}").into();
                    let batch = Batch {
                        time_ms: 1,
                        changes: vec![change],
                        audit: vec![b'a'; 120],
                        ..Batch::default()
                    };
                    store.commit(batch).expect("a commit");
                }
            });
        }
    });
    let count = next.into_inner();
    println!("single commits, {threads} threads: {:.0}/s", count as f64 / begun.elapsed().as_secs_f64());
}

/// Reads by id of what [`single`] wrote with one thread.
fn reads(store: &dyn Maintain, threads: usize) {
    let written: Vec<ResourceKey> = store
        .changes(0, usize::MAX)
        .expect("the feed")
        .into_iter()
        .flat_map(|commit| commit.changes.into_iter().map(|(key, _)| key))
        .filter(|key| key.id.starts_with("t1-"))
        .collect();
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while begun.elapsed().as_secs() < 3 {
                    let number = next.fetch_add(7, Ordering::Relaxed);
                    store.read(&written[number % written.len()]).expect("a read").expect("a resource");
                }
            });
        }
    });
    let count = next.into_inner() / 7;
    println!("reads by id, {threads} threads: {:.0}/s", count as f64 / begun.elapsed().as_secs_f64());
}

fn report(store: &dyn Maintain) {
    let statistics = store.statistics().expect("statistics");
    let resources: u64 = statistics.resources.iter().map(|(_, count)| count).sum();
    println!(
        "{resources} resources, {} bytes, {:.0} bytes a resource",
        statistics.file_bytes,
        statistics.file_bytes as f64 / resources as f64
    );
    let rows: u64 = statistics.tables.iter().map(|table| table.rows).sum();
    println!("{rows} rows, {:.2} a resource", rows as f64 / resources as f64);
    for table in &statistics.tables {
        println!(
            "  {:<12}{:>10}  {:.2} a resource",
            table.name,
            table.rows,
            table.rows as f64 / resources as f64
        );
    }
}

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("a folder of bundles");
    let scratch =
        tempfile::tempdir_in(arguments.next().unwrap_or_else(std::env::temp_dir)).expect("a folder");
    let database = arguments.next().map(|url| url.to_str().expect("a URL is text").to_owned());
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort_unstable();
    let bundles: Vec<Vec<Document>> = paths.iter().map(|path| resources(path)).collect();
    let options = OpenOptions::new(Arc::new(Ports), Arc::new(LocalKey::new(&[7; LocalKey::BYTES])));
    let open = |name: &str| -> Box<dyn Maintain> {
        let directory = scratch.path().join(name);
        match &database {
            Some(url) => Box::new(PostgresStore::open(url, &directory, &options).expect("a database")),
            None => Box::new(SqliteStore::open(&directory, &options).expect("a store")),
        }
    };
    // One database holds one load.
    let loads: &[usize] = if database.is_some() { &[2] } else { &[1, 2] };
    for threads in loads {
        let name = format!("bulk-{threads}");
        let store = open(&name);
        load(&*store, &bundles, *threads);
        drop(store);
        let store = open(&name);
        report(&*store);
        let begun = Instant::now();
        let verified = store.verify().expect("a check");
        println!(
            "verified {} versions in {:.2} s, {} faults",
            verified.versions,
            begun.elapsed().as_secs_f64(),
            verified.fault_count
        );
        for fault in verified.faults.iter().take(5) {
            println!("  {}: {}", fault.place, fault.what);
        }
    }
    let begun = Instant::now();
    let prepared: usize = bundles.iter().flatten().map(|document| index_rows(document).tokens.len()).sum();
    println!("extracting alone: {:.2} s ({prepared} tokens)", begun.elapsed().as_secs_f64());
    let documents: Vec<&Document> = bundles.iter().flatten().collect();
    let store = open("single");
    for threads in [1, 8, 64] {
        single(&*store, &documents, threads);
    }
    for threads in [1, 8, 64] {
        reads(&*store, threads);
    }
    for count in [1, 8] {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| (0..20_000).for_each(|_| store.log_read(&[b'r'; 120]).expect("a row")));
            }
        });
        println!(
            "log of reads, {count} threads: {:.0} rows/s",
            20_000.0 * f64::from(count) / begun.elapsed().as_secs_f64()
        );
    }
}
