//! One file of an import: a bundle, a resource, or NDJSON.

use crate::command::import::{Form, Step};
use anyhow::{Result, bail};
use fhir::{Document, Node};
use record::Session;
use record::import::{Counts, Entry, Lines};
use std::borrow::Cow;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::mpsc;

/// Files may be larger than requests.
const FILE_LIMITS: fhir::Limits = fhir::Limits { bytes: 1 << 30, depth: 64 };

/// Imports a file; an error is one that stops the whole file.
pub fn run(session: &Session, path: &Path, sender: &mpsc::Sender<Step>) -> Result<()> {
    if Form::of(path) == Some(Form::Ndjson) {
        return import_lines(session, path, sender);
    }
    let bytes = read_whole(open(path)?, FILE_LIMITS.bytes)?;
    let counts = import_document(session, &Document::parse_with(bytes, FILE_LIMITS)?)?;
    let _ = sender.send(Step::Written(counts));
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    unpacked(std::fs::File::open(path)?, path.extension().and_then(|extension| extension.to_str()))
}

/// A file's content, whatever its extension says it is packed with.
fn unpacked(file: impl Read + 'static, extension: Option<&str>) -> Result<Box<dyn Read>> {
    Ok(match extension {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => Box::new(zstd::Decoder::new(file)?),
        _ => Box::new(file),
    })
}

/// All that a reader has; more than `bytes_max` is refused before it is in memory: what is packed may unpack to anything.
fn read_whole(reader: impl Read, bytes_max: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(bytes_max)?.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        bail!("it has more than {bytes_max} bytes; split it");
    }
    Ok(bytes)
}

fn import_document(session: &Session, document: &Document) -> Result<Counts> {
    let root = document.root();
    if root.get_str("resourceType").as_deref() != Some("Bundle") {
        let alone = Entry { resource: root, full_url: None, seed: (0, document.text()) };
        return Ok(session.put_all([alone].into_iter())?);
    }
    let entries: Vec<_> = root.each_of("entry").collect();
    let is_transaction = match root.get_str("type").as_deref() {
        Some("batch") => bail!("a batch is not atomic; make it a transaction"),
        other => other == Some("transaction"),
    };
    if is_transaction && !entries.iter().all(|entry| is_repeatable(*entry)) {
        session.transaction(document)?;
        return Ok(count(entries.iter().filter_map(|entry| entry.get("resource"))));
    }
    let resources = entries.iter().filter_map(|entry| {
        let full_url = entry.get_str("fullUrl").map(Cow::into_owned);
        Some((entry.get("resource")?, full_url.filter(|_| is_transaction)))
    });
    let entries = (0..).zip(resources);
    Ok(session.put_all(entries.map(|(index, (resource, full_url))| Entry {
        resource,
        full_url,
        seed: (index, document.text()),
    }))?)
}

/// True for an entry that makes or puts a resource and asks no condition.
fn is_repeatable(entry: Node<'_>) -> bool {
    let Some(request) = entry.get("request") else { return false };
    let is_plain = request.members().all(|(name, _)| name == "method" || name == "url");
    let url = request.get_str("url").unwrap_or_default();
    let puts = match request.get_str("method").as_deref() {
        Some("POST") => !url.contains(['/', '?']),
        Some("PUT") => url.contains('/') && !url.contains('?'),
        _ => false,
    };
    is_plain && puts && entry.get("resource").is_some()
}

fn count<'a>(resources: impl Iterator<Item = Node<'a>>) -> Counts {
    let mut counts = Counts::new();
    for resource in resources {
        *counts.entry(resource.get_str("resourceType").unwrap_or_default().into_owned()).or_default() += 1;
    }
    counts
}

/// NDJSON: a bad line is named and the rest goes in.
fn import_lines(session: &Session, path: &Path, sender: &mpsc::Sender<Step>) -> Result<()> {
    let mut lines = Lines::new(BufReader::new(open(path)?));
    loop {
        let batch = lines.next_batch()?;
        if batch.is_empty() {
            return Ok(());
        }
        let imported = session.import_lines(batch, None)?;
        let _ = sender.send(Step::Written(imported.counts));
        for (number, error) in imported.failures {
            let _ = sender.send(Step::Failed(format!("{}:{number}", path.display()), error.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const LINES: &[u8] = b"{\"resourceType\":\"Basic\"}\n\n{\"resourceType\":\"Patient\"}";

    fn packed(extension: &str) -> Vec<u8> {
        match extension {
            "gz" => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::Write::write_all(&mut encoder, LINES).unwrap();
                encoder.finish().unwrap()
            }
            "zst" => zstd::encode_all(LINES, 1).unwrap(),
            _ => LINES.to_vec(),
        }
    }

    fn lines(bytes: Vec<u8>, extension: &str) -> Result<Vec<Vec<u8>>> {
        let mut reader = Lines::new(BufReader::new(unpacked(Cursor::new(bytes), Some(extension))?));
        Ok(reader.next_batch()?.into_iter().map(|line| line.text).collect())
    }

    #[test]
    fn lines_come_out_however_they_are_packed() {
        for extension in ["ndjson", "gz", "zst"] {
            let lines = lines(packed(extension), extension).unwrap();
            assert_eq!(lines.join(&b"\n\n"[..]), LINES, "{extension}");
        }
    }

    #[test]
    fn damage_is_an_error_or_other_lines_and_never_a_panic() {
        for extension in ["ndjson", "gz", "zst"] {
            let whole = packed(extension);
            for at in 0..whole.len() {
                for bit in 0..8 {
                    let mut changed = whole.clone();
                    changed[at] ^= 1 << bit;
                    let _ =
                        lines(changed, extension).map(|lines| lines.into_iter().map(Document::parse).count());
                }
                let _ = lines(whole[..at].to_vec(), extension);
            }
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let much = zstd::encode_all(&vec![b' '; 1 << 20][..], 1).unwrap();
        let open = || unpacked(Cursor::new(much.clone()), Some("zst")).unwrap();
        assert_eq!(read_whole(open(), 1 << 20).unwrap().len(), 1 << 20);
        assert!(read_whole(open(), (1 << 20) - 1).unwrap_err().to_string().contains("split it"));
    }
}
