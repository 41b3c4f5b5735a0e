//! The compact file of one code system: sorted lines, found by binary search over the bytes.
//!
//! The text starts with a header (lines `name TAB value`), then a blank line, then one line a concept, sorted by
//! code, then one line for each concept that has others below it (`key TAB key…`), sorted too. Nothing is built
//! when a file is opened, so a million concepts cost no memory beyond the bytes, which may be a memory map.

use super::concept::{Concept, Property};
use super::escape::{key, unescape};
use super::header::{Content, Header};
use super::row::Row;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// First line of every file; the number is the version of the format.
pub(crate) const MAGIC: &str = "chiron-code-system\t1";

/// Bytes that a file is read from: owned, static or mapped.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// One version of one code system. Cheap to clone.
#[derive(Clone)]
pub struct CodeSystemFile {
    bytes: Bytes,
    header: Arc<Header>,
    concepts: Range<usize>,
    children: Range<usize>,
    count: usize,
}

/// Why bytes are not a code-system file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The first line is not that of a code-system file of this version.
    #[error("not a code-system file of format 1; load the source again")]
    Format,
    /// The file ends before what its header announces.
    #[error(
        "the code-system file is cut short: {found} bytes where {expected} were written; load the source again"
    )]
    Short {
        /// Bytes announced.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
}

impl fmt::Debug for CodeSystemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSystemFile")
            .field("canonical", &self.header.canonical())
            .field("concepts", &self.count)
            .finish()
    }
}

impl CodeSystemFile {
    /// Opens a file from bytes that are held for as long as the system is.
    pub fn open(bytes: Bytes) -> Result<Self, FileError> {
        let length = (*bytes).as_ref().len();
        Self::open_part(bytes, 0..length)
    }

    /// Opens a file from owned bytes.
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, FileError> {
        Self::open(Arc::new(bytes))
    }

    /// Opens a file that is a part of some bytes.
    pub(crate) fn open_part(bytes: Bytes, part: Range<usize>) -> Result<Self, FileError> {
        let whole = (*bytes).as_ref().get(part.clone()).ok_or(FileError::Format)?;
        let mut lines = Lines { bytes: whole, at: 0 };
        if lines.next() != Some(MAGIC.as_bytes()) {
            return Err(FileError::Format);
        }
        let mut header = Header::default();
        let (mut count, mut concept_bytes, mut child_bytes) = (0, 0, 0);
        loop {
            let line = lines.next().ok_or(FileError::Format)?;
            match line {
                b"" => break,
                _ if line.starts_with(b"concepts\t") => (count, concept_bytes) = section(line),
                _ if line.starts_with(b"children\t") => child_bytes = section(line).1,
                _ => header.read_line(line),
            }
        }
        let expected = lines.at.saturating_add(concept_bytes).saturating_add(child_bytes);
        if expected > whole.len() {
            return Err(FileError::Short { expected, found: whole.len() });
        }
        let start = part.start + lines.at;
        let concepts = start..start + concept_bytes;
        let children = concepts.end..concepts.end + child_bytes;
        Ok(Self { bytes, header: Arc::new(header), concepts, children, count })
    }

    /// What the file says of the system as a whole.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole file, to be stored. Equal to what was opened.
    pub fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// How many concepts there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True without concepts.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// True when a code that is not found may exist all the same.
    pub fn is_partial(&self) -> bool {
        self.header.content != Content::Complete
    }

    fn concept_bytes(&self) -> &[u8] {
        &(*self.bytes).as_ref()[self.concepts.clone()]
    }

    fn child_bytes(&self) -> &[u8] {
        &(*self.bytes).as_ref()[self.children.clone()]
    }

    /// The concept of a code, in place. Folds case where the system does.
    pub fn find(&self, code: &str) -> Option<Row<'_>> {
        if code.bytes().any(|byte| byte == b'\\' || byte < b' ') || !self.header.case_sensitive {
            return self.find_key(&key(code, self.header.case_sensitive));
        }
        self.find_key(code.as_bytes())
    }

    pub(crate) fn find_key(&self, key: &[u8]) -> Option<Row<'_>> {
        search(self.concept_bytes(), key).map(Row::new)
    }

    /// All concepts, sorted by code.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        Lines { bytes: self.concept_bytes(), at: 0 }.map(Row::new)
    }

    /// All concepts in the order of the system's definition.
    pub fn rows_in_order(&self) -> Vec<Row<'_>> {
        Self::in_order(self.rows().collect())
    }

    /// Rows of this file in the order of the system's definition.
    pub(crate) fn in_order(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
        // Either every concept has a position or none has.
        if rows.first().is_some_and(|row| row.ordinal().is_some()) {
            rows.sort_by_cached_key(|row| row.ordinal());
        }
        rows
    }

    pub(crate) fn child_keys<'a>(&'a self, key: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        let line = search(self.child_bytes(), key).unwrap_or_default();
        line.split(|byte| *byte == b'\t').skip(1)
    }

    /// True when the system has a hierarchy.
    pub fn has_hierarchy(&self) -> bool {
        !self.children.is_empty()
    }

    /// Calls `visit` with each concept below a code, nearest first, each once, until it returns false. The
    /// code itself is not among them.
    pub(crate) fn walk_below<'a>(&'a self, code: &str, mut visit: impl FnMut(Row<'a>) -> bool) {
        let Some(top) = self.find(code) else { return };
        let mut seen: HashSet<&[u8]> = HashSet::from([top.key()]);
        let mut queue = VecDeque::from([top.key()]);
        while let Some(next) = queue.pop_front() {
            for child in self.child_keys(next) {
                let Some(row) = self.find_key(child) else { continue };
                if seen.insert(row.key()) {
                    if !visit(row) {
                        return;
                    }
                    queue.push_back(row.key());
                }
            }
        }
    }

    /// Calls `visit` with each concept above a code, nearest first, each once, until it returns false.
    pub(crate) fn walk_above<'a>(&'a self, row: Row<'a>, mut visit: impl FnMut(Row<'a>) -> bool) {
        let mut seen: Vec<&[u8]> = vec![row.key()];
        let mut queue = VecDeque::from([row]);
        while let Some(next) = queue.pop_front() {
            for parent in next.parent_keys() {
                if seen.contains(&parent) {
                    continue;
                }
                let Some(row) = self.find_key(parent) else { continue };
                seen.push(row.key());
                if !visit(row) {
                    return;
                }
                queue.push_back(row);
            }
        }
    }

    /// True when `ancestor` is above the concept of `row`, at any distance.
    pub(crate) fn is_below(&self, row: Row<'_>, ancestor: &[u8]) -> bool {
        let mut found = false;
        self.walk_above(row, |above| {
            found = above.key() == ancestor;
            !found
        });
        found
    }

    /// Codes directly below a concept.
    pub fn children(&self, row: Row<'_>) -> Vec<String> {
        let rows = self.child_keys(row.key()).filter_map(|key| self.find_key(key));
        rows.map(|row| row.code().into_owned()).collect()
    }

    /// Codes above a concept at any distance, nearest first.
    pub fn ancestors(&self, row: Row<'_>) -> Vec<String> {
        let mut codes = Vec::new();
        self.walk_above(row, |above| {
            codes.push(above.code().into_owned());
            true
        });
        codes
    }

    /// Codes directly above a concept.
    pub fn parents(&self, row: Row<'_>) -> Vec<String> {
        let code_of = |key| self.find_key(key).map_or_else(|| unescape(key), Row::code);
        row.parent_keys().map(|key| code_of(key).into_owned()).collect()
    }

    /// All that the file knows of a concept.
    pub fn concept(&self, row: Row<'_>) -> Concept {
        let property = |(code, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| Property {
            kind: self.header.property(&code).map_or("string", |definition| &definition.kind).to_owned(),
            code: code.into_owned(),
            value: value.into_owned(),
        };
        Concept {
            code: row.code().into_owned(),
            display: row.display().into_owned(),
            definition: row.definition().map(std::borrow::Cow::into_owned),
            inactive: row.is_inactive(),
            not_selectable: row.is_not_selectable(),
            parents: self.parents(row),
            children: self.children(row),
            properties: row.properties().map(property).collect(),
            designations: row.designations().collect(),
        }
    }
}

/// Count and byte length from a header line `name TAB count TAB bytes`.
fn section(line: &[u8]) -> (usize, usize) {
    let mut numbers = line.split(|byte| *byte == b'\t').skip(1);
    let mut next = || std::str::from_utf8(numbers.next()?).ok()?.parse().ok();
    (next().unwrap_or(0), next().unwrap_or(0))
}

/// The line whose first field is `key`, in lines sorted by their first field.
fn search<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[middle..high].iter().position(|byte| *byte == b'\n').map_or(high, |at| middle + at);
        let line = &bytes[start..end];
        let key_end = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
        match line[..key_end].cmp(key) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = (end + 1).min(high),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

/// Lines without their ends.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.at += length + 1;
        Some(&rest[..length])
    }
}
