//! Many definitions in one compressed archive: what is built in is unpacked only where it is looked at.
//!
//! Layout: a first line `chiron-definitions TAB 1 TAB index bytes`, the index compressed with zstd, then blocks
//! compressed with zstd. A line of the index is `kind TAB url TAB version TAB block offset TAB block length TAB
//! unpacked length TAB start TAB length`, sorted; the best version of a canonical is the last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

const MAGIC: &[u8] = b"chiron-definitions\t1\t";

/// What an entry of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// A code-system file.
    CodeSystem,
    /// A ValueSet resource as JSON.
    ValueSet,
    /// A ConceptMap resource as JSON.
    ConceptMap,
    /// A StructureDefinition resource as JSON.
    StructureDefinition,
}

const KINDS: [(&str, DefinitionKind); 4] = [
    ("C", DefinitionKind::CodeSystem),
    ("V", DefinitionKind::ValueSet),
    ("M", DefinitionKind::ConceptMap),
    ("S", DefinitionKind::StructureDefinition),
];

/// An entry to be written to an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Canonical URL.
    pub url: String,
    /// Business version.
    pub version: String,
    /// A code-system file, or JSON.
    pub bytes: Vec<u8>,
}

/// An archive in memory, with what was unpacked of it.
pub struct Archive {
    bytes: &'static [u8],
    index: OnceLock<Index>,
    blocks: Mutex<HashMap<usize, Arc<Vec<u8>>>>,
}

struct Index {
    text: String,
    /// Start of each line.
    lines: Vec<u32>,
    blocks_start: usize,
}

/// Where an entry lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub kind: DefinitionKind,
    pub url: &'a str,
    pub version: &'a str,
    block: usize,
    block_length: usize,
    unpacked: usize,
    start: usize,
    length: usize,
}

impl Archive {
    /// An archive over its bytes. Nothing is read before it is asked for.
    pub fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, index: OnceLock::new(), blocks: Mutex::new(HashMap::new()) }
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            read_index(self.bytes).unwrap_or(Index {
                text: String::new(),
                lines: Vec::new(),
                blocks_start: 0,
            })
        })
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.index().text.lines().filter_map(parse_entry)
    }

    /// The entries of a canonical in all versions, oldest first.
    pub(crate) fn versions<'a>(
        &'a self,
        kind: DefinitionKind,
        url: &'a str,
    ) -> impl Iterator<Item = Entry<'a>> {
        let index = self.index();
        let key = (kind_code(kind), url);
        let line = move |at: u32| index.text[at as usize..].lines().next().unwrap_or_default();
        let key_of = move |at: u32| {
            let mut fields = line(at).split('\t');
            (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
        };
        let first = index.lines.partition_point(|at| key_of(*at) < key);
        index.lines[first..]
            .iter()
            .map(move |at| line(*at))
            .filter_map(parse_entry)
            .take_while(move |entry| entry.kind == kind && entry.url == url)
    }

    /// The content of the newest version of a canonical that a version, when one is given, means.
    pub fn newest(&self, kind: DefinitionKind, url: &str, version: Option<&str>) -> Option<Vec<u8>> {
        let fits = |found: &str| version.is_none_or(|wanted| crate::version::matches(wanted, found));
        let entry = self.versions(kind, url).filter(|entry| fits(entry.version)).last()?;
        let (block, part) = self.unpack(entry)?;
        block.get(part).map(<[u8]>::to_vec)
    }

    /// The versions of a canonical, oldest first.
    pub fn versions_of(&self, kind: DefinitionKind, url: &str) -> Vec<String> {
        self.versions(kind, url).map(|entry| entry.version.to_owned()).collect()
    }

    /// `url|version` of everything of a kind, the versions of each oldest first.
    pub fn canonicals(&self, kind: DefinitionKind) -> Vec<String> {
        let entries = self.entries().filter(|entry| entry.kind == kind);
        entries.map(|entry| format!("{}|{}", entry.url, entry.version)).collect()
    }

    /// The bytes that hold an entry, and its place in them. `None` when the archive is damaged.
    pub(crate) fn unpack(&self, entry: Entry<'_>) -> Option<(Arc<Vec<u8>>, std::ops::Range<usize>)> {
        let part = entry.start..entry.start.checked_add(entry.length)?;
        let mut blocks = self.blocks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let block = match blocks.get(&entry.block) {
            Some(block) => Arc::clone(block),
            None => {
                let start = self.index().blocks_start.checked_add(entry.block)?;
                let packed = self.bytes.get(start..start.checked_add(entry.block_length)?)?;
                let block = Arc::new(zstd::bulk::decompress(packed, entry.unpacked).ok()?);
                // Blocks that nobody holds any more are let go: only what is in use stays unpacked.
                blocks.retain(|_, held| Arc::strong_count(held) > 1);
                blocks.insert(entry.block, Arc::clone(&block));
                block
            }
        };
        block.get(part.clone())?;
        Some((block, part))
    }
}

fn kind_code(kind: DefinitionKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(code, _)| code)
}

fn read_index(bytes: &[u8]) -> Option<Index> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let line_end = rest.iter().position(|byte| *byte == b'\n')?;
    let mut sizes = std::str::from_utf8(&rest[..line_end]).ok()?.split('\t');
    let (packed, unpacked): (usize, usize) = (sizes.next()?.parse().ok()?, sizes.next()?.parse().ok()?);
    let start = MAGIC.len() + line_end + 1;
    let text = zstd::bulk::decompress(bytes.get(start..start.checked_add(packed)?)?, unpacked).ok()?;
    let text = String::from_utf8(text).ok()?;
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push(u32::try_from(at).ok()?);
        at += line.len();
    }
    Some(Index { text, lines, blocks_start: start + packed })
}

fn parse_entry(line: &str) -> Option<Entry<'_>> {
    let mut fields = line.split('\t');
    let code = fields.next()?;
    let kind = KINDS.iter().find(|(known, _)| *known == code)?.1;
    let (url, version) = (fields.next()?, fields.next()?);
    let mut number = || fields.next()?.parse().ok();
    Some(Entry {
        kind,
        url,
        version,
        block: number()?,
        block_length: number()?,
        unpacked: number()?,
        start: number()?,
        length: number()?,
    })
}

/// Unpacked size at which a block is closed, in bytes: small enough to be unpacked for one entry.
const BLOCK_BYTES: usize = 64 * 1024;

/// Writes an archive. The order of `definitions` is the order of versions of one canonical.
///
/// # Errors
/// What the compressor reports.
pub fn write_archive(mut definitions: Vec<Definition>, level: i32) -> std::io::Result<Vec<u8>> {
    definitions.sort_by(|a, b| (kind_code(a.kind), &a.url).cmp(&(kind_code(b.kind), &b.url)));
    let (mut index, mut blocks) = (String::new(), Vec::new());
    let mut rest = &definitions[..];
    while !rest.is_empty() {
        let mut size = 0;
        let fits = rest.iter().take_while(|definition| {
            size += definition.bytes.len();
            size <= BLOCK_BYTES
        });
        let (block, after) = rest.split_at(fits.count().max(1));
        rest = after;
        write_block(block, level, &mut index, &mut blocks)?;
    }
    let packed = zstd::bulk::compress(index.as_bytes(), level)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(format!("{}\t{}\n", packed.len(), index.len()).as_bytes());
    bytes.extend_from_slice(&packed);
    bytes.extend_from_slice(&blocks);
    Ok(bytes)
}

fn write_block(
    block: &[Definition],
    level: i32,
    index: &mut String,
    blocks: &mut Vec<u8>,
) -> std::io::Result<()> {
    use std::fmt::Write;
    let unpacked: Vec<u8> = block.iter().flat_map(|definition| &definition.bytes).copied().collect();
    let packed = zstd::bulk::compress(&unpacked, level)?;
    let mut start = 0;
    for Definition { kind, url, version, bytes } in block {
        let (kind, at, packed, size) = (kind_code(*kind), blocks.len(), packed.len(), unpacked.len());
        let length = bytes.len();
        writeln!(index, "{kind}\t{url}\t{version}\t{at}\t{packed}\t{size}\t{start}\t{length}")
            .expect("writing to a string");
        start += length;
    }
    blocks.extend_from_slice(&packed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every entry with what it unpacks to.
    fn contents(bytes: Vec<u8>) -> Vec<(String, Option<Vec<u8>>)> {
        let archive = Archive::new(bytes.leak());
        let content = |entry| archive.unpack(entry).map(|(block, part)| block[part].to_vec());
        archive.entries().map(|entry| (entry.url.to_owned(), content(entry))).collect()
    }

    #[test]
    fn definitions_come_back_and_damage_is_met() {
        let definition = |kind, url: &str, bytes: &[u8]| Definition {
            kind,
            url: url.to_owned(),
            version: "1".to_owned(),
            bytes: bytes.to_vec(),
        };
        let definitions = vec![
            definition(DefinitionKind::CodeSystem, "http://e/c", b"codes"),
            definition(DefinitionKind::ValueSet, "http://e/v", b"{}"),
        ];
        let whole = write_archive(definitions, 1).unwrap();
        let expected = [("http://e/c", &b"codes"[..]), ("http://e/v", b"{}")];
        assert_eq!(
            contents(whole.clone()),
            expected.map(|(url, bytes)| (url.to_owned(), Some(bytes.to_vec())))
        );
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                contents(changed);
            }
            contents(whole[..at].to_vec());
        }
    }
}
