//! Prints how fast JSON is read: `cargo run --release -p fhir --example parse_speed -- FILE-OR-FOLDER…`

use fhir::{Document, Limits, xml};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() {
    let mut files = Vec::new();
    for argument in std::env::args_os().skip(1) {
        collect(Path::new(&argument), &mut files);
    }
    files.sort();
    let inputs: Vec<Vec<u8>> = files.iter().filter_map(|file| std::fs::read(file).ok()).collect();
    let bytes: usize = inputs.iter().map(Vec::len).sum();
    println!("{} files, {} bytes", inputs.len(), bytes);
    let parse = best_of(5, || {
        for input in &inputs {
            std::hint::black_box(Document::parse(input.clone()).is_ok());
        }
    });
    let copy = best_of(5, || {
        for input in &inputs {
            std::hint::black_box(input.clone());
        }
    });
    report("read JSON (without copying the input)", bytes, parse.saturating_sub(copy));
    let documents: Vec<Document> =
        inputs.into_iter().filter_map(|input| Document::parse(input).ok()).collect();
    let texts: Vec<String> = documents.iter().filter_map(|document| xml::to_xml(document).ok()).collect();
    let write = best_of(2, || {
        for document in &documents {
            std::hint::black_box(xml::to_xml(document).is_ok());
        }
    });
    report("write XML", bytes, write);
    let read = best_of(2, || {
        for text in &texts {
            std::hint::black_box(xml::from_xml(text.as_bytes(), Limits::default()).is_ok());
        }
    });
    report("read XML", texts.iter().map(String::len).sum(), read);
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}

fn best_of(times: usize, mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..times).map(once).min().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss)] // a figure to look at
fn report(what: &str, bytes: usize, time: Duration) {
    println!("{what}: {:.0} MB/s", bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9));
}
