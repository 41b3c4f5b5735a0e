//! One file of an import: a bundle, a resource, or NDJSON.

use crate::command::import::{Form, Step};
use anyhow::{Context, Result, bail};
use fhir::schema::schema;
use fhir::{Document, Node};
use record::write::{Target, WriteAction, WriteRequest};
use record::{ResourceKey, Session};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc;
use store::Expect;

/// NDJSON resources that go in one transaction.
const LINES_PER_TRANSACTION: usize = 200;
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

/// The next line without its end; `None` behind the last.
fn next_line(reader: &mut impl BufRead, bytes_max: usize) -> Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if reader.take(u64::try_from(bytes_max)?.saturating_add(1)).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > bytes_max {
        bail!("a line has more than {bytes_max} bytes; is it NDJSON, one resource a line?");
    }
    Ok(Some(line))
}

fn import_document(session: &Session, document: &Document) -> Result<BTreeMap<String, u64>> {
    let root = document.root();
    if root.get_str("resourceType").as_deref() != Some("Bundle") {
        return put_all(session, [(root, None)].into_iter(), document.text());
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
        let full_url = entry.get_str("fullUrl").map(std::borrow::Cow::into_owned);
        Some((entry.get("resource")?, full_url.filter(|_| is_transaction)))
    });
    put_all(session, resources, document.text())
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

/// Puts resources at their ids in one transaction. `content` seeds the ids of those that have none.
fn put_all<'a>(
    session: &Session,
    resources: impl Iterator<Item = (Node<'a>, Option<String>)>,
    content: &str,
) -> Result<BTreeMap<String, u64>> {
    let put =
        |(index, (resource, full_url)): (usize, (Node<'a>, Option<String>))| -> Result<WriteRequest<'a>> {
            let target = Target::Key(key_of(resource, index, content)?);
            Ok(WriteRequest {
                action: WriteAction::Update { target, resource, expect: Expect::Any },
                full_url,
            })
        };
    let requests = resources.enumerate().map(put).collect::<Result<Vec<_>>>()?;
    session.write_all(&requests)?;
    Ok(count(requests.iter().filter_map(|request| match &request.action {
        WriteAction::Update { resource, .. } => Some(*resource),
        _ => None,
    })))
}

/// A resource's own id, or one made from the file's content and the place in it.
fn key_of(resource: Node<'_>, index: usize, content: &str) -> Result<ResourceKey> {
    let type_name = resource.get_str("resourceType").context("a resource has no resourceType")?;
    let type_id =
        schema().resource_named(&type_name).with_context(|| format!("'{type_name}' is no resource type"))?;
    match resource.get_str("id") {
        Some(id) => Ok(record::bundle::key(type_id, &id)?),
        None => {
            let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{index}\n{content}").as_bytes());
            Ok(ResourceKey::new(type_id, id.to_string()))
        }
    }
}

fn count<'a>(resources: impl Iterator<Item = Node<'a>>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for resource in resources {
        *counts.entry(resource.get_str("resourceType").unwrap_or_default().into_owned()).or_default() += 1;
    }
    counts
}

/// NDJSON: a bad line is named and the rest goes in.
fn import_lines(session: &Session, path: &Path, sender: &mpsc::Sender<Step>) -> Result<()> {
    let mut waiting: Vec<(usize, Document)> = Vec::new();
    let mut reader = BufReader::new(open(path)?);
    for line in 1.. {
        let Some(text) = next_line(&mut reader, fhir::Limits::default().bytes)? else { break };
        if text.trim_ascii().is_empty() {
            continue;
        }
        match Document::parse(text) {
            Ok(document) => waiting.push((line, document)),
            Err(error) => {
                let _ = sender.send(Step::Failed(format!("{}:{line}", path.display()), error.to_string()));
            }
        }
        if waiting.len() >= LINES_PER_TRANSACTION {
            flush(session, path, &std::mem::take(&mut waiting), sender);
        }
    }
    flush(session, path, &waiting, sender);
    Ok(())
}

/// Writes lines together; if that fails, one by one, so that only the bad ones are left out.
fn flush(session: &Session, path: &Path, lines: &[(usize, Document)], sender: &mpsc::Sender<Step>) {
    let write = |lines: &[(usize, Document)]| {
        let resources = lines.iter().map(|(_, document)| (document.root(), None));
        put_all(session, resources, &lines.iter().map(|(_, document)| document.text()).collect::<String>())
    };
    if let Ok(counts) = write(lines) {
        let _ = sender.send(Step::Written(counts));
        return;
    }
    for one in lines.chunks(1) {
        let step = match write(one) {
            Ok(counts) => Step::Written(counts),
            Err(error) => Step::Failed(format!("{}:{}", path.display(), one[0].0), format!("{error:#}")),
        };
        let _ = sender.send(step);
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
        let mut reader = BufReader::new(unpacked(Cursor::new(bytes), Some(extension))?);
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut reader, 1 << 20)? {
            lines.push(line);
        }
        Ok(lines)
    }

    #[test]
    fn lines_come_out_however_they_are_packed() {
        for extension in ["ndjson", "gz", "zst"] {
            let lines = lines(packed(extension), extension).unwrap();
            assert_eq!(lines.join(&b"\n"[..]), LINES, "{extension}");
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
        assert!(next_line(&mut BufReader::new(open()), 1000).unwrap_err().to_string().contains("NDJSON"));
    }
}
