//! What of a resource is kept outside its document: long base64, and whatever could be taken for a mark.

use super::{LONGEST_INSIDE, StandIns};
use crate::body::Edits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use fhir::{Document, Element, Kind, Limits, Node};
use store::blob::{BlobHash, BlobStore, Form, MARK_PREFIX, Mark};
use store::{KeptBlob, StoreError};

/// What other encoders make of the last letter is read too.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The bytes of base64 with white space in it; `None` when it is none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(letters).ok()
}

/// A document with marks in the place of its long contents, and these contents, to be held until it is committed.
pub(crate) fn set_apart(
    document: Document,
    stand_ins: &StandIns,
    blobs: &dyn BlobStore,
) -> Result<(Document, Vec<KeptBlob>), StoreError> {
    let has = |needle: &str| memchr::memmem::find(document.text().as_bytes(), needle.as_bytes()).is_some();
    let has_marks = has(MARK_PREFIX) || has(&stand_ins.0);
    if document.text().len() <= LONGEST_INSIDE && !has_marks {
        return Ok((document, Vec::new()));
    }
    let mut apart = SetApart { stand_ins, blobs, edits: Edits::default(), kept: Vec::new() };
    if has_marks {
        apart.marks(document.root())?;
    }
    if let Some(element) = Element::resource(&document) {
        apart.contents(element)?;
    }
    let SetApart { edits, kept, .. } = apart;
    if edits.is_empty() {
        return Ok((document, kept));
    }
    let text = edits.apply(document.root());
    let document = Document::parse_with(text, Limits::UNBOUNDED).expect("a mark is a string like another");
    Ok((document, kept))
}

struct SetApart<'a> {
    stand_ins: &'a StandIns,
    blobs: &'a dyn BlobStore,
    edits: Edits,
    kept: Vec<KeptBlob>,
}

impl SetApart<'_> {
    /// Stand-ins become marks again, and what looks like a mark becomes content.
    fn marks(&mut self, node: Node<'_>) -> Result<(), StoreError> {
        match node.kind() {
            Kind::String => {
                let inner = inside(node);
                if let Some(mark) = self.stand_ins.read(inner) {
                    self.put(node, &mark);
                } else if inner.starts_with(MARK_PREFIX) {
                    self.keep(node, Form::Text, inner.as_bytes())?;
                }
                Ok(())
            }
            Kind::Object => node.members().try_for_each(|(_, member)| self.marks(member)),
            Kind::Array => node.items().try_for_each(|item| self.marks(item)),
            _ => Ok(()),
        }
    }

    /// Long base64 becomes content. What is no base64 stays, for validation to name it.
    fn contents(&mut self, element: Element<'_>) -> Result<(), StoreError> {
        for (_, child) in element.children() {
            let Some(node) = child.value.filter(|_| child.type_id.is_primitive()) else {
                self.contents(child)?;
                continue;
            };
            if child.type_name() != "base64Binary" || node.kind() != Kind::String {
                continue;
            }
            let inner = inside(node);
            if inner.len() <= LONGEST_INSIDE || inner.starts_with(MARK_PREFIX) {
                continue;
            }
            if let Ok(bytes) = STANDARD.decode(inner) {
                self.keep(node, Form::Bytes, &bytes)?;
            } else if node.as_str().is_some_and(|text| decode(&text).is_some()) {
                self.keep(node, Form::Text, inner.as_bytes())?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, node: Node<'_>, form: Form, bytes: &[u8]) -> Result<(), StoreError> {
        let kept = match self.blobs.keep(&BlobHash::of(bytes))? {
            Some(kept) if kept.length == bytes.len() as u64 => kept,
            _ => {
                let mut writer = self.blobs.writer()?;
                writer.write(bytes)?;
                writer.finish()?
            }
        };
        self.put(node, &Mark { form, length: kept.length, hash: kept.hash });
        self.kept.push(kept);
        Ok(())
    }

    fn put(&mut self, node: Node<'_>, mark: &Mark) {
        self.edits.replace(node.range(), format!("\"{MARK_PREFIX}{}\"", mark.rest()));
    }
}

/// What stands between the quotes of a string.
fn inside(string: Node<'_>) -> &str {
    string.raw().trim_start_matches('"').strip_suffix('"').unwrap_or_default()
}
